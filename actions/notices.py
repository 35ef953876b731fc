"""Messages to members and staff that an action causes, queued in the action's own transaction."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from actions.house import House
from ledger.records import members, messages
from ledger.records.staff import Staff


def notify_member(
    house: House,
    connection: Connection,
    *,
    key: str,
    member_id: int,
    kind: str,
    text: str,
    now: datetime,
    due_at: datetime | None = None,
) -> bool:
    """Queue one message to the member's WeChat, to be sent at once or not before `due_at`.

    Returns:
        False when no WeChat account is bound to the member, so that nobody can be told.
    """
    member = members.by_id(connection, member_id)
    if member is None or member.openid is None:
        return False
    notify_openid(
        house,
        connection,
        key=key,
        openid=member.openid,
        member_id=member_id,
        kind=kind,
        text=text,
        now=now,
        due_at=due_at,
    )
    return True


def notify_staff(
    house: House, connection: Connection, *, key: str, to: Staff, kind: str, text: str, now: datetime
) -> bool:
    """Queue one message to a staff member's WeChat; False when he has none bound or was told before."""
    if to.openid is None:
        return False
    return notify_openid(
        house, connection, key=key, openid=to.openid, member_id=None, kind=kind, text=text, now=now
    )


def notify_openid(
    house: House,
    connection: Connection,
    *,
    key: str,
    openid: str,
    member_id: int | None,
    kind: str,
    text: str,
    now: datetime,
    due_at: datetime | None = None,
) -> bool:
    """Queue one message to a WeChat account, member or not, once per key; False when it was there before."""
    message_id = messages.enqueue(
        connection,
        key=key,
        openid=openid,
        member_id=member_id,
        kind=kind,
        text=text,
        due_at=due_at or now,
        created_at=now,
    )
    if message_id is None:
        return False
    house.defer_message(connection, message_id, due_at or now)
    return True
