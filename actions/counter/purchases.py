"""Purchases recorded by staff: the best price quoted, then booked with the receipt (rows B3, C1, C3)."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from actions import rights
from actions.counter import entries, plain
from actions.counter.purchase_terms import (
    Bound,
    PurchaseQuote,
    PurchaseRequest,
    items_text,
    summary,
    work_out,
)
from actions.house import Denied, House
from actions.loyalty import referral
from actions.membership import levels
from actions.review import reviewed
from actions.review.approvals import Filed, Requoted
from actions.review.reviewed import Changed
from ledger import book
from ledger.book import Balances, EntitlementUse, Header, Line, Refused
from ledger.records import coupons, members, persons, reasons
from ledger.records.members import Member
from ledger.records.staff import Staff
from ledger.reports import single_entries as reports
from shop import points as points_rules
from shop import texts
from shop.money import format_fen
from shop.quote import Quote
from shop.reasons import Why

__all__ = [
    "Bound",
    "PurchaseQuote",
    "PurchaseReceipt",
    "PurchaseRequest",
    "execute_approved",
    "quote_purchase",
    "record_purchase",
]

KIND = "purchase"


@dataclass(frozen=True)
class PurchaseReceipt:
    """The booked purchase; `replayed` when the same confirmation had been booked before."""

    transfer_id: int
    paid_fen: int
    stored_fen: int
    outside_fen: int
    points_earned: int
    balances: Balances
    member_told: bool
    replayed: bool


class _CouponGone(Exception):  # noqa: N818 - undoes the transaction, never leaves this module
    """A coupon of the quote was used elsewhere at the same moment."""


def quote_purchase(house: House, *, staff_openid: str, request: PurchaseRequest) -> PurchaseQuote | Denied:
    """Check rights and find the member's best price (features C3). Changes nothing."""
    with house.engine.begin() as connection:
        staff, member = persons.staff_and_member(connection, staff_openid, request.member_id)
        acting = rights.allowed(staff)
        if isinstance(acting, Denied):
            return acting
        return work_out(house, connection, acting, member, request)


def record_purchase(
    house: House, *, staff_openid: str, bound: Bound, key: str
) -> PurchaseReceipt | Changed[PurchaseQuote] | Filed | Denied:
    """Book a confirmed price with its coupons, points and packs, and queue the receipt, in one transaction.

    Args:
        bound: of the quote that was shown; any other price is a new quote and books nothing.
        key: idempotency key of the quote; the same quote confirmed twice is booked once.
    """
    try:
        with house.engine.begin() as connection:
            staff, member = persons.staff_and_member(connection, staff_openid, bound.request.member_id)
            acting = rights.allowed(staff)
            if isinstance(acting, Denied):
                return acting
            done = _record(house, connection, acting, member, bound, key)
    except _CouponGone:
        fresh = quote_purchase(house, staff_openid=staff_openid, request=bound.request)
        return fresh if isinstance(fresh, Denied) else Changed(fresh)
    if isinstance(done, PurchaseReceipt):
        referral.after_paid(
            house,
            member_id=bound.request.member_id,
            kind="purchase",
            amount_fen=done.paid_fen,
            transfer_id=done.transfer_id,
        )
    return done


def execute_approved(
    house: House,
    connection: Connection,
    requester: Staff,
    _approver: Staff,
    data: dict[str, object],
    key: str,
) -> PurchaseReceipt | Requoted | Denied:
    """Book a purchase that a second person approved; at another price than he saw it is shown to him anew."""
    bound = plain.unpack(Bound, data)
    member = members.by_id(connection, bound.request.member_id)
    fresh = work_out(house, connection, requester, member, bound.request)
    if isinstance(fresh, Denied):
        return fresh
    if fresh.quote.fingerprint == bound.fingerprint:
        try:
            with connection.begin_nested():
                done = _book(house, connection, requester, fresh, key)
            if isinstance(done, PurchaseReceipt):
                return done
        except _CouponGone:
            pass
        again = work_out(house, connection, requester, member, bound.request)
        if isinstance(again, Denied):
            return again
        fresh = again
    return Requoted(plain.pack(fresh.bound), summary(house, fresh))


def _record(
    house: House, connection: Connection, acting: Staff, member: Member | None, bound: Bound, key: str
) -> PurchaseReceipt | Changed[PurchaseQuote] | Filed | Denied:
    now = house.clock()
    fresh = work_out(house, connection, acting, member, bound.request)
    same = isinstance(fresh, PurchaseQuote) and fresh.quote.fingerprint == bound.fingerprint
    if not same:
        kept = reports.by_key(connection, key)
        if kept is not None and kept.balances is not None:
            return _again(connection, kept)
    if isinstance(fresh, Denied):
        return fresh
    if not same:
        return Changed(fresh)
    filed = reviewed.file_if_needed(
        house,
        connection,
        acting,
        fresh.bound,
        kind=KIND,
        summary=lambda: summary(house, fresh),
        amount_fen=fresh.quote.money_fen,
        store_id=fresh.store_id,
        member_id=fresh.request.member_id,
        key=key,
        now=now,
        occurred_at=fresh.occurred_at,
    )
    if filed is not None:
        return filed
    done = _book(house, connection, acting, fresh, key)
    if isinstance(done, PurchaseReceipt):
        return done
    again = work_out(house, connection, acting, member, bound.request)
    return again if isinstance(again, Denied) else Changed(again)


