"""Day closes, counts and their corrections, month closes: written once, only added to (features B8)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Row

from ledger.records.sql import sql
from ledger.reports.figures import Figures, Stretch, from_json


@dataclass(frozen=True)
class DayClose:
    id: int
    store_id: str
    day: date
    entries: int
    figures: Figures
    closed_by: int
    closed_at: datetime
    seal_id: int
    root: bytes


@dataclass(frozen=True)
class Count:
    """One payment method counted against the book, both in fen; `revision` above 0 corrects the count."""

    payment_method: str
    booked_fen: int
    counted_fen: int
    reason: str = ""
    revision: int = 0
    counted_by: int = 0
    counted_at: datetime | None = None
    key: str = ""

    @property
    def variance_fen(self) -> int:
        """Above zero: more was there than was booked."""
        return self.counted_fen - self.booked_fen


@dataclass(frozen=True)
class CashierCount:
    """What a cashier counted of his own when handing over, against what he booked since the last close."""

    key: str
    payment_method: str
    store_id: str
    staff_id: int
    day: date
    upto_transfer_id: int
    booked_fen: int
    counted_fen: int
    reason: str
    counted_at: datetime


_CLOSE = """
    SELECT c.id, c.store_id, c.day, c.entries, c.figures, c.closed_by, c.closed_at, c.seal_id, s.root
    FROM day_close c JOIN seal s ON s.id = c.seal_id
"""


def lock_store(connection: Connection, store_id: str) -> None:
    """One close of a store at a time; takes no transaction number, so that nobody waits for us meanwhile."""
    connection.execute(
        sql("SELECT pg_advisory_xact_lock(hashtextextended(:name, 0))"), {"name": f"day close:{store_id}"}
    )


def open_stretch(
    connection: Connection, store_id: str, *, upto: int | None, before: datetime | None, first_day: datetime
) -> Stretch:
    """What no close of the store has taken yet.

    Args:
        upto: the last transfer that counts; None: the newest, for looking only.
        before: only what was recorded before this moment; None: all.
        first_day: where the store's first close begins; what is older belongs to no close.
    """
    last = connection.execute(
        sql("""
            SELECT next_transfer_id, upto_transfer_id, CAST(cutoff AS text) AS cutoff FROM day_close
            WHERE store_id = :store_id ORDER BY id DESC LIMIT 1
        """),
        {"store_id": store_id},
    ).one_or_none()
    if upto is None:
        upto = connection.execute(sql("SELECT coalesce(max(id), 0) FROM transfer")).scalar_one()
    until = "infinity" if before is None else before.isoformat()
    if last is None:
        return Stretch(store_id, 1, upto, until, upto, first_day.isoformat())
    return Stretch(store_id, last.next_transfer_id, upto, until, last.upto_transfer_id, last.cutoff)


def of_day(connection: Connection, store_id: str, day: date) -> DayClose | None:
    row = connection.execute(
        sql(f"{_CLOSE} WHERE c.store_id = :store_id AND c.day = :day"), {"store_id": store_id, "day": day}
    ).one_or_none()
    return None if row is None else _close(row)


def by_key(connection: Connection, key: str) -> DayClose | None:
    row = connection.execute(sql(f"{_CLOSE} WHERE c.key = :key"), {"key": key}).one_or_none()
    return None if row is None else _close(row)


def last(connection: Connection, store_id: str) -> DayClose | None:
    """The store's newest close."""
    row = connection.execute(
        sql(f"{_CLOSE} WHERE c.store_id = :store_id ORDER BY c.id DESC LIMIT 1"), {"store_id": store_id}
    ).one_or_none()
    return None if row is None else _close(row)


def between(
    connection: Connection, first: date, last_day: date, *, store_id: str | None = None
) -> tuple[DayClose, ...]:
    """The closes of the days from `first` to `last_day`, both included, by store and day."""
    rows = connection.execute(
        sql(f"""{_CLOSE}
            WHERE c.day BETWEEN :first AND :last
              AND (CAST(:store_id AS text) IS NULL OR c.store_id = :store_id)
            ORDER BY c.store_id, c.day
        """),
        {"first": first, "last": last_day, "store_id": store_id},
    )
    return tuple(_close(row) for row in rows)


