"""What is given besides money: points, coupons, times of a pack; and the days on which a rule holds."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from shop.fields import Day, Frozen, Id, Points, Rate

Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
MonthDay = Annotated[int, Field(ge=1, le=31)]
EarnedBy = Literal["purchases", "top_ups", "all"]


class CouponGift(Frozen):
    """`count` coupons of one kind."""

    coupon: Id
    count: Annotated[int, Field(ge=1, le=50)] = 1


class EntitlementGift(Frozen):
    """`amount` times, minutes or lessons of a pack, in the pack's unit and with the pack's lifetime."""

    pack: Id
    amount: Annotated[int, Field(ge=1, le=100_000)]


class MultiplierGift(Frozen):
    """The member's own points count `times` as much for `days`: today's rest and so many whole days."""

    times: Rate
    days: Annotated[int, Field(ge=1, le=365)]
    earned_by: EarnedBy = "all"


class Gifts(Frozen):
    """What a member gets on an occasion (row D1)."""

    points: Points = 0
    coupons: tuple[CouponGift, ...] = ()
    entitlements: tuple[EntitlementGift, ...] = ()


class When(Frozen):
    """Days on which a rule holds, in the shop's zone; all that is written must be so, nothing means always.

    Both days are included. `month_days` are dates that come every month (会员日); 31 is only in months that
    have it.
    """

    first_day: Day | None = Field(alias="from", default=None)
    last_day: Day | None = Field(alias="until", default=None)
    weekdays: tuple[Weekday, ...] = ()
    month_days: tuple[MonthDay, ...] = ()
