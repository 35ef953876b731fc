"""Quote → echo → explicit yes, bound to that quote (design §4). Only exact words confirm."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from bot.conversation import words
from bot.conversation.memory import Done, Pending
from bot.conversation.turn import Turn
from bot.messages import Choice, Reply
from ledger.book import transfer_number

# What a yes does, by the pending's kind; filled by the flows that make quotes.
Confirmed = Callable[[Turn, Pending], Reply]
YES_OR_NO = (Choice("1 确认", "1"), Choice("0 取消", "0"))


def ask(turn: Turn, *, kind: str, data: dict[str, object], echo: str, command: str) -> Reply:
    """Show a quote and wait for its yes; an earlier quote that was never confirmed is void, and we say so."""
    if not turn.remembers:
        return turn.reply("no_memory")
    replaced = turn.memory.pending is not None and turn.memory.pending.expires_at > turn.now
    lifetime = timedelta(minutes=turn.house.shop.quote_lifetime_minutes)
    turn.memory.pending = Pending(
        key=f"quote:{turn.incoming.key}",
        kind=kind,
        data=dict(data),
        echo=echo,
        command=command,
        expires_at=turn.now + lifetime,
    )
    turn.memory.done = None
    text = turn.say("replaced", echo=echo) if replaced else echo
    return Reply(text, YES_OR_NO)


def settle(turn: Turn, number: int) -> None:
    """Note that the pending thing is booked: a second yes gets its number, and books nothing."""
    settle_as(turn, turn.say("entry_number", number=transfer_number(number)))


def settle_as(turn: Turn, what: str) -> None:
    """The same for what is no transfer; `what` names it, “预约号 Y000012”."""
    lifetime = timedelta(minutes=turn.house.shop.quote_lifetime_minutes)
    turn.memory.pending = turn.memory.form = None
    turn.memory.done = Done(what=what, until=turn.now + lifetime)


def make_step(handlers: dict[str, Confirmed]) -> Callable[[Turn], Reply | None]:
    """The step that hears yes and no.

    Args:
        handlers: what a yes does, by the pending's kind.
    """

    def answer_yes_or_no(turn: Turn) -> Reply | None:
        yes, no = words.is_yes(turn.text), words.is_no(turn.text)
        form = turn.memory.form
        if not (yes or no) or (form is not None and form.slot):
            return None  # a form that asks something hears it first
        pending = turn.memory.pending
        if pending is None:
            return _without_pending(turn, yes)
        if no:
            turn.memory.pending = turn.memory.form = None
            return turn.reply("cancelled")
        if pending.expires_at <= turn.now:
            turn.memory.pending = turn.memory.form = None
            minutes = turn.house.shop.quote_lifetime_minutes
            return turn.reply("expired", minutes=minutes, command=pending.command)
        return handlers[pending.kind](turn, pending)

    return answer_yes_or_no


def _without_pending(turn: Turn, yes: bool) -> Reply:
    if not turn.remembers:
        return turn.reply("no_memory")
    done = turn.memory.done
    if yes and done is not None and done.until > turn.now:
        return turn.reply("already_done", what=done.what)
    return turn.reply("nothing_pending" if yes else "nothing_to_cancel")
