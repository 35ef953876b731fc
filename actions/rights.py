"""Who may do what, asked anew inside every action (features C2)."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Connection

from actions.house import Denied, House
from ledger.records import acts, staff
from ledger.records.staff import Staff

EVERY_ROLE = frozenset({"cashier", "manager", "head_office", "owner"})
CHAIN_ROLES = frozenset({"head_office", "owner"})


def require_staff(
    connection: Connection, openid: str, *, roles: Collection[str] = EVERY_ROLE
) -> Staff | Denied:
    """The acting staff member, if this WeChat account is bound to one in service with one of the roles."""
    return allowed(staff.by_openid(connection, openid), roles=roles)


def allowed(found: Staff | None, *, roles: Collection[str] = EVERY_ROLE) -> Staff | Denied:
    """The same judgement on what was just read of the staff."""
    if found is None:
        return Denied("not_staff")
    if found.role not in roles:
        return Denied("role_not_enough")
    return found


def acting_store(house: House, acting: Staff, wanted_store_id: str | None) -> str | Denied:
    """The store an entry is booked at: one's own; head office and the owner name any, but must name one."""
    if wanted_store_id is None:
        if acting.store_id is None:
            return Denied("store_needed")
        return acting.store_id
    if wanted_store_id != acting.store_id and acting.role not in CHAIN_ROLES:
        own_name = house.shop.store(acting.store_id).name if acting.store_id else ""
        return Denied("other_store", {"own_store": own_name})
    return wanted_store_id


def sign(
    connection: Connection,
    acting: Staff,
    what: str,
    *,
    at: datetime,
    key: str = "",
    member_id: int | None = None,
    transfer_id: int | None = None,
) -> None:
    """Write into the log of acts who did this, when and from where (features C2)."""
    acts.record(
        connection,
        staff_id=acting.id,
        actor=f"staff:{acting.id}",
        what=what,
        at=at,
        origin=acting.openid or "",
        key=key,
        store_id=acting.store_id,
        member_id=member_id,
        transfer_id=transfer_id,
    )
