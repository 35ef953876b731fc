"""Sending one outbox message, and what becomes of it (wechat-protocol §3, features rows E1 and E5).

A message is claimed in one transaction, sent, and marked in another. Between sending and marking lies the one
moment in which a killed worker leaves a doubt; the platform offers no key against it for customer-service
messages, so the message is then sent again after the claim has run out: twice is better than never for a
receipt.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal, Protocol, TypeVar

import structlog
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from actions.reminders.kind import Untrue, Words
from actions.reminders.refresh import FRESH_FOR, Later
from bot import metrics
from bot.logs import mask_text
from bot.outreach.channels.customer_service import CustomerService, PictureSender
from bot.outreach.queue import defer_message, release_waiting
from bot.outreach.router import Router, Waits, Went
from bot.outreach.wechat.errors import Verdict, classify
from bot.outreach.wechat.markup import TEXT_LIMIT_BYTES, cut
from ledger.book import Busy
from ledger.book.driver import single_statements
from ledger.records import contacts, messages
from ledger.records.messages import OutgoingMessage
from ledger.records.pictures import MESSAGE_KIND as PICTURE

log = structlog.get_logger(__name__)

T = TypeVar("T")
Result = Literal["sent", "retry", "waiting", "failed", "gone"]

BACKOFF_SECONDS = (1, 5, 30, 60, 120, 300, 600, 1200, 1800)  # then hourly
LONGEST_BACKOFF_SECONDS = 3600
TRIES_LIMIT = 20  # and at least so long, since the platform may be away for a day and a night:
TRIED_FOR = timedelta(days=3)
RESTART_PAUSES_SECONDS = (0.2, 0.5, 1.0, 2.0, 4.0, 8.0)
SWEEP_GRACE = timedelta(seconds=3)
SWEEP_LIMIT = 100
LEFT = frozenset({43004, 50005})  # does not follow any more: nothing more is sent (wechat-protocol §3)


class Sender(Protocol):
    """What sending needs of the channel's client."""

    def send_text(self, openid: str, text: str) -> None: ...


@dataclass(frozen=True)
class OutreachContext:
    """What the worker works with.

    Attributes:
        engine: the shop's database.
        client: the channel.
        clock: the shop's time, aware.
        studio: sends pictures; without it their words are sent.
        router: chooses among the channels; without it there is the client alone.
        refresh: what an old message says now, that it is not true any more, or that this is no hour for it;
            None: it stands as it is.
    """

    engine: Engine
    client: Sender
    clock: Callable[[], datetime]
    studio: PictureSender | None = None
    router: Router | None = None
    refresh: Callable[[OutgoingMessage], Words | Untrue | Later | None] = lambda _message: None


def deliver(context: OutreachContext, message_id: int) -> Result:
    """Send one message unless it is not due, already done, or in another sender's hands ("gone")."""
    message = _claim(context, message_id)
    if message is None:
        return "gone"
    try:
        current = _current(context, message)
        if isinstance(current, Untrue):
            return _dropped(context, message, current.why)
        if isinstance(current, Later):
            return _put_back(context, message, due_at=current.at, why=current.why)
        outcome = _send(context, current)
    except Exception as error:  # noqa: BLE001 - every failure has a verdict
        result = _after_error(context, message, error)
    else:
        result = _settle(context, message, outcome)
    metrics.SENDS.labels(result).inc()
    log.info(
        "message handled", message_id=message.id, kind=message.kind, result=result, tries=message.attempts
    )
    return result


def sweep(context: OutreachContext, should_stop: Callable[[], bool] = lambda: False) -> int:
    """Send what is due and was left lying: by a job that was lost, or because the shop's clock was moved.

    Returns how many messages were handled.
    """
    with context.engine.begin() as connection:
        due = messages.waiting(connection, now=context.clock() - SWEEP_GRACE, limit=SWEEP_LIMIT)
    handled = 0
    for message_id in due:
        if should_stop():
            break
        handled += deliver(context, message_id) != "gone"
    return handled


def _claim(context: OutreachContext, message_id: int) -> OutgoingMessage | None:
    """One statement, one round trip: what is claimed and then lost is taken over when the claim has ended."""

    def claim() -> OutgoingMessage | None:
        with single_statements(context.engine) as connection:
            return messages.claim_for_sending(connection, message_id, context.clock())

    return _through_a_restart(claim)


