"""Whom a campaign chooses: set-wise over all members, one INSERT a campaign (rows E2 to E4).

What is known of the members is computed once a sweep (`campaign_facts`); a campaign's trigger, conditions and
limits choose from it in one statement (`choose`). Nothing of a member passes through Python.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import Connection

from ledger.records.sql import sql
from ledger.reports.campaign_facts import Named
from ledger.reports.campaign_triggers import EVENTS, STATES
from ledger.reports.habits import TAGS


@dataclass(frozen=True)
class Span:
    """Which events are looked at: numbers above `after` and up to `upto`, not older than `since`."""

    after: int
    upto: int
    since: datetime


@dataclass(frozen=True)
class Condition:
    """What must be so of a member; None or empty: it does not matter. Money in fen, by `campaign_facts`.

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
    redemptions_from: int | None = None
    redemptions_to: int | None = None
    redeemed_from: int | None = None
    redeemed_to: int | None = None
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


_MINE = "c.campaign = :campaign AND c.member_id = e.member_id"
_OTHERS = "c.campaign <> :campaign AND c.member_id = e.member_id"


def named_by(audience: Audience, *, at: datetime, span: Span) -> Named:
    """The members whom the campaign's event names, for facts of them only."""
    return Named(EVENTS[audience.trigger], _trigger_values(audience, at, span))


def choose(connection: Connection, audience: Audience, *, at: datetime, span: Span | None = None) -> Chosen:
    """Write down whom the campaign chooses now; once a member and occasion, whoever else does the same.

    After `campaign_facts.gather`, in its connection, under `records.campaigns.lock`.
    """
    conditions, values = _conditions(audience, at)
    statement = f"""
        WITH fit AS (
            SELECT e.member_id, e.occasion, e.due_at, e.transfer_id, e.facts
            FROM ({_with_facts(audience.trigger)}) AS e
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


def _with_facts(trigger: str) -> str:
    if trigger in STATES:
        return STATES[trigger]
    return f"SELECT * FROM ({EVENTS[trigger]}) AS n JOIN campaign_fact f USING (member_id)"  # noqa: S608


def _trigger_values(audience: Audience, at: datetime, span: Span | None) -> dict[str, object]:
    values: dict[str, object] = {"at": at, "zone": audience.zone, **audience.values}
    if span is not None:
        values |= {"after": span.after, "upto": span.upto, "since": span.since}
    return values


def _conditions(audience: Audience, at: datetime) -> tuple[list[str], dict[str, object]]:
    """The WHERE of a campaign: what its owner did not write is not in it."""
    values: dict[str, object] = {}
    again = "c.occasion = e.occasion"
    if audience.every_days:
        again = f"({again} OR c.planned_at > :every)"
        values["every"] = at - timedelta(days=audience.every_days)
    found = [f"NOT EXISTS (SELECT FROM campaign_member c WHERE {_MINE} AND {again})"]
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
        "coalesce((SELECT l.level FROM member_level l WHERE l.member_id = e.member_id"
        " ORDER BY l.id DESC LIMIT 1), :lowest)"
    )
    rest = at - timedelta(days=audience.rest_days)
    return [
        (bool(of.levels), f"{level} = ANY (:levels)", "levels", list(of.levels)),
        (bool(of.stores), "e.home_store_id = ANY (:stores)", "stores", list(of.stores)),
        (of.balance_from is not None, "e.balance >= :balance_from", "balance_from", of.balance_from),
        (of.balance_to is not None, "coalesce(e.balance, 0) <= :balance_to", "balance_to", of.balance_to),
        (bool(of.categories), "e.category = ANY (:categories)", "categories", list(of.categories)),
        (bool(of.items), "e.item = ANY (:items)", "items", list(of.items)),
        *_between("visits", of.visits_from, of.visits_to),
        *_between("spent", of.spent_from, of.spent_to),
        *_between("redemptions", of.redemptions_from, of.redemptions_to),
        *_between("redeemed", of.redeemed_from, of.redeemed_to),
        (
            of.no_top_up_since is not None,
            "coalesce(e.last_top_up_at, '-infinity') <= :no_top_up_since",
            "no_top_up_since",
            of.no_top_up_since,
        ),
        (
            of.coupon_used is not None,
            "coalesce(e.coupon_used, false) = :coupon_used",
            "coupon_used",
            of.coupon_used,
        ),
        (
            audience.per_member is not None,
            f"(SELECT count(*) FROM campaign_member c WHERE {_MINE}) < :per_member",  # noqa: S608
            "per_member",
            audience.per_member,
        ),
        (
            bool(audience.rest_days),
            f"NOT EXISTS (SELECT FROM campaign_member c WHERE {_OTHERS} AND c.planned_at > :rest)",
            "rest",
            rest,
        ),
    ]


def _between(fact: str, low: int | None, high: int | None) -> list[tuple[bool, str, str, object]]:
    """A figure within its bounds, 0 for who has none; `fact` is a column of ours."""
    return [
        (low is not None, f"coalesce(e.{fact}, 0) >= :{fact}_from", f"{fact}_from", low),
        (high is not None, f"coalesce(e.{fact}, 0) <= :{fact}_to", f"{fact}_to", high),
    ]
