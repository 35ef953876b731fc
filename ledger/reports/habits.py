"""What members do, as their tags ask for it (row F3): of a few members here, of everybody in `campaign_fact`.

Figures and tags are the same in both places, and the same as `shop.tags` has them; a test compares all three.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from ledger.records.sql import sql

WINDOW_DAYS = 90
FAVOURITE_DAYS = 180

# A tag as a condition on a candidate `e` of `campaign_audience`, who has the columns of `campaign_fact`; the
# limits come as parameters (`Limits`, under these names).
TAGS: dict[str, str] = {
    "price_sensitive": "e.visits >= :often AND e.worth <= e.visits * :little_fen",
    "quality_seeking": "e.visits BETWEEN 1 AND :seldom AND e.worth >= e.visits * :much_fen",
    "coupon_sensitive": "e.visits >= :coupon_visits"
    " AND coalesce(e.coupon_visits, 0) * 100 >= e.visits * :coupon_percent",
    "favourite_category": "e.bought >= :favourite_bought"
    " AND e.of_category * 100 >= e.bought * :favourite_percent",
}


@dataclass(frozen=True)
class HabitRow:
    """As `shop.tags.Habits`."""

    visits: int
    worth_fen: int
    coupon_visits: int
    bought: int
    of_category: int
    category: str | None


_HABITS = """
    WITH done AS (
        SELECT t.id, t.member_id, t.occurred_at FROM transfer t
        WHERE t.member_id = ANY (:members) AND t.kind = 'purchase' AND t.refused IS NULL
          AND t.occurred_at > :favourite_start AND t.occurred_at <= :at
          AND NOT EXISTS (SELECT FROM transfer r WHERE r.reverses = t.id AND r.recorded_at <= :at)
    ), by_category AS (
        SELECT d.member_id, l.category, sum(l.quantity) AS units, max(d.occurred_at) AS latest,
               coalesce(sum(l.list_fen) FILTER (WHERE d.occurred_at > :window_start), 0) AS worth
        FROM done d JOIN purchase_line l ON l.transfer_id = d.id GROUP BY 1, 2
    ), lines AS (
        SELECT member_id, sum(worth)::bigint AS worth, sum(units)::bigint AS bought,
               max(units)::bigint AS of_category,
               (array_agg(category ORDER BY units DESC, latest DESC, category))[1] AS category
        FROM by_category GROUP BY 1
    ), came AS (
        SELECT member_id, count(*) AS visits FROM done WHERE occurred_at > :window_start GROUP BY 1
    ), used AS (
        SELECT member_id, count(DISTINCT used_transfer_id) AS coupon_visits FROM coupon
        WHERE member_id = ANY (:members) AND state = 'used' AND changed_at > :window_start
          AND changed_at <= :at GROUP BY 1
    )
    SELECT m AS member_id, coalesce(visits, 0) AS visits, coalesce(worth, 0) AS worth_fen,
           coalesce(coupon_visits, 0) AS coupon_visits, coalesce(bought, 0) AS bought,
           coalesce(of_category, 0) AS of_category, category
    FROM unnest(CAST(:members AS bigint[])) AS m
    LEFT JOIN came ON came.member_id = m LEFT JOIN lines ON lines.member_id = m
    LEFT JOIN used ON used.member_id = m
"""


def of_members(connection: Connection, members: Sequence[int], at: datetime) -> dict[int, HabitRow]:
    """By member, what he did until then; for a page of members, not for all of them."""
    rows = connection.execute(
        sql(_HABITS),
        {
            "members": list(members),
            "at": at,
            "window_start": at - timedelta(days=WINDOW_DAYS),
            "favourite_start": at - timedelta(days=FAVOURITE_DAYS),
        },
    )
    return {row.member_id: HabitRow(*row[1:]) for row in rows}
