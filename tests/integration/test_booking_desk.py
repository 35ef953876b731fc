"""The shop's side of appointments: lists, arrivals, no-shows, leave, booking for a member (rows A8, C1)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from functools import partial

import pytest
from booking_support import TUESDAY, Salon, at, slot
from racing_kit import at_once
from sqlalchemy import Engine

from actions.booking import bookings
from actions.booking.bookings import Blocked, Booked, BookedFor, DayList, Held, Settled, Taken, Wish
from actions.house import Denied


@pytest.fixture
def salon(engine: Engine) -> Iterator[Salon]:
    made = Salon(engine)
    yield made
    made.check()


def exact(clock: str, technician: str | None = "mei", service: str = "facial") -> Wish:
    return Wish(service, None, technician, at(TUESDAY, clock), grain="minute")


def test_the_days_list_is_in_order_and_of_ones_own_store(salon: Salon) -> None:
    cashier, owner = salon.staff("cashier", "east"), salon.staff("owner", None)
    late, early = salon.book(salon.member(), slot("16:00")), salon.book(salon.member(), slot("10:00"))
    gone = salon.member()
    cancelled = salon.book(gone, slot("14:00"))
    bookings.cancel(salon.house, openid=gone, booking_id=cancelled.booking.id, key="c")
    salon.hold(salon.member(), slot("14:00"))
    listed = bookings.day_list(salon.house, staff_openid=cashier, day=TUESDAY)
    assert isinstance(listed, DayList)
    assert [each.id for each in listed.bookings] == [early.booking.id, late.booking.id]
    assert bookings.day_list(salon.house, staff_openid=cashier, day=TUESDAY, store_id="west") == Denied(
        "other_store", {"own_store": "东店"}
    )
    assert bookings.day_list(salon.house, staff_openid=owner, day=TUESDAY) == Denied("store_needed")
    elsewhere = bookings.day_list(salon.house, staff_openid=owner, day=TUESDAY, store_id="west")
    assert isinstance(elsewhere, DayList)
    assert elsewhere.bookings == ()
    assert bookings.day_list(salon.house, staff_openid=gone, day=TUESDAY) == Denied("not_staff")


def test_an_arrival_gives_the_deposit_back_to_be_spent(salon: Salon) -> None:
    cashier, openid = salon.staff("cashier", "east"), salon.member(paid_fen=5_000)
    booked = salon.book(openid, slot("15:00", minutes=90), "spa")
    salon.now = at(TUESDAY, "14:55")
    arrive = partial(
        bookings.arrive, salon.house, staff_openid=cashier, booking_id=booked.booking.id, key="a"
    )
    done = arrive()
    assert isinstance(done, Settled)
    assert (done.returned_fen, done.booking.state, done.replayed) == (5_000, "arrived", False)
    assert salon.stored_fen(openid) == 5_000
    assert salon.messages(openid) == ["欢迎到店！定金 ¥50.00 已退回您的储值，结账时一起用。"]
    again = arrive()
    assert isinstance(again, Settled)
    assert (again.replayed, again.returned_fen) == (True, 5_000)
    other = bookings.arrive(salon.house, staff_openid=cashier, booking_id=booked.booking.id, key="b")
    assert other == Denied("booking_not_open", {"state": "到店了"})


def test_a_no_show_costs_the_deposit_and_the_member_is_told(salon: Salon) -> None:
    cashier, openid = salon.staff("cashier", "east"), salon.member(paid_fen=5_000)
    booked = salon.book(openid, slot("15:00", minutes=90), "spa")
    no_show = partial(
        bookings.no_show, salon.house, staff_openid=cashier, booking_id=booked.booking.id, key="n"
    )
    assert no_show() == Denied("booking_too_early")
    salon.now = at(TUESDAY, "15:20")
    done = no_show()
    assert isinstance(done, Settled)
    assert (done.kept_fen, done.told, salon.stored_fen(openid)) == (5_000, True, 0)
    assert salon.messages(openid) == [
        "您约的今天(11月24日)15:00 东店 精油SPA · 小美没有等到您，已记为爽约。定金 ¥50.00 按约定不退。"
        "有什么误会，回复“人工”告诉我们。"
    ]


def test_another_stores_staff_and_the_member_himself_close_nothing(salon: Salon) -> None:
    west = salon.staff("manager", "west")
    booked = salon.book(salon.member(), slot("10:00"))
    salon.now = at(TUESDAY, "10:20")
    assert bookings.no_show(salon.house, staff_openid=west, booking_id=booked.booking.id, key="n") == Denied(
        "booking_other_store", {"store": "东店"}
    )
    assert bookings.arrive(salon.house, staff_openid=west, booking_id=999, key="n") == Denied(
        "booking_not_found"
    )


def block(
    salon: Salon, staff: str, start: str, end: str, *, technician: str = "mei", key: str = "b"
) -> Blocked:
    done = bookings.block(
        salon.house,
        staff_openid=staff,
        technician_id=technician,
        start=at(TUESDAY, start),
        end=at(TUESDAY, end),
        kind="block",
        reason="培训",
        key=key,
    )
    assert isinstance(done, Blocked), done
    return done


def hold(salon: Salon, clock: str) -> object:
    return bookings.hold(
        salon.house, openid=salon.member(), wish=exact(clock), slot=slot(clock), key=salon.key()
    )


def test_blocked_time_is_not_offered_and_comes_back(salon: Salon) -> None:
    manager = salon.staff("manager", "east")
    done = block(salon, manager, "14:00", "16:00")
    assert (done.conflicts, bookings.block_number(done.block_id)) == ((), "Z000001")
    assert block(salon, manager, "14:00", "16:00") == done
    assert isinstance(hold(salon, "15:00"), Taken)
    assert isinstance(hold(salon, "16:00"), Held)
    listed = bookings.day_list(salon.house, staff_openid=manager, day=TUESDAY)
    assert isinstance(listed, DayList)
    assert [each.reason for each in listed.blocks] == ["培训"]
    waiting = salon.member()
    bookings.wait_for(salon.house, openid=waiting, wish=exact("14:30"), key="w")
    assert isinstance(
        bookings.unblock(salon.house, staff_openid=manager, block_id=done.block_id, key="u"), Blocked
    )
    assert len(salon.messages(waiting)) == 1
    assert isinstance(hold(salon, "14:30"), Held)
    assert bookings.unblock(salon.house, staff_openid=manager, block_id=done.block_id, key="v") == Denied(
        "booking_no_block"
    )


def test_leave_names_what_is_booked_and_takes_its_time_when_it_is_given_up(salon: Salon) -> None:
    manager, openid = salon.staff("manager", "east"), salon.member()
    booked = salon.book(openid, slot("15:00"))
    done = block(salon, manager, "00:00", "23:45")
    assert [each.id for each in done.conflicts] == [booked.booking.id]
    bookings.cancel(salon.house, openid=openid, booking_id=booked.booking.id, key="c")
    assert isinstance(hold(salon, "15:00"), Taken)


def test_two_blocks_over_one_another_end_one_by_one(salon: Salon) -> None:
    manager = salon.staff("manager", "east")
    first = block(salon, manager, "14:00", "16:00")
    block(salon, manager, "15:00", "17:00", key="b2")
    bookings.unblock(salon.house, staff_openid=manager, block_id=first.block_id, key="u")
    assert isinstance(hold(salon, "15:00"), Taken)
    assert isinstance(hold(salon, "13:30"), Held)


def test_blocks_have_limits_and_rights(salon: Salon) -> None:
    west, owner = salon.staff("manager", "west"), salon.staff("owner", None)
    ask = partial(bookings.block, salon.house, kind="leave", reason="", key="x", technician_id="mei")
    monday, tuesday = at(TUESDAY - timedelta(days=1), "08:00"), at(TUESDAY, "10:00")
    assert ask(staff_openid=west, start=tuesday, end=tuesday + timedelta(hours=1)) == Denied(
        "booking_not_this_store", {"technician": "小美", "store": "西店"}
    )
    assert ask(staff_openid=owner, start=monday, end=monday + timedelta(minutes=30)) == Denied(
        "booking_block_past"
    )
    assert ask(staff_openid=owner, start=tuesday, end=tuesday + timedelta(days=63)) == Denied(
        "booking_block_too_long", {"days": 62}
    )
    assert isinstance(ask(staff_openid=owner, start=tuesday, end=tuesday + timedelta(days=62)), Blocked)


def member_id(salon: Salon, openid: str) -> int:
    from ledger.records import members

    with salon.engine.connect() as connection:
        member = members.by_openid(connection, openid)
        assert member is not None
        return member.id


def test_staff_book_for_a_member_at_short_notice_and_he_is_told(salon: Salon) -> None:
    cashier, openid = salon.staff("cashier", "east"), salon.member()
    salon.now = at(TUESDAY, "14:50")
    ask = partial(
        bookings.hold_for_member, salon.house, staff_openid=cashier, member_id=member_id(salon, openid)
    )
    held = ask(wish=exact("15:00"), key="h")
    assert isinstance(held, Held)
    done = bookings.confirm_for_member(salon.house, staff_openid=cashier, booking_id=held.booking_id, key="y")
    assert isinstance(done, BookedFor)
    assert (done.told, done.booking.slot.store_id) == (True, "east")
    assert salon.messages(openid) == [
        "小院帮您约好了：\n今天(11月24日)15:00 东店\n面护 · 小美\n面护 ¥200.00，到店结账\n"
        "来不了请提前 2 小时告诉我。"
    ]
    again = bookings.confirm_for_member(
        salon.house, staff_openid=cashier, booking_id=held.booking_id, key="y"
    )
    assert isinstance(again, BookedFor)
    assert again.replayed
    assert len(salon.messages(openid)) == 1
    taken = ask(wish=exact("15:30"), key="h2")
    assert isinstance(taken, Taken)
    assert taken.offer.slots


def test_leave_and_bookings_at_the_same_instant_never_share_a_quarter(salon: Salon) -> None:
    """Whoever comes first: either the booking stands and is named, or it is offered another time."""
    manager = salon.staff("manager", "east")
    crowd = [salon.member() for _ in range(6)]
    booked = [
        partial(
            bookings.hold, salon.house, openid=openid, wish=exact("15:00"), slot=slot("15:00"), key=openid
        )
        for openid in crowd
    ]
    leave = partial(
        bookings.block,
        salon.house,
        staff_openid=manager,
        technician_id="mei",
        start=at(TUESDAY, "00:00"),
        end=at(TUESDAY, "23:45"),
        kind="leave",
        reason="",
        key="leave",
    )
    tries = [*booked, leave]
    results: list[object] = at_once(tries)
    assert isinstance(results[-1], Blocked)
    assert sum(isinstance(result, Held) for result in results) <= 1
    assert all(isinstance(result, Held | Taken | Blocked | Booked) for result in results)
