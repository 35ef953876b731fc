"""The shop's side of appointments: the day's list, who came, who did not, booking for a member (A8, C1)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Literal

from sqlalchemy import Connection

from actions import notices, rights
from actions.booking import bookings_settle as settle
from actions.booking import bookings_shared as shared
from actions.booking.bookings_change import book_held
from actions.booking.bookings_offer import Request, check_wish, hold_for, state_text
from actions.booking.bookings_patience import patiently
from actions.booking.bookings_values import BookedFor, Booking, DayList, Held, Settled, Taken
from actions.house import Denied, House
from ledger.records import booking_blocks, bookings, members
from ledger.records.bookings import BookingRow
from ledger.records.members import Member
from ledger.records.staff import Staff
from shop import slots, texts
from shop.money import format_fen
from shop.slots import Wish

Outcome = Literal["arrived", "no_show"]


def day_list(house: House, *, staff_openid: str, day: date, store_id: str | None = None) -> DayList | Denied:
    """A store's bookings of one day, in order of time, and the time the shop has taken of its technicians.

    Every role sees its own store; head office and the owner name any.
    """
    with house.engine.begin() as connection:
        acting = rights.require_staff(connection, staff_openid)
        if isinstance(acting, Denied):
            return acting
        store = rights.acting_store(house, acting, store_id)
        if isinstance(store, Denied):
            return store
        shop = house.shop
        start = slots.moment_of(shop, slots.midnight(shop, day))
        end = slots.moment_of(shop, slots.midnight(shop, day + timedelta(days=1)))
        resources = [slots.technician_key(each.id) for each in shop.technicians if store in each.stores]
        return DayList(
            store,
            day,
            shared.to_bookings(house, bookings.of_day(connection, store, start, end)),
            tuple(
                shared.to_blocked(house, row)
                for row in booking_blocks.between(connection, resources, start, end)
            ),
        )


def arrive(house: House, *, staff_openid: str, booking_id: int, key: str) -> Settled | Denied:
    """The member is here: the deposit goes back into stored value, to be used in the purchase.

    A pack is drawn by the purchase at the counter, not here.
    """
    return _close(house, staff_openid, booking_id, "arrived", key)


def no_show(house: House, *, staff_openid: str, booking_id: int, key: str) -> Settled | Denied:
    """Nobody came, which is recorded; the deposit stays with the shop where its rule says so. The member is
    told.
    """
    return _close(house, staff_openid, booking_id, "no_show", key)


@patiently
def _close(house: House, staff_openid: str, booking_id: int, outcome: Outcome, key: str) -> Settled | Denied:
    now = house.clock()
    with house.engine.begin() as connection:
        found = _for_staff(house, connection, staff_openid, booking_id)
        if isinstance(found, Denied):
            return found
        acting, row = found
        known = bookings.event_by_key(connection, key)
        if known is not None and known[0] == row.id:
            detail = known[2]
            return Settled(
                shared.to_booking(house, row),
                int(detail["returned_fen"]),
                int(detail["kept_fen"]),
                replayed=True,
            )
        denied = _closable(house, members.by_id(connection, row.member_id), acting, row, outcome, now)
        if denied is not None:
            return denied
        return _settled(house, connection, acting, row, outcome, key, now)


def _closable(
    house: House, member: Member | None, acting: Staff, row: BookingRow, outcome: Outcome, now: datetime
) -> Denied | None:
    if member is not None and member.openid is not None and member.openid == acting.openid:
        return Denied("booking_own")
    if row.state != "booked":
        return Denied("booking_not_open", {"state": state_text(house, row.state)})
    if outcome == "no_show" and now < row.starts_at:
        return Denied("booking_too_early")
    return None


def _settled(
    house: House,
    connection: Connection,
    acting: Staff,
    row: BookingRow,
    outcome: Outcome,
    key: str,
    now: datetime,
) -> Settled:
    actor = f"staff:{acting.id}"
    keep = outcome == "no_show" and house.shop.booking.keep_late_deposits
    returned_fen, kept_fen = settle.settle_deposit(connection, row, keep=keep, actor=actor, now=now)
    bookings.set_state(connection, row.id, outcome)
    detail = {"returned_fen": returned_fen, "kept_fen": kept_fen}
    bookings.note(connection, row.id, outcome, at=now, actor=actor, key=key, detail=detail)
    rights.sign(connection, acting, f"booking_{outcome}", at=now, key=key, member_id=row.member_id)
    booking = shared.to_booking(house, row, state=outcome)
    told = _tell_outcome(house, connection, booking, outcome, returned_fen, kept_fen, now)
    return Settled(booking, returned_fen, kept_fen, told=told)


def _tell_outcome(
    house: House,
    connection: Connection,
    booking: Booking,
    outcome: Outcome,
    returned_fen: int,
    kept_fen: int,
    now: datetime,
) -> bool:
    """A no-show is told, and money that moved; an arrival without either needs no words."""
    shop = house.shop
    if outcome == "arrived":
        if not returned_fen:
            return False
        text = texts.say(shop, "booking_arrived_deposit", deposit=format_fen(returned_fen))
    else:
        money = deposit_text(house, returned_fen, kept_fen)
        text = texts.say(
            shop, "booking_no_show_told", what=shared.what_line(house, booking, now=now), deposit=money
        )
    return notices.notify_member(
        house,
        connection,
        key=f"booking-{outcome}:{booking.id}",
        member_id=booking.member_id,
        kind=f"booking_{outcome}",
        text=text,
        now=now,
    )


def deposit_text(house: House, returned_fen: int, kept_fen: int) -> str:
    """What became of the deposit, "" when there was none."""
    if kept_fen:
        return texts.say(house.shop, "booking_deposit_kept", deposit=format_fen(kept_fen))
    if returned_fen:
        return texts.say(house.shop, "booking_deposit_returned", deposit=format_fen(returned_fen))
    return ""


@patiently
def hold_for_member(
    house: House, *, staff_openid: str, member_id: int, wish: Wish, key: str
) -> Held | Taken | Denied:
    """Hold a time for a member who called or stands here; no notice is needed.

    Args:
        wish: with an exact start; the store is the staff member's own when none is named.

    Returns:
        Taken when that time is not free: the nearest ones, nothing is held.
    """
    now = house.clock()
    with house.engine.begin() as connection:
        acting = rights.require_staff(connection, staff_openid)
        if isinstance(acting, Denied):
            return acting
        store_id = rights.acting_store(house, acting, wish.store_id)
        if isinstance(store_id, Denied):
            return store_id
        member = members.by_id(connection, member_id)
        if member is None or member.merged_into is not None:
            return Denied("booking_not_found")
        wish = replace(wish, store_id=store_id)
        denied = check_wish(house, wish)
        if denied is not None:
            return denied
        bookings.lock_member(connection, member.id)
        offer = shared.find_offer(
            house, connection, wish, home_store_id=store_id, now=now, without=(), by_staff=True
        )
        exact = wish.start is not None and wish.grain in ("minute", "hour") and wish.end is None
        if offer.why != "as_wished" or not exact:
            return Taken(offer)
        service, actor = house.shop.service(wish.service_id), f"staff:{acting.id}"
        request = Request(member, service, wish, offer.slots[0], key, actor, None, now)
        return hold_for(house, connection, request)


@patiently
def confirm_for_member(house: House, *, staff_openid: str, booking_id: int, key: str) -> BookedFor | Denied:
    """Book what was held for a member, and tell him by WeChat. The yes that comes twice books once."""
    now = house.clock()
    with house.engine.begin() as connection:
        found = _for_staff(house, connection, staff_openid, booking_id)
        if isinstance(found, Denied):
            return found
        acting, row = found
        booked = book_held(house, connection, row, actor=f"staff:{acting.id}", key=key, now=now)
        if isinstance(booked, Denied):
            return booked
        booking, price_line = booked.booking, booked.price_line
        if booked.replayed:
            member = members.by_id(connection, row.member_id)
            told = member is not None and member.openid is not None
            return BookedFor(booking, price_line, told, replayed=True)
        rights.sign(connection, acting, "booking_for", at=now, key=key, member_id=row.member_id)
        return BookedFor(booking, price_line, _tell_made(house, connection, booking, price_line, now))


def look_at(house: House, *, staff_openid: str, booking_id: int) -> Booking | Denied:
    """One booking of the staff member's store, for the words before he closes it."""
    with house.engine.begin() as connection:
        found = _for_staff(house, connection, staff_openid, booking_id)
        return found if isinstance(found, Denied) else shared.to_booking(house, found[1])


def _for_staff(
    house: House, connection: Connection, staff_openid: str, booking_id: int
) -> tuple[Staff, BookingRow] | Denied:
    """Who acts, and the booking, locked with its member; of his own store, unless he has none."""
    acting = rights.require_staff(connection, staff_openid)
    if isinstance(acting, Denied):
        return acting
    row = bookings.by_id(connection, booking_id)
    if row is None:
        return Denied("booking_not_found")
    if acting.store_id not in (None, row.store_id):
        return Denied("booking_other_store", {"store": shared.store_name(house.shop, row.store_id)})
    bookings.lock_member(connection, row.member_id)
    locked = shared.locked(connection, booking_id)
    return Denied("booking_not_found") if locked is None else (acting, locked)


def _tell_made(
    house: House, connection: Connection, booking: Booking, price_line: str, now: datetime
) -> bool:
    shop = house.shop
    return notices.notify_member(
        house,
        connection,
        key=f"booking-made:{booking.id}",
        member_id=booking.member_id,
        kind="booking_made",
        text=texts.say(
            shop,
            "booking_made_for_you",
            shop=shop.name,
            what=shared.what_text(house, booking, now=now),
            price=price_line,
            hours=shop.booking.cancel_hours,
        ),
        now=now,
    )
