"""The levels members have had, and the figures they are judged by (row D1)."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, LiteralString

from sqlalchemy import Connection

from ledger.book.driver import call
from ledger.records.sql import sql

_EVER = datetime(1, 1, 1, tzinfo=UTC)
Cause = Mapping[str, object]


@dataclass(frozen=True)
class LevelRow:
    """One level that a member came to hold; `until` None: for ever. `cause`: what made it, {"by": …}."""

    id: int
    level: str
    since: datetime
    until: datetime | None
    cause: dict[str, Any]


@dataclass(frozen=True)
class WindowTotals:
    """What stands (not reversed) since the start of one window: visits are purchases; money in fen."""

    visits: int
    spent_fen: int
    topped_up_fen: int


@dataclass(frozen=True)
class LevelStanding:
    """The newest row whose cause still stands, and the totals of each window.

    `voided`: there is a newer row, made by a transfer that was reversed since.
    """

    held: LevelRow | None
    voided: bool
    totals: tuple[WindowTotals, ...]


# A member has few rows; twenty is a bound, not a rule.
OWN_LEVELS: LiteralString = """
    own AS MATERIALIZED (
        SELECT m.id, m.level, m.since, m.until, m.cause,
               EXISTS (SELECT FROM transfer r WHERE r.reverses = (m.cause ->> 'transfer')::bigint) AS void
        FROM member_level m WHERE m.member_id = %s ORDER BY m.id DESC LIMIT 20
    )"""
DONE: LiteralString = """
    done AS MATERIALIZED (
        SELECT t.id, t.occurred_at, t.kind, CASE t.kind
            WHEN 'purchase' THEN (SELECT coalesce(sum(l.paid_fen), 0)::bigint FROM purchase_line l
                                  WHERE l.transfer_id = t.id)
            ELSE (t.request ->> 'paid_fen')::bigint END AS fen
        FROM transfer t
        WHERE t.member_id = %s AND t.refused IS NULL AND t.kind IN ('purchase', 'top_up')
          AND NOT EXISTS (SELECT FROM transfer r WHERE r.reverses = t.id)
    )"""
TOTALS: LiteralString = """
    totals AS (
        SELECT w.place, count(*) FILTER (WHERE d.kind = 'purchase') AS visits,
               coalesce(sum(d.fen) FILTER (WHERE d.kind = 'purchase'), 0)::bigint AS spent,
               coalesce(sum(d.fen) FILTER (WHERE d.kind = 'top_up'), 0)::bigint AS topped_up
        FROM unnest(%s::timestamptz[]) WITH ORDINALITY AS w (start, place)
        LEFT JOIN done d ON d.occurred_at >= w.start GROUP BY w.place
    )"""
STANDING_COLUMNS: LiteralString = """
    (SELECT json_agg(json_build_array(visits, spent, topped_up) ORDER BY place) FROM totals),
    coalesce((SELECT void FROM own ORDER BY id DESC LIMIT 1), false),
    h.id, h.level, h.since, h.until, h.cause"""
HELD: LiteralString = """
    FROM (SELECT 1) AS one LEFT JOIN LATERAL (
        SELECT * FROM own WHERE NOT void ORDER BY id DESC LIMIT 1) AS h ON true"""
_STANDING: LiteralString = (
    "WITH " + OWN_LEVELS + ", " + DONE + ", " + TOTALS + " SELECT " + STANDING_COLUMNS + HELD
)


def standing(connection: Connection, member_id: int, starts: Sequence[datetime | None]) -> LevelStanding:
    """The member's level and, for each start of a window (None: ever), what stands since; one statement."""
    row = call(connection, _STANDING, (member_id, member_id, windows(starts)))
    if row is None:
        raise RuntimeError("a row of outer joins is always there")
    return standing_of(row)


def windows(starts: Sequence[datetime | None]) -> list[datetime]:
    """The starts as the database takes them."""
    return [start or _EVER for start in starts]


def standing_of(row: Sequence[Any]) -> LevelStanding:
    """The value of `STANDING_COLUMNS`."""
    totals = tuple(WindowTotals(*figures) for figures in row[0] or ())
    held = None if row[2] is None else LevelRow(*row[2:7])
    return LevelStanding(held, bool(row[1]), totals)


def newest(connection: Connection, member_id: int) -> LevelRow | None:
    """The newest row, whatever became of its cause; None: no level was ever recorded."""
    statement: LiteralString = """
        SELECT id, level, since, until, cause FROM member_level WHERE member_id = %s ORDER BY id DESC LIMIT 1
    """
    row = call(connection, statement, (member_id,))
    return None if row is None else LevelRow(*row)


