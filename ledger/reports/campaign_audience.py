"""Whom a campaign chooses: set-wise over all members, one INSERT a campaign (rows E2 to E4).

What is known of the members is computed once a sweep into a temporary table (`gather`); a campaign then joins
it with its trigger, its conditions and its limits (`choose`). Nothing of a member passes through Python.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import Connection

from ledger.records.sql import sql
from ledger.reports.campaign_triggers import TRIGGERS
from ledger.reports.habits import FAVOURITE_DAYS, TAGS, WINDOW_DAYS

Part = Literal["purchases", "lines", "balance", "coupons"]


@dataclass(frozen=True)
class Span:
    """Which events are looked at: numbers above `after` and up to `upto`, not older than `since`."""

    after: int
    upto: int
    since: datetime


@dataclass(frozen=True)
class Condition:
    """What must be so of a member; None or empty: it does not matter. Money in fen, facts of `gather`.

    `tags`: names of `habits.TAGS`, `tag_limits` the figures they ask for.
    """

    levels: Sequence[str] = ()
    lowest_level: str = ""
    stores: Sequence[str] = ()
    balance_from: int | None = None
    balance_to: int | None = None
    categories: Sequence[str] = ()
    items: Sequence[str] = ()
    visits_from: int | None = None
    visits_to: int | None = None
    spent_from: int | None = None
    spent_to: int | None = None
    no_top_up_since: datetime | None = None
    coupon_used: bool | None = None
    tags: Sequence[str] = ()
    tag_limits: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Audience:
    """One campaign in plain values.

    Attributes:
        trigger: a name of `campaign_triggers.TRIGGERS`, `values` what its SQL asks for.
        per_member, every_days, room: how often at most; `room` members more in this go. None: no limit.
        rest_days: not who was chosen by another campaign within so many days; 0: it does not matter.
    """

    campaign: str
    rules_version: str
    trigger: str
    zone: str
    values: Mapping[str, object] = field(default_factory=dict)
    condition: Condition = Condition()
    held_out_percent: int = 10
    per_member: int | None = None
    every_days: int | None = None
    room: int | None = None
    rest_days: int = 0


@dataclass(frozen=True)
class Chosen:
    """How many were chosen now, and how many of them are held out."""

    treated: int = 0
    held_out: int = 0


# NOT IN: the reversals are few and read once, by their own index, into a hash table.
_STANDS = """
    t.refused IS NULL AND t.occurred_at <= :at
    AND t.id NOT IN (SELECT r.reverses FROM transfer r WHERE r.reverses IS NOT NULL AND r.recorded_at <= :at)
"""
_PARTS: dict[Part, str] = {
    "purchases": f"""
        SELECT t.member_id, max(t.occurred_at) FILTER (WHERE t.kind = 'purchase') AS last_purchase_at,
               count(*) FILTER (WHERE t.kind = 'purchase' AND t.occurred_at > :window_start) AS visits,
               max(t.occurred_at) FILTER (WHERE t.kind = 'top_up') AS last_top_up_at,
               max(t.id) FILTER (WHERE t.kind = 'top_up') AS last_top_up_id
        FROM transfer t WHERE t.kind IN ('purchase', 'top_up') AND {_STANDS} /*scope*/ GROUP BY t.member_id
    """,  # noqa: S608 - the texts are ours
    "lines": f"""
        SELECT member_id, sum(spent)::bigint AS spent, sum(month_spent)::bigint AS month_spent,
               coalesce(sum(worth), 0)::bigint AS worth, sum(times)::bigint AS bought,
               max(of_category)::bigint AS of_category,
               (array_agg(category ORDER BY of_category DESC, latest DESC, category))[1] AS category,
               (array_agg(item_id ORDER BY times DESC, latest DESC, item_id))[1] AS item
        FROM (SELECT t.member_id, l.category, l.item_id, sum(l.quantity) AS times,
                     max(t.occurred_at) AS latest,
                     sum(l.paid_fen) FILTER (WHERE t.occurred_at > :window_start) AS spent,
                     sum(l.list_fen) FILTER (WHERE t.occurred_at > :window_start) AS worth,
                     sum(l.paid_fen) FILTER (WHERE t.occurred_at >= :month_start) AS month_spent,
                     sum(sum(l.quantity)) OVER (PARTITION BY t.member_id, l.category) AS of_category
              FROM transfer t JOIN purchase_line l ON l.transfer_id = t.id
              WHERE t.kind = 'purchase' AND t.occurred_at > :favourite_start AND {_STANDS} /*scope*/
              GROUP BY t.member_id, l.category, l.item_id) AS bought
        GROUP BY member_id
    """,  # noqa: S608
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
}
# The balance on a past day, from the postings: for a dry run only, whatever it costs.
_BALANCE_THEN = """
    SELECT a.member_id, sum(p.amount)::bigint AS balance
    FROM account a JOIN posting p ON p.account_id = a.id JOIN transfer t ON t.id = p.transfer_id
    WHERE a.member_id IS NOT NULL AND a.kind IN ('paid_in', 'gift') AND t.recorded_at <= :at /*scope*/
    GROUP BY a.member_id
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
}


