"""合并: two cards of one person become one, by a manager (feature A10)."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass

from actions.house import Denied
from actions.membership import merging
from actions.membership.merging import MergeQuote
from bot.conversation.memory import Pending
from bot.conversation.turn import Turn
from bot.flows import confirm
from bot.flows.confirm import Confirmed
from bot.messages import Reply
from bot.staff.command import Complaint, StaffCommand
from shop.model import Shop
from shop.money import format_fen

_TWO = re.compile(r"(?:会员号?)?\s?(\d{1,9})\s*(?:[,，、和到]|\s)\s*(?:会员号?)?\s?(\d{1,9})")


@dataclass(frozen=True)
class Merge:
    stays_id: int
    ends_id: int


def parse(_shop: Shop, rest: str) -> Merge | Complaint:
    found = _TWO.fullmatch(rest)
    if found is None:
        return Complaint("staff_usage_merge")
    return Merge(int(found.group(1)), int(found.group(2)))


def _answer(turn: Turn, command: Merge) -> Reply:
    quote = merging.quote_merge(
        turn.house,
        staff_openid=turn.person.openid,
        stays_id=command.stays_id,
        ends_id=command.ends_id,
    )
    if isinstance(quote, Denied):
        return turn.reply(quote.code, **quote.detail)
    return _ask(turn, quote)


def _ask(turn: Turn, quote: MergeQuote) -> Reply:
    echo = turn.say(
        "merge_echo",
        stays=quote.stays_id,
        stays_name=quote.stays_name,
        ends=quote.ends_id,
        ends_name=quote.ends_name,
        amount=format_fen(quote.moves_fen),
        points=quote.moves_points,
        after=format_fen(quote.after_fen),
        minutes=turn.house.shop.quote_lifetime_minutes,
    )
    command = f"合并 {quote.stays_id} {quote.ends_id}"
    return confirm.ask(turn, kind="merge", data=asdict(quote), echo=echo, command=command)


def _confirmed(turn: Turn, pending: Pending) -> Reply:
    result = merging.merge(
        turn.house, staff_openid=turn.person.openid, quote=MergeQuote(**pending.data), key=pending.key
    )
    turn.memory.pending = None
    if isinstance(result, Denied):
        return turn.reply(result.code, **result.detail)
    if isinstance(result, MergeQuote):
        return _ask(turn, result).after(turn.say("merge_changed"))
    confirm.settle_as(turn, turn.say("merge_what", number=result.stays.id))
    return turn.reply(
        "merge_done",
        number=result.stays.id,
        name=result.stays.name,
        total=format_fen(result.balances.stored_fen),
        points=result.balances.points,
    )


COMMANDS: tuple[StaffCommand[Merge], ...] = (
    StaffCommand(("合并",), "help_merge", parse, _answer, usage="staff_usage_merge", roles=merging.ROLES),
)
CONFIRMED: dict[str, Confirmed] = {"merge": _confirmed}
