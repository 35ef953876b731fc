"""The log of what staff did: who, what, when, from where, under which key. Append-only."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import LiteralString

from sqlalchemy import Connection

from ledger.book.driver import call
from ledger.records.sql import sql


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
    kept = json.dumps(dict(detail or {}), ensure_ascii=False)
    values = (staff_id, actor, what, at, origin, key, store_id, member_id, transfer_id, kept)
    row = call(connection, _RECORD, values)
    if row is None:
        raise RuntimeError("the act was not written")
    return int(row[0])


_RECORD: LiteralString = """
    INSERT INTO act (staff_id, actor, what, at, origin, key, store_id, member_id, transfer_id, detail)
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s::json) RETURNING id
"""


def latest(connection: Connection, *, limit: int = 50, member_id: int | None = None) -> tuple[Act, ...]:
    """The newest acts, newest first; of one member when named."""
    rows = connection.execute(
        sql(f"""
            SELECT {_COLUMNS} FROM act
            WHERE CAST(:member_id AS bigint) IS NULL OR member_id = :member_id ORDER BY id DESC LIMIT :limit
        """),  # noqa: S608
        {"member_id": member_id, "limit": limit},
    )
    return tuple(Act(*row) for row in rows)
