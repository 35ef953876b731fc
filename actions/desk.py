"""What staff do at the counter besides money: members, cards, codes (features C1)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from actions import phone_proof, rights
from actions.house import Denied, House
from ledger import book
from ledger.book import Balances
from ledger.records import members, phone_codes
from ledger.records.members import Member, PhoneTaken
from ledger.reports.totals import member_totals
from shop import levels
from shop.model import Level


@dataclass(frozen=True)
class LookedUp:
    """What staff see of a member."""

    member: Member
    balances: Balances
    level: Level


@dataclass(frozen=True)
class Registered:
    member_id: int
    name: str
    phone: str


def look_up(house: House, *, staff_openid: str, phone: str) -> LookedUp | Denied:
    """A member by phone, for staff; the look is signed."""
    now = house.clock()
    with house.engine.begin() as connection:
        acting = rights.require_staff(connection, staff_openid)
        if isinstance(acting, Denied):
            return acting
        member = members.by_phone(connection, phone)
        if member is None:
            return Denied("no_such_member", {"phone": phone})
        rights.sign(connection, acting, "look_up", at=now, member_id=member.id)
        totals = member_totals(connection, member.id)
        return LookedUp(
            member=member,
            balances=book.balances(connection, member.id, now=now),
            level=levels.level_for(house.shop, totals.visits, totals.spent_fen, totals.topped_up_fen),
        )


def register(house: House, *, staff_openid: str, phone: str, name: str) -> Registered | Denied:
    """Open a card for someone at the counter; the phone counts as entered, not as proved."""
    now = house.clock()
    with house.engine.begin() as connection:
        acting = rights.require_staff(connection, staff_openid)
        if isinstance(acting, Denied):
            return acting
        try:
            member_id = members.create(
                connection,
                name=name,
                phone=phone,
                home_store_id=acting.store_id or house.shop.stores[0].id,
                level=house.shop.levels[0].id,
                joined_at=now,
            )
        except PhoneTaken:
            taken = members.by_phone(connection, phone)
            return Denied("phone_taken", {"phone": phone, "name": taken.name if taken else ""})
        rights.sign(connection, acting, "register", at=now, member_id=member_id)
        return Registered(member_id, name, phone)


def issue_phone_code(house: House, *, staff_openid: str, phone: str) -> str | Denied:
    """A code that staff read out to the phone's owner; stored as a hash, it works once, for ten minutes."""
    now = house.clock()
    with house.engine.begin() as connection:
        acting = rights.require_staff(connection, staff_openid)
        if isinstance(acting, Denied):
            return acting
        code = house.random_digits(phone_proof.CODE_LENGTH)
        issued = phone_codes.issue(
            connection,
            openid=phone_proof.at_counter(phone),
            phone=phone,
            code_hash=phone_proof.code_hash(phone, code),
            issued_by=f"staff:{acting.id}",
            created_at=now,
            expires_at=now + timedelta(minutes=phone_proof.LIFETIME_MINUTES),
        )
        if issued is None:
            return Denied("too_many_codes")
        rights.sign(connection, acting, "phone_code", at=now)
        return code
