"""Whom campaigns chose, what was given, how far events were looked at (rows E2, E6).

The choosing itself is set-wise, in `ledger.reports.campaign_audience`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Literal

from sqlalchemy import Connection

from ledger.book.driver import call
from ledger.records.sql import sql
from ledger.records.undone import undone

MAX_REASON = 200


@dataclass(frozen=True)
class ChosenMember:
    """A member who waits for what a campaign gives him; locked by whoever claimed it.

    `facts`: why he was chosen. `undone`: the purchase or top-up that was the reason was reversed
    or refunded since.
    """

    id: int
    campaign: str
    occasion: str
    member_id: int
    facts: Mapping[str, Any]  # Any: plain JSON values
    transfer_id: int | None
    rules_version: str
    planned_at: datetime
    due_at: datetime
    failures: int
    undone: bool

    @property
    def key(self) -> str:
        """Names the one effect of this rule on this member on this occasion."""
        return f"campaign:{self.campaign}:{self.occasion}:{self.member_id}"


_COLUMNS = f"""
    c.id, c.campaign, c.occasion, c.member_id, c.facts, c.transfer_id, c.rules_version, c.planned_at,
    c.due_at, c.failures,
    {undone("c.transfer_id")} AS undone
"""


def lock(connection: Connection, campaign: str) -> None:
    """One sweep of a campaign at a time, until the transaction ends: limits count what others have chosen."""
    values = {"what": f"campaign {campaign}"}
    connection.execute(sql("SELECT pg_advisory_xact_lock(hashtextextended(:what, 0))"), values)


def claim(connection: Connection, now: datetime, limit: int) -> tuple[ChosenMember, ...]:
    """Who waits for a gift, the first due in front; what another worker holds is left out."""
    rows = connection.execute(
        sql(f"""
            WITH due AS (
                SELECT id FROM campaign_member WHERE state = 'planned' AND NOT held_out AND due_at <= :now
                ORDER BY due_at, id LIMIT :limit FOR UPDATE SKIP LOCKED)
            SELECT {_COLUMNS} FROM campaign_member c JOIN due ON due.id = c.id ORDER BY c.member_id, c.id
        """),  # noqa: S608 - the texts are ours
        {"now": now, "limit": limit},
    )
    return tuple(ChosenMember(**row._mapping) for row in rows)


def by_id(connection: Connection, chosen_id: int) -> ChosenMember | None:
    row = connection.execute(
        sql(f"SELECT {_COLUMNS} FROM campaign_member c WHERE c.id = :id"),  # noqa: S608
        {"id": chosen_id},
    ).one_or_none()
    return None if row is None else ChosenMember(**row._mapping)


def is_undone(connection: Connection, transfer_id: int) -> bool:
    """Whether the event was reversed or refunded by now; under its wallet's lock neither comes between."""
    row = call(connection, "SELECT " + undone("%s"), (transfer_id, transfer_id))
    return bool(row and row[0])


def gifts_of(connection: Connection, transfer_ids: Sequence[int]) -> tuple[int, ...]:
    """The entries by which campaigns gave points or times of packs because of these, and that stand."""
    rows = connection.execute(
        sql("""
            SELECT t.id FROM campaign_member c JOIN transfer t
              ON t.key = 'campaign:' || c.campaign || ':' || c.occasion || ':' || c.member_id
            WHERE c.transfer_id = ANY(:ids) AND c.state = 'granted' AND t.refused IS NULL
              AND NOT EXISTS (SELECT FROM transfer r WHERE r.reverses = t.id)
            ORDER BY t.id
        """),
        {"ids": list(transfer_ids)},
    )
    return tuple(row.id for row in rows)


