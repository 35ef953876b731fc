"""我的流水: one's own entries of a day, with totals by way of paying (features C1)."""

from __future__ import annotations

from dataclasses import dataclass

from actions.counter import entries, work_log
from actions.house import Denied
from bot.conversation.turn import Turn
from bot.messages import Reply
from bot.staff import reading
from bot.staff.command import Complaint, StaffCommand
from ledger.book import transfer_number
from ledger.reports.single_entries import Entry
from shop import words
from shop.model import Shop
from shop.money import format_fen

MOST_LINES = 10


@dataclass(frozen=True)
class OwnEntries:
    """`day` as it was written; "": today."""

    day: str = ""


def parse(_shop: Shop, rest: str) -> OwnEntries | Complaint | None:
    return OwnEntries(rest) if len(rest) <= 12 else Complaint("staff_usage_work_log")


def _answer(turn: Turn, command: OwnEntries) -> Reply:
    today = turn.now.astimezone(turn.house.shop.zone).date()
    day = reading.day(command.day, today=today) if command.day else today
    if day is None:
        return turn.reply("staff_bad_day", word=command.day)
    log = work_log.read_own(turn.house, staff_openid=turn.person.openid, day=day)
    if isinstance(log, Denied):
        return turn.reply(log.code, **log.detail)
    if not log.entries:
        return turn.reply("work_log_none", day=words.day_text(log.day, today))
    totals = [
        turn.say("work_log_total", method=entries.method_name(turn.house, method), amount=format_fen(fen))
        for method, fen in log.cash
    ]
    if log.stored_fen:
        totals.append(turn.say("work_log_stored", amount=format_fen(log.stored_fen)))
    lines = [_line(turn, entry) for entry in log.entries[:MOST_LINES]]
    if len(log.entries) > MOST_LINES:
        lines.append(turn.say("work_log_more", count=len(log.entries) - MOST_LINES))
    return turn.reply(
        "work_log",
        day=words.day_text(log.day, today),
        count=len(log.entries),
        totals="\n".join(totals),
        lines="\n".join(lines),
    )


def _line(turn: Turn, entry: Entry) -> str:
    return turn.say(
        "work_log_line",
        number=transfer_number(entry.transfer_id),
        time=words.clock_time(entry.recorded_at, turn.house.shop.zone),
        what=turn.say(f"kind_{entry.kind}"),
        name=entry.member_name,
        amount=format_fen(size_fen(entry)) if size_fen(entry) else "",
        undone=turn.say("work_log_undone") if entry.reversed_by else "",
    )


def size_fen(entry: Entry) -> int:
    """The money an entry is about: what went through the till, else the stored value that moved."""
    return abs(entry.cash_fen) or sum(paid for _, _, paid in entry.items) or abs(entry.stored_fen)


COMMANDS: tuple[StaffCommand[OwnEntries], ...] = (
    StaffCommand(("我的流水", "流水"), "help_work_log", parse, _answer, usage="staff_usage_work_log"),
)