def _again(connection: Connection, kept: reports.Kept) -> PurchaseReceipt:
    """The answer to a yes that was booked before and whose answer was lost."""
    member = members.by_id(connection, kept.member_id)
    asked, balances = kept.request, kept.balances
    if balances is None:
        raise ValueError("a refusal is no receipt")
    return PurchaseReceipt(
        transfer_id=kept.transfer_id,
        paid_fen=asked["stored_fen"] + asked["outside_fen"],
        stored_fen=asked["stored_fen"],
        outside_fen=asked["outside_fen"],
        points_earned=asked["points_earned"],
        balances=balances,
        member_told=member is not None and member.openid is not None,
        replayed=True,
    )


def _book(
    house: House, connection: Connection, acting: Staff, quote: PurchaseQuote, key: str
) -> PurchaseReceipt | Refused:
    """Post, use the coupons, keep the reasons, judge the level, sign and tell.

    Raises:
        _CouponGone: a coupon was used elsewhere; the caller's transaction must not be kept.
    """
    now, price, member = house.clock(), quote.quote, quote.member
    header = entries.header(
        acting,
        member.id,
        key=key,
        store_id=quote.store_id,
        occurred_at=quote.occurred_at,
        now=now,
        memo=items_text(price),
    )
    outcome = _post(house, connection, header, quote)
    if isinstance(outcome, Refused):
        return outcome
    if not outcome.replayed:
        _use_coupons(connection, quote, outcome.transfer_id, now)
        _keep_reasons(house, connection, price, outcome.transfer_id)
        receipt = receipt_text(house, quote, outcome)
        entries.finish(
            connection, acting, member, header, what=KIND, transfer_id=outcome.transfer_id, receipt=receipt
        )
        levels.reassess(house, connection, member.id, now, {"by": KIND, "transfer": outcome.transfer_id})
    return PurchaseReceipt(
        transfer_id=outcome.transfer_id,
        paid_fen=price.money_fen,
        stored_fen=price.stored_fen,
        outside_fen=price.outside_fen,
        points_earned=price.points_earned,
        balances=outcome.balances,
        member_told=member.openid is not None,
        replayed=outcome.replayed,
    )


def _keep_reasons(house: House, connection: Connection, price: Quote, transfer_id: int) -> None:
    """Why it cost so much, for whoever asks later."""
    reasons.write(
        connection,
        transfer_id=transfer_id,
        rules_version=house.shop.version,
        reasons=[Why(step.text, {n: _plain(v) for n, v in step.values.items()}) for step in price.steps],
    )


def _plain(value: object) -> str | int:
    return value if isinstance(value, int) else str(value)


def _post(house: House, connection: Connection, header: Header, quote: PurchaseQuote) -> book.Outcome:
    price = quote.quote
    uses: Counter[str] = Counter()
    for use in price.entitlement_uses:
        uses[use.code] += use.amount
    return book.purchase(
        connection,
        header,
        lines=[
            Line(line.item_id, line.name, line.category, line.quantity, line.list_fen, line.paid_fen)
            for line in price.lines
        ],
        stored_fen=price.stored_fen,
        spending_order=house.shop.stored_value.spending_order,
        outside_fen=price.outside_fen,
        payment_method=quote.request.payment_method_id if price.outside_fen else None,
        points_spent=price.points_spent,
        points_earned=price.points_earned,
        points_expires_at=points_rules.expires_at(house.shop, header.recorded_at),
        entitlement_uses=[EntitlementUse(code, amount) for code, amount in sorted(uses.items())],
        expected_version=quote.before.version,
    )


def _use_coupons(connection: Connection, quote: PurchaseQuote, transfer_id: int, now: datetime) -> None:
    wanted = [coupon.coupon_id for coupon in quote.quote.coupons]
    if not wanted:
        return
    member_id = quote.request.member_id
    done = coupons.use(connection, wanted, member_id=member_id, transfer_id=transfer_id, at=now)
    if isinstance(done, coupons.Lost):
        raise _CouponGone


def receipt_text(house: House, quote: PurchaseQuote, posted: book.Posted) -> str:
    """What the member reads: what, why so much, how it was paid, what remains."""
    shop, price = house.shop, quote.quote
    steps = "\n".join(texts.say(shop, step.text, **step.values) for step in price.steps)
    earned = texts.say(shop, "points_earned", points=price.points_earned) if price.points_earned else ""
    return texts.say(
        shop,
        "purchase_receipt",
        shop=shop.name,
        amount=format_fen(price.money_fen),
        items=items_text(price),
        paid_by=steps,
        earned=texts.on_a_line(earned),
        left=entries.left_text(house, posted.balances),
        foot=entries.foot_text(
            house, store_id=quote.store_id, transfer_id=posted.transfer_id, at=quote.occurred_at
        ),
    )
