"""Stored value paid back at the counter, by 法释〔2025〕4号 (features B7, wechat-protocol §9.2)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from actions import rights
from actions.counter import entries
from actions.house import Denied, House
from actions.review.approvals import Filed
from actions.review.reviewed import Changed, Reviewed
from ledger import book
from ledger.book import Balances, RefundRule, Refused
from ledger.book.refunds import RefundQuote as BookQuote
from ledger.records import campaigns, coupons, instalments, multipliers
from ledger.records.members import Member
from ledger.records.staff import Staff
from ledger.reports import single_entries as reports
from shop import texts
from shop.money import format_fen

KIND = "refund"


@dataclass(frozen=True)
class RefundRequest:
    """What the staff member asked.

    Attributes:
        phone: of the member, as it is shown to this staff member.
        amount_fen: what he believes is due; None: whatever the rule says.
        payment_method_id: how it is paid out; None: as it came in.
    """

    member_id: int
    phone: str
    rule: RefundRule
    amount_fen: int | None = None
    payment_method_id: str | None = None
    store_id: str | None = None


@dataclass(frozen=True)
class RefundQuote:
    """What is paid out and what is taken back, bound to the state of the card."""

    request: RefundRequest
    member_name: str
    store_id: str
    payment_method_id: str
    quote: BookQuote
    coupons_back: int
    instalments_back_fen: int
    shop_version: str
    coupons_used: int = 0
    multipliers_end: int = 0

    @property
    def sources(self) -> tuple[int, ...]:
        """The top-ups, and what campaigns gave because of them."""
        return (*(line.transfer_id for line in self.quote.lines), *self.quote.came_along)

    @property
    def payout_fen(self) -> int:
        return self.quote.payout_fen

    @property
    def gift_back_fen(self) -> int:
        return sum(line.gift_taken_back_fen for line in self.quote.lines)

    @property
    def points_back(self) -> int:
        return sum(amount for _, kind, _, _, amount in self.quote.reward_lots if kind == "points")

    @property
    def packs_back(self) -> tuple[tuple[str, str, int], ...]:
        """(code, unit, amount) of times, minutes and lessons that came with the top-ups and are left."""
        return tuple(
            (code, unit.partition(":")[0], amount)
            for _, kind, code, unit, amount in self.quote.reward_lots
            if kind == "entitlement"
        )


@dataclass(frozen=True)
class RefundReceipt:
    transfer_id: int
    payout_fen: int
    balances: Balances
    member_told: bool
    replayed: bool


def quote_refund(house: House, *, staff_openid: str, request: RefundRequest) -> RefundQuote | Denied:
    """What the law's rule gives back of this card today. Changes nothing."""
    with house.engine.begin() as connection:
        acting = rights.require_staff(connection, staff_openid)
        if isinstance(acting, Denied):
            return acting
        return _quote(house, connection, acting, request)


def record_refund(
    house: House, *, staff_openid: str, quote: RefundQuote, key: str
) -> RefundReceipt | Changed[RefundQuote] | Filed | Denied:
    """Pay out a quote that was confirmed; a cashier's waits for a manager (features C2)."""
    with house.engine.begin() as connection:
        return REFUND.record(house, connection, staff_openid, quote, key)


def summary(house: House, quote: RefundQuote) -> str:
    """The refund in one line, for the second person."""
    return texts.say(
        house.shop,
        "refund_summary",
        name=quote.member_name,
        phone=quote.request.phone,
        amount=format_fen(quote.payout_fen),
        method=entries.method_name(house, quote.payment_method_id),
        rule=texts.say(house.shop, f"refund_rule_{quote.request.rule}"),
        store=entries.store_name(house, quote.store_id),
    )


def _quote(
    house: House, connection: Connection, acting: Staff, request: RefundRequest
) -> RefundQuote | Denied:
    store_id = rights.acting_store(house, acting, request.store_id)
    if isinstance(store_id, Denied):
        return store_id
    member = entries.member_of(connection, acting, request.member_id, request.phone)
    if isinstance(member, Denied):
        return member
    now = house.clock().astimezone(house.shop.zone)
    found = book.quote_refund(connection, member.id, rule=request.rule, now=now)
    sources = [line.transfer_id for line in found.lines]
    came = campaigns.gifts_of(connection, sources)
    if came:
        found = book.quote_refund(connection, member.id, rule=request.rule, now=now, came_along=came)
    denied = _nothing_to_pay(request, found)
    if denied is not None:
        return denied
    method_id = request.payment_method_id or _way_it_came(house, connection, sources)
    if method_id is None:
        return Denied("refund_need_method", {"amount": format_fen(found.payout_fen)})
    coupons_back, coupons_used = coupons.counts_of(connection, (*sources, *came))
    return RefundQuote(
        request=request,
        member_name=member.name,
        store_id=store_id,
        payment_method_id=method_id,
        quote=found,
        coupons_back=coupons_back,
        coupons_used=coupons_used,
        multipliers_end=multipliers.running_of(connection, (*sources, *came), now),
        instalments_back_fen=sum(
            part.gift_fen
            for part in instalments.open_of(connection, member.id)
            if part.source_transfer_id in sources
        ),
        shop_version=house.shop.version,
    )


