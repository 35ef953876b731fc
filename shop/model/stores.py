"""Stores, their opening hours and special days, and what a store changes of head office's rules (row C4)."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from shop.fields import (
    Day,
    Fen,
    Frozen,
    Hours,
    Id,
    Latitude,
    Line,
    Longitude,
    Percent,
    Phone,
    Points,
    PositiveFen,
)
from shop.model.base import Entry


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


class TierOverride(Frozen):
    """A store's own gift or points for one of head office's tiers; None: as head office wrote it."""

    tier: Id
    gift_fen: Fen | None = Field(alias="gift", default=None)
    points: Points | None = None


class PriceOverride(Frozen):
    """A store's own list price of a service or of goods."""

    item: Id
    price_fen: Fen = Field(alias="price")


class Overrides(Frozen):
    """What a store does in its own way; each field only as far as `store_may_change` lets it (row C4)."""

    hours: Week | None = None
    tiers: tuple[TierOverride, ...] = ()
    points_percent: Percent | None = None
    top_up_minimum_fen: PositiveFen | None = Field(alias="top_up_minimum", default=None)
    prices: tuple[PriceOverride, ...] = ()


class PercentBounds(Frozen):
    """From `min` to `max`, in percent of what head office wrote."""

    min: Percent
    max: Percent


class FenBounds(Frozen):
    """From `min` to `max`."""

    min_fen: PositiveFen = Field(alias="min")
    max_fen: PositiveFen = Field(alias="max")


class StoreMayChange(Frozen):
    """What head office leaves to the stores, and how far; what is not written here no store may change.

    `tier_gift_percent` 20: a tier's gift within ±20 % of head office's; likewise points and prices.
    `hours`: a store's own hours must lie within these.
    """

    hours: Hours | None = None
    tier_gift_percent: Annotated[int, Field(ge=1, le=100)] | None = None
    tier_points_percent: Annotated[int, Field(ge=1, le=100)] | None = None
    points_percent: PercentBounds | None = None
    top_up_minimum: FenBounds | None = None
    price_percent: Annotated[int, Field(ge=1, le=100)] | None = None


class Store(Entry):
    """`overrides` is the store's own section; `shop.overrides.for_store` gives what holds in it."""

    address: Line
    phone: Phone
    hours: Week
    special_days: tuple[SpecialDay, ...] = ()
    parking: Line = ""
    latitude: Latitude | None = None
    longitude: Longitude | None = None
    overrides: Overrides | None = None

    @property
    def opening(self) -> Week:
        """The hours that hold: the store's own, else head office's."""
        own = self.overrides.hours if self.overrides else None
        return own or self.hours
