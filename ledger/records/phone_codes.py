"""Codes that prove a phone number: sent by SMS, or shown by staff at the counter. Limits are rows counted."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import Connection

from ledger.records.sql import sql

MAX_CODES_PER_HOUR = 5  # asked for by one WeChat user, or for one number
MAX_ATTEMPTS = 5  # wrong answers per code

CheckResult = Literal["right", "wrong", "none"]


def issue(
    connection: Connection,
    *,
    openid: str,
    phone: str,
    code_hash: str,
    issued_by: str,
    created_at: datetime,
    expires_at: datetime,
) -> int | None:
    """Keep a new code's hash; None when too many were asked for in the last hour.

    One user's codes are counted under a lock, so that requests at the same moment cannot pass together.
    """
    for what in sorted((f"phone_code:{openid}", f"phone_code:{phone}")):
        connection.execute(sql("SELECT pg_advisory_xact_lock(hashtextextended(:what, 0))"), {"what": what})
    counted = connection.execute(
        sql("""
            SELECT count(*) FILTER (WHERE openid = :openid), count(*) FILTER (WHERE phone = :phone)
            FROM phone_code WHERE created_at > :since AND (openid = :openid OR phone = :phone)
        """),
        {"openid": openid, "phone": phone, "since": created_at - timedelta(hours=1)},
    ).one()
    if max(counted) >= MAX_CODES_PER_HOUR:
        return None
    return int(
        connection.execute(
            sql("""
                INSERT INTO phone_code (openid, phone, code_hash, issued_by, created_at, expires_at)
                VALUES (:openid, :phone, :code_hash, :issued_by, :created_at, :expires_at) RETURNING id
            """),
            {
                "openid": openid,
                "phone": phone,
                "code_hash": code_hash,
                "issued_by": issued_by,
                "created_at": created_at,
                "expires_at": expires_at,
            },
        ).scalar_one()
    )


def check(connection: Connection, *, openid: str, phone: str, code_hash: str, now: datetime) -> CheckResult:
    """Try a code, in one statement: "right" uses it up; "wrong" counts; "none": no code is open any more.

    Only the newest code for this user and number is open, for a limited time and number of attempts.
    """
    row = connection.execute(
        sql("""
            UPDATE phone_code
            SET attempts = attempts + 1,
                used_at = CASE WHEN code_hash = :code_hash THEN CAST(:now AS timestamptz) END
            WHERE id = (SELECT max(id) FROM phone_code WHERE openid = :openid AND phone = :phone)
              AND used_at IS NULL AND expires_at > :now AND attempts < :limit
            RETURNING used_at
        """),
        {"openid": openid, "phone": phone, "code_hash": code_hash, "now": now, "limit": MAX_ATTEMPTS},
    ).one_or_none()
    if row is None:
        return "none"
    return "wrong" if row.used_at is None else "right"
