"""Every version of the shop's rules that was ever in use (row C4)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, LiteralString

from sqlalchemy import Connection

from ledger.book.driver import call
from ledger.records.sql import sql

MAX_LISTED = 500


@dataclass(frozen=True)
class ArchivedRules:
    """One version: twelve hex digits, when it was first used, and (when asked for) the whole definition."""

    version: str
    first_used_at: datetime
    transfers: int


_ARCHIVE: LiteralString = """
    INSERT INTO rules (version, content, first_used_at) VALUES (%s, %s, %s)
    ON CONFLICT (version) DO NOTHING RETURNING version
"""


def archive(connection: Connection, *, version: str, content: Mapping[str, Any], now: datetime) -> bool:
    """Keep a version when it is first used; False when it was kept before.

    Args:
        content: the definition as plain values, `Shop.model_dump(mode="json")`.
    """
    written = json.dumps(content, ensure_ascii=False, sort_keys=True)
    return call(connection, _ARCHIVE, (version, written, now)) is not None


def content_of(connection: Connection, version: str) -> dict[str, Any] | None:
    """The definition of that version as plain values, None when it was never in use here."""
    row = call(connection, "SELECT content FROM rules WHERE version = %s", (version,))
    return None if row is None else dict(row[0])


def listed(connection: Connection) -> tuple[ArchivedRules, ...]:
    """The versions, newest first, with the number of transfers whose reasons name them; at most 500."""
    rows = connection.execute(
        sql("""
            SELECT r.version, r.first_used_at, count(t.transfer_id) AS transfers
            FROM rules r LEFT JOIN transfer_reason t ON t.rules_version = r.version
            GROUP BY r.version, r.first_used_at ORDER BY r.first_used_at DESC, r.version LIMIT :limit
        """),
        {"limit": MAX_LISTED},
    )
    return tuple(ArchivedRules(**row._mapping) for row in rows)
