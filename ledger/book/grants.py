"""A reward given at once: points, gift money and entitlements in one transfer (rows D1, D3)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection

from ledger.book.events import PlanItem, entitlement_items, grant_item
from ledger.book.posting import as_content, check_amounts, post
from ledger.book.values import EntitlementGrant, Header, Outcome


def grant(
    connection: Connection,
    header: Header,
    *,
    reason: str,
    points: int = 0,
    points_expires_at: datetime | None = None,
    gift_fen: int = 0,
    gift_expires_at: datetime | None = None,
    entitlements: Sequence[EntitlementGrant] = (),
) -> Outcome:
    """What a member is given for `reason` (a word such as "referral"); at least one of the three."""
    check_amounts(points=points, gift_fen=gift_fen)
    items: list[PlanItem] = list(entitlement_items(entitlements, "entitlement_issued"))
    if points:
        items.append(grant_item("points", "points", points, "points_cost", points_expires_at))
    if gift_fen:
        items.append(grant_item("gift", "fen", gift_fen, "gift_cost", gift_expires_at))
    if not items:
        raise ValueError("nothing is given")
    content = {
        "reason": reason,
        "points": points,
        "gift_fen": gift_fen,
        "entitlements": as_content(entitlements),
    }
    return post(connection, header, "reward", content, {"grants": items})
