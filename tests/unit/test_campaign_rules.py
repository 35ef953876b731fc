"""The rules of campaigns without a database, the checks of the file, the seeds' examples (row E2)."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from rules_kit import RICH, local

from shop import campaign_words as words
from shop import campaigns as rules
from shop import holidays, points
from shop.campaigns import Cost
from shop.files import inspect_content, load, loads
from shop.model import Campaign, Shop

EXAMPLES = Path(__file__).parents[2] / "shop" / "examples"
BEAUTY, STORE, GYM = (load(EXAMPLES / f"{name}.yml") for name in ("beauty", "convenience", "gym"))


def problems(rule: str) -> list[str]:
    text = f"{RICH}campaigns:\n  - {{id: one, name: 活动, {rule}}}\n"
    return [each.message for each in inspect_content(text.encode()).problems]


def campaign(rule: str) -> Campaign:
    return loads(f"{RICH}campaigns:\n  - {{id: one, name: 活动, text: 你好, {rule}}}\n").campaigns[0]


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ("text: 好, trigger: {on: dormant}", "活动 has no days"),
        ("text: 好, trigger: {on: dormant, days: 0}", "活动 would speak to everybody"),
        ("text: 好, trigger: {on: idle_balance, days: 9}", "活动 has no minimum"),
        ("text: 好, trigger: {on: joined, days: 9}", "the trigger joined has no days"),
        ("text: 好, trigger: {on: holiday}", "活动 has no holiday"),
        ("text: 好, trigger: {on: holiday, date: 13-01, called: 店庆}", "“13-01” is not a day of the year"),
        ("text: 好, trigger: {on: holiday, date: 06-18}", "a date of your own and its name go together"),
        (
            "text: 好, trigger: {on: holiday, holiday: qixi, date: 06-18, called: 店庆}",
            "a holiday and a date are two days",
        ),
        ("text: 好, trigger: {on: joined, date: 06-18}", "the trigger joined has no date"),
        ("text: 好, trigger: {on: birthday, days: 61}", "61 days before birthday is too early"),
        ("text: 好, trigger: {on: joined}, for: {levels: [gold]}", "there is no level “gold”"),
        ("text: 好, trigger: {on: joined}, for: {stores: [west]}", "there is no store “west”"),
        ("text: 好, trigger: {on: joined}, for: {favourite_items: [x]}", "there is no service or goods “x”"),
        (
            "text: 好, trigger: {on: joined}, for: {visits_from: 5, visits_to: 2}",
            "nobody has a visits between these",
        ),
        (
            "text: 好, trigger: {on: joined}, for: {redemptions_from: 5, redemptions_to: 2}",
            "nobody has a redemptions between these",
        ),
        ("text: 好, trigger: {on: joined}, gives: {coupons: [{coupon: x}]}", "there is no coupon “x”"),
        ("text: '{money}', trigger: {on: joined}", "{money} cannot be filled in here"),
        ("text: '{days}', trigger: {on: joined}", "{days} is not known with the trigger joined"),
        ("text: 好, trigger: {on: joined}, for: {tags: [rich]}", "“rich” is not one of the choices"),
        (
            "text: '{gifts}', trigger: {on: joined}, gives: {multiplier: {times: 1, days: 7}}",
            "活动 gives no more points than there are without it",
        ),
        (
            "text: '{gifts}', trigger: {on: joined}, gives: {multiplier: {times: 40, days: 7}}",
            "with 活动 a purchase would earn points worth 120 % of what was paid",
        ),
        ("text: '{until}', trigger: {on: joined}", "{until} is the end of a multiplier, and none is given"),
        (
            "text: 好, trigger: {on: joined}, hints: {suggest: [{category: x, item: mask}]}",
            "there is no category “x”",
        ),
        (
            "text: 好, trigger: {on: joined}, hints: {suggest: [{category: care, item: x}]}",
            "there is no service or goods “x”",
        ),
        (
            "text: '到{until}', trigger: {on: joined}, gives: {points: 5, multiplier: {times: 2, days: 7}}",
            "活动 does not say what it gives ({gifts})",
        ),
        ("text: '{gifts}', trigger: {on: joined}", "{gifts} says nothing: the campaign gives nothing"),
        ("text: '{top_up}', trigger: {on: joined}", "{top_up} has no tier to speak of"),
        ("text: '好{', trigger: {on: joined}", "a brace { or } stands alone"),
        ("text: 好, trigger: {on: joined}, hints: {tier: x}", "there is no tier “x”"),
        ("text: 好, trigger: {on: joined}, hints: {referral: true}", "the shop rewards no referral"),
        ("text: 好, trigger: {on: joined}, limit: {per_day: 9, in_total: 3}", "more a day than in all"),
        (
            "text: 好, trigger: {on: joined}, held_out_percent: 0",
            "without a hold-out nobody knows what 活动 brings",
        ),
        ("text: 好, trigger: {on: joined}, gives: {points: 5}", "活动 does not say what it gives ({gifts})"),
    ],
)
def test_what_is_wrong_is_said(rule: str, said: str) -> None:
    assert said in problems(rule)


def test_a_good_rule_has_no_findings() -> None:
    rule = "text: '{name}，送您{gifts}', trigger: {on: dormant, days: 30}, gives: {points: 50}"
    assert problems(rule) == []


def test_a_multiplier_may_be_told_by_its_last_day_alone() -> None:
    rule = "text: '到{until}积分翻倍', trigger: {on: joined}, gives: {multiplier: {times: 2, days: 7}}"
    assert problems(rule) == []


def test_who_is_held_out_is_a_tenth_and_always_the_same() -> None:
    out = {member for member in range(1, 20_001) if rules.held_out("back", member, 10)}
    assert 1_850 <= len(out) <= 2_150
    assert out == {member for member in range(1, 20_001) if rules.held_out("back", member, 10)}
    more = {member for member in range(1, 20_001) if rules.held_out("back", member, 20)}
    assert out < more  # a larger hold-out keeps those that were in it
    other = {member for member in range(1, 20_001) if rules.held_out("hello", member, 10)}
    assert len(out & other) < 300  # of another campaign it is others


@pytest.mark.parametrize(
    ("holiday", "year", "expected"),
    [
        ("spring_festival", 2026, date(2026, 2, 17)),
        ("spring_festival_eve", 2026, date(2026, 2, 16)),
        ("lantern", 2026, date(2026, 3, 3)),
        ("qingming", 2026, date(2026, 4, 5)),
        ("dragon_boat", 2026, date(2026, 6, 19)),
        ("qixi", 2026, date(2026, 8, 19)),
        ("mid_autumn", 2026, date(2026, 9, 25)),
        ("double_ninth", 2026, date(2026, 10, 18)),
        ("mothers_day", 2026, date(2026, 5, 10)),
        ("fathers_day", 2026, date(2026, 6, 21)),
    ],
)
def test_holidays(holiday: holidays.HolidayName, year: int, expected: date) -> None:
    assert holidays.in_year(holiday, year) == expected


def test_a_holiday_is_spoken_about_with_the_nights_missed_and_never_after() -> None:
    moon = campaign("trigger: {on: holiday, holiday: mid_autumn, days: 3}")
    days = [day for day in range(18, 31) if rules.holiday_due(moon, date(2026, 9, day))]
    assert days == [22, 23, 24]
    same_day = campaign("trigger: {on: holiday, holiday: mid_autumn}")
    assert [day for day in range(18, 31) if rules.holiday_due(same_day, date(2026, 9, day))] == [25]
    ahead = campaign("trigger: {on: holiday, holiday: new_year, days: 5}")
    assert rules.holiday_due(ahead, date(2026, 12, 28)) == date(2027, 1, 1)


def test_a_day_of_the_shop_s_own_comes_every_year() -> None:
    own = campaign("trigger: {on: holiday, date: 06-18, called: 店庆, days: 3}")
    assert [day for day in range(10, 25) if rules.holiday_due(own, date(2026, 6, day))] == [15, 16, 17]
    assert rules.holiday_due(own, date(2027, 6, 15)) == date(2027, 6, 18)
    assert words.trigger_text(loads(RICH), own) == "店庆（6月18日）前 3 天"
    facts = {"balance_fen": 1}
    said = rules.message(
        loads(RICH), own.model_copy(update={"text": "{holiday}快乐"}), name="林", facts=facts
    )
    assert said == "店庆快乐"
    early = campaign("trigger: {on: holiday, date: 1-2, called: 店庆, days: 5}")
    assert rules.holiday_due(early, date(2026, 12, 29)) == date(2027, 1, 2)
    leap = campaign("trigger: {on: holiday, date: 02-29, called: 店庆}")
    assert rules.holiday_due(leap, date(2027, 2, 28)) == date(2027, 2, 28)
    assert rules.holiday_due(leap, date(2028, 2, 28)) is None
    assert rules.holiday_due(leap, date(2028, 2, 29)) == date(2028, 2, 29)


def test_birthdays_over_the_year_and_on_29_february() -> None:
    soon = campaign("trigger: {on: birthday, days: 3}")
    assert rules.birthdays_due(soon, date(2026, 12, 30)) == ((102, 2027), (101, 2027), (1231, 2026))
    today = campaign("trigger: {on: birthday}")
    assert (229, 2027) in rules.birthdays_due(today, date(2027, 2, 28))
    assert (229, 2028) not in rules.birthdays_due(today, date(2028, 2, 28))
    assert (229, 2028) in rules.birthdays_due(today, date(2028, 2, 29))


def test_what_it_costs_at_most() -> None:
    by_id = {each.id: rules.cost(BEAUTY, each.gives) for each in BEAUTY.campaigns}
    assert by_id["welcome"] == Cost(2000)
    assert by_id["sleeping_500"] == Cost(0)  # it lets out what the member has already
    assert by_id["sleeping_1000"] == Cost(13600)  # one of five at 680
    assert by_id["rare_big"] == Cost(200)
    assert by_id["nearly_used_up"] == Cost(12000)  # 八折, at most 120
    assert Cost(100).times(3) + Cost(1, open=True) == Cost(301, open=True)


def by_id(shop: Shop, campaign_id: str) -> Campaign:
    return next(each for each in shop.campaigns if each.id == campaign_id)


def test_the_combined_play_in_one_message() -> None:
    """Favourite coffee and a balance nearly used up: coupon, top-up that buys a cup, referral (row E4)."""
    text = rules.message(
        STORE,
        by_id(STORE, "coffee_nearly_empty"),
        name="小林",
        facts={"balance_fen": 850, "item": "americano"},
    )
    assert text == (
        "小林，卡里还剩 ¥8.50。您爱喝的美式咖啡，送您咖啡5元券 1 张。\n"
        "现在充 ¥200，送¥15.00、300 积分，够换美式一杯。\n"
        "推荐朋友来，您得100 积分，朋友得100 积分，回复“推荐海报”就有。"
    )


def test_what_is_suggested_follows_what_the_member_likes() -> None:
    rule = by_id(BEAUTY, "come_back")
    said = {
        ("facial", "facial_basic"): "您喜欢面部护理，补水面膜五片装也值得试试。",  # as the shop wrote
        ("lashes", "lashes_natural"): "您喜欢美睫美眉，角蛋白翘睫也值得试试。",  # another of the category
        ("pack", "gone"): "",
        (None, None): "",
    }
    for (category, item), expected in said.items():
        text = rules.message(BEAUTY, rule, name="小林", facts={"category": category, "item": item})
        assert (
            text == f"小林，好久不见，送您5元无门槛券 1 张，不限金额。{expected}想约哪天，直接回我时间就行。"
        )


def test_a_multiplier_is_told_with_its_end_and_in_the_top_up_hint() -> None:
    rule = by_id(BEAUTY, "sleeping_points")
    ends_at = points.multiplier_ends_at(BEAUTY, rule.gives.multiplier, local(2026, 3, 6, 3))
    assert ends_at == local(2026, 3, 21)
    text = rules.message(BEAUTY, rule, name="小林", facts={"days": 61}, ends_at=ends_at)
    assert text == (
        "小林，好久不见！到3月20日，来店消费、充值，积分都是 3 倍。现在充 ¥800，送¥120.00、3000 积分。"
    )
    birthday = rules.message(
        BEAUTY, by_id(BEAUTY, "birthday_treat"), name="小林", facts={"balance_fen": 30000}, ends_at=ends_at
    )
    assert "送您节日20元券 1 张、消费积分翻倍（至3月20日）。卡里还有 ¥300.00" in birthday


def test_the_examples_of_the_seeds_are_all_there() -> None:
    """Trigger and figures as the four texts of the customer tell them."""
    wanted = {
        # s0: 余额500元以上、3个月 → 余额翻倍券; 1000元以上、半年 → 专属服务; 生日 → 余额 + 积分翻倍
        (BEAUTY, "sleeping_500"): ("idle_balance", 50000, 90),
        (BEAUTY, "sleeping_1000"): ("idle_balance", 100000, 180),
        (GYM, "free_lesson"): ("idle_balance", 100000, 180),
        (BEAUTY, "birthday_treat"): ("birthday", None, 3),
        (BEAUTY, "frequent_small"): ("month_spent", 10000, None),
        (BEAUTY, "points_unused"): ("month_spent", 10000, None),
        (BEAUTY, "rare_big"): ("month_spent", 50000, None),
        # s1: 长期未充值但消费频繁 → 充值满赠券; 刚充值大额 → 商品折扣券; 偏爱某品牌且余额将尽
        (BEAUTY, "often_no_top_up"): ("month_spent", 20000, None),
        (BEAUTY, "big_top_up"): ("top_up", 150000, None),
        (STORE, "coffee_nearly_empty"): ("low_balance", None, None),
        # s2: 注册24小时; 7天未消费; 30天未消费; 月消费超500; 每月固定购买、3个月未复购
        (BEAUTY, "welcome"): ("joined", None, None),
        (BEAUTY, "welcome_wake"): ("no_first_purchase", None, 7),
        (BEAUTY, "come_back"): ("dormant", None, 30),
        (BEAUTY, "vip_month"): ("month_spent", 50000, None),
        (BEAUTY, "category_back"): ("category_missed", None, 90),
        # s3: 消费后、节日、升级时引导充值; 会员日; 余额提醒; 老带新
        (BEAUTY, "after_visit"): ("purchase", 20000, None),
        (BEAUTY, "mid_autumn_gift"): ("holiday", None, 3),
        (BEAUTY, "anniversary"): ("holiday", None, 3),
        (STORE, "spring_top_up"): ("holiday", None, 5),
        (BEAUTY, "level_top_up"): ("level_up", None, None),
        (BEAUTY, "member_day_note"): ("member_day", None, None),
        (BEAUTY, "nearly_used_up"): ("low_balance", None, None),
        (GYM, "friends"): ("top_up", 150000, None),
    }
    for (shop, campaign_id), figures in wanted.items():
        trigger = by_id(shop, campaign_id).trigger
        assert (trigger.on, trigger.minimum_fen, trigger.days) == figures, campaign_id


@pytest.mark.parametrize("shop", [BEAUTY, STORE, GYM], ids=lambda shop: shop.name)
def test_every_example_reads_well(shop: Shop) -> None:
    facts = {"balance_fen": 5000, "days": 40, "category": "x", "item": "x", "level": shop.levels[1].id}
    for each in shop.campaigns:
        text = rules.message(shop, each, name="小林", facts=facts)
        assert len(text) <= 300
        assert "{" not in text
        assert "小林" in text


@pytest.mark.parametrize("shop", [BEAUTY, STORE, GYM], ids=lambda shop: shop.name)
def test_every_example_is_explained_to_its_owner(shop: Shop) -> None:
    for each in shop.campaigns:
        said = words.trigger_text(shop, each) + words.segment_text(shop, each) + words.limit_text(shop, each)
        assert len(said) > 5
        assert "None" not in said
        assert "{" not in said


def test_a_rule_in_the_owners_words() -> None:
    whole = campaign(
        "trigger: {on: category_missed}, limit: {per_member: 3, per_day: 10, in_total: 99, every_days: 7}, "
        "for: {levels: [grown, loyal], stores: [east], balance_from: 10, balance_to: 99.5, visits_from: 2, "
        "spent_to: 300, redemptions_to: 0, redeemed_from: 5, no_top_up_days: 9, coupons: unused, "
        "favourite_items: [mask], tags: [favourite_category]}"
    )
    shop = loads(RICH)
    assert words.trigger_text(shop, whole) == "连着 3 个月都买的一类，90 天没再买"
    assert words.segment_text(shop, whole) == (
        "等级是成长会员、忠诚会员，常去东店，最喜欢面膜，余额 ¥10 到 ¥99.50，90 天消费不超过 ¥300，"
        "90 天来 2 次以上，90 天没用过积分，90 天用掉 5 积分以上，9 天没充值，90 天里没用过券，偏爱一类项目"
    )
    assert (
        words.limit_text(shop, whole)
        == "每位一共最多 3 次，每位 7 天最多一次，每天最多 10 位，一共最多 99 位"
    )
    facts = {"days": 95, "category": "care", "balance_fen": 3050, "paid_fen": 100, "item": "mask"}
    assert words.facts_text(shop, whole, facts) == "护理 95 天没买，这笔 ¥1，余额 ¥30.50，常买面膜"
    assert words.facts_text(shop, whole, {"item": "facial", "level": "grown"}) == "常做做脸，升到成长会员"
    at_once = campaign("trigger: {on: top_up, minimum: 500}")
    assert words.trigger_text(shop, at_once) == "充值满 ¥500，马上发"
    assert words.trigger_text(shop, campaign("trigger: {on: birthday}")) == "生日当天"
