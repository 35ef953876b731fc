"""Points: by way of paying, campaign, line and store; what they are worth (row B3)."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rules_kit import changed, local, rich_shop

from shop import points
from shop.files import loads
from shop.model import CashValue, EarnedBy
from shop.points import Occasion, PaidLine
from shop.tiers import HeldMultiplier, MemberFacts

SHOP = rich_shop()
FRESH, MATURE = SHOP.level("fresh"), SHOP.level("mature")
ORDINARY = local(2026, 10, 20, 12)
BOUGHT_LATELY = local(2026, 10, 1)
LATER = local(2026, 12, 1)
FEN = st.integers(0, 1_000_000)


def occasion(
    at: datetime = ORDINARY,
    *,
    birthday: date | None = None,
    last: datetime = BOUGHT_LATELY,
    store_id: str = "main",
) -> Occasion:
    facts = MemberFacts(
        level_id="fresh", joined_at=local(2026, 1, 1), last_purchase_at=last, birthday=birthday
    )
    return Occasion(store_id, at, facts)


@pytest.mark.parametrize(
    ("at", "birthday", "last", "expected"),
    [
        (ORDINARY, None, BOUGHT_LATELY, 200),
        (local(2026, 11, 7, 23, 59), None, BOUGHT_LATELY, 200),
        (local(2026, 11, 8), None, BOUGHT_LATELY, 400),
        (ORDINARY, date(1990, 10, 31), BOUGHT_LATELY, 600),
        (local(2026, 11, 8), date(1990, 11, 1), BOUGHT_LATELY, 600),  # the higher one, not both
        (local(2026, 2, 28), date(1992, 2, 29), BOUGHT_LATELY, 600),
        (local(2026, 12, 30), None, BOUGHT_LATELY, 800),  # 90 days away
        (local(2026, 12, 29, 23), None, BOUGHT_LATELY, 200),
    ],
)
def test_the_best_campaign_multiplies(
    at: datetime, birthday: date | None, last: datetime, expected: int
) -> None:
    when = occasion(at, birthday=birthday, last=last)
    assert points.earned(SHOP, FRESH, stored_fen=10_000, outside_fen=0, occasion=when) == expected


def test_without_an_occasion_no_campaign_counts() -> None:
    assert points.earned(SHOP, FRESH, 10_000, 10_000) == 300


def test_a_category_multiplies_its_own_lines_only() -> None:
    lines = (PaidLine("care", 10_000), PaidLine("home", 4_000))
    assert points.earned(SHOP, FRESH, 0, 14_000, lines=lines, occasion=occasion()) == 100 + 60
    half_stored = points.earned(SHOP, FRESH, 7_000, 7_000, lines=lines, occasion=occasion())
    assert half_stored == 150 + 90  # each line bears half of both ways of paying


def test_a_stores_own_percentage() -> None:
    assert points.earned(SHOP, FRESH, 10_000, 0, occasion=occasion(store_id="east")) == 300
    assert points.by_amount(SHOP, "east", 10_000) == 75


def test_points_of_a_top_up_follow_level_and_campaign() -> None:
    assert points.by_amount(SHOP, "main", 30_000) == 150
    assert points.by_amount(SHOP, "main", 30_000, MATURE) == 180
    assert points.by_amount(SHOP, "main", 30_000, MATURE, occasion(local(2026, 11, 8))) == 180
    away = occasion(local(2026, 12, 30))
    assert points.by_amount(SHOP, "main", 30_000, MATURE, away) == 720


def test_rounding_down_or_half_up_by_purchase_or_by_line() -> None:
    lines = (PaidLine("care", 150), PaidLine("care", 150))

    def earned(rounding: str, per: str) -> int:
        text = changed(
            "  per_yuan_outside: 1\n", f"  per_yuan_outside: 1\n  rounding: {rounding}\n  round_per: {per}\n"
        )
        return points.earned(loads(text), FRESH, 0, 300, lines=lines)

    assert [earned("down", "purchase"), earned("down", "line")] == [3, 2]
    assert [earned("half_up", "purchase"), earned("half_up", "line")] == [3, 4]


@given(FEN, FEN, st.lists(st.tuples(st.sampled_from(["care", "home"]), st.integers(1, 10**6)), max_size=6))
def test_lines_change_nothing_without_campaigns(
    stored_fen: int, outside_fen: int, split: list[tuple[str, int]]
) -> None:
    lines = tuple(PaidLine(*each) for each in split)
    whole = points.earned(SHOP, MATURE, stored_fen, outside_fen)
    assert points.earned(SHOP, MATURE, stored_fen, outside_fen, lines=lines) == whole
    assert whole == (2 * stored_fen + outside_fen) * 120 // 10_000


@given(FEN, FEN, FEN, st.sampled_from(["main", "east"]), st.integers(1, 28))
def test_more_money_and_stored_money_never_earn_less(
    stored_fen: int, outside_fen: int, more_fen: int, store_id: str, day: int
) -> None:
    when = occasion(local(2026, 11, day), store_id=store_id)
    base = points.earned(SHOP, FRESH, stored_fen, outside_fen, occasion=when)
    assert points.earned(SHOP, FRESH, stored_fen + more_fen, outside_fen, occasion=when) >= base
    moved = points.earned(SHOP, FRESH, stored_fen + outside_fen, 0, occasion=when)
    assert moved >= base >= 0


@pytest.mark.parametrize(
    ("bill_fen", "held", "expected"),
    [
        (10_000, 99, (0, 0)),
        (10_000, 100, (100, 100)),
        (10_000, 999, (900, 900)),
        (10_000, 100_000, (5000, 5000)),  # at most half of the bill
        (150, 1000, (0, 0)),  # a step is worth more than half of it
        (0, 1000, (0, 0)),
    ],
)
def test_what_points_pay(bill_fen: int, held: int, expected: tuple[int, int]) -> None:
    paid = points.payment(SHOP, bill_fen, held)
    assert (paid.points, paid.fen) == expected


@given(FEN, st.integers(0, 10**7), st.integers(1, 500), st.integers(1, 500), st.integers(1, 100))
def test_points_never_pay_more_than_their_share_nor_more_than_are_held(
    bill_fen: int, held: int, per_yuan: int, step: int, percent: int
) -> None:
    value = CashValue(points_per_yuan=per_yuan, step=step, max_percent=percent)
    shop = SHOP.model_copy(update={"points": SHOP.points.model_copy(update={"cash_value": value})})
    paid = points.payment(shop, bill_fen, held)
    assert 0 <= paid.points <= held
    assert paid.points % step == 0
    assert paid.fen * 100 <= bill_fen * percent
    assert paid.fen == paid.points * 100 // per_yuan
    assert (paid.fen == 0) == (paid.points == 0)


def test_a_shop_without_a_cash_value_takes_no_points() -> None:
    shop = loads(changed("  cash_value: {points_per_yuan: 100, step: 100, max_percent: 50}\n", ""))
    assert points.payment(shop, 10_000, 10_000) == points.PointsPayment(0, 0)


def multiplied(
    *times: int | str,
    at: datetime = ORDINARY,
    earned_by: EarnedBy = "all",
    since: datetime = BOUGHT_LATELY,
    until: datetime = LATER,
) -> Occasion:
    """The occasion of a member who holds these multipliers of his own."""
    own = tuple(HeldMultiplier(Fraction(each), earned_by, since, until, f"key:{each}") for each in times)
    facts = MemberFacts(
        level_id="fresh", joined_at=local(2026, 1, 1), last_purchase_at=BOUGHT_LATELY, multipliers=own
    )
    return Occasion("main", at, facts)


def test_the_best_of_campaign_and_own_multipliers_counts() -> None:
    for when, expected in (
        (multiplied(3), 600),
        (multiplied(3, "1.5", 2), 600),
        (multiplied("1.5", at=local(2026, 11, 8)), 400),  # the shop's double day is worth more
        (multiplied(3, at=local(2026, 11, 8)), 600),
        (multiplied(3, earned_by="top_ups"), 200),
    ):
        assert points.earned(SHOP, FRESH, stored_fen=10_000, outside_fen=0, occasion=when) == expected


def test_stacked_multiplies_the_best_of_both_kinds() -> None:
    rules = SHOP.points.model_copy(update={"multipliers": "stacked"})
    shop = SHOP.model_copy(update={"points": rules})
    when = multiplied(3, 2, at=local(2026, 11, 8))
    assert points.earned(shop, FRESH, stored_fen=10_000, outside_fen=0, occasion=when) == 200 * 2 * 3
    assert points.by_amount(shop, "main", 10_000, FRESH, when) == 50 * 3  # the day is for purchases only


def test_it_holds_from_its_start_until_before_its_end() -> None:
    until, moment = local(2026, 10, 28), timedelta(microseconds=1)
    for at, expected in (
        (BOUGHT_LATELY - moment, 200),
        (BOUGHT_LATELY, 400),
        (until - moment, 400),
        (until, 200),
    ):
        when = multiplied(2, at=at, until=until)
        assert points.earned(SHOP, FRESH, stored_fen=10_000, outside_fen=0, occasion=when) == expected


def test_of_a_top_up_the_tiers_points_are_multiplied_too() -> None:
    tier = SHOP.tier("big")
    plain = points.beyond_tier(SHOP, "main", 80_000, tier, FRESH, multiplied())
    assert plain == 400
    assert points.beyond_tier(SHOP, "main", 80_000, tier, FRESH, multiplied(3)) == 2 * 1000 + 3 * 400
    assert points.beyond_tier(SHOP, "main", 80_000, None, FRESH, multiplied(3)) == 3 * 400
    odd = tier.model_copy(update={"points": 333})
    assert points.beyond_tier(SHOP, "main", 80_000, odd, FRESH, multiplied("1.5")) == 166 + 600  # down


@given(FEN, FEN, st.lists(st.sampled_from(["1.01", "1.5", "2", "7"]), max_size=3))
def test_a_multiplier_never_costs_points(stored: int, outside: int, times: list[str]) -> None:
    plain = points.earned(SHOP, FRESH, stored, outside, occasion=multiplied())
    more = points.earned(SHOP, FRESH, stored, outside, occasion=multiplied(*times))
    assert plain <= more <= max([plain] + [int(Fraction(each) * (plain + 1)) + 1 for each in times])
