"""What a member says to a reminder: why, not this kind, no offers, I am coming (row E5)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from actions.house import Denied, House
from ledger.records import bookings, members, preferences, reminders
from ledger.records.members import Member
from ledger.records.reminders import Reminder

REMEMBERED = timedelta(days=30)
ASKED_WITHIN = timedelta(hours=30)  # an answer of one word is to what was asked a day before at most
ABOUT_BOOKINGS = ("booking_tomorrow", "booking_soon")


@dataclass(frozen=True)
class Explained:
    """The last message of the shop's own accord: its first line, and why the member got it."""

    first_line: str
    reason: str


def why_last(house: House, *, openid: str) -> Explained | Denied:
    """Why the member got the last one. Denied `why_none`: there was none lately."""
    now = house.clock()
    with house.engine.connect() as connection:
        member = members.by_openid(connection, openid)
        if member is None:
            return Denied("why_none")
        last = reminders.last_sent(connection, member.id, since=now - REMEMBERED)
        if last is None:
            return Denied("why_none")
        return Explained(reminders.first_line(connection, last.id), last.reason)


def refuse_last(house: House, *, openid: str) -> Denied | None:
    """No more of the kind (or the campaign) that was sent last; what waits of it is dropped when due."""
    now = house.clock()
    with house.engine.begin() as connection:
        found = _last(connection, openid, now)
        if isinstance(found, Denied):
            return found
        member, last = found
        kind = f"campaign:{last.campaign}" if last.campaign else last.kind
        preferences.refuse(connection, member.id, kind, at=now)
        return None


def _last(connection: Connection, openid: str, now: datetime) -> tuple[Member, Reminder] | Denied:
    member = members.by_openid(connection, openid)
    if member is None:
        return Denied("not_member")
    last = reminders.last_sent(connection, member.id, since=now - REMEMBERED)
    return (member, last) if last is not None else Denied("refused_nothing")


def refuse_marketing(house: House, *, openid: str) -> Denied | None:
    """No more offers and campaigns; reminders of appointments and of one's own money go on."""
    with house.engine.begin() as connection:
        member = members.by_openid(connection, openid)
        if member is None:
            return Denied("not_member")
        preferences.refuse(connection, member.id, "marketing", at=house.clock())
        return None


def coming(house: House, *, openid: str, key: str) -> datetime | Denied:
    """到: he comes, noted with the booking he was reminded of, once; when that begins."""
    now = house.clock()
    with house.engine.begin() as connection:
        member = members.by_openid(connection, openid)
        if member is None:
            return Denied("coming_none")
        asked = reminders.last_sent(connection, member.id, since=now - ASKED_WITHIN, kinds=ABOUT_BOOKINGS)
        row = bookings.by_id(connection, int(asked.subject["booking_id"])) if asked else None
        if row is None or row.state != "booked" or row.starts_at <= now or row.member_id != member.id:
            return Denied("coming_none")
        if bookings.event_by_key(connection, key) is None:
            bookings.note(connection, row.id, "coming", at=now, actor=f"member:{member.id}", key=key)
        return row.starts_at


def was_asked(house: House, *, openid: str) -> bool:
    """Whether a reminder lately asked this account for 到, 改期 or 取消."""
    with house.engine.connect() as connection:
        member = members.by_openid(connection, openid)
        since = house.clock() - ASKED_WITHIN
        return member is not None and (
            reminders.last_sent(connection, member.id, since=since, kinds=ABOUT_BOOKINGS) is not None
        )
