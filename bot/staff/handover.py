"""交班: a cashier's own takings, counted and kept (features B8)."""

from __future__ import annotations

from dataclasses import asdict

from actions.closing import day_close_words, handover
from actions.closing.day_close import CloseChanged, CloseQuote
from actions.house import Denied
from bot.conversation.memory import Pending
from bot.conversation.turn import Turn
from bot.flows import confirm
from bot.flows.confirm import Confirmed
from bot.messages import Reply
from bot.staff import day_close
from bot.staff.command import StaffCommand
from bot.staff.day_close import Said

KIND = "handover"


def _answer(turn: Turn, said: Said) -> Reply:
    if said.day:
        return turn.reply("handover_usage")
    if not said.counts:
        return _show(turn, said)
    quote = handover.quote_handover(
        turn.house,
        staff_openid=turn.person.openid,
        counts=said.counts,
        store_id=said.store_id,
        reason=said.reason,
    )
    if isinstance(quote, Denied):
        return turn.reply(quote.code, **quote.detail)
    return ask(turn, quote, turn.text.strip())


def _show(turn: Turn, said: Said) -> Reply:
    found = handover.own_day(turn.house, staff_openid=turn.person.openid, store_id=said.store_id)
    if isinstance(found, Denied):
        return turn.reply(found.code, **found.detail)
    store = turn.house.shop.store(found.store_id).name
    methods = found.figures.codes("cash")
    if not methods:
        return turn.reply("handover_nothing", store=store)
    amounts = [(method, found.figures.total("cash", code=method)) for method in methods]
    named = [turn.house.shop.store(said.store_id).name] if said.store_id else []
    example = ["交班", *named, *(day_close.said_count(turn, method, fen) for method, fen in amounts)]
    return turn.reply(
        "handover_open",
        store=store,
        entries=found.figures.entries,
        lines="\n".join(day_close_words.amount_line(turn.house, method, fen) for method, fen in amounts),
        example=" ".join(example),
    )


def ask(turn: Turn, quote: CloseQuote, command: str) -> Reply:
    """Echo the comparison; where there is a variance without a reason, ask for the reason first."""
    waits = quote.has_variance and not quote.reason
    text = turn.say(
        "handover_needs_reason" if waits else "handover_echo",
        store=turn.house.shop.store(quote.store_id).name,
        counts=day_close.counted(turn, quote),
    )
    reply = confirm.ask(turn, kind=KIND, data=asdict(quote), echo=text, command=command)
    return Reply(reply.text) if waits else reply


def _confirmed(turn: Turn, pending: Pending) -> Reply:
    quote = day_close.quote_from(pending.data)
    if quote.has_variance and not quote.reason:
        return Reply(pending.echo)
    done = handover.hand_over(turn.house, staff_openid=turn.person.openid, quote=quote, key=pending.key)
    turn.memory.pending = None
    if isinstance(done, Denied):
        return turn.reply(done.code, **done.detail)
    if isinstance(done, CloseChanged):
        counts = day_close.counted(turn, done.quote)
        return turn.reply("handover_changed", counts=counts, command=pending.command)
    lines = [(c.payment_method, c.booked_fen, c.counted_fen, c.reason) for c in done.counts]
    return turn.reply("handover_done", counts=day_close_words.count_lines(turn.house, lines))


COMMANDS: tuple[StaffCommand[Said], ...] = (
    StaffCommand(("交班",), "help_handover", day_close.parse, _answer, usage="handover_usage"),
)
CONFIRMED: dict[str, Confirmed] = {KIND: _confirmed}
