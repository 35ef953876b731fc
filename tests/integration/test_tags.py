"""Tags: the database and the pure rules find the same, for one member and for everybody (row F3)."""

from __future__ import annotations

import random
from dataclasses import asdict, replace
from typing import get_args

import pytest
from campaign_support import Town, shop_with
from rules_kit import RICH
from sqlalchemy import Engine

from actions import campaign_reports, campaigns
from ledger.reports import habits
from shop import tags
from shop.files import loads
from shop.model import Shop, Tag, TagRules
from shop.tags import Habits

RULE = "- {{id: {0}, name: 活动, text: 你好, held_out_percent: 0, rest_days: 0, for: {{tags: [{0}]}}, "
RULE += "trigger: {{on: member_day, when: {{month_days: [20]}}}}}}"
LIMITS = "coupon_sensitive: {visits_from: 2, percent: 50}\n  price_sensitive: {visits_from: 3, each_to: 60}"
TAGS: tuple[Tag, ...] = get_args(Tag)


def shop_of_tags(limits: str = "") -> Shop:
    shop = shop_with("\n".join(RULE.format(tag) for tag in TAGS))
    return shop.model_copy(update={"tags": tags_of(limits)}) if limits else shop


def tags_of(limits: str) -> TagRules:
    return loads(f"{RICH}tags:\n  {limits}\n").tags


def found_by_rules(town: Town, members: list[int]) -> dict[Tag, set[int]]:
    with town.engine.connect() as connection:
        rows = habits.of_members(connection, members, town.now)
    own = {member: tags.of(town.shop, Habits(**asdict(row))) for member, row in rows.items()}
    return {tag: {member for member in members if tag in own[member]} for tag in TAGS}


def found_by_campaigns(town: Town) -> dict[Tag, set[int]]:
    campaigns.sweep(town.house)
    return {tag: set(town.chosen(tag)) for tag in TAGS}


def test_each_tag_finds_whom_it_means(engine: Engine) -> None:
    """Median price of this shop: ¥39.90; twice that is much."""
    town = Town(engine, shop_of_tags())
    often, by_pack, seldom, saver, loyal, mixed, undone = town.join_many(7)
    for days in range(6):
        town.buys(often, 3000, days_ago=days, category="home", item="mask")
        town.buys(by_pack, 1, days_ago=days, list_fen=19800, category="abc"[days % 3])
    town.buys(seldom, 58000, days_ago=3)
    for days in range(3):
        bought = town.buys(saver, 19800, days_ago=days, category=("care", "home", "pack")[days])
        if days:
            town.uses_coupon(saver, bought)
    for category in ("care", "care", "home"):
        town.buys(loyal, 5000, days_ago=100, category=category)
    for category in ("care", "home", "pack"):
        town.buys(mixed, 5000, days_ago=10, category=category)
    for days in range(6):
        town.reverses(undone, town.buys(undone, 1000, days_ago=days))
    expected = {
        "price_sensitive": {often},
        "quality_seeking": {seldom},
        "coupon_sensitive": {saver},
        "favourite_category": {often, loyal},
    }
    members = [often, by_pack, seldom, saver, loyal, mixed, undone]
    assert found_by_rules(town, members) == expected
    assert found_by_campaigns(town) == expected


def test_limits_are_the_owners(engine: Engine) -> None:
    town = Town(engine, shop_of_tags("price_sensitive: {visits_from: 2, each_to: 100}"))
    at_limit, above, once = town.join_many(3)
    for member, fen in ((at_limit, 10000), (above, 10001)):
        for days in (1, 2):
            town.buys(member, fen, days_ago=days)
    town.buys(once, 100)
    assert found_by_campaigns(town)["price_sensitive"] == {at_limit}


def test_one_member_and_all_members_are_judged_alike(engine: Engine) -> None:
    chance = random.Random(7)
    town = Town(engine, shop_of_tags(LIMITS))
    members = town.join_many(40)
    for member in members:
        for _ in range(chance.choice((0, 1, 2, 3, 6, 8))):
            bought = town.buys(
                member,
                chance.choice((1500, 3990, 3991, 7980, 20000)),
                days_ago=chance.choice((1, 30, 89.9, 90.1, 150, 181)),
                category=chance.choice(("care", "home")),
            )
            if chance.random() < 0.4:
                town.uses_coupon(member, bought)
            elif chance.random() < 0.15:
                town.reverses(member, bought)
    by_rules = found_by_rules(town, members)
    assert all(by_rules[tag] for tag in TAGS)
    assert found_by_campaigns(town) == by_rules


def test_the_owner_sees_tags_before_it_runs(engine: Engine) -> None:
    town = Town(engine, shop_of_tags())
    member = town.joins()
    town.buys(member, 58000, days_ago=3)
    found = campaign_reports.preview(town.house, "quality_seeking")
    assert found.tags == {member: ("品质追求",)}


@pytest.mark.parametrize(
    ("habit", "expected"),
    [
        (Habits(), ()),
        (Habits(visits=6, worth_fen=6 * 3990), ("price_sensitive",)),
        (Habits(visits=6, worth_fen=6 * 3990 + 1), ()),
        (Habits(visits=5, worth_fen=5), ()),
        (Habits(visits=2, worth_fen=2 * 7980), ("quality_seeking",)),
        (Habits(visits=2, worth_fen=2 * 7980 - 1), ()),
        (Habits(visits=3, worth_fen=3 * 7980), ()),
        (Habits(visits=5, worth_fen=50000, coupon_visits=3), ("coupon_sensitive",)),
        (Habits(visits=5, worth_fen=50000, coupon_visits=2), ()),
        (Habits(bought=3, of_category=2, category="care"), ("favourite_category",)),
        (Habits(bought=2, of_category=2, category="care"), ()),
        (Habits(bought=5, of_category=2, category="care"), ()),
    ],
)
def test_the_rules_at_their_limits(habit: Habits, expected: tuple[str, ...]) -> None:
    assert tags.of(shop_of_tags(), habit) == expected


def test_tags_read_as_the_shop_says_them() -> None:
    shop = shop_of_tags()
    liked = Habits(visits=6, worth_fen=6, bought=6, of_category=6, category="care")
    assert tags.named(shop, liked) == ("价格敏感", "偏爱护理")
    assert tags.named(shop, replace(liked, category="gone")) == ("价格敏感", "偏爱一类项目")
