"""The lift of a campaign: Welch's interval holds what it promises, said in an owner's words (row E6)."""

from __future__ import annotations

import random

import pytest

from bot.settings import EXAMPLE_SHOP
from shop import lift
from shop.files import load
from shop.lift import Lift, Sample

SHOP = load(EXAMPLE_SHOP)


@pytest.mark.parametrize(
    ("freedom", "expected"), [(5, 2.5706), (10, 2.2281), (30, 2.0423), (100, 1.9840), (1e9, 1.9600)]
)
def test_the_quantile_of_student(freedom: float, expected: float) -> None:
    assert lift.student_quantile(0.975, freedom) == pytest.approx(expected, abs=0.001)


def test_the_interval_of_two_known_samples() -> None:
    """Worked by hand: means 20 and 15, error sqrt(4 + 1), 13.66 degrees of freedom."""
    low, high = lift.interval(Sample(10, 20.0, 40.0), Sample(20, 15.0, 20.0))
    assert (low, high) == pytest.approx((5 - 2.1499 * 5**0.5, 5 + 2.1499 * 5**0.5), abs=0.01)


def test_samples() -> None:
    assert lift.sample([]) == Sample(0)
    assert lift.sample([7]) == Sample(1, 7.0, 0.0)
    assert lift.sample([1, 2, 3, 4]) == Sample(4, 2.5, pytest.approx(5 / 3))


def _shoppers(chance: random.Random, count: int, *, comes: float, more_fen: int = 0) -> list[float]:
    """What members spend: most nothing, the others a skewed amount, as in a shop; fen."""
    return [
        chance.lognormvariate(9.5, 0.8) + more_fen if chance.random() < comes else 0.0 for _ in range(count)
    ]


@pytest.mark.parametrize("held_out", [100, 400])
def test_the_interval_covers_a_known_effect_in_95_of_100_runs(held_out: int) -> None:
    """The campaign brings 2 000 fen more of each who comes, and nobody else: 500 a member on average."""
    chance = random.Random(20261122)
    true_fen, runs, covered = 0.25 * 2000, 1000, 0
    for _ in range(runs):
        treated = lift.sample(_shoppers(chance, 900, comes=0.25, more_fen=2000))
        control = lift.sample(_shoppers(chance, held_out, comes=0.25))
        low, high = lift.interval(treated, control)
        covered += low <= true_fen <= high
    assert 0.925 <= covered / runs <= 0.975


def test_without_an_effect_it_is_seldom_claimed() -> None:
    chance = random.Random(7)
    claimed = 0
    for _ in range(400):
        groups = [lift.sample(_shoppers(chance, size, comes=0.3)) for size in (900, 200)]
        claimed += lift.lift(*groups).verdict != "unclear"
    assert claimed / 400 <= 0.08


@pytest.mark.parametrize(
    ("treated", "held_out", "verdict"),
    [
        (Sample(900, 2000.0, 1e6), Sample(100, 1000.0, 1e6), "more"),
        (Sample(900, 1000.0, 1e6), Sample(100, 2000.0, 1e6), "less"),
        (Sample(900, 1010.0, 1e6), Sample(100, 1000.0, 1e6), "unclear"),
        (Sample(900, 2000.0, 1e6), Sample(29, 1000.0, 1e6), "few"),
        (Sample(29, 2000.0, 1e6), Sample(100, 1000.0, 1e6), "few"),
        (Sample(900, 2000.0, 1e6), Sample(0), "none_held_out"),
        (Sample(900), Sample(100), "unclear"),
    ],
)
def test_verdicts(treated: Sample, held_out: Sample, verdict: str) -> None:
    assert lift.lift(treated, held_out).verdict == verdict


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (Lift("more", 900, 100, 321_234, 112_345, 536_000), "多带来约 ¥3,200，可能在 ¥1,100–5,400 之间"),
        (
            Lift("less", 900, 100, -50_000, -90_000, -10_000),
            "少了约 ¥500，可能在 ¥100–900 之间：这个活动没有带来生意",
        ),
        (
            Lift("unclear", 900, 100, 900, -120_000, 130_000),
            "看不出差别（可能在 少 ¥1,200 到 多 ¥1,300 之间）",
        ),
        (Lift("few", 12, 3), "人数太少，还看不出来（发了 12 位，对照 3 位，各要 30 位以上）"),
        (Lift("none_held_out", 12, 0), "没有留对照，看不出带来多少（在 held_out_percent 里写 10）"),
    ],
)
def test_in_an_owners_words(found: Lift, words: str) -> None:
    assert lift.in_words(SHOP, found) == words
