"""The shop as its owner wrote it in shop.yml: immutable typed values, and look-ups by id and by word.

Money is written in yuan and kept in fen; a field `amount` of the file is therefore `amount_fen` here. The
fields are explained for owners in docs/shop.md. Rules that compute with these values are in `shop.tiers`,
`shop.levels`, `shop.points` and `shop.hours`.
"""

from __future__ import annotations

import hashlib
import json
import unicodedata
from collections.abc import Iterable, Mapping
from datetime import time
from decimal import Decimal
from functools import cached_property
from typing import Annotated, Any, Literal, TypeVar
from zoneinfo import ZoneInfo

from pydantic import Field

from shop.catalogue import Catalogue, Named, OpeningHours
from shop.fields import (
    Colour,
    Day,
    Fen,
    Frozen,
    Hours,
    Id,
    Latitude,
    Line,
    Longitude,
    Months,
    Name,
    Percent,
    Phone,
    Points,
    PositiveFen,
    Rate,
    Zone,
)

RoleId = Literal["cashier", "manager", "head_office", "owner"]
RewardKind = Literal["goods", "service", "cash"]
SpendingOrder = Literal["paid_in_first", "gift_first", "pro_rata"]
Rounding = Literal["fen", "jiao", "yuan"]

LAW_CARD_CAP_FEN = 500_000


class UnknownIdError(KeyError):
    """The shop has nothing by that id; an id from an older shop.yml may be meant."""


class Entry(Frozen):
    """Anything of the shop that has an id in the ledger and a name that people say."""

    id: Id
    name: Name
    aliases: tuple[Name, ...] = ()


class Week(Frozen):
    """Opening hours by weekday; a day that is not named follows `every_day`, and is closed without it."""

    every_day: Hours | None = None
    mon: Hours | None = None
    tue: Hours | None = None
    wed: Hours | None = None
    thu: Hours | None = None
    fri: Hours | None = None
    sat: Hours | None = None
    sun: Hours | None = None


class SpecialDay(Frozen):
    """One date on which the hours differ: a holiday, an inventory."""

    date: Day
    hours: Hours
    note: Line = ""


class Store(Entry):
    address: Line
    phone: Phone
    hours: Week
    special_days: tuple[SpecialDay, ...] = ()
    parking: Line = ""
    latitude: Latitude | None = None
    longitude: Longitude | None = None


class Category(Frozen):
    id: Id
    name: Name


class MemberPrice(Frozen):
    """A price set by hand for one level; it goes before the level's percentage."""

    level: Id
    price_fen: Fen = Field(alias="price")


class Item(Entry):
    """Something sold. `fixed_price` items have no level percentage; a `member_prices` entry still counts."""

    category: Id
    list_fen: Fen = Field(alias="price")
    member_prices: tuple[MemberPrice, ...] = ()
    fixed_price: bool = False


class Service(Item):
    """`technicians` empty: any technician does it."""

    duration_minutes: Annotated[int, Field(ge=5, le=720)]
    technicians: tuple[Id, ...] = ()


class Good(Item):
    """Something taken home."""


class Technician(Entry):
    title: Line = ""
    stores: Annotated[tuple[Id, ...], Field(min_length=1)]


class Tier(Frozen):
    """A step of the top-up offer: who tops up `amount_fen` or more gets `gift_fen` and `points`. Row B2.

    `stores` empty: every store has it.
    """

    id: Id
    name: Name
    amount_fen: PositiveFen = Field(alias="amount")
    gift_fen: Fen = Field(alias="gift", default=0)
    points: Points = 0
    text: Line = ""
    stores: tuple[Id, ...] = ()


class TopUpRules(Frozen):
    minimum_fen: PositiveFen = Field(alias="minimum")
    maximum_fen: PositiveFen = Field(alias="maximum")
    tiers: tuple[Tier, ...] = ()


class Conditions(Frozen):
    """What a level asks for. `match`: any one of the named figures, or all of them."""

    match: Literal["any", "all"] = "any"
    visits: Annotated[int, Field(ge=1)] | None = None
    spent_fen: PositiveFen | None = Field(alias="spent", default=None)
    topped_up_fen: PositiveFen | None = Field(alias="topped_up", default=None)


