"""The nightly sweep over many members: the short form of tests/soak/test_campaign_soak.py (row E2)."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import pytest
from campaign_support import DAY, NOW, Town, shop_with
from racing_kit import at_once
from rules_kit import local
from sqlalchemy import Engine
from sweep_support import NOW as LOADED_AT
from sweep_support import assert_chosen_once, choose, filled, no_member_in_memory

from actions import campaigns
from shop.model import Shop

MEMBERS = 12_000


def test_two_schedulers_over_many_members(engine: Engine) -> None:
    house = filled(engine, MEMBERS)
    with no_member_in_memory():
        at_once([lambda: choose(house, LOADED_AT)] * 2)
    with engine.connect() as connection:
        first = connection.exec_driver_sql("SELECT count(*) FROM campaign_member").scalar_one()
    assert 0.7 * MEMBERS < first < 0.9 * MEMBERS
    assert choose(house, LOADED_AT) == 0
    second = choose(house, LOADED_AT + DAY)
    assert 0 < second < 0.02 * MEMBERS
    with no_member_in_memory():
        member_day = choose(house, LOADED_AT + 25 * DAY)
    assert member_day > MEMBERS
    assert_chosen_once(engine, first + second + member_day)


@pytest.mark.parametrize(("days", "months"), [(60, 2), (90, 3), (45, 4)])
def test_missed_categories_are_those_that_a_calendar_finds(engine: Engine, days: int, months: int) -> None:
    rule = f"{{on: category_missed, days: {days}, months: {months}}}"
    town = Town(
        engine,
        shop_with(
            f"- {{id: missed, name: 活动, text: 你好, held_out_percent: 0, rest_days: 0, trigger: {rule}}}"
        ),
    )
    chance = random.Random(days)
    bought: dict[int, list[tuple[datetime, str]]] = {}
    for member in town.join_many(25):
        bought[member] = list(_visits(chance, town.now))
        for at, category in bought[member]:
            town.buys(member, 100, days_ago=(town.now - at) / DAY, category=category, item=f"of_{category}")
    campaigns.choose_all(town.house, list(town.shop.campaigns), town.now)
    rows = town.all("SELECT member_id, occasion FROM campaign_member")
    expected = {
        member: found
        for member, visits in bought.items()
        if (found := _missed(town.shop, visits, town.now, days, months)) is not None
    }
    assert {row.member_id: row.occasion for row in rows} == expected
    assert 3 <= len(expected) <= 22  # else it says nothing


def _visits(chance: random.Random, now: datetime) -> list[tuple[datetime, str]]:
    """About monthly, now and then on the border of a month, in up to two categories."""
    visits = []
    for category in ("care", "home")[: chance.randint(1, 2)]:
        day = chance.randint(20, 120)
        for _ in range(chance.randint(1, 5)):
            at = now - timedelta(days=day, minutes=chance.randint(0, 1439))
            visits.append((at, category))
            day += chance.choice((14, 28, 31, 31, 45))
    return visits


def _missed(
    shop: Shop, visits: Sequence[tuple[datetime, str]], now: datetime, days: int, months: int
) -> str | None:
    """The occasion by the rule's words: the category bought last that was bought in each of the months."""
    found: list[tuple[datetime, str, int]] = []
    of: Mapping[str, list[datetime]] = {
        category: [at for at, other in visits if other == category] for _, category in visits
    }
    for category, moments in of.items():
        numbers = {each.year * 12 + each.month for each in (at.astimezone(shop.zone) for at in moments)}
        last = max(numbers)
        if max(moments) <= now - days * DAY and numbers >= set(range(last - months + 1, last + 1)):
            found.append((max(moments), category, last))
    if not found:
        return None
    _, category, last = max(found)
    return f"{category}:{last}"


def test_months_are_the_shop_s(engine: Engine) -> None:
    """Half past midnight on the first in Shanghai is still the month before in UTC."""
    town = Town(
        engine,
        shop_with(
            "- {id: missed, name: 活动, text: 你好, held_out_percent: 0,"
            " trigger: {on: category_missed, days: 60, months: 2}}"
        ),
    )
    both, one = town.join_many(2)
    for member, day in ((both, 31), (both, 1), (one, 1), (one, 2)):
        at = local(2026, 7, 31, 23) if day == 31 else local(2026, 8, day, 0) + timedelta(minutes=30)
        town.buys(member, 100, days_ago=(NOW - at) / DAY)
    campaigns.choose_all(town.house, list(town.shop.campaigns), town.now)
    rows = town.all("SELECT member_id, occasion FROM campaign_member")
    assert [tuple(row) for row in rows] == [(both, f"care:{2026 * 12 + 8}")]
