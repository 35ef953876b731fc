"""What a member does with what he holds: book, cancel, look, wait (features A8)."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection

from actions.booking import bookings_settle as settle
from actions.booking import bookings_shared as shared
from actions.booking.bookings_offer import check_wish, state_text
from actions.booking.bookings_patience import patiently
from actions.booking.bookings_terms import promised
from actions.booking.bookings_values import Booked, Booking, Cancelled, CancelTerms, Waiting
from actions.house import Denied, House
from actions.reminders import appointments
from ledger import book
from ledger.records import booking_units, booking_waits, bookings, members
from ledger.records.bookings import BookingRow
from ledger.records.members import Member
from shop import slots, slots_rank
from shop.model import UnknownIdError
from shop.slots import Wish

MOST_WAITS = 5


@patiently
def confirm(house: House, *, openid: str, booking_id: int, key: str) -> Booked | Denied:
    """The member's yes: the held slot is booked, its deposit taken, the booking it replaces given up.

    All in one transaction. A yes that comes twice books once.
    """
    now = house.clock()
    with house.engine.begin() as connection:
        found = _own(connection, openid, booking_id)
        if isinstance(found, Denied):
            return found
        member, row = found
        return book_held(house, connection, row, actor=f"member:{member.id}", key=key, now=now)


def book_held(
    house: House, connection: Connection, row: BookingRow, *, actor: str, key: str, now: datetime
) -> Booked | Denied:
    """The same inside a transaction in which member and booking are locked; nothing is left of a refusal."""
    if row.state == "booked":
        return _booked(house, row, replayed=True)
    if row.state == "expired" or row.starts_at <= now:
        return Denied("booking_hold_gone")
    if row.state != "held":
        return Denied("booking_not_open", {"state": state_text(house, row.state)})
    savepoint = connection.begin_nested()
    old = None
    if row.moving is not None:
        old = shared.locked(connection, row.moving)
        if old is None or old.state != "booked":
            savepoint.rollback()
            return Denied("booking_hold_gone")
        settle.give_up_for(house, connection, old, row, actor=actor, now=now)
    denied = _pay(house, connection, row, actor=actor, now=now)
    if denied is not None:
        savepoint.rollback()
        return denied
    bookings.set_state(connection, row.id, "booked")
    bookings.note(connection, row.id, "booked", at=now, actor=actor, key=key)
    booking_waits.end_met(connection, row.member_id, row.service_id)
    appointments.plan_for_booking(house, connection, row, now=now)
    savepoint.commit()
    booked = shared.locked(connection, row.id)
    if booked is None:
        raise RuntimeError("a booking that was just booked is not there")
    return _booked(house, booked, moved_from=shared.to_booking(house, old, state="moved") if old else None)


def _pay(
    house: House, connection: Connection, row: BookingRow, *, actor: str, now: datetime
) -> Denied | None:
    """The pack still has enough for this one too; the deposit is there and set aside."""
    try:
        service = house.shop.service(row.service_id)
    except UnknownIdError:
        return Denied("booking_unknown_service")
    pack_id = str(row.terms.get("pack_id", ""))
    if pack_id:
        others = bookings.claims(connection, row.member_id, now=now, without=row.id)
        held = book.balances(connection, row.member_id, now=now).entitlements
        left = next((each.amount for each in held if each.code == pack_id), 0)
        if left - promised(others, pack_id) < int(row.terms["pack_amount"]):
            return Denied("booking_needs_pack", {"service": service.name})
    return settle.take_deposit(house, connection, row, service, actor=actor, now=now)


def _booked(
    house: House, row: BookingRow, *, moved_from: Booking | None = None, replayed: bool = False
) -> Booked:
    return Booked(
        shared.to_booking(house, row), str(row.terms.get("price_line", "")), moved_from, replayed=replayed
    )


def cancel_terms(house: House, *, openid: str, booking_id: int) -> CancelTerms | Denied:
    """What giving it up now would mean; changes nothing."""
    now = house.clock()
    with house.engine.begin() as connection:
        found = _own(connection, openid, booking_id)
        if isinstance(found, Denied):
            return found
        row = found[1]
        denied = _still_open(house, row, now)
        if denied is not None:
            return denied
        booking = shared.to_booking(house, row)
        late = settle.is_late(house, row, now)
        keep = late and house.shop.booking.keep_late_deposits
        deposit_fen = booking.deposit_fen
        return CancelTerms(booking, late, 0 if keep else deposit_fen, deposit_fen if keep else 0)


@patiently
def cancel(house: House, *, openid: str, booking_id: int, key: str) -> Cancelled | Denied:
    """Give up a booking, or let a held slot go. After the shop's limit it is recorded as late.

    The deposit goes back into stored value, or stays with the shop when it is late and its rule says so. Who
    waits for such a time is told in the same transaction.
    """
    now = house.clock()
    with house.engine.begin() as connection:
        found = _own(connection, openid, booking_id)
        if isinstance(found, Denied):
            return found
        member, row = found
        known = bookings.event_by_key(connection, key)
        if known is not None and known[0] == row.id:
            return _cancelled(house, row, known[2], replayed=True)
        denied = _still_open(house, row, now)
        if denied is not None:
            return denied
        return give_up(house, connection, row, actor=f"member:{member.id}", key=key, now=now)


def give_up(
    house: House,
    connection: Connection,
    row: BookingRow,
    *,
    actor: str,
    key: str,
    now: datetime,
    forgiven: bool = False,
) -> Cancelled:
    """End an open booking; `forgiven`: the shop's own wish, never late."""
    late = row.state == "booked" and settle.is_late(house, row, now) and not forgiven
    keep = late and house.shop.booking.keep_late_deposits
    returned_fen, kept_fen = settle.settle_deposit(connection, row, keep=keep, actor=actor, now=now)
    booking_units.lock(connection, row.resources)
    _let_go_of_moves(connection, row, actor=actor, now=now)
    bookings.set_state(connection, row.id, "late_cancelled" if late else "cancelled")
    detail: dict[str, object] = {"late": late, "returned_fen": returned_fen, "kept_fen": kept_fen}
    bookings.note(connection, row.id, "cancelled", at=now, actor=actor, key=key, detail=detail)
    shared.free(house, connection, row, now=now)
    return _cancelled(house, row, detail)


