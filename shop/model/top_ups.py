"""The top-up offer: its bounds and its tiers (row B2)."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from shop.fields import Fen, Frozen, Id, Line, Months, Name, Points, PositiveFen
from shop.model.gifts import CouponGift, EntitlementGift, When


class Segment(Frozen):
    """For whom a tier is: every field that is written must be so of the member; nothing means everybody.

    `dormant_days`: whole days since the last purchase, or since joining for who never bought.
    `joined_days`: joined at most so many days ago (新会员).
    """

    first_top_up: bool = False
    dormant_days: Annotated[int, Field(ge=1, le=3650)] | None = None
    joined_days: Annotated[int, Field(ge=1, le=3650)] | None = None
    levels: tuple[Id, ...] = ()


class TierLimit(Frozen):
    """How often one member may have a tier; top-ups that were reversed do not count."""

    total: Annotated[int, Field(ge=1, le=1000)] | None = None
    per_month: Annotated[int, Field(ge=1, le=100)] | None = None


class TierLevel(Frozen):
    """A level given with a tier for a time; it never lowers the member's own."""

    level: Id
    months: Months


class Tier(Frozen):
    """A step of the top-up offer: who tops up `amount_fen` or more gets what stands here. Row B2.

    `gift_fen` comes in `instalments` monthly parts, the first at once. `stores` empty: every store has it.
    """

    id: Id
    name: Name
    amount_fen: PositiveFen = Field(alias="amount")
    gift_fen: Fen = Field(alias="gift", default=0)
    instalments: Annotated[int, Field(ge=1, le=36)] = 1
    points: Points = 0
    coupons: tuple[CouponGift, ...] = ()
    entitlements: tuple[EntitlementGift, ...] = ()
    level: TierLevel | None = None
    text: Line = ""
    stores: tuple[Id, ...] = ()
    when: When | None = None
    segment: Segment | None = Field(alias="for", default=None)
    limit: TierLimit | None = None


class TopUpRules(Frozen):
    minimum_fen: PositiveFen = Field(alias="minimum")
    maximum_fen: PositiveFen = Field(alias="maximum")
    tiers: tuple[Tier, ...] = ()
