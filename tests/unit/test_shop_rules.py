"""Tiers, levels, prices, points, periods, hours and the words for them."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shop import hours, levels, periods, points, tiers, words
from shop.files import load, loads
from shop.model import Shop, UnknownIdError
from shop.money import short_fen

EXAMPLES = Path(__file__).parents[2] / "shop" / "examples"
SHOP = load(EXAMPLES / "beauty.yml")
SMALL_SHOP = load(EXAMPLES / "convenience.yml")
ZONE = ZoneInfo("Asia/Shanghai")
AMOUNTS = st.integers(0, 1_000_000)


def local(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=ZONE)  # type: ignore[arg-type, misc]


def test_the_demo_shop_is_what_was_ordered() -> None:
    assert [store.name for store in SHOP.stores] == ["国贸店", "望京店", "五道口店"]
    assert [(t.amount_fen, t.gift_fen) for t in tiers.offers(SHOP, "guomao")] == [
        (30_000, 3_000),
        (80_000, 12_000),
        (150_000, 30_000),
        (300_000, 72_000),
    ]
    assert len(SHOP.services) >= 20
    assert 8 <= len(SHOP.technicians) <= 10
    assert all(
        SHOP.technicians_for(service.id, store.id) for service in SHOP.services for store in SHOP.stores
    )


@pytest.mark.parametrize(
    ("amount_fen", "tier", "next_id", "missing_fen"),
    [
        (29_999, None, "basic", 1),
        (30_000, "basic", "plus", 50_000),
        (79_999, "basic", "plus", 1),
        (80_000, "plus", "premium", 70_000),
        (100_000, "plus", "premium", 50_000),
        (150_000, "premium", "black", 150_000),
        (500_000, "black", None, None),
    ],
)
def test_the_highest_tier_at_most_the_amount(
    amount_fen: int, tier: str | None, next_id: str | None, missing_fen: int | None
) -> None:
    best = tiers.best_tier(SHOP, "guomao", amount_fen)
    above = tiers.next_tier(SHOP, "guomao", amount_fen)
    assert (best.id if best else None) == tier
    assert ((above[0].id, above[1]) if above else (None, None)) == (next_id, missing_fen)


@given(AMOUNTS, AMOUNTS)
def test_more_money_never_earns_a_smaller_tier(one: int, other: int) -> None:
    small, large = (tiers.best_tier(SHOP, "guomao", amount) for amount in sorted((one, other)))
    assert small is None or (large is not None and large.amount_fen >= small.amount_fen)


def with_a_store_tier() -> Shop:
    text = (EXAMPLES / "beauty.yml").read_text(encoding="utf-8")
    extra = "    - {id: opening, name: 开业档, amount: 500, gift: 60, stores: [wangjing]}\n"
    return loads(text.replace("stored_value:\n", extra + "\nstored_value:\n"))


def test_a_tier_of_one_store_is_offered_there_only() -> None:
    shop = with_a_store_tier()
    there_only = [tier.id for tier in tiers.offers(shop, "wangjing")]
    assert there_only == ["basic", "opening", "plus", "premium", "black"]
    assert [tier.id for tier in tiers.offers(shop, "guomao")] == ["basic", "plus", "premium", "black"]
    there, here = (tiers.best_tier(shop, store, 60_000) for store in ("wangjing", "guomao"))
    assert there is not None
    assert here is not None
    assert (there.id, here.id) == ("opening", "basic")


def test_look_ups_by_id_and_by_word() -> None:
    assert SHOP.store("guomao").name == "国贸店"
    for word in ("微信", "wx", " ＷＸ ", "微 信支付", "wechat"):
        method = SHOP.payment_method_by_word(word)
        assert method is not None
        assert method.id == "wechat"
    assert SHOP.payment_method_by_word("比特币") is None
    assert SHOP.payment_method_by_word("") is None
    assert SHOP.role_limit("cashier").per_entry_fen == 200_000
    assert SHOP.role_limit("owner").per_day_fen is None
    with pytest.raises(UnknownIdError):
        SHOP.service("mask_box")
    with pytest.raises(KeyError):
        SHOP.store("shanghai")
    assert SHOP.item("mask_box").list_fen == 9900


def test_the_catalogue_has_every_name_and_the_widest_hours() -> None:
    catalogue = SHOP.catalogue()
    assert len(catalogue.services) == len(SHOP.services)
    assert {named.id for named in catalogue.goods} == {good.id for good in SHOP.goods}
    assert catalogue.stores[0].aliases == ("国贸", "建外店", "总店")
    assert (catalogue.opening.opens.hour, catalogue.opening.closes.hour) == (10, 22)
    assert SMALL_SHOP.catalogue().opening.closes.minute == 59


@pytest.mark.parametrize(
    ("visits", "spent_fen", "topped_up_fen", "level"),
    [
        (0, 0, 0, "newcomer"),
        (2, 299_999, 29_999, "newcomer"),
        (3, 0, 0, "growing"),
        (0, 0, 30_000, "growing"),
        (9, 299_999, 149_999, "growing"),
        (0, 300_000, 0, "mature"),
        (0, 0, 150_000, "mature"),
        (29, 999_999, 10_000_000, "mature"),
        (30, 0, 0, "loyal"),
    ],
)
def test_the_level_of_a_members_figures(visits: int, spent_fen: int, topped_up_fen: int, level: str) -> None:
    assert levels.level_for(SHOP, visits, spent_fen, topped_up_fen).id == level


def test_what_is_missing_to_the_next_level() -> None:
    ahead = levels.next_level(SHOP, 1, 50_000, 0)
    assert ahead is not None
    assert ahead.level.id == "growing"
    assert levels.missing_text(ahead.missing) == "再到店 2 次，或再充 ¥300"
    assert levels.next_level(SHOP, 30, 0, 0) is None
    kept = levels.next_level(SHOP, 0, 0, 0, current=SHOP.level("mature"))
    assert kept is not None
    assert kept.level.id == "loyal"
    assert levels.missing_text(kept.missing) == "再到店 30 次，或再消费 ¥10,000"


def test_a_level_that_asks_for_all_its_figures() -> None:
    text = (EXAMPLES / "beauty.yml").read_text(encoding="utf-8")
    asked = "visits: 30, spent: 10000, within_months: 12"
    shop = loads(text.replace(f"{{{asked}}}", f"{{match: all, {asked}}}"))
    assert levels.level_for(shop, 30, 999_999, 0).id == "mature"
    assert levels.level_for(shop, 30, 1_000_000, 0).id == "loyal"
    ahead = levels.next_level(shop, 12, 0, 0)
    assert ahead is not None
    assert levels.missing_text(ahead.missing) == "再到店 18 次，并再消费 ¥10,000"


@given(st.integers(0, 60), AMOUNTS, AMOUNTS)
def test_reaching_one_of_the_missing_figures_reaches_the_level(visits: int, spent: int, topped: int) -> None:
    ahead = levels.next_level(SHOP, visits, spent, topped)
    if ahead is None or ahead.missing.visits is None:
        return
    after = levels.level_for(SHOP, visits + ahead.missing.visits, spent, topped)
    assert SHOP.levels.index(after) >= SHOP.levels.index(ahead.level)


@pytest.mark.parametrize(
    ("level", "item", "price_fen"),
    [
        ("newcomer", "facial_basic", 19_800),
        ("growing", "facial_basic", 19_400),  # 194.04 → whole yuan
        ("mature", "facial_basic", 18_800),  # 188.10
        ("loyal", "facial_firming", 46_800),  # set by hand; 88 % would be 510.40
        ("mature", "facial_firming", 55_100),
        ("loyal", "nails_remove", 3_000),  # fixed price
        ("loyal", "hand_cream", 3_500),  # 35.112
    ],
)
def test_member_prices_are_rounded_down_to_the_shops_unit(level: str, item: str, price_fen: int) -> None:
    assert levels.member_price_fen(SHOP, SHOP.level(level), SHOP.item(item)) == price_fen


def test_rounding_down_never_makes_a_thing_free() -> None:
    cheap = SHOP.item("hand_cream").model_copy(update={"list_fen": 99})
    assert levels.member_price_fen(SHOP, SHOP.level("loyal"), cheap) == 87
    assert levels.member_price_fen(SMALL_SHOP, SMALL_SHOP.level("gold"), SMALL_SHOP.good("water")) == 190


@given(st.integers(0, 1_000_000), st.sampled_from(SHOP.levels))
def test_a_member_price_is_never_above_the_percentage_nor_a_yuan_below(list_fen: int, level: object) -> None:
    member_level = next(each for each in SHOP.levels if each == level)
    item = SHOP.item("lotion").model_copy(update={"list_fen": list_fen})
    price_fen = levels.member_price_fen(SHOP, member_level, item)
    exact_hundredths = list_fen * member_level.member_price_percent
    assert exact_hundredths - 10_000 < price_fen * 100 <= exact_hundredths
    assert (price_fen == 0) == (exact_hundredths < 100)


@pytest.mark.parametrize(
    ("level", "stored_fen", "outside_fen", "expected"),
    [
        ("newcomer", 0, 0, 0),
        ("newcomer", 10_000, 0, 200),
        ("newcomer", 0, 10_000, 100),
        ("newcomer", 75, 75, 2),  # 1.5 + 0.75, rounded down once
        ("mature", 10_000, 10_000, 360),
        ("loyal", 0, 99, 1),  # 0.99 × 1.5
    ],
)
def test_points_of_a_purchase(level: str, stored_fen: int, outside_fen: int, expected: int) -> None:
    assert points.earned(SHOP, SHOP.level(level), stored_fen, outside_fen) == expected


def test_points_refuse_negative_amounts() -> None:
    with pytest.raises(ValueError, match="zero or more"):
        points.earned(SHOP, SHOP.levels[0], -1, 0)


def test_points_of_a_top_up_are_the_tiers() -> None:
    assert [points.for_top_up(SHOP, "guomao", yuan * 100) for yuan in (100, 300, 1000, 1500)] == [
        0,
        300,
        1000,
        2200,
    ]


def test_points_per_yuan_topped_up_follow_the_level_and_the_tiers_points_do_not() -> None:
    rules = SHOP.points.model_copy(update={"per_yuan_top_up": SMALL_SHOP.points.per_yuan_outside})
    shop = SHOP.model_copy(update={"points": rules})
    assert points.for_top_up(shop, "guomao", 30_100) == 300 + 150
    assert points.for_top_up(shop, "guomao", 30_100, SHOP.level("loyal")) == 300 + 225


@pytest.mark.parametrize(
    ("day", "months", "expected"),
    [
        (date(2026, 1, 31), 1, date(2026, 2, 28)),
        (date(2028, 1, 31), 1, date(2028, 2, 29)),
        (date(2028, 2, 29), 12, date(2029, 2, 28)),
        (date(2028, 2, 29), 48, date(2032, 2, 29)),
        (date(2026, 8, 31), 6, date(2027, 2, 28)),
        (date(2026, 12, 15), 1, date(2027, 1, 15)),
        (date(2026, 11, 30), 3, date(2027, 2, 28)),
        (date(2026, 3, 5), 0, date(2026, 3, 5)),
    ],
)
def test_months_end_on_the_same_day_or_the_months_last(day: date, months: int, expected: date) -> None:
    assert periods.add_months(day, months) == expected


@given(st.dates(date(1970, 1, 1), date(2100, 1, 1)), st.integers(0, 120))
def test_a_term_of_months_ends_in_the_right_month_and_never_later_in_it(day: date, months: int) -> None:
    end = periods.add_months(day, months)
    assert (end.year * 12 + end.month) - (day.year * 12 + day.month) == months
    assert end.day <= day.day


def test_points_can_be_used_until_the_end_of_their_last_day_in_the_shops_zone() -> None:
    late_evening = datetime(2027, 2, 28, 16, 30, tzinfo=UTC)  # 1 March 00:30 in Shanghai
    expires_at = points.expires_at(SHOP, late_evening)
    assert expires_at == local(2028, 3, 2)
    assert expires_at is not None
    assert periods.last_day(expires_at, ZONE) == date(2028, 3, 1)
    assert points.expires_at(SHOP, local(2028, 2, 29, 12)) == local(2029, 3, 1)
    assert points.gift_expires_at(SHOP, local(2026, 3, 5, 10)) == local(2028, 3, 6)
    assert points.gift_expires_at(SMALL_SHOP, local(2026, 3, 5, 10)) is None
    assert periods.end_of_days(local(2026, 12, 30, 23), 7, ZONE) == local(2027, 1, 7)


def test_moments_without_a_zone_are_refused() -> None:
    naive = datetime(2026, 3, 5, 10)  # noqa: DTZ001
    for refused in (
        lambda: points.expires_at(SHOP, naive),
        lambda: hours.is_open(SHOP, SHOP.stores[0], naive),
        lambda: words.moment(naive, ZONE),
    ):
        with pytest.raises(ValueError, match="time zone"):
            refused()


@pytest.mark.parametrize(
    ("store", "at", "is_open"),
    [
        ("guomao", local(2026, 3, 7, 9, 59), False),  # Saturday
        ("guomao", local(2026, 3, 7, 10, 0), True),
        ("guomao", local(2026, 3, 7, 21, 59), True),
        ("guomao", local(2026, 3, 7, 22, 0), False),
        ("guomao", local(2026, 3, 8, 21, 0), False),  # Sunday closes earlier
        ("guomao", datetime(2026, 3, 7, 2, 0, tzinfo=UTC), True),
        ("wudaokou", local(2026, 3, 9, 12), False),  # Monday
        ("guomao", local(2027, 2, 5, 15, 59), True),  # New Year's Eve, a Friday
        ("guomao", local(2027, 2, 5, 16, 0), False),
        ("guomao", local(2027, 2, 6, 12), False),
    ],
)
def test_when_a_store_is_open(store: str, at: datetime, is_open: bool) -> None:
    assert hours.is_open(SHOP, SHOP.store(store), at) is is_open


def test_a_store_that_never_closes_is_open_at_midnight() -> None:
    store = SMALL_SHOP.stores[0]
    assert all(hours.is_open(SMALL_SHOP, store, local(2026, 3, 7, hour, 59)) for hour in range(24))
    assert hours.week_text(store) == "每天 00:00–24:00"


def test_hours_in_words() -> None:
    guomao, wudaokou = SHOP.store("guomao"), SHOP.store("wudaokou")
    assert hours.today_text(guomao, date(2026, 3, 7)) == "今天 10:00–22:00 营业"
    assert hours.today_text(guomao, date(2027, 2, 5)) == "今天 10:00–16:00 营业（除夕）"
    assert hours.hours_text(guomao, date(2027, 2, 5)) == "10:00–16:00（除夕）"
    assert hours.today_text(guomao, date(2027, 2, 6)) == "今天休息（春节）"
    assert hours.today_text(wudaokou, date(2026, 3, 9)) == "今天休息"
    assert hours.on_day_text(wudaokou, date(2026, 3, 9), date(2026, 3, 7)) == "周一(3月9日)休息"
    assert hours.week_text(guomao) == "周一至周四、周日 10:00–21:00，周五、周六 10:00–22:00"
    assert hours.week_text(wudaokou) == "周一 休息，周二至周日 10:30–21:30"


def test_a_break_at_noon() -> None:
    text = (EXAMPLES / "convenience.yml").read_text(encoding="utf-8")
    shop = loads(text.replace('"00:00-24:00"', '"8:00-12:00，14:00-20:00"'))
    store = shop.stores[0]
    assert [hours.is_open(shop, store, local(2026, 3, 7, hour)) for hour in (8, 12, 13, 14, 20)] == [
        True,
        False,
        False,
        True,
        False,
    ]
    assert hours.hours_text(store, date(2026, 3, 7)) == "08:00–12:00、14:00–20:00"


def test_times_in_words() -> None:
    assert words.moment(local(2026, 3, 7, 10), ZONE) == "周六(3月7日)10:00"
    assert words.moment(datetime(2026, 3, 6, 16, 5, tzinfo=UTC), ZONE) == "周六(3月7日)00:05"
    today = date(2026, 12, 31)
    assert words.day_text(today, today) == "今天(12月31日)"
    assert words.day_text(date(2027, 1, 1), today) == "明天(2027年1月1日)"
    assert words.day_text(date(2026, 12, 30), today) == "周三(12月30日)"
    assert words.full_date(date(2027, 2, 6)) == "2027年2月6日"
    assert [words.duration(minutes) for minutes in (0, 45, 60, 90, 125)] == [
        "0分钟",
        "45分钟",
        "1小时",
        "1小时30分钟",
        "2小时5分钟",
    ]


def test_masks() -> None:
    assert words.masked_phone("13800138000") == "138****8000"
    assert [words.masked_phone(short) for short in ("", "12", "12345")] == ["", "**", "***45"]
    names = {
        "林小雨": "林**",
        "林晓": "林*",
        "欧阳娜娜": "欧阳**",
        "欧阳": "欧*",
        "林": "*",
        "": "",
        "Amy": "A**",
    }
    assert {name: words.masked_name(name) for name in names} == names
    assert {len(surname) for surname in words._COMPOUND_SURNAMES} == {2}


def test_prices_as_on_a_list() -> None:
    assert [short_fen(fen) for fen in (30_000, 6_850, 150_000, 0, -500)] == [
        "¥300",
        "¥68.50",
        "¥1,500",
        "¥0",
        "-¥5",
    ]
