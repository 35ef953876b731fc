"""Giving what the rules promise: points, coupons and times of packs in the caller's transaction (row D1)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import structlog
from sqlalchemy import Connection

from actions.counter import coupons
from actions.house import House
from ledger.book import EntitlementGrant, Header, KeyConflict, Posted
from ledger.book.grants import grant
from ledger.records import multipliers
from ledger.records.coupons import OverLimit
from ledger.records.multipliers import Multiplier
from shop import points as points_rules
from shop.giving import Giving
from shop.model import CouponGift, EntitlementGift, MultiplierGift, Shop

log = structlog.get_logger()


def give(
    house: House,
    connection: Connection,
    *,
    member_id: int,
    store_id: str,
    giving: Giving,
    key: str,
    reason: str,
    now: datetime,
    cause_transfer_id: int | None = None,
) -> bool:
    """Post points and entitlements in one transfer under `key`, and give coupons and multiplier with it.

    Args:
        cause_transfer_id: what the gift came of; coupons and multiplier go with the gift's own transfer if
            there is one, else with this one, when it is reversed.

    Returns:
        False when the same key gave it before, or when nothing could be given (a closed card).
    """
    header = Header(
        key=key, store_id=store_id, actor="system", member_id=member_id, occurred_at=now, recorded_at=now
    )
    source = cause_transfer_id
    if giving.points or giving.entitlements:
        source = _post(house, connection, header, giving, reason)
        if source is None:
            return False
    issued = issue_coupons(
        house,
        connection,
        member_id=member_id,
        store_id=store_id,
        gifts=giving.coupons,
        key=key,
        now=now,
        source_transfer_id=source,
    )
    multiplied = giving.multiplier is not None and multipliers.give(
        connection,
        _multiplier(house.shop, giving.multiplier, key, now),
        member_id=member_id,
        at=now,
        source_transfer_id=source,
    )
    return issued or multiplied or bool(giving.points or giving.entitlements)


def _multiplier(shop: Shop, gift: MultiplierGift, key: str, now: datetime) -> Multiplier:
    return Multiplier(
        percent=int(gift.times * 100),
        earned_by=gift.earned_by,
        starts_at=now,
        ends_at=points_rules.multiplier_ends_at(shop, gift, now),
        source_key=key,
    )


def _post(house: House, connection: Connection, header: Header, giving: Giving, reason: str) -> int | None:
    """The transfer, if it was posted now."""
    now = header.recorded_at
    try:
        outcome = grant(
            connection,
            header,
            reason=reason,
            points=giving.points,
            points_expires_at=points_rules.expires_at(house.shop, now),
            entitlements=grants(house.shop, giving.entitlements, now),
        )
    except KeyConflict:  # the same occasion gave something else: the shop changed its gifts, or the level did
        return None
    return outcome.transfer_id if isinstance(outcome, Posted) and not outcome.replayed else None


def grants(shop: Shop, gifts: Sequence[EntitlementGift], now: datetime) -> tuple[EntitlementGrant, ...]:
    """The book's form of times of packs, each with its pack's unit and lifetime; one entry a pack."""
    amounts: dict[str, int] = {}
    for gift in gifts:
        amounts[gift.pack] = amounts.get(gift.pack, 0) + gift.amount
    return tuple(
        EntitlementGrant(
            code=pack_id,
            unit=shop.pack(pack_id).unit,
            amount=amount,
            expires_at=points_rules.pack_expires_at(shop, pack_id, now),
        )
        for pack_id, amount in amounts.items()
    )


def issue_coupons(
    house: House,
    connection: Connection,
    *,
    member_id: int,
    store_id: str,
    gifts: Sequence[CouponGift],
    key: str,
    now: datetime,
    source_transfer_id: int | None,
) -> bool:
    """Issue the coupons of an event, once for its key; whether any were.

    A kind that is over, or of which the member has as many as he may, is left out and logged: the rest of the
    event does not fail for it.
    """
    issued = False
    for gift in gifts:
        kind = house.shop.coupon(gift.coupon)
        if coupons.is_over(house.shop, kind, now):
            log.warning("coupon.over", kind=kind.id, key=key)
            continue
        done = coupons.issue(
            house,
            connection,
            member_id=member_id,
            kind=kind,
            count=gift.count,
            source_key=key,
            at=now,
            store_id=store_id,
            source_transfer_id=source_transfer_id,
        )
        if isinstance(done, OverLimit):
            log.warning("coupon.limit", kind=kind.id, key=key, limit=done.limit)
            continue
        issued = True
    return issued
