"""Packs: what they are good for, and whether their price makes sense (row B5)."""

from __future__ import annotations

from collections.abc import Iterator

from shop.checks.findings import Finding, repeated, unknown, warning
from shop.model import Pack, Shop
from shop.tree import Path


def check(shop: Shop) -> Iterator[Finding]:
    ids: list[tuple[Path, str]] = [(("packs", index), pack.id) for index, pack in enumerate(shop.packs)]
    yield from repeated(ids, "Give every pack an id of its own; an id that is in use must not change.")
    items = {item.id for item in (*shop.services, *shop.goods)}
    for index, pack in enumerate(shop.packs):
        path: Path = ("packs", index)
        if pack.id in items:
            message = f"the id “{pack.id}” is also that of a service or of goods"
            yield Finding((*path, "id"), message, "Give the pack an id of its own, such as facial_10.")
        yield from _good_for(shop, path, pack)
        yield from _price(shop, path, pack)


def _good_for(shop: Shop, path: Path, pack: Pack) -> Iterator[Finding]:
    yield from unknown((*path, "services"), pack.services, [each.id for each in shop.services], "service")
    yield from unknown((*path, "goods"), pack.goods, [each.id for each in shop.goods], "goods")
    if not pack.items:
        message = f"{pack.name} is good for nothing: it names no services and no goods"
        yield Finding(path, message, "Write services: [the ids it can be used for], or goods.")
    if pack.unit != "times" and pack.goods:
        message = f"{pack.name} counts {pack.unit}, and goods are taken by the piece"
        yield Finding((*path, "unit"), message, "Write unit: times, or take the goods away.")


def _price(shop: Shop, path: Path, pack: Pack) -> Iterator[Finding]:
    known = {item.id: item.list_fen for item in (*shop.services, *shop.goods)}
    lists = [known[item] for item in pack.items if item in known]
    if pack.unit == "times" and lists and pack.price_fen > max(lists) * pack.amount:
        message = f"{pack.name} costs more than its {pack.amount} times bought one by one"
        yield warning((*path, "price"), message, "Lower the price, or raise the amount.")
    if not pack.price_fen:
        message = f"{pack.name} costs nothing at the counter"
        yield warning(
            (*path, "price"), message, "Write what it costs; as a gift it is given by a tier or a level."
        )
