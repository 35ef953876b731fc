"""Sending one outbox message, and what becomes of it (wechat-protocol §3, features rows E1 and E5).

A message is claimed in one transaction, sent, and marked in another. Between sending and marking lies the one
moment in which a killed worker leaves a doubt; the platform offers no key against it for customer-service
messages, so the message is then sent again after the claim has run out: twice is better than never for a
receipt.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, Protocol, TypeVar

import structlog
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from bot import metrics
from bot.logs import mask_text
from bot.outreach.queue import defer_message
from bot.outreach.wechat.errors import Verdict, classify
from bot.outreach.wechat.markup import TEXT_LIMIT_BYTES, cut
from ledger.records import messages
from ledger.records.messages import OutgoingMessage

log = structlog.get_logger(__name__)

T = TypeVar("T")
Result = Literal["sent", "retry", "waiting", "failed", "gone"]

BACKOFF_SECONDS = (1, 5, 30, 60, 120, 300, 600, 1200, 1800)  # then hourly
LONGEST_BACKOFF_SECONDS = 3600
TRIES_LIMIT = 20  # about 14 hours of trying; the reply window itself closes after 48
RESTART_PAUSES_SECONDS = (0.2, 0.5, 1.0, 2.0, 4.0, 8.0)
SWEEP_GRACE = timedelta(seconds=3)
SWEEP_LIMIT = 100


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
    """

    engine: Engine
    client: Sender
    clock: Callable[[], datetime]


def deliver(context: OutreachContext, message_id: int) -> Result:
    """Send one message unless it is not due, already done, or in another sender's hands ("gone")."""
    message = _patiently(context, lambda c: messages.claim_for_sending(c, message_id, context.clock()))
    if message is None:
        return "gone"
    try:
        context.client.send_text(message.openid, cut(message.text, TEXT_LIMIT_BYTES))
    except Exception as error:  # noqa: BLE001 - every failure has a verdict
        result = _after_error(context, message, error)
    else:
        result = _sent(context, message)
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


def _after_error(context: OutreachContext, message: OutgoingMessage, error: Exception) -> Result:
    now = context.clock()
    verdict = classify(error, now=now)
    reason = f"{verdict.code or type(error).__name__} {verdict.action}: {mask_text(str(error))}"
    say = log.error if verdict.action in ("alarm", "bug", "review", "quota") else log.warning
    say("sending failed", message_id=message.id, code=verdict.code, action=verdict.action, error=str(error))
    if verdict.action == "delivered":
        return _sent(context, message)
    if verdict.permanent or message.attempts >= TRIES_LIMIT:
        _patiently(context, lambda c: messages.mark_failed(c, message.id, error=reason, now=now))
        return "waiting" if verdict.action == "wait_for_member" else "failed"
    due_at = now + timedelta(seconds=_pause_seconds(message.attempts, verdict))

    def put_back(connection: Connection) -> None:
        if messages.mark_retry(connection, message.id, due_at=due_at, error=reason, now=now):
            defer_message(connection, message.id, due_at, now=now)

    _patiently(context, put_back)
    return "retry"


def _sent(context: OutreachContext, message: OutgoingMessage) -> Result:
    _patiently(context, lambda c: messages.mark_sent(c, message.id, now=context.clock()))
    return "sent"


def _pause_seconds(tries: int, verdict: Verdict) -> float:
    steps = len(BACKOFF_SECONDS)
    pause = BACKOFF_SECONDS[tries - 1] if tries <= steps else LONGEST_BACKOFF_SECONDS
    return max(float(pause), verdict.retry_after_seconds or 0.0)


def _patiently(context: OutreachContext, change: Callable[[Connection], T]) -> T:
    """One transaction, through a restart of the database: an outcome forgotten is a message sent twice."""
    for pause in RESTART_PAUSES_SECONDS:
        try:
            with context.engine.begin() as connection:
                return change(connection)
        except DBAPIError:
            time.sleep(pause)
    with context.engine.begin() as connection:
        return change(connection)
