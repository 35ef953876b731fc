"""Top-ups chosen in the chat and paid at the counter (feature A5)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from ledger.records.sql import sql


@dataclass(frozen=True)
class TopUpOrder:
    code: str
    member_id: int
    amount_fen: int
    expires_at: datetime


def place(
    connection: Connection, *, code: str, member_id: int, amount_fen: int, at: datetime, expires_at: datetime
) -> bool:
    """The member's open order, in the place of an older one; False when the code is taken just now."""
    connection.execute(
        sql("""
            UPDATE top_up_order SET ended_at = :at
            WHERE ended_at IS NULL AND (member_id = :member_id OR expires_at <= :at)
        """),
        {"member_id": member_id, "at": at},
    )
    row = connection.execute(
        sql("""
            INSERT INTO top_up_order (code, member_id, amount_fen, placed_at, expires_at)
            VALUES (:code, :member_id, :amount_fen, :at, :expires_at)
            ON CONFLICT DO NOTHING RETURNING id
        """),
        {
            "code": code,
            "member_id": member_id,
            "amount_fen": amount_fen,
            "at": at,
            "expires_at": expires_at,
        },
    ).one_or_none()
    return row is not None


def open_by_code(connection: Connection, code: str, *, now: datetime) -> TopUpOrder | None:
    """The order of that code, if it is open."""
    row = connection.execute(
        sql("""
            SELECT code, member_id, amount_fen, expires_at FROM top_up_order
            WHERE code = :code AND ended_at IS NULL AND expires_at > :now
        """),
        {"code": code, "now": now},
    ).one_or_none()
    return None if row is None else TopUpOrder(*tuple(row))


def end_of(connection: Connection, member_id: int, *, at: datetime) -> None:
    """The member has topped up, or wants to no longer."""
    connection.execute(
        sql("UPDATE top_up_order SET ended_at = :at WHERE member_id = :member_id AND ended_at IS NULL"),
        {"member_id": member_id, "at": at},
    )
