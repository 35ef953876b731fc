"""Head office sets the rules, a store changes what it was allowed to (row C4)."""

from __future__ import annotations

from decimal import Decimal
from functools import lru_cache
from typing import TypeVar

from shop.model import Good, Overrides, PointsRules, Service, Shop, Tier, TopUpRules

_Sold = TypeVar("_Sold", Service, Good)


def for_store(shop: Shop, store_id: str) -> Shop:
    """The rules that hold in that store: head office's with the store's own put in.

    The same object as `shop` where the store changes nothing but its hours (`Store.opening` has those). The
    result is for asking rules only: `Shop.version` that is kept on transfers is head office's.

    Raises:
        UnknownIdError: there is no such store.
    """
    own = shop.store(store_id).overrides
    if own is None or not (own.tiers or own.points_percent or own.top_up_minimum_fen or own.prices):
        return shop
    return _changed(shop, store_id)


@lru_cache(maxsize=256)
def _changed(shop: Shop, store_id: str) -> Shop:
    own = shop.store(store_id).overrides or Overrides()
    return shop.model_copy(
        update={
            "top_up": _top_up(shop, own),
            "points": _points(shop.points, own.points_percent),
            "services": tuple(_priced(item, own) for item in shop.services),
            "goods": tuple(_priced(item, own) for item in shop.goods),
        }
    )


def _top_up(shop: Shop, own: Overrides) -> TopUpRules:
    changes = {change.tier: change for change in own.tiers}
    tiers: list[Tier] = []
    for tier in shop.top_up.tiers:
        change = changes.get(tier.id)
        update: dict[str, object] = {}
        if change is not None and change.gift_fen is not None:
            update["gift_fen"] = change.gift_fen
        if change is not None and change.points is not None:
            update["points"] = change.points
        tiers.append(tier.model_copy(update=update) if update else tier)
    minimum_fen = own.top_up_minimum_fen or shop.top_up.minimum_fen
    return shop.top_up.model_copy(update={"minimum_fen": minimum_fen, "tiers": tuple(tiers)})


def _points(rules: PointsRules, percent: int | None) -> PointsRules:
    if percent is None:
        return rules
    factor = Decimal(percent) / 100
    names = ("per_yuan_outside", "per_yuan_stored", "per_yuan_top_up")
    return rules.model_copy(update={name: getattr(rules, name) * factor for name in names})


def _priced(item: _Sold, own: Overrides) -> _Sold:
    price_fen = next((change.price_fen for change in own.prices if change.item == item.id), None)
    if price_fen is None:
        return item
    kept = tuple(p for p in item.member_prices if p.price_fen <= price_fen)
    return item.model_copy(update={"list_fen": price_fen, "member_prices": kept})
