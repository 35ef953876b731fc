"""What all doors share: health, readiness, metrics, headers, errors with a request id."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping

import pytest
from flask import Blueprint
from flask.testing import FlaskClient

from bot.messages import SILENCE
from webhook.app import REQUEST_LIMIT_BYTES, WebParts, create_app
from webhook.wechat.crypto import sign
from webhook.wechat.door import DoorConfig

CONFIG = DoorConfig("wxdemo", "AAAAA", mode="plain")


def make_client(
    readiness: Callable[[], Mapping[str, str]] = lambda: {"database": "ok"}, *blueprints: Blueprint
) -> FlaskClient:
    app = create_app(WebParts(CONFIG, lambda _: SILENCE, readiness, blueprints))
    assert not app.debug
    return app.test_client()


def test_healthz_asks_nobody() -> None:
    def broken() -> Mapping[str, str]:
        raise AssertionError("asked")

    assert make_client(broken).get("/healthz").status_code == 200


@pytest.mark.parametrize(
    ("parts", "status"),
    [
        ({"database": "ok", "redis": "ok", "nlu": "ok"}, 200),
        ({"database": "ok", "nlu": "degraded: keywords answer"}, 200),
        ({"database": "no answer within 2 s", "nlu": "ok"}, 503),
    ],
)
def test_readyz_names_what_is_missing(parts: dict[str, str], status: int) -> None:
    response = make_client(lambda: parts).get("/readyz")
    assert response.status_code == status
    assert response.get_json() == {"ready": status == 200, "parts": parts}


def test_a_broken_readiness_check_is_not_ready_and_tells_no_secret() -> None:
    def broken() -> Mapping[str, str]:
        raise RuntimeError("postgresql://user:password@host")

    response = make_client(broken).get("/readyz")
    assert response.status_code == 503
    assert "password" not in response.text


def test_metrics_count_messages_by_kind_and_outcome() -> None:
    client = make_client()
    body = (
        "<xml><ToUserName>g</ToUserName><FromUserName>o1</FromUserName><CreateTime>1</CreateTime>"
        "<MsgType>event</MsgType><Event>CLICK</Event><EventKey>{}</EventKey></xml>"
    )
    query = {"timestamp": "1", "nonce": "2", "signature": sign("AAAAA", "1", "2")}

    def count() -> float:
        for line in client.get("/metrics").text.splitlines():
            if line.startswith('zhanggui_messages_total{kind="CLICK",outcome="silent"}'):
                return float(line.split()[-1])
        return 0.0

    before = count()
    for key in ("A", "B"):
        client.post("/wechat", query_string=query, data=body.format(key))
    assert count() - before == 2
    assert "zhanggui_answer_seconds_bucket" in client.get("/metrics").text


def test_security_headers_on_every_answer_also_errors() -> None:
    client = make_client()
    for path in ("/healthz", "/nowhere"):
        headers = client.get(path).headers
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["X-Frame-Options"] == "DENY"
        assert headers["X-Request-Id"]


def test_a_failing_page_says_only_its_request_id(caplog: pytest.LogCaptureFixture) -> None:
    page = Blueprint("page", __name__)

    @page.get("/broken")
    def broken() -> str:
        raise RuntimeError("secret detail")

    with caplog.at_level(logging.ERROR):
        response = make_client(dict, page).get("/broken")
    assert response.status_code == 500
    assert "secret detail" not in response.text
    assert response.headers["X-Request-Id"] in response.text


def test_other_doors_have_a_request_limit_and_their_own_headers() -> None:
    page = Blueprint("page", __name__)

    @page.post("/page")
    def take() -> tuple[str, dict[str, str]]:
        from flask import request

        request.get_data()
        return "ok", {"Content-Security-Policy": "default-src 'self'"}

    client = make_client(dict, page)
    assert client.post("/page", data=b"x" * (REQUEST_LIMIT_BYTES + 1)).status_code == 413
    assert client.post("/page", data=b"x").headers["Content-Security-Policy"] == "default-src 'self'"
