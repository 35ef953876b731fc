"""The one statement that puts the sending of a message on procrastinate's queue.

It writes the row that procrastinate's own function would write; the worker is procrastinate's
(docs/decisions/jobs-are-written-as-rows.md).
"""

from __future__ import annotations

from datetime import datetime
from typing import LiteralString

from sqlalchemy import Connection

from ledger.book.driver import call

QUEUE = "outreach"
SEND_MESSAGE = "send_message"

# To be followed by a relation `m` with the message's `id` and `scheduled_at` (NULL: at once).
SEND_FROM: LiteralString = """
    INSERT INTO procrastinate_jobs (queue_name, task_name, args, scheduled_at)
    SELECT 'outreach', 'send_message', jsonb_build_object('message_id', m.id), m.scheduled_at FROM """

_DEFER: LiteralString = (
    SEND_FROM + "(SELECT %s::bigint AS id, %s::timestamptz AS scheduled_at) AS m RETURNING id"
)


def defer(connection: Connection, message_id: int, scheduled_at: datetime | None) -> None:
    """Have the worker send an outbox message after the commit, not before `scheduled_at` (None: at once)."""
    call(connection, _DEFER, (message_id, scheduled_at))
