"""What a member does not want to be told: a kind, or a category (row E5). `member.muted` is everything."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from ledger.records.sql import sql


def refuse(connection: Connection, member_id: int, kind: str, *, at: datetime) -> None:
    """The member does not want messages of that kind or category any more."""
    connection.execute(
        sql("""
            INSERT INTO preference (member_id, kind, at) VALUES (:member_id, :kind, :at)
            ON CONFLICT (member_id, kind) DO NOTHING
        """),
        {"member_id": member_id, "kind": kind, "at": at},
    )


def allow_all(connection: Connection, member_id: int) -> None:
    """The member wants everything again."""
    connection.execute(sql("DELETE FROM preference WHERE member_id = :member_id"), {"member_id": member_id})


def refused(connection: Connection, member_id: int) -> frozenset[str]:
    """The kinds and categories that the member does not want."""
    rows = connection.execute(
        sql("SELECT kind FROM preference WHERE member_id = :member_id"), {"member_id": member_id}
    )
    return frozenset(rows.scalars())
