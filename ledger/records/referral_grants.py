"""What each side of a referral got (row D3). Append-only."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Connection

from ledger.records.sql import sql

Side = Literal["inviter", "newcomer"]


@dataclass(frozen=True)
class Granted:
    """What one side got; `content` in plain values, `transfer_id` None when it was coupons only."""

    side: Side
    member_id: int
    transfer_id: int | None
    content: dict[str, Any]


def add(connection: Connection, referral_id: int, granted: Granted, *, at: datetime) -> None:
    connection.execute(
        sql("""
            INSERT INTO referral_grant (referral_id, side, member_id, transfer_id, content, granted_at)
            VALUES (:referral_id, :side, :member_id, :transfer_id, CAST(:content AS json), :at)
        """),
        {
            "referral_id": referral_id,
            "side": granted.side,
            "member_id": granted.member_id,
            "transfer_id": granted.transfer_id,
            "content": json.dumps(granted.content, ensure_ascii=False),
            "at": at,
        },
    )


def of_referral(connection: Connection, referral_id: int) -> tuple[Granted, ...]:
    """What both sides got, in the order of their members' ids."""
    rows = connection.execute(
        sql("""
            SELECT side, member_id, transfer_id, content FROM referral_grant
            WHERE referral_id = :id ORDER BY member_id
        """),
        {"id": referral_id},
    )
    return tuple(Granted(row.side, row.member_id, row.transfer_id, row.content) for row in rows)


def earned_by(connection: Connection, inviter_id: int) -> tuple[dict[str, Any], ...]:
    """What an inviter got and kept, one entry a newcomer."""
    rows = connection.execute(
        sql("""
            SELECT g.content FROM referral_grant g JOIN referral r ON r.id = g.referral_id
            WHERE r.inviter_id = :inviter_id AND g.side = 'inviter' AND r.state = 'granted' ORDER BY g.id
        """),
        {"inviter_id": inviter_id},
    )
    return tuple(row.content for row in rows)
