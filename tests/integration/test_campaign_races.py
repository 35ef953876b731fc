"""One effect a member, rule and occasion: two schedulers, an edited rule, a jumping clock, a kill (E2)."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
from campaign_support import DAY, NOW, Town, shop_with
from sqlalchemy import Engine, text

from actions import campaign_grants, campaign_reports, campaigns
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


def at_once(*works: Callable[[], object]) -> None:
    """All of them start together; what one raises is raised."""
    barrier, errors = threading.Barrier(len(works)), list[BaseException]()

    def run(work: Callable[[], object]) -> None:
        barrier.wait()
        try:
            work()
        except BaseException as error:  # noqa: BLE001 - told by the main thread
            errors.append(error)

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []


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
        lambda: campaigns.sweep(town.house),
        lambda: campaigns.sweep(other),
        lambda: campaigns.sweep_events(other),
    )
    campaigns.sweep(town.house)
    assert_each_got_it_once(town, members)
    (run,) = town.all("SELECT treated, held_out FROM campaign_run")
    assert tuple(run) == (60, 0)


def test_a_rule_that_is_edited_while_it_runs_gives_once(engine: Engine) -> None:
    town, members = town_of(engine, 30)
    edited = town.open(shop_with(RULE % (80, 0)))
    at_once(lambda: campaigns.sweep(town.house), lambda: campaigns.sweep(edited))
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
