"""Tags: what a member's behaviour says of him, and from where on it says so (row F3)."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from shop.fields import Frozen, PositiveFen

Tag = Literal["price_sensitive", "quality_seeking", "coupon_sensitive", "favourite_category"]
Visits = Annotated[int, Field(ge=1, le=10_000)]
Share = Annotated[int, Field(ge=1, le=100)]


class PriceSensitive(Frozen):
    """高频但低额: comes often and takes little. Without `each_to` the shop's median price is little."""

    visits_from: Visits = 6
    each_to_fen: PositiveFen | None = Field(alias="each_to", default=None)


class QualitySeeking(Frozen):
    """低频但高额: comes seldom and takes much. Without `each_from` that is twice the shop's median price."""

    visits_to: Visits = 2
    each_from_fen: PositiveFen | None = Field(alias="each_from", default=None)


class CouponSensitive(Frozen):
    """优惠券敏感: uses a coupon in `percent` of the purchases or more, of which there are `visits_from`."""

    visits_from: Visits = 3
    percent: Share = 60


class FavouriteCategory(Frozen):
    """偏爱品类: `percent` of all that was bought, `bought_from` units or more, is of one category."""

    bought_from: Visits = 3
    percent: Share = 50


class TagRules(Frozen):
    """From where on each tag is a member's. Computed anew whenever it is asked for; nothing is kept."""

    price_sensitive: PriceSensitive = PriceSensitive()
    quality_seeking: QualitySeeking = QualitySeeking()
    coupon_sensitive: CouponSensitive = CouponSensitive()
    favourite_category: FavouriteCategory = FavouriteCategory()
