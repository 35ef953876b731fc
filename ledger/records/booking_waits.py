"""The waiting list: wishes that could not be met."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import LiteralString

from sqlalchemy import Connection

from ledger.book.driver import call
from ledger.records.many import rows
from ledger.records.sql import sql


@dataclass(frozen=True)
class WaitRow:
    """One wish; it begins somewhere from `starts_at` up to `ends_at`."""

    id: int
    member_id: int
    service_id: str
    store_id: str | None
    technician_id: str | None
    starts_at: datetime
    ends_at: datetime
    grain: str
    people: int


_COLUMNS: LiteralString = (
    "id, member_id, service_id, store_id, technician_id, starts_at, ends_at, grain, people"
)


def add(
    connection: Connection,
    *,
    key: str,
    member_id: int,
    service_id: str,
    store_id: str | None,
    technician_id: str | None,
    starts_at: datetime,
    ends_at: datetime,
    grain: str,
    people: int,
    created_at: datetime,
) -> tuple[int, bool]:
    """The id of the entry and whether it is new; the same key finds the first one."""
    row = call(
        connection,
        """
        INSERT INTO booking_wait (key, member_id, service_id, store_id, technician_id, starts_at, ends_at,
                                  grain, people, created_at)
        VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s) ON CONFLICT (key) DO NOTHING RETURNING id
        """,
        (
            key,
            member_id,
            service_id,
            store_id,
            technician_id,
            starts_at,
            ends_at,
            grain,
            people,
            created_at,
        ),
    )
    if row is not None:
        return int(row[0]), True
    known = call(connection, "SELECT id FROM booking_wait WHERE key = %s", (key,))
    if known is None:
        raise RuntimeError("an entry that was refused as known is not there")
    return int(known[0]), False


def open_count(connection: Connection, member_id: int, *, now: datetime) -> int:
    row = call(
        connection,
        "SELECT count(*) FROM booking_wait WHERE member_id = %s AND state = 'waiting' AND ends_at > %s",
        (member_id, now),
    )
    return 0 if row is None else int(row[0])


def fitting(
    connection: Connection,
    *,
    store_id: str,
    start: datetime,
    end: datetime,
    now: datetime,
    limit: int = 20,
) -> tuple[WaitRow, ...]:
    """Who waits for a time that touches the freed one, the first who came first; locked, others skip them."""
    found = rows(
        connection,
        "SELECT "  # noqa: S608 - the texts are ours
        + _COLUMNS
        + """ FROM booking_wait
              WHERE state = 'waiting' AND (store_id IS NULL OR store_id = %s)
                AND starts_at < %s AND ends_at > %s AND ends_at > %s
              ORDER BY id LIMIT %s FOR UPDATE SKIP LOCKED""",
        (store_id, end, start, now, limit),
    )
    return tuple(WaitRow(*row) for row in found)


def mark_told(connection: Connection, wait_id: int, *, at: datetime) -> None:
    connection.execute(
        sql("UPDATE booking_wait SET state = 'told', told_at = :at WHERE id = :id"), {"id": wait_id, "at": at}
    )


def end_met(connection: Connection, member_id: int, service_id: str) -> None:
    """Who has got an appointment for the service waits no longer."""
    connection.execute(
        sql("""
            UPDATE booking_wait SET state = 'ended'
            WHERE member_id = :member AND service_id = :service AND state = 'waiting'
        """),
        {"member": member_id, "service": service_id},
    )
