"""What types cannot see: references, order, overlaps and collisions between the parts of a shop."""

from __future__ import annotations

import string
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from shop.model import (
    LAW_CARD_CAP_FEN,
    Conditions,
    Entry,
    Item,
    Level,
    RoleId,
    Shop,
    Tier,
    normal_word,
)
from shop.money import short_fen
from shop.texts import TEXTS
from shop.tree import Path

Severity = Literal["error", "warning"]


@dataclass(frozen=True)
class Finding:
    """Something wrong (error) or doubtful (warning) at `path` of the file, and what to do about it."""

    path: Path
    message: str
    remedy: str
    severity: Severity = "error"


def check(shop: Shop) -> list[Finding]:
    """All findings of a shop whose types are right."""
    return [
        *_duplicate_ids(shop),
        *_references(shop),
        *_collisions(shop),
        *_tiers(shop),
        *_levels(shop),
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
        yield from _repeated([((*path, index), used) for index, used in enumerate(ids)], remedy)
    yield from _repeated([(path, item.id) for path, item in _items(shop)], remedy)
    levels: list[tuple[Path, str]] = [
        (("levels", index), level.id) for index, level in enumerate(shop.levels)
    ]
    yield from _repeated(levels, "Levels go up from the lowest to the highest; none can come back.")


def _repeated(ids: Iterable[tuple[Path, str]], remedy: str) -> Iterator[Finding]:
    seen: set[str] = set()
    for path, used in ids:
        if used in seen:
            yield Finding((*path, "id"), f"the id “{used}” is already taken", remedy)
        seen.add(used)


def _items(shop: Shop) -> Iterator[tuple[Path, Item]]:
    for kind, items in (("services", shop.services), ("goods", shop.goods)):
        for index, item in enumerate(items):
            yield (kind, index), item


def _references(shop: Shop) -> Iterator[Finding]:
    stores = [store.id for store in shop.stores]
    technicians = [technician.id for technician in shop.technicians]
    for path, item in _items(shop):
        categories = [category.id for category in shop.categories]
        yield from _unknown((*path, "category"), [item.category], categories, "category", indexed=False)
        prices = [price.level for price in item.member_prices]
        yield from _unknown((*path, "member_prices"), prices, [level.id for level in shop.levels], "level")
    for index, service in enumerate(shop.services):
        path = ("services", index, "technicians")
        yield from _unknown(path, service.technicians, technicians, "technician")
    for index, technician in enumerate(shop.technicians):
        yield from _unknown(("technicians", index, "stores"), technician.stores, stores, "store")
    for index, tier in enumerate(shop.top_up.tiers):
        yield from _unknown(("top_up", "tiers", index, "stores"), tier.stores, stores, "store")


def _unknown(
    path: Path, used: Sequence[str], known: Sequence[str], kind: str, *, indexed: bool = True
) -> Iterator[Finding]:
    for index, wanted in enumerate(used):
        where = (*path, index) if indexed else path
        if wanted not in known:
            choice = ", ".join(known[:12]) or "none is defined yet"
            yield Finding(where, f"there is no {kind} “{wanted}”", f"Use one of: {choice}.")
        elif wanted in used[:index]:
            yield Finding(where, f"the {kind} “{wanted}” is named twice", "Keep one.")


def _collisions(shop: Shop) -> Iterator[Finding]:
    words: dict[str, Sequence[tuple[Path, Entry]]] = {
        "services and goods": list(_items(shop)),
        "stores": _entries("stores", shop.stores),
        "rewards": _entries("rewards", shop.rewards),
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


def _tiers(shop: Shop) -> Iterator[Finding]:
    rules = shop.top_up
    if rules.minimum_fen > rules.maximum_fen:
        remedy = "The minimum has to be at most the maximum."
        yield Finding(("top_up", "minimum"), "the smallest top-up is above the largest", remedy)
    if rules.maximum_fen > shop.law.card_cap_fen:
        message = "the largest top-up is above the law's cap for one card (law.card_cap)"
        yield Finding(("top_up", "maximum"), message, "Lower it to the cap.")
    for index, tier in enumerate(rules.tiers):
        path: Path = ("top_up", "tiers", index)
        if not rules.minimum_fen <= tier.amount_fen <= rules.maximum_fen:
            message = f"nobody can reach {tier.name}: it is outside top_up.minimum and top_up.maximum"
            yield Finding((*path, "amount"), message, "Change the amount, or the minimum or maximum.")
        if tier.gift_fen > tier.amount_fen:
            message = f"{tier.name} gives more than is paid"
            yield Finding((*path, "gift"), message, "Check that this is what you mean.", "warning")
        yield from _against_others(shop, index, tier)


def _against_others(shop: Shop, index: int, tier: Tier) -> Iterator[Finding]:
    path: Path = ("top_up", "tiers", index)
    for other in shop.top_up.tiers[:index]:
        if not _share_a_store(tier, other):
            continue
        if tier.amount_fen == other.amount_fen:
            message = f"{tier.name} and {other.name} overlap: the same amount in the same store"
            yield Finding((*path, "amount"), message, "Change one amount, or give them different stores.")
        lower, higher = sorted((tier, other), key=lambda each: each.amount_fen)
        if lower.gift_fen > higher.gift_fen:
            message = f"{higher.name} gives less than the smaller {lower.name}"
            yield Finding((*path, "gift"), message, "Check that this is what you mean.", "warning")


def _share_a_store(one: Tier, other: Tier) -> bool:
    return not one.stores or not other.stores or not set(one.stores).isdisjoint(other.stores)


def _levels(shop: Shop) -> Iterator[Finding]:
    lowest = shop.levels[0]
    if lowest.conditions is not None:
        message = f"the first level, {lowest.name}, has conditions: a new member would have no level"
        yield Finding(("levels", 0, "conditions"), message, "Put a level without conditions first.")
    for index in range(1, len(shop.levels)):
        yield from _level_after(shop.levels[index - 1], shop.levels[index], ("levels", index))


def _level_after(below: Level, level: Level, path: Path) -> Iterator[Finding]:
    asked = _figures(level.conditions)
    if not asked:
        message = f"{level.name} asks for nothing, so everyone would have it"
        yield Finding((*path, "conditions"), message, "Name visits, spent or topped_up.")
        return
    before = _figures(below.conditions)
    shared = asked.keys() & before.keys()
    for name in sorted(shared):
        if asked[name] < before[name]:
            message = f"{level.name} asks for less than {below.name}, which stands before it"
            yield Finding(
                (*path, "conditions", name), message, "Order levels from the lowest to the highest."
            )
    if before and asked == before:
        message = f"{level.name} asks for the same as {below.name}"
        yield Finding((*path, "conditions"), message, "Ask for more, or drop one of the two.")
    if level.member_price_percent > below.member_price_percent:
        message = f"{level.name} pays more than {below.name}"
        remedy = "Check that this is what you mean."
        yield Finding((*path, "member_price_percent"), message, remedy, "warning")


def _figures(conditions: Conditions | None) -> dict[str, int]:
    if conditions is None:
        return {}
    figures = {
        "visits": conditions.visits,
        "spent": conditions.spent_fen,
        "topped_up": conditions.topped_up_fen,
    }
    return {name: figure for name, figure in figures.items() if figure is not None}


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
            yield from _unknown(
                (*path, "item"), [reward.item], known[reward.kind], reward.kind, indexed=False
            )


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
