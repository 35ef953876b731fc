"""Who is writing, and who follows."""

from __future__ import annotations

from actions.house import House
from ledger.records import contacts, persons
from ledger.records.persons import Person

__all__ = ["Person", "identify", "note_follow", "note_unfollow"]


def identify(house: House, openid: str) -> Person:
    """The person behind a message: one query, no transaction, because every message pays for it."""
    with house.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        return persons.by_openid(connection, openid)


def note_follow(house: House, *, openid: str, scene: str) -> None:
    """Remember that the account follows, and by which scene it came first."""
    with house.engine.begin() as connection:
        contacts.follow(connection, openid=openid, scene=scene, at=house.clock())


def note_unfollow(house: House, *, openid: str) -> None:
    """Remember that the account left; the card stays (wechat-protocol §9.4)."""
    with house.engine.begin() as connection:
        contacts.unfollow(connection, openid=openid, at=house.clock())
