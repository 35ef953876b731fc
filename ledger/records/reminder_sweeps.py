"""Finding at night what is to be reminded of: one set-wise statement a kind, over all members (row E1)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Literal, LiteralString

from sqlalchemy import Connection

from ledger.book.driver import call
from ledger.records.sql import sql

InHand = Literal["coupon", "voucher"]

_INSERT: LiteralString = """INSERT INTO reminder (key, member_id, kind, subject, due_at, category, reason)
"""


def allow_time(connection: Connection, seconds: int) -> None:
    """A sweep of all members may take longer than a member's answer; for the open transaction only."""
    connection.execute(sql("SELECT set_config('statement_timeout', :value, true)"), {"value": f"{seconds}s"})


def is_done(connection: Connection, name: str, day: date) -> bool:
    """Whether the sweep of that name is done for the day, or for a later one (a clock that went back)."""
    row = call(connection, "SELECT day >= %s FROM sweep WHERE name = %s", (day, name))
    return bool(row and row[0])


def mark_done(connection: Connection, name: str, day: date) -> None:
    connection.execute(
        sql("""
            INSERT INTO sweep (name, day) VALUES (:name, :day)
            ON CONFLICT (name) DO UPDATE SET day = greatest(sweep.day, :day)
        """),
        {"name": name, "day": day},
    )


def plan_expiring_lots(
    connection: Connection,
    *,
    start: datetime,
    end: datetime,
    days: int,
    due_at: datetime,
    told_since: datetime,
    reason: str,
) -> int:
    """Gift money, points and what is left of packs that expire after `start` and up to `end`; how many.

    One a member and kind at a time, the earliest first, and none when he was told of the same `days` before
    since `told_since`: who earns points every day is not written to every day.
    """
    values = {
        "start": start,
        "end": end,
        "days": days,
        "due_at": due_at,
        "told_since": told_since,
        "reason": reason,
    }
    return _run(connection, _LOTS, values)


_LOTS: LiteralString = (
    _INSERT  # noqa: S608 - the texts are ours
    + """
    SELECT DISTINCT ON (a.member_id, a.kind, a.code)
           concat_ws(':', 'lot_expiring', a.member_id, a.kind, a.code,
                     extract(epoch FROM l.expires_at)::bigint, CAST(:days AS int)),
           a.member_id, 'lot_expiring',
           jsonb_build_object('kind', a.kind, 'code', a.code, 'expires_at', l.expires_at,
                              'days', CAST(:days AS int)),
           CAST(:due_at AS timestamptz), 'service', CAST(:reason AS text)
    FROM lot l JOIN account a ON a.id = l.account_id
    JOIN binding b ON b.member_id = a.member_id AND b.unbound_at IS NULL
    WHERE l.remaining > 0 AND l.expires_at > :start AND l.expires_at <= :end
      AND a.kind IN ('gift', 'points', 'entitlement')
      AND NOT EXISTS (
          SELECT FROM reminder r WHERE r.member_id = a.member_id AND r.kind = 'lot_expiring'
              AND (r.state = 'waiting' OR (r.state = 'sent' AND r.decided_at > :told_since))
              AND r.subject->>'kind' = a.kind AND r.subject->>'code' = a.code
              AND r.subject->>'days' = CAST(:days AS text))
    ORDER BY a.member_id, a.kind, a.code, l.expires_at
    ON CONFLICT (key) DO NOTHING"""
)


def plan_expiring_in_hand(
    connection: Connection,
    table: InHand,
    *,
    start: datetime,
    end: datetime,
    days: int,
    due_at: datetime,
    reason: str,
) -> int:
    """Coupons or vouchers in hand that expire after `start` and up to `end`: one a member and moment."""
    values = {"start": start, "end": end, "days": days, "due_at": due_at, "reason": reason}
    return _run(connection, _COUPONS if table == "coupon" else _VOUCHERS, values)


