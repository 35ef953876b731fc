"""The end of an entry at the counter, in one statement: act signed, receipt queued, its job deferred.

Three statements would say the same; at the counter's pace their round trips cost more than their work.
"""

from __future__ import annotations

from datetime import datetime
from typing import LiteralString

from sqlalchemy import Connection

from ledger.book.driver import call

QUEUE = "outreach"
SEND_MESSAGE = "send_message"

# The job by procrastinate's own function, as `bot.outreach.queue.defer_message` defers it.
_WRITE: LiteralString = """
    WITH signed AS (
        INSERT INTO act (staff_id, actor, what, at, origin, key, store_id, member_id, transfer_id)
        VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)
    ), queued AS (
        INSERT INTO message (key, openid, member_id, kind, text, due_at, created_at)
        VALUES (%s, %s, %s, %s, %s, %s, %s) ON CONFLICT (key) DO NOTHING RETURNING id
    )
    SELECT procrastinate_defer_jobs_v1(ARRAY[ROW(%s::varchar, %s::varchar, 0, NULL, NULL,
        jsonb_build_object('message_id', id), NULL)::procrastinate_job_to_defer_v1]) FROM queued
"""


def write(
    connection: Connection,
    *,
    staff_id: int,
    store_id: str | None,
    origin: str,
    what: str,
    key: str,
    member_id: int,
    transfer_id: int,
    openid: str,
    kind: str,
    text: str,
    at: datetime,
) -> None:
    """Sign what a staff member did and queue the member's receipt of it, to be sent at once.

    Args:
        store_id, origin: the staff member's own store and WeChat account; `key`: of the transfer.
        openid: the member's WeChat account; `kind` and `text`: of the message.
    """
    act = (staff_id, f"staff:{staff_id}", what, at, origin, key, store_id, member_id, transfer_id)
    message = (f"receipt:{transfer_id}", openid, member_id, kind, text, at, at)
    call(connection, _WRITE, (*act, *message, QUEUE, SEND_MESSAGE))
