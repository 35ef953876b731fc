"""Bookings, and what happened to each. What they take of people and rooms is in `booking_units`."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, LiteralString

from sqlalchemy import Connection

from ledger.book.driver import Row, call
from ledger.records.many import rows
from ledger.records.sql import sql

Terms = Mapping[str, object]


@dataclass(frozen=True)
class BookingRow:
    """One booking as it stands; `terms` are what was shown when it was held."""

    id: int
    key: str
    member_id: int
    member_name: str
    service_id: str
    store_id: str
    technicians: tuple[str, ...]
    starts_at: datetime
    ends_at: datetime
    resources: tuple[str, ...]
    taken_from: datetime
    taken_until: datetime
    people: int
    state: str
    hold_until: datetime | None
    moving: int | None
    terms: dict[str, Any]  # Any: plain JSON values, read back by whoever wrote them
    deposit_transfer_id: int | None
    created_by: str


_COLUMNS: LiteralString = """b.id, b.key, b.member_id, m.name, b.service_id, b.store_id, b.technicians,
    b.starts_at, b.ends_at, b.resources, b.taken_from, b.taken_until, b.people, b.state, b.hold_until,
    b.moving, b.terms, b.deposit_transfer_id, b.created_by"""
_SELECT: LiteralString = (
    "SELECT "  # noqa: S608 - the texts are ours
    + _COLUMNS
    + " FROM booking b JOIN member m ON m.id = b.member_id "
)


def create(
    connection: Connection,
    *,
    key: str,
    member_id: int,
    service_id: str,
    store_id: str,
    technicians: Sequence[str],
    starts_at: datetime,
    ends_at: datetime,
    resources: Sequence[str],
    taken_from: datetime,
    taken_until: datetime,
    people: int,
    hold_until: datetime,
    moving: int | None,
    terms: Terms,
    created_by: str,
    created_at: datetime,
) -> int | None:
    """A held booking that takes nothing yet; None when the key is known."""
    row = call(
        connection,
        """
        INSERT INTO booking (key, member_id, service_id, store_id, technicians, starts_at, ends_at,
                             resources, taken_from, taken_until, people, state, hold_until, moving,
                             terms, created_by, created_at)
        VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, 'held', %s, %s, %s::jsonb, %s, %s)
        ON CONFLICT (key) DO NOTHING RETURNING id
        """,
        (
            key,
            member_id,
            service_id,
            store_id,
            list(technicians),
            starts_at,
            ends_at,
            list(resources),
            taken_from,
            taken_until,
            people,
            hold_until,
            moving,
            json.dumps(dict(terms), ensure_ascii=False),
            created_by,
            created_at,
        ),
    )
    return None if row is None else int(row[0])


def expired_holds(connection: Connection, *, now: datetime, limit: int = 100) -> tuple[BookingRow, ...]:
    """Holds that ran out and still take their units, oldest first."""
    found = rows(
        connection,
        _SELECT + "WHERE b.state = 'held' AND b.hold_until <= %s ORDER BY b.hold_until LIMIT %s",
        (now, limit),
    )
    return tuple(_booking(row) for row in found)


def by_id(connection: Connection, booking_id: int, *, lock: bool = False) -> BookingRow | None:
    """The booking; `lock`: nobody changes it before this transaction ends."""
    row = call(connection, _SELECT + "WHERE b.id = %s" + (" FOR UPDATE OF b" if lock else ""), (booking_id,))
    return None if row is None else _booking(row)


def by_key(connection: Connection, key: str) -> BookingRow | None:
    row = call(connection, _SELECT + "WHERE b.key = %s", (key,))
    return None if row is None else _booking(row)


def open_of(connection: Connection, member_id: int, *, since: datetime) -> tuple[BookingRow, ...]:
    """The member's booked appointments that have not ended before `since`, soonest first."""
    found = rows(
        connection,
        _SELECT
        + "WHERE b.member_id = %s AND b.state = 'booked' AND b.ends_at > %s ORDER BY b.starts_at LIMIT 50",
        (member_id, since),
    )
    return tuple(_booking(row) for row in found)


