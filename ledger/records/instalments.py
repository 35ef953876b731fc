"""Gift money promised for later months by a top-up (row B2): open, then posted or cancelled, once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, LiteralString

from sqlalchemy import Connection, Row

from ledger.book.driver import call
from ledger.records.sql import sql
from ledger.records.undone import undone


@dataclass(frozen=True)
class Instalment:
    """One part of a promised gift. `number` counts the parts of its tier; the first came with the top-up."""

    id: int
    member_id: int
    source_transfer_id: int
    number: int
    store_id: str
    due_at: datetime
    gift_fen: int


def promise(
    connection: Connection,
    *,
    member_id: int,
    source_transfer_id: int,
    store_id: str,
    parts: Sequence[tuple[int, int, datetime]],
) -> None:
    """Write the parts (number, fen, due) that a top-up promises; writing them again changes nothing."""
    statement: LiteralString = """
        INSERT INTO instalment (member_id, source_transfer_id, store_id, number, gift_fen, due_at)
        SELECT %s, %s, %s, p.number, p.fen, p.due
        FROM unnest(%s::int[], %s::bigint[], %s::timestamptz[]) AS p (number, fen, due)
        ON CONFLICT (source_transfer_id, number) DO NOTHING
        RETURNING id
    """
    numbers, fens, dues = ([part[place] for part in parts] for place in range(3))
    call(connection, statement, (member_id, source_transfer_id, store_id, numbers, fens, dues))


def due(connection: Connection, *, now: datetime, after: int, limit: int = 200) -> tuple[Instalment, ...]:
    """Open parts (ids above `after`, in order) that are due; of a merged card, for the card it became."""
    rows = connection.execute(
        sql("""
            SELECT i.id, coalesce(m.merged_into, i.member_id) AS member_id, i.source_transfer_id, i.number,
                   i.store_id, i.due_at, i.gift_fen
            FROM instalment i JOIN member m ON m.id = i.member_id
            WHERE i.state = 'open' AND i.due_at <= :now AND i.id > :after ORDER BY i.id LIMIT :limit
        """),
        {"now": now, "after": after, "limit": limit},
    )
    return tuple(_instalment(row) for row in rows)


def open_of(connection: Connection, member_id: int) -> tuple[Instalment, ...]:
    """What is still promised to a member, the next first."""
    rows = connection.execute(
        sql("""
            SELECT id, member_id, source_transfer_id, number, store_id, due_at, gift_fen FROM instalment
            WHERE state = 'open' AND member_id = :member_id ORDER BY due_at, id LIMIT 200
        """),
        {"member_id": member_id},
    )
    return tuple(_instalment(row) for row in rows)


def count_of(connection: Connection, source_transfer_id: int) -> int:
    """How many parts the gift of a top-up comes in, with the one that came at once."""
    statement: LiteralString = "SELECT max(number) FROM instalment WHERE source_transfer_id = %s"
    row = call(connection, statement, (source_transfer_id,))
    return int(row[0]) if row is not None and row[0] is not None else 1


def is_void(connection: Connection, instalment_id: int) -> bool | None:
    """Whether the top-up behind an open part was reversed or (in part) refunded; None: no longer open.

    The caller holds the lock of the member's wallet, which every reversal and refund takes.
    """
    what = undone("i.source_transfer_id")
    statement: LiteralString = (
        f"SELECT {what} FROM instalment i WHERE i.id = %s AND i.state = 'open' FOR UPDATE OF i"  # noqa: S608
    )
    row = call(connection, statement, (instalment_id,))
    return None if row is None else bool(row[0])


def mark_posted(connection: Connection, instalment_id: int, *, transfer_id: int, now: datetime) -> None:
    _settle(connection, instalment_id, "posted", transfer_id, now)


def mark_cancelled(connection: Connection, instalment_id: int, *, now: datetime) -> None:
    _settle(connection, instalment_id, "cancelled", None, now)


def _settle(
    connection: Connection, instalment_id: int, state: str, transfer_id: int | None, now: datetime
) -> None:
    done = connection.execute(
        sql("""
            UPDATE instalment SET state = :state, posted_transfer_id = :transfer_id, settled_at = :now
            WHERE id = :id AND state = 'open'
        """),
        {"state": state, "transfer_id": transfer_id, "now": now, "id": instalment_id},
    )
    if done.rowcount != 1:
        raise LookupError(f"instalment {instalment_id} is not open")


def cancel_of(connection: Connection, source_transfer_id: int, *, now: datetime) -> int:
    """Cancel what a top-up still promises (it is reversed or refunded); the fen that will not come."""
    rows = connection.execute(
        sql("""
            UPDATE instalment SET state = 'cancelled', settled_at = :now
            WHERE source_transfer_id = :id AND state = 'open' RETURNING gift_fen
        """),
        {"id": source_transfer_id, "now": now},
    )
    return sum(row.gift_fen for row in rows)


def caused_by(connection: Connection, transfer_id: int) -> tuple[int, ...]:
    """Transfers that came of a transfer later and still stand, newest first.

    Its posted instalments, the gifts for a level it won (keyed by it) and what campaigns gave for it: a
    reversal has to undo them too, before the transfer itself.
    """
    rows = connection.execute(
        sql("""
            WITH came AS (
                SELECT posted_transfer_id AS id FROM instalment
                WHERE source_transfer_id = :id AND state = 'posted'
                UNION
                SELECT t.id FROM transfer t
                WHERE t.member_id = (SELECT member_id FROM transfer WHERE id = :id)
                  AND starts_with(t.key, 'level:') AND t.key LIKE '%:from:' || CAST(:id AS text)
                UNION
                SELECT t.id FROM campaign_member c JOIN transfer t
                  ON t.key = 'campaign:' || c.campaign || ':' || c.occasion || ':' || c.member_id
                WHERE c.transfer_id = :id AND c.state = 'granted'
            )
            SELECT t.id FROM came JOIN transfer t ON t.id = came.id
            WHERE t.refused IS NULL AND NOT EXISTS (SELECT FROM transfer r WHERE r.reverses = t.id)
            ORDER BY t.id DESC
        """),
        {"id": transfer_id},
    )
    return tuple(row.id for row in rows)


def _instalment(row: Row[Any]) -> Instalment:
    return Instalment(**row._mapping)
