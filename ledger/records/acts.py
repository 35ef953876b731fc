"""The log of what staff did: who, what, when, from where, under which key. Append-only."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, text


@dataclass(frozen=True)
class Act:
    id: int
    staff_id: int | None
    actor: str
    what: str
    at: datetime
    origin: str
    key: str
    store_id: str | None
    member_id: int | None
    transfer_id: int | None
    detail: dict[str, object]


_COLUMNS = "id, staff_id, actor, what, at, origin, key, store_id, member_id, transfer_id, detail"


def record(
    connection: Connection,
    *,
    actor: str,
    what: str,
    at: datetime,
    origin: str,
    key: str,
    staff_id: int | None = None,
    store_id: str | None = None,
    member_id: int | None = None,
    transfer_id: int | None = None,
    detail: Mapping[str, object] | None = None,
) -> int:
    """Write one act; `origin` is the openid or address it came from, `detail` plain values only."""
    values = {
        "staff_id": staff_id,
        "actor": actor,
        "what": what,
        "at": at,
        "origin": origin,
        "key": key,
        "store_id": store_id,
        "member_id": member_id,
        "transfer_id": transfer_id,
        "detail": json.dumps(dict(detail or {}), ensure_ascii=False),
    }
    return int(connection.execute(_RECORD, values).scalar_one())


_RECORD = text("""
    INSERT INTO act (staff_id, actor, what, at, origin, key, store_id, member_id, transfer_id, detail)
    VALUES (:staff_id, :actor, :what, :at, :origin, :key, :store_id, :member_id, :transfer_id,
            CAST(:detail AS json))
    RETURNING id
""")


def latest(connection: Connection, *, limit: int = 50, member_id: int | None = None) -> tuple[Act, ...]:
    """The newest acts, newest first; of one member when named."""
    rows = connection.execute(
        text(f"""
            SELECT {_COLUMNS} FROM act
            WHERE CAST(:member_id AS bigint) IS NULL OR member_id = :member_id ORDER BY id DESC LIMIT :limit
        """),  # noqa: S608
        {"member_id": member_id, "limit": limit},
    )
    return tuple(Act(*row) for row in rows)