def history(connection: Connection, member_id: int, *, limit: int = 50) -> tuple[LevelRow, ...]:
    """Every level the member came to hold, newest first."""
    rows = connection.execute(
        sql("""
            SELECT id, level, since, until, cause FROM member_level
            WHERE member_id = :member_id ORDER BY id DESC LIMIT :limit
        """),
        {"member_id": member_id, "limit": limit},
    )
    return tuple(LevelRow(*row) for row in rows)


def record(
    connection: Connection,
    *,
    member_id: int,
    level: str,
    since: datetime,
    until: datetime | None,
    cause: Cause,
) -> int:
    """A member holds this level from now on; the id of the row.

    Args:
        cause: {"by": "top_up" | "purchase" | "tier" | "nightly" | …, "transfer": …}: when that transfer is
            reversed, the row no longer stands.
    """
    statement: LiteralString = """
        WITH kept AS (UPDATE member SET level = %s WHERE id = %s AND level <> %s)
        INSERT INTO member_level (member_id, level, since, until, cause) VALUES (%s, %s, %s, %s, %s)
        RETURNING id
    """
    written = json.dumps(dict(cause), ensure_ascii=False)
    row = call(connection, statement, (level, member_id, level, member_id, level, since, until, written))
    if row is None:
        raise RuntimeError("the level was not recorded")
    return int(row[0])


def ended(connection: Connection, *, now: datetime, after: int, limit: int = 200) -> tuple[int, ...]:
    """Members (ids above `after`, in order) whose level was valid until now or before."""
    rows = connection.execute(
        sql("""
            SELECT m.member_id FROM member_level m
            WHERE m.until <= :now AND m.member_id > :after
              AND NOT EXISTS (SELECT FROM member_level n WHERE n.member_id = m.member_id AND n.id > m.id)
            ORDER BY m.member_id LIMIT :limit
        """),
        {"now": now, "after": after, "limit": limit},
    )
    return tuple(row.member_id for row in rows)


def holders(
    connection: Connection, *, levels: Sequence[str], lowest: str, after: int, limit: int = 200
) -> tuple[tuple[int, str], ...]:
    """Members (ids above `after`, in order) who hold one of the levels: (id, level).

    Who never had a row holds `lowest`.
    """
    rows = connection.execute(
        sql("""
            SELECT m.id, coalesce(n.level, :lowest) AS level FROM member m
            LEFT JOIN LATERAL (SELECT level FROM member_level l WHERE l.member_id = m.id
                               ORDER BY l.id DESC LIMIT 1) AS n ON true
            WHERE m.merged_into IS NULL AND m.id > :after AND coalesce(n.level, :lowest) = ANY (:levels)
            ORDER BY m.id LIMIT :limit
        """),
        {"levels": list(levels), "lowest": lowest, "after": after, "limit": limit},
    )
    return tuple((row.id, row.level) for row in rows)


def born_on(
    connection: Connection, *, days: Sequence[tuple[int, int]], lowest: str, after: int, limit: int = 200
) -> tuple[tuple[int, str], ...]:
    """Members (ids above `after`, in order) with a birthday on one of the (month, day): (id, level held)."""
    rows = connection.execute(
        sql("""
            SELECT m.id, coalesce(n.level, :lowest) AS level FROM member m
            LEFT JOIN LATERAL (SELECT level FROM member_level l WHERE l.member_id = m.id
                               ORDER BY l.id DESC LIMIT 1) AS n ON true
            WHERE m.merged_into IS NULL AND m.id > :after
              AND extract(month FROM m.birthday)::int * 100 + extract(day FROM m.birthday)::int = ANY (:days)
            ORDER BY m.id LIMIT :limit
        """),
        {
            "days": [month * 100 + day for month, day in days],
            "lowest": lowest,
            "after": after,
            "limit": limit,
        },
    )
    return tuple((row.id, row.level) for row in rows)


def was_given(connection: Connection, member_id: int, key_prefix: str) -> bool:
    """Whether a transfer of the member, or a coupon of his, stands under a key that begins so."""
    statement: LiteralString = """
        SELECT EXISTS (
            SELECT FROM transfer t WHERE t.member_id = %s AND starts_with(t.key, %s) AND t.refused IS NULL
              AND NOT EXISTS (SELECT FROM transfer r WHERE r.reverses = t.id))
          OR EXISTS (
            SELECT FROM coupon c WHERE c.member_id = %s AND starts_with(c.source_key, %s)
              AND c.state <> 'taken_back')
    """
    row = call(connection, statement, (member_id, key_prefix, member_id, key_prefix))
    return row is not None and bool(row[0])
