"""Offering free times and holding one (features A8). What is held cannot be held by anybody else.

The order of locks is the same for everybody: the member, the member's own bookings, holds that ran out, and
last the units in ascending order; so those who come at once wait in a line, never in a circle.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection
from sqlalchemy.exc import OperationalError

from actions.booking import bookings_shared as shared
from actions.booking import bookings_terms
from actions.booking.bookings_patience import is_about_locks, patiently
from actions.booking.bookings_terms import Terms
from actions.booking.bookings_values import Held, Offer, Taken
from actions.house import Denied, House
from ledger.book import Busy, KeyConflict
from ledger.records import booking_units, bookings, members
from ledger.records.bookings import BookingRow
from ledger.records.members import Member
from shop import slots, slots_rank, texts
from shop.model import Service, UnknownIdError
from shop.slots import Slot, Wish

TRIES = 4  # for a room that somebody else took first
MOST_PEOPLE = 50


@dataclass(frozen=True)
class Request:
    """What is to be held, for whom, by whom. `actor`: member:12 or staff:3."""

    member: Member
    service: Service
    wish: Wish
    slot: Slot
    key: str
    actor: str
    moving: BookingRow | None
    now: datetime

    @property
    def by_staff(self) -> bool:
        """Staff need no notice: they see who is free right now."""
        return self.actor.startswith("staff:")


def offer(house: House, *, openid: str, wish: Wish, moving: int | None = None) -> Offer | Denied:
    """Up to three free slots for the wish; changes nothing.

    Args:
        moving: the booking that is to be moved; its own time counts as free, as does a time held for him.
    """
    now = house.clock()
    with house.engine.begin() as connection:
        member = members.by_openid(connection, openid)
        if member is None:
            return Denied("booking_join_first")
        denied = check_wish(house, wish)
        if denied is not None:
            return denied
        if moving is not None:
            row = _movable(house, connection, member, moving, now=now)
            if isinstance(row, Denied):
                return row
        own = _own(connection, member.id, moving)
        return shared.find_offer(
            house, connection, wish, home_store_id=member.home_store_id, now=now, without=own
        )


def _own(connection: Connection, member_id: int, moving: int | None) -> list[int]:
    """What the member gives up by choosing: what he moves, and what is held for him just now."""
    held = [row.id for row in bookings.held_of(connection, member_id)]
    return [*held, moving] if moving is not None else held


def hold(
    house: House, *, openid: str, wish: Wish, slot: Slot, key: str, moving: int | None = None
) -> Held | Taken | Denied:
    """Keep a slot for the member while he makes up his mind; an earlier hold of his is let go.

    Args:
        key: the same key finds the same hold. KeyConflict when it was used for another slot.
        moving: the booking that is given up when this one is confirmed.
    """
    try:
        return _hold_in_transaction(house, openid, wish, slot, key, moving)
    except (Busy, OperationalError) as error:
        if not is_about_locks(error):
            raise
    now = house.clock()
    with house.engine.begin() as connection:
        return Taken(
            shared.find_offer(
                house,
                connection,
                wish,
                home_store_id=slot.store_id,
                now=now,
                without=[moving] if moving is not None else [],
            )
        )


@patiently
def _hold_in_transaction(
    house: House, openid: str, wish: Wish, slot: Slot, key: str, moving: int | None
) -> Held | Taken | Denied:
    with house.engine.begin() as connection:
        return _hold(house, connection, openid, wish, slot, key, moving)


def check_wish(house: House, wish: Wish) -> Denied | None:
    """Whether the shop does such a thing at all; None when it does."""
    shop = house.shop
    try:
        service = shop.service(wish.service_id)
        if wish.store_id is not None:
            shop.store(wish.store_id)
        if wish.technician_id is not None:
            shop.technician(wish.technician_id)
    except UnknownIdError:
        return Denied("booking_unknown_service")
    if not service.bookable or not any(slots.can(shop, service, store.id, 1) for store in shop.stores):
        return Denied("booking_not_offered", {"service": service.name})
    if not 1 <= wish.people <= MOST_PEOPLE or not any(
        slots.can(shop, service, store.id, wish.people) for store in shop.stores
    ):
        return Denied(
            "booking_too_many_people", {"service": service.name, "most": _most_people(house, service)}
        )
    return None


def _most_people(house: House, service: Service) -> int:
    shop = house.shop
    return max(
        (
            people
            for people in range(1, MOST_PEOPLE + 1)
            if any(slots.can(shop, service, store.id, people) for store in shop.stores)
        ),
        default=1,
    )


def _movable(
    house: House, connection: Connection, member: Member, booking_id: int, *, now: datetime
) -> BookingRow | Denied:
    """The booking a member may still move: his own, booked, and before the shop's limit (row A8)."""
    row = shared.locked(connection, booking_id)
    if row is None or row.member_id != member.id:
        return Denied("booking_not_found")
    if row.state != "booked":
        return Denied("booking_not_open", {"state": state_text(house, row.state)})
    if now >= row.starts_at:
        return Denied("booking_started")
    hours = house.shop.booking.cancel_hours
    if now > row.starts_at - timedelta(hours=hours):
        return Denied("booking_move_late", {"hours": hours})
    return row


