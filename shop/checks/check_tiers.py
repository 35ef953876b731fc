"""Top-ups: bounds, tiers that overlap or that nobody can have, gifts that do not exist (row B2)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from shop.checks.findings import Finding, unknown, warning
from shop.days import may_meet
from shop.model import CouponGift, EntitlementGift, Segment, Shop, Tier, When
from shop.tree import Path


def check(shop: Shop) -> Iterator[Finding]:
    yield from _bounds(shop)
    for index, tier in enumerate(shop.top_up.tiers):
        path: Path = ("top_up", "tiers", index)
        yield from _reachable(shop, path, tier)
        yield from _gift(path, tier)
        yield from given_ids(shop, path, tier.coupons, tier.entitlements)
        yield from when(path, tier.when)
        yield from _segment(shop, path, tier)
        yield from _level(shop, path, tier)
        yield from _against_others(path, tier, shop.top_up.tiers[:index])


def _bounds(shop: Shop) -> Iterator[Finding]:
    rules = shop.top_up
    if rules.minimum_fen > rules.maximum_fen:
        remedy = "The minimum has to be at most the maximum."
        yield Finding(("top_up", "minimum"), "the smallest top-up is above the largest", remedy)
    if rules.maximum_fen > shop.law.card_cap_fen:
        message = "the largest top-up is above the law's cap for one card (law.card_cap)"
        yield Finding(("top_up", "maximum"), message, "Lower it to the cap.")


def _reachable(shop: Shop, path: Path, tier: Tier) -> Iterator[Finding]:
    if not shop.top_up.minimum_fen <= tier.amount_fen <= shop.top_up.maximum_fen:
        message = f"nobody can reach {tier.name}: it is outside top_up.minimum and top_up.maximum"
        yield Finding((*path, "amount"), message, "Change the amount, or the minimum or maximum.")
    limit = tier.limit
    if limit is not None and limit.total is None and limit.per_month is None:
        yield Finding((*path, "limit"), f"the limit of {tier.name} is empty", "Write total or per_month.")
    elif limit is not None and limit.total and limit.per_month and limit.per_month > limit.total:
        message = f"{tier.name} may be had more often in a month than at all"
        yield Finding((*path, "limit", "per_month"), message, "Lower per_month, or raise total.")


def _gift(path: Path, tier: Tier) -> Iterator[Finding]:
    if tier.gift_fen > tier.amount_fen:
        yield warning((*path, "gift"), f"{tier.name} gives more than is paid")
    if tier.instalments > 1 and tier.gift_fen < tier.instalments:
        message = f"{tier.name} has no gift that could come in {tier.instalments} parts"
        yield Finding((*path, "instalments"), message, "Write a gift, or delete instalments.")
    gives = tier.gift_fen or tier.points or tier.coupons or tier.entitlements or tier.level
    if not gives:
        remedy = "Write gift, points, coupons, entitlements or level; or delete the tier."
        yield warning(path, f"{tier.name} gives nothing", remedy)


def given_ids(
    shop: Shop, path: Path, coupons: Sequence[CouponGift], entitlements: Sequence[EntitlementGift]
) -> Iterator[Finding]:
    """Coupons and packs that are given must exist, and stand once in a list."""
    kinds = [kind.id for kind in shop.coupons]
    packs = [pack.id for pack in shop.packs]
    for number, coupon in enumerate(coupons):
        where = (*path, "coupons", number, "coupon")
        yield from unknown(where, [coupon.coupon], kinds, "coupon", indexed=False)
        if coupon.coupon in [other.coupon for other in coupons[:number]]:
            yield Finding(where, f"the coupon “{coupon.coupon}” is named twice", "Write one with its count.")
    for number, gift in enumerate(entitlements):
        where = (*path, "entitlements", number, "pack")
        yield from unknown(where, [gift.pack], packs, "pack", indexed=False)
        if gift.pack in [other.pack for other in entitlements[:number]]:
            yield Finding(where, f"the pack “{gift.pack}” is named twice", "Write one with its amount.")


def when(path: Path, days: When | None) -> Iterator[Finding]:
    """Days that never come, or that are written twice."""
    if days is None:
        return
    path = (*path, "when")
    if days == When():
        yield Finding(path, "it says nothing", "Write from, until, weekdays or month_days; or delete it.")
    if days.first_day and days.last_day and days.first_day > days.last_day:
        yield Finding((*path, "until"), "it ends before it begins", "Put the later date into until.")
    for name, written in (("weekdays", days.weekdays), ("month_days", days.month_days)):
        if len(set(written)) < len(written):
            yield Finding((*path, name), "a day is written twice", "Keep one.")


def _segment(shop: Shop, path: Path, tier: Tier) -> Iterator[Finding]:
    segment = tier.segment
    stores = [store.id for store in shop.stores]
    yield from unknown((*path, "stores"), tier.stores, stores, "store")
    if segment is None:
        return
    path = (*path, "for")
    levels = [level.id for level in shop.levels]
    yield from unknown((*path, "levels"), segment.levels, levels, "level")
    if segment == Segment():
        yield Finding(path, f"it is for everybody, as {tier.name} is without it", "Delete “for”.")
    if segment.joined_days and segment.dormant_days and segment.dormant_days > segment.joined_days:
        message = "who joined so lately cannot have been away so long"
        yield Finding((*path, "dormant_days"), message, "Raise joined_days, or keep one of the two.")


def _level(shop: Shop, path: Path, tier: Tier) -> Iterator[Finding]:
    if tier.level is None:
        return
    path = (*path, "level", "level")
    levels = [level.id for level in shop.levels]
    yield from unknown(path, [tier.level.level], levels, "level", indexed=False)
    if tier.level.level == levels[0]:
        message = f"{tier.name} gives the lowest level, which everybody has"
        yield Finding(path, message, "Name a higher one, or delete level.")


def _against_others(path: Path, tier: Tier, others: Sequence[Tier]) -> Iterator[Finding]:
    for other in others:
        if not _share_a_store(tier, other):
            continue
        if tier.amount_fen == other.amount_fen and tier.segment == other.segment and _rival_days(tier, other):
            message = f"{tier.name} and {other.name} overlap: the same amount in the same store"
            remedy = "Change one amount, or give them different stores, days (when) or members (for)."
            yield Finding((*path, "amount"), message, remedy)
        if tier.segment != other.segment or (tier.when is None) != (other.when is None):
            continue
        lower, higher = sorted((tier, other), key=lambda each: each.amount_fen)
        if lower.gift_fen > higher.gift_fen and not _has_extras(higher):
            yield warning((*path, "gift"), f"{higher.name} gives less than the smaller {lower.name}")


def _share_a_store(one: Tier, other: Tier) -> bool:
    return not one.stores or not other.stores or not set(one.stores).isdisjoint(other.stores)


def _rival_days(one: Tier, other: Tier) -> bool:
    """Both standing, both with dates that meet, or both on the same days of the week or month.

    Otherwise one stands over the other for some days, and is meant so.
    """
    if one.when is None or other.when is None:
        return one.when is other.when
    if _has_dates(one.when) != _has_dates(other.when):
        return False
    if _has_dates(one.when):
        return may_meet(one.when, other.when)
    weekdays = set(one.when.weekdays) & set(other.when.weekdays)
    return bool(weekdays or set(one.when.month_days) & set(other.when.month_days))


def _has_dates(days: When) -> bool:
    return days.first_day is not None or days.last_day is not None


def _has_extras(tier: Tier) -> bool:
    return bool(tier.coupons or tier.entitlements or tier.level)
