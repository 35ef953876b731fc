"""A member's rights in his data: a copy of all of it, and deletion as far as bookkeeping law lets (A10).

PIPL art. 45 and 47, wechat-protocol §9.3–9.4: what identifies a person goes; the ledger's rows, which prove
what was paid and owed, stay under the bare member number and are used for nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from actions.house import Denied, House
from ledger import book
from ledger.records import acts, members, personal_data
from ledger.records.members import Member
from shop.money import format_fen

DELETED_NAME = "已注销"


@dataclass(frozen=True)
class Deleted:
    """What identified the member is gone; `number` is all that the ledger still knows him by."""

    number: int


def export(house: House, *, openid: str) -> dict[str, list[dict[str, Any]]] | Denied:
    """Everything that is kept about the owner of this WeChat account, table by table, as plain values."""
    with house.engine.connect() as connection:
        member = members.by_openid(connection, openid)
        if member is None:
            return Denied("not_member")
        return personal_data.copy_of(connection, member.id)


def delete(house: House, *, openid: str, key: str) -> Deleted | Denied:
    """Forget who the member is. Not while money, a debt or a booking is open: those are settled first."""
    now = house.clock()
    with house.engine.begin() as connection:
        member = members.by_openid(connection, openid)
        if member is None:
            return Denied("not_member")
        book.lock_wallets(connection, [member.id])
        open_matter = _open_matter(house, connection, member)
        if open_matter is not None:
            return open_matter
        personal_data.forget(connection, member.id, name=DELETED_NAME)
        members.unbind(connection, openid=openid, at=now)
        acts.record(
            connection,
            actor=f"member:{member.id}",
            what="delete_data",
            at=now,
            origin="wechat",
            key=key,
            member_id=member.id,
        )
        return Deleted(member.id)


def _open_matter(house: House, connection: Connection, member: Member) -> Denied | None:
    balances = book.balances(connection, member.id, now=house.clock())
    if balances.paid_in_fen or balances.deposit_fen:
        owed = format_fen(balances.paid_in_fen + balances.deposit_fen)
        return Denied("delete_money_left", {"amount": owed})
    if balances.debt_fen or balances.debt_points:
        return Denied("delete_debt_left")
    booked = personal_data.has_open_booking(connection, member.id, now=house.clock())
    return Denied("delete_booking_left") if booked else None
