"""Entries that wait for a second person: filed and listed here, decided in `decisions` (features C2)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from sqlalchemy import Connection

from actions import notices, rights
from actions.house import Denied, House
from actions.review.limits import Review
from ledger.records import acts, approvals, staff
from ledger.records.approvals import Approval
from ledger.records.staff import Staff
from shop import texts

DECIDING_ROLES = frozenset({"manager", "head_office", "owner"})
MAX_SUMMARY_LENGTH = 500


@dataclass(frozen=True)
class Filed:
    """The entry waits under this number, nothing is booked; `replayed` when it was filed before."""

    number: int
    replayed: bool


@dataclass(frozen=True)
class Requoted:
    """From an executor: what the request would book now is not what was shown, so nothing was booked.

    `data` and `summary` take the place of those filed; the second person sees them and decides anew.
    """

    data: dict[str, object]
    summary: str


class Booked(Protocol):
    """From an executor: the entry is in the book."""

    @property
    def transfer_id(self) -> int: ...


# house, open transaction, who asked, who approves, what was filed, key to book under → what came of it.
# It makes the quote anew, books in the requester's name, signs, and queues the member's receipt.
Executor = Callable[[House, Connection, Staff, Staff, dict[str, object], str], Booked | Requoted | Denied]


@dataclass(frozen=True)
class Waiting:
    """One request as a decider sees it; `reasons` are names of texts."""

    number: int
    summary: str
    reasons: tuple[str, ...]
    requester_name: str
    store_id: str
    filed_at: datetime
    expires_at: datetime
    own: bool


def file(
    house: House,
    connection: Connection,
    acting: Staff,
    *,
    kind: str,
    data: dict[str, object],
    summary: str,
    review: Review,
    key: str,
    member_id: int | None,
    now: datetime,
    amount_fen: int | None = None,
    store_id: str | None = None,
) -> Filed:
    """Let an entry wait for a second person, tell the managers of its store, and the member, at once.

    Args:
        kind: names the executor in `actions.review.approvals_executors`.
        data: what that executor needs, plain values; `amount_fen` and `store_id` are taken from it when not
            given, the store else from the staff member.
        summary: the entry in one line for the managers; no secrets, at most 500 characters.
        key: idempotency key of the confirmed quote; filed once.
    """
    found, replayed = approvals.file(
        connection,
        key=key,
        kind=kind,
        store_id=store_id or str(data.get("store_id") or acting.store_id or house.shop.stores[0].id),
        requester_id=acting.id,
        member_id=member_id,
        amount_fen=amount_fen if amount_fen is not None else _whole(data.get("amount_fen")),
        data=data,
        summary=summary[:MAX_SUMMARY_LENGTH],
        reasons=review.reasons,
        filed_at=now,
        expires_at=now + timedelta(hours=house.shop.oversight.approval_hours),
    )
    if not replayed:
        acts.record(
            connection,
            actor=f"staff:{acting.id}",
            what="approval_filed",
            at=now,
            origin=acting.openid or "",
            key=key,
            staff_id=acting.id,
            store_id=found.store_id,
            member_id=member_id,
            detail={"approval": found.id, "kind": kind, "reasons": list(review.reasons)},
        )
        _tell_deciders(house, connection, acting, found, now)
        _tell_member_it_waits(house, connection, found, now)
    return Filed(found.id, replayed)


def waiting(house: House, *, staff_openid: str) -> tuple[Waiting, ...] | Denied:
    """What waits for a decision in the store of this staff member, oldest first; head office sees all."""
    with house.engine.begin() as connection:
        acting = rights.require_staff(connection, staff_openid, roles=DECIDING_ROLES)
        if isinstance(acting, Denied):
            return acting
        store_id = None if acting.role in rights.CHAIN_ROLES else acting.store_id
        names = {each.id: each.name for each in staff.everyone(connection)}
        return tuple(
            Waiting(
                number=found.id,
                summary=found.summary,
                reasons=found.reasons,
                requester_name=names.get(found.requester_id, ""),
                store_id=found.store_id,
                filed_at=found.filed_at,
                expires_at=found.expires_at,
                own=found.requester_id == acting.id,
            )
            for found in approvals.waiting(connection, store_id=store_id, now=house.clock())
        )


def reasons_text(house: House, reasons: tuple[str, ...]) -> str:
    """The reasons as people read them: 超过单笔权限、补记以前的账."""
    return "、".join(texts.say(house.shop, name) for name in reasons)


def deciders(connection: Connection, store_id: str, *, but: int) -> tuple[Staff, ...]:
    """Who is asked: the managers of the store, else head office, else the owner; never the requester."""
    others = [each for each in staff.everyone(connection) if each.id != but and each.openid is not None]
    managers = tuple(each for each in others if each.role == "manager" and each.store_id == store_id)
    head_office = tuple(each for each in others if each.role == "head_office")
    return managers or head_office or tuple(each for each in others if each.role == "owner")


def _tell_deciders(
    house: House, connection: Connection, acting: Staff, found: Approval, now: datetime
) -> None:
    text = texts.say(
        house.shop,
        "approval_asked",
        number=found.id,
        requester=acting.name,
        summary=found.summary,
        reasons=reasons_text(house, found.reasons),
        hours=house.shop.oversight.approval_hours,
    )
    for decider in deciders(connection, found.store_id, but=acting.id):
        notices.notify_staff(
            house,
            connection,
            key=f"approval:{found.id}:asked:{decider.id}",
            to=decider,
            kind="approval_asked",
            text=text,
            now=now,
        )


def _tell_member_it_waits(house: House, connection: Connection, found: Approval, now: datetime) -> None:
    if found.member_id is None:
        return
    notices.notify_member(
        house,
        connection,
        key=f"approval:{found.id}:member",
        member_id=found.member_id,
        kind="approval_waits",
        text=texts.say(house.shop, "approval_member_waits", shop=house.shop.name, summary=found.summary),
        now=now,
    )


def _whole(value: object) -> int:
    if isinstance(value, int):
        return value
    raise ValueError("an entry that waits for approval has an amount in fen")
