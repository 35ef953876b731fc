"""Every entry of a stretch of time, one row each, for export and for the auditor (features B8)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, text


@dataclass(frozen=True)
class EntryRow:
    """One transfer: what it moved for the member, in the till (money in: positive) and in sales."""

    transfer_id: int
    occurred_at: datetime
    recorded_at: datetime
    kind: str
    store_id: str
    actor: str
    staff_name: str | None
    approved_by: str | None
    member_id: int
    member_name: str
    member_phone: str | None
    payment_methods: tuple[str, ...]
    cash_fen: int
    sales_fen: int
    paid_in_fen: int
    gift_fen: int
    points: int
    memo: str
    reverses: int | None


_ENTRIES = text("""
    SELECT t.id AS transfer_id, t.occurred_at, t.recorded_at, t.kind, t.store_id, t.actor,
           s.name AS staff_name, d.name AS approved_by, m.id AS member_id, m.name AS member_name,
           m.phone AS member_phone, coalesce(moved.methods, '{}') AS payment_methods,
           coalesce(moved.cash, 0)::bigint AS cash_fen, coalesce(moved.sales, 0)::bigint AS sales_fen,
           coalesce(moved.paid_in, 0)::bigint AS paid_in_fen, coalesce(moved.gift, 0)::bigint AS gift_fen,
           coalesce(moved.points, 0)::bigint AS points, t.memo, t.reverses
    FROM transfer t
    JOIN member m ON m.id = t.member_id
    LEFT JOIN staff s ON t.actor = 'staff:' || s.id
    LEFT JOIN approval q ON q.transfer_id = t.id
    LEFT JOIN staff d ON d.id = q.decider_id
    LEFT JOIN LATERAL (
        SELECT array_agg(DISTINCT k.code) FILTER (WHERE k.kind = 'cash') AS methods,
               -sum(p.amount) FILTER (WHERE k.kind = 'cash') AS cash,
               sum(p.amount) FILTER (WHERE k.kind = 'revenue') AS sales,
               sum(p.amount) FILTER (WHERE k.kind = 'paid_in') AS paid_in,
               sum(p.amount) FILTER (WHERE k.kind = 'gift') AS gift,
               sum(p.amount) FILTER (WHERE k.kind = 'points') AS points
        FROM posting p JOIN account k ON k.id = p.account_id WHERE p.transfer_id = t.id) AS moved ON true
    WHERE t.refused IS NULL AND t.recorded_at >= :start AND t.recorded_at < :end
      AND (CAST(:store_id AS text) IS NULL OR t.store_id = :store_id)
    ORDER BY t.id
""")
ROWS_AT_ONCE = 2000


def entries(
    connection: Connection, *, start: datetime, end: datetime, store_id: str | None = None
) -> Iterator[EntryRow]:
    """The posted transfers recorded from `start` up to but not at `end`, in their order, read bit by bit."""
    bound = {"start": start, "end": end, "store_id": store_id}
    rows = connection.execution_options(stream_results=True, max_row_buffer=ROWS_AT_ONCE).execute(
        _ENTRIES, bound
    )
    for row in rows:
        values = dict(row._mapping)
        yield EntryRow(**{**values, "payment_methods": tuple(values["payment_methods"])})
