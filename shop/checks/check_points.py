"""Points: campaigns that never come or multiply by nothing, points that are worth too much (row B3)."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from shop.checks.check_tiers import when
from shop.checks.findings import Finding, repeated, unknown, warning
from shop.model import PointsCampaign, Shop
from shop.stored_prices import best_for
from shop.tree import Path


def check(shop: Shop) -> Iterator[Finding]:
    campaigns = shop.points.campaigns
    ids: list[tuple[Path, str]] = [
        (("points", "campaigns", index), each.id) for index, each in enumerate(campaigns)
    ]
    yield from repeated(ids, "Give every entry an id of its own; an id that is in use must not change.")
    for index, each in enumerate(campaigns):
        yield from _campaign(shop, ("points", "campaigns", index), each)
    yield from _cash_value(shop)
    yield from _stored_prices(shop)


def _stored_prices(shop: Shop) -> Iterator[Finding]:
    prices = shop.stored_value.prices
    ids: list[tuple[Path, str]] = [
        (("stored_value", "prices", index), each.id) for index, each in enumerate(prices)
    ]
    yield from repeated(ids, "Give every entry an id of its own; an id that is in use must not change.")
    categories = [category.id for category in shop.categories]
    sold = (*shop.services, *shop.goods)
    for index, each in enumerate(prices):
        path: Path = ("stored_value", "prices", index)
        yield from unknown((*path, "stores"), each.stores, [store.id for store in shop.stores], "store")
        yield from unknown((*path, "categories"), each.categories, categories, "category")
        yield from when(path, each.when)
        if each.hours == ():
            yield Finding((*path, "hours"), f"{each.name} would never hold", "Write hours, or delete it.")
        if sold and all(best_for((each,), item) is None for item in sold):
            message = f"{each.name} lowers no price: what it covers has fixed prices, or is not sold"
            yield Finding(path, message, "Look at categories and fixed_price.")


def _campaign(shop: Shop, path: Path, each: PointsCampaign) -> Iterator[Finding]:
    stores = [store.id for store in shop.stores]
    categories = [category.id for category in shop.categories]
    levels = [level.id for level in shop.levels]
    yield from unknown((*path, "stores"), each.stores, stores, "store")
    yield from unknown((*path, "categories"), each.categories, categories, "category")
    yield from unknown((*path, "levels"), each.levels, levels, "level")
    yield from when(path, each.when)
    if each.multiplier <= 1:
        message = f"{each.name} gives no more points than there are without it"
        yield Finding((*path, "multiplier"), message, "Write a multiplier above 1, such as 2 or 1.5.")
    if each.earned_by == "top_ups" and each.categories:
        message = f"{each.name} is for top-ups, and a top-up has no category"
        yield Finding((*path, "categories"), message, "Delete categories, or write earned_by: purchases.")
    if each.earned_by == "top_ups" and not shop.points.per_yuan_top_up:
        message = f"{each.name} multiplies points per yuan topped up, and there are none"
        yield warning((*path, "earned_by"), message, "Write points.per_yuan_top_up.")


def _cash_value(shop: Shop) -> Iterator[Finding]:
    value = shop.points.cash_value
    if value is None:
        return
    path: Path = ("points", "cash_value")
    if value.step > value.points_per_yuan * 100:
        message = "a step is worth more than ¥100, so few members could ever use their points"
        yield warning((*path, "step"), message)
    back = points_back_percent(shop)
    if back >= 100:
        message = f"a purchase would earn points worth {back:.0f} % of what was paid"
        yield Finding((*path, "points_per_yuan"), message, "Ask for more points per yuan.")
    elif back > 20:
        message = f"a purchase earns points worth up to {back:.0f} % of what was paid"
        yield warning((*path, "points_per_yuan"), message)


def points_back_percent(shop: Shop, times: Decimal = Decimal(1)) -> Decimal:
    """What the points of a purchase are worth at most, in percent of what was paid."""
    value = shop.points.cash_value
    if value is None:
        return Decimal(0)
    highest = max(shop.points.per_yuan_stored, shop.points.per_yuan_outside)
    percent = max(level.points_rate_percent for level in shop.levels)
    return highest * percent * times / value.points_per_yuan