class Level(Frozen):
    """One level; the list goes from the lowest, which asks for nothing, to the highest. Row D1."""

    id: Id
    name: Name
    conditions: Conditions | None = None
    member_price_percent: Annotated[int, Field(ge=1, le=100)] = 100
    points_rate_percent: Percent = 100
    benefits: tuple[Line, ...] = ()


class PointsRules(Frozen):
    """Points per yuan by way of paying (row B3); computed over the whole purchase, then rounded down."""

    per_yuan_outside: Rate = Decimal(1)
    per_yuan_stored: Rate = Decimal(1)
    per_yuan_top_up: Rate = Decimal(0)
    lifetime_months: Months | None = None


class StoredValueRules(Frozen):
    """Paid-in money never expires (row B4); gift money may."""

    spending_order: SpendingOrder = "paid_in_first"
    gift_lifetime_months: Months | None = None


class Reward(Entry):
    """Something points buy (row A6): one unit of an item, or `value_fen` of money off."""

    points: Annotated[int, Field(ge=1, le=10_000_000)]
    kind: RewardKind
    item: Id | None = None
    value_fen: PositiveFen | None = Field(alias="value", default=None)
    valid_days: Annotated[int, Field(ge=1, le=730)] = 30


class PaymentMethod(Entry):
    """Outside money, by the way it comes in; the ledger keeps one cash account per store and method."""


class Role(Frozen):
    """What a member of staff may book alone, per entry and per day; None is no limit. Row C2."""

    id: RoleId
    name: Name
    per_entry_fen: PositiveFen | None = Field(alias="per_entry", default=None)
    per_day_fen: PositiveFen | None = Field(alias="per_day", default=None)


class LawLimits(Frozen):
    """What the law sets (row B10); a shop may be stricter.

    `card_cap_fen`: most paid-in money on one named card, 5,000 yuan by article 18 of the Ministry of
    Commerce's measures for single-purpose prepaid cards (2012). `refund_days`: days in which a member may
    have the paid-in money back without a reason, seven by article 14 of the Supreme People's Court's
    interpretation on prepaid consumption (in force since 1 May 2025).
    """

    card_cap_fen: PositiveFen = Field(alias="card_cap", default=LAW_CARD_CAP_FEN)
    refund_days: Annotated[int, Field(ge=7, le=3650)] = 7


T = TypeVar("T", bound="Entry | Category | Tier | Level | Role")


class Texts(Frozen):
    """Words the shop may put in its own way; `sentences` replaces texts of `shop.texts` by their names."""

    assistant: Name = "小掌柜"
    sentences: dict[str, Annotated[str, Field(min_length=1, max_length=600)]] = Field(default_factory=dict)


def normal_word(word: str) -> str:
    """The form in which names and aliases are compared: full width, case and spaces do not count."""
    return "".join(unicodedata.normalize("NFKC", word).casefold().split())


def _by_id(entries: Iterable[T]) -> dict[str, T]:
    return {entry.id: entry for entry in entries}


def _pick(entries: dict[str, T], wanted: str, kind: str) -> T:
    try:
        return entries[wanted]
    except KeyError:
        raise UnknownIdError(f"no {kind} {wanted!r} in this shop") from None


