"""What is known of the members, computed once a sweep into temporary tables that all campaigns read (row E2).

`campaign_fact` has one row for each member who may be spoken to; `campaign_line`, which it is made of, the
purchases that stand. They are made by CREATE TABLE … AS: what it selects, PostgreSQL may compute in several
processes, unlike what an INSERT selects.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

import psycopg
from sqlalchemy import Connection

from ledger.book.driver import driver
from ledger.records.sql import sql
from ledger.reports.campaign_triggers import STANDS
from ledger.reports.habits import FAVOURITE_DAYS, WINDOW_DAYS

Part = Literal["purchases", "lines", "balance", "coupons", "redemptions"]


@dataclass(frozen=True)
class Named:
    """A SELECT with `member_id` and its parameters: only of those members are the facts computed."""

    select: str
    values: Mapping[str, object]


_LINES = f"""
    SELECT t.member_id, t.occurred_at, l.category, l.item_id, l.quantity, l.list_fen, l.paid_fen
    FROM transfer t JOIN purchase_line l ON l.transfer_id = t.id
    WHERE t.kind = 'purchase' AND t.occurred_at > :lines_since AND {STANDS} /*scope*/
"""  # noqa: S608 - the texts are ours
_PARTS: dict[Part, str] = {
    "purchases": f"""
        SELECT t.member_id, max(t.occurred_at) FILTER (WHERE t.kind = 'purchase') AS last_purchase_at,
               count(*) FILTER (WHERE t.kind = 'purchase' AND t.occurred_at > :window_start) AS visits,
               max(t.occurred_at) FILTER (WHERE t.kind = 'top_up') AS last_top_up_at,
               max(t.id) FILTER (WHERE t.kind = 'top_up') AS last_top_up_id
        FROM transfer t WHERE t.kind IN ('purchase', 'top_up') AND {STANDS} /*scope*/ GROUP BY t.member_id
    """,  # noqa: S608
    "lines": """
        SELECT member_id, sum(spent)::bigint AS spent, sum(month_spent)::bigint AS month_spent,
               coalesce(sum(worth), 0)::bigint AS worth, sum(times)::bigint AS bought,
               max(of_category)::bigint AS of_category,
               (array_agg(category ORDER BY of_category DESC, latest DESC, category))[1] AS category,
               (array_agg(item_id ORDER BY times DESC, latest DESC, item_id))[1] AS item
        FROM (SELECT member_id, category, item_id, sum(quantity) AS times, max(occurred_at) AS latest,
                     sum(paid_fen) FILTER (WHERE occurred_at > :window_start) AS spent,
                     sum(list_fen) FILTER (WHERE occurred_at > :window_start) AS worth,
                     sum(paid_fen) FILTER (WHERE occurred_at >= :month_start) AS month_spent,
                     sum(sum(quantity)) OVER (PARTITION BY member_id, category) AS of_category
              FROM campaign_line WHERE occurred_at > :favourite_start
              GROUP BY member_id, category, item_id) AS bought
        GROUP BY member_id
    """,
    "balance": """
        SELECT t.member_id, sum(t.balance)::bigint AS balance FROM account t
        WHERE t.member_id IS NOT NULL AND t.kind IN ('paid_in', 'gift') /*scope*/ GROUP BY t.member_id
    """,
    "coupons": """
        SELECT t.member_id, true AS coupon_used, count(DISTINCT t.used_transfer_id) AS coupon_visits
        FROM coupon t
        WHERE t.state = 'used' AND t.changed_at > :window_start AND t.changed_at <= :at /*scope*/
        GROUP BY t.member_id
    """,
    "redemptions": f"""
        SELECT t.member_id, count(DISTINCT t.id) AS redemptions, sum(p.amount)::bigint AS redeemed
        FROM account a JOIN posting p ON p.account_id = a.id JOIN transfer t ON t.id = p.transfer_id
        WHERE a.member_id IS NULL AND a.kind = 'points_redeemed' AND t.kind IN ('purchase', 'points_spend')
          AND t.occurred_at > :window_start AND {STANDS} /*scope*/ GROUP BY t.member_id
    """,  # noqa: S608
}
# The balance on a past day, from the postings: for a dry run only, whatever it costs.
_BALANCE_THEN = """
    SELECT t.member_id, sum(p.amount)::bigint AS balance
    FROM account t JOIN posting p ON p.account_id = t.id JOIN transfer r ON r.id = p.transfer_id
    WHERE t.member_id IS NOT NULL AND t.kind IN ('paid_in', 'gift') AND r.recorded_at <= :at /*scope*/
    GROUP BY t.member_id
