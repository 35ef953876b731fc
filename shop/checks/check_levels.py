"""Levels: order, windows, validity, gifts (row D1)."""

from __future__ import annotations

import math
from collections.abc import Iterator

from shop.checks.check_tiers import given_ids
from shop.checks.findings import Finding, warning
from shop.model import Conditions, Gifts, Level, Shop
from shop.tree import Path


def check(shop: Shop) -> Iterator[Finding]:
    lowest = shop.levels[0]
    if lowest.conditions is not None:
        message = f"the first level, {lowest.name}, has conditions: a new member would have no level"
        yield Finding(("levels", 0, "conditions"), message, "Put a level without conditions first.")
    if lowest.valid_months is not None:
        message = f"the first level, {lowest.name}, cannot end: there is none below it"
        yield Finding(("levels", 0, "valid_months"), message, "Delete valid_months here.")
    for index, level in enumerate(shop.levels):
        path: Path = ("levels", index)
        if index:
            yield from _after(shop.levels[index - 1], level, path)
        yield from _lasting(level, path)
        yield from _gifts(shop, level, path, is_lowest=index == 0)


def _after(below: Level, level: Level, path: Path) -> Iterator[Finding]:
    asked = _figures(level.conditions)
    if not asked:
        message = f"{level.name} asks for nothing, so everyone would have it"
        yield Finding((*path, "conditions"), message, "Name visits, spent or topped_up.")
        return
    before = _figures(below.conditions)
    no_shorter = _window_days(level.conditions) >= _window_days(below.conditions)
    for name in sorted(asked.keys() & before.keys()):
        if asked[name] < before[name] and no_shorter:
            message = f"{level.name} asks for less than {below.name}, which stands before it"
            remedy = "Order levels from the lowest to the highest."
            yield Finding((*path, "conditions", name), message, remedy)
    if before and asked == before and _window_days(level.conditions) == _window_days(below.conditions):
        message = f"{level.name} asks for the same as {below.name}"
        yield Finding((*path, "conditions"), message, "Ask for more, or drop one of the two.")
    if level.member_price_percent > below.member_price_percent:
        yield warning((*path, "member_price_percent"), f"{level.name} pays more than {below.name}")
    if level.points_rate_percent < below.points_rate_percent:
        yield warning((*path, "points_rate_percent"), f"{level.name} earns fewer points than {below.name}")


def _figures(conditions: Conditions | None) -> dict[str, int]:
    if conditions is None:
        return {}
    figures = {
        "visits": conditions.visits,
        "spent": conditions.spent_fen,
        "topped_up": conditions.topped_up_fen,
    }
    return {name: figure for name, figure in figures.items() if figure is not None}


def _window_days(conditions: Conditions | None) -> float:
    if conditions is None or (conditions.within_days is None and conditions.within_months is None):
        return math.inf
    return conditions.within_days or 30.4 * (conditions.within_months or 0)


def _lasting(level: Level, path: Path) -> Iterator[Finding]:
    conditions = level.conditions
    if conditions is not None and conditions.within_days and conditions.within_months:
        message = f"{level.name} counts within days and within months"
        yield Finding((*path, "conditions", "within_months"), message, "Keep one of the two.")
    if level.grace_days and level.valid_months is None:
        message = f"{level.name} never ends, so there is no grace after it"
        yield Finding((*path, "grace_days"), message, "Write valid_months, or delete grace_days.")
    windowed = math.isfinite(_window_days(conditions))
    if windowed and level.valid_months is None:
        message = f"{level.name} counts a window of time but is kept for ever once it is reached"
        yield warning((*path, "conditions"), message, "Write valid_months, unless that is what you mean.")
    if level.valid_months is not None and conditions is not None and not windowed:
        message = f"{level.name} ends, but what once reached it counts for ever: it is always renewed"
        yield warning((*path, "valid_months"), message, "Write within_months under conditions.")


def _gifts(shop: Shop, level: Level, path: Path, *, is_lowest: bool) -> Iterator[Finding]:
    if is_lowest and level.on_reaching is not None:
        message = f"nobody reaches {level.name}: everybody begins with it"
        yield Finding((*path, "on_reaching"), message, "Put the gifts into another level.")
    for name in ("on_reaching", "monthly", "birthday"):
        gifts: Gifts | None = getattr(level, name)
        if gifts is None:
            continue
        if gifts == Gifts():
            remedy = "Write points, coupons or entitlements; or delete it."
            yield Finding((*path, name), f"{name} of {level.name} gives nothing", remedy)
        yield from given_ids(shop, (*path, name), gifts.coupons, gifts.entitlements)
