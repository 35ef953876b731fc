"""A member's own data: name and birthday; the phone is changed by proving the new one (feature A10)."""

from __future__ import annotations

import re
from datetime import date

from sqlalchemy import Connection

from actions.house import Denied, House
from ledger.records import acts, members
from ledger.records.members import Member

LONGEST_NAME = 20
UNSAID_YEAR = 4  # a birthday whose year the member keeps to himself; a leap year, so that 29 February fits
_NAME = re.compile(r"[\w·• .-]+")


def clean_name(said: str) -> str | None:
    """A name as it may be kept: letters, characters and the dot of 买买提·艾力; None for anything else."""
    name = " ".join(said.split())
    if not 1 <= len(name) <= LONGEST_NAME or not _NAME.fullmatch(name) or name.isdigit():
        return None
    return name


def set_name(house: House, *, openid: str, name: str, key: str) -> Member | Denied:
    """Keep another name for the card bound to this account."""
    kept = clean_name(name)
    if kept is None:
        return Denied("profile_bad_name", {"limit": LONGEST_NAME})
    with house.engine.begin() as connection:
        member = members.by_openid(connection, openid)
        if member is None:
            return Denied("not_member")
        members.rename(connection, member.id, kept)
        _sign(house, connection, member, "rename", key)
        return member


def set_birthday(house: House, *, openid: str, birthday: date, key: str) -> Member | Denied:
    """Keep the birthday, once: what depends on it (gifts, double points) cannot be had twice a year.

    A member who gave a wrong one has it changed by the store. The year `UNSAID_YEAR` stands for none.
    """
    today = house.clock().astimezone(house.shop.zone).date()
    if birthday.year != UNSAID_YEAR and not date(1900, 1, 1) <= birthday <= today:
        return Denied("profile_bad_birthday")
    with house.engine.begin() as connection:
        member = members.by_openid(connection, openid)
        if member is None:
            return Denied("not_member")
        if member.birthday is not None and member.birthday != birthday:
            return Denied("profile_birthday_kept")
        if member.birthday is None:
            members.set_birthday(connection, member.id, birthday)
            _sign(house, connection, member, "birthday", key)
        return member


def _sign(house: House, connection: Connection, member: Member, what: str, key: str) -> None:
    acts.record(
        connection,
        actor=f"member:{member.id}",
        what=what,
        at=house.clock(),
        origin=member.openid or "",
        key=key,
        member_id=member.id,
    )
