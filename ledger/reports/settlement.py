"""What stores owe each other for money received here and spent there, and who pays whom (features B9)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, text


@dataclass(frozen=True)
class Flow:
    """Paid-in money that one store received and another one's service used up, in fen."""

    received_at: str
    spent_at: str
    amount_fen: int
    entries: int


@dataclass(frozen=True)
class Payment:
    """One store pays another; all payments together settle every position."""

    payer: str
    payee: str
    amount_fen: int


@dataclass(frozen=True)
class Settlement:
    """The flows of a stretch of time, what each store owes on balance (positive) or is owed (negative;
    together zero), and the payments.
    """

    flows: tuple[Flow, ...]
    positions: tuple[tuple[str, int], ...]
    payments: tuple[Payment, ...]


# Nothing numbered before the newest close made before `start` was recorded after it: there the search begins.
# What was undone or refunded comes with the opposite sign, so it goes off the flow it had caused.
_FLOWS = text("""
    WITH moved AS (
        SELECT a.store_id, a.code AS other, p.amount, (p.amount > 0) = (t.reverses IS NULL) AS received
        FROM account a
        JOIN posting p ON p.account_id = a.id AND p.transfer_id >= coalesce(
            (SELECT max(next_transfer_id) FROM day_close WHERE closed_at < :start), 0)
        JOIN transfer t ON t.id = p.transfer_id
        WHERE a.member_id IS NULL AND a.kind = 'settlement' AND a.unit = 'fen'
          AND t.recorded_at >= :start AND t.recorded_at < :end
    )
    SELECT store_id, other, sum(amount)::bigint AS owed,
           coalesce(sum(amount) FILTER (WHERE received), 0)::bigint AS received,
           count(*) FILTER (WHERE received) AS received_entries
    FROM moved GROUP BY store_id, other ORDER BY store_id, other
""")


def settlement(connection: Connection, *, start: datetime, end: datetime) -> Settlement:
    """The settlement of what was recorded from `start` up to but not at `end`, aware moments.

    Raises:
        RuntimeError: the stores' positions do not sum to zero, which the book makes impossible.
    """
    owed: dict[str, int] = defaultdict(int)
    flows = []
    for row in connection.execute(_FLOWS, {"start": start, "end": end}):
        owed[row.store_id] += row.owed
        if row.received_entries:
            flows.append(Flow(row.store_id, row.other, row.received, row.received_entries))
    if sum(owed.values()) != 0:
        raise RuntimeError(f"settlement accounts do not sum to zero: {dict(owed)}")
    return Settlement(tuple(flows), tuple(sorted(owed.items())), netting(owed))


def netting(owed: Mapping[str, int]) -> tuple[Payment, ...]:
    """Few payments that settle all positions: one fewer than there are stores, at most.

    The store that owes most pays the one that is owed most, as much as settles one of them, and so on. Equal
    amounts go by the store's id, so that the same book gives the same payments.
    """
    left = {store: amount for store, amount in sorted(owed.items()) if amount}
    payments = []
    while left:
        payer = max(left, key=lambda store: left[store])
        payee = min(left, key=lambda store: left[store])
        amount = min(left[payer], -left[payee])
        if amount <= 0:
            raise ValueError("positions that do not sum to zero cannot be settled")
        payments.append(Payment(payer, payee, amount))
        for store, change in ((payer, -amount), (payee, amount)):
            left[store] += change
            if left[store] == 0:
                del left[store]
    return tuple(payments)
