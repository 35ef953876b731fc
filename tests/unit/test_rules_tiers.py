"""Which tier a top-up earns: threshold, store, days, member, limits; what the next one lacks (row B2)."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rules_kit import ZONE, changed, local, rich_shop

from shop import days, giving, tiers
from shop.files import loads
from shop.model import When
from shop.tiers import Chosen, MemberFacts, TierUses

SHOP = rich_shop()
ORDINARY = local(2026, 10, 20, 12)
REGULAR = MemberFacts(
    level_id="grown", joined_at=local(2026, 1, 5), top_ups=4, last_purchase_at=local(2026, 10, 1)
)


def chosen(
    yuan: int, facts: MemberFacts = REGULAR, now: datetime = ORDINARY, store_id: str = "main"
) -> Chosen:
    return tiers.choose(SHOP, store_id, yuan * 100, facts, now)


def tier_id(yuan: int, facts: MemberFacts = REGULAR, now: datetime = ORDINARY) -> str | None:
    tier = chosen(yuan, facts, now).tier
    return tier.id if tier else None


@pytest.mark.parametrize(
    ("yuan", "expected", "next_id", "missing"),
    [
        (299, None, "small", 1),
        (300, "small", "big", 500),
        (799, "small", "big", 1),
        (800, "big", "top", 700),
        (1000, "big", "top", 500),
        (1500, "top", None, None),
        (5000, "top", None, None),
    ],
)
def test_the_highest_tier_at_most_the_amount_and_the_way_to_the_next(
    yuan: int, expected: str | None, next_id: str | None, missing: int | None
) -> None:
    result = chosen(yuan)
    assert (result.tier.id if result.tier else None) == expected
    assert ((result.next[0].id, result.next[1] // 100) if result.next else (None, None)) == (next_id, missing)
    assert result.why.code == ("tier" if expected else "no_tier")


def test_the_first_top_up_has_its_own_tier_and_the_reason_says_over_which() -> None:
    fresh = MemberFacts(level_id="fresh", joined_at=ORDINARY)
    result = chosen(300, fresh)
    assert result.tier is not None
    assert result.tier.id == "first"
    assert result.why.values["worth_more_than"] == ["small"]
    again = chosen(300, MemberFacts(level_id="fresh", joined_at=ORDINARY, top_ups=1))
    assert again.tier is not None
    assert again.tier.id == "small"
    assert "first:first_top_up" in list(again.why.values["passed_over"])  # type: ignore[arg-type]


def test_dormant_counts_whole_days_of_the_shop() -> None:
    last = local(2026, 7, 22, 23, 59)
    away = MemberFacts(level_id="grown", joined_at=local(2026, 1, 5), top_ups=4, last_purchase_at=last)
    assert tier_id(300, away, local(2026, 10, 19, 23, 59)) == "small"  # 89 days
    assert tier_id(300, away, local(2026, 10, 20, 0, 0)) == "back"
    never = MemberFacts(level_id="fresh", joined_at=local(2026, 7, 22), top_ups=1)
    assert tier_id(300, never, local(2026, 10, 20)) == "back"


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        (local(2026, 10, 31, 23, 59, 59), "big"),
        (local(2026, 11, 1), "festival"),
        (local(2026, 11, 11, 23, 59, 59), "festival"),
        (local(2026, 11, 12), "big"),
        (local(2027, 2, 8, 12), "member_day"),
        (local(2027, 2, 28, 12), "big"),  # no 29th in that month
        (local(2028, 2, 29, 12), "member_day"),
        (local(2028, 3, 1), "big"),
    ],
)
def test_days_begin_and_end_at_the_shops_midnight(now: datetime, expected: str) -> None:
    assert tier_id(800, now=now) == expected


def test_of_two_of_one_threshold_the_one_worth_more_wins() -> None:
    both = local(2026, 11, 8)
    assert tier_id(800, now=both) == "festival"  # 200 against 160, and 120 with 1,000 points worth ¥10
    used = MemberFacts(**{**REGULAR.__dict__, "uses": {"festival": TierUses(total=1)}})
    assert tier_id(800, used, both) == "member_day"


def test_limits_are_per_month_and_in_all() -> None:
    on_the_8th = local(2026, 12, 8)
    uses = {"member_day": TierUses(total=3, this_month=1)}
    used = MemberFacts(**{**REGULAR.__dict__, "uses": uses})
    assert tier_id(800, used, on_the_8th) == "big"
    earlier = MemberFacts(**{**REGULAR.__dict__, "uses": {"member_day": TierUses(total=3, this_month=0)}})
    assert tier_id(800, earlier, on_the_8th) == "member_day"


def test_a_store_has_its_own_gift_within_its_bounds() -> None:
    here, there = chosen(800).tier, chosen(800, store_id="east").tier
    assert here is not None
    assert there is not None
    assert (here.gift_fen, here.points) == (12_000, 1000)
    assert (there.gift_fen, there.points) == (14_400, 1500)


def test_what_a_stranger_is_offered_are_the_tiers_of_a_newcomer() -> None:
    shown = tiers.offers(SHOP, "main", tiers.stranger(SHOP, ORDINARY), ORDINARY)
    assert [tier.id for tier in shown] == ["first", "big", "top"]
    assert [tier.id for tier in tiers.offers(SHOP, "main")] == ["small", "big", "top"]


@given(
    st.integers(1, 600_000),
    st.integers(1, 600_000),
    st.sampled_from(["main", "east"]),
    st.integers(0, 3),
    st.datetimes(datetime(2026, 1, 1), datetime(2028, 12, 31)),  # noqa: DTZ001
)
def test_more_money_never_earns_a_smaller_threshold(
    one: int, other: int, store_id: str, top_ups: int, moment: datetime
) -> None:
    now = moment.replace(tzinfo=ZONE)
    facts = MemberFacts(level_id="fresh", joined_at=now - timedelta(days=200), top_ups=top_ups)
    small, large = (tiers.choose(SHOP, store_id, fen, facts, now) for fen in sorted((one, other)))
    assert (small.tier.amount_fen if small.tier else 0) <= (large.tier.amount_fen if large.tier else 0)
    for amount_fen, result in zip(sorted((one, other)), (small, large), strict=True):
        if result.tier is not None:
            assert result.tier.amount_fen <= amount_fen
            applicable = tiers.offers(SHOP, store_id, facts, now)
            assert result.tier == [t for t in applicable if t.amount_fen <= amount_fen][-1]
        if result.next is not None:
            assert result.next[0].amount_fen == amount_fen + result.next[1]


@given(
    st.integers(0, 1_000_000),
    st.integers(1, 36),
    st.datetimes(datetime(2026, 1, 1), datetime(2030, 1, 1)),  # noqa: DTZ001
)
def test_instalments_add_up_and_come_once_a_month(gift_fen: int, parts: int, moment: datetime) -> None:
    tier = SHOP.tier("top").model_copy(update={"gift_fen": gift_fen, "instalments": parts})
    paid_at = moment.replace(tzinfo=ZONE)
    made = tiers.instalments(SHOP, tier, paid_at)
    assert sum(fen for fen, _ in made) == gift_fen
    months = [due.year * 12 + due.month for _, due in made]
    assert months == list(range(months[0], months[0] + len(months))) if months else gift_fen == 0
    assert max((fen for fen, _ in made), default=0) - min((fen for fen, _ in made), default=0) < max(parts, 2)


def test_instalments_from_the_end_of_a_month() -> None:
    made = tiers.instalments(SHOP, SHOP.tier("top"), local(2026, 12, 31, 20))
    assert made == (
        (10_034, local(2026, 12, 31, 20)),
        (10_033, local(2027, 1, 31)),
        (10_033, local(2027, 2, 28)),
    )


def test_what_a_tier_gives_reads_as_a_shop_says_it() -> None:
    given = giving.of_tier(SHOP, SHOP.tier("top"), ORDINARY, more_points=100)
    assert giving.gives_text(SHOP, given) == (
        "送 ¥301.00（分 3 个月到账，首期 ¥100.34） + 2300 积分 + 20元券 3 张 + 做脸十次 2次 + 成熟会员 6 个月"
    )
    plain = giving.of_tier(SHOP, SHOP.tier("small"), ORDINARY)
    assert plain.is_plain
    assert giving.gives_text(SHOP, plain) == "送 ¥30.00 + 300 积分"
    assert giving.gives_text(SHOP, giving.of_tier(SHOP, None, ORDINARY)) == ""


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ({"from": "2026-01-01", "until": "2026-01-31"}, {"from": "2026-02-01"}, False),
        ({"until": "2026-01-31"}, {"from": "2026-01-31"}, True),
        ({"weekdays": ("mon",)}, {"weekdays": ("tue",)}, False),
        ({"month_days": (8,)}, {"month_days": (18,)}, False),
        ({"month_days": (8,)}, {"weekdays": ("tue",)}, True),
    ],
)
def test_whether_two_rules_can_meet(one: dict[str, object], other: dict[str, object], expected: bool) -> None:
    assert days.may_meet(When.model_validate(one), When.model_validate(other)) is expected


def test_days_in_words() -> None:
    when = When.model_validate({"from": "2026-11-01", "until": "2026-11-11", "weekdays": ("tue", "mon")})
    assert days.when_text(when) == "11月1日至11月11日 每周一、周二"
    assert days.when_text(When(month_days=(18, 8))) == "每月8日、18日"
    assert days.when_text(When.model_validate({"until": "2026-11-11"})) == "11月11日前（含当天）"
    assert days.when_text(None) == ""


@pytest.mark.parametrize(
    ("birthday", "day", "expected"),
    [
        (date(1992, 2, 29), date(2027, 2, 28), True),
        (date(1992, 2, 29), date(2028, 2, 28), False),
        (date(1992, 2, 29), date(2028, 2, 29), True),
        (date(1992, 2, 28), date(2028, 2, 29), False),
        (None, date(2028, 2, 29), False),
    ],
)
def test_the_birthday_of_who_was_born_on_29_february(
    birthday: date | None, day: date, expected: bool
) -> None:
    assert days.is_birthday(birthday, day) is expected


def test_a_tier_for_new_members_and_for_levels() -> None:
    text = changed("for: {dormant_days: 90}", "for: {joined_days: 7, levels: [fresh, grown]}")
    shop = loads(text)
    joined = local(2026, 10, 1, 23)
    facts = MemberFacts(level_id="fresh", joined_at=joined, top_ups=1)

    def tier_on(now: datetime, level_id: str) -> str | None:
        seen = MemberFacts(**{**facts.__dict__, "level_id": level_id})
        tier = tiers.choose(shop, "main", 30_000, seen, now).tier
        return tier.id if tier else None

    assert tier_on(local(2026, 10, 8, 23), "fresh") == "back"
    assert tier_on(local(2026, 10, 9), "fresh") == "small"
    assert tier_on(local(2026, 10, 8), "mature") == "small"
