"""What bookings and blocks take: 15-minute units of technicians and rooms, each taken once.

The primary key of `booking_unit` is the promise. Units are inserted in ascending order in one statement, so
that those who come at once never wait in a circle. They are numbered from the epoch, as in `shop.slots`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import LiteralString

from sqlalchemy import Connection

from ledger.book.driver import call
from ledger.records.many import rows
from ledger.records.sql import sql

UNIT_SECONDS = 900


def moment(unit: int) -> datetime:
    """The beginning of a unit."""
    return datetime.fromtimestamp(unit * UNIT_SECONDS, UTC)


def busy(
    connection: Connection,
    resources: Sequence[str],
    first: int,
    last: int,
    *,
    now: datetime,
    without: Sequence[int] = (),
) -> dict[str, set[int]]:
    """The units from `first` up to `last` that are taken, by resource; a hold that ran out takes nothing.

    Args:
        without: bookings whose units count as free, because they are being given up.
    """
    found = rows(
        connection,
        """
        SELECT u.resource, array_agg((extract(epoch FROM u.starts_at)::bigint / 900)::int)
        FROM booking_unit u
        WHERE u.resource = ANY(%s) AND u.starts_at >= %s AND u.starts_at < %s
          AND NOT EXISTS (SELECT FROM booking b
                          WHERE b.id = u.booking_id AND b.state = 'held' AND b.hold_until <= %s)
          AND (u.booking_id IS NULL OR u.booking_id <> ALL(%s))
        GROUP BY u.resource
        """,
        (list(resources), moment(first), moment(last), now, list(without)),
    )
    return {resource: set(numbers) for resource, numbers in found}


def take(
    connection: Connection,
    resources: Iterable[str],
    units: range,
    *,
    booking_id: int | None = None,
    block_id: int | None = None,
) -> int:
    """Take units of the resources; the number of those that were to be had.

    Whoever must have all of them compares, and rolls back. Ascending order over all resources keeps those
    who come at once from waiting in a circle.
    """
    wanted = [(resource, moment(unit)) for resource in sorted(set(resources)) for unit in units]
    row = call(
        connection,
        """
        WITH taken AS (
            INSERT INTO booking_unit (resource, starts_at, booking_id, block_id)
            SELECT w.resource, w.starts_at, %s, %s
            FROM unnest(%s::text[], %s::timestamptz[]) AS w (resource, starts_at) ORDER BY 1, 2
            ON CONFLICT DO NOTHING RETURNING 1)
        SELECT count(*) FROM taken
        """,
        (booking_id, block_id, [w[0] for w in wanted], [w[1] for w in wanted]),
    )
    return 0 if row is None else int(row[0])


def owned(connection: Connection, booking_ids: Sequence[int], resources: Iterable[str], units: range) -> int:
    """How many of those units these bookings have already."""
    row = call(
        connection,
        """
        SELECT count(*) FROM booking_unit
        WHERE booking_id = ANY(%s) AND resource = ANY(%s) AND starts_at >= %s AND starts_at < %s
        """,
        (list(booking_ids), sorted(set(resources)), moment(units.start), moment(units.stop)),
    )
    return 0 if row is None else int(row[0])


def lock(connection: Connection, resources: Iterable[str]) -> None:
    """Let blocks of these resources stand as they are until the transaction ends.

    Whoever makes or ends a block, or gives up a booking whose time a block may take, asks for this before the
    first row that he changes: else two who give up at once would each leave the time to the other's block.
    """
    for resource in sorted(set(resources)):
        call(connection, "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", (f"block {resource}",))


def free_expired(
    connection: Connection,
    resources: Iterable[str],
    units: range,
    *,
    now: datetime,
    passing_by: bool = False,
) -> tuple[int, ...]:
    """End the holds that ran out and stand in the way of those units; their ids.

    Args:
        passing_by: leave those that somebody else has in hand.
    """
    found = rows(
        connection,
        """
        SELECT DISTINCT u.booking_id FROM booking_unit u JOIN booking b ON b.id = u.booking_id
        WHERE u.resource = ANY(%s) AND u.starts_at >= %s AND u.starts_at < %s
          AND b.state = 'held' AND b.hold_until <= %s
        """,
        (sorted(set(resources)), moment(units.start), moment(units.stop), now),
    )
    return expire(connection, sorted(int(row[0]) for row in found), now=now, passing_by=passing_by)


def expire(
    connection: Connection, booking_ids: Sequence[int], *, now: datetime, passing_by: bool = False
) -> tuple[int, ...]:
    """End those of the holds that have run out, and free what they took.

    Args:
        passing_by: as in `free_expired`.
    """
    if not booking_ids:
        return ()
    waiting: LiteralString = "SKIP LOCKED" if passing_by else ""
    found = rows(
        connection,
        """
        WITH due AS (
            SELECT id FROM booking WHERE id = ANY(%s) AND state = 'held' AND hold_until <= %s
            ORDER BY id FOR UPDATE """  # noqa: S608 - the texts are ours
        + waiting
        + """),
        ended AS (
            UPDATE booking b SET state = 'expired', hold_until = NULL FROM due WHERE b.id = due.id),
        freed AS (DELETE FROM booking_unit u USING due WHERE u.booking_id = due.id),
        noted AS (
            INSERT INTO booking_event (booking_id, what, at, actor)
            SELECT id, 'expired', %s, 'system' FROM due)
        SELECT id FROM due
        """,
        (list(booking_ids), now, now),
    )
    return tuple(int(row[0]) for row in found)


def cover(connection: Connection, resources: Iterable[str], units: range) -> None:
    """Let leave and blocks take what is free under them; after a booking in their time was given up.

    Under the `lock` of these resources.
    """
    call(
        connection,
        """
        WITH covered AS (
            INSERT INTO booking_unit (resource, starts_at, block_id)
            SELECT k.resource, g.starts_at, min(k.id)
            FROM booking_block k
            JOIN LATERAL generate_series(%s::timestamptz, %s::timestamptz, interval '15 minutes')
                AS g (starts_at)
                ON g.starts_at < k.ends_at AND g.starts_at + interval '15 minutes' > k.starts_at
            WHERE k.cancelled_at IS NULL AND k.resource = ANY(%s)
            GROUP BY 1, 2 ORDER BY 1, 2 ON CONFLICT DO NOTHING RETURNING 1)
        SELECT count(*) FROM covered
        """,
        (moment(units.start), moment(units.stop - 1), sorted(set(resources))),
    )


def release(connection: Connection, booking_id: int) -> None:
    """Free all that a booking takes; see `cover` for leave that lay under it."""
    connection.execute(sql("DELETE FROM booking_unit WHERE booking_id = :id"), {"id": booking_id})


def hand_over(
    connection: Connection, old_id: int, new_id: int, resources: Iterable[str], units: range
) -> None:
    """Give the new booking those units of the old one that it needs."""
    connection.execute(
        sql("""
            UPDATE booking_unit SET booking_id = :new
            WHERE booking_id = :old AND resource = ANY(:resources)
              AND starts_at >= :first AND starts_at < :last
        """),
        {
            "new": new_id,
            "old": old_id,
            "resources": sorted(set(resources)),
            "first": moment(units.start),
            "last": moment(units.stop),
        },
    )


def unit_range(start: datetime, end: datetime) -> range:
    """All units that a stretch touches."""
    first = int(start.timestamp()) // UNIT_SECONDS
    return range(first, -(-int(end.timestamp()) // UNIT_SECONDS))
