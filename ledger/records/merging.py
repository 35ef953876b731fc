"""Two cards of one person become one: what is around the book follows the one that stays (feature A10)."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from ledger.records import coupons, referrals, vouchers
from ledger.records.sql import sql

# What is still open moves; what is over stays where it happened, as the statement of the old card does.
_OPEN = (
    "UPDATE booking SET member_id = :into WHERE member_id = :old AND state IN ('held', 'booked')",
    "UPDATE booking_wait SET member_id = :into WHERE member_id = :old AND state = 'waiting'",
    "UPDATE ticket SET member_id = :into WHERE member_id = :old AND state <> 'closed'",
    "UPDATE top_up_order SET ended_at = :at WHERE member_id = :old AND ended_at IS NULL",
    "UPDATE pay_code SET expires_at = :at WHERE member_id = :old AND used_at IS NULL AND expires_at > :at",
    "UPDATE points_multiplier SET member_id = :into WHERE member_id = :old AND ends_at > :at"
    " AND taken_back_at IS NULL",
    "UPDATE message SET member_id = :into WHERE member_id = :old AND state = 'queued'",
)


def move_what_is_open(connection: Connection, *, old: int, into: int, at: datetime) -> None:
    """Coupons, bookings, vouchers, tickets and waiting messages of the card that ends."""
    coupons.move(connection, from_member_id=old, to_member_id=into, at=at)
    vouchers.move(connection, from_member_id=old, into_member_id=into)
    referrals.move_inviter(connection, from_member_id=old, into_member_id=into)
    for statement in _OPEN:
        connection.execute(sql(statement), {"old": old, "into": into, "at": at})


def mark_merged(connection: Connection, *, old: int, into: int) -> None:
    """The old card is no more; its phone goes to the other if that one has none."""
    connection.execute(
        sql("UPDATE member SET merged_into = :into WHERE id = :old AND merged_into IS NULL"),
        {"old": old, "into": into},
    )
    connection.execute(
        sql("""
            UPDATE member AS stays SET phone = gone.phone, phone_proven = gone.phone_proven
            FROM member AS gone
            WHERE stays.id = :into AND gone.id = :old AND stays.phone IS NULL AND gone.phone IS NOT NULL
        """),
        {"old": old, "into": into},
    )
    connection.execute(
        sql("""
            UPDATE member AS stays SET birthday = coalesce(stays.birthday, gone.birthday),
                   gender = coalesce(stays.gender, gone.gender)
            FROM member AS gone WHERE stays.id = :into AND gone.id = :old
        """),
        {"old": old, "into": into},
    )
