"""Packs of times, minutes or lessons sold at the counter (features B5); drawn down in `packs`."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection

from actions import rights
from actions.counter import entries, facts
from actions.counter.packs import PackReceipt
from actions.house import Denied, House
from actions.loyalty import referral
from actions.membership import levels
from actions.review.approvals import Filed
from actions.review.reviewed import Changed, Reviewed
from ledger import book
from ledger.book import Balances, EntitlementGrant, Line, Refused
from ledger.records import reasons
from ledger.records.members import Member
from ledger.records.staff import Staff
from shop import giving, texts, words
from shop import points as points_rules
from shop.model import Level, Pack, UnknownIdError
from shop.money import format_fen
from shop.periods import end_of_months, last_day
from shop.points import Occasion
from shop.reasons import Why

KIND = "pack_sale"
CATEGORY = "pack"


@dataclass(frozen=True)
class SaleRequest:
    """What the staff member typed.

    Attributes:
        payment_method_id: None: from stored value.
        stored_first: with a payment method: stored value as far as it reaches, the method for the rest.
    """

    member_id: int
    phone: str
    pack_id: str
    payment_method_id: str | None = None
    stored_first: bool = False
    store_id: str | None = None


@dataclass(frozen=True)
class SaleQuote:
    """What is paid and what is got, bound to the state of the card and the shop's rules."""

    request: SaleRequest
    member_name: str
    store_id: str
    price_fen: int
    stored_fen: int
    outside_fen: int
    points: int
    expires_at: datetime | None
    stored_after_fen: int
    wallet_version: int
    shop_version: str
    multiplied: dict[str, str | int] = field(default_factory=dict)


def quote_sale(house: House, *, staff_openid: str, request: SaleRequest) -> SaleQuote | Denied:
    """What a pack costs this member and how it is paid. Changes nothing."""
    with house.engine.begin() as connection:
        acting = rights.require_staff(connection, staff_openid)
        return acting if isinstance(acting, Denied) else _quote(house, connection, acting, request)


def record_sale(
    house: House, *, staff_openid: str, quote: SaleQuote, key: str
) -> PackReceipt | Changed[SaleQuote] | Filed | Denied:
    """Book a confirmed sale: the money, the pack on the card, points, the receipt, in one transaction."""
    with house.engine.begin() as connection:
        done = SALE.record(house, connection, staff_openid, quote, key)
    if isinstance(done, PackReceipt):
        referral.after_paid(
            house,
            member_id=quote.request.member_id,
            kind="purchase",
            amount_fen=quote.price_fen,
            transfer_id=done.transfer_id,
        )
    return done


def summary(house: House, quote: SaleQuote) -> str:
    """The sale in one line, for the second person."""
    return texts.say(
        house.shop,
        "pack_sale_summary",
        name=quote.member_name,
        phone=words.masked_phone(quote.request.phone),
        pack=entries.pack_name(house, quote.request.pack_id),
        amount=format_fen(quote.price_fen),
        store=entries.store_name(house, quote.store_id),
    )


def _quote(house: House, connection: Connection, acting: Staff, request: SaleRequest) -> SaleQuote | Denied:
    store_id = rights.acting_store(house, acting, request.store_id)
    if isinstance(store_id, Denied):
        return store_id
    member = entries.member_of(connection, acting, request.member_id, request.phone)
    if isinstance(member, Denied):
        return member
    try:
        pack = house.shop.pack(request.pack_id)
    except UnknownIdError:
        return Denied("item_gone")
    now = house.clock()
    balances = book.balances(connection, member.id, now=now)
    paid = _payment(request, pack, balances)
    if isinstance(paid, Denied):
        return paid
    stored_fen, outside_fen = paid
    known = facts.read(connection, house.shop, member, now)
    occasion = Occasion(store_id, now, known.facts)
    earned = _points(house, known.level, pack, paid, occasion)
    plain = _points(house, known.level, pack, paid, points_rules.without_own(occasion))
    return SaleQuote(
        request=request,
        member_name=member.name,
        store_id=store_id,
        price_fen=pack.price_fen,
        stored_fen=stored_fen,
        outside_fen=outside_fen,
        points=earned,
        expires_at=_expiry(house, pack, now),
        stored_after_fen=balances.stored_fen - stored_fen,
        wallet_version=balances.version,
        shop_version=house.shop.version,
        multiplied=giving.multiplied_values(house.shop, occasion, "purchases", earned - plain),
    )


