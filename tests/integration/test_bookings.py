"""Booking from the offer to the chair: holds, prices, moves, cancels, waiting; real database (row A8)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

import pytest
from booking_support import SHOP, TUESDAY, Salon, at, slot
from sqlalchemy import Engine, text
from sqlalchemy.exc import IntegrityError

from actions.booking import bookings
from actions.booking.bookings import Booked, Cancelled, Held, Offer, Taken, Wish
from actions.house import Denied
from ledger.book import KeyConflict
from shop.model import Shop


@pytest.fixture
def salon(engine: Engine) -> Iterator[Salon]:
    made = Salon(engine)
    yield made
    made.check()


def offered(salon: Salon, openid: str, wish: Wish, *, moving: int | None = None) -> Offer:
    offer = bookings.offer(salon.house, openid=openid, wish=wish, moving=moving)
    assert isinstance(offer, Offer), offer
    return offer


def exact(
    clock: str, *, technician: str | None = "mei", service: str = "facial", day: date = TUESDAY
) -> Wish:
    return Wish(service, "east", technician, at(day, clock), grain="minute")


def test_a_free_time_is_offered_as_wished_held_and_booked(salon: Salon) -> None:
    openid = salon.member()
    offer = offered(salon, openid, exact("15:00"))
    assert (offer.why, offer.slots, offer.text) == ("as_wished", (slot("15:00"),), "明天(11月24日)15:00 小美")
    held = bookings.hold(salon.house, openid=openid, wish=offer.wish, slot=offer.slots[0], key="hold")
    assert isinstance(held, Held)
    assert held.until == salon.now + timedelta(minutes=2)
    assert held.price_line == "面护 ¥200.00，到店结账"
    booked = bookings.confirm(salon.house, openid=openid, booking_id=held.booking_id, key="yes")
    assert isinstance(booked, Booked)
    assert bookings.mine(salon.house, openid=openid) == (booked.booking,)
    assert bookings.what_text(salon.house, booked.booking, now=salon.now) == (
        "明天(11月24日)15:00 东店\n面护 · 小美"
    )


def test_a_day_is_offered_spread_out_and_in_words(salon: Salon) -> None:
    offer = offered(salon, salon.member(), Wish("facial", "east", start=at(TUESDAY, "00:00"), grain="day"))
    assert offer.why == "as_wished"
    assert offer.text == "明天(11月24日)10:00 小美 · 12:30 小美 · 15:00 小丽"


def test_what_is_booked_is_not_offered_and_its_neighbours_are(salon: Salon) -> None:
    salon.book(salon.member(), slot("15:00"))
    offer = offered(salon, salon.member(), exact("15:00"))
    assert offer.why == "other_time"
    assert slot("15:00") not in offer.slots
    # one bed: 14:00 would be tidied up until 15:10
    assert [one.start for one in offer.slots] == [at(TUESDAY, c) for c in ("13:00", "13:30", "16:30")]


def test_somebody_elses_hold_is_taken_for_two_minutes(salon: Salon) -> None:
    held = salon.hold(salon.member(), slot("15:00"))
    other = salon.member()
    taken = bookings.hold(salon.house, openid=other, wish=exact("15:00"), slot=held.slot, key="k")
    assert isinstance(taken, Taken)
    assert held.slot not in taken.offer.slots
    salon.now += timedelta(minutes=2)
    assert isinstance(
        bookings.hold(salon.house, openid=other, wish=exact("15:00"), slot=held.slot, key="k2"), Held
    )
    assert salon.count("booking", "state = 'expired'") == 1


def test_a_yes_after_the_hold_ran_out_counts_while_nobody_has_taken_it(salon: Salon) -> None:
    openid = salon.member()
    held = salon.hold(openid, slot("15:00"))
    salon.now += timedelta(minutes=10)
    assert isinstance(
        bookings.confirm(salon.house, openid=openid, booking_id=held.booking_id, key="yes"), Booked
    )


def test_the_same_key_gives_the_same_hold_and_another_slot_is_a_conflict(salon: Salon) -> None:
    openid = salon.member()
    first = bookings.hold(salon.house, openid=openid, wish=exact("15:00"), slot=slot("15:00"), key="k")
    assert (
        bookings.hold(salon.house, openid=openid, wish=exact("15:00"), slot=slot("15:00"), key="k") == first
    )
    with pytest.raises(KeyConflict):
        bookings.hold(salon.house, openid=openid, wish=exact("16:00"), slot=slot("16:00"), key="k")


def test_a_new_hold_lets_the_earlier_one_go_even_where_they_overlap(salon: Salon) -> None:
    openid = salon.member()
    salon.hold(openid, slot("15:00"))
    held = salon.hold(openid, slot("15:30"))
    assert salon.count("booking", "state = 'held'") == 1
    assert isinstance(salon.book(salon.member(), slot("14:00")), Booked)
    assert isinstance(
        bookings.confirm(salon.house, openid=openid, booking_id=held.booking_id, key="yes"), Booked
    )


def test_moving_by_half_an_hour_keeps_the_old_time_until_the_yes(salon: Salon) -> None:
    openid = salon.member()
    booked = salon.book(openid, slot("15:00"))
    offer = offered(salon, openid, exact("15:30"), moving=booked.booking.id)
    assert offer.why == "as_wished"
    held = salon.hold(openid, slot("15:30"), moving=booked.booking.id)
    other = bookings.hold(
        salon.house, openid=salon.member(), wish=exact("14:30"), slot=slot("14:30"), key="o"
    )
    assert isinstance(other, Taken)
    moved = bookings.confirm(salon.house, openid=openid, booking_id=held.booking_id, key="yes")
    assert isinstance(moved, Booked)
    assert moved.moved_from is not None
    assert (moved.moved_from.id, moved.moved_from.state) == (booked.booking.id, "moved")
    mine = bookings.mine(salon.house, openid=openid)
    assert isinstance(mine, tuple)
    assert [one.slot.start for one in mine] == [at(TUESDAY, "15:30")]
    salon.check()
    assert isinstance(salon.book(salon.member(), slot("14:00")), Booked)


def test_a_move_whose_booking_was_cancelled_meanwhile_is_gone(salon: Salon) -> None:
    openid = salon.member()
    booked = salon.book(openid, slot("15:00"))
    held = salon.hold(openid, slot("15:30"), moving=booked.booking.id)
    assert isinstance(
        bookings.cancel(salon.house, openid=openid, booking_id=booked.booking.id, key="no"), Cancelled
    )
    denied = bookings.confirm(salon.house, openid=openid, booking_id=held.booking_id, key="yes")
    assert isinstance(denied, Denied)
    assert salon.count("booking_unit") == 0


def test_cancelling_in_time_frees_the_slot_and_late_is_recorded(salon: Salon) -> None:
    openid = salon.member()
    first, second = salon.book(openid, slot("15:00")), salon.book(openid, slot("10:00"))
    done = bookings.cancel(salon.house, openid=openid, booking_id=first.booking.id, key="c1")
    assert isinstance(done, Cancelled)
    assert not done.late
    again = bookings.cancel(salon.house, openid=openid, booking_id=first.booking.id, key="c1")
    assert isinstance(again, Cancelled)
    assert again.replayed
    salon.now = at(TUESDAY, "08:01")
    terms = bookings.cancel_terms(salon.house, openid=openid, booking_id=second.booking.id)
    assert not isinstance(terms, Denied)
    assert terms.late
    done = bookings.cancel(salon.house, openid=openid, booking_id=second.booking.id, key="c2")
    assert isinstance(done, Cancelled)
    assert done.late
    assert salon.count("booking", "state = 'late_cancelled'") == 1
    assert salon.count("booking_unit") == 0


def test_what_has_begun_cannot_be_cancelled_and_a_late_one_not_moved(salon: Salon) -> None:
    openid = salon.member()
    booked = salon.book(openid, slot("10:00"))
    salon.now = at(TUESDAY, "09:00")
    moved = bookings.offer(salon.house, openid=openid, wish=exact("15:00"), moving=booked.booking.id)
    assert moved == Denied("booking_move_late", {"hours": 2})
    salon.now = at(TUESDAY, "10:00")
    assert bookings.cancel(salon.house, openid=openid, booking_id=booked.booking.id, key="c") == Denied(
        "booking_started"
    )


def test_nobody_sees_or_touches_anothers_booking(salon: Salon) -> None:
    booked = salon.book(salon.member(), slot("15:00"))
    other = salon.member()
    for denied in (
        bookings.cancel(salon.house, openid=other, booking_id=booked.booking.id, key="x"),
        bookings.confirm(salon.house, openid=other, booking_id=booked.booking.id, key="y"),
        bookings.offer(salon.house, openid=other, wish=exact("16:00"), moving=booked.booking.id),
    ):
        assert denied == Denied("booking_not_found")
    assert bookings.mine(salon.house, openid=other) == ()
    assert bookings.mine(salon.house, openid="oNOBODY") == Denied("booking_join_first")


# Deposits and packs


def test_a_deposit_is_set_aside_from_stored_value_and_comes_back_in_time(salon: Salon) -> None:
    openid = salon.member(paid_fen=12_000)
    held = salon.hold(openid, slot("15:00", minutes=90), "spa")
    assert held.deposit_fen == 5_000
    assert "定金 ¥50.00" in held.price_line
    assert salon.stored_fen(openid) == 12_000
    booked = bookings.confirm(salon.house, openid=openid, booking_id=held.booking_id, key="yes")
    assert isinstance(booked, Booked)
    assert (salon.stored_fen(openid), booked.booking.deposit_fen) == (7_000, 5_000)
    salon.check()
    done = bookings.cancel(salon.house, openid=openid, booking_id=held.booking_id, key="no")
    assert isinstance(done, Cancelled)
    assert (done.returned_fen, done.kept_fen, salon.stored_fen(openid)) == (5_000, 0, 12_000)


def test_a_late_cancel_leaves_the_deposit_with_the_shop(salon: Salon) -> None:
    openid = salon.member(paid_fen=12_000)
    booked = salon.book(openid, slot("15:00", minutes=90), "spa")
    salon.now = at(TUESDAY, "14:00")
    done = bookings.cancel(salon.house, openid=openid, booking_id=booked.booking.id, key="no")
    assert isinstance(done, Cancelled)
    assert (done.late, done.returned_fen, done.kept_fen) == (True, 0, 5_000)
    assert salon.stored_fen(openid) == 7_000


def test_without_the_money_for_a_deposit_nothing_is_held_or_booked(salon: Salon) -> None:
    poor = salon.member(paid_fen=4_999)
    wish = exact("15:00", service="spa")
    denied = bookings.hold(salon.house, openid=poor, wish=wish, slot=slot("15:00", minutes=90), key="k")
    assert denied == Denied(
        "booking_deposit_short", {"service": "精油SPA", "deposit": "¥50.00", "available": "¥49.99"}
    )
    assert salon.count("booking_unit") == 0


def test_a_deposit_moves_with_the_booking(salon: Salon) -> None:
    openid = salon.member(paid_fen=5_000)
    booked = salon.book(openid, slot("15:00", minutes=90), "spa")
    assert salon.stored_fen(openid) == 0
    moved = salon.book(openid, slot("15:30", minutes=90), "spa", moving=booked.booking.id)
    assert (salon.stored_fen(openid), moved.booking.deposit_fen) == (0, 5_000)


def test_a_pack_pays_for_as_many_bookings_as_it_has_visits(salon: Salon) -> None:
    openid = salon.member(packs=1)
    first = salon.book(openid, slot("15:00"), "course")
    assert first.price_line == "塑形课，到店用“塑形十次卡” 1 次（现剩 1 次）"
    wish = exact("16:00", service="course")
    denied = bookings.hold(salon.house, openid=openid, wish=wish, slot=slot("16:00"), key="k")
    assert denied == Denied("booking_needs_pack", {"service": "塑形课"})
    assert isinstance(salon.book(openid, slot("16:00"), "course", moving=first.booking.id), Booked)


# Limits and refusals


def test_no_more_bookings_ahead_than_the_shop_lets_one_have(salon: Salon) -> None:
    openid = salon.member()
    for clock in ("10:00", "14:00", "16:00"):
        salon.book(openid, slot(clock))
    wednesday = slot("10:00", day=TUESDAY + timedelta(days=1))
    wish = Wish("facial", "east", start=wednesday.start, grain="minute")
    denied = bookings.hold(salon.house, openid=openid, wish=wish, slot=wednesday, key="k")
    assert denied == Denied("booking_too_many_open", {"count": 3})


@pytest.mark.parametrize(
    "wanted",
    [
        slot("15:10"),
        slot("09:00"),
        slot("17:30"),
        slot("11:00", "li"),
        slot("15:00", "li", store="west"),
        slot("15:00", minutes=30),
        slot("15:00", "nobody"),
        slot("15:00", day=date(2026, 11, 26)),
        slot("15:00", day=date(2027, 3, 1)),
        slot("15:00", day=date(2026, 11, 20)),
    ],
)
def test_a_slot_that_would_never_be_offered_is_not_held(salon: Salon, wanted: bookings.Slot) -> None:
    wish = Wish("facial", start=wanted.start, grain="minute")
    denied = bookings.hold(salon.house, openid=salon.member(), wish=wish, slot=wanted, key="k")
    assert denied == Denied("booking_slot_unknown")


def test_what_is_not_for_booking_is_refused_with_its_name(salon: Salon) -> None:
    openid = salon.member()
    assert bookings.offer(salon.house, openid=openid, wish=Wish("talk")) == Denied(
        "booking_not_offered", {"service": "咨询"}
    )
    assert bookings.offer(salon.house, openid=openid, wish=Wish("gone")) == Denied("booking_unknown_service")
    assert bookings.offer(salon.house, openid=openid, wish=Wish("facial", people=5)) == Denied(
        "booking_too_many_people", {"service": "面护", "most": 1}
    )


def test_two_people_take_two_technicians(salon: Salon) -> None:
    openid = salon.member(paid_fen=5_000)
    wish = Wish("spa", "east", start=at(TUESDAY, "15:00"), grain="minute", people=2)
    offer = offered(salon, openid, wish)
    assert offer.slots[0].technicians == ("mei", "li")
    held = bookings.hold(salon.house, openid=openid, wish=wish, slot=offer.slots[0], key="k")
    assert isinstance(held, Held)
    taken = bookings.hold(
        salon.house,
        openid=salon.member(paid_fen=5_000),
        wish=exact("15:30", service="spa", technician="li"),
        slot=slot("15:30", "li", minutes=90),
        key="k2",
    )
    assert isinstance(taken, Taken)


def test_the_database_itself_refuses_a_second_owner_of_a_unit(salon: Salon) -> None:
    booked = salon.book(salon.member(), slot("15:00"))
    copy = "INSERT INTO booking_unit SELECT * FROM booking_unit WHERE booking_id = :id LIMIT 1"
    with pytest.raises(IntegrityError), salon.engine.begin() as connection:
        connection.execute(text(copy), {"id": booked.booking.id})


# The waiting list


def fill(salon: Salon, shop: Shop = SHOP) -> list[tuple[str, Booked]]:
    """Take every facial of Tuesday: one bed, so one after the other."""
    del shop
    taken = []
    for clock in ("10:00", "11:30", "13:00", "14:30", "16:00", "17:00"):
        openid = salon.member()
        wish = Wish("facial", "east", start=at(TUESDAY, clock), grain="minute")
        offer = offered(salon, openid, wish)
        if offer.why == "as_wished":
            taken.append((openid, salon.book(openid, offer.slots[0])))
    return taken


def test_who_waited_first_is_told_once_when_a_time_frees(salon: Salon) -> None:
    taken = fill(salon)
    afternoon = Wish("facial", "east", None, at(TUESDAY, "14:00"), at(TUESDAY, "18:00"), "part")
    first, second = salon.member(), salon.member()
    for openid in (first, second):
        waiting = bookings.wait_for(salon.house, openid=openid, wish=afternoon, key=f"w:{openid}")
        assert not isinstance(waiting, Denied)
    openid, booked = next(pair for pair in taken if pair[1].booking.slot.start == at(TUESDAY, "14:30"))
    bookings.cancel(salon.house, openid=openid, booking_id=booked.booking.id, key="c")
    assert salon.messages(first) == [
        "您候补的面护有空位了：明天(11月24日)14:30 东店 小美。想要就回复“预约面护”，先到先得。"
    ]
    assert salon.messages(second) == []
    openid, booked = next(pair for pair in taken if pair[1].booking.slot.start == at(TUESDAY, "16:00"))
    bookings.cancel(salon.house, openid=openid, booking_id=booked.booking.id, key="c2")
    assert len(salon.messages(first)) == 1
    assert len(salon.messages(second)) == 1


def test_who_waits_for_the_morning_hears_nothing_of_the_afternoon(salon: Salon) -> None:
    taken = fill(salon)
    morning = Wish("facial", "east", None, at(TUESDAY, "10:00"), at(TUESDAY, "11:00"), "part")
    openid = salon.member()
    bookings.wait_for(salon.house, openid=openid, wish=morning, key="w")
    owner, booked = next(pair for pair in taken if pair[1].booking.slot.start == at(TUESDAY, "16:00"))
    bookings.cancel(salon.house, openid=owner, booking_id=booked.booking.id, key="c")
    assert salon.messages(openid) == []


def test_a_hold_that_ran_out_is_swept_and_who_waits_is_told(salon: Salon) -> None:
    salon.hold(salon.member(), slot("15:00"))
    openid = salon.member()
    bookings.wait_for(salon.house, openid=openid, wish=exact("15:00"), key="w")
    assert bookings.release_expired(salon.house) == 0
    salon.now += timedelta(minutes=3)
    assert bookings.release_expired(salon.house) == 1
    assert len(salon.messages(openid)) == 1
    assert bookings.release_expired(salon.house) == 0
    assert salon.count("booking_unit") == 0


def test_the_waiting_list_has_limits(salon: Salon) -> None:
    openid = salon.member()
    past = Wish("facial", "east", None, at(date(2026, 11, 20), "10:00"), grain="minute")
    assert bookings.wait_for(salon.house, openid=openid, wish=past, key="p") == Denied("booking_wait_past")
    for number in range(5):
        assert not isinstance(
            bookings.wait_for(salon.house, openid=openid, wish=exact("15:00"), key=f"w{number}"), Denied
        )
    assert bookings.wait_for(salon.house, openid=openid, wish=exact("15:00"), key="w9") == Denied(
        "booking_too_many_waits", {"count": 5}
    )
