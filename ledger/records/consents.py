"""How many subscription notifications an account has allowed (wechat-protocol §4.3): counted, never told."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from sqlalchemy import Connection

from ledger.records.sql import sql


def note(
    connection: Connection,
    *,
    key: str,
    openid: str,
    template_id: str,
    what: Literal["accept", "reject"],
    at: datetime,
) -> bool:
    """An account's answer: one more notification, or none any more. False when that key is known."""
    values = {"key": key, "openid": openid, "template_id": template_id, "what": what, "at": at}
    new = connection.execute(
        sql("""
            INSERT INTO consent_event (key, openid, template_id, what, at)
            VALUES (:key, :openid, :template_id, :what, :at) ON CONFLICT (key) DO NOTHING
        """),
        values,
    )
    if new.rowcount != 1:
        return False
    connection.execute(
        sql("""
            INSERT INTO consent (openid, template_id, credits, changed_at)
            VALUES (:openid, :template_id, CASE WHEN :what = 'accept' THEN 1 ELSE 0 END, :at)
            ON CONFLICT (openid, template_id) DO UPDATE SET changed_at = :at,
                credits = CASE WHEN :what = 'accept' THEN consent.credits + 1 ELSE 0 END
        """),
        values,
    )
    return True


def left(connection: Connection, openid: str, template_id: str) -> int:
    """How many notifications of that template the account still allows."""
    query = sql("SELECT credits FROM consent WHERE openid = :openid AND template_id = :template_id")
    values = {"openid": openid, "template_id": template_id}
    return int(connection.execute(query, values).scalar_one_or_none() or 0)


def spend(connection: Connection, openid: str, template_id: str, *, at: datetime) -> bool:
    """Take one before sending; False when there is none."""
    done = connection.execute(
        sql("""
            UPDATE consent SET credits = credits - 1, changed_at = :at
            WHERE openid = :openid AND template_id = :template_id AND credits > 0
        """),
        {"openid": openid, "template_id": template_id, "at": at},
    )
    return done.rowcount == 1


def give_back(connection: Connection, openid: str, template_id: str, *, at: datetime) -> None:
    """The notification that one was taken for did not go out."""
    connection.execute(
        sql("""
            UPDATE consent SET credits = credits + 1, changed_at = :at
            WHERE openid = :openid AND template_id = :template_id
        """),
        {"openid": openid, "template_id": template_id, "at": at},
    )


def none_left(connection: Connection, openid: str, template_id: str, *, at: datetime) -> None:
    """The platform says that there is none (errcode 43101), whatever was counted."""
    connection.execute(
        sql("""
            UPDATE consent SET credits = 0, changed_at = :at
            WHERE openid = :openid AND template_id = :template_id
        """),
        {"openid": openid, "template_id": template_id, "at": at},
    )
