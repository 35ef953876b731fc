"""Entries that the owner should hear of: what staff booked, how large, when, what was undone (row C2)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, text


@dataclass(frozen=True)
class Entry:
    """An entry signed by a staff member. `amount_fen`: money through the till or, for a purchase, what was
    sold; of a reversal, what it undid. `undone`: how many entries he has reversed that day, with this one.
    """

    transfer_id: int
    kind: str
    store_id: str
    staff_id: int
    staff_name: str
    role: str
    at: datetime
    amount_fen: int
    undone: int


_ENTRIES = text("""
    WITH signed AS (
        SELECT DISTINCT ON (a.transfer_id) a.transfer_id, a.staff_id, a.at
        FROM act a
        WHERE a.at > :after AND a.at <= :through AND a.transfer_id IS NOT NULL AND a.staff_id IS NOT NULL
        ORDER BY a.transfer_id, a.id
    ), sized AS (
        SELECT p.transfer_id,
               greatest(abs(coalesce(sum(p.amount) FILTER (WHERE k.kind = 'cash'), 0)),
                        abs(coalesce(sum(p.amount) FILTER (WHERE k.kind = 'revenue'), 0)),
                        abs(coalesce(sum(p.amount) FILTER (WHERE k.kind = 'adjustment'), 0))
               )::bigint AS amount
        FROM signed JOIN posting p ON p.transfer_id = signed.transfer_id AND p.unit = 'fen'
        JOIN account k ON k.id = p.account_id AND k.member_id IS NULL
        GROUP BY p.transfer_id
    )
    SELECT t.id AS transfer_id, t.kind, t.store_id, s.id AS staff_id, s.name AS staff_name, s.role, signed.at,
           coalesce(sized.amount, 0) AS amount_fen,
           CASE WHEN t.kind = 'reversal' THEN (
               SELECT count(DISTINCT b.transfer_id) FROM act b JOIN transfer r ON r.id = b.transfer_id
               WHERE b.staff_id = signed.staff_id AND b.transfer_id <= t.id AND r.kind = 'reversal'
                 AND b.at >= date_trunc('day', signed.at, :zone)
                 AND b.at < date_trunc('day', signed.at, :zone) + interval '1 day') ELSE 0 END AS undone
    FROM signed JOIN transfer t ON t.id = signed.transfer_id AND t.refused IS NULL
    JOIN staff s ON s.id = signed.staff_id LEFT JOIN sized ON sized.transfer_id = t.id
    WHERE coalesce(sized.amount, 0) >= :large OR t.kind = 'reversal'
       OR (:night_from <> :night_until AND CASE WHEN :night_from < :night_until
            THEN extract(hour FROM signed.at AT TIME ZONE :zone) >= :night_from
                 AND extract(hour FROM signed.at AT TIME ZONE :zone) < :night_until
            ELSE extract(hour FROM signed.at AT TIME ZONE :zone) >= :night_from
                 OR extract(hour FROM signed.at AT TIME ZONE :zone) < :night_until END)
    ORDER BY signed.at, t.id LIMIT :limit
""")
NO_AMOUNT = 2**62
MAX_ENTRIES = 1000


def unusual(
    connection: Connection,
    *,
    after: datetime,
    through: datetime,
    large_fen: int | None,
    night: tuple[int, int],
    zone: str,
    limit: int = MAX_ENTRIES,
) -> tuple[Entry, ...]:
    """Large entries, entries at night and reversals signed after one moment and up to another.

    The earliest `limit` of them. `night`: from and until full hours in `zone`, over midnight when the first
    is later; both the same: none.
    """
    rows = connection.execute(
        _ENTRIES,
        {
            "after": after,
            "through": through,
            "large": NO_AMOUNT if large_fen is None else large_fen,
            "night_from": night[0],
            "night_until": night[1],
            "zone": zone,
            "limit": limit,
        },
    )
    return tuple(Entry(**row._mapping) for row in rows)
