"""What a sender must do about each error of the platform (wechat-protocol §3)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

import requests
from wechatpy.exceptions import WeChatClientException

Action = Literal[
    "retry",  # try again, the platform or the line is at fault
    "quota",  # the day's allowance of this API is used up
    "alarm",  # an operator must act; the message waits for him
    "wait_for_member",  # the reply window is closed: he has to write first
    "recipient",  # this member cannot be reached
    "media",  # upload it again
    "review",  # sensitive words: a person must look
    "delivered",  # it had already been sent
    "bug",  # what we sent was wrong
]

BEIJING = ZoneInfo("Asia/Shanghai")
ALARM_PAUSE_SECONDS = 600.0


class BadAnswerError(Exception):
    """HTTP 200 with something that is not the platform's JSON (a proxy's page, a captive portal)."""


@dataclass(frozen=True)
class Verdict:
    """What to do after a failed call.

    Attributes:
        permanent: trying the same again is useless.
        code: the platform's errcode; None when it did not get to answer.
        retry_after_seconds: at least so long; None leaves it to the caller's back-off.
    """

    permanent: bool
    action: Action
    code: int | None
    retry_after_seconds: float | None = None


_RETRY_AFTER: dict[int, float | None] = {-1: None, 43108: 5.0, 45011: 60.0, 45066: 60.0}
_ALARM = {40001, 40014, 42001, 40013, 40125, 40164, 40243, 89503, 61024, 48001, 48004, 50002, 45028}
_RECIPIENT = {40003, 43004, 43019, 43101, 46004, 50005}
_WAIT = {45015, 45047, 48002}  # 48002: he switched messages off; his next word shows that he hears us
_DELIVERED = {45065, 40258}
_BUG = {
    *(40036, 40037, 43107, 43116),  # templates: wrong or banned, not mended by another try
    *(47001, 47003, 45002, 44004, 45008, 45067, 45157, 45159),
    *(40004, 40006, 40009, 40010, 40011, *range(40016, 40021), *range(40023, 40028)),
    *(*range(41001, 41010), 43001, 43002, 43003, 65303, 65316, 65317, 65320),
}
_PERMANENT: dict[int, Action] = {
    **dict.fromkeys(_RECIPIENT, "recipient"),
    **dict.fromkeys(_WAIT, "wait_for_member"),
    **dict.fromkeys(_DELIVERED, "delivered"),
    **dict.fromkeys(_BUG, "bug"),
    40007: "media",
    45168: "review",
}


def classify(exception: BaseException, *, now: datetime | None = None) -> Verdict:
    """The verdict on any exception that a call of the client can raise.

    Args:
        now: aware; decides how long "until midnight in Beijing" is (45009).
    """
    if isinstance(exception, WeChatClientException) and exception.errcode is not None:
        return _of_code(int(exception.errcode), now or datetime.now(UTC))
    if isinstance(exception, ValueError | TypeError) and not isinstance(exception, requests.RequestException):
        return Verdict(True, "bug", None)
    response = getattr(exception, "response", None)
    too_many = response is not None and response.status_code == 429
    return Verdict(False, "retry", None, 60.0 if too_many else None)


def _of_code(code: int, now: datetime) -> Verdict:
    if code in _PERMANENT:
        return Verdict(True, _PERMANENT[code], code)
    if code == 45009:
        return Verdict(False, "quota", code, _until_midnight(now))
    if code in _ALARM:
        return Verdict(False, "alarm", code, ALARM_PAUSE_SECONDS)
    return Verdict(False, "retry", code, _RETRY_AFTER.get(code))


def _until_midnight(now: datetime) -> float:
    """Seconds to the next 00:00 in Beijing, where quotas begin anew, and a minute for clocks that differ."""
    local = now.astimezone(BEIJING)
    midnight = (local + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
    return (midnight - local).total_seconds() + 60
