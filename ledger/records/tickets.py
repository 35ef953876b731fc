"""Tickets: what a member asked a person of the shop, and what was answered (feature A10)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Connection, Row

from ledger.records.sql import sql

Kind = Literal["human", "complaint"]
SaidBy = Literal["member", "assistant", "staff"]
State = Literal["open", "answered", "closed"]
MAX_LINE = 1000
MAX_LISTED = 20


@dataclass(frozen=True)
class Ticket:
    """One conversation with the shop. `waits_since`: the member's last word that nobody has answered yet."""

    id: int
    openid: str
    member_id: int | None
    store_id: str
    kind: Kind
    state: State
    opened_at: datetime
    waits_since: datetime | None


@dataclass(frozen=True)
class Said:
    """One line, and whose it was."""

    said_by: SaidBy
    text: str


_COLUMNS = "id, openid, member_id, store_id, kind, state, opened_at, waits_since"


def open_of(connection: Connection, openid: str, *, for_update: bool = False) -> Ticket | None:
    """The ticket of that account that is not closed; at most one."""
    lock = " FOR UPDATE" if for_update else ""
    query = f"SELECT {_COLUMNS} FROM ticket WHERE openid = :openid AND state <> 'closed'{lock}"  # noqa: S608
    row = connection.execute(sql(query), {"openid": openid}).one_or_none()
    return None if row is None else _ticket(row)


def by_id(connection: Connection, ticket_id: int, *, for_update: bool = False) -> Ticket | None:
    lock = " FOR UPDATE" if for_update else ""
    query = f"SELECT {_COLUMNS} FROM ticket WHERE id = :id{lock}"  # noqa: S608 - the texts are ours
    row = connection.execute(sql(query), {"id": ticket_id}).one_or_none()
    return None if row is None else _ticket(row)


def create(
    connection: Connection,
    *,
    key: str,
    openid: str,
    member_id: int | None,
    store_id: str,
    kind: Kind,
    at: datetime,
) -> Ticket | None:
    """A new open ticket; None when the account has one already, or the key was used."""
    row = connection.execute(
        sql(f"""
            INSERT INTO ticket (key, openid, member_id, store_id, kind, opened_at, waits_since)
            VALUES (:key, :openid, :member_id, :store_id, :kind, :at, :at)
            ON CONFLICT DO NOTHING RETURNING {_COLUMNS}
        """),  # noqa: S608 - the texts are ours
        {
            "key": key,
            "openid": openid,
            "member_id": member_id,
            "store_id": store_id,
            "kind": kind,
            "at": at,
        },
    ).one_or_none()
    return None if row is None else _ticket(row)


def add_before(connection: Connection, ticket_id: int, lines: Sequence[Said], *, at: datetime) -> None:
    """What was said before the ticket was opened, in order; for a ticket that has no lines yet."""
    connection.execute(
        sql("""
            INSERT INTO ticket_line (ticket_id, line, at, said_by, text)
            SELECT :ticket_id, place, :at, who, words
            FROM unnest(CAST(:whos AS text[]), CAST(:texts AS text[]))
                WITH ORDINALITY AS said(who, words, place)
        """),
        {
            "ticket_id": ticket_id,
            "at": at,
            "whos": [line.said_by for line in lines],
            "texts": [line.text[:MAX_LINE] for line in lines],
        },
    )


def add(
    connection: Connection,
    ticket_id: int,
    said: Said,
    *,
    key: str,
    at: datetime,
    staff_id: int | None = None,
) -> bool:
    """Append one line; False when the message of that key is in. The caller holds the ticket's row."""
    row = connection.execute(
        sql("""
            INSERT INTO ticket_line (ticket_id, line, at, said_by, staff_id, text, key)
            SELECT :ticket_id, coalesce(max(line), 0) + 1, :at, :said_by, :staff_id, :text, :key
            FROM ticket_line WHERE ticket_id = :ticket_id
            ON CONFLICT (key) DO NOTHING RETURNING line
        """),
        {
            "ticket_id": ticket_id,
            "at": at,
            "said_by": said.said_by,
            "staff_id": staff_id,
            "text": said.text[:MAX_LINE],
            "key": key,
        },
    ).one_or_none()
    return row is not None


def mark_waiting(connection: Connection, ticket_id: int, *, at: datetime) -> None:
    """The member has said something that somebody has to answer; the wait counts from its first word."""
    connection.execute(
        sql("""
            UPDATE ticket SET state = 'open', waits_since = coalesce(waits_since, :at),
                   reminded_at = CASE WHEN state = 'open' THEN reminded_at END
            WHERE id = :id AND state <> 'closed'
        """),
        {"id": ticket_id, "at": at},
    )


def mark_answered(connection: Connection, ticket_id: int) -> None:
    connection.execute(
        sql("UPDATE ticket SET state = 'answered', waits_since = NULL WHERE id = :id AND state <> 'closed'"),
        {"id": ticket_id},
    )


def close(connection: Connection, ticket_id: int, *, at: datetime) -> None:
    connection.execute(
        sql("UPDATE ticket SET state = 'closed', waits_since = NULL, closed_at = :at WHERE id = :id"),
        {"id": ticket_id, "at": at},
    )


def unclosed(connection: Connection, *, store_id: str | None) -> tuple[Ticket, ...]:
    """What is not closed, of one store or of all, the longest wait first."""
    rows = connection.execute(
        sql(f"""
            SELECT {_COLUMNS} FROM ticket
            WHERE state <> 'closed' AND (CAST(:store_id AS text) IS NULL OR store_id = :store_id)
            ORDER BY waits_since NULLS LAST, id LIMIT {MAX_LISTED}
        """),  # noqa: S608 - the texts are ours
        {"store_id": store_id},
    )
    return tuple(_ticket(row) for row in rows)


def last_lines(connection: Connection, ticket_id: int, count: int) -> tuple[Said, ...]:
    """The last lines in their order."""
    rows = connection.execute(
        sql("SELECT said_by, text FROM ticket_line WHERE ticket_id = :id ORDER BY line DESC LIMIT :count"),
        {"id": ticket_id, "count": count},
    ).all()
    return tuple(Said(row.said_by, row.text) for row in reversed(rows))


def unanswered(connection: Connection, *, since: datetime, limit: int = 100) -> tuple[Ticket, ...]:
    """Tickets that wait since before `since` and whose member has not been told that it takes longer."""
    rows = connection.execute(
        sql(f"""
            SELECT {_COLUMNS} FROM ticket
            WHERE state = 'open' AND waits_since <= :since AND reminded_at IS NULL
            ORDER BY waits_since LIMIT :limit FOR UPDATE SKIP LOCKED
        """),  # noqa: S608 - the texts are ours
        {"since": since, "limit": limit},
    )
    return tuple(_ticket(row) for row in rows)


def mark_reminded(connection: Connection, ticket_id: int, *, at: datetime) -> None:
    connection.execute(sql("UPDATE ticket SET reminded_at = :at WHERE id = :id"), {"id": ticket_id, "at": at})


def _ticket(row: Row[Any]) -> Ticket:
    return Ticket(*tuple(row))
