"""Events that a manager decides: adjustments, debts, deposits, merging two cards, and what is due to
expire.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Connection, Row, text

from ledger.book.driver import call, driver
from ledger.book.events import PlanItem, grant_item
from ledger.book.posting import begin, check_amounts, post, refuse
from ledger.book.reversals import debt_item
from ledger.book.values import Header, Outcome, Posted

Adjustable = Literal["paid_in", "gift", "points", "entitlement"]


def adjust(
    connection: Connection,
    header: Header,
    *,
    kind: Adjustable,
    amount: int,
    reason: str,
    code: str = "",
    unit: str = "",
    expires_at: datetime | None = None,
    expected_version: int | None = None,
) -> Outcome:
    """Correct a balance by hand, up or down, with the reason in words.

    Args:
        amount: signed, in fen, points or the entitlement's unit; not zero.
        code, unit: of the entitlement, e.g. "facial", "times".
    """
    check_amounts(amount=abs(amount))
    if not amount or not reason.strip():
        raise ValueError("an adjustment needs an amount and a reason")
    named = bool(code and unit) if kind == "entitlement" else not (code or unit)
    if not named:
        raise ValueError("an entitlement is adjusted by its code and unit, money and points without")
    account_unit = {"points": "points", "entitlement": f"{unit}:{code}"}.get(kind, "fen")
    item: PlanItem = {"kind": kind, "code": code, "against": "adjustment", "against_code": code}
    if amount > 0:
        plan = {"grants": [{**item, "unit": account_unit, "amount": amount, "expires_at": expires_at}]}
    else:
        plan = {"uses": [{**item, "amount": -amount}]}
    content = {"adjusted": kind, "code": code, "unit": unit, "amount": amount, "reason": reason}
    return post(connection, header, "adjustment", content, plan, expected_version=expected_version)


def repay_debt(connection: Connection, header: Header, *, paid_fen: int, payment_method: str) -> Outcome:
    """Money paid towards a debt that a reversal left. Refused with "more_than_owed" (detail: owed)."""
    check_amounts(paid_fen=paid_fen)
    if not paid_fen:
        raise ValueError("nothing is repaid")
    plan: Any = {}
    if begin(connection, header):
        owed = -_balance(connection, header.member_id, "debt", "")
        item = {**debt_item("", "fen", paid_fen), "against": "cash", "against_code": payment_method}
        plan = {"grants": [item]} if owed >= paid_fen else refuse("more_than_owed", owed=owed)
    content = {"paid_fen": paid_fen, "payment_method": payment_method}
    return post(connection, header, "debt_repaid", content, plan)


def take_deposit(
    connection: Connection, header: Header, *, order_id: str, paid_fen: int, payment_method: str
) -> Outcome:
    """Money put down for a bespoke order or a stage of a contract (row B6); only that order can use it."""
    check_amounts(paid_fen=paid_fen)
    if not paid_fen or not order_id:
        raise ValueError("a deposit needs an order and an amount")
    plan = {
        "grants": [grant_item("deposit", "fen", paid_fen, "cash", code=order_id, against_code=payment_method)]
    }
    content = {"order_id": order_id, "paid_fen": paid_fen, "payment_method": payment_method}
    return post(connection, header, "deposit", content, plan)


def return_deposit(
    connection: Connection, header: Header, *, order_id: str, amount_fen: int, payment_method: str
) -> Outcome:
    """Pay a deposit back, whole or in part."""
    check_amounts(amount_fen=amount_fen)
    use = {"kind": "deposit", "code": order_id, "amount": amount_fen}
    plan = {"uses": [{**use, "against": "cash", "against_code": payment_method}]}
    content = {"order_id": order_id, "amount_fen": amount_fen, "payment_method": payment_method}
    return post(connection, header, "deposit_returned", content, plan)


_LOTS = text("""
    SELECT l.id, a.kind, a.code, a.unit, l.remaining AS amount, l.expires_at, l.store_id AS store
    FROM account a JOIN lot l ON l.account_id = a.id
    WHERE a.member_id = :member_id AND l.remaining > 0 ORDER BY l.id
""")


def merge(connection: Connection, header: Header, *, into_member_id: int) -> tuple[Outcome, Outcome]:
    """Move all that `header.member_id` holds to another card of the same person, lot by lot, and close the
    wallet.

    Two transfers, one in each wallet's chain, through the account "merging"; every lot keeps its date of
    expiry and the store it came from. Returns what left and what arrived. Binding and phone are the caller's
    to move.
    """
    if into_member_id == header.member_id:
        raise ValueError("a card cannot be merged with itself")
    leaving = _with_key(header, f"{header.key}:out", header.member_id)
    arriving = _with_key(header, f"{header.key}:in", into_member_id)
    content = {"from": header.member_id, "into": into_member_id}
    takes: list[PlanItem] = []
    grants: list[PlanItem] = []
    debts: list[PlanItem] = []
    if begin(connection, leaving, into_member_id):
        lots = connection.execute(_LOTS, {"member_id": header.member_id}).all()
        against = {"against": "merging", "against_code": ""}
        takes = [{"lot": lot.id, "amount": lot.amount, **against} for lot in lots]
        grants = [{**_without_id(lot), **against} for lot in lots]
        debts = _debts(connection, header.member_id)
    out = post(
        connection, leaving, "merge_out", content, {"takes": takes, "grants": [_opposite(d) for d in debts]}
    )
    if not isinstance(out, Posted):
        return out, out
    into = post(connection, arriving, "merge_in", content, {"grants": grants + debts})
    if not isinstance(into, Posted):
        raise RuntimeError(f"the wallet of member {into_member_id} cannot take what the other held: {into}")
    driver(connection).execute("UPDATE wallet SET closed = true WHERE member_id = %s", (header.member_id,))
    return out, into


def expire_due(connection: Connection, *, now: datetime, limit: int = 500) -> int:
    """Expire the due lots of up to `limit` members; the number of lots. Call until 0, one transaction
    each.
    """
    row = call(connection, "SELECT ledger_expire_some(%s, %s)", (now, limit))
    return 0 if row is None else int(row[0])


def _with_key(header: Header, key: str, member_id: int) -> Header:
    return Header(
        key=key,
        store_id=header.store_id,
        actor=header.actor,
        member_id=member_id,
        occurred_at=header.occurred_at,
        recorded_at=header.recorded_at,
        memo=header.memo,
    )


def _without_id(lot: Row[Any]) -> PlanItem:
    return {name: value for name, value in lot._mapping.items() if name != "id"}


def _debts(connection: Connection, member_id: int) -> list[PlanItem]:
    rows = connection.execute(
        text(
            "SELECT code, unit, balance FROM account WHERE member_id = :id AND kind = 'debt' AND balance < 0"
        ),
        {"id": member_id},
    )
    against = {"against": "merging", "against_code": ""}
    return [{**debt_item(row.code, row.unit, row.balance), **against} for row in rows]


def _opposite(debt: PlanItem) -> PlanItem:
    return {**debt, "amount": -int(str(debt["amount"]))}


def _balance(connection: Connection, member_id: int, kind: str, code: str) -> int:
    found = connection.execute(
        text("SELECT balance FROM account WHERE member_id = :id AND kind = :kind AND code = :code"),
        {"id": member_id, "kind": kind, "code": code},
    ).scalar_one_or_none()
    return int(found or 0)