def _points(house: House, level: Level, pack: Pack, paid: tuple[int, int], occasion: Occasion) -> int:
    """What the money earns; `paid`: from stored value, and outside."""
    lines = (points_rules.PaidLine(CATEGORY, pack.price_fen),)
    return points_rules.earned(house.shop, level, *paid, lines=lines, occasion=occasion)


def _payment(request: SaleRequest, pack: Pack, balances: Balances) -> tuple[int, int] | Denied:
    """What is paid from stored value and what outside, in fen."""
    from_card = request.payment_method_id is None or request.stored_first
    stored_fen = min(pack.price_fen, balances.stored_fen) if from_card else 0
    outside_fen = pack.price_fen - stored_fen
    if outside_fen and request.payment_method_id is None:
        short, balance = format_fen(outside_fen), format_fen(balances.stored_fen)
        return Denied("pack_short", {"balance": balance, "short": short, "pack": pack.name})
    return stored_fen, outside_fen


def _expiry(house: House, pack: Pack, now: datetime) -> datetime | None:
    return None if pack.lifetime_months is None else end_of_months(now, pack.lifetime_months, house.shop.zone)


def _book(
    house: House,
    connection: Connection,
    acting: Staff,
    member: Member,
    quote: SaleQuote,
    key: str,
    now: datetime,
) -> PackReceipt | None:
    """None: the card or the shop's rules are no longer those of the quote."""
    pack = next((p for p in house.shop.packs if p.id == quote.request.pack_id), None)
    if pack is None or pack.price_fen != quote.price_fen:
        return None
    header = entries.header(acting, member.id, key=key, store_id=quote.store_id, now=now, memo=pack.name)
    expires_at = _expiry(house, pack, now)
    outcome = book.purchase(
        connection,
        header,
        lines=[Line(pack.id, pack.name, CATEGORY, 1, quote.price_fen, quote.price_fen)],
        stored_fen=quote.stored_fen,
        spending_order=house.shop.stored_value.spending_order,
        outside_fen=quote.outside_fen,
        payment_method=quote.request.payment_method_id if quote.outside_fen else None,
        points_earned=quote.points,
        points_expires_at=points_rules.expires_at(house.shop, now),
        entitlements=[EntitlementGrant(pack.id, pack.unit, pack.amount, expires_at)],
        expected_version=quote.wallet_version,
    )
    if isinstance(outcome, Refused):
        return None
    if not outcome.replayed:
        if quote.multiplied:
            reasons.write(
                connection,
                transfer_id=outcome.transfer_id,
                rules_version=quote.shop_version,
                reasons=[Why("points_by_multiplier", quote.multiplied)],
            )
        receipt = _receipt(house, quote, pack, expires_at, outcome, now)
        entries.finish(
            connection, acting, member, header, what=KIND, transfer_id=outcome.transfer_id, receipt=receipt
        )
        cause = {"by": "purchase", "transfer": outcome.transfer_id}
        levels.reassess(house, connection, member.id, now, cause)
    return PackReceipt(outcome.transfer_id, outcome.balances, member.openid is not None, outcome.replayed)


def _receipt(
    house: House,
    quote: SaleQuote,
    pack: Pack,
    expires_at: datetime | None,
    posted: book.Posted,
    now: datetime,
) -> str:
    return texts.say(
        house.shop,
        "pack_sale_receipt",
        shop=house.shop.name,
        pack=pack.name,
        amount=format_fen(quote.price_fen),
        got=f"{pack.amount} {entries.unit(pack.unit)}",
        until=until_text(house, expires_at),
        left=entries.left_text(house, posted.balances),
        foot=entries.foot_text(house, store_id=quote.store_id, transfer_id=posted.transfer_id, at=now),
    )


def until_text(house: House, expires_at: datetime | None) -> str:
    """2027年11月21日前有效, or that it never expires."""
    if expires_at is None:
        return texts.say(house.shop, "pack_for_ever")
    return texts.say(house.shop, "pack_until", day=words.full_date(last_day(expires_at, house.shop.zone)))


SALE: Reviewed[SaleQuote, PackReceipt] = Reviewed(
    kind=KIND,
    quotes=SaleQuote,
    amount_fen=lambda quote: quote.price_fen,
    summary=summary,
    requote=lambda house, connection, acting, quote: _quote(house, connection, acting, quote.request),
    book=_book,
)
