"""Taking a referral's rewards back when the payment is undone, and what waits for a day (feature D3)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import Connection

from actions import notices
from actions.house import House
from actions.loyalty import referral_rewards
from actions.loyalty.rewards import home_store
from ledger import book
from ledger.book import Busy, Header, Refused
from ledger.records import coupons, members, referral_grants, referrals
from ledger.records.members import Member
from ledger.records.referral_grants import Granted, Side
from ledger.records.referrals import Referral
from shop import texts

log = structlog.get_logger()

MAX_A_NIGHT = 100_000
LATELY_DAYS = 30


@dataclass(frozen=True)
class TakenBack:
    """A payment was undone: what it had earned came back, or could not because it is spent.

    Attributes:
        given_up: the reward had not been given yet and will not be.
        taken: sides that lost what they had got.
        kept: (side, what is missing) where it has been used; a manager may carry it as a debt by reversing
            that transfer himself.
    """

    referral_id: int
    given_up: bool
    taken: tuple[Side, ...]
    kept: tuple[tuple[Side, dict[str, Any]], ...]


def after_undone(house: House, *, transfer_id: int, actor: str) -> TakenBack | None:
    """A payment was reversed or refunded, and it is committed: what it earned is taken back now.

    A transaction of its own, as `actions.loyalty.referral.after_paid`; what is left out is done at night.
    """
    with house.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        if referrals.by_transfer(connection, transfer_id) is None:
            return None
    try:
        with house.engine.begin() as connection:
            return _on_undone(house, connection, transfer_id, actor)
    except Busy:
        log.warning("referral.busy", transfer_id=transfer_id)
        return None


def _on_undone(house: House, connection: Connection, transfer_id: int, actor: str) -> TakenBack | None:
    """None when the payment had earned nothing.

    A reward that is spent already is never clamped: it stays, and the outcome says so (`kept`), as does the
    referral's history.
    """
    now = house.clock()
    earned = referrals.by_transfer(connection, transfer_id)
    if earned is None or earned.state in {"taken_back", "refused", "pending"}:
        return None
    book.lock_wallets(connection, [earned.inviter_id, earned.invitee_id or earned.inviter_id])
    earned = referrals.by_id(connection, earned.id) or earned  # as it stands under the locks
    if earned.state in {"waiting", "held"}:
        referrals.move(connection, earned.id, {"waiting", "held"}, "pending", now=now, actor=actor)
        return TakenBack(earned.id, True, (), ())
    if earned.state != "granted":
        return None
    taken: list[Side] = []
    kept: list[tuple[Side, dict[str, Any]]] = []
    for given in referral_grants.of_referral(connection, earned.id):
        missing = _take_back(house, connection, earned, given, actor, now)
        if missing is None:
            taken.append(given.side)
        else:
            kept.append((given.side, missing))
    cause = "spent" if kept else "payment_undone"
    detail: dict[str, object] = {"taken": taken, "kept": [[side, missing] for side, missing in kept]}
    referrals.move(
        connection, earned.id, {"granted"}, "taken_back", now=now, actor=actor, cause=cause, detail=detail
    )
    return TakenBack(earned.id, False, tuple(taken), tuple(kept))


def _take_back(
    house: House, connection: Connection, earned: Referral, given: Granted, actor: str, now: datetime
) -> dict[str, Any] | None:
    """None when all came back; else what could not."""
    member = members.by_id(connection, given.member_id)
    if member is None:
        return {"code": "gone"}
    key = referral_rewards.source_key(earned.id, given.side)
    used = coupons.take_back_of(connection, key, at=now).kept
    missing: dict[str, Any] = {"coupons_used": len(used)} if used else {}
    if given.transfer_id is not None:
        outcome = _reverse(house, connection, earned, given, member, actor, now)
        if isinstance(outcome, Refused):
            missing |= {"code": outcome.code, **outcome.detail}
    if missing:
        return missing
    notices.notify_member(
        house,
        connection,
        key=f"referral_back:{earned.id}:{given.side}",
        member_id=member.id,
        kind="referral_back",
        text=texts.say(
            house.shop,
            f"referral_back_{given.side}",
            what=referral_rewards.total_text(house, [given.content]),
        ),
        now=now,
    )
    return None


def _reverse(
    house: House,
    connection: Connection,
    earned: Referral,
    given: Granted,
    member: Member,
    actor: str,
    now: datetime,
) -> book.Outcome:
    header = Header(
        key=f"referral_back:{earned.id}:{given.side}",
        store_id=home_store(house, member),
        actor=actor,
        member_id=member.id,
        occurred_at=now,
        recorded_at=now,
        memo=texts.say(house.shop, "referral_back_memo"),
    )
    transfer_id = given.transfer_id or 0
    return book.reverse(connection, header, transfer_id=transfer_id, reason="referral undone")


def settle_due(house: House) -> int:
    """Give what has waited for its refund window, and take back what payments undone lately had earned.

    For the worker, every minute; one transaction each, may be repeated. Returns how many moved.
    """
    now = house.clock()
    lately = now - timedelta(days=LATELY_DAYS)
    undone = _settle_all(house, lambda connection: referrals.undone(connection, since=lately))
    return undone + _settle_all(house, lambda connection: referrals.due(connection, now=now))


def settle_old(house: House) -> int:
    """What payments undone had earned, however long ago; for the nightly job."""
    ever = datetime(2000, 1, 1, tzinfo=UTC)
    return _settle_all(house, lambda connection: referrals.undone(connection, since=ever))


def _settle_all(house: House, find: Callable[[Connection], tuple[Referral, ...]]) -> int:
    moved, seen = 0, set[int]()
    while len(seen) < MAX_A_NIGHT:
        with house.engine.connect() as connection:
            batch = [referral for referral in find(connection) if referral.id not in seen]
        if not batch:
            break
        seen.update(referral.id for referral in batch)
        moved += sum(_settle(house, referral) for referral in batch)
    return moved


def _settle(house: House, referral: Referral) -> bool:
    now = house.clock()
    with house.engine.begin() as connection:
        if referral.invitee_id is None or referral.transfer_id is None:
            return False
        book.lock_wallets(connection, [referral.inviter_id, referral.invitee_id])
        if referrals.is_undone(connection, referral.id):
            return _on_undone(house, connection, referral.transfer_id, "system") is not None
        return referral_rewards.grant_now(house, connection, referral, {"waiting"}, "system", now)
