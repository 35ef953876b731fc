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


def open_window(connection: Connection, *, openid: str, at: datetime, messages: int, until: datetime) -> None:
    """Note what the user did: so many messages may follow. It sets the count and keeps the longer time.

    Its loss costs a message that goes another way, so the commit does not wait for the disk.
    """
    connection.execute(sql("SELECT set_config('synchronous_commit', 'off', true)"))
    connection.execute(
        sql("""
            INSERT INTO contact (openid, following, heard_at, allowance_left, allowance_until)
            VALUES (:openid, true, :at, :messages, :until)
            ON CONFLICT (openid) DO UPDATE SET following = true, heard_at = greatest(contact.heard_at, :at),
                allowance_left = :messages,
                allowance_until = greatest(contact.allowance_until, :until)
        """),
        {"openid": openid, "at": at, "messages": messages, "until": until},
    )


def spend_window(connection: Connection, openid: str) -> None:
    """One customer-service message went out."""
    connection.execute(
        sql("""
            UPDATE contact SET allowance_left = greatest(allowance_left - 1, 0)
            WHERE openid = :openid AND allowance_left IS NOT NULL
        """),
        {"openid": openid},
    )


def close_window(connection: Connection, openid: str) -> None:
    """The platform says that it is over (errcodes 45015 and 45047), whatever was counted."""
    connection.execute(
        sql("UPDATE contact SET allowance_left = 0 WHERE openid = :openid"), {"openid": openid}
    )


@dataclass(frozen=True)
class Window:
    """What may be sent to an account; `left` None: never noted; 0: the platform said so, or it was used."""

    following: bool
    left: int | None
    until: datetime | None

    def is_open(self, now: datetime) -> bool:
        """Whether a customer-service message is worth a try."""
        if self.left is None:
            return True
        return self.left > 0 and (self.until is None or now < self.until)


def window_of(connection: Connection, openid: str) -> Window | None:
    """What is known of an account's reply window; None for an account that was never seen."""
    query = "SELECT following, allowance_left, allowance_until FROM contact WHERE openid = :openid"
    row = connection.execute(sql(query), {"openid": openid}).one_or_none()
    return None if row is None else Window(*row)


def by_openid(connection: Connection, openid: str) -> Contact | None:
    row = connection.execute(
        sql(
            "SELECT openid, following, followed_at, left_at, scene, heard_at "
            "FROM contact WHERE openid = :openid"
        ),
        {"openid": openid},
    ).one_or_none()
    return None if row is None else Contact(*row)
