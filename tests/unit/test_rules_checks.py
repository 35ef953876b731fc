"""What an owner does wrong with tiers, levels, points, packs and a store's own rules is found, and where."""

from __future__ import annotations

import pytest
from rules_kit import RICH, changed

from shop import hours
from shop.files import Problem, inspect_content, loads

# (what is written, what instead, part of the message, severity); the finding's line is the change's.
WRONG = [
    # tiers
    ("small, name: 小档, amount: 300", "small, name: 小档, amount: -300", "negative", "error"),
    ("{first_top_up: true}", "{first_topup: true}", "no field “first_topup”", "error"),
    ("coupon: off20, count: 2", "coupon: off30, count: 2", "no coupon “off30”", "error"),
    ("pack: facial_10, amount: 2", "pack: facial_12, amount: 2", "no pack “facial_12”", "error"),
    ("level: mature, months: 6", "level: master, months: 6", "no level “master”", "error"),
    ("level: mature, months: 6", "level: fresh, months: 6", "lowest level", "error"),
    ("gift: 301\n      instalments: 3", "instalments: 3", "no gift that could come in 3 parts", "error"),
    ("until: 2026-11-11", "until: 2026-10-11", "ends before it begins", "error"),
    ("{month_days: [8, 29]}", "{month_days: [8, 8]}", "written twice", "error"),
    ("{month_days: [8, 29]}", "{}", "says nothing", "error"),
    ("{month_days: [8, 29]}", "{month_days: [32]}", "31 or less", "error"),
    ("{total: 1}", "{}", "limit of 双十一档 is empty", "error"),
    ("{per_month: 1}", "{per_month: 3, total: 2}", "more often in a month than at all", "error"),
    ("{dormant_days: 90}\n    - {id: big", "{}\n    - {id: big", "for everybody", "error"),
    ("for: {dormant_days: 90}", "for: {dormant_days: 90, joined_days: 30}", "so long", "error"),
    ("amount: 800, gift: 120, points: 1000", "amount: 800", "gives nothing", "warning"),
    # levels
    ("{visits: 30, spent: 10000,", "{visits: 5, spent: 10000,", "asks for less than 成熟会员", "error"),
    ("- {id: fresh, name: 新客}", "- {id: fresh, name: 新客, valid_months: 3}", "cannot end", "error"),
    (
        "- {id: fresh, name: 新客}",
        "- {id: fresh, name: 新客, on_reaching: {points: 1}}",
        "nobody reaches",
        "error",
    ),
    (
        "visits: 30, spent: 10000, within_months: 12",
        "visits: 30, within_months: 12, within_days: 9",
        "and within months",
        "error",
    ),
    ("    valid_months: 12\n    grace_days: 30", "    grace_days: 30", "no grace after it", "error"),
    ("    valid_months: 12\npoints:", "points:", "kept for ever", "elsewhere"),
    ("birthday: {points: 888}", "birthday: {}", "gives nothing", "error"),
    ("birthday: {points: 888}", "birthday: {coupons: [{coupon: nothing}]}", "no coupon “nothing”", "error"),
    (
        "points_rate_percent: 150\n    valid",
        "points_rate_percent: 110\n    valid",
        "earns fewer points",
        "warning",
    ),
    # points
    ("multiplier: 2,", "multiplier: 1,", "no more points", "error"),
    ("categories: [home]", "categories: [house]", "no category “house”", "error"),
    ("categories: [home]}", "categories: [home], earned_by: top_ups}", "a top-up has no category", "error"),
    ("{id: bday", "{id: day8", "already taken", "error"),
    ("points_per_yuan: 100,", "points_per_yuan: 2,", "worth 150 % of what was paid", "error"),
    ("points_per_yuan: 100,", "points_per_yuan: 10,", "up to 30 %", "warning"),
    # packs
    (", services: [facial], lifetime_months", ", lifetime_months", "good for nothing", "error"),
    ("services: [facial], lifetime", "services: [face], lifetime", "no service “face”", "error"),
    (
        "amount: 10, services: [facial]",
        "amount: 10, goods: [mask], unit: minutes",
        "taken by the piece",
        "error",
    ),
    (
        "facial_10, name: 做脸十次, price: 1680",
        "facial_10, name: 做脸十次, price: 2680",
        "more than its 10 times",
        "warning",
    ),
    (
        "facial_10, name: 做脸十次, price: 1680",
        "facial, name: 做脸十次, price: 1680",
        "also that of a service",
        "error",
    ),
    ("price: 1680, amount: 10", "price: 1680, amount: 0", "1 or more", "error"),
    # a store's own rules
    ("gift: 144", "gift: 144.01", "a gift of ¥144.01 for 大档 is out of bounds", "error"),
    ("gift: 144", "gift: 95.99", "out of bounds", "error"),
    ("points: 1500}", "points: 1501}", "1501 points for 大档 are out of bounds", "error"),
    ("{tier: big, gift: 144, points: 1500}", "{tier: big}", "nothing is changed", "error"),
    ("{tier: big,", "{tier: huge,", "no tier of this store “huge”", "error"),
    ("points_percent: 150", "points_percent: 151", "out of bounds", "error"),
    ("top_up_minimum: 200", "top_up_minimum: 301", "smallest top-up of ¥301 is out of bounds", "error"),
    ("{item: facial, price: 208}", "{item: facial, price: 217.81}", "out of bounds", "error"),
    ("{item: facial, price: 208}", "{item: nails, price: 208}", "no service or goods “nails”", "error"),
    (
        "{every_day: 09:00-22:00, mon: 休息}",
        "{every_day: 07:30-22:00}",
        "outside what head office allows",
        "error",
    ),
    ("{min: 80, max: 150}", "{min: 150, max: 149}", "min is above max", "error"),
    ("{min: 50, max: 300}", "{min: 301, max: 300}", "min is above max", "error"),
    ("hours: 08:00-23:00", "hours: 休息", "no store could open", "error"),
]


