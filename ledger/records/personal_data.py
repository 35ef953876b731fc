"""What is kept about one member, as a copy of it all; and forgetting who he is (feature A10)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from ledger.records.sql import sql

MOST_ROWS = 100_000

# What is kept about a member, by table; every query takes the member's id alone.
TABLES: dict[str, str] = {
    "card": """
        SELECT id, name, phone, birthday, gender, home_store_id, joined_at, muted FROM member WHERE id = :id
    """,
    "wechat_bindings": "SELECT openid, bound_at, unbound_at FROM binding WHERE member_id = :id ORDER BY id",
    "entries": """
        SELECT t.id, t.kind, t.occurred_at, t.store_id, t.memo, a.kind AS account, a.code, p.unit, p.amount,
               p.balance_after
        FROM transfer t JOIN posting p ON p.transfer_id = t.id JOIN account a ON a.id = p.account_id
        WHERE a.member_id = :id ORDER BY t.id, a.id
    """,
    "purchase_lines": """
        SELECT l.transfer_id, l.name, l.category, l.quantity, l.list_fen, l.paid_fen
        FROM purchase_line l JOIN transfer t ON t.id = l.transfer_id
        WHERE t.member_id = :id ORDER BY l.transfer_id, l.line
    """,
    "coupons": """
        SELECT id, kind_id, issued_at, expires_at, state FROM coupon WHERE member_id = :id ORDER BY id
    """,
    "points_multipliers": """
        SELECT factor_percent, earned_by, starts_at, ends_at, taken_back_at FROM points_multiplier
        WHERE member_id = :id ORDER BY id
    """,
    "bookings": """
        SELECT id, service_id, store_id, technicians, starts_at, state FROM booking WHERE member_id = :id
        ORDER BY id
    """,
    "vouchers": """
        SELECT id, reward_id, issued_at, expires_at, state FROM voucher WHERE member_id = :id ORDER BY id
    """,
    "messages": """
        SELECT kind, text, state, created_at, sent_at FROM message WHERE member_id = :id ORDER BY id
    """,
    "questions": """
        SELECT t.id, t.kind, l.at, l.said_by, l.text FROM ticket t JOIN ticket_line l ON l.ticket_id = t.id
        WHERE t.member_id = :id ORDER BY t.id, l.line
    """,
}


def copy_of(connection: Connection, member_id: int) -> dict[str, list[dict[str, Any]]]:
    """Everything that is kept about the member, table by table, as plain values."""
    return {
        name: [
            dict(row)
            for row in connection.execute(
                sql(f"SELECT * FROM ({query}) AS kept LIMIT {MOST_ROWS}"),  # noqa: S608 - the texts are ours
                {"id": member_id},
            ).mappings()
        ]
        for name, query in TABLES.items()
    }


def has_open_booking(connection: Connection, member_id: int, *, now: datetime) -> bool:
    """Whether the shop still keeps a time for the member."""
    return bool(
        connection.execute(
            sql("""
                SELECT EXISTS (SELECT FROM booking
                               WHERE member_id = :id AND state = 'booked' AND starts_at > :now)
            """),
            {"id": member_id, "now": now},
        ).scalar_one()
    )


def forget(connection: Connection, member_id: int, *, name: str) -> None:
    """Take away what identifies the member, and the words sent to him; what waits is not sent any more."""
    connection.execute(
        sql("""
            UPDATE member SET name = :name, phone = NULL, phone_proven = false, birthday = NULL,
                   gender = NULL, muted = true WHERE id = :id
        """),
        {"name": name, "id": member_id},
    )
    connection.execute(
        sql("""
            UPDATE message SET text = '', state = CASE WHEN state = 'queued' THEN 'dropped' ELSE state END
            WHERE member_id = :id
        """),
        {"id": member_id},
    )
