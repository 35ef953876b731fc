"""Refund of stored value: a quote, line by line, then the posting of that very quote (row B7)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Row, text

from ledger.book.events import PlanItem
from ledger.book.posting import Plan, begin, post, refuse
from ledger.book.reads import balances
from ledger.book.refund_rules import (
    Consumption,
    Interest,
    PaidIn,
    RefundLine,
    RefundRule,
    at_list_price,
    refund_line,
    within_cooling_off,
)
from ledger.book.values import Header, Outcome


@dataclass(frozen=True)
class RefundQuote:
    """What would be paid out and taken back, bound to `version` of the wallet.

    `reward_lots`: what the top-ups gave beside money (points, entitlements) and is still there, as
    (lot, kind, code, unit, amount): taken back with the money. `came_along`: entries that gave something
    because of these top-ups; what they gave is among the lots. `used`: what is not there any more because the
    member used it, as (kind, code, unit, amount): it stays his.
    """

    member_id: int
    version: int
    rule: RefundRule
    on: date
    lines: tuple[RefundLine, ...]
    reward_lots: tuple[tuple[int, str, str, str, int], ...]
    came_along: tuple[int, ...] = ()
    used: tuple[tuple[str, str, str, int], ...] = ()

    @property
    def refund_fen(self) -> int:
        return sum(line.refund_fen for line in self.lines)

    @property
    def interest_fen(self) -> int:
        return sum(line.interest_fen for line in self.lines)

    @property
    def payout_fen(self) -> int:
        return self.refund_fen + self.interest_fen


def quote_refund(
    connection: Connection,
    member_id: int,
    *,
    rule: RefundRule,
    now: datetime,
    interest: Interest | None = None,
    had_same_before: bool = False,
    came_along: Sequence[int] = (),
) -> RefundQuote:
    """What the member gets back for all that is left, top-up by top-up.

    Args:
        rule: "seven_days" (art. 14: only top-ups of the last seven days), "consumer" (art. 19) or "operator"
            (art. 18).
        had_same_before: the exception of art. 14: he had had the same goods or services before; then
            nothing is refunded by "seven_days".
        now: aware; its date (in its own zone) ends the interest.
        came_along: entries of the member that gave points or entitlements because of these top-ups.
    """
    version = balances(connection, member_id, now=now).version
    top_ups = [] if rule == "seven_days" and had_same_before else _top_ups(connection, member_id, now)
    if rule == "seven_days":
        top_ups = [t for t in top_ups if within_cooling_off(t.occurred_at, now)]
    lines = tuple(refund_line(t, rule, on=now.date(), interest=interest) for t in top_ups)
    sources = [t.transfer_id for t in top_ups] + list(came_along)
    return RefundQuote(
        member_id,
        version,
        rule,
        now.date(),
        lines,
        reward_lots=_reward_lots(connection, sources, now),
        came_along=tuple(came_along),
        used=_used_rewards(connection, sources),
    )


def refund(
    connection: Connection,
    header: Header,
    *,
    quote: RefundQuote,
    payment_method: str,
    interest: Interest | None = None,
    had_same_before: bool = False,
) -> Outcome:
    """Pay out a quote and take back what it says.

    Refused with "changed" when the wallet or the day's figures are no longer those of the quote, and with
    "nothing_to_refund".
    """
    content = {
        "rule": quote.rule,
        "refund_fen": quote.refund_fen,
        "interest_fen": quote.interest_fen,
        "payment_method": payment_method,
        "lines": [asdict(line) for line in quote.lines],
    }
    plan: Plan = {}
    if begin(connection, header):
        fresh = quote_refund(
            connection,
            header.member_id,
            rule=quote.rule,
            now=header.recorded_at,
            interest=interest,
            had_same_before=had_same_before,
            came_along=quote.came_along,
        )
        plan = _plan(connection, header, fresh, quote, payment_method)
    return post(connection, header, "refund", content, plan)


def _plan(
    connection: Connection, header: Header, fresh: RefundQuote, quote: RefundQuote, payment_method: str
) -> Plan:
    if (fresh.version, fresh.lines, fresh.reward_lots) != (quote.version, quote.lines, quote.reward_lots):
        return refuse("changed", expected_version=quote.version, version=fresh.version)
    if not any(line.paid_left_fen or line.refund_fen for line in fresh.lines):
        return refuse("nothing_to_refund")
    takes = _money_lots(connection, fresh)
    takes += [
        {"lot": lot, "amount": amount, "against": _GIVEN_FROM[kind], "against_code": code}
        for lot, kind, code, _, amount in fresh.reward_lots
    ]
    shop: list[PlanItem] = []
    for line in fresh.lines:
        shop += _shop_legs(line, header.store_id, payment_method)
    return {"takes": takes, "shop": [leg for leg in shop if leg["amount"]]}


_GIVEN_FROM = {"points": "points_cost", "entitlement": "entitlement_issued"}


def _shop_legs(line: RefundLine, store_id: str, payment_method: str) -> list[PlanItem]:
    """The shop's side of one line; the member's side are the lots taken."""
    legs = [
        _leg("cash", payment_method, store_id, line.refund_fen + line.interest_fen),
        _leg("refund_difference", "", line.store_id, line.difference_fen),
        _leg("interest_cost", "", store_id, -line.interest_fen),
        _leg("gift_cost", "", line.store_id, line.gift_taken_back_fen),
    ]
    if line.store_id != store_id:  # paid in there, paid out here
        legs.append(_leg("settlement", store_id, line.store_id, line.refund_fen))
        legs.append(_leg("settlement", line.store_id, store_id, -line.refund_fen))
    return legs


def _leg(kind: str, code: str, store_id: str, amount: int) -> PlanItem:
    return {"kind": kind, "code": code, "unit": "fen", "store": store_id, "amount": amount}


def _money_lots(connection: Connection, quote: RefundQuote) -> list[PlanItem]:
    rows = connection.execute(
        text("""
            SELECT l.id, l.remaining FROM lot l JOIN account a ON a.id = l.account_id
            WHERE l.transfer_id = ANY(:ids) AND l.remaining > 0 AND a.kind IN ('paid_in', 'gift') ORDER BY
            l.id
        """),
        {"ids": [line.transfer_id for line in quote.lines]},
    )
    return [{"lot": row.id, "amount": row.remaining} for row in rows]


def _reward_lots(
    connection: Connection, transfer_ids: Sequence[int], now: datetime
) -> tuple[tuple[int, str, str, str, int], ...]:
    rows = connection.execute(
        text("""
            SELECT l.id, a.kind, a.code, a.unit, l.remaining FROM lot l JOIN account a ON a.id = l.account_id
            WHERE l.transfer_id = ANY(:ids) AND l.remaining > 0 AND a.kind IN ('points', 'entitlement')
              AND (l.expires_at IS NULL OR l.expires_at > :now) ORDER BY l.id
        """),
        {"ids": list(transfer_ids), "now": now},
    )
    return tuple((row.id, row.kind, row.code, row.unit, row.remaining) for row in rows)


def _used_rewards(
    connection: Connection, transfer_ids: Sequence[int]
) -> tuple[tuple[str, str, str, int], ...]:
    rows = connection.execute(
        text("""
            SELECT a.kind, a.code, a.unit, sum(u.amount)::bigint
            FROM lot l JOIN account a ON a.id = l.account_id JOIN lot_use u ON u.lot_id = l.id
            JOIN transfer t ON t.id = u.transfer_id
            WHERE l.transfer_id = ANY(:ids) AND a.kind IN ('points', 'entitlement')
              AND t.kind IN ('purchase', 'points_spend')
              AND NOT EXISTS (SELECT 1 FROM transfer r WHERE r.reverses = t.id)
            GROUP BY a.kind, a.code, a.unit ORDER BY a.kind DESC, a.code
        """),
        {"ids": list(transfer_ids)},
    )
    return tuple((kind, code, unit, amount) for kind, code, unit, amount in rows)


# Top-ups (and what stands for one: opening balances, what a merged card brought) that hold paid-in money and
# were neither refunded nor reversed.
_TOP_UPS = text("""
    SELECT t.id, t.occurred_at, p.store_id, p.id AS paid_lot, p.amount AS paid, p.remaining AS paid_left,
           g.id AS gift_lot, coalesce(g.amount, 0) AS gift,
           CASE WHEN g.expires_at <= :now THEN 0 ELSE coalesce(g.remaining, 0) END AS gift_left
    FROM account a JOIN lot p ON p.account_id = a.id JOIN transfer t ON t.id = p.transfer_id
    LEFT JOIN LATERAL (
        SELECT l.* FROM lot l JOIN account b ON b.id = l.account_id
        WHERE l.transfer_id = t.id AND b.kind = 'gift') g ON true
    WHERE a.member_id = :member_id AND a.kind = 'paid_in'
      AND t.kind IN ('top_up', 'opening', 'adjustment', 'merge_in')
      AND NOT EXISTS (SELECT 1 FROM transfer r WHERE r.reverses = t.id)
      AND NOT EXISTS (SELECT 1 FROM lot_use u JOIN transfer r ON r.id = u.transfer_id
                      WHERE u.lot_id IN (p.id, g.id) AND r.kind IN ('refund', 'merge_out')
                        AND NOT EXISTS (SELECT 1 FROM transfer x WHERE x.reverses = r.id))
    ORDER BY t.id
