"""A technician's time that the shop takes: leave, training, anything else (features A8, C1)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import Connection

from actions import rights
from actions.booking import bookings_shared as shared
from actions.booking.bookings_patience import patiently
from actions.booking.bookings_values import Blocked
from actions.house import Denied, House
from ledger.records import booking_blocks, booking_units, bookings
from ledger.records.staff import Staff
from shop import slots
from shop.model import UnknownIdError

MOST_BLOCK_DAYS = 62


@patiently
def block(
    house: House,
    *,
    staff_openid: str,
    technician_id: str,
    start: datetime,
    end: datetime,
    kind: Literal["leave", "block"],
    reason: str,
    key: str,
) -> Blocked | Denied:
    """Take a technician's time from `start` up to `end`, rounded out to quarters of an hour.

    What is booked in it stays booked and is named in `conflicts`, for somebody to move; as soon as one of
    those is given up, its time is the block's.
    """
    now = house.clock()
    with house.engine.begin() as connection:
        acting = _may(house, connection, staff_openid, technician_id)
        if isinstance(acting, Denied):
            return acting
        if end - start > timedelta(days=MOST_BLOCK_DAYS):
            return Denied("booking_block_too_long", {"days": MOST_BLOCK_DAYS})
        if end <= max(start, now):
            return Denied("booking_block_past")
        resource = slots.technician_key(technician_id)
        booking_units.lock(connection, [resource])
        row, new = booking_blocks.create(
            connection,
            key=key,
            resource=resource,
            kind=kind,
            starts_at=start,
            ends_at=end,
            reason=reason[:100],
            staff_id=acting.id,
            created_at=now,
        )
        if new:
            units = booking_units.unit_range(start, end)
            booking_units.free_expired(connection, [resource], units, now=now, passing_by=True)
            booking_units.take(connection, [resource], units, block_id=row.id)
            rights.sign(connection, acting, f"booking_{kind}", at=now, key=key)
        return shared.to_blocked(house, row, conflicts=bookings.overlapping(connection, resource, start, end))


@patiently
def unblock(house: House, *, staff_openid: str, block_id: int, key: str) -> Blocked | Denied:
    """Give the time back; what another block of the same technician covers stays taken."""
    now = house.clock()
    with house.engine.begin() as connection:
        resource = booking_blocks.resource_of(connection, block_id)
        booking_units.lock(connection, [resource] if resource else [])
        row = booking_blocks.by_id(connection, block_id)
        if row is None:
            acting = rights.require_staff(connection, staff_openid)
            return acting if isinstance(acting, Denied) else Denied("booking_no_block")
        technician_id = row.resource.partition(":")[2]
        allowed = _may(house, connection, staff_openid, technician_id)
        if isinstance(allowed, Denied):
            return allowed
        if not booking_blocks.cancel(connection, block_id, at=now):
            return Denied("booking_no_block")
        units = booking_units.unit_range(row.starts_at, row.ends_at)
        booking_units.cover(connection, [row.resource], units)
        rights.sign(connection, allowed, "booking_unblock", at=now, key=key)
        _tell(house, connection, technician_id, row.starts_at, row.ends_at, now)
        return shared.to_blocked(house, row)


def _tell(
    house: House,
    connection: Connection,
    technician_id: str,
    start: datetime,
    end: datetime,
    now: datetime,
) -> None:
    """Who waits is told of a technician's time that is free again, one in each store."""
    for store_id in _stores(house, technician_id):
        shared.tell_first(house, connection, store_id, start, end, now=now, but_member_id=None)


def _stores(house: House, technician_id: str) -> Sequence[str]:
    try:
        return house.shop.technician(technician_id).stores
    except UnknownIdError:
        return ()


def _may(house: House, connection: Connection, staff_openid: str, technician_id: str) -> Staff | Denied:
    """Staff of a store where the technician works; head office and the owner everywhere."""
    acting = rights.require_staff(connection, staff_openid)
    if isinstance(acting, Denied):
        return acting
    stores = _stores(house, technician_id)
    if acting.role not in rights.CHAIN_ROLES and acting.store_id not in stores:
        return Denied(
            "booking_not_this_store",
            {
                "technician": shared.technician_name(house.shop, technician_id),
                "store": shared.store_name(house.shop, acting.store_id or ""),
            },
        )
    return acting
