"""Who is writing, and who follows."""

from __future__ import annotations

from datetime import timedelta
from typing import Literal

from actions.house import House
from actions.loyalty import referral
from actions.loyalty.referral import Recommended
from ledger.records import consents, contacts, persons
from ledger.records.persons import Person

__all__ = [
    "Occasion",
    "Person",
    "identify",
    "note_consents",
    "note_follow",
    "note_occasion",
    "note_scan",
    "note_unfollow",
]

Occasion = Literal["message", "tap"]
# What each lets us send, and for how long (wechat-protocol §4.1); a follow or a scan is as a tap.
_WINDOWS: dict[Occasion, tuple[int, timedelta]] = {
    "message": (5, timedelta(hours=48)),
    "tap": (3, timedelta(minutes=1)),
}


def identify(house: House, openid: str) -> Person:
    """The person behind a message: one query, no transaction, because every message pays for it."""
    with house.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        return persons.by_openid(connection, openid)


def note_follow(house: House, *, openid: str, scene: str) -> Recommended | None:
    """Remember that the account follows and by which scene it came first; who brought it, if somebody did."""
    now = house.clock()
    with house.engine.begin() as connection:
        newly = contacts.follow(connection, openid=openid, scene=scene, at=now)
        if not newly:  # who left and came back is no newcomer
            return None
        return referral.record_follow(house, connection, openid=openid, scene=scene, now=now)


def note_scan(house: House, *, openid: str, scene: str) -> Recommended | None:
    """A follower scanned a code: who brought him, if he is a newcomer and that is a member's code."""
    with house.engine.begin() as connection:
        return referral.record_follow(house, connection, openid=openid, scene=scene, now=house.clock())


def note_occasion(house: House, *, openid: str, occasion: Occasion) -> None:
    """The account did something that opens WeChat's reply window."""
    now = house.clock()
    count, lives = _WINDOWS[occasion]
    with house.engine.begin() as connection:
        contacts.open_window(connection, openid=openid, at=now, messages=count, until=now + lives)


def note_consents(house: House, *, openid: str, answers: str, key: str) -> int:
    """Count what an account allowed or refused: `template=accept;template=reject`; how many were new."""
    now, counted = house.clock(), 0
    with house.engine.begin() as connection:
        for place, pair in enumerate(answers.split(";")):
            template_id, _, what = pair.rpartition("=")
            if not template_id or what not in ("accept", "reject"):
                continue
            counted += consents.note(
                connection,
                key=f"{key}:{place}",
                openid=openid,
                template_id=template_id,
                what="accept" if what == "accept" else "reject",
                at=now,
            )
    return counted


def note_unfollow(house: House, *, openid: str) -> None:
    """Remember that the account left; the card stays (wechat-protocol §9.4)."""
    with house.engine.begin() as connection:
        contacts.unfollow(connection, openid=openid, at=house.clock())