_COUPONS: LiteralString = (
    _INSERT  # noqa: S608 - the texts are ours
    + """
    SELECT concat_ws(':', 'coupon_expiring', c.member_id, extract(epoch FROM c.expires_at)::bigint,
                     CAST(:days AS int)),
           c.member_id, 'coupon_expiring', jsonb_build_object('expires_at', c.expires_at),
           CAST(:due_at AS timestamptz), 'marketing', CAST(:reason AS text)
    FROM coupon c JOIN binding b ON b.member_id = c.member_id AND b.unbound_at IS NULL
    JOIN member m ON m.id = c.member_id AND NOT m.muted
    WHERE c.state IN ('open', 'reserved') AND c.expires_at > :start AND c.expires_at <= :end
    GROUP BY c.member_id, c.expires_at ON CONFLICT (key) DO NOTHING"""
)
_VOUCHERS: LiteralString = (
    _INSERT  # noqa: S608 - the texts are ours
    + """
    SELECT concat_ws(':', 'voucher_expiring', v.member_id, extract(epoch FROM v.expires_at)::bigint,
                     CAST(:days AS int)),
           v.member_id, 'voucher_expiring', jsonb_build_object('expires_at', v.expires_at),
           CAST(:due_at AS timestamptz), 'service', CAST(:reason AS text)
    FROM voucher v JOIN binding b ON b.member_id = v.member_id AND b.unbound_at IS NULL
    WHERE v.state = 'open' AND v.expires_at > :start AND v.expires_at <= :end
    GROUP BY v.member_id, v.expires_at ON CONFLICT (key) DO NOTHING"""
)


def open_names(
    connection: Connection, table: InHand, member_id: int, *, by: datetime, now: datetime
) -> tuple[str, ...]:
    """What the member holds that expires after `now` and up to `by`, by name, the first to go first."""
    statement = _COUPON_NAMES if table == "coupon" else _VOUCHER_NAMES
    rows = connection.execute(sql(statement), {"member_id": member_id, "by": by, "now": now})
    return tuple(rows.scalars())


_COUPON_NAMES = """
    SELECT kind_content->>'name' FROM coupon
    WHERE member_id = :member_id AND state IN ('open', 'reserved') AND expires_at > :now AND expires_at <= :by
    ORDER BY expires_at, id LIMIT 50
"""
_VOUCHER_NAMES = """
    SELECT name FROM voucher
    WHERE member_id = :member_id AND state = 'open' AND expires_at > :now AND expires_at <= :by
    ORDER BY expires_at, id LIMIT 50
"""


def plan_low_balances(
    connection: Connection, *, line_fen: int, moved_since: datetime, due_at: datetime, reason: str
) -> int:
    """Members whose card moved since then and whose stored value is above nothing and below the line.

    Once for each top-up: who was told is not told again before he has topped up.
    """
    values = {"line": line_fen, "moved_since": moved_since, "due_at": due_at, "reason": reason}
    return _run(connection, _LOW, values)


_LAST_TOP_UP: LiteralString = """coalesce((SELECT t.id FROM transfer t
        WHERE t.member_id = low.member_id AND t.kind = 'top_up' AND t.refused IS NULL
        ORDER BY t.seq DESC LIMIT 1), 0)"""
_LOW: LiteralString = (
    _INSERT  # noqa: S608 - the texts are ours
    + """
    SELECT concat_ws(':', 'low_balance', member_id, top_up), member_id, 'low_balance',
           jsonb_build_object('top_up', top_up), CAST(:due_at AS timestamptz), 'service',
           CAST(:reason AS text)
    FROM (SELECT low.member_id, """
    + _LAST_TOP_UP
    + """ AS top_up
          FROM (SELECT a.member_id FROM wallet w JOIN account a ON a.member_id = w.member_id
                JOIN binding b ON b.member_id = w.member_id AND b.unbound_at IS NULL
                JOIN member m ON m.id = w.member_id AND NOT m.muted
                WHERE w.recorded_at > :moved_since AND NOT w.closed AND a.kind IN ('paid_in', 'gift')
                GROUP BY a.member_id
                HAVING sum(a.balance) > 0 AND sum(a.balance) < :line) AS low) AS found
    ON CONFLICT (key) DO NOTHING"""
)


def last_top_up(connection: Connection, member_id: int) -> int:
    """The number of the member's newest top-up; 0 when there is none."""
    statement: LiteralString = (
        "SELECT " + _LAST_TOP_UP + " FROM (SELECT %s::bigint AS member_id) AS low"  # noqa: S608 - ours
    )
    row = call(connection, statement, (member_id,))
    return 0 if row is None else int(row[0])


def _run(connection: Connection, statement: LiteralString, values: Mapping[str, object]) -> int:
    return connection.execute(sql(statement), values).rowcount