def _after_error(context: OutreachContext, message: OutgoingMessage, error: Exception) -> Result:
    now = context.clock()
    verdict = classify(error, now=now)
    reason = f"{verdict.code or type(error).__name__} {verdict.action}: {mask_text(str(error))}"
    say = log.error if verdict.action in ("alarm", "bug", "review", "quota") else log.warning
    say("sending failed", message_id=message.id, code=verdict.code, action=verdict.action, error=str(error))
    if verdict.action == "delivered":
        return _sent(context, message)
    if verdict.action == "wait_for_member":
        _patiently(context, lambda c: contacts.close_window(c, message.openid))
        return _waits(context, message, reason)
    if verdict.code in LEFT:
        _patiently(context, lambda c: contacts.unfollow(c, openid=message.openid, at=now))
    if verdict.permanent or _tried_enough(message, now):
        _patiently(context, lambda c: messages.mark_failed(c, message.id, error=reason))
        return "failed"
    due_at = now + timedelta(seconds=_pause_seconds(message.attempts, verdict))
    return _put_back(context, message, due_at=due_at, why=reason)


def _tried_enough(message: OutgoingMessage, now: datetime) -> bool:
    """Both: what waited for the member's word for days is then tried as often as anything else."""
    return message.attempts >= TRIES_LIMIT and now - message.created_at >= TRIED_FOR


def _put_back(context: OutreachContext, message: OutgoingMessage, *, due_at: datetime, why: str) -> Result:
    def put_back(connection: Connection) -> None:
        if messages.mark_retry(connection, message.id, due_at=due_at, error=why):
            defer_message(connection, message.id, due_at, now=context.clock())

    _patiently(context, put_back)
    return "retry"


def _current(context: OutreachContext, message: OutgoingMessage) -> OutgoingMessage | Untrue | Later:
    """The message as it is to be said now; what has just been written is not looked at again."""
    if context.clock() - message.created_at <= FRESH_FOR:
        return message
    said = context.refresh(message)
    if isinstance(said, Words):
        return replace(message, text=said.text, detail=said.detail)
    return message if said is None else said


def _send(context: OutreachContext, message: OutgoingMessage) -> Went | Waits:
    if context.router is not None:
        return context.router.send(message)
    if message.kind == PICTURE and context.studio is not None:
        return Went(CustomerService.name if context.studio.send(message) else None)
    context.client.send_text(message.openid, cut(message.text, TEXT_LIMIT_BYTES))
    return Went(CustomerService.name)


def _settle(context: OutreachContext, message: OutgoingMessage, outcome: Went | Waits) -> Result:
    if isinstance(outcome, Waits):
        return _waits(context, message, outcome.why)
    if outcome.channel is None:
        return _dropped(context, message)
    return _sent(context, message, outcome.channel)


def _waits(context: OutreachContext, message: OutgoingMessage, why: str) -> Result:
    """It waits for the member's next word; one that came while it was tried has opened the window again."""
    now = context.clock()

    def wait(connection: Connection) -> bool:
        messages.mark_waiting(connection, message.id, error=why)
        window = contacts.window_of(connection, message.openid)
        return window is not None and window.left is not None and window.is_open(now)

    if _patiently(context, wait):
        _patiently(context, lambda c: release_waiting(c, message.openid, now=now))
    return "waiting"


def _dropped(
    context: OutreachContext, message: OutgoingMessage, why: str = "there is nothing to show any more"
) -> Result:
    """What says nothing any more: a pay code that ran out, a voucher that was used, an appointment moved."""
    _patiently(context, lambda c: messages.mark_dropped(c, message.id, error=why))
    return "gone"


def _sent(context: OutreachContext, message: OutgoingMessage, channel: str | None = None) -> Result:
    """Noted with what it took of the reply window: one commit for both."""

    def note(connection: Connection) -> None:
        messages.mark_sent(connection, message.id, now=context.clock(), channel=channel)
        if channel == CustomerService.name:
            contacts.spend_window(connection, message.openid)

    _patiently(context, note)
    return "sent"


def _pause_seconds(tries: int, verdict: Verdict) -> float:
    steps = len(BACKOFF_SECONDS)
    pause = BACKOFF_SECONDS[tries - 1] if tries <= steps else LONGEST_BACKOFF_SECONDS
    return max(float(pause), verdict.retry_after_seconds or 0.0)


def _patiently(context: OutreachContext, change: Callable[[Connection], T]) -> T:
    """One transaction, through a restart of the database: an outcome forgotten is a message sent twice."""

    def once() -> T:
        with context.engine.begin() as connection:
            return change(connection)

    return _through_a_restart(once)


def _through_a_restart(work: Callable[[], T]) -> T:
    for pause in RESTART_PAUSES_SECONDS:
        try:
            return work()
        except (DBAPIError, Busy):
            time.sleep(pause)
    return work()
