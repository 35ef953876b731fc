"""What all booking actions share: rows as values, what is taken, words, the waiting list being told."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import cast

from sqlalchemy import Connection

from actions import notices
from actions.booking.bookings_values import Blocked, Booking, Offer, State
from actions.house import House
from ledger.records import booking_units, booking_waits, bookings
from ledger.records.booking_blocks import BlockRow
from ledger.records.booking_waits import WaitRow
from ledger.records.bookings import BookingRow
from shop import slots, slots_rank, slots_text, texts
from shop.model import Service, Shop, UnknownIdError
from shop.slots import Busy, Grain, Slot, Wish

Freed = tuple[str, datetime, datetime]  # store, from, to

FIRST_PIECE_UNITS = 3 * 96


class Calendar:
    """What is taken of the resources of a service, read as it is asked for, in ever larger pieces."""

    def __init__(
        self, connection: Connection, shop: Shop, service: Service, *, now: datetime, without: Sequence[int]
    ) -> None:
        self._connection = connection
        self._resources = sorted(
            {key for store in shop.stores for key in slots.keys_of(shop, service, store.id)}
        )
        self._now = now
        self._without = list(without)
        self._from = self._until = 0
        self._more = FIRST_PIECE_UNITS
        self._taken: dict[str, set[int]] = {}

    def __call__(self, first_minute: int, last_minute: int) -> Busy:
        first, last = first_minute // slots.UNIT_MINUTES, -(-last_minute // slots.UNIT_MINUTES)
        if self._from == self._until:
            self._from = self._until = first
            self._until = self._read(first, last)
        if last > self._until:
            self._until = self._read(self._until, max(last, self._until + self._more))
            self._more *= 2
        if first < self._from:
            start = min(first, self._from - self._more)
            self._read(start, self._from)
            self._from, self._more = start, self._more * 2
        return self._taken

    def _read(self, first: int, last: int) -> int:
        found = booking_units.busy(
            self._connection, self._resources, first, last, now=self._now, without=self._without
        )
        for resource, units in found.items():
            self._taken.setdefault(resource, set()).update(units)
        return last


def find_offer(
    house: House,
    connection: Connection,
    wish: Wish,
    *,
    home_store_id: str,
    now: datetime,
    without: Sequence[int],
    by_staff: bool = False,
) -> Offer:
    """The three best slots for the wish, and their words; staff need no notice."""
    shop = house.shop
    calendar = Calendar(connection, shop, shop.service(wish.service_id), now=now, without=without)
    found = slots_rank.find(
        shop, wish, now=now, home_store_id=home_store_id, load=calendar, notice=not by_staff
    )
    today = now.astimezone(shop.zone).date()
    known = wish.store_id if len(shop.stores) > 1 else shop.stores[0].id
    text = slots_text.slots_text(shop, found.slots, today=today, store_id=known)
    return Offer(found.slots, found.why, wish, text)


def to_slot(house: House, row: BookingRow) -> Slot:
    zone = house.shop.zone
    first, *others = row.technicians or (None,)
    return Slot(
        row.store_id,
        first,
        row.starts_at.astimezone(zone),
        row.ends_at.astimezone(zone),
        tuple(str(each) for each in others),
    )


def to_booking(house: House, row: BookingRow, *, state: State | None = None) -> Booking:
    return Booking(
        id=row.id,
        member_id=row.member_id,
        member_name=row.member_name,
        service_id=row.service_id,
        slot=to_slot(house, row),
        people=row.people,
        state=state or cast(State, row.state),
        deposit_fen=int(row.terms.get("deposit_fen", 0)) if row.deposit_transfer_id else 0,
        price_line=str(row.terms.get("price_line", "")),
    )


def to_blocked(house: House, row: BlockRow, *, conflicts: Sequence[BookingRow] = ()) -> Blocked:
    zone = house.shop.zone
    return Blocked(
        row.id,
        row.resource.partition(":")[2],
        row.starts_at.astimezone(zone),
        row.ends_at.astimezone(zone),
        "leave" if row.kind == "leave" else "block",
        row.reason,
        to_bookings(house, conflicts),
    )


def technician_name(shop: Shop, technician_id: str) -> str:
    return "".join(slots_text.technician_names(shop, [technician_id]))


def service_name(shop: Shop, service_id: str) -> str:
    """The name; the id for what the shop has no longer."""
    try:
        return shop.service(service_id).name
    except UnknownIdError:
        return service_id


def store_name(shop: Shop, store_id: str) -> str:
    try:
        return shop.store(store_id).name
    except UnknownIdError:
        return store_id


def what_text(house: House, booking: Booking, *, now: datetime) -> str:
    """Time, store, service, technician and how many, in two lines."""
    shop = house.shop
    names = slots_text.technician_names(shop, booking.slot.technicians)
    today = now.astimezone(shop.zone).date()
    return texts.say(
        shop,
        "booking_what",
        time=slots_text.moment_text(shop, booking.slot.start, today),
        store=store_name(shop, booking.slot.store_id),
        service=service_name(shop, booking.service_id),
        technician=texts.say(shop, "booking_technician", name=names[0]) if names else "",
        people=texts.say(shop, "booking_people", people=booking.people) if booking.people > 1 else "",
    )


def what_line(house: House, booking: Booking, *, now: datetime) -> str:
    """The same in one line, for the middle of a sentence."""
    return what_text(house, booking, now=now).replace("\n", " ")


def taken_by(row: BookingRow) -> range:
    """The units that a booking takes of each of its resources."""
    return booking_units.unit_range(row.taken_from, row.taken_until)


def free(house: House, connection: Connection, row: BookingRow, *, now: datetime) -> None:
    """Give up what a booking takes: leave under it takes its units again, and who waits is told."""
    booking_units.lock(connection, row.resources)
    booking_units.release(connection, row.id)
    booking_units.cover(connection, row.resources, taken_by(row))
    tell_waiting(house, connection, row, now=now)


def tell_waiting(house: House, connection: Connection, row: BookingRow, *, now: datetime) -> int | None:
    """Tell the first who waits and whom the freed time suits; the id of the entry.

    Each is told once. It is no promise: whoever books first has it.
    """
    return tell_first(
        house, connection, row.store_id, row.starts_at, row.ends_at, now=now, but_member_id=row.member_id
    )


def tell_first(
    house: House,
    connection: Connection,
    store_id: str,
    start: datetime,
    end: datetime,
    *,
    now: datetime,
    but_member_id: int | None,
) -> int | None:
    """The same for any stretch of time that is free again in a store."""
    if end <= now:
        return None
    for entry in booking_waits.fitting(connection, store_id=store_id, start=start, end=end, now=now):
        if entry.member_id == but_member_id:
            continue
        slot = _slot_for(house, connection, entry, (store_id, start, end), now=now)
        if slot is None or not _tell(house, connection, entry, slot, now):
            continue
        booking_waits.mark_told(connection, entry.id, at=now)
        return entry.id
    return None


def _tell(house: House, connection: Connection, entry: WaitRow, slot: Slot, now: datetime) -> bool:
    shop = house.shop
    today = now.astimezone(shop.zone).date()
    text = texts.say(
        shop,
        "booking_freed",
        service=service_name(shop, entry.service_id),
        slot=slots_text.slots_text(shop, [slot], today=today, store_id="" if len(shop.stores) > 1 else None),
    )
    return notices.notify_member(
        house,
        connection,
        key=f"booking-freed:{entry.id}",
        member_id=entry.member_id,
        kind="booking_freed",
        text=text,
        now=now,
    )


def _slot_for(
    house: House, connection: Connection, entry: WaitRow, freed: Freed, *, now: datetime
) -> Slot | None:
    """A slot that suits the wish and that there would not be but for the freed time."""
    shop = house.shop
    wish = wish_of(entry)
    try:
        service = shop.service(wish.service_id)
    except UnknownIdError:
        return None
    if wish.start is None or wish.end is None or not service.bookable:
        return None
    calendar = Calendar(connection, shop, service, now=now, without=())
    found = slots_rank.find(shop, wish, now=now, home_store_id=freed[0], load=calendar)
    touching = [
        slot
        for slot in found.slots
        if slot.store_id == freed[0] and slot.start < freed[2] and slot.end > freed[1]
    ]
    fitting = touching or found.slots
    return fitting[0] if found.why == "as_wished" and fitting else None


def wish_of(entry: WaitRow) -> Wish:
    return Wish(
        service_id=entry.service_id,
        store_id=entry.store_id,
        technician_id=entry.technician_id,
        start=entry.starts_at,
        end=entry.ends_at,
        grain=cast(Grain, entry.grain),
        people=entry.people,
    )


def to_bookings(house: House, rows: Sequence[BookingRow]) -> tuple[Booking, ...]:
    return tuple(to_booking(house, row) for row in rows)


def locked(connection: Connection, booking_id: int) -> BookingRow | None:
    """The booking, kept from others until the transaction ends."""
    return bookings.by_id(connection, booking_id, lock=True)