"""
_COLUMNS: dict[Part, Mapping[str, str]] = {
    "purchases": {
        "last_purchase_at": "timestamptz",
        "visits": "bigint",
        "last_top_up_at": "timestamptz",
        "last_top_up_id": "bigint",
    },
    "lines": {
        "spent": "bigint",
        "month_spent": "bigint",
        "worth": "bigint",
        "bought": "bigint",
        "of_category": "bigint",
        "category": "text",
        "item": "text",
    },
    "balance": {"balance": "bigint"},
    "coupons": {"coupon_used": "boolean", "coupon_visits": "bigint"},
    "redemptions": {"redemptions": "bigint", "redeemed": "bigint"},
}
_SETTINGS = (
    "statement_timeout = '10min'",
    "work_mem = '64MB'",
    "enable_nestloop = off",
    "parallel_tuple_cost = 0.02",
)
_TABLES = "campaign_scope, campaign_line, campaign_fact"


def gather(
    connection: Connection,
    *,
    at: datetime,
    month_start: datetime,
    parts: frozenset[Part],
    missed_days: int = 0,
    scope: Named | None = None,
    as_of: bool = False,
) -> None:
    """Make the tables anew, in the caller's transaction; only the wanted parts are computed.

    Members whose card was merged, who want no messages or have an open complaint have no row: no campaign
    chooses them.

    Args:
        missed_days: how far back `campaign_line` goes, if that is longer than favourites ask for.
        scope: only of those members, for events; None: of all.
        as_of: `at` is in the past: balances are added up from the postings.
    """
    forget(connection)
    values = _moments(at, month_start, missed_days)
    restrict, only = "", ""
    if scope is not None:
        named = f"SELECT DISTINCT member_id FROM ({scope.select}) AS e"  # noqa: S608 - ours
        _keep(connection, "campaign_scope", named, scope.values)
        restrict = "AND t.member_id IN (SELECT member_id FROM campaign_scope)"
        only = "JOIN campaign_scope s ON s.member_id = m.id"
    if "lines" in parts:
        _keep(connection, "campaign_line", _LINES.replace("/*scope*/", restrict), values)
    columns, joins = _columns(parts, restrict, as_of=as_of)
    facts = f"""
        SELECT m.id AS member_id, m.home_store_id, m.joined_at, m.birthday, {columns}
        FROM member m {only} {joins}
        WHERE m.merged_into IS NULL AND NOT m.muted AND NOT EXISTS (
            SELECT FROM ticket k WHERE k.member_id = m.id AND k.kind = 'complaint' AND k.state <> 'closed')
    """  # noqa: S608
    _keep(connection, "campaign_fact", facts, values)


def prepare(connection: Connection) -> None:
    """For the caller's transaction: statements over all members, which may take minutes.

    Without nested loops, since one of them over a million rows, chosen where few were expected, takes hours;
    the other joins cost little where few rows come. Rows that other processes pass on cost less than the
    default says.
    """
    for setting in _SETTINGS:
        connection.exec_driver_sql(f"SET LOCAL {setting}")


def forget(connection: Connection) -> None:
    """Drop what `gather` made; the connection goes back to its pool."""
    connection.exec_driver_sql(f"DROP TABLE IF EXISTS {_TABLES}")


def _moments(at: datetime, month_start: datetime, missed_days: int) -> dict[str, object]:
    return {
        "at": at,
        "month_start": month_start,
        "window_start": at - timedelta(days=WINDOW_DAYS),
        "favourite_start": at - timedelta(days=FAVOURITE_DAYS),
        "lines_since": at - timedelta(days=max(FAVOURITE_DAYS, missed_days)),
    }


def _columns(parts: frozenset[Part], restrict: str, *, as_of: bool) -> tuple[str, str]:
    """The facts' columns, and what `member m` is joined with for them."""
    columns, joins = list[str](), list[str]()
    for part, names in _COLUMNS.items():
        if part not in parts:
            columns += [f"NULL::{kind} AS {name}" for name, kind in names.items()]
            continue
        body = _BALANCE_THEN if as_of and part == "balance" else _PARTS[part]
        body = body.replace("/*scope*/", restrict)
        joins.append(f"LEFT JOIN ({body}) AS {part} ON {part}.member_id = m.id")
        columns += [f"{part}.{name}" for name in names]
    return ", ".join(columns), " ".join(joins)


def _keep(connection: Connection, table: str, select: str, values: Mapping[str, object]) -> None:
    """CREATE TABLE … AS takes no parameters: the driver writes them into the text."""
    bound = sql(select).compile(dialect=connection.dialect)
    wanted = {name: values[name] for name in bound.params}
    text = psycopg.ClientCursor(driver(connection)).mogrify(str(bound), wanted)
    connection.exec_driver_sql(f"CREATE TEMP TABLE {table} AS {text}".replace("%", "%%"))
    connection.exec_driver_sql(f"ANALYZE {table}")
