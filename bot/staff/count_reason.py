"""原因: why a count differs, for the day close or the handover that waits for it (features B8)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from actions.closing.day_close import MAX_REASON_LENGTH, CloseQuote
from bot.conversation.turn import Turn
from bot.messages import Reply
from bot.staff import day_close, handover
from bot.staff.command import StaffCommand
from shop.model import Shop

_ASK: Mapping[str, Callable[[Turn, CloseQuote, str], Reply]] = {
    day_close.KIND: day_close.ask,
    handover.KIND: handover.ask,
}


@dataclass(frozen=True)
class Reason:
    """原因 找零多给了."""

    text: str


def parse(_shop: Shop, rest: str) -> Reason | None:
    return Reason(rest) if rest else None


def _explain(turn: Turn, said: Reason) -> Reply:
    pending = turn.memory.pending
    if pending is None or pending.kind not in _ASK or pending.expires_at <= turn.now:
        return turn.reply("day_no_reason_asked")
    turn.memory.pending = None
    quote = replace(day_close.quote_from(pending.data), reason=said.text[:MAX_REASON_LENGTH])
    return _ASK[pending.kind](turn, quote, pending.command)


COMMANDS: tuple[StaffCommand[Reason], ...] = (
    StaffCommand(("原因", "差异原因"), "", parse, _explain, usage="day_close_usage"),
)
