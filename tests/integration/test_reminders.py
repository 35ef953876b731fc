"""Reminders: once, at the right time, and still true then; real database (rows E1, E5)."""

from __future__ import annotations

import threading
import time
from datetime import date, datetime, timedelta
from functools import partial

import pytest
from booking_support import TUESDAY, at, slot
from reminders_support import Speaker
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError
from wechatpy.exceptions import WeChatClientException

from actions import reminders as speaking
from actions.booking import bookings
from actions.house import Denied
from actions.membership import joining
from actions.reminders import sending
from actions.reminders.nightly import windows
from bot.outreach.queue import release_waiting
from bot.outreach.sending import OutreachContext, sweep
from ledger import book
from ledger.book import Header
from ledger.records import contacts, members, preferences, reminders, tickets

WEDNESDAY = date(2026, 11, 25)


@pytest.fixture
def place(engine: Engine) -> Speaker:
    return Speaker(engine)


def test_a_booking_is_told_of_the_day_before_and_two_hours_before(place: Speaker) -> None:
    openid, _ = place.follower()
    booked = place.book(openid, slot("15:00", day=WEDNESDAY)).booking
    assert speaking.send_due(place.house) == 0
    place.now = at(TUESDAY, "15:00")
    assert speaking.send_due(place.house) == 1
    place.now = at(WEDNESDAY, "13:00")
    assert speaking.send_due(place.house) == 1
    assert speaking.send_due(place.house) == 0
    before, soon = place.outbox()
    assert "明天(11月25日)15:00" in before
    assert "面护 · 小美" in before
    assert "东店" in before
    assert "今天(11月25日)15:00" in soon
    assert "东街 1 号" in soon
    assert place.outcome(f"booking_soon:{booked.id}") == ("sent", "")


def test_who_books_for_today_hears_of_it_once_only(place: Speaker) -> None:
    openid, _ = place.follower()
    booked = place.book(openid, slot("15:00", day=place.now.date())).booking
    assert set(place.all()) == {f"booking_soon:{booked.id}"}


def test_a_booking_that_was_cancelled_or_moved_meanwhile_is_not_told_of(place: Speaker) -> None:
    first, _ = place.follower()
    second, _ = place.follower()
    cancelled = place.book(first, slot("15:00", day=WEDNESDAY)).booking
    bookings.cancel(place.house, openid=first, booking_id=cancelled.id, key="no")
    moved = place.book(second, slot("15:00", day=WEDNESDAY)).booking
    place.book(second, slot("16:30", day=WEDNESDAY), moving=moved.id)
    place.now = at(WEDNESDAY, "13:00")
    assert speaking.send_due(place.house) == 1  # the new time's; its soon-reminder is not due
    assert place.outcome(f"booking_tomorrow:{cancelled.id}") == ("dropped", "the booking is cancelled")
    assert place.outcome(f"booking_soon:{moved.id}") == ("dropped", "the booking is moved")
    assert "16:30" in place.outbox()[0]


def test_what_is_planned_twice_under_one_key_is_planned_once(place: Speaker) -> None:
    _, member_id = place.follower()
    assert place.plan(member_id, "once", place.now)
    assert not place.plan(member_id, "once", place.now)
    assert speaking.send_due(place.house) == 1
    assert not place.plan(member_id, "once", place.now)
    with place.engine.begin() as connection:
        assert not reminders.cancel(connection, "once", "late", now=place.now)


def test_a_plan_goes_with_its_transaction(place: Speaker) -> None:
    _, member_id = place.follower()
    with place.engine.connect() as connection, connection.begin() as transaction:
        assert reminders.plan(
            connection,
            key="gone",
            member_id=member_id,
            kind="new_member_guide",
            subject={},
            due_at=place.now,
            category="service",
            reason="x",
        )
        transaction.rollback()
    assert place.all() == {}


