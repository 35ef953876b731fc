"""One entry, or one staff member's entries of a day, as the counter reads them (features C1, C2)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, LiteralString

from sqlalchemy import Connection

from ledger.book.driver import call, driver
from ledger.book.posting import parse_balances
from ledger.book.values import Balances

MOST_ENTRIES = 1000


@dataclass(frozen=True)
class Moved:
    """What an entry did to one account of the member: signed, in the account's unit."""

    kind: str
    code: str
    unit: str
    amount: int


@dataclass(frozen=True)
class Entry:
    """One transfer that was posted.

    Attributes:
        staff_id, staff_name: who booked it; None and "" when nobody of the staff did.
        cash: by payment method, fen received (negative: paid out).
        moved: the member's accounts.
        items: what was bought, as (name, quantity, fen paid).
        reversed_by, reverses: the other entry, when there is one; reversed_kind: of the one undone.
        approved_by: the second person, when one was needed.
    """

    transfer_id: int
    kind: str
    store_id: str
    staff_id: int | None
    staff_name: str
    member_id: int
    member_name: str
    member_phone: str | None
    occurred_at: datetime
    recorded_at: datetime
    memo: str
    cash: tuple[tuple[str, int], ...]
    moved: tuple[Moved, ...]
    items: tuple[tuple[str, int, int], ...]
    reverses: int | None
    reversed_kind: str | None
    reversed_by: int | None
    approved_by: str | None

    @property
    def stored_fen(self) -> int:
        """Stored value that came (or went: negative)."""
        return sum(part.amount for part in self.moved if part.kind in ("paid_in", "gift"))

    @property
    def cash_fen(self) -> int:
        return sum(amount for _, amount in self.cash)


_ENTRY: LiteralString = """
    SELECT t.id, t.kind, t.store_id, s.id, coalesce(s.name, ''), t.member_id, m.name, m.phone, t.occurred_at,
           t.recorded_at, t.memo,
           (SELECT json_agg(json_build_array(a.code, -p.amount) ORDER BY a.code)
            FROM posting p JOIN account a ON a.id = p.account_id
            WHERE p.transfer_id = t.id AND a.kind = 'cash' AND a.member_id IS NULL),
           (SELECT json_agg(json_build_array(a.kind, a.code, a.unit, p.amount) ORDER BY a.kind DESC, a.code)
            FROM posting p JOIN account a ON a.id = p.account_id
            WHERE p.transfer_id = t.id AND a.member_id IS NOT NULL),
           (SELECT json_agg(json_build_array(l.name, l.quantity, l.paid_fen) ORDER BY l.line)
            FROM purchase_line l WHERE l.transfer_id = t.id),
           t.reverses, (SELECT o.kind FROM transfer o WHERE o.id = t.reverses),
           (SELECT r.id FROM transfer r WHERE r.reverses = t.id),
           (SELECT d.name FROM approval q JOIN staff d ON d.id = q.decider_id
            WHERE q.transfer_id = t.id LIMIT 1)
    FROM transfer t
    JOIN member m ON m.id = t.member_id
    LEFT JOIN staff s ON t.actor = 'staff:' || s.id
"""
_ONE: LiteralString = _ENTRY + " WHERE t.id = %s AND t.refused IS NULL"
# By the log of acts, which is indexed by person and time: the book is not.
_OF_STAFF: LiteralString = (
    _ENTRY  # noqa: S608 - the texts are ours
    + """
    WHERE t.id IN (SELECT x.transfer_id FROM act x
                   WHERE x.staff_id = %s AND x.at >= %s AND x.at < %s AND x.transfer_id IS NOT NULL)
      AND t.actor = %s AND t.refused IS NULL
    ORDER BY t.id DESC LIMIT %s
"""
)


def by_number(connection: Connection, transfer_id: int) -> Entry | None:
    """The posted entry of that number; None when there is none."""
    row = call(connection, _ONE, (transfer_id,))
    return None if row is None else _entry(row)


def of_staff(connection: Connection, staff_id: int, *, start: datetime, end: datetime) -> tuple[Entry, ...]:
    """What this staff member booked from `start` up to but not at `end`, newest first, at most 1,000."""
    bound = (staff_id, start, end, f"staff:{staff_id}", MOST_ENTRIES)
    return tuple(_entry(row) for row in driver(connection).execute(_OF_STAFF, bound).fetchall())


@dataclass(frozen=True)
class Kept:
    """What is in the book under a key: what was asked, and the balances it left or why it was refused."""

    transfer_id: int
    member_id: int
    request: dict[str, Any]
    balances: Balances | None
    refused: str | None


def by_key(connection: Connection, key: str) -> Kept | None:
    """What an earlier attempt under this key came to; None when it never reached the book."""
    row = call(
        connection, "SELECT id, member_id, request, result, refused FROM transfer WHERE key = %s", (key,)
    )
    if row is None:
        return None
    request = row[2] if isinstance(row[2], dict) else json.loads(row[2])
    result = row[3] if isinstance(row[3], dict) else json.loads(row[3])
    return Kept(row[0], row[1], request, None if row[4] else parse_balances(result), row[4])


def last_visit(connection: Connection, member_id: int) -> datetime | None:
    """When the member last bought something that still stands; None: never."""
    row = call(connection, _LAST_VISIT, (member_id,))
    return None if row is None else row[0]


_LAST_VISIT: LiteralString = """
    SELECT t.occurred_at FROM transfer t
    WHERE t.member_id = %s AND t.kind = 'purchase' AND t.refused IS NULL
      AND NOT EXISTS (SELECT FROM transfer r WHERE r.reverses = t.id)
    ORDER BY t.id DESC LIMIT 1
"""


def top_up_methods(connection: Connection, transfer_ids: Sequence[int]) -> tuple[str, ...]:
    """The payment methods by which these top-ups came in, each once."""
    row = call(connection, _METHODS, (list(transfer_ids),))
    return tuple(row[0] or ()) if row is not None else ()


_METHODS: LiteralString = """
    SELECT array_agg(DISTINCT request ->> 'payment_method') FROM transfer
    WHERE id = ANY(%s::bigint[]) AND request ->> 'payment_method' IS NOT NULL
"""


def _entry(row: tuple[Any, ...]) -> Entry:
    return Entry(
        transfer_id=row[0],
        kind=row[1],
        store_id=row[2],
        staff_id=row[3],
        staff_name=row[4],
        member_id=row[5],
        member_name=row[6],
        member_phone=row[7],
        occurred_at=row[8],
        recorded_at=row[9],
        memo=row[10],
        cash=tuple((code, amount) for code, amount in row[11] or ()),
        moved=tuple(Moved(*part) for part in row[12] or ()),
        items=tuple((name, quantity, paid) for name, quantity, paid in row[13] or ()),
        reverses=row[14],
        reversed_kind=row[15],
        reversed_by=row[16],
        approved_by=row[17],
    )
