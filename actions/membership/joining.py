"""Becoming a member and binding a phone, which only a code can prove (features A10, design §5)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from actions import notices
from actions.house import Denied, House
from actions.membership import phone_proof
from actions.reminders import guide
from ledger.records import members, preferences
from ledger.records.members import Member, PhoneTaken
from shop import texts

UNNAMED = members.UNNAMED


@dataclass(frozen=True)
class Joined:
    """The member a WeChat account now belongs to; `existing` when an older card was found by the phone."""

    member: Member
    existing: bool


def join(house: House, *, openid: str) -> Joined | Denied:
    """A card without a phone for this WeChat account; the one it has, if it has one."""
    with house.engine.begin() as connection:
        present = members.by_openid(connection, openid)
        if present is not None:
            return Joined(present, existing=True)
        return _create(house, connection, openid, phone=None)


def join_with_phone(house: House, *, openid: str, phone: str, code: str) -> Joined | Denied:
    """Bind the phone to this WeChat account once its code is proved; an older card of the phone comes along.

    Nothing is said about the phone before the proof: a wrong code reads the same with and without a card.
    """
    now = house.clock()
    with house.engine.begin() as connection:
        if not phone_proof.is_proved(connection, house, openid=openid, phone=phone, code=code):
            return Denied("join_code_wrong")
        own = members.by_openid(connection, openid)
        owner = members.by_phone(connection, phone)
        if owner is None:
            return _with_new_phone(house, connection, openid, own, phone)
        if own is not None and own.id != owner.id:
            return Denied("join_two_cards")
        if owner.openid is not None and owner.openid != openid:
            _leave_old_account(house, connection, owner, owner.openid, now)
        is_first = not members.was_bound(connection, owner.id)
        if not members.bind(connection, openid=openid, member_id=owner.id, at=now):
            raise RuntimeError("a binding that was just ended still stands")
        if is_first:
            guide.plan_guide(house, connection, owner.id, now=now, bound=True)
        members.set_phone(connection, owner.id, phone, proven=True)
        return Joined(owner, existing=True)


def _leave_old_account(
    house: House, connection: Connection, owner: Member, old_openid: str, now: datetime
) -> None:
    """The phone is proved, so the card moves to this WeChat; the old one is told, in case it was a thief."""
    members.unbind(connection, openid=old_openid, at=now)
    store = next((each for each in house.shop.stores if each.id == owner.home_store_id), house.shop.stores[0])
    notices.notify_openid(
        house,
        connection,
        key=f"binding_moved:{owner.id}:{int(now.timestamp() * 1000)}",
        openid=old_openid,
        member_id=owner.id,
        kind="binding_moved",
        text=texts.say(house.shop, "binding_moved", shop=house.shop.name, phone=store.phone),
        now=now,
    )


def _with_new_phone(
    house: House, connection: Connection, openid: str, own: Member | None, phone: str
) -> Joined | Denied:
    if own is None:
        return _create(house, connection, openid, phone=phone)
    try:
        members.set_phone(connection, own.id, phone, proven=True)
    except PhoneTaken:
        return Denied("join_two_cards")
    return Joined(own, existing=True)


def _create(house: House, connection: Connection, openid: str, *, phone: str | None) -> Joined | Denied:
    """A new card bound to the account. Two deliveries at once cannot make two: the binding is unique."""
    now = house.clock()
    savepoint = connection.begin_nested()
    try:
        member_id = members.create(
            connection,
            name=UNNAMED,
            phone=phone,
            phone_proven=phone is not None,
            home_store_id=house.shop.stores[0].id,
            level=house.shop.levels[0].id,
            joined_at=now,
        )
    except PhoneTaken:
        savepoint.rollback()
        return Denied("join_two_cards")
    if not members.bind(connection, openid=openid, member_id=member_id, at=now):
        savepoint.rollback()
        return _found(connection, openid, existing=True)
    guide.plan_guide(house, connection, member_id, now=now)
    savepoint.commit()
    return _found(connection, openid, existing=False)


def _found(connection: Connection, openid: str, *, existing: bool) -> Joined | Denied:
    member = members.by_openid(connection, openid)
    return Joined(member, existing) if member is not None else Denied("join_two_cards")


def set_muted(house: House, *, openid: str, muted: bool) -> Denied | None:
    """Stop or resume reminders; receipts of one's own money are not reminders and go on."""
    with house.engine.begin() as connection:
        member = members.by_openid(connection, openid)
        if member is None:
            return Denied("not_member")
        members.set_muted(connection, member.id, muted=muted)
        if not muted:
            preferences.allow_all(connection, member.id)
        return None
