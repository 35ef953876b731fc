"""Points (row B3): earned by purchases and top-ups, multiplied by campaigns, worth money; and how long
points and gift money live (row B4).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from math import floor
from typing import Literal

from shop.days import holds, is_birthday, local_day
from shop.model import Level, MultiplierGift, PointsCampaign, Shop, Tier
from shop.overrides import for_store
from shop.periods import end_of_days, end_of_months
from shop.tiers import HeldMultiplier, MemberFacts, best_tier, dormant_days


@dataclass(frozen=True)
class Occasion:
    """Where, when and by whom points are earned: what campaigns ask (row B3). `at` is aware."""

    store_id: str
    at: datetime
    facts: MemberFacts


@dataclass(frozen=True)
class PaidLine:
    """One line of a purchase, by what was paid for it in money, after coupons and points."""

    category: str
    paid_fen: int


def earned(
    shop: Shop,
    level: Level,
    stored_fen: int,
    outside_fen: int,
    *,
    lines: Sequence[PaidLine] = (),
    occasion: Occasion | None = None,
) -> int:
    """Points for a purchase, by what was paid with stored value and with outside money.

    Each line bears its share of both ways of paying; its points are the rates per yuan times the level's rate
    times the multiplier: the best campaign's or the member's own, or both (`points.multipliers`). They are
    rounded as the shop says, once or line by line. What was paid with points or coupons earns none.

    Args:
        lines: needed for campaigns by category and for rounding line by line; one line without them.
        occasion: without it no campaign counts and the store's own rates do not.
    """
    if stored_fen < 0 or outside_fen < 0:
        raise ValueError("a purchase is paid with amounts of zero or more")
    here = for_store(shop, occasion.store_id) if occasion else shop
    base = (
        Fraction(here.points.per_yuan_stored) * stored_fen
        + Fraction(here.points.per_yuan_outside) * outside_fen
    )
    base *= Fraction(level.points_rate_percent, 100 * 100)
    parts = [
        base * share * _multiplier(shop, level, occasion, "purchases", category)
        for category, share in _shares(lines)
    ]
    if here.points.round_per == "line":
        return sum(_rounded(shop, part) for part in parts)
    return _rounded(shop, sum(parts, Fraction(0)))


def _shares(lines: Sequence[PaidLine]) -> list[tuple[str | None, Fraction]]:
    total_fen = sum(line.paid_fen for line in lines)
    if not total_fen:
        return [(None, Fraction(1))]
    return [(line.category, Fraction(line.paid_fen, total_fen)) for line in lines]


def for_top_up(
    shop: Shop, store_id: str, amount_fen: int, level: Level | None = None, occasion: Occasion | None = None
) -> int:
    """Points for a top-up: the standing tier's as they are written, and those by the yuan (`by_amount`)."""
    tier = best_tier(shop, store_id, amount_fen)
    return (tier.points if tier else 0) + by_amount(shop, store_id, amount_fen, level, occasion)


def by_amount(
    shop: Shop, store_id: str, amount_fen: int, level: Level | None = None, occasion: Occasion | None = None
) -> int:
    """Points per yuan topped up, times the level's rate and the best campaign's multiplier."""
    level = level or shop.levels[0].model_copy(update={"points_rate_percent": 100})
    rate = Fraction(for_store(shop, store_id).points.per_yuan_top_up)
    base = rate * amount_fen * Fraction(level.points_rate_percent, 100 * 100)
    return _rounded(shop, base * _multiplier(shop, level, occasion, "top_ups", None))


def beyond_tier(
    shop: Shop, store_id: str, amount_fen: int, tier: Tier | None, level: Level, occasion: Occasion
) -> int:
    """Points of a top-up besides the tier's as they are written: by the yuan, and what the member's own
    multiplier adds to the tier's. Campaigns do not multiply those: the tier says what it gives.
    """
    own = own_multiplier(occasion, "top_ups")
    more = by_amount(shop, store_id, amount_fen, level, occasion)
    return more + multiplied(shop, tier.points, own.times) - tier.points if tier and own else more


def multiplied(shop: Shop, points: int, times: Fraction | Decimal | int) -> int:
    """So many points, rounded as the shop says."""
    return _rounded(shop, points * Fraction(times))


