"""A reminder that could not leave for a while is looked at once more before it does (row E1).

WeChat was down for hours, or the message waited for the member's next word: its words are made anew, or it is
dropped, since “今天 15:00” of last Tuesday is worse than silence.
"""

from __future__ import annotations

from datetime import timedelta

from actions.house import House
from actions.reminders import manners
from actions.reminders.kind import Sending, Untrue, Words
from actions.reminders.kinds import KINDS
from ledger.records import members, messages, reminders

FRESH_FOR = timedelta(minutes=10)


def refresh(house: House, message_id: int) -> Words | Untrue | None:
    """What a message of the outbox says now. None: it is no reminder, and stands as it is.

    New words are kept with the message, and why it is not true any more with the reminder.
    """
    now = house.clock()
    with house.engine.begin() as connection:
        reminder = reminders.of_message(connection, message_id)
        if reminder is None:
            return None
        member = members.by_id(connection, reminder.member_id)
        kind = KINDS.get(reminder.kind)
        if member is None or kind is None:
            return Untrue("nobody knows this kind any more")
        sending = Sending(house, connection, reminder, member, now)
        why = manners.unwanted(sending, kind)
        composed = Untrue(why) if why is not None else kind.compose(sending)
        if isinstance(composed, Untrue):
            reminders.note_untrue(connection, reminder.id, composed.why)
        else:
            detail = {"shop": house.shop.name, **composed.detail}
            composed = Words(composed.text, detail)
            messages.rewrite(connection, message_id, text=composed.text, detail=detail)
        return composed
