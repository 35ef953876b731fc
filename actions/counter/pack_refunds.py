"""The unused part of a pack that was bought, back onto the card by rule (row B5, wechat-protocol §9.2)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import Connection

from actions import rights
from actions.counter import entries
from actions.house import Denied, House
from actions.review.approvals import Filed
from actions.review.reviewed import Changed, Reviewed
from ledger import book
from ledger.book import Balances, Header, RefundRule, Refused
from ledger.records.members import Member
from ledger.records.staff import Staff
from ledger.reports.sold_packs import SoldPack, sold_packs
from shop import texts, words
from shop.money import format_fen

KIND = "pack_refund"


@dataclass(frozen=True)
class PackRefundRequest:
    """`rule`: why, as for stored value: seven days, the member's wish, the shop's fault."""

    member_id: int
    phone: str
    pack_id: str
    rule: RefundRule
    store_id: str | None = None


@dataclass(frozen=True)
class PackRefundLine:
    """One pack bought: what it cost, what is left, how what was used counts, what goes back."""

    transfer_id: int
    paid_fen: int
    amount: int
    left: int
    deducted_fen: int
    refund_fen: int
    points_back: int


@dataclass(frozen=True)
class PackRefundQuote:
    """What goes back onto the card, bound to its state."""

    request: PackRefundRequest
    member_name: str
    store_id: str
    unit: str
    lines: tuple[PackRefundLine, ...]
    points_back: int
    stored_after_fen: int
    wallet_version: int

    @property
    def refund_fen(self) -> int:
        return sum(line.refund_fen for line in self.lines)

    @property
    def left(self) -> int:
        return sum(line.left for line in self.lines)


@dataclass(frozen=True)
class PackRefundReceipt:
    transfer_id: int
    refund_fen: int
    balances: Balances
    member_told: bool
    replayed: bool


def quote_pack_refund(
    house: House, *, staff_openid: str, request: PackRefundRequest
) -> PackRefundQuote | Denied:
    """What the unused part is worth today, by the rule. Changes nothing."""
    with house.engine.begin() as connection:
        acting = rights.require_staff(connection, staff_openid)
        return acting if isinstance(acting, Denied) else _quote(house, connection, acting, request)


def record_pack_refund(
    house: House, *, staff_openid: str, quote: PackRefundQuote, key: str
) -> PackRefundReceipt | Changed[PackRefundQuote] | Filed | Denied:
    """Take the rest of the pack and put its worth on the card; a cashier's waits for a manager."""
    with house.engine.begin() as connection:
        return PACK_REFUND.record(house, connection, staff_openid, quote, key)


def summary(house: House, quote: PackRefundQuote) -> str:
    """The refund in one line, for the second person."""
    return texts.say(
        house.shop,
        "pack_refund_summary",
        name=quote.member_name,
        phone=words.masked_phone(quote.request.phone),
        pack=entries.pack_name(house, quote.request.pack_id),
        left=f"{quote.left} {entries.unit(quote.unit)}",
        amount=format_fen(quote.refund_fen),
        rule=texts.say(house.shop, f"refund_rule_{quote.request.rule}"),
    )


def _quote(
    house: House, connection: Connection, acting: Staff, request: PackRefundRequest
) -> PackRefundQuote | Denied:
    store_id = rights.acting_store(house, acting, request.store_id)
    if isinstance(store_id, Denied):
        return store_id
    member = entries.member_of(connection, acting, request.member_id, request.phone)
    if isinstance(member, Denied):
        return member
    now = house.clock()
    name = entries.pack_name(house, request.pack_id)
    balances = book.balances(connection, member.id, now=now)
    held = next((each for each in balances.entitlements if each.code == request.pack_id), None)
    sold = sold_packs(connection, member.id, request.pack_id, now=now)
    if request.rule == "seven_days":
        sold = tuple(each for each in sold if now - each.sold_at <= timedelta(house.shop.law.refund_days))
    lines = tuple(line_of(each, request.rule) for each in sold)
    if held is None or not lines:
        return Denied(f"pack_refund_nothing_{request.rule}", {"name": member.name, "pack": name})
    refund_fen = sum(line.refund_fen for line in lines)
    if refund_fen == 0:
        left = f"{sum(line.left for line in lines)} {entries.unit(held.unit)}"
        return Denied("pack_refund_used_up", {"pack": name, "left": left})
    return PackRefundQuote(
        request=request,
        member_name=member.name,
        store_id=store_id,
        unit=held.unit,
        lines=lines,
        points_back=min(balances.points, sum(line.points_back for line in lines)),
        stored_after_fen=balances.stored_fen + refund_fen,
        wallet_version=balances.version,
    )