def test_several_workers_at_once_send_each_reminder_once(place: Speaker) -> None:
    for number in range(30):
        _, member_id = place.follower()
        place.plan(member_id, f"k{number}", place.now)
    start = threading.Barrier(4)
    sent: list[int] = []

    def work() -> None:
        start.wait()
        sent.append(speaking.send_due(place.house))

    workers = [threading.Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert sum(sent) == 30
    assert len(place.outbox()) == 30
    assert {record.state for record in place.all().values()} == {"sent"}


def test_a_worker_that_dies_between_claim_and_commit_leaves_nothing_and_holds_nothing(place: Speaker) -> None:
    _, member_id = place.follower()
    place.plan(member_id, "k", place.now)
    with place.engine.connect() as connection:
        transaction = connection.begin()
        (claimed,) = reminders.claim_due(connection, place.now)
        assert sending._decide(place.house, connection, claimed)
        assert speaking.send_due(place.house) == 0  # another worker passes over it
        transaction.rollback()
    assert place.outbox() == []
    assert speaking.send_due(place.house) == 1
    assert len(place.outbox()) == 1


def test_a_reminder_whose_words_fail_holds_up_no_other_and_is_given_up(
    place: Speaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, member_id = place.follower()
    place.plan(member_id, "bad", place.now, kind="booking_soon", priority=9)  # names no booking
    place.plan(member_id, "good", place.now)
    assert speaking.send_due(place.house) == 1
    assert place.outcome("bad") == ("waiting", "failed: KeyError")
    for _ in range(sending.MOST_FAILURES):
        place.now += timedelta(minutes=31)
        speaking.send_due(place.house)
    assert place.outcome("bad") == ("dropped", "failed: KeyError")


@pytest.mark.parametrize(
    ("first", "last", "clock", "until"),
    [
        (21, 9, "22:30", (25, "09:00")),
        (21, 9, "03:00", (24, "09:00")),
        (21, 9, "09:00", None),
        (21, 9, "20:59", None),
        (0, 7, "06:59", (24, "07:00")),
        (8, 8, "03:00", None),
    ],
)
def test_quiet_hours_over_midnight_postpone(
    place: Speaker, first: int, last: int, clock: str, until: tuple[int, str] | None
) -> None:
    place.rules(quiet_from=first, quiet_until=last)
    _, member_id = place.follower()
    place.now = at(TUESDAY, clock)
    place.plan(member_id, "k", place.now)
    assert speaking.send_due(place.house) == (until is None)
    record = place.all()["k"]
    if until is not None:
        day, hour = until
        assert (record.state, record.result) == ("waiting", "quiet hours")
        assert record.due_at == at(date(2026, 11, day), hour)
        place.now = record.due_at
        assert speaking.send_due(place.house) == 1


def test_a_clock_that_jumps_says_nothing_stale(place: Speaker) -> None:
    openid, member_id = place.follower()
    place.plan(member_id, "old", place.now)
    booked = place.book(openid, slot("15:00", day=WEDNESDAY)).booking
    place.now = at(date(2026, 12, 24), "12:00")
    assert speaking.send_due(place.house) == 0
    assert place.outcome("old") == ("dropped", "too late by days")
    assert place.outcome(f"booking_soon:{booked.id}")[0] == "dropped"
    assert speaking.send_due(place.house) == 0


def test_a_rule_that_was_changed_while_it_waited_counts(place: Speaker) -> None:
    _, member_id = place.follower()
    place.plan(member_id, "k", place.now)
    place.rules(silent=("new_member_guide",))
    assert speaking.send_due(place.house) == 0
    assert place.outcome("k") == ("dropped", "the shop does not send this kind any more")


def test_who_left_or_opted_out_or_complains_is_not_written_to(place: Speaker) -> None:
    people = {name: place.follower() for name in ("left", "muted", "refused", "complains", "kept")}
    for name, (_, member_id) in people.items():
        place.plan(member_id, name, place.now)
    with place.engine.begin() as connection:
        contacts.unfollow(connection, openid=people["left"][0], at=place.now)
        members.set_muted(connection, people["muted"][1], muted=True)
        preferences.refuse(connection, people["refused"][1], "new_member_guide", at=place.now)
        openid, member_id = people["complains"]
        assert tickets.create(
            connection,
            key="c",
            openid=openid,
            member_id=member_id,
            store_id="east",
            kind="complaint",
            at=place.now,
        )
    assert speaking.send_due(place.house) == 1
    assert {name: place.outcome(name) for name in people} == {
        "left": ("dropped", "does not follow"),
        "muted": ("dropped", "wants no reminders"),
        "refused": ("dropped", "does not want this kind"),
        "complains": ("dropped", "a complaint is open"),
        "kept": ("sent", ""),
    }


def test_marketing_goes_one_at_a_time_by_priority_and_within_its_caps(place: Speaker) -> None:
    _, member_id = place.follower()
    for key, priority in (("low", 1), ("high", 9), ("middle", 5)):
        place.plan(member_id, key, place.now, category="marketing", priority=priority)
    place.rules(marketing_per_month=2)
    assert speaking.send_due(place.house) == 1
    assert place.outcome("high") == ("sent", "")
    assert {place.outcome(key) for key in ("low", "middle")} == {("waiting", "the day's cap")}
    place.now = at(TUESDAY, "10:00")
    assert speaking.send_due(place.house) == 1
    assert place.outcome("middle") == ("sent", "")
    assert place.outcome("low") == ("dropped", "the month's cap")


def test_a_better_campaign_goes_first_even_if_a_worker_takes_the_other(place: Speaker) -> None:
    _, member_id = place.follower()
    place.plan(member_id, "better", place.now, category="marketing", priority=9)
    place.plan(member_id, "other", place.now, category="marketing")
    with place.engine.begin() as connection:
        held = reminders.claim_due(connection, place.now)  # another worker has the better one in hand
        assert [each.key for each in held] == ["better"]
        assert speaking.send_due(place.house) == 0
    assert place.outcome("other") == ("waiting", "another message goes first")


def paid(place: Speaker, member_id: int, fen: int) -> None:
    with place.engine.begin() as connection:
        header = Header(
            key=place.key(),
            store_id="east",
            actor="system",
            member_id=member_id,
            occurred_at=place.now,
            recorded_at=place.now,
        )
        if fen > 0:
            book.top_up(connection, header, paid_fen=fen, payment_method="cash")
        else:
            line = book.Line("facial", "面护", "care", 1, -fen, -fen)
            done = book.purchase(
                connection, header, lines=[line], stored_fen=-fen, spending_order="paid_in_first"
            )
            assert isinstance(done, book.Posted), done


def test_a_low_balance_is_told_once_for_each_top_up_with_what_it_buys(place: Speaker) -> None:
    place.rules(low_balance_fen=30_000)
    openid, member_id = place.follower(paid_fen=50_000)
    assert speaking.plan_nightly(place.house) == 0
    paid(place, member_id, -25_000)
    assert speaking.plan_nightly(place.house) == 1
    assert speaking.plan_nightly(place.house) == 0
    place.now = at(place.now.date(), "10:00")
    assert speaking.send_due(place.house) == 1
    assert "¥250.00，还够做一次面护" in place.outbox()[0]
    paid(place, member_id, -5_000)
    assert speaking.plan_nightly(place.house) == 0
    paid(place, member_id, 10_000)
    paid(place, member_id, -15_000)
    assert speaking.plan_nightly(place.house) == 1
    paid(place, member_id, 100_000)
    assert speaking.send_due(place.house) == 0
    assert sorted(record.result for record in place.all().values()) == ["", "topped up meanwhile"]
    assert openid


def grant(place: Speaker, member_id: int, points: int, expires_at: datetime) -> None:
    with place.engine.begin() as connection:
        header = Header(
            key=place.key(),
            store_id="east",
            actor="system",
            member_id=member_id,
            occurred_at=place.now,
            recorded_at=place.now,
        )
        book.grant_points(connection, header, points=points, expires_at=expires_at, reason="test")


def test_points_are_told_of_a_week_and_a_day_before_they_end(place: Speaker) -> None:
    _, member_id = place.follower()
    ends = at(date(2026, 12, 1), "00:00")  # last day 30 November, a week after the Monday
    grant(place, member_id, 120, ends)
    told: list[str] = []
    for day in range(9):
        place.now = at(date(2026, 11, 22) + timedelta(days=day), "04:17")
        speaking.plan_nightly(place.house)
        place.now = at(date(2026, 11, 22) + timedelta(days=day), "10:00")
        if speaking.send_due(place.house):
            told.append(f"{place.now:%d}")
    assert told == ["23", "29"]
    week, tomorrow = place.outbox()
    assert "120 积分" in week
    assert "周一(11月30日)用完为止" in week
    assert "明天(11月30日)用完为止" in tomorrow


def test_points_of_every_day_are_not_told_of_every_day(place: Speaker) -> None:
    _, member_id = place.follower()
    for day in range(20):
        grant(place, member_id, 10, at(date(2026, 11, 30) + timedelta(days=day), "00:00"))
    place.rules(days_before=(7,))
    told = 0
    for day in range(14):
        place.now = at(date(2026, 11, 23) + timedelta(days=day), "10:00")
        speaking.plan_nightly(place.house)
        told += speaking.send_due(place.house)
    assert told == 2


def test_a_lost_night_loses_no_reminder(place: Speaker) -> None:
    covered = list(windows(place.house.shop, at(TUESDAY, "04:17")))
    assert [window.days for window in covered] == [1, 7]
    assert covered[0].end == covered[1].start
    assert covered[0].start == at(TUESDAY, "04:17")
    assert covered[1].end == at(date(2026, 12, 2), "00:00")


def test_a_night_that_did_not_run_is_made_good_by_day_once(place: Speaker) -> None:
    _, member_id = place.follower()
    grant(place, member_id, 50, at(date(2026, 11, 25), "00:00"))
    place.now = at(place.now.date(), "04:30")
    assert speaking.plan_missed(place.house) == 0  # the night's job may still come
    place.now = at(place.now.date(), "11:00")
    assert speaking.plan_missed(place.house) == 1
    _, other = place.follower()
    grant(place, other, 50, at(date(2026, 11, 25), "00:00"))
    assert speaking.plan_missed(place.house) == 0
    place.now = at(TUESDAY, "11:00")
    assert speaking.plan_missed(place.house) == 1
    place.now = at(date(2026, 11, 23), "12:00")  # the clock went back
    assert speaking.plan_missed(place.house) == 0


def test_what_was_used_or_given_up_meanwhile_is_not_told_of_and_muted_members_hear_of_their_own(
    place: Speaker,
) -> None:
    openid, member_id = place.follower()
    other_openid, other = place.follower()
    for each in (member_id, other):
        grant(place, each, 50, at(date(2026, 11, 25), "00:00"))
    joining.set_muted(place.house, openid=openid, muted=True)
    assert speaking.plan_nightly(place.house) == 2
    with place.engine.begin() as connection:
        header = Header(
            key="spent",
            store_id="east",
            actor="system",
            member_id=other,
            occurred_at=place.now,
            recorded_at=place.now,
        )
        book.spend_points(connection, header, points=50, reward_id="test")
    place.now = at(place.now.date(), "10:00")
    assert speaking.send_due(place.house) == 1
    results = {record.member_id: record.result for record in place.all().values()}
    assert results == {member_id: "", other: "it has been used"}
    assert other_openid


def test_a_new_member_is_guided_an_hour_later(place: Speaker) -> None:
    with place.engine.begin() as connection:
        contacts.follow(connection, openid="oNEW", at=place.now)
    joining.join(place.house, openid="oNEW")
    joining.join(place.house, openid="oNEW")
    place.now += timedelta(hours=1)
    assert speaking.send_due(place.house) == 1
    assert place.outbox()[0].startswith("欢迎成为小院的会员")


def test_why_and_no_more_of_it(place: Speaker) -> None:
    openid, member_id = place.follower()
    assert getattr(speaking.why_last(place.house, openid=openid), "code", "") == "why_none"
    place.plan(member_id, "k", place.now, reason="您刚办了卡。")
    speaking.send_due(place.house)
    why = speaking.why_last(place.house, openid=openid)
    assert isinstance(why, speaking.Explained)
    assert (why.first_line, why.reason) == ("欢迎成为小院的会员！", "您刚办了卡。")
    assert speaking.refuse_last(place.house, openid=openid) is None
    place.plan(member_id, "again", place.now)
    assert speaking.send_due(place.house) == 0
    assert place.outcome("again") == ("dropped", "does not want this kind")
    joining.set_muted(place.house, openid=openid, muted=False)
    place.plan(member_id, "third", place.now)
    assert speaking.send_due(place.house) == 1


def test_no_offers_leaves_reminders(place: Speaker) -> None:
    openid, member_id = place.follower()
    assert speaking.refuse_marketing(place.house, openid=openid) is None
    place.plan(member_id, "offer", place.now, category="marketing")
    place.plan(member_id, "service", place.now)
    assert speaking.send_due(place.house) == 1
    assert place.outcome("offer") == ("dropped", "does not want this kind")


def test_coming_is_noted_once_with_the_booking(place: Speaker) -> None:
    openid, _ = place.follower()
    booked = place.book(openid, slot("15:00", day=WEDNESDAY)).booking
    assert getattr(speaking.coming(place.house, openid=openid, key="m1"), "code", "") == "coming_none"
    place.now = at(TUESDAY, "15:00")
    speaking.send_due(place.house)
    assert speaking.coming(place.house, openid=openid, key="m1") == at(WEDNESDAY, "15:00")
    assert speaking.coming(place.house, openid=openid, key="m1") == at(WEDNESDAY, "15:00")
    with place.engine.connect() as connection:
        query = "SELECT count(*) FROM booking_event WHERE booking_id = :id AND what = 'coming'"
        assert connection.execute(text(query), {"id": booked.id}).scalar_one() == 1
    place.now = at(WEDNESDAY, "15:30")
    assert getattr(speaking.coming(place.house, openid=openid, key="m2"), "code", "") == "coming_none"


def test_a_worker_whose_connection_is_cut_before_its_commit_leaves_the_reminder_to_another(
    place: Speaker,
) -> None:
    _, member_id = place.follower()
    place.plan(member_id, "k", place.now)
    with place.engine.connect() as dying:
        transaction = dying.begin()
        (claimed,) = reminders.claim_due(dying, place.now)
        assert sending._decide(place.house, dying, claimed)
        number = dying.execute(text("SELECT pg_backend_pid()")).scalar_one()
        place.execute("SELECT pg_terminate_backend(:number)", number=number)
        with pytest.raises(DBAPIError):
            transaction.commit()
        dying.invalidate()
    for _ in range(50):  # the server lets go of the lock a moment after the line is cut
        if speaking.send_due(place.house):
            break
        time.sleep(0.05)
    assert place.outcome("k") == ("sent", "")
    assert len(place.outbox()) == 1


class Line:
    """The channel: keeps what went out, or has its window closed."""

    def __init__(self) -> None:
        self.went: list[str] = []
        self.closed = True

    def send_text(self, _openid: str, words: str) -> None:
        if self.closed:
            raise WeChatClientException(45015, "response out of time limit")
        self.went.append(words)


def test_what_waited_for_the_members_next_word_is_said_as_it_is_then_or_not_at_all(place: Speaker) -> None:
    (kept, _), (gone, _) = place.follower(), place.follower()
    for openid, clock in ((kept, "15:00"), (gone, "16:30")):
        place.book(openid, slot(clock, day=WEDNESDAY))
    line = Line()
    context = OutreachContext(
        place.engine, line, lambda: place.now, refresh=partial(speaking.refresh, place.house)
    )
    place.now = at(TUESDAY, "17:00")
    assert speaking.send_due(place.house) == 2
    place.now += timedelta(seconds=5)
    assert sweep(context) == 2
    assert line.went == []
    found = bookings.mine(place.house, openid=gone)
    assert not isinstance(found, Denied)
    (booking,) = found
    bookings.cancel(place.house, openid=gone, booking_id=booking.id, key="no")
    line.closed = False
    place.now = at(WEDNESDAY, "09:30")
    for openid in (kept, gone):
        with place.engine.begin() as connection:
            assert release_waiting(connection, openid, now=place.now) == 1
    place.now += timedelta(seconds=5)
    sweep(context)
    (said,) = line.went
    assert "今天(11月25日)15:00" in said  # it was 明天 when it was queued
    untrue = [record for record in place.all().values() if record.result]
    assert [(record.result, record.message_state) for record in untrue] == [
        ("the booking is cancelled", "dropped")
    ]
