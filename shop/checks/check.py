"""What types cannot see: references, order, overlaps and collisions between the parts of a shop."""

from __future__ import annotations

import string
from collections.abc import Iterator, Sequence
from typing import get_args

from shop.checks import (
    check_booking,
    check_campaigns,
    check_coupons,
    check_levels,
    check_packs,
    check_points,
    check_referral,
    check_reminders,
    check_stores,
    check_tiers,
)
from shop.checks.findings import Finding, Severity, repeated, unknown
from shop.model import (
    LAW_CARD_CAP_FEN,
    Entry,
    Item,
    RoleId,
    Shop,
    normal_word,
)
from shop.money import short_fen
from shop.texts import TEXTS
from shop.tree import Path

__all__ = ["Finding", "Severity", "check", "placeholders"]


def check(shop: Shop) -> list[Finding]:
    """All findings of a shop whose types are right."""
    return [
        *_duplicate_ids(shop),
        *_references(shop),
        *_collisions(shop),
        *check_tiers.check(shop),
        *check_booking.check(shop),
        *check_levels.check(shop),
        *check_points.check(shop),
        *check_packs.check(shop),
        *check_coupons.check(shop),
        *check_stores.check(shop),
        *check_referral.check(shop),
        *check_reminders.check(shop),
        *check_campaigns.check(shop),
        *_rewards(shop),
        *_prices(shop),
        *_special_days(shop),
        *_roles_and_law(shop),
        *_texts(shop),
    ]


def _duplicate_ids(shop: Shop) -> Iterator[Finding]:
    lists: dict[Path, list[str]] = {
        ("stores",): [store.id for store in shop.stores],
        ("categories",): [category.id for category in shop.categories],
        ("technicians",): [technician.id for technician in shop.technicians],
        ("top_up", "tiers"): [tier.id for tier in shop.top_up.tiers],
        ("rewards",): [reward.id for reward in shop.rewards],
        ("payment_methods",): [method.id for method in shop.payment_methods],
        ("roles",): [role.id for role in shop.roles],
    }
    remedy = "Give every entry an id of its own; an id that is in use must not change."
    for path, ids in lists.items():
        yield from repeated([((*path, index), used) for index, used in enumerate(ids)], remedy)
    yield from repeated([(path, item.id) for path, item in _items(shop)], remedy)
    levels: list[tuple[Path, str]] = [
        (("levels", index), level.id) for index, level in enumerate(shop.levels)
    ]
    yield from repeated(levels, "Levels go up from the lowest to the highest; none can come back.")


def _items(shop: Shop) -> Iterator[tuple[Path, Item]]:
    for kind, items in (("services", shop.services), ("goods", shop.goods)):
        for index, item in enumerate(items):
            yield (kind, index), item


def _references(shop: Shop) -> Iterator[Finding]:
    stores = [store.id for store in shop.stores]
    technicians = [technician.id for technician in shop.technicians]
    for path, item in _items(shop):
        categories = [category.id for category in shop.categories]
        yield from unknown((*path, "category"), [item.category], categories, "category", indexed=False)
        prices = [price.level for price in item.member_prices]
        yield from unknown((*path, "member_prices"), prices, [level.id for level in shop.levels], "level")
    for index, service in enumerate(shop.services):
        path = ("services", index, "technicians")
        yield from unknown(path, service.technicians, technicians, "technician")
    for index, technician in enumerate(shop.technicians):
        yield from unknown(("technicians", index, "stores"), technician.stores, stores, "store")


def _collisions(shop: Shop) -> Iterator[Finding]:
    words: dict[str, Sequence[tuple[Path, Entry]]] = {
        "services and goods": list(_items(shop)),
        "stores": _entries("stores", shop.stores),
        "rewards": _entries("rewards", shop.rewards),
        "packs": _entries("packs", shop.packs),
        "coupons": _entries("coupons", shop.coupons),
        "payment methods": _entries("payment_methods", shop.payment_methods),
    }
    for kind, entries in words.items():
        yield from _colliding(entries, kind, "error")
    yield from _colliding(_entries("technicians", shop.technicians), "technicians", "warning")


def _entries(name: str, entries: Sequence[Entry]) -> list[tuple[Path, Entry]]:
    return [((name, index), entry) for index, entry in enumerate(entries)]


