"""Points (row B3) and the lifetimes of points and gift money (row B4)."""

from __future__ import annotations

from datetime import datetime
from decimal import ROUND_FLOOR, Decimal

from shop.model import Level, Shop
from shop.periods import end_of_months
from shop.tiers import best_tier

_FEN_PERCENT = Decimal(100 * 100)


def earned(shop: Shop, level: Level, stored_fen: int, outside_fen: int) -> int:
    """Points for a purchase, by what was paid with stored value and with outside money.

    The sum over both ways of paying times the level's rate, rounded down once. What was paid with points or
    coupons is in neither figure and earns none.
    """
    if stored_fen < 0 or outside_fen < 0:
        raise ValueError("a purchase is paid with amounts of zero or more")
    rules = shop.points
    base = rules.per_yuan_stored * stored_fen + rules.per_yuan_outside * outside_fen
    return _points(base, level.points_rate_percent)


def for_top_up(shop: Shop, store_id: str, amount_fen: int, level: Level | None = None) -> int:
    """Points for a top-up: its tier's as they are written, and the rate per yuan times the level's rate."""
    tier = best_tier(shop, store_id, amount_fen)
    percent = level.points_rate_percent if level else 100
    return (tier.points if tier else 0) + _points(shop.points.per_yuan_top_up * amount_fen, percent)


def _points(base: Decimal, percent: int) -> int:
    return int((base * percent / _FEN_PERCENT).to_integral_value(rounding=ROUND_FLOOR))


def expires_at(shop: Shop, granted_at: datetime) -> datetime | None:
    """The first moment at which points granted then are no longer valid; None when they never expire."""
    return _expiry(shop, granted_at, shop.points.lifetime_months)


def gift_expires_at(shop: Shop, granted_at: datetime) -> datetime | None:
    """As `expires_at`, for gift money. Paid-in money never expires (row B4)."""
    return _expiry(shop, granted_at, shop.stored_value.gift_lifetime_months)


def _expiry(shop: Shop, granted_at: datetime, months: int | None) -> datetime | None:
    return None if months is None else end_of_months(granted_at, months, shop.zone)
