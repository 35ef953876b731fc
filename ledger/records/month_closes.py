"""Month closes: one a store and month, written once (features B8)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection

from ledger.records.sql import sql
from ledger.reports.figures import Figures, from_json


@dataclass(frozen=True)
class MonthClose:
    """`month` is its first day; `root` the seal made with it."""

    store_id: str
    month: date
    key: str
    figures: Figures
    closed_by: int
    closed_at: datetime
    root: bytes


def of(connection: Connection, store_id: str, month: date) -> MonthClose | None:
    row = connection.execute(
        sql("""
            SELECT c.store_id, c.month, c.key, c.figures, c.closed_by, c.closed_at, s.root
            FROM month_close c JOIN seal s ON s.id = c.seal_id
            WHERE c.store_id = :store_id AND c.month = :month
        """),
        {"store_id": store_id, "month": month},
    ).one_or_none()
    if row is None:
        return None
    values = dict(row._mapping)
    return MonthClose(**{**values, "figures": from_json(values["figures"]), "root": bytes(values["root"])})


def write(
    connection: Connection,
    *,
    store_id: str,
    month: date,
    key: str,
    figures: Figures,
    closed_by: int,
    closed_at: datetime,
    seal_id: int,
) -> None:
    """Close a month. Raises IntegrityError when it is closed already."""
    connection.execute(
        sql("""
            INSERT INTO month_close (store_id, month, key, figures, closed_by, closed_at, seal_id)
            VALUES (:store_id, :month, :key, CAST(:figures AS json), :closed_by, :closed_at, :seal_id)
        """),
        {
            "store_id": store_id,
            "month": month,
            "key": key,
            "figures": json.dumps(figures.as_json()),
            "closed_by": closed_by,
            "closed_at": closed_at,
            "seal_id": seal_id,
        },
    )
