"""Logs never show a whole phone number, a whole openid or a secret, wherever they hide."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
import structlog

from bot.logs import mask, mask_text, setup_logging

PHONE, OPENID = "13800138000", "oABCd1234efgh5678ijkl9012wxyz"


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    """Logging set up to write into a string, and put back afterwards."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    out = io.StringIO()
    setup_logging(json=True, stream=out)
    yield out
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()


def lines(stream: io.StringIO) -> list[dict[str, object]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("充值 13800138000 500 微信", "充值 138****8000 500 微信"),
        ("138 0013 8000", "138****8000"),
        ("138-0013-8000", "138****8000"),
        ("+86 13800138000", "+86 138****8000"),
        ("１３８００１３８０００", "１３８****８０００"),
        ("两个号：13800138000,13900139000。", "两个号：138****8000,139****9000。"),
        ("oABCd1234efgh5678ijkl9012wxyz", "oABC…wxyz"),
        ("wx:oABCd1234efgh5678ijkl9012wxyz:247000", "wx:oABC…wxyz:247000"),
        ("oDEMO_user_0000000000000001", "oDEM…0001"),
        (
            "/cgi-bin/message/custom/send?access_token=87_secretX&lang=zh",
            "/cgi-bin/message/custom/send?access_token=***&lang=zh",
        ),
        ('{"appid": "wx1", "secret": "abc", "x": 1}', '{"appid": "wx1", "secret": "***", "x": 1}'),
    ],
)
def test_masking(text: str, masked: str) -> None:
    assert mask_text(text) == masked


@pytest.mark.parametrize(
    "text",
    [
        "余额 ¥1,234.50",
        "24700000000000001",
        "1795300000",
        "12800138000",
        "outreach_message_claimed_again_and_again",
        "ok",
    ],
)
def test_what_is_neither_stays(text: str) -> None:
    assert mask_text(text) == text


@dataclass
class Member:
    phone: str
    openid: str


def test_every_value_of_an_event_is_masked(stream: io.StringIO) -> None:
    structlog.get_logger("t").info(
        f"bound {PHONE}",
        openid="o-short-1",
        touser=OPENID,
        number=int(PHONE),
        nested={"list": [PHONE, {"deep": OPENID}], PHONE: 1},
        member=Member(PHONE, OPENID),
        raw=f"<x>{PHONE}</x>".encode(),
        access_token="t" * 30,
        error=ValueError(PHONE),
        amount_fen=50_000,
    )
    line = stream.getvalue()
    assert PHONE not in line
    assert OPENID not in line
    assert "ttttt" not in line
    (event,) = lines(stream)
    assert event["event"] == "bound 138****8000"
    assert event["openid"] == "o-sh…rt-1"
    assert event["amount_fen"] == 50_000
    assert event["number"] == "138****8000"


def test_tracebacks_and_context_are_masked(stream: io.StringIO) -> None:
    structlog.contextvars.bind_contextvars(request_id="r1", who=OPENID)
    try:
        raise RuntimeError(f"no member with {PHONE}")
    except RuntimeError:
        structlog.get_logger("t").exception("failed")
    (event,) = lines(stream)
    assert PHONE not in stream.getvalue()
    assert "138****8000" in str(event["exception"])
    assert (event["request_id"], event["who"]) == ("r1", "oABC…wxyz")


def test_the_libraries_records_are_masked_too(stream: io.StringIO) -> None:
    logging.getLogger("wechatpy.client.base").warning("sent to %s with %s", OPENID, {"phone": PHONE})
    (event,) = lines(stream)
    assert event["event"] == "sent to oABC…wxyz with {'phone': '138****8000'}"
    assert event["logger"] == "wechatpy.client.base"
    assert event["level"] == "warning"


def test_a_log_call_survives_what_it_is_given(stream: io.StringIO) -> None:
    loop: dict[str, object] = {}
    loop["self"] = loop
    structlog.get_logger("t").info("odd", loop=loop, huge=10**30, surrogate="\ud800", none=None)
    assert lines(stream)[0]["none"] is None
    assert mask({"huge": 10**5000}) == {"huge": "a huge number"}


def test_console_form_is_masked_as_well() -> None:
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    out = io.StringIO()
    setup_logging(json=False, stream=out)
    structlog.get_logger("t").info("bound", phone=PHONE)
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()
    assert "138****8000" in out.getvalue()
    assert PHONE not in out.getvalue()