def _nothing_to_pay(request: RefundRequest, found: BookQuote) -> Denied | None:
    if not any(line.paid_left_fen or line.refund_fen for line in found.lines):
        return Denied(f"refund_nothing_{found.rule}")
    if found.payout_fen == 0:
        return Denied("refund_used_up", {"left": format_fen(sum(line.paid_left_fen for line in found.lines))})
    if request.amount_fen is not None and request.amount_fen != found.payout_fen:
        due, asked = format_fen(found.payout_fen), format_fen(request.amount_fen)
        return Denied("refund_other_amount", {"due": due, "asked": asked})
    return None


def _way_it_came(house: House, connection: Connection, sources: list[int]) -> str | None:
    known = {method.id for method in house.shop.payment_methods}
    came = reports.top_up_methods(connection, sources)
    return came[0] if len(came) == 1 and came[0] in known else None


def _book(
    house: House,
    connection: Connection,
    acting: Staff,
    member: Member,
    quote: RefundQuote,
    key: str,
    now: datetime,
) -> RefundReceipt | Denied | None:
    """None: the card moved since the quote."""
    header = entries.header(
        acting,
        member.id,
        key=key,
        store_id=quote.store_id,
        occurred_at=now,
        now=now.astimezone(house.shop.zone),
        memo=texts.say(house.shop, f"refund_rule_{quote.request.rule}"),
    )
    outcome = book.refund(connection, header, quote=quote.quote, payment_method=quote.payment_method_id)
    if isinstance(outcome, Refused):
        return None if outcome.code == "changed" else Denied(f"refund_{outcome.code}", outcome.detail)
    if not outcome.replayed:
        for source in quote.sources:
            coupons.take_back(connection, source, at=now)
            multipliers.take_back(connection, source, at=now)
            instalments.cancel_of(connection, source, now=now)
        receipt = receipt_text(house, quote, outcome, now)
        entries.finish(
            connection, acting, member, header, what=KIND, transfer_id=outcome.transfer_id, receipt=receipt
        )
    return RefundReceipt(
        outcome.transfer_id, quote.payout_fen, outcome.balances, member.openid is not None, outcome.replayed
    )


def receipt_text(house: House, quote: RefundQuote, posted: book.Posted, now: datetime) -> str:
    """What the member reads: what is paid out, what goes with it, what remains."""
    return texts.say(
        house.shop,
        "refund_receipt",
        shop=house.shop.name,
        amount=format_fen(quote.payout_fen),
        method=entries.method_name(house, quote.payment_method_id),
        taken=texts.on_a_line(taken_back(house, quote)),
        left=entries.left_text(house, posted.balances),
        foot=entries.foot_text(house, store_id=quote.store_id, transfer_id=posted.transfer_id, at=now),
    )


def taken_back(house: House, quote: RefundQuote) -> str:
    """同时收回：赠送金 ¥50.00、300 积分、优惠券 2 张; on a line of its own what was used and stays."""
    parts = [f"赠送金 {format_fen(quote.gift_back_fen)}"] if quote.gift_back_fen else []
    parts += [f"{quote.points_back} 积分"] if quote.points_back else []
    parts += [f"{entries.pack_name(house, c)} {n} {entries.unit(u)}" for c, u, n in quote.packs_back]
    parts += [f"优惠券 {quote.coupons_back} 张"] if quote.coupons_back else []
    if quote.instalments_back_fen:
        parts.append(f"还没发的赠送金 {format_fen(quote.instalments_back_fen)}")
    if quote.multipliers_end:
        parts.append("没到期的积分加倍")
    lines = [texts.say(house.shop, "refund_taken_back", what="、".join(parts))] if parts else []
    used = [entries.amount_text(house, *each) for each in quote.quote.used]
    used += [f"优惠券 {quote.coupons_used} 张"] if quote.coupons_used else []
    lines += [texts.say(house.shop, "refund_used_stays", what="、".join(used))] if used else []
    return "\n".join(lines)


REFUND: Reviewed[RefundQuote, RefundReceipt] = Reviewed(
    kind=KIND,
    quotes=RefundQuote,
    amount_fen=lambda quote: quote.payout_fen,
    summary=summary,
    requote=lambda house, connection, acting, quote: _quote(house, connection, acting, quote.request),
    book=_book,
    cashier_reason="refund_by_cashier",
)
