"""Messages to members that are caused by an action, written and queued in the action's own transaction."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from actions.house import House
from ledger.records import members, messages


def notify_member(
    house: House, connection: Connection, *, key: str, member_id: int, kind: str, text: str, now: datetime
) -> bool:
    """Queue one message to the member's WeChat.

    Returns:
        False when no WeChat account is bound to the member, so that nobody can be told.
    """
    member = members.by_id(connection, member_id)
    if member is None or member.openid is None:
        return False
    message_id = messages.enqueue(
        connection,
        key=key,
        openid=member.openid,
        member_id=member_id,
        kind=kind,
        text=text,
        due_at=now,
        created_at=now,
    )
    if message_id is not None:
        house.defer_message(connection, message_id, now)
    return True
