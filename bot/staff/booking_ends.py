"""How a confirmed entry ends: booked, refused, waiting for a second person, or shown anew."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, TypeVar

from actions.house import Denied
from actions.review.approvals import Filed
from actions.review.reviewed import Changed
from bot.conversation.memory import Pending
from bot.conversation.turn import Turn
from bot.flows import confirm
from bot.messages import Reply
from ledger.book import transfer_number

QuoteT = TypeVar("QuoteT")
# Shows a quote and waits for its yes; the text is the command that it answers.
Ask = Callable[[Turn, QuoteT, str], Reply]


class Receipt(Protocol):
    """What an action gives back when the entry is in the book."""

    @property
    def transfer_id(self) -> int: ...

    @property
    def member_told(self) -> bool: ...


def not_booked(turn: Turn, result: Denied | Filed) -> Reply:
    """The reply to a yes that booked nothing; the quote is settled either way."""
    turn.memory.pending = None
    if isinstance(result, Filed):
        return turn.reply("filed", number=result.number)
    return turn.reply(result.code, **result.detail)


def not_yet(
    turn: Turn,
    pending: Pending,
    result: Denied | Filed | Changed[QuoteT],
    ask: Ask[QuoteT],
    *,
    says: str = "quote_changed",
) -> Reply:
    """The same, where a quote that is no longer so is made anew and waits for a yes of its own."""
    if not isinstance(result, Changed):
        return not_booked(turn, result)
    turn.memory.pending = None
    asked = ask(turn, result.quote, pending.command)
    return Reply(turn.say(says, echo=asked.text), asked.choices)


def booked(turn: Turn, name: str, receipt: Receipt, /, **values: object) -> Reply:
    """Settle the quote and say what is booked; the text gets `number` and `told` beside the values."""
    confirm.settle(turn, receipt.transfer_id)
    number, was_told = transfer_number(receipt.transfer_id), told(turn, receipt.member_told)
    return turn.reply(name, number=number, told=was_told, **values)


def told(turn: Turn, member_told: bool) -> str:
    """Whether the member has his receipt, for the last line."""
    return turn.say("top_up_told" if member_told else "top_up_not_told")
