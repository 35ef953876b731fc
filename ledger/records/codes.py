"""Codes shown at the counter: pay codes, which work once, and the wrong ones that staff typed."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import Connection

from ledger.records.sql import sql

CodeKind = Literal["voucher", "pay_code"]
MAX_MISSES = 10  # wrong codes of one kind and staff member in `MISS_WINDOW`
MISS_WINDOW = timedelta(hours=1)
KEPT = timedelta(days=1)  # a used or expired pay code, before it is swept away


def issue_pay_code(
    connection: Connection, *, code_hash: str, member_id: int, now: datetime, expires_at: datetime
) -> bool:
    """Keep a new pay code's hash and end the member's older ones; False when the code is in use already."""
    connection.execute(
        sql("""
            UPDATE pay_code SET expires_at = :now
            WHERE member_id = :member_id AND used_at IS NULL AND expires_at > :now
        """),
        {"member_id": member_id, "now": now},
    )
    done = connection.execute(
        sql("""
            INSERT INTO pay_code (code_hash, member_id, issued_at, expires_at)
            VALUES (:code_hash, :member_id, :now, :expires_at) ON CONFLICT (code_hash) DO NOTHING
        """),
        {"code_hash": code_hash, "member_id": member_id, "now": now, "expires_at": expires_at},
    )
    return done.rowcount == 1


def use_pay_code(
    connection: Connection, *, code_hash: str, now: datetime, staff_id: int | None = None
) -> int | None:
    """The member whose code this is; it is used up with that. None: unknown, used before, or too old."""
    used = connection.execute(
        sql("""
            UPDATE pay_code SET used_at = :now, used_by = :staff_id
            WHERE code_hash = :code_hash AND used_at IS NULL AND expires_at > :now RETURNING member_id
        """),
        {"code_hash": code_hash, "now": now, "staff_id": staff_id},
    ).scalar_one_or_none()
    return None if used is None else int(used)


def sweep_pay_codes(connection: Connection, *, now: datetime) -> int:
    """Forget the codes that ended a day ago; how many."""
    done = connection.execute(sql("DELETE FROM pay_code WHERE expires_at < :before"), {"before": now - KEPT})
    return done.rowcount


def miss(connection: Connection, *, staff_id: int, what: CodeKind, at: datetime) -> None:
    """Count a wrong code."""
    connection.execute(
        sql("INSERT INTO code_miss (staff_id, what, at) VALUES (:staff_id, :what, :at)"),
        {"staff_id": staff_id, "what": what, "at": at},
    )


def may_try(connection: Connection, *, staff_id: int, what: CodeKind, now: datetime) -> bool:
    """Whether this staff member may try another code; tries at the same moment are counted one by one."""
    connection.execute(
        sql("SELECT pg_advisory_xact_lock(hashtextextended(:what, 0))"),
        {"what": f"code_miss:{staff_id}:{what}"},
    )
    missed = connection.execute(
        sql("SELECT count(*) FROM code_miss WHERE staff_id = :staff_id AND what = :what AND at > :since"),
        {"staff_id": staff_id, "what": what, "since": now - MISS_WINDOW},
    ).scalar_one()
    return int(missed) < MAX_MISSES
