"""The outbox: messages to WeChat users, kept in the transaction that caused them and sent by the worker.

States: queued → sending → sent; sending → queued (tried again), waiting (for the member's next word), failed
(given up), dropped (not wanted); waiting → queued.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, LiteralString

from sqlalchemy import Connection, Row

from ledger.book.driver import Single, call
from ledger.records.sql import sql

# A sender that was killed leaves a message in "sending"; after this long another may take it. By the
# database's clock: the shop's may jump (the demo's is moved), and what is just leaving would leave twice.
_CLAIM_ENDED: LiteralString = "claimed_at <= now() - interval '60 s'"
MAX_ERROR_LENGTH = 500


@dataclass(frozen=True)
class OutgoingMessage:
    """A message claimed for sending; `attempts` counts this one, from 1.

    Attributes:
        category: "service", or "marketing", which fewer channels may carry.
        detail: its parts by name, for channels that take fields in place of a text; {} when it has none.
    """

    id: int
    key: str
    openid: str
    member_id: int | None
    kind: str
    text: str
    attempts: int
    created_at: datetime
    category: str = "service"
    detail: Mapping[str, str] = field(default_factory=dict)


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


def claim_for_sending(
    connection: Connection | Single, message_id: int, now: datetime
) -> OutgoingMessage | None:
    """Take a message to send it; None when it is not due, done, or in another sender's hands."""
    row = call(connection, _CLAIM, {"id": message_id, "now": now})
    return None if row is None else OutgoingMessage(*row)


_CLAIM: LiteralString = f"""
    UPDATE message SET state = 'sending', attempts = attempts + 1, claimed_at = now()
    WHERE id = (
        SELECT id FROM message
        WHERE id = %(id)s AND due_at <= %(now)s
          AND (state = 'queued' OR (state = 'sending' AND {_CLAIM_ENDED}))
        FOR UPDATE SKIP LOCKED)
    RETURNING id, key, openid, member_id, kind, text, attempts, created_at, category,
        coalesce(detail, '{{}}')
"""  # noqa: S608 - the texts are ours


def describe(connection: Connection, message_id: int, *, category: str, detail: Mapping[str, str]) -> None:
    """Say of what sort a message is that was just put into the outbox, and its parts by name."""
    connection.execute(
        sql("UPDATE message SET category = :category, detail = CAST(:detail AS jsonb) WHERE id = :id"),
        {"id": message_id, "category": category, "detail": json.dumps(dict(detail), ensure_ascii=False)},
    )


def rewrite(connection: Connection, message_id: int, *, text: str, detail: Mapping[str, str]) -> None:
    """Other words for a message that has not left yet."""
    connection.execute(
        sql("""
            UPDATE message SET text = :text, detail = CAST(:detail AS jsonb)
            WHERE id = :id AND state <> 'sent'
        """),
        {"id": message_id, "text": text, "detail": json.dumps(dict(detail), ensure_ascii=False)},
    )


def mark_sent(connection: Connection, message_id: int, *, now: datetime, channel: str | None = None) -> bool:
    """It went out, through that channel."""
    return _finish(connection, message_id, "sent", error="", sent_at=now, channel=channel)


def mark_waiting(connection: Connection, message_id: int, *, error: str) -> bool:
    """It may not be sent before the member writes again (errcodes 45015 and 45047, wechat-protocol §4.1)."""
    return _finish(connection, message_id, "waiting", error=error, channel="next_message")


def mark_retry(connection: Connection, message_id: int, *, due_at: datetime, error: str) -> bool:
    """Put it back, to be tried again at `due_at`."""
    return _finish(connection, message_id, "queued", error=error, due_at=due_at)


def mark_failed(connection: Connection, message_id: int, *, error: str) -> bool:
    """Given up, with the reason."""
    return _finish(connection, message_id, "failed", error=error)


def mark_dropped(connection: Connection, message_id: int, *, error: str) -> bool:
    """Not sent on purpose: the user left, or does not want it."""
    return _finish(connection, message_id, "dropped", error=error)


def waiting(connection: Connection, *, now: datetime, limit: int = 100) -> tuple[int, ...]:
    """Messages that are due but still not sent: for the sweep that finds what a lost job left behind."""
    rows = connection.execute(
        sql(f"""
            SELECT id FROM message
            WHERE due_at <= :now AND (state = 'queued' OR (state = 'sending' AND {_CLAIM_ENDED}))
            ORDER BY due_at LIMIT :limit
        """),  # noqa: S608 - the texts are ours
        {"now": now, "limit": limit},
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
    *,
    error: str,
    due_at: datetime | None = None,
    sent_at: datetime | None = None,
    channel: str | None = None,
) -> bool:
    done = connection.execute(
        sql("""
            UPDATE message SET state = :state, last_error = :error, sent_at = :sent_at,
                due_at = coalesce(:due_at, due_at), channel = coalesce(:channel, channel)
            WHERE id = :id AND state = 'sending'
        """),
        {
            "id": message_id,
            "state": state,
            "error": error[:MAX_ERROR_LENGTH],
            "sent_at": sent_at,
            "due_at": due_at,
            "channel": channel,
        },
    )
    return done.rowcount == 1


WAITING_FOR = timedelta(days=7)  # what could not be told within a week is no news any more


def release_waiting(connection: Connection, openid: str, *, now: datetime, limit: int) -> tuple[int, ...]:
    """Queue the newest messages that wait for this account's word; their ids, oldest first."""
    values = {"openid": openid, "now": now, "oldest": now - WAITING_FOR, "limit": limit}
    return tuple(sorted(connection.execute(_RELEASE, values).scalars()))


def texts_waiting(connection: Connection, openid: str, *, now: datetime, limit: int) -> tuple[str, ...]:
    """The texts that wait for this account's word, newest first."""
    values = {"openid": openid, "oldest": now - WAITING_FOR, "limit": limit}
    return tuple(connection.execute(_WAITING_TEXTS, values).scalars())


def drop_waiting(connection: Connection, *, now: datetime, error: str) -> int:
    """Drop what has waited a week for a word that did not come; how many."""
    values = {"oldest": now - WAITING_FOR, "error": error[:MAX_ERROR_LENGTH]}
    return connection.execute(_DROP_WAITING, values).rowcount


_DROP_WAITING = sql("""
    UPDATE message SET state = 'dropped', last_error = :error
    WHERE state = 'waiting' AND created_at <= :oldest
""")
_WAITING_TEXTS = sql("""
    SELECT text FROM message WHERE openid = :openid AND state = 'waiting' AND created_at > :oldest
    ORDER BY id DESC LIMIT :limit
""")
_RELEASE = sql("""
    UPDATE message SET state = 'queued', due_at = :now, attempts = 0 WHERE id IN (
        SELECT id FROM message
        WHERE openid = :openid AND state = 'waiting' AND created_at > :oldest
        ORDER BY id DESC LIMIT :limit FOR UPDATE SKIP LOCKED)
    RETURNING id
""")
