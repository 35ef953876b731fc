"""The shop as its owner wrote it in shop.yml: immutable typed values, and look-ups by id and by word.

Money is written in yuan and kept in fen; a field `amount` of the file is therefore `amount_fen` here. The
fields are explained for owners in docs/shop.md. Rules that compute with these values are in `shop.tiers`,
`shop.levels`, `shop.points` and `shop.hours`.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import time
from functools import cached_property
from typing import Annotated, Any, Literal, TypeVar
from zoneinfo import ZoneInfo

from pydantic import Field

from shop.catalogue import Catalogue, Group, Named, OpeningHours
from shop.fields import Colour, Frozen, Name, Zone
from shop.model.base import Entry, UnknownIdError, normal_word
from shop.model.booking import BookingRules
from shop.model.campaigns import Campaign
from shop.model.counter import LawLimits, Oversight, PaymentMethod, Role
from shop.model.coupons import CouponKind, QuoteRules
from shop.model.items import Category, Good, Service, Technician
from shop.model.levels import Level
from shop.model.packs import Pack
from shop.model.points import PointsRules, StoredValueRules
from shop.model.referral import ReferralRules
from shop.model.reminders import ReminderRules
from shop.model.rewards import Reward
from shop.model.stores import Store, StoreMayChange, Week
from shop.model.tags import TagRules
from shop.model.texts import Texts
from shop.model.top_ups import Tier, TopUpRules

Rounding = Literal["fen", "jiao", "yuan"]


T = TypeVar("T", bound="Entry | Category | Tier | Level | Role")


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
    store_may_change: StoreMayChange = StoreMayChange()
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
    coupons: tuple[CouponKind, ...] = ()
    quote: QuoteRules = QuoteRules()
    packs: tuple[Pack, ...] = ()
    booking: BookingRules = BookingRules()
    referral: ReferralRules = ReferralRules()
    reminders: ReminderRules = ReminderRules()
    tags: TagRules = TagRules()
    campaigns: tuple[Campaign, ...] = ()
    payment_methods: Annotated[tuple[PaymentMethod, ...], Field(min_length=1)]
    roles: Annotated[tuple[Role, ...], Field(min_length=1)]
    oversight: Oversight = Oversight()
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

    def coupon(self, coupon_id: str) -> CouponKind:
        return _pick(_by_id(self.coupons), coupon_id, "coupon")

    def pack(self, pack_id: str) -> Pack:
        return _pick(_by_id(self.packs), pack_id, "pack")

    def campaign(self, campaign_id: str) -> Campaign:
        return _pick(_by_id(self.campaigns), campaign_id, "campaign")

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
            rewards=self._named_rewards(),
            opening=self._opening(),
            groups=self._groups(),
        )

    def _named_rewards(self) -> tuple[Named, ...]:
        """Each with what its item is also called, where no other reward gives that item."""
        items = {item.id: item for item in (*self.services, *self.goods)}
        gives = Counter(reward.item for reward in self.rewards)
        return tuple(
            Named(one.id, one.name, one.aliases + _also_called(items.get(one.item or ""), gives[one.item]))
            for one in self.rewards
        )

    def _groups(self) -> tuple[Group, ...]:
        found = (
            Group(category.name, tuple(s.id for s in self.services if s.category == category.id))
            for category in self.categories
        )
        return tuple(group for group in found if group.ids)

    def _opening(self) -> OpeningHours:
        """From the earliest opening to the latest closing of any store on any ordinary day."""
        spans = [
            span
            for store in self.stores
            for day in (getattr(store.opening, field) for field in Week.model_fields)
            for span in day or ()
        ]
        if not spans:
            return OpeningHours()
        closes = min(max(span.closes_minute for span in spans), 24 * 60 - 1)
        opens = min(span.opens_minute for span in spans)
        return OpeningHours(opens=time(*divmod(opens, 60)), closes=time(*divmod(closes, 60)))


def _also_called(item: Entry | None, rewards: int) -> tuple[str, ...]:
    return tuple(f"换{word}" for word in (item.name, *item.aliases)) if item and rewards == 1 else ()


def _named(entries: Iterable[Entry]) -> tuple[Named, ...]:
    return tuple(Named(id=entry.id, name=entry.name, aliases=entry.aliases) for entry in entries)
