"""Stored value put down for a booking (row A8): set aside in the member's own wallet, used by nothing else.

It stays the member's until it is decided: `reversals.reverse` gives it back into the very lots it came from,
`keep_deposit` makes it the shop's. No shop account is touched before that.
"""

from __future__ import annotations

from sqlalchemy import Connection, text

from ledger.book.driver import call
from ledger.book.events import grant_item
from ledger.book.posting import Plan, begin, check_amounts, post, refuse
from ledger.book.values import Header, Outcome, SpendingOrder


def set_aside(
    connection: Connection,
    header: Header,
    *,
    order_id: str,
    amount_fen: int,
    spending_order: SpendingOrder,
) -> Outcome:
    """Move stored value into the deposit of `order_id`, in the order in which it would be spent.

    Refused with "insufficient" (detail: what, needed, available).
    """
    check_amounts(amount_fen=amount_fen)
    if not amount_fen or not order_id:
        raise ValueError("a deposit needs an order and an amount")
    content = {"order_id": order_id, "amount_fen": amount_fen, "spending_order": spending_order}
    plan: Plan = {}
    if begin(connection, header):
        plan = _plan(connection, header.member_id, order_id, amount_fen, spending_order)
    return post(connection, header, "deposit_stored", content, plan)


def keep_deposit(connection: Connection, header: Header, *, order_id: str, amount_fen: int) -> Outcome:
    """The shop keeps what was put down: after a late cancel or a no-show, where its rule says so."""
    check_amounts(amount_fen=amount_fen)
    use = {"kind": "deposit", "code": order_id, "amount": amount_fen}
    plan = {"uses": [{**use, "against": "revenue", "against_code": "deposit"}]}
    content = {"order_id": order_id, "amount_fen": amount_fen}
    return post(connection, header, "deposit_kept", content, plan)


# The lots in the order in which the book draws them (`ledger_draw`).
_LOTS = text("""
    SELECT l.id, a.kind, l.remaining, l.expires_at, l.store_id
    FROM account a JOIN lot l ON l.account_id = a.id
    WHERE a.member_id = :member_id AND a.kind IN ('paid_in', 'gift') AND l.remaining > 0
    ORDER BY l.expires_at NULLS LAST, l.id
""")


def _plan(
    connection: Connection, member_id: int, order_id: str, amount_fen: int, order: SpendingOrder
) -> Plan:
    lots = connection.execute(_LOTS, {"member_id": member_id}).all()
    held = {kind: sum(lot.remaining for lot in lots if lot.kind == kind) for kind in ("paid_in", "gift")}
    available = held["paid_in"] + held["gift"]
    if available < amount_fen:
        return refuse("insufficient", what="stored", needed=amount_fen, available=available)
    share = call(
        connection,
        "SELECT ledger_paid_in_share(%s, %s, %s, %s)",
        (amount_fen, held["paid_in"], held["gift"], order),
    )
    paid_in_fen = int(share[0]) if share else 0
    missing = {"paid_in": paid_in_fen, "gift": amount_fen - paid_in_fen}
    takes: list[dict[str, object]] = []
    for lot in lots:
        part = min(lot.remaining, missing[lot.kind])
        if part:
            missing[lot.kind] -= part
            takes.append({"lot": lot.id, "amount": part})
    grant = {**grant_item("deposit", "fen", amount_fen, "", code=order_id), "against": None}
    return {"takes": takes, "grants": [grant]}