def state_text(house: House, state: str) -> str:
    return texts.say(house.shop, f"booking_state_{state}")


def _hold(
    house: House,
    connection: Connection,
    openid: str,
    wish: Wish,
    slot: Slot,
    key: str,
    moving: int | None,
) -> Held | Taken | Denied:
    now = house.clock()
    member = members.by_openid(connection, openid)
    if member is None:
        return Denied("booking_join_first")
    bookings.lock_member(connection, member.id)
    known = bookings.by_key(connection, key)
    if known is not None:
        return _again(house, known, member, slot, now)
    denied = check_wish(house, wish)
    if denied is not None:
        return denied
    row = None
    if moving is not None:
        found = _movable(house, connection, member, moving, now=now)
        if isinstance(found, Denied):
            return found
        row = found
    request = Request(
        member,
        house.shop.service(wish.service_id),
        wish,
        slot,
        key,
        f"member:{member.id}",
        row,
        now,
    )
    return hold_for(house, connection, request)


def hold_for(house: House, connection: Connection, request: Request) -> Held | Taken | Denied:
    """Hold a slot inside a transaction in which the member is locked; also used by staff for members."""
    member, service, now = request.member, request.service, request.now
    moving = request.moving.id if request.moving else None
    denied = _bookable(house, request)
    if denied is not None:
        return denied
    held = bookings.held_of(connection, member.id)
    earlier = [row for row in held if row.hold_until is not None and row.hold_until > now]
    place = _place(house, request, earlier)
    booking_units.free_expired(connection, place.resources, place.units, now=now)
    if _free(house, connection, request, place, turn=0) is None:
        return _taken(house, connection, request)
    ahead = bookings.open_of(connection, member.id, since=now)
    if len([row for row in ahead if row.id != moving]) >= house.shop.booking.max_open:
        return Denied("booking_too_many_open", {"count": len(ahead)})
    terms = bookings_terms.make(
        house, connection, member, service, request.wish.people, now=now, without=moving
    )
    if isinstance(terms, Denied):
        return terms
    booking_id = _take(house, connection, request, terms, earlier, place)
    if booking_id is None:
        return _taken(house, connection, request)
    return Held(
        booking_id,
        request.slot,
        now + timedelta(minutes=house.shop.booking.hold_minutes),
        terms.price_line,
        terms.deposit_fen,
        moving,
    )


def _bookable(house: House, request: Request) -> Denied | None:
    """A slot that was never offered (an old tap, other hours since) is refused, not squeezed in."""
    shop, slot = house.shop, request.slot
    earliest, horizon = slots_rank.bookable_window(shop, request.now, notice=not request.by_staff)
    if not earliest <= slots.minute_of(slot.start) < horizon:
        return Denied("booking_slot_unknown")
    try:
        regular = slots.is_regular(shop, request.service, slot, request.wish.people)
    except UnknownIdError:
        regular = False
    return None if regular else Denied("booking_slot_unknown")


@dataclass(frozen=True)
class _Place:
    """What a slot may take: any of these resources in these units; the member's `own` bookings make room."""

    resources: tuple[str, ...]
    units: range
    own: list[int]


