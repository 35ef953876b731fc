"""What stores change of head office's rules, against what they were allowed to (row C4)."""

from __future__ import annotations

from collections.abc import Iterator

from shop.checks.findings import Finding, unknown
from shop.fields import Hours
from shop.model import Overrides, Shop, StoreMayChange, Tier, Week
from shop.money import short_fen
from shop.tree import Path

_ASK = "Ask head office to allow it under store_may_change, or delete it."


def check(shop: Shop) -> Iterator[Finding]:
    yield from _bounds(shop.store_may_change)
    for index, store in enumerate(shop.stores):
        if store.overrides is None:
            continue
        path: Path = ("stores", index, "overrides")
        yield from _hours(shop, path, store.overrides)
        yield from _tiers(shop, path, store.id, store.overrides)
        yield from _points(shop, path, store.overrides)
        yield from _minimum(shop, path, store.overrides)
        yield from _prices(shop, path, store.overrides)


def _bounds(may: StoreMayChange) -> Iterator[Finding]:
    path: Path = ("store_may_change",)
    if may.points_percent and may.points_percent.min > may.points_percent.max:
        yield Finding((*path, "points_percent", "min"), "min is above max", "Exchange the two.")
    if may.top_up_minimum and may.top_up_minimum.min_fen > may.top_up_minimum.max_fen:
        yield Finding((*path, "top_up_minimum", "min"), "min is above max", "Exchange the two.")
    if may.hours == ():
        yield Finding((*path, "hours"), "no store could open", "Write the widest hours, such as 08:00-23:00.")


def _not_allowed(path: Path, what: str) -> Finding:
    return Finding(path, f"head office does not let stores change {what}", _ASK)


def _hours(shop: Shop, path: Path, own: Overrides) -> Iterator[Finding]:
    if own.hours is None:
        return
    bounds = shop.store_may_change.hours
    if bounds is None:
        yield _not_allowed((*path, "hours"), "opening hours")
        return
    for day in Week.model_fields:
        hours: Hours | None = getattr(own.hours, day)
        for span in hours or ():
            inside = any(
                bound.opens_minute <= span.opens_minute and span.closes_minute <= bound.closes_minute
                for bound in bounds
            )
            if not inside:
                remedy = "Keep within store_may_change.hours."
                message = "these hours are outside what head office allows"
                yield Finding((*path, "hours", day), message, remedy)


def _tiers(shop: Shop, path: Path, store_id: str, own: Overrides) -> Iterator[Finding]:
    known = [tier.id for tier in shop.top_up.tiers if not tier.stores or store_id in tier.stores]
    changes = [change.tier for change in own.tiers]
    for number, change in enumerate(own.tiers):
        where = (*path, "tiers", number)
        yield from unknown((*where, "tier"), [change.tier], known, "tier of this store", indexed=False)
        if change.tier in changes[:number]:
            yield Finding((*where, "tier"), f"the tier “{change.tier}” is named twice", "Keep one.")
        if change.gift_fen is None and change.points is None:
            yield Finding(where, "nothing is changed here", "Write gift or points, or delete the entry.")
        if change.tier in known:
            tier = shop.tier(change.tier)
            yield from _tier_gift(shop, where, tier, change.gift_fen)
            yield from _tier_points(shop, where, tier, change.points)


def _tier_gift(shop: Shop, where: Path, tier: Tier, gift_fen: int | None) -> Iterator[Finding]:
    percent = shop.store_may_change.tier_gift_percent
    if gift_fen is None:
        return
    if percent is None:
        yield _not_allowed((*where, "gift"), "the gift of a tier")
        return
    low, high = _span(tier.gift_fen, percent)
    if not low <= gift_fen <= high:
        message = f"a gift of {short_fen(gift_fen)} for {tier.name} is out of bounds"
        remedy = f"Write {short_fen(low)} to {short_fen(high)}: ±{percent} % of {short_fen(tier.gift_fen)}."
        yield Finding((*where, "gift"), message, remedy)


def _tier_points(shop: Shop, where: Path, tier: Tier, points: int | None) -> Iterator[Finding]:
    percent = shop.store_may_change.tier_points_percent
    if points is None:
        return
    if percent is None:
        yield _not_allowed((*where, "points"), "the points of a tier")
        return
    low, high = _span(tier.points, percent)
    if not low <= points <= high:
        message = f"{points} points for {tier.name} are out of bounds"
        yield Finding((*where, "points"), message, f"Write {low} to {high}: ±{percent} % of {tier.points}.")


def _span(base: int, percent: int) -> tuple[int, int]:
    """Whole fen or points within ±percent: the bounds themselves are allowed."""
    return -(-base * (100 - percent) // 100), base * (100 + percent) // 100


def _points(shop: Shop, path: Path, own: Overrides) -> Iterator[Finding]:
    bounds = shop.store_may_change.points_percent
    if own.points_percent is None:
        return
    if bounds is None:
        yield _not_allowed((*path, "points_percent"), "how many points are earned")
    elif not bounds.min <= own.points_percent <= bounds.max:
        message = f"{own.points_percent} % of head office's points is out of bounds"
        yield Finding((*path, "points_percent"), message, f"Write {bounds.min} to {bounds.max}.")


def _minimum(shop: Shop, path: Path, own: Overrides) -> Iterator[Finding]:
    bounds = shop.store_may_change.top_up_minimum
    if own.top_up_minimum_fen is None:
        return
    where = (*path, "top_up_minimum")
    if bounds is None:
        yield _not_allowed(where, "the smallest top-up")
    elif not bounds.min_fen <= own.top_up_minimum_fen <= bounds.max_fen:
        message = f"a smallest top-up of {short_fen(own.top_up_minimum_fen)} is out of bounds"
        remedy = f"Write {short_fen(bounds.min_fen)} to {short_fen(bounds.max_fen)}."
        yield Finding(where, message, remedy)
    elif own.top_up_minimum_fen > shop.top_up.maximum_fen:
        yield Finding(where, "the smallest top-up is above the largest", "Lower it.")


def _prices(shop: Shop, path: Path, own: Overrides) -> Iterator[Finding]:
    percent = shop.store_may_change.price_percent
    lists = {item.id: item.list_fen for item in (*shop.services, *shop.goods)}
    changes = [change.item for change in own.prices]
    for number, change in enumerate(own.prices):
        where = (*path, "prices", number)
        kind = "service or goods"
        yield from unknown((*where, "item"), [change.item], list(lists), kind, indexed=False)
        if change.item in changes[:number]:
            yield Finding((*where, "item"), f"“{change.item}” is named twice", "Keep one.")
        if percent is None:
            yield _not_allowed((*where, "price"), "list prices")
        elif change.item in lists:
            low, high = _span(lists[change.item], percent)
            if not low <= change.price_fen <= high:
                message = f"a price of {short_fen(change.price_fen)} is out of bounds"
                remedy = f"Write {short_fen(low)} to {short_fen(high)}: ±{percent} % of head office's."
                yield Finding((*where, "price"), message, remedy)