""")
_USES = text("""
    SELECT u.lot_id, u.transfer_id, t.kind, u.amount, l.paid, l.list
    FROM lot_use u JOIN transfer t ON t.id = u.transfer_id
    LEFT JOIN LATERAL (SELECT sum(paid_fen)::bigint AS paid, sum(list_fen)::bigint AS list
                       FROM purchase_line WHERE transfer_id = t.id) l ON true
    WHERE u.lot_id = ANY(:lots) AND t.kind NOT IN ('reversal', 'expiry')
      AND NOT EXISTS (SELECT 1 FROM transfer r WHERE r.reverses = t.id)
    ORDER BY u.transfer_id
""")


def _top_ups(connection: Connection, member_id: int, now: datetime) -> list[PaidIn]:
    rows = _merged_lots(connection.execute(_TOP_UPS, {"member_id": member_id, "now": now}).all())
    lots = [lot for row in rows for lot in (*row["paid_lots"], *row["gift_lots"])]
    uses: dict[int, list[Row[Any]]] = defaultdict(list)
    for use in connection.execute(_USES, {"lots": lots}):
        uses[use.lot_id].append(use)
    return [_paid_in(row, uses) for row in rows]


def _merged_lots(rows: Sequence[Row[Any]]) -> list[dict[str, Any]]:
    """One entry a transfer: what a merged card brought is several lots of money in one transfer."""
    found: dict[int, dict[str, Any]] = {}
    for row in rows:
        entry = found.setdefault(
            row.id,
            {
                "id": row.id,
                "occurred_at": row.occurred_at,
                "store_id": row.store_id,
                "paid_lots": {},
                "gift_lots": {},
            },
        )
        entry["paid_lots"][row.paid_lot] = (row.paid, row.paid_left)
        if row.gift_lot is not None:
            entry["gift_lots"][row.gift_lot] = (row.gift, row.gift_left)
    return list(found.values())


def _paid_in(row: dict[str, Any], uses: dict[int, list[Row[Any]]]) -> PaidIn:
    consumed: dict[int, int] = defaultdict(int)
    lines: dict[int, tuple[int, int]] = {}
    otherwise = 0
    for lot in (*row["paid_lots"], *row["gift_lots"]):
        for use in uses.get(lot, []):
            if use.kind == "purchase":
                consumed[use.transfer_id] += use.amount
                lines[use.transfer_id] = (use.paid, use.list)
            elif lot in row["paid_lots"]:
                otherwise += use.amount
    return PaidIn(
        transfer_id=row["id"],
        occurred_at=row["occurred_at"],
        store_id=row["store_id"],
        paid_fen=sum(amount for amount, _ in row["paid_lots"].values()),
        gift_fen=sum(amount for amount, _ in row["gift_lots"].values()),
        consumed=[Consumption(t, part, at_list_price(part, *lines[t])) for t, part in consumed.items()],
        otherwise_gone_fen=otherwise,
        paid_left_fen=sum(left for _, left in row["paid_lots"].values()),
        gift_left_fen=sum(left for _, left in row["gift_lots"].values()),
    )
