"""Who is writing: a member, a staff member, both, or nobody known yet."""

from __future__ import annotations

from dataclasses import dataclass

from actions.house import House
from ledger.records import contacts, members, staff
from ledger.records.members import Member
from ledger.records.staff import Staff


@dataclass(frozen=True)
class Person:
    """What is known of a WeChat account; no right follows from it, each action asks again."""

    openid: str
    member: Member | None
    staff: Staff | None


def identify(house: House, openid: str) -> Person:
    """Look up the person behind a message."""
    with house.engine.connect() as connection:
        return Person(
            openid=openid,
            member=members.by_openid(connection, openid),
            staff=staff.by_openid(connection, openid),
        )


def note_follow(house: House, *, openid: str, scene: str) -> None:
    """Remember that the account follows, and by which scene it came first."""
    with house.engine.begin() as connection:
        contacts.follow(connection, openid=openid, scene=scene, at=house.clock())


def note_unfollow(house: House, *, openid: str) -> None:
    """Remember that the account left; the card stays (wechat-protocol §9.4)."""
    with house.engine.begin() as connection:
        contacts.unfollow(connection, openid=openid, at=house.clock())
