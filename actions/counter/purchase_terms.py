"""What a purchase costs a member, and why: his coupons, points and packs at the best price (rows B3, C3)."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, date, datetime, time

from sqlalchemy import Connection

from actions import rights
from actions.counter import entries, facts
from actions.house import Denied, House
from actions.review import limits
from ledger import book
from ledger.book import Balances
from ledger.records import coupons
from ledger.records.members import Member
from ledger.records.staff import Staff
from shop import coupons as coupon_rules
from shop import quote as pricing
from shop import texts, words
from shop.model import UnknownIdError
from shop.money import format_fen
from shop.quote import HeldCoupon, Quote, QuoteRequest

MAX_LINES = 50
MAX_BACK_DAYS = 31


@dataclass(frozen=True)
class PurchaseRequest:
    """What the staff member typed.

    Attributes:
        phone: of the member, as it is shown to this staff member.
        items: (item id, quantity) pairs.
        payment_method_id: how the part is paid that stored value does not cover.
        occurred_on: an earlier day of the shop that this is entered late for; it then waits for a manager.
        use_coupons, use_points, use_stored, use_packs: as in `shop.quote.QuoteRequest`.
    """

    member_id: int
    phone: str
    items: tuple[tuple[str, int], ...]
    payment_method_id: str | None = None
    store_id: str | None = None
    occurred_on: date | None = None
    use_coupons: bool = True
    use_points: bool | None = None
    use_stored: bool = True
    use_packs: bool | None = None


@dataclass(frozen=True)
class Bound:
    """What a yes is bound to: the request, and the fingerprint of the price that was shown."""

    request: PurchaseRequest
    fingerprint: str
    money_fen: int


@dataclass(frozen=True)
class PurchaseQuote:
    """The price with its explanation, and what remains on the card after it."""

    request: PurchaseRequest
    member: Member
    store_id: str
    level_name: str
    quote: Quote
    before: Balances
    occurred_at: datetime

    @property
    def member_name(self) -> str:
        return self.member.name

    @property
    def bound(self) -> Bound:
        return Bound(self.request, self.quote.fingerprint, self.quote.money_fen)

    @property
    def stored_after_fen(self) -> int:
        return self.before.stored_fen - self.quote.stored_fen

    @property
    def points_after(self) -> int:
        return self.before.points - self.quote.points_spent + self.quote.points_earned


def work_out(
    house: House, connection: Connection, acting: Staff, found: Member | None, request: PurchaseRequest
) -> PurchaseQuote | Denied:
    """The price for this member now, if this staff member may book it; `found`: the member as read."""
    store_id = rights.acting_store(house, acting, request.store_id)
    if isinstance(store_id, Denied):
        return store_id
    member = entries.bookable(acting, found, request.phone)
    if isinstance(member, Denied):
        return member
    now = house.clock()
    occurred_at = _occurred_at(house, request.occurred_on, now)
    if isinstance(occurred_at, Denied):
        return occurred_at
    priced = _price(house, connection, member, store_id, request, now)
    if isinstance(priced, Denied):
        return priced
    quote, before, level_name = priced
    if quote.outside_fen and request.payment_method_id is None:
        detail: dict[str, object] = {"name": member.name, "amount": format_fen(quote.outside_fen)}
        return Denied("purchase_need_method", detail)
    return PurchaseQuote(request, member, store_id, level_name, quote, before, occurred_at)


def _occurred_at(house: House, day: date | None, now: datetime) -> datetime | Denied:
    """Noon of the day it is entered late for: the book wants a moment, and staff know only the day."""
    if day is None:
        return now
    back = (limits.shop_day(now, house.shop.zone) - day).days
    if not 0 < back <= MAX_BACK_DAYS:
        return Denied("back_too_far", {"days": MAX_BACK_DAYS})
    return datetime.combine(day, time(12), tzinfo=house.shop.zone).astimezone(UTC)


def _price(
    house: House,
    connection: Connection,
    member: Member,
    store_id: str,
    request: PurchaseRequest,
    now: datetime,
) -> tuple[Quote, Balances, str] | Denied:
    balances = book.balances(connection, member.id, now=now)
    known = facts.read(connection, house.shop, member, now)
    basket: Counter[str] = Counter()
    for item_id, quantity in request.items:
        basket[item_id] += quantity
    if len(basket) > MAX_LINES:
        return Denied("purchase_too_many", {"most": MAX_LINES})
    asked = QuoteRequest(
        store_id=store_id,
        level=known.level,
        items=tuple(basket.items()),
        coupons=_held(connection, member.id, now),
        paid_in_fen=balances.paid_in_fen,
        gift_fen=balances.gift_fen,
        points=balances.points,
        entitlements=tuple((each.code, each.unit, each.amount) for each in balances.entitlements),
        now=now,
        use_points=request.use_points,
        use_coupons=request.use_coupons,
        use_stored=request.use_stored,
        use_packs=request.use_packs,
        wallet_version=balances.version,
        facts=known.facts,
    )
    try:
        return pricing.quote(house.shop, asked), balances, known.level.name
    except UnknownIdError:
        return Denied("item_gone")


def _held(connection: Connection, member_id: int, now: datetime) -> tuple[HeldCoupon, ...]:
    return tuple(
        HeldCoupon(each.id, coupon_rules.of_content(each.content), each.expires_at)
        for each in coupons.held(connection, member_id, now)
    )


def summary(house: House, quote: PurchaseQuote) -> str:
    """The purchase in one line, for the second person."""
    return texts.say(
        house.shop,
        "purchase_summary",
        name=quote.member_name,
        phone=words.masked_phone(quote.request.phone),
        items=items_text(quote.quote),
        amount=format_fen(quote.quote.money_fen),
        day=words.day_text(quote.occurred_at.astimezone(house.shop.zone).date()),
        store=entries.store_name(house, quote.store_id),
    )


def items_text(quote: Quote) -> str:
    """基础清洁护理、护手霜 ×2."""
    return "、".join(
        f"{line.name} ×{line.quantity}" if line.quantity > 1 else line.name for line in quote.lines
    )
