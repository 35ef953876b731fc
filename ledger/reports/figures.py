"""What a store took and gave over a stretch of the book: the figures of a day or a month (features B8)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Connection, text


@dataclass(frozen=True)
class Stretch:
    """The entries of one store between two day closes.

    An entry is in it when `upto_transfer_id` and `before` reach it and the close before did not: numbers are
    given in order, but an entry may be written at 23:59 and numbered after one of 0:00. `before` None: all.
    """

    store_id: str
    from_transfer_id: int
    upto_transfer_id: int
    before: str = "infinity"
    taken_upto: int = 0
    taken_before: str = "infinity"


@dataclass(frozen=True)
class FigureLine:
    """Postings of one kind on the store's accounts, by whom and by what event.

    `amount`: fen, or points for the points accounts, in the sign of people: what came in or was earned is
    positive, what was given away or paid out too, under its own kind. Cash paid out is negative cash.
    """

    kind: str
    code: str
    actor: str
    event: str
    entries: int
    amount: int


@dataclass(frozen=True)
class Figures:
    """All lines of a stretch; `entries` counts the transfers that moved money in the till or were sales."""

    entries: int
    lines: tuple[FigureLine, ...]

    def total(self, kind: str, *, code: str | None = None, actor: str | None = None) -> int:
        """The sum of a kind's lines, of one code and one actor when named."""
        return sum(
            line.amount
            for line in self.lines
            if line.kind == kind and code in (None, line.code) and actor in (None, line.actor)
        )

    def codes(self, kind: str) -> tuple[str, ...]:
        """The codes of a kind that moved, in their order: payment methods for cash."""
        return tuple(sorted({line.code for line in self.lines if line.kind == kind}))

    def cashiers(self, code: str) -> tuple[tuple[str, int, int], ...]:
        """Who moved money of one payment method: actor, entries, amount in fen."""
        entries: dict[str, int] = defaultdict(int)
        amounts: dict[str, int] = defaultdict(int)
        for line in self.lines:
            if line.kind == "cash" and line.code == code:
                entries[line.actor] += line.entries
                amounts[line.actor] += line.amount
        return tuple((actor, entries[actor], amounts[actor]) for actor in sorted(entries))

    def of_actor(self, actor: str) -> Figures:
        """The lines of one person; `entries` then counts those that moved money of the till."""
        lines = tuple(line for line in self.lines if line.actor == actor)
        return Figures(sum(line.entries for line in lines if line.kind == "cash"), lines)

    def as_json(self) -> dict[str, object]:
        lines = [[x.kind, x.code, x.actor, x.event, x.entries, x.amount] for x in self.lines]
        return {"entries": self.entries, "lines": lines}


def from_json(kept: dict[str, object]) -> Figures:
    """The figures as a close kept them."""
    entries, lines = kept["entries"], kept["lines"]
    if not isinstance(entries, int) or not isinstance(lines, list):
        raise TypeError("these are no figures")
    return Figures(entries, tuple(FigureLine(*line) for line in lines))


def added(parts: Iterable[Figures]) -> Figures:
    """Several stretches together."""
    entries = 0
    sums: dict[tuple[str, str, str, str], list[int]] = defaultdict(lambda: [0, 0])
    for part in parts:
        entries += part.entries
        for line in part.lines:
            both = sums[line.kind, line.code, line.actor, line.event]
            both[0] += line.entries
            both[1] += line.amount
    return Figures(entries, tuple(FigureLine(*key, *both) for key, both in sorted(sums.items())))


# By the store's own accounts: posting is read by its primary key, from the first open transfer on.
_LINES = text("""
    WITH moved AS MATERIALIZED (
        SELECT k.kind, k.code, t.actor, t.kind AS event, t.id,
               CASE WHEN k.kind IN ('revenue', 'breakage', 'points_redeemed', 'refund_difference')
                    THEN p.amount ELSE -p.amount END AS amount
        FROM account k
        JOIN posting p ON p.account_id = k.id
            AND p.transfer_id BETWEEN :from_transfer_id AND :upto_transfer_id
        JOIN transfer t ON t.id = p.transfer_id
        WHERE k.member_id IS NULL AND k.store_id = :store_id AND k.unit IN ('fen', 'points')
          AND k.kind NOT IN ('settlement', 'opening', 'merging')
          AND t.recorded_at < CAST(:before AS timestamptz)
          AND NOT (t.id <= :taken_upto AND t.recorded_at < CAST(:taken_before AS timestamptz))
    )
    SELECT kind, code, actor, event, count(*) AS entries, sum(amount)::bigint AS amount,
           (SELECT count(DISTINCT id) FROM moved WHERE kind IN ('cash', 'revenue')) AS all_entries
    FROM moved GROUP BY kind, code, actor, event ORDER BY kind, code, actor, event
""")


def figures(connection: Connection, stretch: Stretch) -> Figures:
    """What the book says of a stretch, line by line; computed in the database."""
    rows = connection.execute(
        _LINES,
        {
            "store_id": stretch.store_id,
            "from_transfer_id": stretch.from_transfer_id,
            "upto_transfer_id": stretch.upto_transfer_id,
            "before": stretch.before,
            "taken_upto": stretch.taken_upto,
            "taken_before": stretch.taken_before,
        },
    ).all()
    lines = tuple(FigureLine(r.kind, r.code, r.actor, r.event, r.entries, r.amount) for r in rows)
    return Figures(rows[0].all_entries if rows else 0, lines)
