"""WeChat users as the platform shows them: who follows, since when, and when they last spoke."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from ledger.records.sql import sql


@dataclass(frozen=True)
class Contact:
    """`scene`: the first QR code followed, kept for life; `heard_at`: last message, which opens 48 hours."""

    openid: str
    following: bool
    followed_at: datetime | None
    left_at: datetime | None
    scene: str
    heard_at: datetime | None


def follow(connection: Connection, *, openid: str, at: datetime, scene: str = "") -> bool:
    """Note that the user follows; True the first time ever. The first non-empty scene stays."""
    row = connection.execute(
        sql("""
            INSERT INTO contact (openid, following, followed_at, scene, heard_at)
            VALUES (:openid, true, :at, :scene, :at)
            ON CONFLICT (openid) DO UPDATE SET following = true, followed_at = :at, left_at = NULL,
                scene = CASE WHEN contact.scene = '' THEN :scene ELSE contact.scene END,
                heard_at = greatest(contact.heard_at, :at)
            RETURNING old.followed_at IS NULL AS first
        """),
        {"openid": openid, "at": at, "scene": scene},
    ).one()
    return bool(row.first)


def unfollow(connection: Connection, *, openid: str, at: datetime) -> None:
    connection.execute(
        sql("""
            INSERT INTO contact (openid, following, left_at) VALUES (:openid, false, :at)
            ON CONFLICT (openid) DO UPDATE SET following = false, left_at = :at
        """),
        {"openid": openid, "at": at},
    )


def heard(connection: Connection, *, openid: str, at: datetime) -> None:
    """Note a message or tap: the user follows, and may be written to for 48 hours."""
    connection.execute(
        sql("""
            INSERT INTO contact (openid, following, heard_at) VALUES (:openid, true, :at)
            ON CONFLICT (openid) DO UPDATE SET following = true, heard_at = greatest(contact.heard_at, :at)
        """),
        {"openid": openid, "at": at},
    )


def by_openid(connection: Connection, openid: str) -> Contact | None:
    row = connection.execute(
        sql(
            "SELECT openid, following, followed_at, left_at, scene, heard_at "
            "FROM contact WHERE openid = :openid"
        ),
        {"openid": openid},
    ).one_or_none()
    return None if row is None else Contact(*row)