def settle(
    connection: Connection,
    chosen_id: int,
    *,
    state: Literal["granted", "dropped"],
    now: datetime,
    rules_version: str,
    reason: str = "",
    coupon_ids: Sequence[int] = (),
) -> None:
    """What came of it; once."""
    done = connection.execute(
        sql("""
            UPDATE campaign_member SET state = :state, reason = :reason, coupon_ids = :coupons,
                   granted_version = :version, settled_at = :now WHERE id = :id AND state = 'planned'
        """),
        {
            "id": chosen_id,
            "state": state,
            "reason": reason[:MAX_REASON],
            "coupons": list(coupon_ids),
            "version": rules_version,
            "now": now,
        },
    )
    if done.rowcount != 1:
        raise RuntimeError(f"campaign member {chosen_id} was settled before")


def later(connection: Connection, chosen_id: int, *, due_at: datetime, reason: str) -> None:
    """It failed; it is tried again, so that it holds up no others."""
    connection.execute(
        sql("""
            UPDATE campaign_member SET failures = failures + 1, due_at = :due_at, reason = :reason
            WHERE id = :id AND state = 'planned'
        """),
        {"id": chosen_id, "due_at": due_at, "reason": reason[:MAX_REASON]},
    )


def coupons_of(connection: Connection, key: str) -> tuple[int, ...]:
    """The coupons that were given under that key."""
    rows = connection.execute(sql("SELECT id FROM coupon WHERE source_key = :key ORDER BY id"), {"key": key})
    return tuple(row.id for row in rows)


def note_run(
    connection: Connection,
    *,
    campaign: str,
    day: date,
    rules_version: str,
    treated: int,
    held_out: int,
    at: datetime,
) -> None:
    """Add to the day's counts of a campaign."""
    connection.execute(
        sql("""
            INSERT INTO campaign_run (campaign, occasion_day, rules_version, treated, held_out, ran_at)
            VALUES (:campaign, :day, :version, :treated, :held_out, :at)
            ON CONFLICT ON CONSTRAINT campaign_run_of_day DO UPDATE
            SET treated = campaign_run.treated + excluded.treated,
                held_out = campaign_run.held_out + excluded.held_out, ran_at = excluded.ran_at
        """),
        {
            "campaign": campaign,
            "day": day,
            "version": rules_version,
            "treated": treated,
            "held_out": held_out,
            "at": at,
        },
    )


def room(
    connection: Connection, campaign: str, *, since: datetime, per_day: int | None, in_total: int | None
) -> int | None:
    """How many more the campaign may choose, by its limits; None: no limit."""
    if per_day is None and in_total is None:
        return None
    row = connection.execute(
        sql("""
            SELECT count(*) AS total, count(*) FILTER (WHERE planned_at >= :since) AS today
            FROM campaign_member WHERE campaign = :campaign
        """),
        {"campaign": campaign, "since": since},
    ).one()
    pairs: tuple[tuple[int | None, int], ...] = ((per_day, row.today), (in_total, row.total))
    left = [most - had for most, had in pairs if most is not None]
    return max(min(left), 0)


def take_statistics(connection: Connection) -> None:
    """After many rows at once: what is planned next would else take the table for a small one."""
    connection.execute(sql("ANALYZE (SKIP_LOCKED) campaign_member"))


def watermark(connection: Connection, campaign: str) -> int | None:
    """Up to which number its events were looked at; None: never yet."""
    row = call(connection, "SELECT upto_id FROM campaign_watermark WHERE campaign = %s", (campaign,))
    return None if row is None else int(row[0])


def move_watermark(connection: Connection, campaign: str, upto: int, *, at: datetime) -> None:
    """Never back."""
    connection.execute(
        sql("""
            INSERT INTO campaign_watermark (campaign, upto_id, moved_at) VALUES (:campaign, :upto, :at)
            ON CONFLICT (campaign) DO UPDATE SET moved_at = excluded.moved_at,
                upto_id = greatest(campaign_watermark.upto_id, excluded.upto_id)
        """),
        {"campaign": campaign, "upto": upto, "at": at},
    )