def _place(house: House, request: Request, earlier: list[BookingRow]) -> _Place:
    able = slots.keys_of(house.shop, request.service, request.slot.store_id)
    own = sorted({row.id for row in (*earlier, *([request.moving] if request.moving else []))})
    units = slots.units(request.service, slots.minute_of(request.slot.start))
    return _Place((*able, *map(slots.technician_key, request.slot.technicians)), units, own)


def _free(
    house: House, connection: Connection, request: Request, place: _Place, *, turn: int
) -> tuple[str, ...] | None:
    """What the slot takes now, None when it is not to be had any more. The room is another each turn."""
    units = place.units
    busy = booking_units.busy(
        connection, place.resources, units.start, units.stop, now=request.now, without=place.own
    )
    people, turn = request.wish.people, turn + request.member.id
    return slots.resources_for(house.shop, request.service, request.slot, people, busy, turn)


def _taken(house: House, connection: Connection, request: Request) -> Taken:
    """What is free instead."""
    offer = shared.find_offer(
        house,
        connection,
        request.wish,
        home_store_id=request.member.home_store_id,
        now=request.now,
        without=_own(connection, request.member.id, request.moving.id if request.moving else None),
        by_staff=request.by_staff,
    )
    return Taken(offer)


def _take(
    house: House,
    connection: Connection,
    request: Request,
    terms: Terms,
    earlier: list[BookingRow],
    place: _Place,
) -> int | None:
    """Take all that the slot needs, or nothing; a room that was taken meanwhile is replaced by another."""
    for turn in range(TRIES):
        resources = _free(house, connection, request, place, turn=turn)
        if resources is None:
            return None
        savepoint = connection.begin_nested()
        booking_id = _write(house, connection, request, terms, resources, place.units)
        got = booking_units.take(connection, resources, place.units, booking_id=booking_id)
        if place.own:
            got += booking_units.owned(connection, place.own, resources, place.units)
        if got == len(resources) * len(place.units):
            savepoint.commit()
            _let_go(connection, request, earlier, booking_id, resources, place.units)
            return booking_id
        savepoint.rollback()
    return None


def _write(
    house: House,
    connection: Connection,
    request: Request,
    terms: Terms,
    resources: tuple[str, ...],
    taken: range,
) -> int:
    slot, now = request.slot, request.now
    booking_id = bookings.create(
        connection,
        key=request.key,
        member_id=request.member.id,
        service_id=request.service.id,
        store_id=slot.store_id,
        technicians=slot.technicians,
        starts_at=slot.start,
        ends_at=slot.end,
        resources=resources,
        taken_from=booking_units.moment(taken.start),
        taken_until=booking_units.moment(taken.stop),
        people=request.wish.people,
        hold_until=now + timedelta(minutes=house.shop.booking.hold_minutes),
        moving=request.moving.id if request.moving else None,
        terms=terms.as_json(),
        created_by=request.actor,
        created_at=now,
    )
    if booking_id is None:
        raise Busy("the same hold is being made by somebody else")
    bookings.note(connection, booking_id, "held", at=now, actor=request.actor)
    return booking_id


def _let_go(
    connection: Connection,
    request: Request,
    earlier: list[BookingRow],
    booking_id: int,
    resources: tuple[str, ...],
    taken: range,
) -> None:
    """End the member's earlier holds; what the new one needs of them it keeps."""
    for row in earlier:
        booking_units.hand_over(connection, row.id, booking_id, resources, taken)
        booking_units.release(connection, row.id)
        bookings.set_state(connection, row.id, "cancelled")
        bookings.note(connection, row.id, "let_go", at=request.now, actor=request.actor)


def _again(house: House, row: BookingRow, member: Member, slot: Slot, now: datetime) -> Held | Denied:
    """The same request once more, with the answer it had, as far as it still holds."""
    known = shared.to_slot(house, row)
    if row.member_id != member.id or known != slot:
        raise KeyConflict(row.key, "slot", known, slot)
    if row.state == "held" and row.hold_until is not None and row.hold_until > now:
        terms = row.terms
        return Held(
            row.id,
            known,
            row.hold_until,
            str(terms["price_line"]),
            int(terms["deposit_fen"]),
            row.moving,
        )
    if row.state in ("held", "expired"):
        return Denied("booking_hold_gone")
    return Denied("booking_not_open", {"state": state_text(house, row.state)})
