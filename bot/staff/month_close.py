"""月结 and 清分: the month of a store, and what the stores owe each other (features B8, B9)."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass, replace
from datetime import date, timedelta

from actions.closing import day_close_words, month_close, settlement
from actions.closing.day_close import CLOSING_ROLES
from actions.closing.month_close import Month, MonthQuote
from actions.closing.settlement import SETTLING_ROLES
from actions.house import Denied
from bot.conversation.memory import Pending
from bot.conversation.turn import Turn
from bot.flows import confirm
from bot.flows.confirm import Confirmed
from bot.messages import Reply
from bot.staff import reading
from bot.staff.command import Complaint, StaffCommand
from ledger.records.day_closes import Count
from shop import words
from shop.model import Shop
from shop.money import format_fen

KIND = "month_close"
MAX_VARIANCES = 8
_LAST_MONTH = frozenset({"上月", "上个月"})
_THIS_MONTH = frozenset({"本月", "这个月", "当月"})
_MONTH = re.compile(r"(?:(?P<year>\d{4})[-/年.])?(?P<month>\d{1,2})月?(?:份)?")


@dataclass(frozen=True)
class Said:
    """What follows 月结 or 清分: a store and a month, each may be missing."""

    store_id: str | None = None
    month: str = ""


def parse(shop: Shop, rest: str) -> Said | Complaint:
    said = Said()
    for word in rest.split():
        store = reading.store_by_word(shop, word)
        if store is not None:
            said = replace(said, store_id=store.id)
        elif word in _LAST_MONTH | _THIS_MONTH or _month_number(word):
            said = replace(said, month=word)
        else:
            return Complaint("month_bad_word", {"word": word[:20]})
    return said


def _month_number(word: str) -> tuple[int | None, int] | None:
    found = _MONTH.fullmatch(word)
    if found is None or not 1 <= int(found["month"]) <= 12:
        return None
    return (int(found["year"]) if found["year"] else None), int(found["month"])


def _month(turn: Turn, written: str) -> date:
    """The first day of the month meant; a month without a year is the last such one."""
    this = turn.now.astimezone(turn.house.shop.zone).date().replace(day=1)
    if written in _LAST_MONTH:
        return (this - timedelta(days=1)).replace(day=1)
    found = _month_number(written)
    if found is None:
        return this
    year, month = found
    if year is None:
        year = this.year if month <= this.month else this.year - 1
    return date(year, month, 1)


def _show_month(turn: Turn, said: Said) -> Reply:
    found = month_close.read_month(
        turn.house,
        staff_openid=turn.person.openid,
        store_id=said.store_id,
        month=_month(turn, said.month),
    )
    if isinstance(found, Denied):
        return turn.reply(found.code, **found.detail)
    text = _report(turn, found)
    if not found.can_close:
        return Reply(text)
    quote = MonthQuote(found.store_id, found.first.isoformat(), found.figures.entries)
    echo = f"{text}\n\n{turn.say('month_ask')}"
    return confirm.ask(turn, kind=KIND, data=asdict(quote), echo=echo, command=turn.text.strip())


def _report(turn: Turn, found: Month) -> str:
    shown = found.variances
    lines = [_variance(turn, day, each) for day, each in shown[:MAX_VARIANCES]]
    if len(shown) > MAX_VARIANCES:
        lines.append(turn.say("month_more_variances", count=len(shown) - MAX_VARIANCES))
    parts = [
        turn.say(
            "month_head",
            store=turn.house.shop.store(found.store_id).name,
            month=day_close_words.month_name(found.first),
            days=len(found.days),
            entries=found.figures.entries,
        ),
        day_close_words.month_lines(
            turn.house, found.names, found.figures, [counts for _, counts in found.days]
        ),
        "\n".join([turn.say("month_variances"), *lines]) if lines else "",
        turn.say("month_open_entries", entries=found.open_entries) if found.open_entries else "",
        turn.say("month_is_closed", time=words.moment(found.closed.closed_at, turn.house.shop.zone))
        if found.closed
        else "",
    ]
    return "\n".join(part for part in parts if part)


def _variance(turn: Turn, day: date, count: Count) -> str:
    return turn.say(
        "month_variance",
        day=words.short_date(day),
        method=day_close_words.method_name(turn.house, count.payment_method),
        amount=format_fen(count.variance_fen),
        reason=count.reason,
    )


def _confirmed(turn: Turn, pending: Pending) -> Reply:
    quote = MonthQuote(**pending.data)
    done = month_close.close_month(turn.house, staff_openid=turn.person.openid, quote=quote, key=pending.key)
    turn.memory.pending = None
    if isinstance(done, Denied):
        return turn.reply(done.code, **done.detail)
    return turn.reply(
        "month_close_done",
        store=turn.house.shop.store(done.store_id).name,
        month=day_close_words.month_name(done.first),
        root=done.closed.root.hex()[:16] if done.closed else "",
    )


def _settle(turn: Turn, said: Said) -> Reply:
    found = settlement.settle_month(
        turn.house, staff_openid=turn.person.openid, month=_month(turn, said.month)
    )
    if isinstance(found, Denied):
        return turn.reply(found.code, **found.detail)
    month = day_close_words.month_name(found.month)
    running = turn.say("settlement_running") if found.running else ""
    if not found.settlement.flows:
        return turn.reply("settlement_none", month=month, running=running)
    names = {store.id: store.name for store in turn.house.shop.stores}
    flows = [
        turn.say(
            "settlement_flow",
            received=names.get(flow.received_at, flow.received_at),
            spent=names.get(flow.spent_at, flow.spent_at),
            amount=format_fen(flow.amount_fen),
            entries=flow.entries,
        )
        for flow in found.settlement.flows
    ]
    payments = [
        turn.say(
            "settlement_payment",
            payer=names.get(each.payer, each.payer),
            payee=names.get(each.payee, each.payee),
            amount=format_fen(each.amount_fen),
        )
        for each in found.settlement.payments
    ] or [turn.say("settlement_even")]
    return turn.reply(
        "settlement", month=month, running=running, flows="\n".join(flows), payments="\n".join(payments)
    )


COMMANDS: tuple[StaffCommand[Said], ...] = (
    StaffCommand(("月结",), "help_month_close", parse, _show_month, usage="month_usage", roles=CLOSING_ROLES),
    StaffCommand(
        ("清分", "跨店清分"), "help_settlement", parse, _settle, usage="month_usage", roles=SETTLING_ROLES
    ),
)
CONFIRMED: dict[str, Confirmed] = {KIND: _confirmed}
