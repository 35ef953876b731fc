"""占用 and 请假: a technician's time that the shop takes, and gives back (features A8, C1)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from actions.booking import bookings
from actions.booking.bookings import Blocked, Booking
from actions.house import Denied
from bot.conversation.turn import Turn
from bot.messages import Reply
from bot.staff import booking_words
from bot.staff.booking_words import MOST_LINES, MOST_WORDS, Numbered, parse_number
from bot.staff.command import Complaint, StaffCommand
from nlu.names import find_names
from nlu.values.times import find_time
from shop.model import Shop


@dataclass(frozen=True)
class TakeTime:
    """占用 and 请假: whose time, as it was written after the name, and why."""

    kind: Literal["leave", "block"]
    technician_id: str
    said: str
    reason: str


def parse_block(shop: Shop, rest: str) -> TakeTime | Complaint | None:
    return _take_time(shop, rest, "block")


def parse_leave(shop: Shop, rest: str) -> TakeTime | Complaint | None:
    return _take_time(shop, rest, "leave")


def _take_time(shop: Shop, rest: str, kind: Literal["leave", "block"]) -> TakeTime | Complaint | None:
    if len(rest) > MOST_WORDS:
        return None
    if not rest:
        return Complaint(f"booking_usage_{kind}")
    ids = find_names(rest, shop.catalogue(), ("technician",)).of("technician")
    names = "、".join(each.name for each in shop.technicians)
    if not ids:
        return Complaint("booking_no_technician", {"names": names})
    if len(ids) > 1:
        who = "、".join(shop.technician(each).name for each in ids)
        return Complaint("booking_which_technician", {"word": rest.split(maxsplit=1)[0], "names": who})
    said = rest.split()
    about = [word for word in said if _is_time(shop, word) or _names_one(shop, word)]
    reason = " ".join(word for word in said if word not in about)
    return TakeTime(kind, ids[0], " ".join(about), reason)


def _is_time(shop: Shop, word: str) -> bool:
    """Whether a word says a time at all; the moment it is asked at does not matter."""
    noon = datetime(2026, 1, 1, 12, tzinfo=shop.zone)
    said = find_time(word, noon, shop.catalogue().opening)
    return said.time is not None or bool(said.candidates)


def _names_one(shop: Shop, word: str) -> bool:
    return bool(find_names(word, shop.catalogue(), ("technician",)).of("technician"))


def _answer_take_time(turn: Turn, command: TakeTime) -> Reply:
    span = booking_words.find(turn, command.said)
    if isinstance(span, Reply):
        return span
    end = span.end
    if end is None and span.grain == "day":
        end = span.start + timedelta(days=1)
    if end is None:
        return turn.reply(f"booking_usage_{command.kind}")
    result = bookings.block(
        turn.house,
        staff_openid=turn.person.openid,
        technician_id=command.technician_id,
        start=span.start,
        end=end,
        kind=command.kind,
        reason=command.reason,
        key=f"block:{turn.incoming.key}",
    )
    if isinstance(result, Denied):
        return turn.reply(result.code, **result.detail)
    return Reply(_block_done(turn, result))


def _block_done(turn: Turn, block: Blocked) -> str:
    done = turn.say(
        "booking_block_done",
        technician=booking_words.technician_name(turn, block.technician_id),
        start=booking_words.moment(turn, block.start),
        end=booking_words.moment(turn, block.end),
        kind=turn.say(f"booking_kind_{block.kind}"),
        reason=f"（{block.reason}）" if block.reason else "",
        number=bookings.block_number(block.block_id),
    )
    if not block.conflicts:
        return done
    shown = [_conflict_line(turn, each) for each in block.conflicts[:MOST_LINES]]
    return done + turn.say("booking_block_conflicts", count=len(block.conflicts), lines="\n".join(shown))


def _conflict_line(turn: Turn, booking: Booking) -> str:
    return f"{booking_words.moment(turn, booking.slot.start)} {booking.member_name} {booking.number}"


def _answer_unblock(turn: Turn, command: Numbered) -> Reply:
    result = bookings.unblock(
        turn.house,
        staff_openid=turn.person.openid,
        block_id=command.number,
        key=f"unblock:{turn.incoming.key}",
    )
    if isinstance(result, Denied):
        return turn.reply(result.code, **result.detail)
    return turn.reply(
        "booking_unblocked",
        technician=booking_words.technician_name(turn, result.technician_id),
        start=booking_words.moment(turn, result.start),
        end=booking_words.moment(turn, result.end),
    )


COMMANDS: tuple[StaffCommand[TakeTime] | StaffCommand[Numbered], ...] = (
    StaffCommand(
        ("占用",), "help_booking_block", parse_block, _answer_take_time, usage="booking_usage_block"
    ),
    StaffCommand(
        ("取消占用", "销假"),
        "help_booking_unblock",
        parse_number,
        _answer_unblock,
        usage="booking_usage_unblock",
    ),
    StaffCommand(
        ("请假",), "help_booking_leave", parse_leave, _answer_take_time, usage="booking_usage_leave"
    ),
)
