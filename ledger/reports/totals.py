"""What one member has done so far: the figures that levels are judged by (features D1)."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, text


@dataclass(frozen=True)
class MemberTotals:
    """Visits are purchases; money in fen. What was reversed does not count."""

    visits: int
    spent_fen: int
    topped_up_fen: int


_TOTALS = text("""
    SELECT count(*) FILTER (WHERE t.kind = 'purchase') AS visits,
           coalesce(sum((SELECT sum(l.paid_fen) FROM purchase_line l WHERE l.transfer_id = t.id))
                    FILTER (WHERE t.kind = 'purchase'), 0)::bigint AS spent_fen,
           coalesce(sum((t.request ->> 'paid_fen')::bigint) FILTER (WHERE t.kind = 'top_up'), 0)::bigint
               AS topped_up_fen
    FROM transfer t
    WHERE t.member_id = :member_id AND t.refused IS NULL AND t.kind IN ('purchase', 'top_up')
      AND NOT EXISTS (SELECT 1 FROM transfer r WHERE r.reverses = t.id)
""")


def member_totals(connection: Connection, member_id: int) -> MemberTotals:
    """Totals over the member's whole history; zeros for a new member."""
    row = connection.execute(_TOTALS, {"member_id": member_id}).one()
    return MemberTotals(row.visits, row.spent_fen, row.topped_up_fen)


def member_count(connection: Connection) -> int:
    """How many members there are, merged cards not counted."""
    count: int = connection.execute(
        text("SELECT count(*) FROM member WHERE merged_into IS NULL")
    ).scalar_one()
    return count
