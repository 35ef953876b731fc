"""What is due is looked at again, and sent or dropped with the reason: one transaction each (rows E1, E5).

The claim, the words, the outbox row, its job and the decision are one transaction, so that a worker that is
killed leaves the reminder as it was, and two workers never send one twice.
"""

from __future__ import annotations

from datetime import timedelta

import structlog
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from actions.house import House
from actions.reminders import manners
from actions.reminders.kind import Kind, Sending, Untrue, Words
from actions.reminders.kinds import KINDS
from ledger.book import Busy
from ledger.records import members, messages, reminders
from ledger.records.reminders import Reminder

log = structlog.get_logger()

A_RUN = 5000  # the duty comes round every minute
FAILURE_PAUSE = timedelta(minutes=30)
MOST_FAILURES = 5
BEHIND_ANOTHER = timedelta(minutes=1)
# What could not be said within these days (the shop was down, quiet hours were endless) is no news any more.
STALE = timedelta(days=3)


def send_due(house: House, *, most: int = A_RUN) -> int:
    """Decide about everything that is due; how many went into the outbox. Safe in several workers at once."""
    sent = 0
    for _ in range(most):
        outcome = _one(house)
        if outcome is None:
            break
        sent += outcome
    return sent


def _one(house: House) -> bool | None:
    """The next one that is due: whether it was sent; None when there is none."""
    now = house.clock()
    reminder: Reminder | None = None
    try:
        with house.engine.begin() as connection:
            claimed = reminders.claim_due(connection, now, 1)
            if not claimed:
                return None
            (reminder,) = claimed
            return _decide(house, connection, reminder)
    except (DBAPIError, Busy):
        raise  # the database is at fault, not the reminder: the duty comes round again
    except Exception as error:
        if reminder is None:
            raise
        log.exception("reminder.failed", reminder_id=reminder.id, kind=reminder.kind)
        _note_failure(house, reminder, error)
        return False


def _note_failure(house: House, reminder: Reminder, error: Exception) -> None:
    now = house.clock()
    with house.engine.begin() as connection:
        reminders.note_failure(
            connection,
            reminder.id,
            due_at=now + FAILURE_PAUSE,
            why=f"failed: {type(error).__name__}",
            most=MOST_FAILURES,
            now=now,
        )


def _decide(house: House, connection: Connection, reminder: Reminder) -> bool:
    now = house.clock()
    reminders.lock_member(connection, reminder.member_id)
    member = members.by_id(connection, reminder.member_id)
    kind = KINDS.get(reminder.kind)
    if member is None or kind is None:
        return _drop(
            connection, reminder, "nobody knows this kind any more" if member else "no member", house
        )
    if now - reminder.due_at > STALE:
        return _drop(connection, reminder, "too late by days", house)
    sending = Sending(house, connection, reminder, member, now)
    why = manners.unwanted(sending, kind)
    if why is not None:
        return _drop(connection, reminder, why, house)
    composed = kind.compose(sending)
    if isinstance(composed, Untrue):
        return _drop(connection, reminder, composed.why, house)
    if _later(sending):
        return False
    return _send(sending, kind, composed)


def _later(sending: Sending) -> bool:
    """Whether it has to wait: for the end of quiet hours, for a better campaign, for another day."""
    house, connection, reminder, now = sending.house, sending.connection, sending.reminder, sending.now
    allowed_at = manners.after_quiet(house.shop, now)
    if allowed_at > now:
        reminders.postpone(connection, reminder.id, due_at=allowed_at, why="quiet hours")
        return True
    if reminder.category != "marketing":
        return False
    if reminders.goes_before(connection, reminder, now):
        due_at = now + BEHIND_ANOTHER
        reminders.postpone(connection, reminder.id, due_at=due_at, why="another message goes first")
        return True
    cap = manners.enough(connection, house.shop, sending)
    if cap is None:
        return False
    if reminder.postponed >= manners.MOST_POSTPONED or cap == "the month's cap":
        _drop(connection, reminder, cap, house)
    else:
        due_at = manners.next_day(house.shop, now)
        reminders.postpone(connection, reminder.id, due_at=due_at, why=cap, counts=True)
    return True


def _send(sending: Sending, kind: Kind, composed: Words) -> bool:
    house, connection, reminder, now = sending.house, sending.connection, sending.reminder, sending.now
    message_id = messages.enqueue(
        connection,
        key=f"reminder:{reminder.id}",
        openid=sending.member.openid or "",
        member_id=sending.member.id,
        kind=kind.name,
        text=composed.text,
        due_at=now,
        created_at=now,
    )
    if message_id is None:
        raise RuntimeError(f"reminder {reminder.id} is in the outbox and still waits")
    detail = {"shop": house.shop.name, **composed.detail}
    messages.describe(connection, message_id, category=reminder.category, detail=detail)
    house.defer_message(connection, message_id, now)
    reminders.settle(connection, reminder.id, state="sent", result="", now=now, message_id=message_id)
    return True


def _drop(connection: Connection, reminder: Reminder, why: str, house: House) -> bool:
    reminders.settle(connection, reminder.id, state="dropped", result=why, now=house.clock())
    log.info("reminder.dropped", reminder_id=reminder.id, kind=reminder.kind, why=why)
    return False
