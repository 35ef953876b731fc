"""Appointments at the counter: the day's list, who came, booking for a member (features A8, C1)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime

from actions.booking import bookings
from actions.booking.bookings import Blocked, Booking, DayList, Slot, Taken, Wish
from actions.house import Denied
from bot.conversation.memory import Pending
from bot.conversation.turn import Turn
from bot.flows import confirm
from bot.flows.confirm import Confirmed
from bot.messages import Reply
from bot.staff import booking_words, reading, whom
from bot.staff.booking_words import MOST_LINES, MOST_WORDS, Numbered, parse_number
from bot.staff.command import Complaint, StaffCommand
from ledger.records.members import Member
from nlu.names import find_names
from nlu.understanding import TimeSpan
from shop import slots_text, words
from shop.model import Shop

_PEOPLE = re.compile(r"(?P<count>\d{1,2}|[两二三四五六])\s*(?:位|个人|人)")


@dataclass(frozen=True)
class Day:
    """预约单: the day as it was written, and a store."""

    day: str
    store_id: str | None


@dataclass(frozen=True)
class For:
    """代约: who is meant, and the words about service, time and technician."""

    who: str
    said: str


# Reading


def parse_day(shop: Shop, rest: str) -> Day | Complaint | None:
    if len(rest) > MOST_WORDS:
        return None
    said = rest.split()
    stores = [store for word in said if (store := reading.store_by_word(shop, word)) is not None]
    if len(stores) > 1:
        return Complaint("booking_usage_day")
    others = [word for word in said if reading.store_by_word(shop, word) is None]
    return Day(" ".join(others), stores[0].id if stores else None)


def parse_for(_shop: Shop, rest: str) -> For | Complaint | None:
    if len(rest) > MOST_WORDS:
        return None
    who, said = reading.take_member(rest)
    if not who or not said:
        return Complaint("booking_usage_for")
    return reading.bad_member(who) or For(who, said)


# Answering


def _answer_day(turn: Turn, command: Day) -> Reply:
    today = booking_words.today(turn)
    day = today if not command.day else _coming_day(turn, command.day)
    if day is None:
        day = reading.day(command.day, today=today)
    if day is None:
        return turn.reply("booking_usage_day")
    listed = bookings.day_list(
        turn.house, staff_openid=turn.person.openid, day=day, store_id=command.store_id
    )
    if isinstance(listed, Denied):
        return turn.reply(listed.code, **listed.detail)
    return Reply("\n".join(_day_lines(turn, listed, today)))


def _coming_day(turn: Turn, said: str) -> date | None:
    span = booking_words.find(turn, said)
    return span.start.date() if isinstance(span, TimeSpan) else None


def _day_lines(turn: Turn, listed: DayList, today: date) -> list[str]:
    shop = turn.house.shop
    name = "booking_day_head" if listed.bookings else "booking_day_none"
    head = turn.say(
        name,
        store=shop.store(listed.store_id).name,
        day=words.day_text(listed.day, today),
        count=len(listed.bookings),
    )
    lines = [head, *(_day_line(turn, each) for each in listed.bookings[:MOST_LINES])]
    if len(listed.bookings) > MOST_LINES:
        lines.append(turn.say("booking_day_more", count=len(listed.bookings) - MOST_LINES))
    return lines + [_block_line(turn, each, listed.day) for each in listed.blocks[:MOST_LINES]]


def _day_line(turn: Turn, booking: Booking) -> str:
    shop = turn.house.shop
    state = "" if booking.state == "booked" else f" {turn.say(f'booking_state_{booking.state}')}"
    return turn.say(
        "booking_day_line",
        time=words.clock_time(booking.slot.start, shop.zone),
        technician=" ".join(slots_text.technician_names(shop, booking.slot.technicians)),
        service=_service_name(shop, booking),
        name=booking.member_name,
        people=turn.say("booking_people", people=booking.people) if booking.people > 1 else "",
        number=booking.number,
        state=state,
    )


def _service_name(shop: Shop, booking: Booking) -> str:
    return next((each.name for each in shop.services if each.id == booking.service_id), booking.service_id)


def _block_line(turn: Turn, block: Blocked, day: date) -> str:
    return turn.say(
        "booking_day_block",
        start=_clock_or_day(turn, block.start, day),
        end=_clock_or_day(turn, block.end, day),
        technician=booking_words.technician_name(turn, block.technician_id),
        kind=turn.say(f"booking_kind_{block.kind}"),
        reason=f" {block.reason}" if block.reason else "",
        number=bookings.block_number(block.block_id),
    )


def _clock_or_day(turn: Turn, at: datetime, day: date) -> str:
    local = at.astimezone(turn.house.shop.zone)
    return f"{local:%H:%M}" if local.date() == day else words.short_date(local.date())


def _answer_arrive(turn: Turn, command: Numbered) -> Reply:
    result = bookings.arrive(
        turn.house,
        staff_openid=turn.person.openid,
        booking_id=command.number,
        key=f"arrive:{turn.incoming.key}",
    )
    if isinstance(result, Denied):
        return turn.reply(result.code, **result.detail)
    return turn.reply(
        "booking_arrived",
        name=result.booking.member_name,
        what=booking_words.what(turn, result.booking),
        deposit=booking_words.money(turn, result.returned_fen, result.kept_fen),
    )


def _answer_no_show(turn: Turn, command: Numbered) -> Reply:
    """A no-show may cost the member his deposit: it is echoed and takes a yes."""
    found = bookings.look_at(turn.house, staff_openid=turn.person.openid, booking_id=command.number)
    if isinstance(found, Denied):
        return turn.reply(found.code, **found.detail)
    if found.state != "booked":
        return turn.reply("booking_not_open", state=turn.say(f"booking_state_{found.state}"))
    if turn.now < found.slot.start:
        return turn.reply("booking_too_early")
    keeps = found.deposit_fen and turn.house.shop.booking.keep_late_deposits
    echo = turn.say(
        "booking_no_show_echo",
        name=found.member_name,
        what=booking_words.what(turn, found),
        deposit=booking_words.money(turn, 0, found.deposit_fen) if keeps else "",
    )
    return confirm.ask(
        turn, kind="booking_no_show", data={"booking_id": found.id}, echo=echo, command=turn.text.strip()
    )


def _confirmed_no_show(turn: Turn, pending: Pending) -> Reply:
    turn.memory.pending = None
    result = bookings.no_show(
        turn.house,
        staff_openid=turn.person.openid,
        booking_id=int(pending.data["booking_id"]),
        key=pending.key,
    )
    if isinstance(result, Denied):
        return turn.reply(result.code, **result.detail)
    return turn.reply(
        "booking_no_show",
        name=result.booking.member_name,
        what=booking_words.what(turn, result.booking),
        deposit=booking_words.money(turn, result.returned_fen, result.kept_fen),
    )


def _answer_for(turn: Turn, command: For) -> Reply:
    member = whom.find(turn, command.who)
    if isinstance(member, Reply):
        return member
    wish = _wish(turn, command.said)
    if isinstance(wish, Reply):
        return wish
    result = bookings.hold_for_member(
        turn.house,
        staff_openid=turn.person.openid,
        member_id=member.id,
        wish=wish,
        key=f"hold:{turn.incoming.key}",
    )
    if isinstance(result, Denied):
        return turn.reply(result.code, **result.detail)
    if isinstance(result, Taken):
        return _taken(turn, result)
    echo = _for_echo(turn, member, wish, result.slot, result.price_line)
    return confirm.ask(
        turn,
        kind="booking_for",
        data={"booking_id": result.booking_id},
        echo=echo,
        command=turn.text.strip(),
    )


def _for_echo(turn: Turn, member: Member, wish: Wish, slot: Slot, price_line: str) -> str:
    shown = Booking(0, member.id, member.name, wish.service_id, slot, wish.people, "held", 0)
    return turn.say(
        "booking_for_echo", name=member.name, what=booking_words.what(turn, shown), price=price_line
    )


def _taken(turn: Turn, taken: Taken) -> Reply:
    if not taken.offer.slots:
        return turn.reply("booking_for_full")
    return turn.reply("booking_for_taken", slots=taken.offer.text)


def _confirmed_for(turn: Turn, pending: Pending) -> Reply:
    turn.memory.pending = None
    result = bookings.confirm_for_member(
        turn.house,
        staff_openid=turn.person.openid,
        booking_id=int(pending.data["booking_id"]),
        key=pending.key,
    )
    if isinstance(result, Denied):
        return turn.reply(result.code, **result.detail)
    return turn.reply(
        "booking_for_done",
        number=result.booking.number,
        name=result.booking.member_name,
        what=booking_words.what(turn, result.booking),
        price=result.price_line,
        told=turn.say("booking_for_told" if result.told else "booking_for_not_told"),
    )


# Pieces


def _wish(turn: Turn, said: str) -> Wish | Reply:
    """Service, time, technician, store and how many, in any order."""
    shop = turn.house.shop
    found = find_names(said, shop.catalogue(), ("service", "technician", "store"))
    services = found.of("service")
    if len(services) != 1:
        return turn.reply("booking_no_service")
    technicians = found.of("technician")
    if len(technicians) > 1:
        names = "、".join(shop.technician(each).name for each in technicians)
        return turn.reply("booking_which_technician", word=said[:20], names=names)
    span = booking_words.find(turn, said)
    if isinstance(span, Reply):
        return span
    grain = "part" if span.grain == "part_of_day" else span.grain
    stores = found.of("store")
    return Wish(
        services[0],
        stores[0] if stores else None,
        technicians[0] if technicians else None,
        span.start,
        span.end,
        grain,
        _people(said),
    )


def _people(said: str) -> int:
    found = _PEOPLE.search(said)
    if found is None:
        return 1
    return reading.count(found["count"]) or 1


COMMANDS: tuple[StaffCommand[Day] | StaffCommand[Numbered] | StaffCommand[For], ...] = (
    StaffCommand(("预约单",), "help_booking_day", parse_day, _answer_day, usage="booking_usage_day"),
    StaffCommand(
        ("到店",), "help_booking_arrive", parse_number, _answer_arrive, usage="booking_usage_arrive"
    ),
    StaffCommand(
        ("爽约",), "help_booking_no_show", parse_number, _answer_no_show, usage="booking_usage_no_show"
    ),
    StaffCommand(("代约", "代预约"), "help_booking_for", parse_for, _answer_for, usage="booking_usage_for"),
)
CONFIRMED: dict[str, Confirmed] = {
    "booking_for": _confirmed_for,
    "booking_no_show": _confirmed_no_show,
}
