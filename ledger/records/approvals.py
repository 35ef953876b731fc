"""Entries that wait for a second person: filed, decided once, never changed afterwards (features C2)."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Connection, Row

from ledger.records.sql import sql

State = Literal["waiting", "approved", "rejected", "expired"]
MAX_WAITING = 50


@dataclass(frozen=True)
class Approval:
    """One request. `revision` counts the attempts that booked nothing, so that each has a key of its own."""

    id: int
    key: str
    kind: str
    store_id: str
    requester_id: int
    member_id: int | None
    amount_fen: int
    data: dict[str, object]
    summary: str
    reasons: tuple[str, ...]
    filed_at: datetime
    expires_at: datetime
    revision: int
    state: State
    decider_id: int | None
    decided_at: datetime | None
    decision_key: str | None
    reason: str
    transfer_id: int | None


_COLUMNS = ", ".join(Approval.__dataclass_fields__)


def file(
    connection: Connection,
    *,
    key: str,
    kind: str,
    store_id: str,
    requester_id: int,
    member_id: int | None,
    amount_fen: int,
    data: Mapping[str, object],
    summary: str,
    reasons: Sequence[str],
    filed_at: datetime,
    expires_at: datetime,
) -> tuple[Approval, bool]:
    """Keep a request once per key; the request, and whether it was there before."""
    row = connection.execute(
        sql("""
            INSERT INTO approval (key, kind, store_id, requester_id, member_id, amount_fen, data, summary,
                                  reasons, filed_at, expires_at)
            VALUES (:key, :kind, :store_id, :requester_id, :member_id, :amount_fen, CAST(:data AS json),
                    :summary, CAST(:reasons AS text[]), :filed_at, :expires_at)
            ON CONFLICT (key) DO NOTHING RETURNING id
        """),
        {
            "key": key,
            "kind": kind,
            "store_id": store_id,
            "requester_id": requester_id,
            "member_id": member_id,
            "amount_fen": amount_fen,
            "data": json.dumps(dict(data), ensure_ascii=False),
            "summary": summary,
            "reasons": list(reasons),
            "filed_at": filed_at,
            "expires_at": expires_at,
        },
    ).one_or_none()
    if row is None:
        found = connection.execute(
            sql(f"SELECT {_COLUMNS} FROM approval WHERE key = :key"),  # noqa: S608
            {"key": key},
        ).one()
        return _approval(found), True
    made = by_id(connection, row.id)
    if made is None:
        raise RuntimeError("the approval was not written")
    return made, False


def by_id(connection: Connection, approval_id: int, *, lock: bool = False) -> Approval | None:
    """One request; with `lock` nobody else decides it before this transaction ends."""
    row = connection.execute(
        sql(f"SELECT {_COLUMNS} FROM approval WHERE id = :id {'FOR UPDATE' if lock else ''}"),  # noqa: S608
        {"id": approval_id},
    ).one_or_none()
    return None if row is None else _approval(row)


def waiting(connection: Connection, *, store_id: str | None, now: datetime) -> tuple[Approval, ...]:
    """What waits and has not expired, oldest first; `store_id` None: of every store."""
    rows = connection.execute(
        sql(f"""
            SELECT {_COLUMNS} FROM approval
            WHERE state = 'waiting' AND expires_at > :now
              AND (CAST(:store_id AS text) IS NULL OR store_id = :store_id)
            ORDER BY id LIMIT :limit
        """),  # noqa: S608
        {"store_id": store_id, "now": now, "limit": MAX_WAITING},
    )
    return tuple(_approval(row) for row in rows)


def decide(
    connection: Connection,
    approval_id: int,
    *,
    state: Literal["approved", "rejected"],
    decider_id: int,
    key: str,
    reason: str,
    transfer_id: int | None,
    now: datetime,
) -> None:
    """Write the decision on a request that the caller has locked and found waiting."""
    connection.execute(
        sql("""
            UPDATE approval SET state = :state, decider_id = :decider_id, decided_at = :now,
                decision_key = :key, reason = :reason, transfer_id = :transfer_id
            WHERE id = :id
        """),
        {
            "id": approval_id,
            "state": state,
            "decider_id": decider_id,
            "key": key,
            "reason": reason,
            "transfer_id": transfer_id,
            "now": now,
        },
    )


def requote(connection: Connection, approval_id: int, *, data: Mapping[str, object], summary: str) -> None:
    """A new quote for a waiting request: what was shown before can no longer be approved."""
    connection.execute(
        sql("""
            UPDATE approval SET data = CAST(:data AS json), summary = :summary, revision = revision + 1
            WHERE id = :id
        """),
        {"id": approval_id, "data": json.dumps(dict(data), ensure_ascii=False), "summary": summary},
    )


def expire(connection: Connection, *, now: datetime, limit: int = 500) -> tuple[Approval, ...]:
    """Close what nobody decided in time, and return it."""
    rows = connection.execute(
        sql(f"""
            UPDATE approval SET state = 'expired', decided_at = :now WHERE id IN (
                SELECT id FROM approval WHERE state = 'waiting' AND expires_at <= :now
                ORDER BY id LIMIT :limit FOR UPDATE SKIP LOCKED)
            RETURNING {_COLUMNS}
        """),  # noqa: S608
        {"now": now, "limit": limit},
    ).all()
    return tuple(sorted((_approval(row) for row in rows), key=lambda approval: approval.id))


def _approval(row: Row[Any]) -> Approval:
    values = dict(row._mapping)
    return Approval(**{**values, "reasons": tuple(values["reasons"])})
