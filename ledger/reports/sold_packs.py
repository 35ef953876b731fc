"""What members bought of packs, and what they drew from each: for refunds of the unused part (row B5)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import LiteralString

from sqlalchemy import Connection

from ledger.book.driver import driver


@dataclass(frozen=True)
class SoldPack:
    """One pack bought, of which something is left.

    Attributes:
        transfer_id: of the sale; `lot_id`: what it put on the card.
        paid_fen: what it cost; `amount` of the unit it had, `left` are left.
        used_list_fen: what was drawn from it, at the list price of its day.
        points: what the sale earned.
    """

    transfer_id: int
    lot_id: int
    store_id: str
    sold_at: datetime
    paid_fen: int
    amount: int
    left: int
    used_list_fen: int
    points: int


_SOLD: LiteralString = """
    SELECT t.id, l.id, t.store_id, t.occurred_at, s.paid_fen, l.amount, l.remaining,
           (SELECT coalesce(sum(d.list_fen), 0)::bigint
            FROM lot_use u JOIN purchase_line d ON d.transfer_id = u.transfer_id AND d.paid_fen = 0
            WHERE u.lot_id = l.id AND u.amount > 0
              AND NOT EXISTS (SELECT FROM transfer r WHERE r.reverses = u.transfer_id)),
           coalesce((t.request ->> 'points_earned')::bigint, 0)
    FROM account a JOIN lot l ON l.account_id = a.id JOIN transfer t ON t.id = l.transfer_id
    JOIN purchase_line s ON s.transfer_id = t.id AND s.item_id = a.code
    WHERE a.member_id = %s AND a.kind = 'entitlement' AND a.code = %s AND l.remaining > 0
      AND (l.expires_at IS NULL OR l.expires_at > %s)
      AND NOT EXISTS (SELECT FROM transfer r WHERE r.reverses = t.id)
    ORDER BY t.id
"""


def sold_packs(connection: Connection, member_id: int, code: str, *, now: datetime) -> tuple[SoldPack, ...]:
    """The packs of that kind which the member bought and has not used up, oldest first; no gifts."""
    rows = driver(connection).execute(_SOLD, (member_id, code, now)).fetchall()
    return tuple(SoldPack(*row) for row in rows)
