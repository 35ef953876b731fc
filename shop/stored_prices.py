"""Lower prices at certain hours for who pays with stored value: 工作日午市储值 8 折 (row C3)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from shop.days import holds
from shop.levels import percent_fen
from shop.model import Item, Shop, StoredPrice


def in_force(shop: Shop, store_id: str, now: datetime) -> tuple[StoredPrice, ...]:
    """Those that hold in that store at that moment (aware), whatever is bought."""
    local = now.astimezone(shop.zone)
    minute = local.hour * 60 + local.minute
    return tuple(
        each
        for each in shop.stored_value.prices
        if (not each.stores or store_id in each.stores)
        and holds(each.when, local.date())
        and (
            each.hours is None or any(span.opens_minute <= minute < span.closes_minute for span in each.hours)
        )
    )


def best_for(prices: Sequence[StoredPrice], item: Item) -> StoredPrice | None:
    """The lowest that covers the item; an item of a fixed price has none."""
    covering = [each for each in prices if not each.categories or item.category in each.categories]
    return min(covering, key=lambda each: each.percent) if covering and not item.fixed_price else None


def unit_fen(shop: Shop, prices: Sequence[StoredPrice], item: Item, member_fen: int) -> int:
    """The price of one unit in fen: the percentage of the list price, or the member's price if that is less.

    The two are never multiplied. Rounded down as level prices are (`shop.levels.percent_fen`).
    """
    best = best_for(prices, item)
    return member_fen if best is None else min(member_fen, percent_fen(shop, item.list_fen, best.percent))