def _let_go_of_moves(connection: Connection, row: BookingRow, *, actor: str, now: datetime) -> None:
    """A slot that is held only to move this booking to goes with it."""
    for held in bookings.held_of(connection, row.member_id):
        if held.moving == row.id:
            booking_units.release(connection, held.id)
            bookings.set_state(connection, held.id, "cancelled")
            bookings.note(connection, held.id, "let_go", at=now, actor=actor)


def _cancelled(
    house: House, row: BookingRow, detail: dict[str, object], *, replayed: bool = False
) -> Cancelled:
    late = bool(detail.get("late"))
    booking = shared.to_booking(house, row, state="late_cancelled" if late else "cancelled")
    returned_fen, kept_fen = (int(str(detail.get(name, 0))) for name in ("returned_fen", "kept_fen"))
    return Cancelled(booking, late, returned_fen, kept_fen, replayed=replayed)


def _still_open(house: House, row: BookingRow, now: datetime) -> Denied | None:
    if row.state not in ("held", "booked"):
        return Denied("booking_not_open", {"state": state_text(house, row.state)})
    if row.state == "booked" and now >= row.starts_at:
        return Denied("booking_started")
    return None


def mine(house: House, *, openid: str) -> tuple[Booking, ...] | Denied:
    """The member's bookings that are not over yet, the soonest first."""
    with house.engine.begin() as connection:
        member = members.by_openid(connection, openid)
        if member is None:
            return Denied("booking_join_first")
        return shared.to_bookings(house, bookings.open_of(connection, member.id, since=house.clock()))


@patiently
def wait_for(house: House, *, openid: str, wish: Wish, key: str) -> Waiting | Denied:
    """Put the wish on the waiting list; the member is told once, by WeChat, when a time frees."""
    now = house.clock()
    with house.engine.begin() as connection:
        member = members.by_openid(connection, openid)
        if member is None:
            return Denied("booking_join_first")
        denied = check_wish(house, wish)
        if denied is not None:
            return denied
        start, end = slots_rank.window_of(house.shop, wish, now)
        horizon = slots_rank.bookable_window(house.shop, now)[1]
        start, end = max(start, slots.minute_of(now)), min(end, horizon)
        if start >= end:
            return Denied("booking_wait_past")
        bookings.lock_member(connection, member.id)
        waits = booking_waits.open_count(connection, member.id, now=now)
        if waits >= MOST_WAITS:
            return Denied("booking_too_many_waits", {"count": waits})
        wait_id, new = booking_waits.add(
            connection,
            key=key,
            member_id=member.id,
            service_id=wish.service_id,
            store_id=wish.store_id,
            technician_id=wish.technician_id,
            starts_at=slots.moment_of(house.shop, start),
            ends_at=slots.moment_of(house.shop, end),
            grain=wish.grain,
            people=wish.people,
            created_at=now,
        )
        return Waiting(wait_id, wish, replayed=not new)


@patiently
def release_expired(house: House, *, limit: int = 100) -> int:
    """Free holds that ran out and that nobody has taken since; how many. Each in a transaction of its own.

    Not needed for correctness, since whoever wants such a time frees it himself; but who waits is told.
    """
    now = house.clock()
    with house.engine.begin() as connection:
        due = bookings.expired_holds(connection, now=now - timedelta(seconds=30), limit=limit)
    freed = 0
    for row in due:
        with house.engine.begin() as connection:
            booking_units.lock(connection, row.resources)
            if booking_units.expire(connection, [row.id], now=now, passing_by=True):
                booking_units.cover(connection, row.resources, shared.taken_by(row))
                shared.tell_waiting(house, connection, row, now=now)
                freed += 1
    return freed


def _own(connection: Connection, openid: str, booking_id: int) -> tuple[Member, BookingRow] | Denied:
    """The member and his booking, both locked; another's booking is not found, like none."""
    member = members.by_openid(connection, openid)
    if member is None:
        return Denied("booking_join_first")
    bookings.lock_member(connection, member.id)
    row = shared.locked(connection, booking_id)
    if row is None or row.member_id != member.id:
        return Denied("booking_not_found")
    return member, row
