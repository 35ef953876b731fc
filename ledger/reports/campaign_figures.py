"""What a campaign did and brought: counts, what was used, and what both groups bought after (row E6)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from ledger.records.sql import sql


@dataclass(frozen=True)
class GroupFigures:
    """One group. Members count once, from their first occasion on; money in fen; variance in fen squared."""

    members: int = 0
    buyers: int = 0
    spent_fen: int = 0
    mean_fen: float = 0.0
    variance: float = 0.0


@dataclass(frozen=True)
class CampaignFigures:
    """Counts of the treated by what came of them, the messages, the coupons, and both groups."""

    waiting: int
    granted: int
    dropped: int
    sent: int
    delivered: int
    coupons: int
    used: dict[str, int]
    points: int
    treated: GroupFigures
    held_out: GroupFigures


_COUNTS = """
    SELECT count(*) FILTER (WHERE state = 'planned' AND NOT held_out) AS waiting,
           count(*) FILTER (WHERE state = 'granted') AS granted,
           count(*) FILTER (WHERE state = 'dropped') AS dropped,
           coalesce(sum(cardinality(coupon_ids)), 0)::bigint AS coupons
    FROM campaign_member WHERE campaign = :campaign AND planned_at > :since
"""
_USED = """
    SELECT k.kind_id, count(*) AS used
    FROM campaign_member c CROSS JOIN LATERAL unnest(c.coupon_ids) AS given (id)
    JOIN coupon k ON k.id = given.id
    WHERE c.campaign = :campaign AND c.planned_at > :since AND k.state = 'used' GROUP BY k.kind_id
"""
_POINTS = """
    SELECT coalesce(sum((t.request ->> 'points')::bigint), 0)::bigint AS points
    FROM campaign_member c
    JOIN transfer t ON t.key = 'campaign:' || c.campaign || ':' || c.occasion || ':' || c.member_id
    WHERE c.campaign = :campaign AND c.planned_at > :since AND c.state = 'granted' AND t.refused IS NULL
"""
# What its multipliers made of the points, by the reasons that are kept with the entries.
_MULTIPLIED = """
    SELECT coalesce(sum((e -> 'values' ->> 'points')::bigint), 0)::bigint AS points
    FROM campaign_member c
    JOIN points_multiplier m
      ON m.source_key = 'campaign:' || c.campaign || ':' || c.occasion || ':' || c.member_id
    JOIN transfer t ON t.member_id = m.member_id AND t.kind IN ('purchase', 'top_up') AND t.refused IS NULL
        AND t.recorded_at >= m.starts_at
    JOIN transfer_reason r ON r.transfer_id = t.id
    CROSS JOIN LATERAL json_array_elements(r.reasons) AS e
    WHERE c.campaign = :campaign AND c.planned_at > :since AND c.state = 'granted'
      AND e ->> 'code' = 'points_by_multiplier' AND e -> 'values' ->> 'source' = m.source_key
      AND NOT EXISTS (SELECT FROM transfer v WHERE v.reverses = t.id)
"""
_MESSAGES = """
    SELECT count(*) FILTER (WHERE r.state = 'sent') AS sent,
           count(*) FILTER (WHERE m.state = 'sent') AS delivered
    FROM reminder r LEFT JOIN message m ON m.id = r.message_id
    WHERE r.campaign = :campaign AND r.kind = 'campaign' AND r.due_at > :since
"""
_GROUPS = """
    WITH chosen AS (
        SELECT member_id, bool_or(held_out) AS held_out, min(planned_at) AS since FROM campaign_member
        WHERE campaign = :campaign AND planned_at > :since GROUP BY member_id
    ), bought AS (
        SELECT c.member_id, sum(l.paid_fen)::bigint AS fen FROM chosen c
        JOIN transfer t ON t.member_id = c.member_id AND t.kind = 'purchase' AND t.refused IS NULL
            AND t.occurred_at > c.since AND t.occurred_at <= c.since + :days * interval '1 day'
            AND t.occurred_at <= :at
        JOIN purchase_line l ON l.transfer_id = t.id
        WHERE NOT EXISTS (SELECT FROM transfer r WHERE r.reverses = t.id) GROUP BY c.member_id
    )
    SELECT c.held_out, count(*) AS members, count(b.member_id) AS buyers,
           coalesce(sum(b.fen), 0)::bigint AS spent_fen, avg(coalesce(b.fen, 0))::float8 AS mean_fen,
           coalesce(var_samp(coalesce(b.fen, 0)), 0)::float8 AS variance
    FROM chosen c LEFT JOIN bought b ON b.member_id = c.member_id GROUP BY c.held_out
"""


def figures(
    connection: Connection, campaign: str, *, since: datetime, at: datetime, measure_days: int
) -> CampaignFigures:
    """All figures of what the campaign chose since then; computed in the database."""
    asked = {"campaign": campaign, "since": since}
    counts = connection.execute(sql(_COUNTS), asked).one()
    used = {row.kind_id: row.used for row in connection.execute(sql(_USED), asked)}
    points = connection.execute(sql(_POINTS), asked).scalar_one()
    points += connection.execute(sql(_MULTIPLIED), asked).scalar_one()
    told = connection.execute(sql(_MESSAGES), asked).one()
    groups = {
        row.held_out: GroupFigures(row.members, row.buyers, row.spent_fen, row.mean_fen, row.variance)
        for row in connection.execute(sql(_GROUPS), {**asked, "at": at, "days": measure_days})
    }
    return CampaignFigures(
        waiting=counts.waiting,
        granted=counts.granted,
        dropped=counts.dropped,
        sent=told.sent,
        delivered=told.delivered,
        coupons=counts.coupons,
        used=used,
        points=points,
        treated=groups.get(False, GroupFigures()),
        held_out=groups.get(True, GroupFigures()),
    )
