"""A reply that missed WeChat's deadline goes out as a customer-service message (features A1)."""

from __future__ import annotations

from actions.house import House
from ledger.records import members, messages


def queue(house: House, *, key: str, openid: str, text: str) -> None:
    """Queue the words of a late reply once; `key` is the delivery's."""
    now = house.clock()
    with house.engine.begin() as connection:
        member = members.by_openid(connection, openid)
        message_id = messages.enqueue(
            connection,
            key=f"late:{key}",
            openid=openid,
            member_id=member.id if member else None,
            kind="late_reply",
            text=text,
            due_at=now,
            created_at=now,
        )
        if message_id is not None:
            house.defer_message(connection, message_id, now)
