"""查: what staff see of a member, and of one entry (features C1)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from actions.counter import desk, entries, work_log
from actions.counter.desk import LookedUp
from actions.house import Denied
from bot.conversation import words as known_words
from bot.conversation.turn import Turn
from bot.messages import Reply
from bot.staff import reading, whom
from bot.staff.command import Complaint, StaffCommand
from ledger.book import transfer_number
from ledger.reports.single_entries import Entry
from shop import words
from shop.model import Shop
from shop.money import format_fen
from shop.periods import last_day

MOST_COUPON_KINDS = 5
# What makes a line with 查 an ordinary question: 查我的…, 查一下余额, 查有没有券.
_QUESTION = re.compile(r"我|的|吗|么|呢|一下|有没有|多少|余额|积分|明细|优惠|价|券|预约")


@dataclass(frozen=True)
class LookUp:
    who: str


@dataclass(frozen=True)
class EntryLookUp:
    transfer_id: int


def parse(_shop: Shop, rest: str) -> LookUp | EntryLookUp | Complaint | None:
    if not rest:
        return Complaint("staff_usage_look_up")
    number = reading.entry_number(rest)
    if number is not None:
        return EntryLookUp(number)
    who = re.sub(r"(?<=\d)[\s-]+(?=\d)", "", rest)
    if not re.search(r"\d", who):
        return None
    usable = reading.is_phone(who) or reading.is_code(who) or reading.member_number(who) is not None
    return LookUp(who) if usable else Complaint("staff_bad_phone", {"word": rest[:20]})


def parse_with_name(shop: Shop, rest: str) -> LookUp | EntryLookUp | Complaint | None:
    """After a blank (查 小林) a name is meant, unless it reads as a question."""
    if not rest or re.search(r"\d", rest):
        return parse(shop, rest)
    asks = known_words.tapped_intent(rest) is not None or _QUESTION.search(rest)
    return None if asks or len(rest) > reading.MAX_NAME_LENGTH else LookUp(rest)


def _answer(turn: Turn, command: LookUp | EntryLookUp) -> Reply:
    if isinstance(command, EntryLookUp):
        return _answer_entry(turn, command)
    member = whom.find(turn, command.who)
    if isinstance(member, Reply):
        return member
    found = desk.look_up(turn.house, staff_openid=turn.person.openid, member_id=member.id)
    if isinstance(found, Denied):
        return turn.reply(found.code, **found.detail)
    return _shown(turn, found, whom.shown_phone(turn, member, command.who))


def _shown(turn: Turn, found: LookedUp, phone: str) -> Reply:
    return turn.reply(
        "look_up",
        name=found.member.name,
        phone=phone,
        number=found.member.id,
        total=format_fen(found.balances.stored_fen),
        paid_in=format_fen(found.balances.paid_in_fen),
        gift=format_fen(found.balances.gift_fen),
        points=found.balances.points,
        level=found.level.name,
        bound=turn.say("bound_yes" if found.member.openid else "bound_no"),
        more="".join(f"\n{line}" for line in _more(turn, found)),
    )


def _more(turn: Turn, found: LookedUp) -> list[str]:
    """Packs, coupons, debts, the last visit and tags, each on a line when there are any."""
    zone, balances = turn.house.shop.zone, found.balances
    lines = [
        turn.say(
            "look_up_pack",
            pack=entries.pack_name(turn.house, e.code),
            left=f"{e.amount} {entries.unit(e.unit)}",
        )
        for e in balances.entitlements
    ]
    lines += [
        turn.say(
            "look_up_coupon",
            coupon=held.kind.name,
            many=f" ×{held.count}" if held.count > 1 else "",
            day=words.short_date(last_day(held.first_expires_at, zone)),
        )
        for held in found.coupons[:MOST_COUPON_KINDS]
    ]
    if balances.debt_fen or balances.debt_points:
        owed = [format_fen(balances.debt_fen)] if balances.debt_fen else []
        owed += [f"{balances.debt_points} 积分"] if balances.debt_points else []
        lines.append(turn.say("receipt_owed", owed="、".join(owed)))
    if found.last_visit_at is not None:
        day = words.day_text(found.last_visit_at.astimezone(zone).date(), turn.now.astimezone(zone).date())
        lines.append(turn.say("look_up_last_visit", day=day))
    if found.tags:
        lines.append(turn.say("look_up_tags", tags="、".join(found.tags)))
    return lines


def _answer_entry(turn: Turn, command: EntryLookUp) -> Reply:
    found = work_log.read_entry(turn.house, staff_openid=turn.person.openid, transfer_id=command.transfer_id)
    if isinstance(found, Denied):
        return turn.reply(found.code, **found.detail)
    return turn.reply(
        "entry",
        number=transfer_number(found.transfer_id),
        what=turn.say(f"kind_{found.kind}"),
        time=words.moment(found.occurred_at, turn.house.shop.zone),
        store=entries.store_name(turn.house, found.store_id),
        name=found.member_name,
        phone=words.masked_phone(found.member_phone) if found.member_phone else f"会员号 {found.member_id}",
        lines="".join(f"\n{line}" for line in _entry_lines(turn, found)),
        staff=found.staff_name or turn.say("entry_by_system"),
    )


def _entry_lines(turn: Turn, found: Entry) -> list[str]:
    items = "、".join(f"{name} ×{count}" if count > 1 else name for name, count, _ in found.items)
    lines = [items] if items else []
    lines += [
        turn.say("work_log_total", method=entries.method_name(turn.house, method), amount=format_fen(fen))
        for method, fen in found.cash
    ]
    moved = [entries.moved_text(turn.house, p.kind, p.code, p.unit, p.amount) for p in found.moved]
    lines += ["会员 " + "、".join(moved)] if moved else []
    if found.approved_by:
        lines.append(turn.say("entry_approved", name=found.approved_by))
    if found.reversed_by is not None:
        lines.append(turn.say("entry_reversed", number=transfer_number(found.reversed_by)))
    if found.reverses is not None:
        lines.append(turn.say("entry_reverses", number=transfer_number(found.reverses)))
    return lines


PLAIN: StaffCommand[LookUp | EntryLookUp] = StaffCommand(
    ("查", "查询"), "help_look_up", parse, _answer, usage="staff_usage_look_up"
)
BY_NAME: StaffCommand[LookUp | EntryLookUp] = StaffCommand(
    ("查 ", "查询 ", "查会员", "查询会员"), "", parse_with_name, _answer, usage="staff_usage_look_up"
)
COMMANDS: tuple[StaffCommand[LookUp | EntryLookUp], ...] = (PLAIN, BY_NAME)
