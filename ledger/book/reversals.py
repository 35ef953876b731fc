"""Reversal: undoes all that one transfer caused, or says why it cannot (rows B1, B7)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, text

from ledger.book.events import PlanItem
from ledger.book.posting import Plan, begin, post, refuse
from ledger.book.values import Header, Outcome

# These undo themselves otherwise: what expired is granted anew, cards are merged back by hand.
NEVER_REVERSED = frozenset({"reversal", "expiry", "merge_out", "merge_in"})
GRACE = timedelta(days=30)


def reverse(
    connection: Connection,
    header: Header,
    *,
    transfer_id: int,
    reason: str,
    carry_debt: bool = False,
    grace: timedelta = GRACE,
) -> Outcome:
    """Post the opposite of a transfer of the same member.

    What the transfer granted is taken from the very lots it made; what it spent goes back into the lots it
    came from, or, when such a lot has expired meanwhile, into a new one that is good for `grace`. What was
    granted and has expired meanwhile comes out of breakage.

    Args:
        carry_debt: a manager's decision; what the member has spent of the grant becomes a debt of his.
            Otherwise the reversal is refused with "already_used". Nothing is ever clamped.

    Refused with: "not_found", "not_reversible" (detail: kind), "already_reversed" (detail: by),
    "already_used" (detail: missing = [{what, code, unit, amount}]), "closed".
    """
    content = {"transfer": transfer_id, "reason": reason, "carry_debt": carry_debt}
    plan: Plan = {}
    if begin(connection, header):
        plan = _plan(connection, header, transfer_id, carry_debt=carry_debt, grace=grace)
    return post(connection, header, "reversal", content, plan, reverses=transfer_id)


_ORIGINAL = text("""
    SELECT t.kind, t.refused, (SELECT r.id FROM transfer r WHERE r.reverses = t.id) AS reversed_by
    FROM transfer t WHERE t.id = :id AND t.member_id = :member_id
""")


def _plan(
    connection: Connection, header: Header, transfer_id: int, *, carry_debt: bool, grace: timedelta
) -> Plan:
    original = connection.execute(_ORIGINAL, {"id": transfer_id, "member_id": header.member_id}).one_or_none()
    if original is None or original.refused is not None:
        return refuse("not_found", transfer=transfer_id)
    if original.kind in NEVER_REVERSED:
        return refuse("not_reversible", kind=original.kind)
    if original.reversed_by is not None:
        return refuse("already_reversed", by=original.reversed_by)
    granted = _granted(connection, transfer_id)
    missing = [_missing(lot) for lot in granted if lot.spent > 0]
    if missing and not carry_debt:
        return refuse("already_used", missing=missing)
    used = list(_used(connection, transfer_id))
    return {
        "takes": [*_take_back(granted), *_give_back(used, header.recorded_at)],
        "grants": [*_give_anew(used, header.recorded_at, grace), *_debts(connection, transfer_id, missing)],
        "shop": [*_mirror(connection, transfer_id), *_out_of_breakage(granted)],
    }


# `expired` is what expiry took of the lot, `spent` all else that is gone.
_GRANTED = text("""
    SELECT l.id, l.remaining, l.store_id, a.kind, a.code, a.unit, coalesce(e.amount, 0) AS expired,
           l.amount - l.remaining - coalesce(e.amount, 0) AS spent
    FROM lot l JOIN account a ON a.id = l.account_id
    LEFT JOIN LATERAL (
        SELECT sum(u.amount)::bigint AS amount FROM lot_use u JOIN transfer t ON t.id = u.transfer_id
        WHERE u.lot_id = l.id AND t.kind = 'expiry') e ON true
    WHERE l.transfer_id = :id ORDER BY l.id
""")


def _granted(connection: Connection, transfer_id: int) -> list[Row[Any]]:
    return list(connection.execute(_GRANTED, {"id": transfer_id}))


def _missing(lot: Row[Any]) -> dict[str, object]:
    return {"what": lot.kind, "code": lot.code, "unit": lot.unit, "amount": lot.spent}


def _take_back(granted: Iterable[Row[Any]]) -> Iterable[PlanItem]:
    return [{"lot": lot.id, "amount": lot.remaining} for lot in granted if lot.remaining]


def _out_of_breakage(granted: Iterable[Row[Any]]) -> Iterable[PlanItem]:
    return [
        {
            "kind": "breakage",
            "code": lot.code,
            "unit": lot.unit,
            "store": lot.store_id,
            "amount": -lot.expired,
        }
        for lot in granted
        if lot.expired
    ]


def _debts(
    connection: Connection, transfer_id: int, missing: Iterable[dict[str, object]]
) -> Iterable[PlanItem]:
    """What the member owes now, and the opposite of what the transfer itself did to a debt."""
    for part in missing:
        yield debt_item(str(part["code"]), str(part["unit"]), -int(str(part["amount"])))
    rows = connection.execute(
        text("""
            SELECT a.code, a.unit, p.amount FROM posting p JOIN account a ON a.id = p.account_id
            WHERE p.transfer_id = :id AND a.kind = 'debt'
        """),
        {"id": transfer_id},
    )
    for row in rows:
        yield debt_item(row.code, row.unit, -row.amount)


def debt_item(code: str, unit: str, amount: int) -> PlanItem:
    """A change of the member's debt: negative makes it greater. Points owe points, an entitlement itself."""
    own = code or ("points" if unit == "points" else "")
    return {"kind": "debt", "code": own, "unit": unit, "amount": amount, "lotless": True}


def _used(connection: Connection, transfer_id: int) -> Iterable[Row[Any]]:
    return connection.execute(
        text("""
            SELECT u.lot_id, u.amount, l.expires_at, l.store_id, a.kind, a.code, a.unit
            FROM lot_use u JOIN lot l ON l.id = u.lot_id JOIN account a ON a.id = l.account_id
            WHERE u.transfer_id = :id ORDER BY u.lot_id
        """),
        {"id": transfer_id},
    )


def _give_back(used: Iterable[Row[Any]], now: datetime) -> Iterable[PlanItem]:
    return [
        {"lot": u.lot_id, "amount": -u.amount} for u in used if u.expires_at is None or u.expires_at > now
    ]


def _give_anew(used: Iterable[Row[Any]], now: datetime, grace: timedelta) -> Iterable[PlanItem]:
    return [
        {
            "kind": u.kind,
            "code": u.code,
            "unit": u.unit,
            "amount": u.amount,
            "store": u.store_id,
            "expires_at": now + grace,
        }
        for u in used
        if u.expires_at is not None and u.expires_at <= now
    ]


def _mirror(connection: Connection, transfer_id: int) -> Iterable[PlanItem]:
    rows = connection.execute(
        text("""
            SELECT a.kind, a.code, a.unit, a.store_id AS store, -p.amount AS amount
            FROM posting p JOIN account a ON a.id = p.account_id
            WHERE p.transfer_id = :id AND a.member_id IS NULL
        """),
        {"id": transfer_id},
    )
    return [dict(row._mapping) for row in rows]