def own_multiplier(occasion: Occasion, earned_by: Literal["purchases", "top_ups"]) -> HeldMultiplier | None:
    """The highest of the member's own that holds at that moment; of equals the one that holds longest."""
    holding = [
        each
        for each in occasion.facts.multipliers
        if each.since <= occasion.at < each.until and each.earned_by in ("all", earned_by)
    ]
    return max(holding, key=lambda each: (each.times, each.until), default=None)


def without_own(occasion: Occasion) -> Occasion:
    """The same for a member who holds no multiplier: to tell what his own brings."""
    return replace(occasion, facts=replace(occasion.facts, multipliers=()))


def campaign(
    shop: Shop, level: Level, occasion: Occasion, earned_by: str, category: str | None
) -> PointsCampaign | None:
    """The campaign with the highest multiplier of those that apply; the first in the file of equals."""
    applying = [
        each for each in shop.points.campaigns if _applies(shop, each, level, occasion, earned_by, category)
    ]
    return max(applying, key=lambda each: each.multiplier, default=None)


def _multiplier(
    shop: Shop,
    level: Level,
    occasion: Occasion | None,
    earned_by: Literal["purchases", "top_ups"],
    category: str | None,
) -> Fraction:
    if occasion is None:
        return Fraction(1)
    best, own = campaign(shop, level, occasion, earned_by, category), own_multiplier(occasion, earned_by)
    general, personal = Fraction(best.multiplier if best else 1), own.times if own else Fraction(1)
    return general * personal if shop.points.multipliers == "stacked" else max(general, personal)


def _applies(
    shop: Shop, each: PointsCampaign, level: Level, occasion: Occasion, earned_by: str, category: str | None
) -> bool:
    day = local_day(shop, occasion.at)
    return (
        each.earned_by in ("all", earned_by)
        and holds(each.when, day)
        and (not each.categories or category in each.categories)
        and (not each.stores or occasion.store_id in each.stores)
        and (not each.levels or level.id in each.levels)
        and _is_festive(shop, each, occasion)
        and (
            each.dormant_days is None or dormant_days(shop, occasion.facts, occasion.at) >= each.dormant_days
        )
    )


def _is_festive(shop: Shop, each: PointsCampaign, occasion: Occasion) -> bool:
    birthday, day = occasion.facts.birthday, local_day(shop, occasion.at)
    if each.birthday == "day":
        return is_birthday(birthday, day)
    return each.birthday is None or (birthday is not None and birthday.month == day.month)


def _rounded(shop: Shop, points: Fraction) -> int:
    """Exactly: floor, or half a point up."""
    return floor(points + Fraction(1, 2)) if shop.points.rounding == "half_up" else floor(points)


@dataclass(frozen=True)
class PointsPayment:
    """Points that pay `fen` of a bill."""

    points: int
    fen: int


def payment(shop: Shop, bill_fen: int, held_points: int) -> PointsPayment:
    """The most that points can pay of a bill, under `points.cash_value`; nothing where the shop has none.

    Points go in whole steps; what they pay is rounded down to the fen, at most `max_percent` of the bill.
    """
    value = shop.points.cash_value
    if value is None or bill_fen <= 0 or held_points <= 0:
        return PointsPayment(0, 0)
    most_fen = bill_fen * value.max_percent // 100
    points = min(held_points, most_fen * value.points_per_yuan // 100) // value.step * value.step
    fen = points * 100 // value.points_per_yuan
    return PointsPayment(points, fen) if fen else PointsPayment(0, 0)


def expires_at(shop: Shop, granted_at: datetime) -> datetime | None:
    """The first moment at which points granted then are no longer valid; None when they never expire."""
    return _expiry(shop, granted_at, shop.points.lifetime_months)


def multiplier_ends_at(shop: Shop, gift: MultiplierGift, given_at: datetime) -> datetime:
    """The first moment at which a multiplier given then no longer holds: its last day counts in full."""
    return end_of_days(given_at, gift.days, shop.zone)


def gift_expires_at(shop: Shop, granted_at: datetime) -> datetime | None:
    """As `expires_at`, for gift money. Paid-in money never expires (row B4)."""
    return _expiry(shop, granted_at, shop.stored_value.gift_lifetime_months)


def pack_expires_at(shop: Shop, pack_id: str, granted_at: datetime) -> datetime | None:
    """As `expires_at`, for the times, minutes or lessons of a pack."""
    return _expiry(shop, granted_at, shop.pack(pack_id).lifetime_months)


def _expiry(shop: Shop, granted_at: datetime, months: int | None) -> datetime | None:
    return None if months is None else end_of_months(granted_at, months, shop.zone)
