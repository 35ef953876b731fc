"""Staff and their WeChat: invited once, bound once (design §5, features C2)."""

from __future__ import annotations

import hashlib
from datetime import timedelta

from actions.house import Denied, House
from ledger.records import staff
from ledger.records.staff import Role, Staff

INVITATION_LIFETIME_HOURS = 72
CODE_LENGTH = 12


def invite(house: House, *, name: str, role: Role, store_id: str | None, created_by: str) -> str:
    """Make a one-time invitation and return its code; only its hash is kept.

    Who may call this: the operator at the command line, where the settings and the database already are.

    Raises:
        UnknownIdError: no such role or store in the shop.
    """
    house.shop.role_limit(role)
    if store_id is not None:
        house.shop.store(store_id)
    now = house.clock()
    code = house.random_digits(CODE_LENGTH)
    with house.engine.begin() as connection:
        staff.invite(
            connection,
            code_hash=_hash(code),
            role=role,
            store_id=store_id,
            name=name,
            expires_at=now + timedelta(hours=INVITATION_LIFETIME_HOURS),
            created_by=created_by,
            created_at=now,
        )
    return code


def accept_invitation(house: House, *, openid: str, code: str) -> Staff | Denied:
    """Bind this WeChat account to the invited staff member; a code works once, before it expires."""
    with house.engine.begin() as connection:
        if staff.by_openid(connection, openid) is not None:
            return Denied("staff_already")
        accepted = staff.accept(connection, code_hash=_hash(code.strip()), openid=openid, now=house.clock())
        return accepted if accepted is not None else Denied("invitation_wrong")


def _hash(code: str) -> str:
    return hashlib.sha256(f"invitation:{code}".encode()).hexdigest()