def line_of(sold: SoldPack, rule: RefundRule) -> PackRefundLine:
    """What one pack's rest is worth.

    operator (art. 18): its share of the price paid. seven_days, consumer (art. 14, 19): the price paid less
    what was used at list price, never below zero (art. 20). Points of the sale go back in the same share.
    """
    if rule == "operator":
        refund_fen = half_up(sold.paid_fen * sold.left, sold.amount)
    else:
        refund_fen = max(0, sold.paid_fen - sold.used_list_fen)
    points = half_up(sold.points * refund_fen, sold.paid_fen) if sold.paid_fen else 0
    deducted = sold.paid_fen - refund_fen
    return PackRefundLine(
        sold.transfer_id, sold.paid_fen, sold.amount, sold.left, deducted, refund_fen, points
    )


def half_up(dividend: int, divisor: int) -> int:
    return (2 * dividend + divisor) // (2 * divisor)


def _book(
    house: House,
    connection: Connection,
    acting: Staff,
    member: Member,
    quote: PackRefundQuote,
    key: str,
    now: datetime,
) -> PackRefundReceipt | None:
    """None: the card moved since the quote."""
    pack = entries.pack_name(house, quote.request.pack_id)
    header = entries.header(
        acting,
        member.id,
        key=key,
        store_id=quote.store_id,
        now=now,
        memo=texts.say(house.shop, "pack_refund_memo", pack=pack),
    )
    paid = _post(connection, header, quote, reason=summary(house, quote))
    if paid is None:
        return None
    if not paid.replayed:
        receipt = receipt_text(house, quote, paid, now)
        entries.finish(
            connection, acting, member, header, what=KIND, transfer_id=paid.transfer_id, receipt=receipt
        )
    return PackRefundReceipt(
        paid.transfer_id, quote.refund_fen, paid.balances, member.openid is not None, paid.replayed
    )


def _post(
    connection: Connection, header: Header, quote: PackRefundQuote, *, reason: str
) -> book.Posted | None:
    """The rest of the pack away, its points away, its worth onto the card: adjustments in one transaction."""
    taken = book.adjust(
        connection,
        replace(header, key=f"{header.key}:pack"),
        kind="entitlement",
        amount=-quote.left,
        reason=reason,
        code=quote.request.pack_id,
        unit=quote.unit,
        expected_version=quote.wallet_version,
    )
    if isinstance(taken, Refused):
        return None
    if quote.points_back:
        of_points = replace(header, key=f"{header.key}:points")
        back = book.adjust(connection, of_points, kind="points", amount=-quote.points_back, reason=reason)
        if isinstance(back, Refused):
            raise RuntimeError(f"points that were there under the wallet's lock are gone: {back}")
    paid = book.adjust(connection, header, kind="paid_in", amount=quote.refund_fen, reason=reason)
    if isinstance(paid, Refused):
        raise RuntimeError(f"money was not taken by an open card: {paid}")
    return paid


def receipt_text(house: House, quote: PackRefundQuote, posted: book.Posted, now: datetime) -> str:
    """What the member reads: what was taken, what came onto the card, what remains."""
    return texts.say(
        house.shop,
        "pack_refund_receipt",
        shop=house.shop.name,
        pack=entries.pack_name(house, quote.request.pack_id),
        taken=f"{quote.left} {entries.unit(quote.unit)}",
        points=texts.say(house.shop, "pack_refund_points", points=quote.points_back)
        if quote.points_back
        else "",
        amount=format_fen(quote.refund_fen),
        left=entries.left_text(house, posted.balances),
        foot=entries.foot_text(house, store_id=quote.store_id, transfer_id=posted.transfer_id, at=now),
    )


PACK_REFUND: Reviewed[PackRefundQuote, PackRefundReceipt] = Reviewed(
    kind=KIND,
    quotes=PackRefundQuote,
    amount_fen=lambda quote: quote.refund_fen,
    summary=summary,
    requote=lambda house, connection, acting, quote: _quote(house, connection, acting, quote.request),
    book=_book,
    cashier_reason="refund_by_cashier",
)
