"""Levels: windows, winning, renewing, grace, losing; a level given for a time (row D1)."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rules_kit import ZONE, changed, local, rich_shop

from shop import levels
from shop.files import loads
from shop.levels import Figures, Held, Verdict
from shop.overrides import for_store

SHOP = rich_shop()
FRESH, GROWN, MATURE, LOYAL = SHOP.levels
NOW = local(2026, 10, 20, 12)


def held(level_id: str, until: datetime | None) -> Held:
    return Held(level_id, NOW - timedelta(days=400), until)


def judged(current: Held | None, earned: str, now: datetime = NOW) -> tuple[str, str] | None:
    verdict = levels.judge(SHOP, current, SHOP.level(earned), now)
    return (verdict.move, verdict.level.id) if verdict else None


def test_windows_begin_at_the_start_of_a_day() -> None:
    assert levels.window_starts(SHOP, local(2027, 3, 31, 9)) == (
        None,
        None,
        local(2026, 3, 31),
        local(2026, 3, 31),
    )
    assert levels.window_starts(SHOP, local(2028, 2, 29, 9))[2] == local(2027, 2, 28)
    by_days = loads(
        changed("{visits: 30, spent: 10000, within_months: 12}", "{visits: 30, within_days: 365}")
    )
    assert levels.window_starts(by_days, local(2028, 3, 1, 0, 30))[3] == local(2027, 3, 2)


def test_each_level_is_judged_by_its_own_window() -> None:
    ever, lately = Figures(visits=12), Figures(visits=2)
    assert levels.earned_level(SHOP, (ever, ever, lately, lately)) == GROWN
    assert levels.earned_level(SHOP, (ever, ever, ever, lately)) == MATURE
    ahead = levels.next_above(SHOP, (ever, ever, lately, lately), GROWN)
    assert ahead is not None
    assert levels.missing_text(ahead.missing) == "再到店 8 次，或再消费 ¥3,000"


@pytest.mark.parametrize(
    ("current", "earned", "expected"),
    [
        (None, "fresh", None),
        (None, "grown", ("up", "grown")),
        (held("grown", None), "grown", None),
        (held("grown", None), "fresh", None),  # no validity: kept
        (held("grown", None), "loyal", ("up", "loyal")),
        (held("mature", NOW + timedelta(microseconds=1)), "fresh", None),
        (held("mature", NOW), "mature", ("renewed", "mature")),
        (held("mature", NOW), "grown", None),  # in grace
        (held("mature", NOW - timedelta(days=31)), "grown", ("down", "grown")),
        (held("loyal", local(2026, 10, 20)), "mature", ("down", "mature")),  # no grace
        (held("gone", None), "grown", ("rules", "grown")),
    ],
)
def test_what_becomes_of_a_level(current: Held | None, earned: str, expected: tuple[str, str] | None) -> None:
    assert judged(current, earned) == expected


def test_grace_ends_at_the_shops_midnight() -> None:
    until = local(2027, 1, 30)
    assert levels.grace_ends(SHOP, MATURE, until) == local(2027, 3, 1)
    in_grace = Held("mature", NOW, until)
    assert judged(in_grace, "fresh", local(2027, 2, 28, 23, 59, 59)) is None
    assert judged(in_grace, "fresh", local(2027, 3, 1)) == ("down", "fresh")
    assert judged(in_grace, "mature", local(2027, 2, 15)) == ("renewed", "mature")


def test_validity_ends_after_the_last_day_of_the_term() -> None:
    assert levels.validity(SHOP, MATURE, local(2028, 2, 29, 12)) == local(2029, 3, 1)
    assert levels.validity(SHOP, MATURE, local(2026, 12, 31, 23)) == local(2028, 1, 1)
    assert levels.validity(SHOP, GROWN, NOW) is None


def test_a_level_given_for_a_time_never_lowers_the_own_one() -> None:
    until = local(2027, 4, 21)
    assert levels.given(SHOP, None, "mature", 6, NOW) == Verdict(MATURE, until, "given")
    assert levels.given(SHOP, held("grown", None), "mature", 6, NOW) == Verdict(MATURE, until, "given")
    assert levels.given(SHOP, held("loyal", NOW), "mature", 6, NOW) is None
    assert levels.given(SHOP, held("mature", None), "mature", 6, NOW) is None
    assert levels.given(SHOP, held("mature", until + timedelta(days=1)), "mature", 6, NOW) is None
    longer = levels.given(SHOP, held("mature", NOW + timedelta(days=9)), "mature", 6, NOW)
    assert longer == Verdict(MATURE, until, "given")


@given(
    st.sampled_from(SHOP.levels),
    st.sampled_from(SHOP.levels),
    st.integers(-500, 500),
    st.datetimes(datetime(2026, 1, 1), datetime(2030, 1, 1)),  # noqa: DTZ001
)
def test_judging_again_changes_nothing(own: object, earned: object, days_left: int, moment: datetime) -> None:
    now = moment.replace(tzinfo=ZONE)
    own_level = next(level for level in SHOP.levels if level == own)
    earned_level = next(level for level in SHOP.levels if level == earned)
    first = Held(own_level.id, now - timedelta(days=600), now + timedelta(days=days_left))
    verdict = levels.judge(SHOP, first, earned_level, now)
    if verdict is None:
        assert levels.rank(SHOP, earned_level.id) <= levels.rank(SHOP, own_level.id)
        return
    assert verdict.level == earned_level
    assert verdict.until is None or verdict.until > now
    assert levels.judge(SHOP, Held(verdict.level.id, now, verdict.until), earned_level, now) is None


def test_a_store_has_its_own_price_and_hours_and_the_rest_is_head_offices() -> None:
    east = for_store(SHOP, "east")
    assert levels.member_price_fen(east, GROWN, east.item("facial")) == 20_384
    assert levels.member_price_fen(SHOP, GROWN, SHOP.item("facial")) == 19_404
    assert east.item("mask") == SHOP.item("mask")
    assert east.top_up.minimum_fen == 20_000
    assert east.levels == SHOP.levels
    assert for_store(SHOP, "main") is SHOP
    assert for_store(SHOP, "east") is east  # made once
    with pytest.raises(KeyError):
        for_store(SHOP, "west")
