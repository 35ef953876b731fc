"""Levels (row D1): which one a member's figures earn, what is missing to the next, the price it gives;
how a level is won, renewed, kept in grace and lost.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Literal

from shop.days import local_day
from shop.model import Conditions, Good, Level, Service, Shop
from shop.money import short_fen
from shop.periods import add_months, end_of_months

_UNITS_FEN = {"fen": 1, "jiao": 10, "yuan": 100}


@dataclass(frozen=True)
class Figures:
    """What a member did within one level's window: purchases, fen spent, fen topped up (without gifts)."""

    visits: int = 0
    spent_fen: int = 0
    topped_up_fen: int = 0


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


def window_starts(shop: Shop, now: datetime) -> tuple[datetime | None, ...]:
    """For each level, from when on its figures are counted: the start of a day of the shop; None: ever."""
    return tuple(_window_start(shop, level.conditions, now) for level in shop.levels)


def _window_start(shop: Shop, conditions: Conditions | None, now: datetime) -> datetime | None:
    if conditions is None or (conditions.within_days is None and conditions.within_months is None):
        return None
    today = local_day(shop, now)
    if conditions.within_days is not None:
        first = today - timedelta(days=conditions.within_days)
    else:
        first = add_months(today, -(conditions.within_months or 0))
    return datetime.combine(first, time.min, tzinfo=shop.zone)


def earned_level(shop: Shop, figures: Sequence[Figures]) -> Level:
    """The highest level whose conditions are met by the figures of its own window (one for each level)."""
    return [level for level, own in zip(shop.levels, figures, strict=True) if _is_met(level, own)][-1]


def level_for(shop: Shop, visits: int, spent_fen: int, topped_up_fen: int) -> Level:
    """As `earned_level`, with the same figures for every level."""
    return earned_level(shop, [Figures(visits, spent_fen, topped_up_fen)] * len(shop.levels))


def next_above(shop: Shop, figures: Sequence[Figures], current: Level) -> NextLevel | None:
    """The first level above `current` that the figures do not meet yet; None at the top."""
    for level, own in list(zip(shop.levels, figures, strict=True))[rank(shop, current.id) + 1 :]:
        if level.conditions is not None and not _is_met(level, own):
            return NextLevel(level, _missing(level.conditions, own))
    return None


def next_level(
    shop: Shop, visits: int, spent_fen: int, topped_up_fen: int, current: Level | None = None
) -> NextLevel | None:
    """As `next_above`, with the same figures for every level; above what they earn when no level is given."""
    figures = [Figures(visits, spent_fen, topped_up_fen)] * len(shop.levels)
    return next_above(shop, figures, current or earned_level(shop, figures))


def rank(shop: Shop, level_id: str) -> int:
    """0 for the lowest; -1 for a level that the shop no longer has."""
    return next((place for place, level in enumerate(shop.levels) if level.id == level_id), -1)


def _is_met(level: Level, figures: Figures) -> bool:
    if level.conditions is None:
        return True
    missing = _missing(level.conditions, figures)
    reached = [figure == 0 for figure in _asked(missing)]
    return any(reached) if missing.any_one else all(reached)


def _missing(conditions: Conditions, figures: Figures) -> Missing:
    return Missing(
        visits=_short(conditions.visits, figures.visits),
        spent_fen=_short(conditions.spent_fen, figures.spent_fen),
        topped_up_fen=_short(conditions.topped_up_fen, figures.topped_up_fen),
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


Move = Literal["up", "down", "renewed", "given", "rules"]


@dataclass(frozen=True)
class Held:
    """The level a member holds: valid before `until`, None for ever."""

    level_id: str
    since: datetime
    until: datetime | None


@dataclass(frozen=True)
class Verdict:
    """The level a member has from now on, if it differs in anything from what he holds."""

    level: Level
    until: datetime | None
    move: Move


def validity(shop: Shop, level: Level, since: datetime) -> datetime | None:
    """The first moment at which a level won then is judged anew; None: never."""
    return None if level.valid_months is None else end_of_months(since, level.valid_months, shop.zone)


def grace_ends(shop: Shop, level: Level, until: datetime) -> datetime:
    """Until when a level whose validity has ended is kept by who no longer meets its conditions."""
    day = local_day(shop, until) + timedelta(days=level.grace_days)
    return datetime.combine(day, time.min, tzinfo=shop.zone)


def judge(shop: Shop, held: Held | None, earned: Level, now: datetime) -> Verdict | None:
    """What happens to a member's level now; None: nothing.

    Up at once when more is earned. Nothing is lost before the validity ends; then what is still earned is
    renewed, and what is not is kept for the days of grace and lost after them, down to what is earned.
    """
    if held is None:
        if rank(shop, earned.id) == 0:
            return None
        return Verdict(earned, validity(shop, earned, now), "up")
    held_rank, earned_rank = rank(shop, held.level_id), rank(shop, earned.id)
    if held_rank < 0:
        return Verdict(earned, validity(shop, earned, now), "rules")
    if earned_rank > held_rank:
        return Verdict(earned, validity(shop, earned, now), "up")
    if held.until is None or now < held.until:
        return None
    if earned_rank == held_rank:
        return Verdict(earned, validity(shop, earned, now), "renewed")
    if now < grace_ends(shop, shop.levels[held_rank], held.until):
        return None
    return Verdict(earned, validity(shop, earned, now), "down")


def given(shop: Shop, held: Held | None, level_id: str, months: int, now: datetime) -> Verdict | None:
    """A level given for a time, with a tier or by hand; None where the member has as much for as long."""
    level = shop.level(level_id)
    until = end_of_months(now, months, shop.zone)
    if held is not None:
        difference = rank(shop, held.level_id) - rank(shop, level_id)
        if difference > 0 or (difference == 0 and (held.until is None or held.until >= until)):
            return None
    return Verdict(level, until, "given")


def member_price_fen(shop: Shop, level: Level, item: Service | Good) -> int:
    """The price of one unit for a member of that level, in fen; never above the list price.

    A price set by hand for the level goes first. Otherwise the level's percentage of the list price, rounded
    down to the shop's `member_price_rounding` (fen, jiao or yuan), in the member's favour; where that would
    make a thing free, it is rounded down to the fen instead. Items of `fixed_price` keep their list price.
    A store's own list prices are in `shop.overrides.for_store(shop, store_id).item(…)`.
    """
    for price in item.member_prices:
        if price.level == level.id:
            return price.price_fen
    if item.fixed_price or level.member_price_percent == 100:
        return item.list_fen
    return percent_fen(shop, item.list_fen, level.member_price_percent)


def percent_fen(shop: Shop, list_fen: int, percent: int) -> int:
    """So many percent of a list price, rounded down as member prices are, but never to nothing."""
    exact = list_fen * percent // 100
    unit = _UNITS_FEN[shop.member_price_rounding]
    return exact // unit * unit or exact
