"""Which tags a member's behaviour earns (row F3): pure rules over figures that are passed in.

The database chooses whole audiences by the same rules: `ledger.reports.habits.TAGS`, a line a tag.
"""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median_low

from shop import texts
from shop.model import Shop, Tag


@dataclass(frozen=True)
class Habits:
    """What a member did, as far as it stands (not reversed).

    Attributes:
        visits: purchases of the last 90 days; `worth_fen`: what was taken then, at list prices, so that a
            visit paid by a pack counts in full; `coupon_visits`: entries of that time that used a coupon.
        bought, of_category: units of the last 180 days: all, and those of `category`, the most bought one.
    """

    visits: int = 0
    worth_fen: int = 0
    coupon_visits: int = 0
    bought: int = 0
    of_category: int = 0
    category: str | None = None


@dataclass(frozen=True)
class Limits:
    """From where on each tag holds, all of it settled: the file's figures, or the shop's own prices."""

    often: int
    little_fen: int
    seldom: int
    much_fen: int
    coupon_visits: int
    coupon_percent: int
    favourite_bought: int
    favourite_percent: int


def limits(shop: Shop) -> Limits:
    """The limits of this shop; what its owner left open follows from the median of its list prices."""
    rules = shop.tags
    usual_fen = median_low([item.list_fen for item in (*shop.services, *shop.goods)] or [0])
    return Limits(
        often=rules.price_sensitive.visits_from,
        little_fen=rules.price_sensitive.each_to_fen or usual_fen,
        seldom=rules.quality_seeking.visits_to,
        much_fen=rules.quality_seeking.each_from_fen or 2 * usual_fen,
        coupon_visits=rules.coupon_sensitive.visits_from,
        coupon_percent=rules.coupon_sensitive.percent,
        favourite_bought=rules.favourite_category.bought_from,
        favourite_percent=rules.favourite_category.percent,
    )


def of(shop: Shop, habits: Habits) -> tuple[Tag, ...]:
    """The member's tags, in a fixed order."""
    at, visits = limits(shop), habits.visits
    holds: dict[Tag, bool] = {
        "price_sensitive": visits >= at.often and habits.worth_fen <= visits * at.little_fen,
        "quality_seeking": 1 <= visits <= at.seldom and habits.worth_fen >= visits * at.much_fen,
        "coupon_sensitive": visits >= at.coupon_visits
        and habits.coupon_visits * 100 >= visits * at.coupon_percent,
        "favourite_category": habits.bought >= at.favourite_bought
        and habits.of_category * 100 >= habits.bought * at.favourite_percent,
    }
    return tuple(tag for tag, held in holds.items() if held)


def named(shop: Shop, habits: Habits) -> tuple[str, ...]:
    """The tags as the shop's people read them: 价格敏感, 偏爱面部护理."""
    said = []
    for tag in of(shop, habits):
        names = {each.id: each.name for each in shop.categories}
        category = names.get(habits.category or "", "")
        said.append(texts.say(shop, f"tag_{tag}", category=category or texts.say(shop, "tag_some_category")))
    return tuple(said)
