"""Points and stored value: rates, campaigns, lifetimes, the order of spending (rows B3, B4)."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field

from shop.fields import Frozen, Hours, Id, Months, Name, Rate
from shop.model.base import Entry
from shop.model.gifts import EarnedBy, When

SpendingOrder = Literal["paid_in_first", "gift_first", "pro_rata"]


class CashValue(Frozen):
    """What points are worth when they pay part of a bill: in steps, and up to a share of the bill."""

    points_per_yuan: Annotated[int, Field(ge=1, le=1_000_000)]
    step: Annotated[int, Field(ge=1, le=1_000_000)] = 1
    max_percent: Annotated[int, Field(ge=1, le=100)] = 100


class PointsCampaign(Frozen):
    """Points are multiplied where everything written here is so (row B3). Of several, the highest counts.

    `birthday`: on the member's birthday, or in its month. `dormant_days`: for who did not buy for so long.
    `categories`: lines of a purchase; a top-up has none and is multiplied only without them.
    """

    id: Id
    name: Name
    multiplier: Rate
    earned_by: EarnedBy = "purchases"
    when: When | None = None
    birthday: Literal["day", "month"] | None = None
    dormant_days: Annotated[int, Field(ge=1, le=3650)] | None = None
    levels: tuple[Id, ...] = ()
    categories: tuple[Id, ...] = ()
    stores: tuple[Id, ...] = ()


class PointsRules(Frozen):
    """Points per yuan by way of paying (row B3), how they are rounded, what they are worth.

    `multipliers`: whether a member's own multiplier competes with the campaigns (the best counts) or is
    multiplied with the best of them. Of several own ones the best counts either way.
    """

    per_yuan_outside: Rate = Decimal(1)
    per_yuan_stored: Rate = Decimal(1)
    per_yuan_top_up: Rate = Decimal(0)
    rounding: Literal["down", "half_up"] = "down"
    round_per: Literal["purchase", "line"] = "purchase"
    lifetime_months: Months | None = None
    cash_value: CashValue | None = None
    campaigns: tuple[PointsCampaign, ...] = ()
    multipliers: Literal["best", "stacked"] = "best"


class StoredPrice(Entry):
    """So many percent of the list price (80 is 八折) where stored value pays all of a purchase (row C3).

    In the hours and on the days that are written, of those categories, in those stores; nothing written means
    always, everything, everywhere. It competes with the member's price: the lower one counts.
    """

    percent: Annotated[int, Field(ge=1, le=99)]
    when: When | None = None
    hours: Hours | None = None
    categories: tuple[Id, ...] = ()
    stores: tuple[Id, ...] = ()


class StoredValueRules(Frozen):
    """Paid-in money never expires (row B4); gift money may. `prices`: lower ones for who pays with it."""

    spending_order: SpendingOrder = "paid_in_first"
    gift_lifetime_months: Months | None = None
    prices: tuple[StoredPrice, ...] = ()
