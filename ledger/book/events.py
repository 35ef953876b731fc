"""The everyday events: a top-up, a purchase, points granted and spent. Chart of accounts: docs/ledger.md."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection

from ledger.book.posting import as_content, check_amounts, grant, post, top_up_content
from ledger.book.values import (
    DepositUse,
    EntitlementGrant,
    EntitlementUse,
    Grant,
    Header,
    Line,
    Outcome,
    SpendingOrder,
)

PlanItem = dict[str, object]


def grant_item(
    kind: str,
    unit: str,
    amount: int,
    against: str,
    expires_at: datetime | None = None,
    *,
    code: str = "",
    against_code: str = "",
) -> PlanItem:
    """A lot for the member's account `kind`/`code`, against the shop's account `against`/`against_code`."""
    return {
        "kind": kind,
        "code": code,
        "unit": unit,
        "amount": amount,
        "expires_at": expires_at,
        "against": against,
        "against_code": against_code,
    }


def entitlement_items(grants: Sequence[EntitlementGrant], against: str) -> list[PlanItem]:
    for given in grants:
        check_amounts(entitlement=given.amount)
    return [
        grant_item(
            "entitlement",
            f"{g.unit}:{g.code}",
            g.amount,
            against,
            g.expires_at,
            code=g.code,
            against_code=g.code,
        )
        for g in grants
        if g.amount
    ]


def use_items(points: int, points_against: str, uses: Sequence[EntitlementUse]) -> list[PlanItem]:
    if len({use.code for use in uses}) != len(uses):
        raise ValueError("an entitlement is named twice")
    items: list[PlanItem] = []
    if points:
        items.append(
            {"kind": "points", "code": "", "amount": points, "against": points_against, "against_code": ""}
        )
    for use in uses:
        check_amounts(entitlement_use=use.amount)
        items.append(
            {
                "kind": "entitlement",
                "code": use.code,
                "amount": use.amount,
                "against": "entitlement_used",
                "against_code": use.code,
            }
        )
    return items


def top_up(
    connection: Connection,
    header: Header,
    *,
    paid_fen: int,
    payment_method: str,
    gift_fen: int = 0,
    gift_expires_at: datetime | None = None,
    points: int = 0,
    points_expires_at: datetime | None = None,
    entitlements: Sequence[EntitlementGrant] = (),
    expected_version: int | None = None,
) -> Outcome:
    """Money paid in by `payment_method`, with what the shop gives for it, in one transfer (rows B1, B2).

    Refused with "changed" when the wallet is at another version than `expected_version`.
    """
    check_amounts(paid_fen=paid_fen, gift_fen=gift_fen, points=points)
    given = Grant(paid_fen, payment_method, gift_fen, gift_expires_at, points, points_expires_at)
    content = top_up_content(given, entitlements)
    if not entitlements and paid_fen:
        return grant(connection, header, "top_up", content, given, expected_version=expected_version)
    grants = [
        grant_item("paid_in", "fen", paid_fen, "cash", against_code=payment_method),
        grant_item("gift", "fen", gift_fen, "gift_cost", gift_expires_at),
        grant_item("points", "points", points, "points_cost", points_expires_at),
        *entitlement_items(entitlements, "entitlement_issued"),
    ]
    plan = {"grants": [item for item in grants if item["amount"]]}
    if not plan["grants"]:
        raise ValueError("a top-up of nothing")
    return post(connection, header, "top_up", content, plan, expected_version=expected_version)


def purchase(
    connection: Connection,
    header: Header,
    *,
    lines: Sequence[Line],
    stored_fen: int,
    spending_order: SpendingOrder,
    outside_fen: int = 0,
    payment_method: str | None = None,
    points_spent: int = 0,
    points_earned: int = 0,
    points_expires_at: datetime | None = None,
    entitlement_uses: Sequence[EntitlementUse] = (),
    deposit_uses: Sequence[DepositUse] = (),
    entitlements: Sequence[EntitlementGrant] = (),
    expected_version: int | None = None,
) -> Outcome:
    """A sale, paid from stored value, outside money, points and entitlements in one transfer (rows B3, B5).

    `entitlements` are what was bought (a pack of times, a course); `deposit_uses` what was put down for it
    before. The lines' `paid_fen` must add up to stored, outside and deposit money: every line keeps its list
    price and the price paid (法释〔2025〕4号 art. 18, 19, 25).
    Refused with "insufficient" or "changed". Raises ValueError on a request that contradicts itself.
    """
    check_amounts(
        stored_fen=stored_fen, outside_fen=outside_fen, points_spent=points_spent, points_earned=points_earned
    )
    for line in lines:
        check_amounts(list_fen=line.list_fen, paid_fen=line.paid_fen, quantity=line.quantity)
    deposit_fen = sum(use.amount_fen for use in deposit_uses)
    if not lines or sum(line.paid_fen for line in lines) != stored_fen + outside_fen + deposit_fen:
        raise ValueError("the lines do not add up to what is paid")
    if outside_fen and not payment_method:
        raise ValueError("outside money needs a payment method")
    content: dict[str, object] = {
        "lines": as_content(lines),
        "stored_fen": stored_fen,
        "spending_order": spending_order,
        "outside_fen": outside_fen,
        "payment_method": payment_method,
        "points_spent": points_spent,
        "points_earned": points_earned,
        "entitlement_uses": as_content(entitlement_uses),
        "deposit_uses": as_content(deposit_uses),
        "entitlements": as_content(entitlements),
    }
    plan: dict[str, object] = {
        "lines": [{"line": number, **values} for number, values in enumerate(as_content(lines), start=1)],
    }
    if stored_fen:
        plan["stored"] = {"amount": stored_fen, "order": spending_order}
    uses = use_items(points_spent, "points_redeemed", entitlement_uses)
    uses += [_deposit_item(use) for use in deposit_uses]
    if uses:
        plan["uses"] = uses
    if outside_fen:
        plan["shop"] = outside_legs(outside_fen, str(payment_method))
    grants = entitlement_items(entitlements, "entitlement_issued")
    if points_earned:
        grants.append(grant_item("points", "points", points_earned, "points_cost", points_expires_at))
    if grants:
        plan["grants"] = grants
    return post(connection, header, "purchase", content, plan, expected_version=expected_version)


def _deposit_item(use: DepositUse) -> PlanItem:
    check_amounts(deposit_fen=use.amount_fen)
    return {
        "kind": "deposit",
        "code": use.order_id,
        "amount": use.amount_fen,
        "against": "revenue",
        "against_code": "deposit",
    }


def outside_legs(amount_fen: int, payment_method: str) -> list[PlanItem]:
    """Money that does not pass through the member's wallet: into the till, and revenue at once."""
    return [
        {"kind": "cash", "code": payment_method, "unit": "fen", "amount": -amount_fen},
        {"kind": "revenue", "code": "outside", "unit": "fen", "amount": amount_fen},
    ]


