"""The outbox: messages to WeChat users, kept in the transaction that caused them and sent by the worker.

States: queued → sending → sent; sending → queued (tried again), failed (given up), dropped (not wanted).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, LiteralString

from sqlalchemy import Connection, Row

from ledger.book.driver import call
from ledger.records.sql import sql

# A sender that was killed leaves a message in "sending"; after this long another may take it.
CLAIM_TIMEOUT = timedelta(seconds=60)
MAX_ERROR_LENGTH = 500


@dataclass(frozen=True)
class OutgoingMessage:
    """A message claimed for sending; `attempts` counts this one, from 1."""

    id: int
    key: str
    openid: str
    member_id: int | None
    kind: str
    text: str
    attempts: int
    created_at: datetime


def enqueue(
    connection: Connection,
    *,
    key: str,
    openid: str,
    member_id: int | None,
    kind: str,
    text: str,
    due_at: datetime,
    created_at: datetime,
) -> int | None:
    """Put a message into the outbox; its id, or None when the key is already there (it is not sent twice)."""
    row = call(connection, _ENQUEUE, (key, openid, member_id, kind, text, due_at, created_at))
    return None if row is None else int(row[0])


_ENQUEUE: LiteralString = """
    INSERT INTO message (key, openid, member_id, kind, text, due_at, created_at)
    VALUES (%s, %s, %s, %s, %s, %s, %s) ON CONFLICT (key) DO NOTHING RETURNING id
"""


def claim_for_sending(connection: Connection, message_id: int, now: datetime) -> OutgoingMessage | None:
    """Take a message to send it; None when it is not due, done, or in another sender's hands."""
    row = connection.execute(
        sql("""
            UPDATE message SET state = 'sending', attempts = attempts + 1, claimed_at = :now
            WHERE id = (
                SELECT id FROM message
                WHERE id = :id AND due_at <= :now
                  AND (state = 'queued' OR (state = 'sending' AND claimed_at <= :stale))
                FOR UPDATE SKIP LOCKED)
            RETURNING id, key, openid, member_id, kind, text, attempts, created_at
        """),
        {"id": message_id, "now": now, "stale": now - CLAIM_TIMEOUT},
    ).one_or_none()
    return None if row is None else OutgoingMessage(*row)


def mark_sent(connection: Connection, message_id: int, *, now: datetime) -> bool:
    return _finish(connection, message_id, "sent", now, error="", sent_at=now)


def mark_retry(
    connection: Connection, message_id: int, *, due_at: datetime, error: str, now: datetime
) -> bool:
    """Put it back, to be tried again at `due_at`."""
    return _finish(connection, message_id, "queued", now, error=error, due_at=due_at)


def mark_failed(connection: Connection, message_id: int, *, error: str, now: datetime) -> bool:
    return _finish(connection, message_id, "failed", now, error=error)


def mark_dropped(connection: Connection, message_id: int, *, error: str, now: datetime) -> bool:
    """Not sent on purpose: the user left, or does not want it."""
    return _finish(connection, message_id, "dropped", now, error=error)


def waiting(connection: Connection, *, now: datetime, limit: int = 100) -> tuple[int, ...]:
    """Messages that are due but still not sent: for the sweep that finds what a lost job left behind."""
    rows = connection.execute(
        sql("""
            SELECT id FROM message
            WHERE due_at <= :now AND (state = 'queued' OR (state = 'sending' AND claimed_at <= :stale))
            ORDER BY due_at LIMIT :limit
        """),
        {"now": now, "stale": now - CLAIM_TIMEOUT, "limit": limit},
    )
    return tuple(row.id for row in rows)


@dataclass(frozen=True)
class MessageRecord:
    """A message as it stands, for the console and for tests."""

    id: int
    kind: str
    text: str
    state: str
    attempts: int
    last_error: str
    created_at: datetime
    sent_at: datetime | None


def of_openid(connection: Connection, openid: str, *, limit: int = 50) -> tuple[MessageRecord, ...]:
    """The newest messages to a user, newest first."""
    rows = connection.execute(
        sql("""
            SELECT id, kind, text, state, attempts, last_error, created_at, sent_at FROM message
            WHERE openid = :openid ORDER BY id DESC LIMIT :limit
        """),
        {"openid": openid, "limit": limit},
    )
    return tuple(_record(row) for row in rows)


def _record(row: Row[Any]) -> MessageRecord:
    return MessageRecord(**row._mapping)


def _finish(
    connection: Connection,
    message_id: int,
    state: str,
    now: datetime,
    *,
    error: str,
    due_at: datetime | None = None,
    sent_at: datetime | None = None,
) -> bool:
    done = connection.execute(
        sql("""
            UPDATE message SET state = :state, last_error = :error, sent_at = :sent_at,
                due_at = coalesce(:due_at, due_at), claimed_at = :now
            WHERE id = :id AND state = 'sending'
        """),
        {
            "id": message_id,
            "state": state,
            "error": error[:MAX_ERROR_LENGTH],
            "sent_at": sent_at,
            "due_at": due_at,
            "now": now,
        },
    )
    return done.rowcount == 1
