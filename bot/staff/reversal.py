"""冲正: one mistaken entry undone, with all that it caused (features B7)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from actions.counter import plain, reversal_terms, reversals
from actions.counter.reversals import ReversalQuote, ReversalRequest
from actions.house import Denied
from actions.review.approvals import Filed
from actions.review.reviewed import Changed
from actions.rights import CHAIN_ROLES
from bot.conversation.memory import Pending
from bot.conversation.turn import Turn
from bot.flows import confirm
from bot.flows.confirm import Confirmed
from bot.messages import Reply
from bot.staff import booking_ends, choosing, reading
from bot.staff.command import Complaint, StaffCommand
from ledger.book import transfer_number
from shop.model import Shop
from shop.money import format_fen

KIND = "reversal"
_NUMBER = re.compile(r"(?:单号\s*)?[Tt]?(?P<number>\d{1,12})(?!\d)")
_DEBT = re.compile(r"记(?:为)?欠款?|记账")


@dataclass(frozen=True)
class Reversal:
    transfer_id: int
    reason: str = ""
    carry_debt: bool = False


def parse(_shop: Shop, rest: str) -> Reversal | Complaint | None:
    if not rest:
        return Complaint("staff_usage_reversal")
    found = _NUMBER.match(rest)
    if found is None:
        return Complaint("staff_usage_reversal")
    reason = rest[found.end() :]
    reason, debts = _DEBT.subn(" ", reason)
    reason = re.sub(r"^[\s,:]*(?:原因|理由)?[\s,:]*", "", reason).strip()
    if len(reason) > reversals.MAX_REASON_LENGTH:
        return Complaint("reversal_reason_long", {"most": reversals.MAX_REASON_LENGTH})
    return Reversal(int(found["number"]), reason, carry_debt=bool(debts))


def _answer(turn: Turn, command: Reversal) -> Reply:
    request = ReversalRequest(command.transfer_id, command.reason, command.carry_debt)
    quote = reversals.quote_reversal(turn.house, staff_openid=turn.person.openid, request=request)
    if isinstance(quote, Denied):
        return _not_quoted(turn, quote)
    return _ask(turn, quote, turn.text.strip())


def _not_quoted(turn: Turn, denied: Denied) -> Reply:
    """What was spent already can be carried as a debt: a manager sees how, a cashier whom to ask."""
    if denied.code != "reversal_already_used":
        return turn.reply(denied.code, **denied.detail)
    staff = turn.person.staff
    if staff is None or staff.role not in CHAIN_ROLES | {"manager"}:
        return turn.reply("reversal_already_used", **denied.detail, way=turn.say("reversal_ask_manager"))
    command = f"{reading.narrow(turn.text)} 记欠款"
    text = turn.say("reversal_already_used", **denied.detail, way="")
    return choosing.ask(turn, text, [(turn.say("reversal_as_debt"), command)])


def _ask(turn: Turn, quote: ReversalQuote, command: str) -> Reply:
    return confirm.ask(turn, kind=KIND, data=plain.pack(quote), echo=_echo(turn, quote), command=command)


def _echo(turn: Turn, quote: ReversalQuote) -> str:
    items = "、".join(f"{name} ×{count}" if count > 1 else name for name, count in quote.items)
    return turn.say(
        "reversal_echo",
        number=transfer_number(quote.request.transfer_id),
        what=reversal_terms.what_text(turn.house, quote),
        items=f"\n{items}" if items else "",
        name=quote.member_name,
        staff=quote.staff_name,
        effects=reversal_terms.effects_text(turn.house, quote),
        after=format_fen(quote.after.stored_fen),
        points=quote.after.points,
        reason=quote.request.reason or turn.say("reversal_no_reason"),
        minutes=turn.house.shop.quote_lifetime_minutes,
    )


def _confirmed(turn: Turn, pending: Pending) -> Reply:
    quote = plain.unpack(ReversalQuote, pending.data)
    result = reversals.record_reversal(
        turn.house, staff_openid=turn.person.openid, quote=quote, key=pending.key
    )
    if isinstance(result, Denied):
        turn.memory.pending = None
        return _not_quoted(turn, result)
    if isinstance(result, Filed | Changed):
        return booking_ends.not_yet(turn, pending, result, _ask)
    return booking_ends.booked(
        turn,
        "reversal_done",
        result,
        reversed=transfer_number(quote.request.transfer_id),
        name=quote.member_name,
        after=format_fen(result.balances.stored_fen),
        points=result.balances.points,
    )


COMMANDS: tuple[StaffCommand[Reversal], ...] = (
    StaffCommand(("冲正", "撤销", "冲账"), "help_reversal", parse, _answer, usage="staff_usage_reversal"),
)
CONFIRMED: dict[str, Confirmed] = {KIND: _confirmed}
