"""Multipliers of points that a member holds for a time: given once, moved, taken back, never changed (E2)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal, LiteralString

from sqlalchemy import Connection

from ledger.book.driver import call

EarnedBy = Literal["purchases", "top_ups", "all"]


@dataclass(frozen=True)
class Multiplier:
    """Points count `percent` of a hundred from `starts_at` until before `ends_at`.

    `source_key`: what gave it.
    """

    percent: int
    earned_by: EarnedBy
    starts_at: datetime
    ends_at: datetime
    source_key: str


# One JSON value, so that a larger statement can read it as a column. Parameters: the member, the moment.
HELD: LiteralString = """
    (SELECT json_agg(json_build_array(m.factor_percent, m.earned_by, extract(epoch FROM m.starts_at),
                                      extract(epoch FROM m.ends_at), m.source_key) ORDER BY m.id)
     FROM points_multiplier m WHERE m.member_id = %s AND m.ends_at > %s AND m.taken_back_at IS NULL)"""


def of_json(rows: Sequence[Sequence[Any]] | None) -> tuple[Multiplier, ...]:
    """The value of `HELD`."""
    return tuple(
        Multiplier(percent, earned_by, _moment(starts), _moment(ends), key)
        for percent, earned_by, starts, ends, key in rows or ()
    )


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def held(connection: Connection, member_id: int, now: datetime) -> tuple[Multiplier, ...]:
    """What the member holds: all that is not over and was not taken back, the oldest first."""
    row = call(connection, "SELECT" + HELD, (member_id, now))
    return of_json(row[0] if row else None)


def give(
    connection: Connection,
    multiplier: Multiplier,
    *,
    member_id: int,
    at: datetime,
    source_transfer_id: int | None,
) -> bool:
    """Once a `source_key`; False when it was given before.

    Args:
        source_transfer_id: the entry that it came of, so that its reversal takes it back.
    """
    statement: LiteralString = """
        INSERT INTO points_multiplier (member_id, factor_percent, earned_by, starts_at, ends_at, source_key,
                                       source_transfer_id, given_at)
        VALUES (%s, %s, %s, %s, %s, %s, %s, %s) ON CONFLICT (source_key) DO NOTHING RETURNING id
    """
    what = (multiplier.percent, multiplier.earned_by, multiplier.starts_at, multiplier.ends_at)
    values = (member_id, *what, multiplier.source_key, source_transfer_id, at)
    return call(connection, statement, values) is not None


def take_back(connection: Connection, transfer_id: int, *, at: datetime) -> int:
    """What that entry gave and is not over yet ends now; how many. Points that it made before stay."""
    statement: LiteralString = """
        WITH taken AS (
            UPDATE points_multiplier SET taken_back_at = %s
            WHERE source_transfer_id = %s AND taken_back_at IS NULL AND ends_at > %s RETURNING id)
        SELECT count(*) FROM taken
    """
    row = call(connection, statement, (at, transfer_id, at))
    return int(row[0]) if row else 0


def running_of(connection: Connection, transfer_ids: Sequence[int], at: datetime) -> int:
    """How many that these entries gave are not over yet."""
    statement: LiteralString = """
        SELECT count(*) FROM points_multiplier
        WHERE source_transfer_id = ANY(%s) AND taken_back_at IS NULL AND ends_at > %s
    """
    row = call(connection, statement, (list(transfer_ids), at))
    return int(row[0]) if row else 0


def is_held(connection: Connection, source_key: str, now: datetime) -> bool:
    """Whether what was given under that key still counts."""
    statement: LiteralString = """
        SELECT EXISTS (SELECT FROM points_multiplier
                       WHERE source_key = %s AND ends_at > %s AND taken_back_at IS NULL)
    """
    row = call(connection, statement, (source_key, now))
    return bool(row and row[0])


def ends_at(connection: Connection, source_key: str) -> datetime | None:
    """Until when it was given under that key, whatever became of it."""
    statement: LiteralString = "SELECT ends_at FROM points_multiplier WHERE source_key = %s"
    row = call(connection, statement, (source_key,))
    return row[0] if row else None
