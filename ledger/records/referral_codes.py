"""Each member's own scene, and the address in its QR code, which WeChat makes for thirty days at a time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from ledger.records.sql import sql


@dataclass(frozen=True)
class ReferralCode:
    """`url` None: the code has not been made yet, or never was."""

    member_id: int
    scene: str
    url: str | None
    expires_at: datetime | None


def ensure(connection: Connection, *, member_id: int, scene: str) -> ReferralCode | None:
    """The member's code; `scene` becomes his if he has none. None: the scene is another member's."""
    connection.execute(
        sql(
            "INSERT INTO referral_code (member_id, scene) VALUES (:member_id, :scene) ON CONFLICT DO NOTHING"
        ),
        {"member_id": member_id, "scene": scene},
    )
    return of_member(connection, member_id)


def of_member(connection: Connection, member_id: int) -> ReferralCode | None:
    row = connection.execute(
        sql("SELECT member_id, scene, url, expires_at FROM referral_code WHERE member_id = :id"),
        {"id": member_id},
    ).one_or_none()
    return None if row is None else ReferralCode(*row)


def inviter_of(connection: Connection, scene: str) -> int | None:
    """Whose scene that is; of a merged card the one it went into."""
    found = connection.execute(
        sql("""
            SELECT coalesce(m.merged_into, m.id) FROM referral_code c JOIN member m ON m.id = c.member_id
            WHERE c.scene = :scene
        """),
        {"scene": scene},
    ).scalar_one_or_none()
    return None if found is None else int(found)


def set_url(connection: Connection, member_id: int, *, url: str, expires_at: datetime) -> None:
    connection.execute(
        sql("UPDATE referral_code SET url = :url, expires_at = :expires_at WHERE member_id = :id"),
        {"id": member_id, "url": url, "expires_at": expires_at},
    )
