"""One verdict for each error of wechat-protocol §3."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
import requests
from wechatpy.exceptions import APILimitedException, WeChatClientException

from bot.outreach.wechat.errors import BadAnswerError, Verdict, classify


def of(code: int | None) -> Verdict:
    return classify(WeChatClientException(code, "x"))


@pytest.mark.parametrize(
    ("codes", "permanent", "action"),
    [
        ((-1, 45011, 45066, 43108), False, "retry"),
        ((40001, 40014, 42001, 40013, 40125, 40164, 40243, 89503, 48001, 48004, 50002), False, "alarm"),
        ((40003, 43004, 43019, 43101, 46004, 50005), True, "recipient"),
        ((45015, 45047, 48002), True, "wait_for_member"),
        ((45065, 40258), True, "delivered"),
        ((45002, 44004, 47001, 47003, 45008, 40037, 40018, 41001, 43003, 65320), True, "bug"),
        ((40007,), True, "media"),
        ((45168,), True, "review"),
        ((99999,), False, "retry"),
    ],
)
def test_codes(codes: tuple[int, ...], permanent: bool, action: str) -> None:
    for code in codes:
        verdict = of(code)
        assert (verdict.permanent, verdict.action, verdict.code) == (permanent, action, code)


def test_pauses() -> None:
    assert of(-1).retry_after_seconds is None
    assert of(45011).retry_after_seconds == 60
    assert of(40164).retry_after_seconds == 600


@pytest.mark.parametrize(
    ("now", "seconds"),
    [
        (datetime(2026, 11, 22, 15, 30, tzinfo=UTC), 1800 + 60),  # 23:30 in Beijing
        (datetime(2026, 11, 22, 16, 0, tzinfo=UTC), 86400 + 60),  # 00:00 in Beijing
    ],
)
def test_the_days_quota_comes_back_at_midnight_in_beijing(now: datetime, seconds: float) -> None:
    verdict = classify(APILimitedException(45009, "quota"), now=now)
    assert verdict == Verdict(False, "quota", 45009, seconds)


@pytest.mark.parametrize(
    "error",
    [
        requests.ReadTimeout("5 s"),
        requests.ConnectionError("refused"),
        requests.exceptions.JSONDecodeError("x", "y", 0),
        BadAnswerError("html"),
        WeChatClientException(None, None),
        RuntimeError("anything else"),
    ],
)
def test_the_line_and_the_unexpected_are_tried_again(error: Exception) -> None:
    assert classify(error) == Verdict(False, "retry", None)


def test_what_we_got_wrong_is_not_tried_again() -> None:
    assert classify(ValueError("a text has 1 to 2048 bytes")) == Verdict(True, "bug", None)


def test_too_many_requests_waits_a_minute() -> None:
    response = requests.Response()
    response.status_code = 429
    assert classify(WeChatClientException(None, None, response=response)).retry_after_seconds == 60
