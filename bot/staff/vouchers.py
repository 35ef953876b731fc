"""核销: a member's voucher, looked at and used once (features A6, C1)."""

from __future__ import annotations

from dataclasses import dataclass

from actions.house import Denied
from actions.loyalty import rewards, voucher_desk
from actions.loyalty.voucher_desk import VoucherSeen
from bot.conversation.memory import Pending
from bot.conversation.turn import Turn
from bot.flows import confirm
from bot.flows.confirm import Confirmed
from bot.messages import Reply
from bot.staff import reading, whom
from bot.staff.command import Complaint, StaffCommand
from ledger.records.vouchers import Voucher
from shop import voucher_codes
from shop.model import Shop
from shop.money import format_fen


@dataclass(frozen=True)
class Verify:
    code: str
    store_id: str | None


def parse(shop: Shop, rest: str) -> Verify | Complaint | None:
    if not rest:
        return Complaint("staff_usage_voucher")
    said = rest.split()
    store = reading.store_by_word(shop, said[-1]) if len(said) > 1 else None
    word = "".join(said[:-1] if store else said)
    code = voucher_codes.read(word.removeprefix("券码").lstrip(":"))
    if code is None:
        return Complaint("voucher_bad_code", {"word": word[:20]})
    return Verify(code, store.id if store else None)


def _answer(turn: Turn, command: Verify) -> Reply:
    seen = voucher_desk.look_at(
        turn.house, staff_openid=turn.person.openid, code=command.code, store_id=command.store_id
    )
    if isinstance(seen, Denied):
        return turn.reply(seen.code, **seen.detail)
    return confirm.ask(
        turn,
        kind="voucher",
        data={"code": seen.voucher.code, "store_id": seen.store_id},
        echo=_echo(turn, seen),
        command=turn.text.strip(),
    )


def _echo(turn: Turn, seen: VoucherSeen) -> str:
    return turn.say(
        "voucher_echo",
        name=seen.member.name,
        who=whom.shown_phone(turn, seen.member, ""),
        what=_worth(turn, seen.voucher),
        day=rewards.last_day(turn.house, seen.voucher),
        store=turn.house.shop.store(seen.store_id).name,
        minutes=turn.house.shop.quote_lifetime_minutes,
    )


def _worth(turn: Turn, voucher: Voucher) -> str:
    what = rewards.content_text(turn.house, voucher)
    if voucher.value_fen is None:
        return what
    return turn.say("voucher_worth", what=what, amount=format_fen(voucher.value_fen))


def _confirmed(turn: Turn, pending: Pending) -> Reply:
    """Use the voucher that the staff member has just said yes to."""
    result = voucher_desk.use(
        turn.house,
        staff_openid=turn.person.openid,
        code=str(pending.data["code"]),
        store_id=str(pending.data["store_id"]),
        key=pending.key,
    )
    if isinstance(result, Denied):
        turn.memory.pending = None
        return turn.reply(result.code, **result.detail)
    confirm.settle(turn, result.voucher.transfer_id)
    return turn.reply(
        "voucher_done",
        name=result.member.name,
        what=_worth(turn, result.voucher),
        code=voucher_codes.shown(result.voucher.code),
        told=turn.say("top_up_told" if result.member_told else "top_up_not_told"),
    )


COMMANDS: tuple[StaffCommand[Verify], ...] = (
    StaffCommand(("核销",), "help_voucher", parse, _answer, usage="staff_usage_voucher"),
)
CONFIRMED: dict[str, Confirmed] = {"voucher": _confirmed}
