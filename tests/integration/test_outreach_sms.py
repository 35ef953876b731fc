"""Short messages: signed as the provider asks, service only, to proven phones, last (row E5)."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import parse_qs

import pytest
import requests
from booking_support import SHOP, START
from sqlalchemy import Engine

from bot.outreach.channels.sms import ShortMessages, SmsError
from bot.outreach.channels.sms.aliyun import Aliyun, signature
from bot.outreach.router import Router, Waits, Went
from ledger.records import contacts, members
from ledger.records.messages import OutgoingMessage
from shop.model import ReminderTemplate

OPENID = "oSMS_0000000000000000000001"
TEMPLATE = ReminderTemplate(
    kind="booking_soon", channel="sms", template_id="SMS_1", fields={"time": "{time}", "what": "{service}"}
)


def test_the_signature_is_that_of_the_providers_own_example() -> None:
    parameters = {
        "AccessKeyId": "testid",
        "Action": "DescribeRegions",
        "Format": "XML",
        "SignatureMethod": "HMAC-SHA1",
        "SignatureNonce": "3ee8c1b8-83d3-44af-a94f-4e0ad82fd6cf",
        "SignatureVersion": "1.0",
        "Timestamp": "2016-02-23T12:46:24Z",
        "Version": "2014-05-26",
    }
    assert signature("GET", parameters, "testsecret") == "OLeaidS1JvxuMvnyHOwuJ+uX5qY="


class Provider(BaseHTTPRequestHandler):
    answers: list[tuple[int, bytes]]
    heard: list[dict[str, str]]

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self.heard.append({name: values[0] for name, values in parse_qs(body).items()})
        status, answer = self.answers.pop(0)
        self.send_response(status)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_args: object) -> None:
        pass


@pytest.fixture
def provider() -> Iterator[tuple[Aliyun, type[Provider]]]:
    handler = type("Handler", (Provider,), {"answers": [], "heard": []})
    server = HTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    made = Aliyun(
        "id",
        "secret",
        "丽人坊",
        origin=f"http://127.0.0.1:{server.server_port}",
        clock=lambda: datetime(2026, 11, 22, 12, 0, tzinfo=UTC),
        nonce=lambda: "n1",
    )
    yield made, handler
    server.shutdown()
    server.server_close()
    thread.join()


def test_a_message_is_sent_signed_with_its_values(provider: tuple[Aliyun, type[Provider]]) -> None:
    aliyun, played = provider
    played.answers.append((200, b'{"Code": "OK"}'))
    aliyun.send("13800138000", "SMS_1", {"code": "123456"}, message_id="zg-1")
    (heard,) = played.heard
    signed = heard.pop("Signature")
    assert signed == signature("POST", heard, "secret")
    assert (heard["PhoneNumbers"], heard["TemplateCode"], heard["OutId"]) == ("13800138000", "SMS_1", "zg-1")
    assert json.loads(heard["TemplateParam"]) == {"code": "123456"}
    assert heard["Timestamp"] == "2026-11-22T12:00:00Z"


@pytest.mark.parametrize(
    ("status", "answer", "code", "passing"),
    [
        (200, b'{"Code": "isv.BUSINESS_LIMIT_CONTROL"}', "isv.BUSINESS_LIMIT_CONTROL", True),
        (200, b'{"Code": "isv.AMOUNT_NOT_ENOUGH"}', "isv.AMOUNT_NOT_ENOUGH", False),
        (400, b'{"Code": "isv.MOBILE_NUMBER_ILLEGAL"}', "isv.MOBILE_NUMBER_ILLEGAL", False),
        (503, b"<html>", "HTTP 503", True),
        (200, b"[]", "no code", False),
    ],
)
def test_what_the_provider_refuses(
    provider: tuple[Aliyun, type[Provider]], status: int, answer: bytes, code: str, passing: bool
) -> None:
    aliyun, played = provider
    played.answers.append((status, answer))
    with pytest.raises(SmsError) as error:
        aliyun.send("13800138000", "SMS_1", {}, message_id="zg-1")
    assert (error.value.code, error.value.passing) == (code, passing)


class Desk:
    """What would go out, or the error that comes instead."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, str, Mapping[str, str]]] = []
        self.error: Exception | None = None

    def send(self, phone: str, template: str, values: Mapping[str, str], *, message_id: str) -> None:
        if self.error is not None:
            raise self.error
        self.sent.append((phone, template, values))


def message(category: str = "service", kind: str = "booking_soon") -> OutgoingMessage:
    detail = {"time": "2026年11月24日 15:00", "service": "面护"}
    return OutgoingMessage(7, "k", OPENID, None, kind, "…", 1, START, category, detail)


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
def router(engine: Engine, desk: Desk) -> Router:
    with engine.begin() as connection:
        member_id = members.create(
            connection,
            name="小林",
            home_store_id="east",
            level="plain",
            joined_at=START,
            phone="13800138000",
            phone_proven=True,
        )
        members.bind(connection, member_id=member_id, openid=OPENID, at=START)
        until = START - timedelta(days=3)
        contacts.open_window(connection, openid=OPENID, at=until, messages=5, until=until)
    rules = SHOP.reminders.model_copy(update={"templates": (TEMPLATE,)})
    shop = SHOP.model_copy(update={"reminders": rules})
    return Router(engine, [ShortMessages(engine, shop, desk)], lambda: START)


def test_a_service_notice_goes_to_a_proven_phone(router: Router, desk: Desk) -> None:
    assert router.send(message()) == Went("sms")
    assert desk.sent == [("13800138000", "SMS_1", {"time": "2026年11月24日 15:00", "what": "面护"})]


def test_advertising_and_what_has_no_template_and_unproven_phones_do_not(
    engine: Engine, router: Router, desk: Desk
) -> None:
    assert isinstance(router.send(message("marketing")), Waits)
    assert isinstance(router.send(message(kind="receipt")), Waits)
    with engine.begin() as connection:
        member = members.by_openid(connection, OPENID)
        assert member is not None
        members.set_phone(connection, member.id, "13900139000", proven=False)
    assert router.send(message()) == Waits("sms: no proven phone")
    assert desk.sent == []


def test_a_lasting_refusal_waits_for_the_next_word_and_a_passing_one_is_tried_again(
    router: Router, desk: Desk
) -> None:
    desk.error = SmsError("isv.MOBILE_NUMBER_ILLEGAL", passing=False)
    assert isinstance(router.send(message()), Waits)
    desk.error = SmsError("isp.SYSTEM_ERROR", passing=True)
    with pytest.raises(SmsError):
        router.send(message())
    desk.error = requests.ConnectionError("down")
    with pytest.raises(requests.ConnectionError):
        router.send(message())
