"""Levels (row D1): which one a member's figures earn, what is missing to the next, and the price it gives."""

from __future__ import annotations

from dataclasses import dataclass

from shop.model import Conditions, Good, Level, Service, Shop
from shop.money import short_fen

_UNITS_FEN = {"fen": 1, "jiao": 10, "yuan": 100}


@dataclass(frozen=True)
class Missing:
    """What a member still lacks: 0 is reached, None is not asked for. `any_one`: one figure is enough."""

    visits: int | None
    spent_fen: int | None
    topped_up_fen: int | None
    any_one: bool


@dataclass(frozen=True)
class NextLevel:
    level: Level
    missing: Missing


def level_for(shop: Shop, visits: int, spent_fen: int, topped_up_fen: int) -> Level:
    """The highest level whose conditions the figures meet; the first level asks for nothing."""
    met = [level for level in shop.levels if _is_met(level, visits, spent_fen, topped_up_fen)]
    return met[-1]


def next_level(
    shop: Shop, visits: int, spent_fen: int, topped_up_fen: int, current: Level | None = None
) -> NextLevel | None:
    """The first level above `current` (the level of the figures, if not given) that is not met yet.

    None at the top.
    """
    reached = shop.levels.index(current or level_for(shop, visits, spent_fen, topped_up_fen))
    for level in shop.levels[reached + 1 :]:
        if not _is_met(level, visits, spent_fen, topped_up_fen) and level.conditions is not None:
            return NextLevel(level, _missing(level.conditions, visits, spent_fen, topped_up_fen))
    return None


def _is_met(level: Level, visits: int, spent_fen: int, topped_up_fen: int) -> bool:
    if level.conditions is None:
        return True
    missing = _missing(level.conditions, visits, spent_fen, topped_up_fen)
    reached = [figure == 0 for figure in _asked(missing)]
    return any(reached) if missing.any_one else all(reached)


def _missing(conditions: Conditions, visits: int, spent_fen: int, topped_up_fen: int) -> Missing:
    return Missing(
        visits=_short(conditions.visits, visits),
        spent_fen=_short(conditions.spent_fen, spent_fen),
        topped_up_fen=_short(conditions.topped_up_fen, topped_up_fen),
        any_one=conditions.match == "any",
    )


def _short(asked: int | None, has: int) -> int | None:
    return None if asked is None else max(asked - has, 0)


def _asked(missing: Missing) -> list[int]:
    figures = (missing.visits, missing.spent_fen, missing.topped_up_fen)
    return [figure for figure in figures if figure is not None]


def missing_text(missing: Missing) -> str:
    """再到店 2 次，或再充 ¥300: what to do for the next level; figures that are reached are left out."""
    parts = [
        f"再到店 {missing.visits} 次" if missing.visits else "",
        f"再消费 {short_fen(missing.spent_fen)}" if missing.spent_fen else "",
        f"再充 {short_fen(missing.topped_up_fen)}" if missing.topped_up_fen else "",
    ]
    return ("，或" if missing.any_one else "，并").join(part for part in parts if part)


def member_price_fen(shop: Shop, level: Level, item: Service | Good) -> int:
    """The price of one unit for a member of that level, in fen; never above the list price.

    A price set by hand for the level goes first. Otherwise the level's percentage of the list price, rounded
    down to the shop's `member_price_rounding` (fen, jiao or yuan), in the member's favour; where that would
    make a thing free, it is rounded down to the fen instead. Items of `fixed_price` keep their list price.
    """
    for price in item.member_prices:
        if price.level == level.id:
            return price.price_fen
    if item.fixed_price or level.member_price_percent == 100:
        return item.list_fen
    exact = item.list_fen * level.member_price_percent // 100
    unit = _UNITS_FEN[shop.member_price_rounding]
    return exact // unit * unit or exact
