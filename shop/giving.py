"""What is given, in words: gift money, points, coupons, times of packs, a level (rows B2, D1)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import Literal

from shop import texts, tiers
from shop.model import (
    CampaignGifts,
    CouponGift,
    EarnedBy,
    EntitlementGift,
    Gifts,
    MultiplierGift,
    PackUnit,
    Shop,
    Tier,
    TierLevel,
)
from shop.money import format_fen
from shop.periods import last_day
from shop.points import Occasion, own_multiplier
from shop.tiers import HeldMultiplier
from shop.words import short_date


@dataclass(frozen=True)
class Giving:
    """All that comes with one event. `later`: (fen, due) of gift money that comes in later months.

    `multiplier`: what the member pays earns more points for some days, until before `ends_at` if it runs.
    """

    gift_fen: int = 0
    later: tuple[tuple[int, datetime], ...] = ()
    points: int = 0
    coupons: tuple[CouponGift, ...] = ()
    entitlements: tuple[EntitlementGift, ...] = ()
    level: TierLevel | None = None
    multiplier: MultiplierGift | None = None
    ends_at: datetime | None = None

    @property
    def is_plain(self) -> bool:
        """Only gift money and points, at once."""
        return not (self.later or self.coupons or self.entitlements or self.level)


def of_tier(shop: Shop, tier: Tier | None, at: datetime, *, more_points: int = 0) -> Giving:
    """What a tier gives to who tops up then; `more_points` come by the yuan."""
    if tier is None:
        return Giving(points=more_points)
    parts = tiers.instalments(shop, tier, at)
    return Giving(
        gift_fen=parts[0][0] if parts else 0,
        later=parts[1:],
        points=tier.points + more_points,
        coupons=tier.coupons,
        entitlements=tier.entitlements,
        level=tier.level,
    )


def of_gifts(gifts: Gifts, ends_at: datetime | None = None) -> Giving:
    """Args: ends_at: of the multiplier, where it was given already."""
    return Giving(
        points=gifts.points,
        coupons=gifts.coupons,
        entitlements=gifts.entitlements,
        multiplier=gifts.multiplier if isinstance(gifts, CampaignGifts) else None,
        ends_at=ends_at,
    )


def gives_text(shop: Shop, giving: Giving) -> str:
    """送 ¥120.00 + 1000 积分 + 面部护理 2次; "" when nothing is given."""
    what = pieces(shop, giving)
    return texts.say(shop, "gives", what=" + ".join(what)) if what else ""


def pieces(shop: Shop, giving: Giving) -> list[str]:
    """Each thing given, as a member reads it."""
    said = [_gift(shop, giving)]
    if giving.points:
        said.append(texts.say(shop, "gives_points", points=giving.points))
    said += [_coupons(shop, gift) for gift in giving.coupons]
    said += [entitlement_text(shop, gift.pack, gift.amount) for gift in giving.entitlements]
    if giving.level is not None:
        level = shop.level(giving.level.level).name
        said.append(texts.say(shop, "gives_level", level=level, months=giving.level.months))
    if giving.multiplier is not None:
        said.append(_multiplier(shop, giving.multiplier, giving.ends_at))
    return [piece for piece in said if piece]


def _gift(shop: Shop, giving: Giving) -> str:
    total_fen = giving.gift_fen + sum(fen for fen, _ in giving.later)
    if not total_fen:
        return ""
    if not giving.later:
        return texts.say(shop, "gives_gift", gift=format_fen(total_fen))
    return texts.say(
        shop,
        "gives_instalments",
        gift=format_fen(total_fen),
        count=len(giving.later) + 1,
        first=format_fen(giving.gift_fen),
    )


def _coupons(shop: Shop, gift: CouponGift) -> str:
    return texts.say(shop, "gives_coupons", name=shop.coupon(gift.coupon).name, count=gift.count)


def entitlement_text(shop: Shop, pack_id: str, amount: int) -> str:
    """面部护理次卡 2次."""
    pack = shop.pack(pack_id)
    return texts.say(
        shop, "gives_entitlement", name=pack.name, amount=amount, unit=unit_text(shop, pack.unit)
    )


def unit_text(shop: Shop, unit: PackUnit) -> str:
    """次, 分钟, 节."""
    return texts.say(shop, f"unit_{unit}")


def _multiplier(shop: Shop, gift: MultiplierGift, ends_at: datetime | None) -> str:
    what = times_text(shop, gift.times, gift.earned_by)
    if ends_at is None:
        return texts.say(shop, "gives_multiplier", days=gift.days, what=what)
    return texts.say(shop, "gives_multiplier_until", day=short_date(last_day(ends_at, shop.zone)), what=what)


def times_text(shop: Shop, times: Decimal | Fraction, earned_by: EarnedBy) -> str:
    """积分翻倍, 充值积分 3 倍."""
    what = texts.say(shop, f"points_of_{earned_by}")
    if times == 2:
        return texts.say(shop, "points_doubled", what=what)
    return texts.say(shop, "points_times", what=what, times=f"{float(times):g}")


def multiplied_values(
    shop: Shop, occasion: Occasion, earned_by: Literal["purchases", "top_ups"], points: int
) -> dict[str, str | int]:
    """What `points_by_multiplier` says and keeps; empty where the member's own multiplier made no point more.

    Args:
        points: how many more it made, of what was `earned_by` purchases or top-ups at that occasion.
    """
    held = own_multiplier(occasion, earned_by)
    if held is None or not points:
        return {}
    return {
        "what": times_text(shop, held.times, held.earned_by),
        "times": f"{float(held.times):g}",
        "points": points,
        "day": short_date(last_day(held.until, shop.zone)),
        "source": held.source,
    }


def held_text(shop: Shop, held: HeldMultiplier) -> str:
    """On a line of its own: 积分翻倍中，至3月20日."""
    what, day = times_text(shop, held.times, held.earned_by), short_date(last_day(held.until, shop.zone))
    return texts.say(shop, "points_multiplied", what=what, day=day)


def listed(shop: Shop, giving: Giving) -> str:
    """20 积分、满300减30券 1张: within a sentence."""
    return "、".join(pieces(shop, giving))