def gather(
    connection: Connection,
    *,
    at: datetime,
    month_start: datetime,
    parts: frozenset[Part],
    scope: Audience | None = None,
    span: Span | None = None,
    as_of: bool = False,
) -> None:
    """Make the temporary table `campaign_fact`, one row a member; only the wanted parts are computed.

    Args:
        scope: only of those whom this campaign's trigger names, for events; None: of all members.
        as_of: `at` is in the past: balances are added up from the postings.
    """
    connection.execute(sql("DROP TABLE IF EXISTS campaign_fact"))
    values: dict[str, object] = {
        "at": at,
        "month_start": month_start,
        "window_start": at - timedelta(days=WINDOW_DAYS),
        "favourite_start": at - timedelta(days=FAVOURITE_DAYS),
    }
    restrict = ""
    if scope is not None:
        connection.execute(sql("DROP TABLE IF EXISTS campaign_scope"))
        connection.execute(sql("CREATE TEMP TABLE campaign_scope (member_id bigint PRIMARY KEY)"))
        named = f"SELECT DISTINCT member_id FROM ({TRIGGERS[scope.trigger]}) AS e"  # noqa: S608 - ours
        connection.execute(
            sql(f"INSERT INTO campaign_scope {named}"),
            _trigger_values(scope, at, span),
        )
        restrict = "AND t.member_id IN (SELECT member_id FROM campaign_scope)"
    columns, joins = ["m.id AS member_id"], []
    for part, names in _COLUMNS.items():
        if part not in parts:
            columns += [f"NULL::{kind} AS {name}" for name, kind in names.items()]
            continue
        body = _BALANCE_THEN if as_of and part == "balance" else _PARTS[part]
        joins.append(
            f"LEFT JOIN ({body.replace('/*scope*/', restrict)}) AS {part} ON {part}.member_id = m.id"
        )
        columns += [f"{part}.{name}" for name in names]
    only = "JOIN campaign_scope s ON s.member_id = m.id" if scope is not None else ""
    kinds = ", ".join(f"{name} {kind}" for names in _COLUMNS.values() for name, kind in names.items())
    # A parameter cannot stand in CREATE TABLE … AS.
    connection.execute(sql(f"CREATE TEMP TABLE campaign_fact (member_id bigint, {kinds})"))
    connection.execute(
        sql(f"""
            INSERT INTO campaign_fact SELECT {", ".join(columns)} FROM member m {only} {" ".join(joins)}
            WHERE m.merged_into IS NULL
        """),  # noqa: S608
        values,
    )
    connection.execute(sql("ANALYZE campaign_fact"))


def forget(connection: Connection) -> None:
    """Drop what `gather` made; the connection goes back to its pool."""
    connection.execute(sql("DROP TABLE IF EXISTS campaign_fact, campaign_scope"))


def choose(connection: Connection, audience: Audience, *, at: datetime, span: Span | None = None) -> Chosen:
    """Write down whom the campaign chooses now; once a member and occasion, whoever else does the same.

    After `gather`, in its connection, under `records.campaigns.lock`.
    """
    conditions, values = _conditions(audience, at)
    statement = f"""
        WITH event AS (SELECT * FROM ({TRIGGERS[audience.trigger]}) AS named),
        fit AS (
            SELECT e.* FROM event e
            JOIN member m ON m.id = e.member_id
            JOIN campaign_fact f ON f.member_id = e.member_id
            WHERE {" AND ".join(conditions)}
            ORDER BY e.member_id LIMIT :room
        ), put AS (
            INSERT INTO campaign_member (campaign, occasion, member_id, held_out, facts, transfer_id,
                                         rules_version, planned_at, due_at)
            SELECT :campaign, occasion, member_id,
                   ('x' || substr(md5(:campaign || ':' || member_id), 1, 8))::bit(32)::bigint % 100
                       < :percent,
                   facts, transfer_id, :rules_version, :at, greatest(due_at, CAST(:at AS timestamptz))
            FROM fit ORDER BY member_id
            ON CONFLICT (campaign, member_id, occasion) DO NOTHING RETURNING held_out
        )
        SELECT count(*) FILTER (WHERE NOT held_out) AS treated, count(*) FILTER (WHERE held_out) AS held_out
        FROM put
    """  # noqa: S608 - the texts are ours; what the owner wrote comes as parameters
    row = connection.execute(
        sql(statement),
        {
            **_trigger_values(audience, at, span),
            **values,
            "campaign": audience.campaign,
            "percent": audience.held_out_percent,
            "rules_version": audience.rules_version,
            "room": audience.room,
        },
    ).one()
    return Chosen(row.treated, row.held_out)