def found(content: str) -> list[Problem]:
    return inspect_content(content.encode()).problems


@pytest.mark.parametrize(("old", "new", "message", "severity"), WRONG)
def test_it_is_found_with_its_line_and_a_remedy(old: str, new: str, message: str, severity: str) -> None:
    content = changed(old, new)
    matching = [problem for problem in found(content) if message in problem.message]
    assert matching, found(content)
    problem = matching[0]
    assert problem.remedy
    assert problem.severity == (severity if severity != "elsewhere" else problem.severity)
    first = RICH[: RICH.index(old)].count("\n")
    near = range(first, first + new.count("\n") + 3)  # a missing field is told where its entry begins
    assert severity == "elsewhere" or problem.line in near


def test_the_shop_itself_has_nothing_to_correct() -> None:
    assert found(RICH) == []


@pytest.mark.parametrize(
    ("bound", "field"),
    [
        ("  hours: 08:00-23:00\n", "overrides.hours"),
        ("  tier_gift_percent: 20\n", "tiers[0].gift"),
        ("  tier_points_percent: 50\n", "tiers[0].points"),
        ("  points_percent: {min: 80, max: 150}\n", "overrides.points_percent"),
        ("  top_up_minimum: {min: 50, max: 300}\n", "overrides.top_up_minimum"),
        ("  price_percent: 10\n", "prices[0].price"),
    ],
)
def test_what_head_office_does_not_list_no_store_may_change(bound: str, field: str) -> None:
    problems = found(changed(bound, ""))
    assert [problem.field.endswith(field) for problem in problems] == [True]
    assert "does not let stores change" in problems[0].message
    assert "store_may_change" in problems[0].remedy


OVERLAPS = [
    ("amount: 800, gift: 120, points: 1000", "amount: 300, gift: 120, points: 1000", True),
    ("for: {dormant_days: 90}", "for: {first_top_up: true}", True),
    ("when: {month_days: [8, 29]}", "when: {from: 2026-11-11}", True),  # both with dates, the 11th in both
    ("when: {month_days: [8, 29]}", "when: {from: 2026-11-12}", False),
    ("when: {month_days: [8, 29]}", "when: {weekdays: [tue]}", False),
    ("amount: 800, gift: 120, points: 1000", "amount: 300, gift: 120, stores: [east]", True),
]


@pytest.mark.parametrize(("old", "new", "overlaps"), OVERLAPS)
def test_overlapping_tiers(old: str, new: str, overlaps: bool) -> None:
    problems = [problem for problem in found(changed(old, new)) if "overlap" in problem.message]
    assert bool(problems) is overlaps
    assert all("when" in problem.remedy for problem in problems)


def test_levels_in_a_circle() -> None:
    content = changed("  - id: loyal\n    name: 忠诚会员", "  - id: grown\n    name: 忠诚会员")
    problems = found(content)
    assert any("“grown” is already taken" in problem.message for problem in problems)
    assert any("none can come back" in problem.remedy for problem in problems)


def test_a_stores_own_hours_are_the_ones_that_are_told() -> None:
    shop = loads(RICH)
    assert hours.week_text(shop.store("east")) == "周一 休息，周二至周日 09:00–22:00"
    assert hours.week_text(shop.store("main")) == "每天 10:00–21:00"
    assert shop.catalogue().opening.opens.hour == 9
