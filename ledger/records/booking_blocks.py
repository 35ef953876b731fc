"""Leave, and other time of a technician that the shop takes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import LiteralString

from sqlalchemy import Connection

from ledger.book.driver import Row, call
from ledger.records.many import rows
from ledger.records.sql import sql


@dataclass(frozen=True)
class BlockRow:
    """`kind`: leave or block; `resource` as in `booking_unit`."""

    id: int
    resource: str
    kind: str
    starts_at: datetime
    ends_at: datetime
    reason: str


_COLUMNS: LiteralString = "id, resource, kind, starts_at, ends_at, reason"


def create(
    connection: Connection,
    *,
    key: str,
    resource: str,
    kind: str,
    starts_at: datetime,
    ends_at: datetime,
    reason: str,
    staff_id: int,
    created_at: datetime,
) -> tuple[BlockRow, bool]:
    """A block that takes nothing yet, and whether it is new; the one made before under this key."""
    row = call(
        connection,
        """
        INSERT INTO booking_block (key, resource, kind, starts_at, ends_at, reason, staff_id, created_at)
        VALUES (%s, %s, %s, %s, %s, %s, %s, %s) ON CONFLICT (key) DO NOTHING
        RETURNING id, resource, kind, starts_at, ends_at, reason
        """,
        (key, resource, kind, starts_at, ends_at, reason, staff_id, created_at),
    )
    if row is not None:
        return BlockRow(*row), True
    known = call(connection, "SELECT " + _COLUMNS + " FROM booking_block WHERE key = %s", (key,))  # noqa: S608
    if known is None:
        raise RuntimeError("a block that was refused as known is not there")
    return BlockRow(*known), False


def resource_of(connection: Connection, block_id: int) -> str | None:
    """Whose time the block takes, or took; it never changes."""
    row = call(connection, "SELECT resource FROM booking_block WHERE id = %s", (block_id,))
    return None if row is None else str(row[0])


def by_id(connection: Connection, block_id: int) -> BlockRow | None:
    """The block, if it still holds; locked."""
    row = call(
        connection,
        "SELECT "  # noqa: S608 - the texts are ours
        + _COLUMNS
        + " FROM booking_block WHERE id = %s AND cancelled_at IS NULL FOR UPDATE",
        (block_id,),
    )
    return None if row is None else BlockRow(*row)


def between(
    connection: Connection, resources: list[str], start: datetime, end: datetime
) -> tuple[BlockRow, ...]:
    """What holds in that stretch, in order of time."""
    found = rows(
        connection,
        "SELECT "  # noqa: S608 - the texts are ours
        + _COLUMNS
        + """ FROM booking_block WHERE resource = ANY(%s) AND cancelled_at IS NULL
              AND starts_at < %s AND ends_at > %s ORDER BY starts_at, id LIMIT 200""",
        (resources, end, start),
    )
    return tuple(_block(row) for row in found)


def cancel(connection: Connection, block_id: int, *, at: datetime) -> bool:
    """End a block and free what it took; False when it was ended before."""
    done = connection.execute(
        sql("UPDATE booking_block SET cancelled_at = :at WHERE id = :id AND cancelled_at IS NULL"),
        {"at": at, "id": block_id},
    )
    connection.execute(sql("DELETE FROM booking_unit WHERE block_id = :id"), {"id": block_id})
    return done.rowcount == 1


def _block(row: Row) -> BlockRow:
    return BlockRow(*row)