def _trigger_values(audience: Audience, at: datetime, span: Span | None) -> dict[str, object]:
    values: dict[str, object] = {"at": at, "zone": audience.zone, **audience.values}
    if span is not None:
        values |= {"after": span.after, "upto": span.upto, "since": span.since}
    return values


def _conditions(audience: Audience, at: datetime) -> tuple[list[str], dict[str, object]]:
    """The WHERE of a campaign: what its owner did not write is not in it."""
    found = [
        "m.merged_into IS NULL AND NOT m.muted",
        "NOT EXISTS (SELECT FROM ticket k WHERE k.member_id = m.id AND k.kind = 'complaint'"
        " AND k.state <> 'closed')",
        "NOT EXISTS (SELECT FROM campaign_member c WHERE c.campaign = :campaign AND c.member_id = m.id"
        " AND c.occasion = e.occasion)",
    ]
    values: dict[str, object] = {}
    for wanted, clause, name, value in _wanted(audience, at):
        if wanted:
            found.append(clause)
            values[name] = value
    found += [TAGS[tag] for tag in audience.condition.tags]
    if audience.condition.tags:
        values |= audience.condition.tag_limits
    if audience.condition.levels:
        values["lowest"] = audience.condition.lowest_level
    return found, values


def _wanted(audience: Audience, at: datetime) -> list[tuple[bool, str, str, object]]:
    of = audience.condition
    level = (
        "coalesce((SELECT l.level FROM member_level l WHERE l.member_id = m.id ORDER BY l.id DESC LIMIT 1),"
        " :lowest)"
    )
    mine = "c.campaign = :campaign AND c.member_id = m.id"
    others = "c.campaign <> :campaign AND c.member_id = m.id"
    every = at - timedelta(days=audience.every_days or 0)
    rest = at - timedelta(days=audience.rest_days)
    return [
        (bool(of.levels), f"{level} = ANY (:levels)", "levels", list(of.levels)),
        (bool(of.stores), "m.home_store_id = ANY (:stores)", "stores", list(of.stores)),
        (of.balance_from is not None, "f.balance >= :balance_from", "balance_from", of.balance_from),
        (of.balance_to is not None, "coalesce(f.balance, 0) <= :balance_to", "balance_to", of.balance_to),
        (bool(of.categories), "f.category = ANY (:categories)", "categories", list(of.categories)),
        (bool(of.items), "f.item = ANY (:items)", "items", list(of.items)),
        (of.visits_from is not None, "coalesce(f.visits, 0) >= :visits_from", "visits_from", of.visits_from),
        (of.visits_to is not None, "coalesce(f.visits, 0) <= :visits_to", "visits_to", of.visits_to),
        (of.spent_from is not None, "coalesce(f.spent, 0) >= :spent_from", "spent_from", of.spent_from),
        (of.spent_to is not None, "coalesce(f.spent, 0) <= :spent_to", "spent_to", of.spent_to),
        (
            of.no_top_up_since is not None,
            "coalesce(f.last_top_up_at, '-infinity') <= :no_top_up_since",
            "no_top_up_since",
            of.no_top_up_since,
        ),
        (
            of.coupon_used is not None,
            "coalesce(f.coupon_used, false) = :coupon_used",
            "coupon_used",
            of.coupon_used,
        ),
        (
            audience.per_member is not None,
            f"(SELECT count(*) FROM campaign_member c WHERE {mine}) < :per_member",  # noqa: S608
            "per_member",
            audience.per_member,
        ),
        (
            bool(audience.every_days),
            f"NOT EXISTS (SELECT FROM campaign_member c WHERE {mine} AND c.planned_at > :every)",
            "every",
            every,
        ),
        (
            bool(audience.rest_days),
            f"NOT EXISTS (SELECT FROM campaign_member c WHERE {others} AND c.planned_at > :rest)",
            "rest",
            rest,
        ),
    ]
