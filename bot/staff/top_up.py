"""充值: money paid in at the counter (features A5, C1)."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass, replace

from actions.counter import top_up_orders, top_up_terms, top_ups
from actions.counter.top_ups import TopUpQuote, TopUpRequest
from actions.house import Denied
from actions.review.approvals import Filed
from actions.review.reviewed import Changed
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
class TopUp:
    who: str
    amount_fen: int
    payment_method_id: str
    store_id: str | None
    order: str = ""  # the code of a top-up that the member chose in the chat; it names who and how much


_ORDER = re.compile(r"#\s?(?P<code>[A-Za-z0-9]{4})(?![A-Za-z0-9])")


@dataclass
class _Words:
    """The words beside the member, by what they are."""

    amounts: list[str]
    methods: list[str]
    stores: list[str]
    unknown: list[str]


def parse(shop: Shop, rest: str) -> TopUp | Complaint | None:
    if not rest:
        return Complaint("staff_usage_top_up", {"methods": reading.method_names(shop)})
    order = _ORDER.match(rest)
    if order is not None:
        return _of_order(shop, order["code"], _sort(shop, rest[order.end() :]))
    who, others = reading.take_member(rest)
    said = _sort(shop, others)
    # 充值 also begins ordinary questions (“充值有什么优惠”); a command names a number or a way of paying.
    if not re.search(r"\d", rest) and not (said.amounts and said.methods):
        return None
    if who.isdigit() and not said.amounts and not reading.is_phone(who):
        return Complaint("staff_need_phone")
    return reading.bad_member(who) or _from(shop, who, said)


def _of_order(shop: Shop, code: str, said: _Words) -> TopUp | Complaint:
    """充值 #K7P2 微信: who and how much stand in the member's order."""
    extra = [*said.unknown, *said.amounts]
    if extra:
        return Complaint(
            "staff_extra_words", {"words": " ".join(extra), "usage": "写法：充值 #单码 付款方式"}
        )
    if len(set(said.methods)) != 1 or len(set(said.stores)) > 1:
        return Complaint("staff_need_method", {"methods": reading.method_names(shop)})
    return TopUp("", 0, said.methods[0], said.stores[0] if said.stores else None, order=code)


def _sort(shop: Shop, text: str) -> _Words:
    said = _Words([], [], [], [])
    for word in reading.words(shop, text):
        store, method = reading.store_by_word(shop, word), shop.payment_method_by_word(word)
        if method is not None:
            said.methods.append(method.id)
        elif store is not None:
            said.stores.append(store.id)
        elif reading.looks_like_amount(word):
            said.amounts.append(word)
        else:
            said.unknown.append(word)
    return said


def _from(shop: Shop, who: str, said: _Words) -> TopUp | Complaint:
    all_methods = reading.method_names(shop)
    if len(said.amounts) > 1:
        return Complaint("staff_two_amounts", {"amounts": "、".join(said.amounts)})
    if not said.amounts:
        if said.unknown:
            return Complaint("staff_bad_amount", {"word": said.unknown[0]})
        return Complaint("staff_need_amount")
    amount_fen = reading.amount_fen(said.amounts[0])
    if amount_fen is None:
        return Complaint("staff_bad_amount", {"word": said.amounts[0]})
    if amount_fen == 0:
        return Complaint("staff_amount_zero")
    if said.unknown:
        code = "staff_extra_words" if said.methods else "staff_bad_method"
        usage = f"写法：充值 手机号 金额 付款方式（{all_methods}）"
        values = {"word": said.unknown[0], "words": " ".join(said.unknown), "methods": all_methods}
        return Complaint(code, {**values, "usage": usage})
    if len(set(said.methods)) != 1 or len(set(said.stores)) > 1:
        return Complaint("staff_need_method", {"methods": all_methods})
    return TopUp(who, amount_fen, said.methods[0], said.stores[0] if said.stores else None)


def _answer(turn: Turn, command: TopUp) -> Reply:
    if command.order:
        order = top_up_orders.call_up(turn.house, staff_openid=turn.person.openid, code=command.order)
        if isinstance(order, Denied):
            return turn.reply(order.code, **order.detail)
        command = replace(command, who=f"会员{order.member_id}", amount_fen=order.amount_fen)
    member = whom.find(turn, command.who)
    if isinstance(member, Reply):
        return member
    request = TopUpRequest(
        whom.shown_phone(turn, member, command.who),
        command.amount_fen,
        command.payment_method_id,
        command.store_id,
        member_id=member.id,
    )
    quote = top_ups.quote_top_up(turn.house, staff_openid=turn.person.openid, request=request)
    if isinstance(quote, Denied):
        return turn.reply(quote.code, **quote.detail)
    return _ask(turn, quote, whom.steady(turn, command.who, member))


def _ask(turn: Turn, quote: TopUpQuote, command: str) -> Reply:
    return confirm.ask(turn, kind="top_up", data=asdict(quote), echo=_echo(turn, quote), command=command)


def _confirmed(turn: Turn, pending: Pending) -> Reply:
    """Book the quoted top-up that the staff member has just said yes to."""
    quote = TopUpQuote(**pending.data)
    result = top_ups.record_top_up(turn.house, staff_openid=turn.person.openid, quote=quote, key=pending.key)
    if isinstance(result, Denied | Filed | Changed):
        return booking_ends.not_yet(turn, pending, result, _ask, says="top_up_changed")
    top_up_orders.end(turn.house, member_id=quote.member_id)
    return booking_ends.booked(
        turn,
        "top_up_done",
        result,
        name=quote.member_name,
        phone=whom.masked(quote.phone),
        amount=format_fen(quote.amount_fen),
        gives=_gives(turn, quote),
        after=format_fen(result.balances.stored_fen),
    )


def _echo(turn: Turn, quote: TopUpQuote) -> str:
    shop = turn.house.shop
    return turn.say(
        "top_up_echo",
        name=quote.member_name,
        phone=quote.phone,
        amount=format_fen(quote.amount_fen),
        gives=_gives(turn, quote) + top_up_terms.next_text(shop, quote.store_id, quote, turn.now),
        store=shop.store(quote.store_id).name,
        method=shop.payment_method(quote.payment_method_id).name,
        after=format_fen(quote.stored_after_fen),
    )


def _gives(turn: Turn, quote: TopUpQuote) -> str:
    return top_up_terms.gives_text(turn.house.shop, quote.store_id, quote, turn.now)


COMMANDS: tuple[StaffCommand[TopUp], ...] = (
    StaffCommand(("充值", "储值", "充钱", "存钱"), "help_top_up", parse, _answer, usage="staff_usage_top_up"),
)
CONFIRMED: dict[str, Confirmed] = {"top_up": _confirmed}