class Shop(Frozen):
    """The whole definition. Made by `shop.files.load`, which also checks what types cannot."""

    name: Name
    timezone: Zone = "Asia/Shanghai"
    brand_colour: Colour = "#C8506E"
    texts: Texts = Texts()
    stores: Annotated[tuple[Store, ...], Field(min_length=1)]
    categories: tuple[Category, ...] = ()
    services: tuple[Service, ...] = ()
    goods: tuple[Good, ...] = ()
    technicians: tuple[Technician, ...] = ()
    top_up: TopUpRules
    stored_value: StoredValueRules = StoredValueRules()
    levels: Annotated[tuple[Level, ...], Field(min_length=1)]
    member_price_rounding: Rounding = "fen"
    points: PointsRules = PointsRules()
    rewards: tuple[Reward, ...] = ()
    payment_methods: Annotated[tuple[PaymentMethod, ...], Field(min_length=1)]
    roles: Annotated[tuple[Role, ...], Field(min_length=1)]
    law: LawLimits = LawLimits()
    quote_lifetime_minutes: Annotated[int, Field(ge=1, le=60)] = 10

    def __hash__(self) -> int:
        return hash(self.version)

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Shop:
        """A copy with other values, as pydantic has it; the version and the indexes are made anew."""
        copied = super().model_copy(update=update, deep=deep)
        for name in copied.__dict__.keys() - type(self).model_fields.keys():
            del copied.__dict__[name]
        return copied

    @cached_property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)

    @cached_property
    def version(self) -> str:
        """Twelve hex digits of the content; comments, order of fields and spelling of amounts do not count.

        Kept on transfers, so that an old entry names the rules it was made under. Defaults are part of the
        content: two shops of one version have the same rules.
        """
        content = json.dumps(self.model_dump(mode="json"), sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(content.encode()).hexdigest()[:12]

    @cached_property
    def _stores(self) -> dict[str, Store]:
        return _by_id(self.stores)

    @cached_property
    def _services(self) -> dict[str, Service]:
        return _by_id(self.services)

    @cached_property
    def _items(self) -> dict[str, Service | Good]:
        return {**self._services, **_by_id(self.goods)}

    @cached_property
    def _methods_by_word(self) -> dict[str, PaymentMethod]:
        return {
            normal_word(word): method
            for method in self.payment_methods
            for word in (method.id, method.name, *method.aliases)
        }

    def store(self, store_id: str) -> Store:
        """The store of that id. This and the following look-ups raise UnknownIdError."""
        return _pick(self._stores, store_id, "store")

    def service(self, service_id: str) -> Service:
        return _pick(self._services, service_id, "service")

    def good(self, good_id: str) -> Good:
        return _pick(_by_id(self.goods), good_id, "goods")

    def item(self, item_id: str) -> Service | Good:
        """A service or a good; their ids never collide."""
        return _pick(self._items, item_id, "service or goods")

    def category(self, category_id: str) -> Category:
        return _pick(_by_id(self.categories), category_id, "category")

    def technician(self, technician_id: str) -> Technician:
        return _pick(_by_id(self.technicians), technician_id, "technician")

    def tier(self, tier_id: str) -> Tier:
        return _pick(_by_id(self.top_up.tiers), tier_id, "tier")

    def level(self, level_id: str) -> Level:
        return _pick(_by_id(self.levels), level_id, "level")

    def reward(self, reward_id: str) -> Reward:
        return _pick(_by_id(self.rewards), reward_id, "reward")

    def role_limit(self, role_id: str) -> Role:
        """What staff of that role may book alone."""
        return _pick(_by_id(self.roles), role_id, "role")

    def payment_method(self, method_id: str) -> PaymentMethod:
        return _pick(_by_id(self.payment_methods), method_id, "payment method")

    def payment_method_by_word(self, word: str) -> PaymentMethod | None:
        """The method called so by id, name or alias (“微信”, “wx”, “POS”); None when the shop has no such."""
        return self._methods_by_word.get(normal_word(word))

    def technicians_for(self, service_id: str, store_id: str) -> tuple[Technician, ...]:
        """Who does that service in that store, in the order of the file."""
        able = self.service(service_id).technicians
        return tuple(t for t in self.technicians if store_id in t.stores and (not able or t.id in able))

    def catalogue(self) -> Catalogue:
        """The names a member may say, for the understanding of text."""
        return Catalogue(
            services=_named(self.services),
            goods=_named(self.goods),
            technicians=_named(self.technicians),
            stores=_named(self.stores),
            rewards=_named(self.rewards),
            opening=self._opening(),
        )

    def _opening(self) -> OpeningHours:
        """From the earliest opening to the latest closing of any store on any ordinary day."""
        spans = [
            span
            for store in self.stores
            for day in (getattr(store.hours, field) for field in Week.model_fields)
            for span in day or ()
        ]
        if not spans:
            return OpeningHours()
        closes = min(max(span.closes_minute for span in spans), 24 * 60 - 1)
        opens = min(span.opens_minute for span in spans)
        return OpeningHours(opens=time(*divmod(opens, 60)), closes=time(*divmod(closes, 60)))


def _named(entries: Iterable[Entry]) -> tuple[Named, ...]:
    return tuple(Named(id=entry.id, name=entry.name, aliases=entry.aliases) for entry in entries)
