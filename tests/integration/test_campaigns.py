"""Campaigns over a real book: each trigger chooses whom it means, gives once, says what is true (row E2)."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from campaign_support import DAY, NOW, Town, shop_with
from rules_kit import local
from sqlalchemy import Engine

from actions import campaigns
from actions.reminders import sending
from ledger import book
from ledger.book.verify import verify
from ledger.records import levels as level_records

NONE = "held_out_percent: 0"


def town_with(engine: Engine, *rules: str) -> Town:
    return Town(
        engine, shop_with("\n".join(f"- {{name: 活动, text: 你好, {NONE}, {rule}}}" for rule in rules))
    )


def nightly(town: Town) -> int:
    return campaigns.sweep(town.house)


def test_thirty_days_without_a_purchase_once_until_the_next_visit(engine: Engine) -> None:
    town = town_with(
        engine, "id: back, trigger: {on: dormant, days: 30}, gives: {coupons: [{coupon: off20}], points: 50}"
    )
    away, here, never, fresh = (*town.join_many(3), town.joins(days_ago=3))
    town.buys(away, 9900, days_ago=40)
    town.buys(here, 9900, days_ago=5)
    assert nightly(town) == 2
    assert town.chosen("back") == {away: "granted", never: "granted"}
    assert fresh not in town.chosen("back")
    assert town.count("coupon") == 2
    with engine.connect() as connection:
        assert book.balances(connection, away, now=town.now).points == 50
        assert verify(connection) == []
    town.now += DAY
    assert nightly(town) == 0
    town.buys(away, 9900)
    town.now += 31 * DAY
    assert nightly(town) == 3  # away again; here and fresh, who have not come since
    assert town.count("coupon") == 5


def test_idle_and_low_balances(engine: Engine) -> None:
    town = town_with(
        engine,
        "id: idle, trigger: {on: idle_balance, minimum: 500, days: 90}, for: {balance_to: 999.99}",
        "id: low, trigger: {on: low_balance, maximum: 100}, rest_days: 0",
    )
    rich, richer, poor, empty = town.join_many(4)
    for member, fen in ((rich, 60000), (richer, 100000), (poor, 9000)):
        town.tops_up(member, fen, days_ago=200)
    town.buys(empty, 9900, days_ago=200)
    nightly(town)
    assert town.chosen("idle") == {rich: "granted"}
    assert town.chosen("low") == {poor: "granted"}
    town.now += DAY
    assert nightly(town) == 0
    town.tops_up(poor, 50000)
    town.buys(poor, 58000, stored=True)
    assert nightly(town) == 1  # low again, after another top-up
    assert town.count("campaign_member") == 3


def test_joined_a_day_ago_and_seven_days_without_a_purchase(engine: Engine) -> None:
    town = town_with(
        engine,
        "id: hello, trigger: {on: joined, hours: 24}",
        "id: wake, trigger: {on: no_first_purchase, days: 7}",
    )
    today, yesterday, week, buyer = (town.joins(days_ago=days) for days in (0.5, 1.1, 8, 8))
    town.buys(buyer, 100, days_ago=1)
    assert campaigns.sweep_events(town.house) == 2
    assert town.chosen("hello") == {yesterday: "granted"}
    nightly(town)
    assert town.chosen("wake") == {week: "granted"}
    town.now += timedelta(hours=13)
    campaigns.sweep_events(town.house)
    assert today in town.chosen("hello")


def test_after_a_purchase_a_top_up_and_a_level_each_once(engine: Engine) -> None:
    town = town_with(
        engine,
        "id: bought, trigger: {on: purchase, minimum: 100, hours: 2}",
        "id: charged, trigger: {on: top_up, minimum: 1000}",
        "id: risen, trigger: {on: level_up}",
    )
    member = town.joins()
    town.buys(member, 50000)
    assert campaigns.sweep_events(town.house) == 0  # a campaign that is new begins here
    town.buys(member, 9900)
    late = town.buys(member, 10000)
    undone = town.buys(member, 20000)
    town.tops_up(member, 100000)
    with engine.begin() as connection:
        for level in ("grown", "fresh"):
            level_records.record(
                connection, member_id=member, level=level, since=town.now, until=None, cause={"by": "test"}
            )
    campaigns.sweep_events(town.house)
    assert (len(town.chosen("charged")), len(town.chosen("risen"))) == (1, 1)
    waiting = town.all("SELECT occasion, state FROM campaign_member WHERE campaign = 'bought' ORDER BY id")
    assert [tuple(row) for row in waiting] == [(str(late), "planned"), (str(undone), "planned")]
    town.reverses(member, undone)
    town.now += timedelta(hours=3)
    campaigns.sweep_events(town.house)
    states = town.all("SELECT state, reason FROM campaign_member WHERE campaign = 'bought' ORDER BY id")
    assert [tuple(row) for row in states] == [("granted", ""), ("dropped", "the entry was undone")]
    assert campaigns.sweep_events(town.house) == 0


def test_birthdays_holidays_member_days_and_months(engine: Engine) -> None:
    town = town_with(
        engine,
        "id: born, trigger: {on: birthday, days: 3}",
        "id: moon, trigger: {on: holiday, holiday: double_ninth, days: 1}",
        "id: day8, trigger: {on: member_day, when: {month_days: [20]}}",
        "id: spent, trigger: {on: month_spent, minimum: 500}, rest_days: 0",
    )
    soon = town.joins(birthday=date(1990, 10, 23))
    other = town.joins(birthday=date(1990, 10, 24))
    town.buys(soon, 60000, days_ago=2)
    town.buys(other, 60000, days_ago=25)  # last month
    nightly(town)
    assert set(town.chosen("born")) == {soon}
    assert town.chosen("moon") == {}  # 18 October 2026
    assert set(town.chosen("day8")) == {soon, other}
    assert set(town.chosen("spent")) == {soon}
    town.now = local(2026, 10, 17, 3)
    nightly(town)
    assert set(town.chosen("moon")) == {soon, other}
    rows = town.all("SELECT DISTINCT occasion FROM campaign_member WHERE campaign = 'moon'")
    assert [row.occasion for row in rows] == ["2026-10-18"]


def test_a_category_bought_monthly_and_missed_for_three(engine: Engine) -> None:
    rule = f"- {{id: missed, name: 活动, {NONE}, trigger: {{on: category_missed}}, "
    rule += "text: '好久没做{category}了'}"
    town = Town(engine, shop_with(rule))
    steady, gap, still = town.join_many(3)
    for days in (95, 125, 155):
        town.buys(steady, 100, days_ago=days)
        town.buys(still, 100, days_ago=days)
    for days in (95, 155):
        town.buys(gap, 100, days_ago=days)
    town.buys(still, 100, days_ago=10)
    town.buys(steady, 100, days_ago=10, category="home", item="mask")
    nightly(town)
    assert town.chosen("missed") == {steady: "granted"}
    town.now += timedelta(hours=1)
    sending.send_due(town.house)
    assert [row.text for row in town.all("SELECT text FROM message")] == ["好久没做护理了"]


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("visits_from: 2", [0]),
        ("visits_to: 1", [1, 2]),
        ("spent_from: 150", [0]),
        ("favourite_categories: [home]", [1]),
        ("favourite_items: [facial]", [0]),
        ("no_top_up_days: 30", [0, 2]),
        ("redemptions_to: 0", [2]),
        ("redemptions_from: 2", [0]),
        ("redeemed_from: 50, redeemed_to: 60", [0]),
        ("redeemed_to: 49", [1, 2]),
        ("coupons: unused", [0, 1, 2]),
        ("coupons: used", []),
        ("levels: [grown]", [1]),
        ("levels: [fresh]", [0, 2]),
        ("stores: [east]", []),
    ],
)
def test_conditions_on_the_member(engine: Engine, condition: str, expected: list[int]) -> None:
    town = town_with(
        engine, f"id: day, trigger: {{on: member_day, when: {{month_days: [20]}}}}, for: {{{condition}}}"
    )
    people = town.join_many(3)
    for _ in range(2):
        town.buys(people[0], 10000, days_ago=10)
    town.buys(people[1], 5000, days_ago=10, category="home", item="mask")
    town.tops_up(people[1], 30000, days_ago=5)
    for member, points, days_ago in ((0, 30, 2), (0, 20, 89), (0, 500, 91), (1, 5, 1), (2, 40, 3)):
        redeemed = town.redeems(people[member], points, days_ago=days_ago)
        if member == 2:
            town.reverses(people[member], redeemed)
    with engine.begin() as connection:
        level_records.record(
            connection, member_id=people[1], level="grown", since=NOW, until=None, cause={"by": "test"}
        )
    nightly(town)
    assert [people.index(member) for member in sorted(town.chosen("day"))] == expected


def test_nobody_who_does_not_want_it_and_nobody_with_a_complaint(engine: Engine) -> None:
    town = town_with(engine, "id: day, trigger: {on: member_day, when: {month_days: [20]}}")
    muted, complains, merged, kept = town.join_many(4)
    with engine.begin() as connection:
        connection.exec_driver_sql(f"UPDATE member SET muted = true WHERE id = {muted}")
        connection.exec_driver_sql(f"UPDATE member SET merged_into = {kept} WHERE id = {merged}")
        connection.exec_driver_sql(
            "INSERT INTO ticket (key, openid, member_id, store_id, kind, opened_at, waits_since)"
            f" VALUES ('t', 'oC{complains:06}', {complains}, 'main', 'complaint', now(), now())"
        )
    nightly(town)
    assert set(town.chosen("day")) == {kept}


def test_limits_priority_and_rest(engine: Engine) -> None:
    town = town_with(
        engine,
        "id: low, trigger: {on: dormant, days: 30}, priority: 1",
        "id: high, trigger: {on: dormant, days: 60}, priority: 9, limit: {per_day: 2, in_total: 3}",
    )
    people = town.join_many(4)
    nightly(town)
    assert set(town.chosen("high")) == set(people[:2])
    assert set(town.chosen("low")) == set(people[2:])
    town.now += DAY
    nightly(town)
    assert len(town.chosen("high")) == 2  # the others rest for a week after the other campaign
    town.now += 8 * DAY
    nightly(town)
    assert len(town.chosen("high")) == 3  # in_total


def test_a_gift_that_cannot_be_given_whole_is_not_promised(engine: Engine) -> None:
    shop = shop_with(
        f"- {{id: day, name: 会员日, text: '送您{{gifts}}', {NONE},"
        " trigger: {on: member_day, when: {month_days: [20]}}, "
        "gives: {points: 10, coupons: [{coupon: off20}]}}"
    )
    (kind,) = shop.coupons
    town = Town(engine, shop.model_copy(update={"coupons": (kind.model_copy(update={"in_total": 1}),)}))
    first = town.joins()
    campaigns.sweep(town.house)
    town.now = local(2026, 11, 20, 3)
    second = town.joins()
    campaigns.sweep(town.house)
    states = town.all("SELECT member_id, occasion, state FROM campaign_member ORDER BY member_id, occasion")
    assert [tuple(row) for row in states] == [
        (first, "2026-10-20", "granted"),
        (first, "2026-11-20", "dropped"),
        (second, "2026-11-20", "granted"),
    ]
    assert (town.count("coupon"), town.count("reminder")) == (2, 2)
    with engine.connect() as connection:
        assert book.balances(connection, first, now=town.now).points == 10  # the points went with the coupon


def test_the_combined_message_is_true_when_it_leaves(engine: Engine) -> None:
    """Row E4: favourite and balance nearly used up → coupon, top-up and referral hints in one message."""
    town = Town(
        engine,
        shop_with(
            f"- {{id: both, name: 余额快用完, trigger: {{on: low_balance, maximum: 50}}, {NONE},\n"
            "   for: {favourite_categories: [care]}, gives: {coupons: [{coupon: off20}]},\n"
            "   hints: {tier: big}, text: '{name}，还剩{balance}，送您{gifts}。{top_up}'}"
        ),
    )
    told, saved = town.join_many(2)
    for member in (told, saved):
        town.tops_up(member, 30000, days_ago=20)
        town.buys(member, 27000, days_ago=2, stored=True)
    campaigns.sweep(town.house)
    town.tops_up(saved, 50000)
    town.now += timedelta(hours=1)
    sending.send_due(town.house)
    (message,) = town.all("SELECT member_id, text FROM message")
    assert message.member_id == told
    assert message.text == "小林，还剩¥30.00，送您20元券 1 张。现在充 ¥800，送¥120.00、1000 积分。"
    (dropped,) = town.all("SELECT result FROM reminder WHERE state = 'dropped'")
    assert dropped.result == "topped up meanwhile"
