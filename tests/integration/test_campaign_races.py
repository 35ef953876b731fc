"""One effect a member, rule and occasion: two schedulers, an edited rule, a jumping clock, a kill (E2)."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from campaign_support import DAY, NOW, Town, shop_with
from racing_kit import at_once
from sqlalchemy import Engine, text

from actions import campaign_grants, campaign_reports, campaigns
from actions.house import House
from ledger import book
from ledger.book.verify import verify
from ledger.records import campaigns as records
from shop import campaigns as rules

RULE = """
- id: back
  name: 回来吧
  trigger: {on: dormant, days: 30}
  gives: {points: %d, coupons: [{coupon: off20}]}
  held_out_percent: %d
  text: "送您{gifts}"
"""


def town_of(engine: Engine, members: int, *, percent: int = 0) -> tuple[Town, list[int]]:
    town = Town(engine, shop_with(RULE % (50, percent)))
    return town, town.join_many(members)


def assert_each_got_it_once(town: Town, members: list[int]) -> None:
    assert town.chosen("back") == dict.fromkeys(members, "granted")
    counts = town.all("SELECT member_id, count(*) AS n FROM coupon GROUP BY member_id ORDER BY member_id")
    assert [tuple(row) for row in counts] == [(member, 1) for member in members]
    with town.engine.connect() as connection:
        for member in members:
            assert book.balances(connection, member, now=town.now).points == 50
        assert verify(connection) == []
    assert town.count("reminder") == len(members)


def test_two_schedulers_at_once(engine: Engine) -> None:
    town, members = town_of(engine, 60)
    other = town.open(town.shop)
    at_once(
        [
            lambda: campaigns.sweep(town.house),
            lambda: campaigns.sweep(other),
            lambda: campaigns.sweep_events(other),
        ]
    )
    campaigns.sweep(town.house)
    assert_each_got_it_once(town, members)
    (run,) = town.all("SELECT treated, held_out FROM campaign_run")
    assert tuple(run) == (60, 0)


KINDS = """
- {id: bought, name: 买过, trigger: {on: purchase, minimum: 100}, gives: {points: 1}, %(same)s}
- {id: charged, name: 充过, trigger: {on: top_up, minimum: 100}, gives: {points: 10}, %(same)s}
- {id: born, name: 生日, trigger: {on: birthday, days: %(ahead)d}, gives: {points: 100}, %(same)s}
- {id: day, name: 日子, trigger: {on: member_day, when: {month_days: [20]}}, gives: {points: 1000}, %(same)s}
- {id: month, name: 本月, trigger: {on: month_spent, minimum: %(minimum)d}, gives: {points: 10000}, %(same)s}
"""
SAME = "text: 你好, rest_days: 0, held_out_percent: %d"


def kinds_of(engine: Engine, count: int) -> tuple[Town, list[int]]:
    """Members of whom each rule of KINDS speaks now, on one occasion; each gives points of another digit."""
    town = Town(engine, shop_with(KINDS % {"same": SAME % 0, "ahead": 3, "minimum": 100}))
    members = [town.joins(birthday=date(1990, 10, 22)) for _ in range(count)]
    town.buys(members[0], 100)
    campaigns.sweep_events(town.house)  # rules about events begin here
    for member in members:
        town.buys(member, 20000)
        town.tops_up(member, 50000)
    return town, members


def settle_what_failed(house: House, town: Town) -> None:
    """A deadlock that the database broke (the shop's first account of a kind is made once) is tried again."""
    town.now += campaign_grants.FAILURE_PAUSE + timedelta(minutes=1)
    campaigns.sweep_events(house)


def assert_each_kind_once(town: Town, members: list[int]) -> None:
    rows = town.all("SELECT campaign, member_id, state FROM campaign_member ORDER BY campaign, member_id")
    kinds = ("born", "bought", "charged", "day", "month")
    assert [tuple(row) for row in rows] == [(kind, member, "granted") for kind in kinds for member in members]
    with town.engine.connect() as connection:
        for member in members:
            assert book.balances(connection, member, now=town.now).points == 11111
        assert verify(connection) == []


def test_every_kind_of_rule_on_two_schedulers(engine: Engine) -> None:
    town, members = kinds_of(engine, 8)
    works = [
        lambda sweep=sweep, house=house: sweep(house)
        for house in (town.house, town.open(town.shop))
        for sweep in (campaigns.sweep, campaigns.sweep_events)
    ]
    at_once(works)
    campaigns.sweep_events(town.house)  # one that found a transaction open looked at nothing
    settle_what_failed(town.house, town)
    assert_each_kind_once(town, members)


def test_every_kind_of_rule_edited_while_it_runs(engine: Engine) -> None:
    """Its figures and its hold-out change; who was chosen, or held out, under the old rule stays so."""
    town, members = kinds_of(engine, 8)
    other = KINDS % {"same": SAME % 50, "ahead": 4, "minimum": 50}
    edited = town.open(shop_with(other))
    at_once(
        [
            lambda: campaigns.sweep(town.house),
            lambda: campaigns.sweep(edited),
            lambda: campaigns.sweep_events(edited),
        ]
    )
    for house in (edited, town.house):
        campaigns.sweep(house)
        campaigns.sweep_events(house)
    settle_what_failed(edited, town)
    rows = town.all("SELECT campaign, member_id, held_out, state FROM campaign_member")
    assert len({(row.campaign, row.member_id) for row in rows}) == len(rows) == 5 * len(members)
    assert {row.state for row in rows if not row.held_out} == {"granted"}
    for row in rows:
        if row.held_out:
            assert rules.held_out(row.campaign, row.member_id, 50)
    worth = {"bought": 1, "charged": 10, "born": 100, "day": 1000, "month": 10000}
    with engine.connect() as connection:
        for member in members:
            got = sum(worth[row.campaign] for row in rows if row.member_id == member and not row.held_out)
            assert book.balances(connection, member, now=town.now).points == got
        assert verify(connection) == []


def test_the_clock_jumps_about_for_every_kind_of_rule(engine: Engine) -> None:
    """Within the occasion: hours across midnight and back, a month into the past, and to where it was."""
    town, members = kinds_of(engine, 4)
    for hours in (0, 11, -13, 0, -31 * 24, 2, 0):
        town.now = NOW + timedelta(hours=hours)
        campaigns.sweep(town.house)
        campaigns.sweep_events(town.house)
    assert_each_kind_once(town, members)


def test_a_rule_that_is_edited_while_it_runs_gives_once(engine: Engine) -> None:
    town, members = town_of(engine, 30)
    edited = town.open(shop_with(RULE % (80, 0)))
    at_once([lambda: campaigns.sweep(town.house), lambda: campaigns.sweep(edited)])
    campaigns.sweep(edited)
    campaigns.sweep(town.house)
    assert town.chosen("back") == dict.fromkeys(members, "granted")
    assert town.count("coupon") == len(members)
    versions = {row[0] for row in town.all("SELECT granted_version FROM campaign_member")}
    assert versions <= {town.shop.version, edited.shop.version}
    with engine.connect() as connection:
        points = [book.balances(connection, member, now=town.now).points for member in members]
        assert set(points) <= {50, 80}


def test_a_rule_that_was_taken_away_gives_nothing_more(engine: Engine) -> None:
    town, members = town_of(engine, 3)
    campaigns.choose_all(town.house, list(town.shop.campaigns), town.now)
    without = town.open(town.shop.model_copy(update={"campaigns": ()}))
    assert campaign_grants.give_due(without) == 0
    rows = town.all("SELECT state, reason FROM campaign_member")
    assert [tuple(row) for row in rows] == [("dropped", "the rule was taken away")] * len(members)
    assert town.count("coupon") == 0


def test_killed_between_and_within_batches(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """The server ends the worker's connection in the middle of its third batch: that batch never was."""
    town, members = town_of(engine, 3 * campaign_grants.BATCH)
    campaigns.choose_all(town.house, list(town.shop.campaigns), town.now)
    real, seen = records.settle, list[int]()

    def killing(connection, chosen_id, **values):  # type: ignore[no-untyped-def]
        seen.append(chosen_id)
        if len(seen) == 2 * campaign_grants.BATCH + 7:
            with engine.connect() as other:
                pid = connection.exec_driver_sql("SELECT pg_backend_pid()").scalar_one()
                other.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": pid})
        real(connection, chosen_id, **values)

    monkeypatch.setattr(records, "settle", killing)
    with pytest.raises(Exception, match=r"terminat|closed|lost|AdminShutdown"):
        campaign_grants.give_due(town.house)
    monkeypatch.undo()
    engine.dispose()
    done = [stands for stands in town.chosen("back").values() if stands == "granted"]
    assert len(done) == 2 * campaign_grants.BATCH
    assert town.count("coupon") == town.count("reminder") == len(done)
    campaign_grants.give_due(town.house)
    assert_each_got_it_once(town, members)


def test_the_clock_jumps_a_year_ahead_and_back(engine: Engine) -> None:
    town, members = town_of(engine, 5)
    campaigns.sweep(town.house)
    for jump in (365 * DAY, -400 * DAY, timedelta(0)):
        town.now = NOW + jump
        campaigns.sweep(town.house)
        campaigns.sweep_events(town.house)
    assert_each_got_it_once(town, members)


def test_who_is_held_out_is_stable_and_gets_nothing(engine: Engine) -> None:
    town, members = town_of(engine, 200, percent=20)
    campaigns.sweep(town.house)
    expected = {member for member in members if rules.held_out("back", member, 20)}
    stands = town.chosen("back")
    assert {member for member, how in stands.items() if how == "held_out"} == expected
    assert 20 <= len(expected) <= 60
    assert town.count("coupon") == town.count("reminder") == 200 - len(expected)
    rows = town.all("SELECT member_id FROM coupon")
    assert expected.isdisjoint(row.member_id for row in rows)


def test_a_preview_and_a_dry_run_leave_nothing_behind(engine: Engine) -> None:
    town, members = town_of(engine, 40, percent=10)
    regular = town.joins()
    for days in range(300, 10, -40):
        town.buys(regular, 1000, days_ago=days)
    found = campaign_reports.preview(town.house, "back")
    out = sum(rules.held_out("back", member, 10) for member in members)
    assert (found.treated, found.held_out) == (40 - out, out)
    assert found.each.fen == 20_00 + 50  # the coupon, and 50 points at 100 a yuan
    assert found.cost.fen == found.each.fen * found.treated
    assert "20元券" in found.message
    tried = campaign_reports.dry_run(town.house, "back", days=365)
    # Each of his seven pauses of 40 days, and the one before his first visit; the others paused once.
    assert sum(month.treated + month.held_out for month in tried.months) == 40 + 8
    assert town.count("campaign_member") == town.count("coupon") == town.count("reminder") == 0
    campaigns.sweep(town.house)
    assert len(town.chosen("back")) == 40
    assert campaign_reports.preview(town.house, "back").treated == 0


def test_the_report_measures_against_the_hold_out(engine: Engine) -> None:
    town, _ = town_of(engine, 400, percent=50)
    campaigns.sweep(town.house)
    town.now += 5 * DAY
    stands = town.chosen("back")
    treated = [member for member, how in stands.items() if how == "granted"]
    for place, member in enumerate(treated):
        if place % 2 == 0:
            undone = town.buys(member, 20000 + place)
            if place == 0:
                town.reverses(member, undone)
    found = campaign_reports.report(town.house, "back")
    assert found.figures.treated.members == len(treated)
    assert found.figures.treated.buyers == (len(treated) + 1) // 2 - 1
    assert found.figures.held_out.buyers == 0
    assert found.lift.verdict == "more"
    assert found.lift.low_fen <= found.figures.treated.spent_fen <= found.lift.high_fen
    assert found.figures.points == 50 * len(treated)
    assert found.in_words.startswith("多带来约 ¥")
