"""What always holds of coupons, for the nightly verification (rows D2, B11)."""

from __future__ import annotations

from sqlalchemy import Connection

from ledger.book.invariants import Finding
from ledger.records.sql import sql

# Each a query that returns what breaks it: (member, transfer, what).
INVARIANTS: dict[str, str] = {
    "a coupon is used by one transfer": """
        SELECT c.member_id, c.used_transfer_id,
               format('coupon %s stands at %s, but was used %s times and given back %s times', c.id,
                      c.state, e.used, e.back)
        FROM coupon c JOIN (
            SELECT coupon_id, count(*) FILTER (WHERE what = 'used') AS used,
                   count(*) FILTER (WHERE what = 'given_back') AS back
            FROM coupon_event GROUP BY coupon_id) e ON e.coupon_id = c.id
        WHERE e.used - e.back <> (c.state = 'used')::int
    """,
    "a used coupon names a booking of its member that stands": """
        SELECT c.member_id, c.used_transfer_id, format('coupon %s is used by it', c.id)
        FROM coupon c LEFT JOIN transfer t ON t.id = c.used_transfer_id
        LEFT JOIN member m ON m.id = t.member_id
        WHERE c.state = 'used' AND (
            t.id IS NULL OR t.refused IS NOT NULL
            OR (t.member_id <> c.member_id AND m.merged_into IS NULL)
            OR EXISTS (SELECT FROM transfer r WHERE r.reverses = t.id AND r.refused IS NULL))
    """,
    "a coupon's state is its last event's": """
        SELECT c.member_id, NULL::bigint,
               format('coupon %s stands at %s, its last event says %s', c.id, c.state, e.state)
        FROM coupon c LEFT JOIN LATERAL (
            SELECT state FROM coupon_event WHERE coupon_id = c.id ORDER BY id DESC LIMIT 1) e ON true
        WHERE e.state IS DISTINCT FROM c.state
    """,
}


def verify(connection: Connection, limit: int = 1000) -> tuple[Finding, ...]:
    """Everything that is wrong with the coupons; () when all is right."""
    return tuple(
        Finding(name, *row)
        for name, query in INVARIANTS.items()
        for row in connection.execute(sql(f"SELECT * FROM ({query}) AS wrong LIMIT {limit:d}"))  # noqa: S608
    )
