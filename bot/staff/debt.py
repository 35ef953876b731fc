"""还款: a debt that a reversal left is paid (features B7)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from actions.counter import debts, entries, plain
from actions.counter.debts import RepayQuote, RepayRequest
from actions.house import Denied
from actions.review.approvals import Filed
from bot.conversation.memory import Pending
from bot.conversation.turn import Turn
from bot.flows import confirm
from bot.flows.confirm import Confirmed
from bot.messages import Reply
from bot.staff import booking_ends, reading, whom
from bot.staff.command import Complaint, StaffCommand
from shop.model import Shop
from shop.money import format_fen


@dataclass(frozen=True)
class Repayment:
    who: str
    payment_method_id: str
    amount_fen: int | None = None
    store_id: str | None = None


def parse(shop: Shop, rest: str) -> Repayment | Complaint | None:
    usage = Complaint("staff_usage_debt", {"methods": reading.method_names(shop)})
    if not rest:
        return usage
    if not re.search(r"\d", rest):
        return None
    who, others = reading.take_member(rest)
    wrong = reading.bad_member(who)
    if wrong is not None:
        return wrong
    methods, stores, amounts = [], [], []
    for word in reading.words(shop, others):
        method, store = shop.payment_method_by_word(word), reading.store_by_word(shop, word)
        if method is not None:
            methods.append(method.id)
        elif store is not None:
            stores.append(store.id)
        elif word not in ("全部", "全额"):
            amounts.append(word)
    amount_fen = reading.amount_fen(amounts[0]) if len(amounts) == 1 else None
    if amounts and not amount_fen:
        return Complaint("staff_bad_amount", {"word": amounts[0][:20]})
    if len(set(methods)) != 1 or len(set(stores)) > 1:
        return Complaint("staff_need_method", {"methods": reading.method_names(shop)})
    return Repayment(who, methods[0], amount_fen, stores[0] if stores else None)


def _answer(turn: Turn, command: Repayment) -> Reply:
    member = whom.find(turn, command.who)
    if isinstance(member, Reply):
        return member
    request = RepayRequest(
        member.id,
        whom.shown_phone(turn, member, command.who),
        command.payment_method_id,
        command.amount_fen,
        command.store_id,
    )
    quote = debts.quote_repayment(turn.house, staff_openid=turn.person.openid, request=request)
    if isinstance(quote, Denied):
        return turn.reply(quote.code, **quote.detail)
    echo = turn.say(
        "debt_echo",
        name=quote.member_name,
        phone=quote.request.phone,
        amount=format_fen(quote.amount_fen),
        method=entries.method_name(turn.house, quote.request.payment_method_id),
        left=format_fen(quote.left_fen),
        store=entries.store_name(turn.house, quote.store_id),
        minutes=turn.house.shop.quote_lifetime_minutes,
    )
    command_text = whom.steady(turn, command.who, member)
    return confirm.ask(turn, kind=debts.KIND, data=plain.pack(quote), echo=echo, command=command_text)


def _confirmed(turn: Turn, pending: Pending) -> Reply:
    quote = plain.unpack(RepayQuote, pending.data)
    result = debts.record_repayment(turn.house, staff_openid=turn.person.openid, quote=quote, key=pending.key)
    if isinstance(result, Denied | Filed):
        return booking_ends.not_booked(turn, result)
    return booking_ends.booked(
        turn,
        "debt_done",
        result,
        name=quote.member_name,
        phone=whom.masked(quote.request.phone),
        amount=format_fen(quote.amount_fen),
        left=format_fen(result.balances.debt_fen),
    )


COMMANDS: tuple[StaffCommand[Repayment], ...] = (
    StaffCommand(("还款", "还欠款"), "help_debt", parse, _answer, usage="staff_usage_debt"),
)
CONFIRMED: dict[str, Confirmed] = {debts.KIND: _confirmed}
