"""What the shop says, means to say or did not say: reminders and all other messages in one list (row E1)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from ledger.records.sql import sql


@dataclass(frozen=True)
class Spoken:
    """A reminder with the message it became, or a message that was no reminder.

    Attributes:
        at: when it left, or was decided about, or is due.
        member_id, name: None and "" for staff and for accounts without a card.
        state: planned, dropped (never put into the outbox), or the state of its message.
        why: the reason of the state, as the program notes it; "" when there is nothing to explain.
        text: its words, or, while there are none, why it is planned.
    """

    at: datetime
    member_id: int | None
    name: str
    kind: str
    category: str
    campaign: str | None
    state: str
    why: str
    channel: str | None
    tries: int
    text: str


def newest(connection: Connection, *, limit: int) -> tuple[Spoken, ...]:
    """The newest, what is still to come in front."""
    return tuple(Spoken(**row._mapping) for row in connection.execute(_NEWEST, {"limit": limit}))


_NEWEST = sql("""
    SELECT * FROM (
        (SELECT coalesce(m.sent_at, CASE m.state WHEN 'queued' THEN m.due_at END, r.decided_at, r.due_at)
                    AS at,
                r.member_id, p.name, r.kind, r.category, r.campaign,
                coalesce(m.state, CASE r.state WHEN 'waiting' THEN 'planned' ELSE r.state END) AS state,
                CASE WHEN m.last_error <> '' THEN m.last_error ELSE r.result END AS why,
                m.channel, coalesce(m.attempts, 0) AS tries, coalesce(m.text, r.reason) AS text
         FROM reminder r JOIN member p ON p.id = r.member_id LEFT JOIN message m ON m.id = r.message_id
         ORDER BY r.id DESC LIMIT :limit)
        UNION ALL
        (SELECT coalesce(m.sent_at, m.due_at), m.member_id, coalesce(p.name, ''), m.kind, m.category, NULL,
                m.state, m.last_error, m.channel, m.attempts, m.text
         FROM message m LEFT JOIN member p ON p.id = m.member_id
         WHERE NOT EXISTS (SELECT FROM reminder r WHERE r.message_id = m.id)
         ORDER BY m.id DESC LIMIT :limit)
    ) AS both_kinds ORDER BY at DESC LIMIT :limit
""")
