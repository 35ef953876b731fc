"""What the shop means to say without being asked: planned, decided about when due, never twice (row E1).

States: waiting → sent (its message is in the outbox) or dropped, with the reason in `result`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Connection, Row

from ledger.book.driver import call
from ledger.records.sql import sql

Category = Literal["service", "marketing"]
MAX_RESULT = 300
# The first key of an advisory lock; the second is the member. Any fixed number that nothing else uses.
_LOCK_SPACE = 0x7265  # "re"


@dataclass(frozen=True)
class Reminder:
    """A reminder in hand.

    Attributes:
        subject: what it is about, as ids, by names that its kind knows.
        reason: why the member gets it, in words for the member.
        postponed: how often another message went first.
    """

    id: int
    key: str
    member_id: int
    kind: str
    subject: Mapping[str, Any]  # Any: plain JSON values, read back by the kind that wrote them
    due_at: datetime
    category: Category
    reason: str
    campaign: str | None
    priority: int
    postponed: int


_COLUMNS = "id, key, member_id, kind, subject, due_at, category, reason, campaign, priority, postponed"


def plan(
    connection: Connection,
    *,
    key: str,
    member_id: int,
    kind: str,
    subject: Mapping[str, object],
    due_at: datetime,
    category: Category,
    reason: str,
    campaign: str | None = None,
    priority: int = 0,
) -> bool:
    """Plan one reminder in the caller's transaction; False when that key was planned before.

    Args:
        key: kind and occasion, such as `booking_soon:12`: one message for each, ever.
        subject: ids only; the words are made from what is true when it is due.
        priority: of several campaigns for one member the highest goes first.
    """
    values = (key, member_id, kind, json.dumps(dict(subject), ensure_ascii=False), due_at, category, reason)
    row = call(
        connection,
        """
        INSERT INTO reminder (key, member_id, kind, subject, due_at, category, reason, campaign, priority)
        VALUES (%s, %s, %s, %s::jsonb, %s, %s, %s, %s, %s) ON CONFLICT (key) DO NOTHING RETURNING id
        """,
        (*values, campaign, priority),
    )
    return row is not None


def cancel(connection: Connection, key: str, why: str, *, now: datetime) -> bool:
    """Drop what still waits under that key; False when there is nothing left to drop."""
    done = connection.execute(
        sql("""
            UPDATE reminder SET state = 'dropped', result = :why, decided_at = :now
            WHERE key = :key AND state = 'waiting'
        """),
        {"key": key, "why": why[:MAX_RESULT], "now": now},
    )
    return done.rowcount == 1


def claim_due(connection: Connection, now: datetime, limit: int = 1) -> tuple[Reminder, ...]:
    """What is due, the highest priority first; locked until the transaction ends, what others hold left out.

    A worker that is killed lets go of its claim with its connection: there is no state between.
    """
    rows = connection.execute(
        sql(f"""
            SELECT {_COLUMNS} FROM reminder WHERE state = 'waiting' AND due_at <= :now
            ORDER BY priority DESC, due_at, id LIMIT :limit FOR UPDATE SKIP LOCKED
        """),  # noqa: S608 - the texts are ours
        {"now": now, "limit": limit},
    )
    return tuple(_reminder(row) for row in rows)


def lock_member(connection: Connection, member_id: int) -> None:
    """One decision about a member's reminders at a time, or two workers would both be under the day's cap."""
    values = {"space": _LOCK_SPACE, "member": member_id % 2**31}
    connection.execute(sql("SELECT pg_advisory_xact_lock(:space, CAST(:member AS int))"), values)


def settle(
    connection: Connection,
    reminder_id: int,
    *,
    state: Literal["sent", "dropped"],
    result: str,
    now: datetime,
    message_id: int | None = None,
) -> None:
    """The decision about a claimed reminder; `message_id` for what is sent."""
    done = connection.execute(
        sql("""
            UPDATE reminder SET state = :state, result = :result, decided_at = :now, message_id = :message_id
            WHERE id = :id AND state = 'waiting'
        """),
        {
            "id": reminder_id,
            "state": state,
            "result": result[:MAX_RESULT],
            "now": now,
            "message_id": message_id,
        },
    )
    if done.rowcount != 1:
        raise RuntimeError(f"reminder {reminder_id} was decided about before")


def postpone(
    connection: Connection, reminder_id: int, *, due_at: datetime, why: str, counts: bool = False
) -> None:
    """Later, for a reason that is no fault of its own; `counts`: another message went first."""
    connection.execute(
        sql("""
            UPDATE reminder SET due_at = :due_at, result = :why, postponed = postponed + :step
            WHERE id = :id AND state = 'waiting'
        """),
        {"id": reminder_id, "due_at": due_at, "why": why[:MAX_RESULT], "step": int(counts)},
    )


def note_failure(
    connection: Connection, reminder_id: int, *, due_at: datetime, why: str, most: int, now: datetime
) -> None:
    """Deciding failed: later again, and dropped after `most` failures, so that it holds up no others."""
    connection.execute(
        sql("""
            UPDATE reminder SET failures = failures + 1, due_at = :due_at, result = :why,
                state = CASE WHEN failures + 1 >= :most THEN 'dropped' ELSE state END,
                decided_at = CASE WHEN failures + 1 >= :most THEN CAST(:now AS timestamptz) END
            WHERE id = :id AND state = 'waiting'
        """),
        {"id": reminder_id, "due_at": due_at, "why": why[:MAX_RESULT], "most": most, "now": now},
    )


def sent_count(
    connection: Connection,
    member_id: int,
    *,
    category: Category,
    since: datetime,
    campaign: str | None = None,
) -> int:
    """How many reminders of that category the member was sent since then; of one campaign, if named."""
    row = call(
        connection,
        """
        SELECT count(*) FROM reminder WHERE member_id = %s AND state = 'sent' AND decided_at >= %s
            AND category = %s AND (%s::text IS NULL OR campaign = %s)
        """,
        (member_id, since, category, campaign, campaign),
    )
    return 0 if row is None else int(row[0])


def goes_before(connection: Connection, reminder: Reminder, now: datetime) -> bool:
    """Whether marketing of a higher priority is due to the same member."""
    row = call(
        connection,
        """
        SELECT EXISTS (SELECT FROM reminder WHERE member_id = %s AND category = 'marketing'
            AND state = 'waiting' AND due_at <= %s AND (priority > %s OR (priority = %s AND id < %s)))
        """,
        (reminder.member_id, now, reminder.priority, reminder.priority, reminder.id),
    )
    return bool(row and row[0])


def last_sent(
    connection: Connection, member_id: int, *, since: datetime, kinds: tuple[str, ...] = ()
) -> Reminder | None:
    """The newest reminder that went to the member since then, of those kinds or of any."""
    row = connection.execute(
        sql(f"""
            SELECT {_COLUMNS} FROM reminder WHERE member_id = :member_id AND state = 'sent'
                AND (SELECT m.state IN ('queued', 'sending', 'sent') FROM message m WHERE m.id = message_id)
                AND decided_at >= :since AND (CAST(:kinds AS text[]) = '{{}}' OR kind = ANY (:kinds))
            ORDER BY decided_at DESC, id DESC LIMIT 1
        """),  # noqa: S608 - the texts are ours
        {"member_id": member_id, "since": since, "kinds": list(kinds)},
    ).one_or_none()
    return None if row is None else _reminder(row)


def of_message(connection: Connection, message_id: int) -> Reminder | None:
    """The reminder that a message of the outbox says."""
    row = connection.execute(
        sql(f"SELECT {_COLUMNS} FROM reminder WHERE message_id = :id"),  # noqa: S608 - the texts are ours
        {"id": message_id},
    ).one_or_none()
    return None if row is None else _reminder(row)


def note_untrue(connection: Connection, reminder_id: int, why: str) -> None:
    """It went into the outbox, and was not true any more when it could leave."""
    connection.execute(
        sql("UPDATE reminder SET result = :why WHERE id = :id"), {"id": reminder_id, "why": why[:MAX_RESULT]}
    )


def first_line(connection: Connection, reminder_id: int) -> str:
    """The first line of what was sent; "" when nothing was."""
    row = call(
        connection,
        """
        SELECT split_part(m.text, chr(10), 1) FROM reminder r JOIN message m ON m.id = r.message_id
        WHERE r.id = %s
        """,
        (reminder_id,),
    )
    return "" if row is None else str(row[0])


@dataclass(frozen=True)
class ReminderRecord:
    """How a reminder stands, for lists and tests; `message_state`: what became of its message."""

    key: str
    member_id: int
    name: str
    kind: str
    category: Category
    campaign: str | None
    due_at: datetime
    state: Literal["waiting", "sent", "dropped"]
    result: str
    reason: str
    decided_at: datetime | None
    text: str | None
    message_state: str | None
    channel: str | None


def newest(connection: Connection, *, limit: int = 100) -> tuple[ReminderRecord, ...]:
    """The newest reminders, with what became of them, newest first."""
    rows = connection.execute(
        sql("""
            SELECT r.key, r.member_id, p.name, r.kind, r.category, r.campaign, r.due_at, r.state, r.result,
                   r.reason, r.decided_at, m.text, m.state AS message_state, m.channel
            FROM reminder r JOIN member p ON p.id = r.member_id LEFT JOIN message m ON m.id = r.message_id
            ORDER BY r.id DESC LIMIT :limit
        """),
        {"limit": limit},
    )
    return tuple(ReminderRecord(**row._mapping) for row in rows)


def _reminder(row: Row[Any]) -> Reminder:
    return Reminder(**row._mapping)