def newest_level(connection: Connection) -> int:
    """The highest number of a member's level."""
    return int(connection.execute(sql("SELECT coalesce(max(id), 0) FROM member_level")).scalar_one())


def shadow(connection: Connection) -> None:
    """To the end of the transaction, campaigns choose into a table of their own that nobody else sees.

    It begins as a copy, so that limits count what was really chosen. For a preview and a dry run.
    """
    connection.execute(
        sql("CREATE TEMP TABLE campaign_member (LIKE public.campaign_member INCLUDING ALL) ON COMMIT DROP")
    )


def keep_recent(connection: Connection, since: datetime) -> None:
    """Copy what was really chosen since then into the shadow."""
    connection.execute(
        sql("""
            INSERT INTO pg_temp.campaign_member OVERRIDING SYSTEM VALUE
            SELECT -id, campaign, occasion, member_id, held_out, state, reason, facts, transfer_id,
                   coupon_ids, rules_version, granted_version, planned_at, due_at, failures, settled_at
            FROM public.campaign_member WHERE planned_at > :since
        """),
        {"since": since},
    )


@dataclass(frozen=True)
class Candidate:
    """Whom a campaign would choose, for a preview. Phone and openid are not read."""

    member_id: int
    name: str
    occasion: str
    held_out: bool
    facts: Mapping[str, Any]
    planned_at: datetime


def chosen(
    connection: Connection, campaign: str, *, limit: int, only_new: bool = False
) -> tuple[Candidate, ...]:
    """Whom the campaign chose, the newest in front; `only_new`: not those copied by `keep_recent`."""
    rows = connection.execute(
        sql("""
            SELECT c.member_id, m.name, c.occasion, c.held_out, c.facts, c.planned_at
            FROM campaign_member c JOIN member m ON m.id = c.member_id
            WHERE c.campaign = :campaign AND (c.id > 0 OR NOT :only_new)
            ORDER BY c.planned_at DESC, c.member_id LIMIT :limit
        """),
        {"campaign": campaign, "limit": limit, "only_new": only_new},
    )
    return tuple(Candidate(**row._mapping) for row in rows)


@dataclass(frozen=True)
class MonthCount:
    """How many a campaign chose in a month of the shop: effects, and different members."""

    month: str
    treated: int
    held_out: int
    members: int


def by_month(connection: Connection, campaign: str, zone: str) -> tuple[MonthCount, ...]:
    """What a dry run chose, month by month; not what `keep_recent` copied."""
    rows = connection.execute(
        sql("""
            SELECT to_char(planned_at AT TIME ZONE :zone, 'YYYY-MM') AS month,
                   count(*) FILTER (WHERE NOT held_out) AS treated,
                   count(*) FILTER (WHERE held_out) AS held_out, count(DISTINCT member_id) AS members
            FROM campaign_member WHERE campaign = :campaign AND id > 0 GROUP BY 1 ORDER BY 1
        """),
        {"campaign": campaign, "zone": zone},
    )
    return tuple(MonthCount(**row._mapping) for row in rows)


def bought_since(
    connection: Connection, member_id: int, since: datetime, *, category: str | None = None
) -> bool:
    """Whether the member made a purchase after that moment that stands; of one category, if named."""
    found = connection.execute(
        sql("""
            SELECT EXISTS (
                SELECT FROM transfer t JOIN purchase_line l ON l.transfer_id = t.id
                WHERE t.member_id = :member AND t.kind = 'purchase' AND t.refused IS NULL
                  AND t.occurred_at > :since AND l.category = coalesce(CAST(:category AS text), l.category)
                  AND NOT EXISTS (SELECT FROM transfer r WHERE r.reverses = t.id))
        """),
        {"member": member_id, "since": since, "category": category},
    )
    return bool(found.scalar_one())


def late(now: datetime) -> datetime:
    """What was due before this moment is no news any more."""
    return now - timedelta(days=7)
