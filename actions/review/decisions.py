"""The second person's word on an entry that waits: booked, turned down, or lapsed (features C2)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import Connection

from actions import notices, rights
from actions.house import Denied, House
from actions.review import limits
from actions.review.approvals import DECIDING_ROLES, Executor, Requoted, reasons_text
from actions.review.approvals_executors import EXECUTORS
from ledger import book
from ledger.records import acts, approvals, members, staff
from ledger.records.approvals import Approval
from ledger.records.staff import Staff
from shop import texts, words
from shop.money import format_fen

Outcome = Literal["approved", "rejected", "requoted"]
MAX_REASON_LENGTH = 200


@dataclass(frozen=True)
class Decided:
    """What came of a decision; `summary` is what was decided on, or the new quote when `requoted`."""

    number: int
    outcome: Outcome
    summary: str
    requester_name: str
    transfer_id: int | None
    replayed: bool


def decide(
    house: House,
    *,
    staff_openid: str,
    number: int,
    approve: bool,
    reason: str = "",
    key: str,
    executors: Mapping[str, Executor] = EXECUTORS,
) -> Decided | Denied:
    """Approve or turn down a waiting entry; approving books it, in one transaction with the decision.

    Args:
        reason: needed to turn it down; told to the requester.
        key: idempotency key of the decision; the same decider's same word again is answered the same.
    """
    now = house.clock()
    with house.engine.begin() as connection:
        acting = rights.require_staff(connection, staff_openid, roles=DECIDING_ROLES)
        if isinstance(acting, Denied):
            return acting
        found = approvals.by_id(connection, number, lock=True)
        if found is None:
            return Denied("no_such_approval", {"number": number})
        requester = staff.by_id(connection, found.requester_id)
        if requester is None:
            raise LookupError(f"staff {found.requester_id} is gone")
        denied = _may_decide(house, connection, acting, requester, found)
        if denied is not None:
            return denied
        if found.state != "waiting":
            return _already(house, connection, acting, requester, found, key)
        if found.expires_at <= now:
            _expire(house, connection, now)
            return Denied("approval_expired", {"number": number, "summary": found.summary})
        if not approve:
            return _reject(house, connection, acting, requester, found, reason.strip(), key, now)
        return _approve(house, connection, acting, requester, found, key, now, executors)


def lapse(house: House) -> int:
    """Close what nobody decided in time and tell those who asked; the number of entries."""
    with house.engine.begin() as connection:
        return _expire(house, connection, house.clock())


def _may_decide(
    house: House, connection: Connection, acting: Staff, requester: Staff, found: Approval
) -> Denied | None:
    """The manager of that store, head office or the owner; nobody his own, nor for his own card."""
    if acting.role not in rights.CHAIN_ROLES and acting.store_id != found.store_id:
        return Denied(
            "approval_other_store", {"number": found.id, "store": _store_name(house, found.store_id)}
        )
    if acting.id == requester.id or (acting.openid is not None and acting.openid == requester.openid):
        return Denied("approval_own", {"number": found.id})
    member = None if found.member_id is None else members.by_id(connection, found.member_id)
    if member is not None and member.openid is not None and member.openid == acting.openid:
        return Denied("approval_own_card", {"number": found.id})
    return None


def _already(
    house: House, connection: Connection, acting: Staff, requester: Staff, found: Approval, key: str
) -> Decided | Denied:
    if found.state == "expired":
        return Denied("approval_expired", {"number": found.id, "summary": found.summary})
    if found.decider_id == acting.id and found.decision_key == key:
        outcome: Outcome = "approved" if found.state == "approved" else "rejected"
        return Decided(found.id, outcome, found.summary, requester.name, found.transfer_id, replayed=True)
    decider = None if found.decider_id is None else staff.by_id(connection, found.decider_id)
    return Denied(
        "approval_decided",
        {
            "number": found.id,
            "decider": decider.name if decider else "",
            "outcome": texts.say(house.shop, f"approval_is_{found.state}"),
            "summary": found.summary,
        },
    )


def _reject(
    house: House,
    connection: Connection,
    acting: Staff,
    requester: Staff,
    found: Approval,
    reason: str,
    key: str,
    now: datetime,
) -> Decided | Denied:
    if not reason:
        return Denied("approval_reason_needed", {"number": found.id})
    reason = reason[:MAX_REASON_LENGTH]
    approvals.decide(
        connection,
        found.id,
        state="rejected",
        decider_id=acting.id,
        key=key,
        reason=reason,
        transfer_id=None,
        now=now,
    )
    _sign(connection, acting, found, "approval_rejected", key, now, transfer_id=None, reason=reason)
    values = {"number": found.id, "summary": found.summary, "decider": acting.name, "reason": reason}
    _tell(house, connection, found, requester, "approval_told_rejected", values, now)
    _tell_member_not_booked(house, connection, found, now)
    return Decided(found.id, "rejected", found.summary, requester.name, None, replayed=False)


def _approve(
    house: House,
    connection: Connection,
    acting: Staff,
    requester: Staff,
    found: Approval,
    key: str,
    now: datetime,
    executors: Mapping[str, Executor],
) -> Decided | Denied:
    denied = _may_approve(house, connection, acting, requester, found, now)
    if denied is not None:
        return denied
    book_key = f"approval:{found.id}:{found.revision}"
    done = executors[found.kind](house, connection, requester, acting, found.data, book_key)
    if isinstance(done, Requoted):
        approvals.requote(connection, found.id, data=done.data, summary=done.summary)
        return Decided(found.id, "requoted", done.summary, requester.name, None, replayed=False)
    if isinstance(done, Denied):
        # A refusal by the book is kept under its key: the next attempt needs another one.
        approvals.requote(connection, found.id, data=found.data, summary=found.summary)
        return done
    approvals.decide(
        connection,
        found.id,
        state="approved",
        decider_id=acting.id,
        key=key,
        reason="",
        transfer_id=done.transfer_id,
        now=now,
    )
    _sign(connection, acting, found, "approval_given", key, now, transfer_id=done.transfer_id, reason="")
    values = {
        "number": found.id,
        "summary": found.summary,
        "decider": acting.name,
        "transfer": book.transfer_number(done.transfer_id),
    }
    _tell(house, connection, found, requester, "approval_told_approved", values, now)
    return Decided(found.id, "approved", found.summary, requester.name, done.transfer_id, replayed=False)


def _may_approve(
    house: House, connection: Connection, acting: Staff, requester: Staff, found: Approval, now: datetime
) -> Denied | None:
    """Within the limits of the one who approves, for somebody who is still in service."""
    over = limits.over_limits(
        house, connection, acting, kind=found.kind, amount_fen=found.amount_fen, now=now
    )
    if over:
        amount, over_text = format_fen(found.amount_fen), reasons_text(house, over)
        return Denied("approval_over_limit", {"number": found.id, "amount": amount, "limits": over_text})
    if not requester.active:
        return Denied("approval_requester_gone", {"number": found.id, "requester": requester.name})
    return None


def _sign(
    connection: Connection,
    acting: Staff,
    found: Approval,
    what: str,
    key: str,
    now: datetime,
    *,
    transfer_id: int | None,
    reason: str,
) -> None:
    """Four eyes in the log: who asked stands beside who decided, on the same transfer."""
    acts.record(
        connection,
        actor=f"staff:{acting.id}",
        what=what,
        at=now,
        origin=acting.openid or "",
        key=key,
        staff_id=acting.id,
        store_id=found.store_id,
        member_id=found.member_id,
        transfer_id=transfer_id,
        detail={"approval": found.id, "requested_by": found.requester_id, "reason": reason},
    )


def _expire(house: House, connection: Connection, now: datetime) -> int:
    lapsed = approvals.expire(connection, now=now)
    for found in lapsed:
        requester = staff.by_id(connection, found.requester_id)
        values = {
            "number": found.id,
            "summary": found.summary,
            "filed": words.moment(found.filed_at, house.shop.zone),
        }
        if requester is not None:
            _tell(house, connection, found, requester, "approval_told_expired", values, now)
        _tell_member_not_booked(house, connection, found, now)
    return len(lapsed)


def _tell(
    house: House,
    connection: Connection,
    found: Approval,
    requester: Staff,
    name: str,
    values: dict[str, object],
    now: datetime,
) -> None:
    notices.notify_staff(
        house,
        connection,
        key=f"approval:{found.id}:outcome",
        to=requester,
        kind="approval_outcome",
        text=texts.say(house.shop, name, **values),
        now=now,
    )


def _tell_member_not_booked(house: House, connection: Connection, found: Approval, now: datetime) -> None:
    """The member was told that the entry waits; when it is booked his receipt tells him, else this does."""
    if found.member_id is None:
        return
    notices.notify_member(
        house,
        connection,
        key=f"approval:{found.id}:member_outcome",
        member_id=found.member_id,
        kind="approval_not_booked",
        text=texts.say(
            house.shop,
            "approval_member_not_booked",
            shop=house.shop.name,
            summary=found.summary,
            store=_store_name(house, found.store_id),
        ),
        now=now,
    )


def _store_name(house: House, store_id: str) -> str:
    return house.shop.store(store_id).name