def grant_points(
    connection: Connection,
    header: Header,
    *,
    points: int,
    expires_at: datetime | None,
    reason: str,
    expected_version: int | None = None,
) -> Outcome:
    """Points given for `reason` (a word such as "referral", "birthday", "campaign")."""
    check_amounts(points=points)
    if not points:
        raise ValueError("a grant of nothing")
    content = {"points": points, "reason": reason}
    plan = {"grants": [grant_item("points", "points", points, "points_cost", expires_at)]}
    return post(connection, header, "points_grant", content, plan, expected_version=expected_version)


def spend_points(
    connection: Connection,
    header: Header,
    *,
    points: int,
    reward_id: str,
    gift_fen: int = 0,
    gift_expires_at: datetime | None = None,
    entitlements: Sequence[EntitlementGrant] = (),
    expected_version: int | None = None,
) -> Outcome:
    """Points redeemed for a reward (row A6); the reward may be gift money or entitlements given at once."""
    check_amounts(points=points, gift_fen=gift_fen)
    if not points:
        raise ValueError("no points to spend")
    plan: dict[str, object] = {"uses": use_items(points, "points_redeemed", ())}
    grants = entitlement_items(entitlements, "entitlement_issued")
    if gift_fen:
        grants.append(grant_item("gift", "fen", gift_fen, "gift_cost", gift_expires_at))
    if grants:
        plan["grants"] = grants
    content = {
        "points": points,
        "reward_id": reward_id,
        "gift_fen": gift_fen,
        "entitlements": as_content(entitlements),
    }
    return post(connection, header, "points_spend", content, plan, expected_version=expected_version)