def _colliding(entries: Sequence[tuple[Path, Entry]], kind: str, severity: Severity) -> Iterator[Finding]:
    owner: dict[str, Entry] = {}
    for path, entry in entries:
        words: list[tuple[Path, str]] = [((*path, "name"), entry.name)]
        words += [((*path, "aliases", index), alias) for index, alias in enumerate(entry.aliases)]
        for where, word in words:
            first = owner.setdefault(normal_word(word), entry)
            if first is not entry:
                message = f"“{word}” already means {first.name} among the {kind}"
                yield Finding(where, message, "Take it away from one of them, or make it longer.", severity)


def _rewards(shop: Shop) -> Iterator[Finding]:
    known = {"service": [item.id for item in shop.services], "goods": [item.id for item in shop.goods]}
    for index, reward in enumerate(shop.rewards):
        path: Path = ("rewards", index)
        if reward.kind == "cash":
            if reward.value_fen is None:
                yield Finding(path, f"{reward.name} has no value", "Write value: 20 (yuan off).")
            if reward.item is not None:
                yield Finding((*path, "item"), "a cash reward has no item", "Delete item, or change kind.")
            continue
        if reward.value_fen is not None:
            yield Finding((*path, "value"), "only a cash reward has a value", "Delete value, or change kind.")
        if reward.item is None:
            yield Finding(path, f"{reward.name} names no item", f"Write item: and the id of a {reward.kind}.")
        else:
            yield from unknown((*path, "item"), [reward.item], known[reward.kind], reward.kind, indexed=False)


def _prices(shop: Shop) -> Iterator[Finding]:
    for path, item in _items(shop):
        for index, price in enumerate(item.member_prices):
            if price.price_fen > item.list_fen:
                message = f"the member price of {item.name} is above its list price"
                yield Finding((*path, "member_prices", index, "price"), message, "Lower it.")


def _special_days(shop: Shop) -> Iterator[Finding]:
    for index, store in enumerate(shop.stores):
        days = [day.date for day in store.special_days]
        for number, day in enumerate(days):
            if day in days[:number]:
                where = ("stores", index, "special_days", number, "date")
                yield Finding(where, f"{day} is written twice for {store.name}", "Keep one.")


def _roles_and_law(shop: Shop) -> Iterator[Finding]:
    written = {role.id for role in shop.roles}
    for role in get_args(RoleId):
        if role not in written:
            remedy = f"Add {{id: {role}, name: …, per_entry: …, per_day: …}}."
            yield Finding(("roles",), f"the role “{role}” is missing", remedy)
    if shop.law.card_cap_fen > LAW_CARD_CAP_FEN:
        message = f"this is above the legal cap of {short_fen(LAW_CARD_CAP_FEN)} for a named card"
        remedy = "Keep it only where another rule applies to your trade."
        yield Finding(("law", "card_cap"), message, remedy, "warning")


def _texts(shop: Shop) -> Iterator[Finding]:
    for name, wording in shop.texts.sentences.items():
        path: Path = ("texts", "sentences", name)
        if name not in TEXTS:
            yield Finding(
                path, f"there is no text “{name}”", "`zhanggui shop texts` lists those you can change."
            )
            continue
        allowed = sorted(placeholders(TEXTS[name]))
        try:
            used = placeholders(wording)
        except ValueError:
            yield Finding(path, "a brace { or } stands alone", "Write {{ or }} for a brace that is shown.")
            continue
        for lost in sorted(set(allowed) - used):
            message = f"{{{lost}}} is left out, so nobody is told it"
            yield Finding(path, message, "Check that this is what you mean.", "warning")
        for extra in sorted(used.difference(allowed)):
            choice = ", ".join(f"{{{each}}}" for each in allowed) or "none"
            yield Finding(path, f"{{{extra}}} cannot be filled in here", f"This text can have: {choice}.")


def placeholders(template: str) -> set[str]:
    """Names in braces, with anything after a dot or bracket, so that {shop.name} is not taken for {shop}.

    ValueError for unbalanced braces.
    """
    parts = string.Formatter().parse(template)
    return {
        name + (f"!{conversion}" if conversion else "") + (f":{form}" if form else "")
        for _, name, form, conversion in parts
        if name is not None
    }
