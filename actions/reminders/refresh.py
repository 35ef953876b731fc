"""A message that could not leave for a while is looked at once more before it does (row E1).

WeChat was down for hours, or the message waited for the member's next word. A reminder's words are made anew,
or it is dropped, since “今天 15:00” of last Tuesday is worse than silence. What is late wakes nobody.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from actions.house import House
from actions.reminders import manners
from actions.reminders.kind import Sending, Untrue, Words
from actions.reminders.kinds import KINDS
from ledger.records import contacts, members, messages, reminders
from ledger.records.messages import OutgoingMessage
from ledger.records.reminders import Reminder

FRESH_FOR = timedelta(minutes=10)
# A receipt that comes within these hours is still wanted in the evening; a later one waits for the morning.
NEWS_FOR = timedelta(hours=2)


@dataclass(frozen=True)
class Later:
    """Not now: `at` is when it may leave, `why` is kept with the message until then."""

    at: datetime
    why: str


def refresh(house: House, message: OutgoingMessage) -> Words | Untrue | Later | None:
    """What an old message of the outbox says now. None: it stands as it is.

    New words are kept with the message, and why it is not true any more with the reminder.
    """
    now = house.clock()
    with house.engine.begin() as connection:
        reminder = reminders.of_message(connection, message.id)
        if reminder is not None:
            said = _anew(house, connection, reminder, message.id)
            return said if isinstance(said, Untrue) else _quiet(house, connection, message) or said
        if message.member_id is None or now - message.created_at <= NEWS_FOR:
            return None  # staff are told at any hour
        return _quiet(house, connection, message)


def _anew(house: House, connection: Connection, reminder: Reminder, message_id: int) -> Words | Untrue:
    member = members.by_id(connection, reminder.member_id)
    kind = KINDS.get(reminder.kind)
    if member is None or kind is None:
        return Untrue("nobody knows this kind any more")
    sending = Sending(house, connection, reminder, member, house.clock())
    why = manners.unwanted(sending, kind)
    composed = Untrue(why) if why is not None else kind.compose(sending)
    if isinstance(composed, Untrue):
        reminders.note_untrue(connection, reminder.id, composed.why)
        return composed
    detail = {"shop": house.shop.name, **composed.detail}
    messages.rewrite(connection, message_id, text=composed.text, detail=detail)
    return Words(composed.text, detail)


def _quiet(house: House, connection: Connection, message: OutgoingMessage) -> Later | None:
    """Until when the shop keeps quiet; whoever has just written is awake."""
    now = house.clock()
    allowed_at = manners.after_quiet(house.shop, now)
    if allowed_at <= now:
        return None
    contact = contacts.by_openid(connection, message.openid)
    if contact is not None and contact.heard_at is not None and now - contact.heard_at <= FRESH_FOR:
        return None
    return Later(allowed_at, "quiet hours")
