"""Kinds of coupons: the figures each type needs, what it covers, whether anybody could use it (row D2)."""

from __future__ import annotations

from collections.abc import Iterator

from shop.checks.findings import Finding, repeated, unknown, warning
from shop.coupons import covers
from shop.model import CouponKind, Shop
from shop.money import short_fen
from shop.tree import Path

# Field of the file → what it is in the model, by the types that use it.
_FIGURES = {
    "off": "off_fen",
    "over": "over_fen",
    "percent": "percent",
    "cap": "cap_fen",
    "price": "price_fen",
    "pay": "pay_fen",
    "wake": "wake_fen",
    "gift": "gift_fen",
    "points": "points",
}
_NEEDED = {
    "amount": {"off"},
    "percent": {"percent"},
    "item": set[str](),
    "doubling": {"pay", "wake"},
    "top_up": set[str](),
}
_ALLOWED = {
    "amount": {"off", "over"},
    "percent": {"percent", "over", "cap"},
    "item": {"price", "over"},
    "doubling": {"pay", "wake"},
    "top_up": {"over", "gift", "points"},
}
# What a purchase asks and a top-up does not.
_OF_PURCHASES = ("items", "categories", "not_items", "not_categories", "group")


def check(shop: Shop) -> Iterator[Finding]:
    ids: list[tuple[Path, str]] = [(("coupons", index), kind.id) for index, kind in enumerate(shop.coupons)]
    yield from repeated(ids, "Give every coupon an id of its own; an id that is in use must not change.")
    for index, kind in enumerate(shop.coupons):
        path: Path = ("coupons", index)
        yield from _figures(path, kind)
        yield from _references(shop, path, kind)
        yield from _terms(path, kind)
        yield from _stacking(shop, path, kind)
        yield from _sense(shop, path, kind)


def _figures(path: Path, kind: CouponKind) -> Iterator[Finding]:
    written = {name for name, field in _FIGURES.items() if getattr(kind, field) not in (None, 0)}
    if kind.price_fen == 0:
        written.add("price")
    for name in sorted(_NEEDED[kind.kind] - written):
        yield Finding(
            path, f"{kind.name} has no {name}", f"Write {name}: a coupon of kind {kind.kind} needs it."
        )
    for name in sorted(written - _ALLOWED[kind.kind]):
        message = f"a coupon of kind {kind.kind} has no {name}"
        choice = ", ".join(sorted(_ALLOWED[kind.kind]))
        yield Finding((*path, name), message, f"Delete it, or change kind; this kind has: {choice}.")
    if kind.kind == "top_up" and not written & {"gift", "points"}:
        yield Finding(path, f"{kind.name} gives nothing", "Write gift: 20 (yuan), or points.")
    if kind.kind == "item" and not kind.items and not kind.categories:
        yield Finding(path, f"{kind.name} names nothing it is for", "Write items: [ids], or categories.")


def _references(shop: Shop, path: Path, kind: CouponKind) -> Iterator[Finding]:
    items = [each.id for each in (*shop.services, *shop.goods)]
    categories = [each.id for each in shop.categories]
    for name in ("items", "not_items"):
        yield from unknown((*path, name), getattr(kind, name), items, "service or goods")
    for name in ("categories", "not_categories"):
        yield from unknown((*path, name), getattr(kind, name), categories, "category")
    yield from unknown((*path, "stores"), kind.stores, [store.id for store in shop.stores], "store")


def _terms(path: Path, kind: CouponKind) -> Iterator[Finding]:
    if kind.valid_days is None and kind.valid_until is None:
        remedy = "Write valid_days: 30, or valid_until: 2026-12-31."
        yield Finding(path, f"{kind.name} would never end", remedy)
    limits = {"held_at_once": kind.held_at_once, "per_month": kind.per_month}
    for name, limit in limits.items():
        if limit is not None and kind.in_total is not None and limit > kind.in_total:
            yield warning((*path, name), f"{name} of {kind.name} is above in_total, which comes first")
    if kind.hours.strip() in ("休息", "closed"):
        yield Finding((*path, "hours"), f"{kind.name} could never be used", "Write hours, or delete it.")


def _stacking(shop: Shop, path: Path, kind: CouponKind) -> Iterator[Finding]:
    if kind.group is not None and kind.stacking == "alone":
        message = f"{kind.name} goes alone, so a group says nothing"
        yield Finding((*path, "group"), message, "Delete it, or write stacking: others.")
    if kind.kind == "percent" and kind.per_purchase > 1:
        message = f"{kind.name} would take a percentage of a percentage"
        yield Finding((*path, "per_purchase"), message, "Write 1, or delete it.")
    if kind.per_purchase > shop.quote.coupons_at_most:
        most = shop.quote.coupons_at_most
        yield warning(
            (*path, "per_purchase"), f"a purchase takes at most {most} coupons (quote.coupons_at_most)"
        )
    if kind.kind == "top_up":
        for name in _OF_PURCHASES:
            if getattr(kind, name):
                message = f"{kind.name} is for top-ups, which have no {name}"
                yield Finding((*path, name), message, "Delete it.")


def _sense(shop: Shop, path: Path, kind: CouponKind) -> Iterator[Finding]:
    sold = (*shop.services, *shop.goods)
    if kind.kind != "top_up" and sold and not any(covers(kind, item) for item in sold):
        message = f"{kind.name} covers nothing that the shop sells"
        yield Finding(path, message, "Look at items, categories, not_items and not_categories.")
    if kind.kind == "amount" and kind.over_fen and (kind.off_fen or 0) >= kind.over_fen:
        yield warning(
            (*path, "off"), f"{kind.name} takes off all of its threshold {short_fen(kind.over_fen)}"
        )
    if kind.kind == "doubling" and (kind.wake_fen or 0) > (kind.pay_fen or 0):
        yield warning((*path, "wake"), f"{kind.name} wakes more than is paid")
    if kind.kind == "top_up" and kind.over_fen and kind.over_fen > shop.top_up.maximum_fen:
        message = f"nobody can reach {kind.name}: it is above top_up.maximum"
        yield Finding((*path, "over"), message, "Lower it.")
