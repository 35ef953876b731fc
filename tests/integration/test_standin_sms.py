"""The code's short message on its real way: our client of the provider against the stand-in, over HTTP."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import requests
from flask import Flask
from werkzeug.serving import make_server

import webhook.standin
from bot.outreach.channels.sms.aliyun import Aliyun
from bot.outreach.channels.sms.codes import CodeSender
from webhook.standin.sms import sms_pages


@pytest.fixture
def origin() -> Iterator[str]:
    folder = Path(webhook.standin.__file__).parent
    app = Flask("sms", root_path=str(folder), template_folder="templates")
    app.register_blueprint(sms_pages(lambda: datetime(2026, 3, 7, 10, 0, tzinfo=UTC)))
    server = make_server("127.0.0.1", 0, app)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_code_goes_out_and_can_be_read(origin: str) -> None:
    send = CodeSender(Aliyun("demo", "secret", "丽人坊", origin=f"{origin}/standin/sms"), "SMS_1")
    assert send("13800138000", "123456", "code-1")
    [kept] = requests.get(f"{origin}/standin/api/sms", timeout=10).json()
    assert (kept["phone"], kept["template"], kept["words"]) == ("13800138000", "SMS_1", "123456")
    page = requests.get(f"{origin}/standin/sms", timeout=10)
    page.encoding = "utf-8"
    assert "【丽人坊】123456" in page.text


def test_what_the_provider_refuses_is_no_code(origin: str) -> None:
    send = CodeSender(Aliyun("demo", "secret", "丽人坊", origin=f"{origin}/standin/sms"), "SMS_1")
    assert not send("123", "123456", "code-1")
    nowhere = Aliyun("demo", "secret", "丽人坊", origin="http://127.0.0.1:9")
    assert not CodeSender(nowhere, "SMS_1")("13800138000", "123456", "code-2")
    for form in ({}, {"Action": "SendSms"}, {"Action": "Else"}):
        assert requests.post(f"{origin}/standin/sms/", data=form, timeout=10).status_code == 400