def claims(connection: Connection, member_id: int, *, now: datetime, without: int | None) -> list[Terms]:
    """The terms of everything the member has open: holds that still run and appointments ahead.

    Args:
        without: the booking that is being moved.
    """
    found = rows(
        connection,
        """
        SELECT terms FROM booking
        WHERE member_id = %s AND id IS DISTINCT FROM %s
          AND ((state = 'booked' AND ends_at > %s) OR (state = 'held' AND hold_until > %s))
        """,
        (member_id, without, now, now),
    )
    return [row[0] for row in found]


def of_day(connection: Connection, store_id: str, start: datetime, end: datetime) -> tuple[BookingRow, ...]:
    """What a store has between two moments, in order of time; given up and held ones left out."""
    found = rows(
        connection,
        _SELECT
        + """WHERE b.store_id = %s AND b.starts_at >= %s AND b.starts_at < %s
             AND b.state IN ('booked', 'arrived', 'no_show') ORDER BY b.starts_at, b.id LIMIT 500""",
        (store_id, start, end),
    )
    return tuple(_booking(row) for row in found)


def overlapping(
    connection: Connection, resource: str, start: datetime, end: datetime
) -> tuple[BookingRow, ...]:
    """The appointments that take the resource between two moments."""
    found = rows(
        connection,
        _SELECT  # noqa: S608 - the texts are ours
        + """WHERE b.state = 'booked' AND b.id IN (
                 SELECT booking_id FROM booking_unit
                 WHERE resource = %s AND starts_at >= %s AND starts_at < %s AND booking_id IS NOT NULL)
             ORDER BY b.starts_at, b.id LIMIT 100""",
        (resource, start, end),
    )
    return tuple(_booking(row) for row in found)


def set_state(connection: Connection, booking_id: int, state: str) -> None:
    """Write a new state; the caller has locked the row and knows that the step is allowed."""
    connection.execute(
        sql("UPDATE booking SET state = :state, hold_until = NULL WHERE id = :id"),
        {"state": state, "id": booking_id},
    )


def set_deposit(connection: Connection, booking_id: int, transfer_id: int) -> None:
    connection.execute(
        sql("UPDATE booking SET deposit_transfer_id = :transfer WHERE id = :id"),
        {"transfer": transfer_id, "id": booking_id},
    )


def note(
    connection: Connection,
    booking_id: int,
    what: str,
    *,
    at: datetime,
    actor: str,
    key: str | None = None,
    detail: Mapping[str, object] | None = None,
) -> bool:
    """Write what happened; False when something was written under this key before."""
    row = call(
        connection,
        """
        INSERT INTO booking_event (booking_id, what, at, actor, key, detail)
        VALUES (%s, %s, %s, %s, %s, %s::jsonb) ON CONFLICT (key) DO NOTHING RETURNING id
        """,
        (booking_id, what, at, actor, key, json.dumps(dict(detail or {}), ensure_ascii=False)),
    )
    return row is not None


def event_by_key(connection: Connection, key: str) -> tuple[int, str, dict[str, Any]] | None:
    """Booking, what happened and its detail, of the change made under that key."""
    row = call(connection, "SELECT booking_id, what, detail FROM booking_event WHERE key = %s", (key,))
    return None if row is None else (int(row[0]), str(row[1]), row[2])


def _booking(row: Row) -> BookingRow:
    values = list(row)
    values[6], values[9] = tuple(values[6]), tuple(values[9])
    return BookingRow(*values)


def lock_member(connection: Connection, member_id: int) -> None:
    """One change of a member's bookings at a time; others may still read the card and post to it."""
    call(connection, "SELECT 1 FROM member WHERE id = %s FOR NO KEY UPDATE", (member_id,))


def held_of(connection: Connection, member_id: int) -> tuple[BookingRow, ...]:
    """What the member holds without having booked it; locked, in the order of ids."""
    found = rows(
        connection,
        _SELECT + "WHERE b.member_id = %s AND b.state = 'held' ORDER BY b.id FOR UPDATE OF b",
        (member_id,),
    )
    return tuple(_booking(row) for row in found)
