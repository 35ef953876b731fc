"""Putting outbox messages on the job queue, inside the transaction that caused them (design §2, row "jobs").

What is rolled back is not sent, what is committed is not lost: the job's row is written on the caller's own
connection, and a worker asks for such rows ten times a second.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, text

from ledger.records import jobs, messages
from ledger.records.jobs import QUEUE, SEND_MESSAGE

__all__ = [
    "QUEUE",
    "SEND_MESSAGE",
    "defer_message",
    "deferring",
    "pending_for",
    "release_waiting",
    "worker_is_alive",
]


def defer_message(
    connection: Connection,
    message_id: int,
    due_at: datetime | None = None,
    *,
    now: datetime | None = None,
) -> None:
    """Ask the worker to send an outbox message once the open transaction has committed.

    Args:
        connection: in a transaction, on psycopg.
        due_at: not before this moment of the shop's clock; None or past: at once.
        now: the shop's clock, when it is not the machine's (the demo can move it).
    """
    wait = (due_at - (now or datetime.now(UTC))) if due_at is not None else timedelta(0)
    scheduled_at = datetime.now(UTC) + wait if wait > timedelta(0) else None
    jobs.defer(connection, message_id, scheduled_at)


def deferring(clock: Callable[[], datetime]) -> Callable[[Connection, int, datetime], None]:
    """`defer_message` bound to the shop's clock: for wiring it into the actions."""

    def defer(connection: Connection, message_id: int, due_at: datetime) -> None:
        defer_message(connection, message_id, due_at, now=clock())

    return defer


def release_waiting(connection: Connection, openid: str, *, now: datetime, limit: int = 4) -> int:
    """The member has written, so his reply window is open again: send what had to wait for it.

    At most `limit` messages, newest first, because the window holds five (wechat-protocol §4.1) and one is
    left for a late reply. Call it in a transaction on a member's message; returns how many were put back.
    """
    released = messages.release_waiting(connection, openid, now=now, limit=limit)
    for message_id in released:
        defer_message(connection, message_id)
    return len(released)


def pending_for(connection: Connection, openid: str, *, now: datetime, limit: int = 4) -> tuple[str, ...]:
    """The texts that wait for the member's next message, newest first."""
    return messages.texts_waiting(connection, openid, now=now, limit=limit)


def worker_is_alive(connection: Connection, *, within_seconds: float = 15.0) -> bool:
    """Whether any worker has given a sign of life lately; for /readyz."""
    query = text(
        "SELECT EXISTS (SELECT FROM procrastinate_workers"
        " WHERE last_heartbeat > now() - make_interval(secs => :seconds))"
    )
    return bool(connection.execute(query, {"seconds": within_seconds}).scalar_one())