def write(
    connection: Connection,
    stretch: Stretch,
    *,
    day: date,
    key: str,
    figures: Figures,
    closed_by: int,
    closed_at: datetime,
    seal_id: int,
) -> int:
    """Close a day; the close's id. Raises IntegrityError when the day is closed already."""
    return int(
        connection.execute(
            sql("""
                INSERT INTO day_close (store_id, day, key, cutoff, upto_transfer_id, next_transfer_id,
                                       entries, figures, closed_by, closed_at, seal_id)
                VALUES (:store_id, :day, :key, CAST(:cutoff AS timestamptz), :upto,
                        coalesce((SELECT min(id) FROM transfer WHERE id BETWEEN :from AND :upto
                                  AND recorded_at >= CAST(:cutoff AS timestamptz)), :upto + 1),
                        :entries, CAST(:figures AS json), :closed_by, :closed_at, :seal_id)
                RETURNING id
            """),
            {
                "store_id": stretch.store_id,
                "day": day,
                "key": key,
                "cutoff": stretch.before,
                "from": stretch.from_transfer_id,
                "upto": stretch.upto_transfer_id,
                "entries": figures.entries,
                "figures": json.dumps(figures.as_json()),
                "closed_by": closed_by,
                "closed_at": closed_at,
                "seal_id": seal_id,
            },
        ).scalar_one()
    )


def count(
    connection: Connection,
    close_id: int,
    counts: Sequence[Count],
    *,
    counted_by: int,
    counted_at: datetime,
    key: str,
) -> None:
    """Keep what was counted; a correction has the next revision and always a reason."""
    for each in counts:
        connection.execute(
            sql("""
                INSERT INTO day_count (close_id, payment_method, revision, booked_fen, counted_fen, reason,
                                       counted_by, counted_at, key)
                VALUES (:close_id, :method, :revision, :booked, :counted, :reason, :by, :at, :key)
            """),
            {
                "close_id": close_id,
                "method": each.payment_method,
                "revision": each.revision,
                "booked": each.booked_fen,
                "counted": each.counted_fen,
                "reason": each.reason,
                "by": counted_by,
                "at": counted_at,
                "key": key,
            },
        )


def counts(connection: Connection, close_id: int) -> tuple[Count, ...]:
    """All counts of a close with their corrections, by payment method and revision."""
    rows = connection.execute(
        sql("""
            SELECT payment_method, booked_fen, counted_fen, reason, revision, counted_by, counted_at, key
            FROM day_count WHERE close_id = :close_id ORDER BY payment_method, revision
        """),
        {"close_id": close_id},
    )
    return tuple(Count(*row) for row in rows)


def standing(all_counts: Sequence[Count]) -> tuple[Count, ...]:
    """What holds now: the last revision of each payment method."""
    return tuple({each.payment_method: each for each in all_counts}.values())


def hand_over(connection: Connection, counts: Sequence[CashierCount]) -> None:
    """Keep a cashier's own count."""
    columns = tuple(CashierCount.__dataclass_fields__)
    statement = (
        f"INSERT INTO cashier_count ({', '.join(columns)})"  # noqa: S608 - names of our own
        f" VALUES ({', '.join(f':{name}' for name in columns)})"
    )
    for each in counts:
        connection.execute(sql(statement), {name: getattr(each, name) for name in columns})


def handed_over(
    connection: Connection, store_id: str, first: date, last_day: date
) -> tuple[CashierCount, ...]:
    """The cashiers' own counts of those days, both included, the earlier before the later."""
    columns = ", ".join(CashierCount.__dataclass_fields__)
    rows = connection.execute(
        sql(f"""
            SELECT {columns} FROM cashier_count
            WHERE store_id = :store_id AND day BETWEEN :first AND :last
            ORDER BY day, counted_at, staff_id, payment_method
        """),  # noqa: S608 - names of our own
        {"store_id": store_id, "first": first, "last": last_day},
    )
    return tuple(CashierCount(*row) for row in rows)


def handed_over_by_key(connection: Connection, key: str) -> tuple[CashierCount, ...]:
    columns = ", ".join(CashierCount.__dataclass_fields__)
    rows = connection.execute(
        sql(f"SELECT {columns} FROM cashier_count WHERE key = :key ORDER BY payment_method"),  # noqa: S608
        {"key": key},
    )
    return tuple(CashierCount(*row) for row in rows)


def _close(row: Row[Any]) -> DayClose:
    values = dict(row._mapping)
    return DayClose(**{**values, "figures": from_json(values["figures"]), "root": bytes(values["root"])})
