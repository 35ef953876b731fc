"""Two hundred tries for the last slot: one has it, the others are offered another time at once (row A8)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

import pytest
from booking_support import TUESDAY, Salon, at, slot
from racing_kit import at_once
from sqlalchemy import create_engine, text

from actions.booking import bookings
from actions.booking.bookings import Blocked, Booked, Held, Taken, Wish
from actions.house import Denied

CROWD = 200
ROUNDS = 25


@pytest.fixture
def salon(database_url: str) -> Iterator[Salon]:
    limits = "-c lock_timeout=2s -c statement_timeout=3s -c timezone=UTC"
    engine = create_engine(
        database_url, pool_size=40, max_overflow=40, pool_timeout=30, connect_args={"options": limits}
    )
    salon = Salon(engine)
    yield salon
    salon.check()
    engine.dispose()


def test_two_hundred_want_the_last_slot_and_one_has_it(salon: Salon) -> None:
    crowd = [salon.member() for _ in range(CROWD)]
    wanted = slot("15:00")
    wish = Wish("facial", "east", "mei", wanted.start, grain="minute")
    tries = [
        partial(bookings.hold, salon.house, openid=openid, wish=wish, slot=wanted, key=f"try:{openid}")
        for openid in crowd
    ]
    results = at_once(tries)
    assert sum(isinstance(result, Held) for result in results) == 1
    for result in results:
        if not isinstance(result, Held):
            assert isinstance(result, Taken), result
            assert result.offer.slots
            assert wanted not in result.offer.slots
            assert result.offer.why in ("other_time", "other_technician")
    winner = crowd[[isinstance(result, Held) for result in results].index(True)]
    held = results[crowd.index(winner)]
    assert isinstance(held, Held)
    booked = bookings.confirm(salon.house, openid=winner, booking_id=held.booking_id, key="yes")
    assert isinstance(booked, Booked)


def test_overlapping_slots_with_one_bed_leave_no_two_winners(salon: Salon) -> None:
    """Different technicians and times that overlap: one bed lets only one of any two through."""
    wishes = [slot("14:00"), slot("14:30"), slot("14:00", "li"), slot("14:30", "li"), slot("15:00")]
    crowd = [(salon.member(), wanted) for wanted in wishes * 12]
    tries = [
        partial(
            bookings.hold,
            salon.house,
            openid=openid,
            wish=Wish("facial", "east", start=wanted.start, grain="minute"),
            slot=wanted,
            key=f"try:{openid}",
        )
        for openid, wanted in crowd
    ]
    results = at_once(tries)
    winners = sorted((r.slot for r in results if isinstance(r, Held)), key=lambda won: won.start)
    assert 1 <= len(winners) <= 2
    if len(winners) == 2:
        assert winners[0].end < winners[1].start  # the ten minutes of tidying up lie between
    assert all(isinstance(result, Held | Taken) for result in results)


def test_a_hold_that_ran_out_goes_to_one_of_many(salon: Salon) -> None:
    sleeper = salon.member()
    held = salon.hold(sleeper, slot("15:00"))
    salon.now = held.until
    crowd = [salon.member() for _ in range(30)]
    wish = Wish("facial", "east", "mei", held.slot.start, grain="minute")
    results = at_once(
        [
            partial(bookings.hold, salon.house, openid=openid, wish=wish, slot=held.slot, key=openid)
            for openid in crowd
        ]
    )
    assert sum(isinstance(result, Held) for result in results) == 1
    assert isinstance(
        bookings.confirm(salon.house, openid=sleeper, booking_id=held.booking_id, key="late"), Denied
    )


def test_the_same_yes_at_once_books_once(salon: Salon) -> None:
    openid = salon.member(paid_fen=10_000)
    held = salon.hold(openid, slot("15:00", minutes=90), "spa")
    yes = partial(bookings.confirm, salon.house, openid=openid, booking_id=held.booking_id, key="yes")
    results = at_once([yes] * 8)
    assert all(isinstance(result, Booked) for result in results)
    assert sum(not result.replayed for result in results if isinstance(result, Booked)) == 1
    assert salon.stored_fen(openid) == 5_000


def test_two_members_who_swap_their_times_never_wait_in_a_circle(salon: Salon) -> None:
    one, other = salon.member(), salon.member()
    first, second = salon.book(one, slot("14:00")), salon.book(other, slot("16:00"))
    for _ in range(10):
        results = at_once(
            [
                partial(
                    bookings.hold,
                    salon.house,
                    openid=openid,
                    wish=Wish("facial", "east", start=wanted.slot.start, grain="minute"),
                    slot=wanted.slot,
                    key=salon.key(),
                    moving=own.booking.id,
                )
                for openid, own, wanted in (
                    (one, first, second.booking),
                    (other, second, first.booking),
                )
            ]
        )
        assert all(isinstance(result, Taken) for result in results)


def test_one_member_at_many_phones_holds_one_slot(salon: Salon) -> None:
    openid = salon.member()
    clocks = ("10:00", "11:30", "14:30", "16:00")
    results = at_once(
        [
            partial(
                bookings.hold,
                salon.house,
                openid=openid,
                wish=Wish("facial", "east", start=slot(clock).start, grain="minute"),
                slot=slot(clock),
                key=salon.key(),
            )
            for clock in clocks
        ]
    )
    assert all(isinstance(result, Held) for result in results)
    assert salon.count("booking", "state = 'held'") == 1


def test_overlapping_blocks_are_taken_back_at_once(salon: Salon) -> None:
    """Each leaves to the other what that still covers; when all are gone, nothing is taken."""
    manager = salon.staff("manager", "east")
    for round_number in range(ROUNDS):
        blocks = [
            taken_off(salon, manager, start, end, f"{round_number}:{start}")
            for start, end in (("10:00", "12:00"), ("11:00", "13:00"), ("10:30", "12:30"), ("11:30", "14:00"))
        ]
        done = at_once(
            [
                partial(
                    bookings.unblock, salon.house, staff_openid=manager, block_id=block, key=f"back:{block}"
                )
                for block in blocks
            ]
        )
        assert all(isinstance(each, Blocked) for each in done), done
        assert units_left(salon) == 0


def test_a_block_and_a_booking_are_given_up_at_once(salon: Salon) -> None:
    """The booking's time is the block's only as long as the block holds."""
    manager = salon.staff("manager", "east")
    for round_number in range(ROUNDS):
        openid = salon.member()
        wanted = slot("11:00")
        wish = Wish("facial", "east", "mei", wanted.start, grain="minute")
        held = bookings.hold(salon.house, openid=openid, wish=wish, slot=wanted, key=f"hold:{round_number}")
        assert isinstance(held, Held)
        booked = bookings.confirm(
            salon.house, openid=openid, booking_id=held.booking_id, key=f"yes:{round_number}"
        )
        assert isinstance(booked, Booked)
        block = taken_off(salon, manager, "10:00", "13:00", f"{round_number}")
        give_up = partial(
            bookings.cancel, salon.house, openid=openid, booking_id=held.booking_id, key=f"no:{round_number}"
        )
        take_back = partial(
            bookings.unblock, salon.house, staff_openid=manager, block_id=block, key=f"back:{round_number}"
        )
        calls: list[Callable[[], object]] = [give_up, take_back]
        at_once(calls)
        assert units_left(salon) == 0


def taken_off(salon: Salon, manager: str, start: str, end: str, key: str) -> int:
    done = bookings.block(
        salon.house,
        staff_openid=manager,
        technician_id="mei",
        start=at(TUESDAY, start),
        end=at(TUESDAY, end),
        kind="block",
        reason="",
        key=f"block:{key}",
    )
    assert isinstance(done, Blocked)
    return done.block_id


def units_left(salon: Salon) -> int:
    with salon.engine.connect() as connection:
        return int(connection.execute(text("SELECT count(*) FROM booking_unit")).scalar_one())
