"""Referral: what both sides get, and the caps (row D3)."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from shop.fields import Fen, Frozen
from shop.model.gifts import Gifts

ReferralOn = Literal["top_up", "purchase", "any"]


class ReferralReward(Gifts):
    """What one side gets: gift money, points, coupons, times of a pack. No cash: the law (row B10)."""

    gift_fen: Fen = Field(alias="gift", default=0)

    @property
    def is_empty(self) -> bool:
        return not (self.gift_fen or self.points or self.coupons or self.entitlements)


class ReferralRules(Frozen):
    """What a recommendation earns; one level only, a fixed reward, nothing for sharing (wechat-protocol §8).

    `on`: the newcomer's payment that earns it, of `minimum_fen` or more, within `valid_days` of following.
    `after_refund_window`: given only when the days of `law.refund_days` are over. `per_day`, `per_month`:
    rewarded newcomers of one inviter; beyond, the newcomer still gets his side. `burst_per_hour`: an inviter
    whose code is followed more often waits for a manager. Without a reward for either side there is no
    referral.
    """

    inviter: ReferralReward = ReferralReward()
    newcomer: ReferralReward = ReferralReward()
    on: ReferralOn = "any"
    minimum_fen: Fen = Field(alias="minimum", default=0)
    after_refund_window: bool = False
    per_day: Annotated[int, Field(ge=1, le=1000)] = 5
    per_month: Annotated[int, Field(ge=1, le=10_000)] = 30
    burst_per_hour: Annotated[int, Field(ge=1, le=1000)] = 10
    valid_days: Annotated[int, Field(ge=1, le=730)] = 90
    staff_may_invite: bool = False

    @property
    def is_on(self) -> bool:
        return not (self.inviter.is_empty and self.newcomer.is_empty)
