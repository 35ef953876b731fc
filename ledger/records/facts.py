"""What the shop's rules ask of a member in one look: level, figures, top-ups, tiers (rows B2, B3, D1)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import LiteralString

from sqlalchemy import Connection

from ledger.book.driver import call
from ledger.records import levels, multipliers
from ledger.records.levels import LevelStanding
from ledger.records.multipliers import Multiplier


@dataclass(frozen=True)
class MemberRecord:
    """What stands (not reversed) of a member.

    `tiers`: by tier id, how often it was had in all and since the start of the month. `multipliers`: of
    points, those that are not over.
    """

    standing: LevelStanding
    top_ups: int
    last_purchase_at: datetime | None
    tiers: Mapping[str, tuple[int, int]]
    multipliers: tuple[Multiplier, ...]


_FACTS: LiteralString = (
    "WITH "  # noqa: S608 - the texts are ours
    + levels.OWN_LEVELS
    + ", "
    + levels.DONE
    + ", "
    + levels.TOTALS
    + """, had AS (
        SELECT e -> 'values' ->> 'tier' AS tier, count(*) AS total,
               count(*) FILTER (WHERE d.occurred_at >= %s) AS this_month
        FROM done d JOIN transfer_reason r ON r.transfer_id = d.id
        CROSS JOIN LATERAL json_array_elements(r.reasons) AS e
        WHERE %s::boolean AND d.kind = 'top_up' AND e ->> 'code' = 'tier' GROUP BY 1
    ) SELECT """
    + levels.STANDING_COLUMNS
    + """,
    (SELECT count(*) FROM done WHERE kind = 'top_up'),
    (SELECT max(occurred_at) FROM done WHERE kind = 'purchase'),
    (SELECT json_object_agg(tier, json_build_array(total, this_month)) FROM had),"""
    + multipliers.HELD
    + levels.HELD
)


def read(
    connection: Connection,
    member_id: int,
    *,
    starts: Sequence[datetime | None],
    month_start: datetime,
    now: datetime,
    with_tiers: bool,
) -> MemberRecord:
    """All of it in one statement.

    Args:
        starts: of each level's window, see `levels.standing`; `month_start`: of the shop's month.
        with_tiers: False leaves `tiers` empty and spares their reading.
    """
    windows = levels.windows(starts)
    asked = (member_id, member_id, windows, month_start, with_tiers, member_id, now)
    row = call(connection, _FACTS, asked)
    if row is None:
        raise RuntimeError("a row of outer joins is always there")
    tiers = {tier: (total, this_month) for tier, (total, this_month) in (row[9] or {}).items()}
    return MemberRecord(levels.standing_of(row), int(row[7]), row[8], tiers, multipliers.of_json(row[10]))
