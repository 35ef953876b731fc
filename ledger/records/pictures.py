"""Messages of the outbox that are pictures; what is drawn is made when it is sent."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import Connection

from ledger.records import messages
from ledger.records.sql import sql

PictureKind = Literal["voucher", "pay_code", "member_code", "poster"]
MESSAGE_KIND = "picture"  # of the outbox row


@dataclass(frozen=True)
class Picture:
    """What a picture shows: a code, a member's number, or the member whose poster it is."""

    kind: PictureKind
    subject: str


def enqueue(
    connection: Connection,
    picture: Picture,
    *,
    key: str,
    openid: str,
    member_id: int,
    text: str,
    now: datetime,
) -> int | None:
    """Put a picture into the outbox; its message's id, or None when the key is already there.

    Args:
        text: what the picture says, in words.
    """
    message_id = messages.enqueue(
        connection,
        key=key,
        openid=openid,
        member_id=member_id,
        kind=MESSAGE_KIND,
        text=text,
        due_at=now,
        created_at=now,
    )
    if message_id is None:
        return None
    connection.execute(
        sql("INSERT INTO message_picture (message_id, kind, subject) VALUES (:id, :kind, :subject)"),
        {"id": message_id, "kind": picture.kind, "subject": picture.subject},
    )
    return message_id


def of_message(connection: Connection, message_id: int) -> Picture | None:
    row = connection.execute(
        sql("SELECT kind, subject FROM message_picture WHERE message_id = :id"), {"id": message_id}
    ).one_or_none()
    return None if row is None else Picture(row.kind, row.subject)


def wipe(connection: Connection, message_id: int) -> None:
    """Forget what a sent picture showed: a pay code is nowhere in plain once it is with the member."""
    connection.execute(
        sql("UPDATE message_picture SET subject = '' WHERE message_id = :id"), {"id": message_id}
    )
