"""The door: signatures, the three modes, key change, and nothing that ends in a 5xx (features row A1)."""

from __future__ import annotations

import base64
import hashlib
import logging
import os
import re
import struct
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
import xmltodict
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from flask.testing import FlaskClient
from hypothesis import given, settings
from hypothesis import strategies as st
from werkzeug.test import TestResponse

from bot.deliveries import APOLOGY
from bot.messages import SILENCE, Choice, Incoming, Reply
from webhook.app import WebParts, create_app
from webhook.wechat.crypto import sign
from webhook.wechat.door import BODY_LIMIT_BYTES, DoorConfig

APP_ID, TOKEN = "wxdemo0000000001", "AAAAA"
KEY, OLD_KEY = "a" * 21 + "B" * 21 + "0", "Zz9" * 14 + "0"
OPENID, ACCOUNT = "oDEMO_user_0000000000000001", "gh_demo00000001"
NONCE, TIMESTAMP = "1514711492", "1714036504"


def text_xml(content: str = "查积分", message_id: str = "24700000000000001") -> str:
    return (
        f"<xml><ToUserName><![CDATA[{ACCOUNT}]]></ToUserName><FromUserName><![CDATA[{OPENID}]]></FromUserName>"
        f"<CreateTime>1795300000</CreateTime><MsgType><![CDATA[text]]></MsgType>"
        f"<Content><![CDATA[{content}]]></Content><MsgId>{message_id}</MsgId></xml>"
    )


def seal(xml: str, key: str = KEY, app_id: str = APP_ID) -> str:
    """The platform's side of the envelope, written from the protocol and not from the door's code."""
    raw = base64.b64decode(key + "=")
    body = xml.encode()
    plain = os.urandom(16) + struct.pack(">I", len(body)) + body + app_id.encode()
    padding = 32 - len(plain) % 32
    encryptor = Cipher(algorithms.AES(raw), modes.CBC(raw[:16])).encryptor()
    return base64.b64encode(
        encryptor.update(plain + bytes([padding]) * padding) + encryptor.finalize()
    ).decode()


def unseal(encrypted: str, key: str = KEY) -> tuple[str, str]:
    raw = base64.b64decode(key + "=")
    decryptor = Cipher(algorithms.AES(raw), modes.CBC(raw[:16])).decryptor()
    plain = decryptor.update(base64.b64decode(encrypted)) + decryptor.finalize()
    plain = plain[: -plain[-1]]
    (length,) = struct.unpack(">I", plain[16:20])
    return plain[20 : 20 + length].decode(), plain[20 + length :].decode()


def make_client(
    mode: str = "plain",
    answer: Callable[[Incoming], Reply] = lambda incoming: Reply(f"收到：{incoming.text}"),
    previous: str = "",
) -> FlaskClient:
    config = DoorConfig(APP_ID, TOKEN, KEY if mode != "plain" else "", previous, mode)  # type: ignore[arg-type]
    app = create_app(WebParts(config, answer, lambda: {"database": "ok"}))
    return app.test_client()


def query(encrypted: str | None = None, **changes: str) -> dict[str, str]:
    values = {"timestamp": TIMESTAMP, "nonce": NONCE, "signature": sign(TOKEN, TIMESTAMP, NONCE)}
    if encrypted is not None:
        parts = sorted([TOKEN, TIMESTAMP, NONCE, encrypted])
        values["encrypt_type"] = "aes"
        values["msg_signature"] = hashlib.sha1("".join(parts).encode()).hexdigest()
    return {**values, **changes}


def post(client: FlaskClient, body: str | bytes, **changes: str) -> TestResponse:
    return client.post("/wechat", query_string=query(**changes), data=body, content_type="text/xml")


def post_sealed(
    client: FlaskClient, xml: str, key: str = KEY, app_id: str = APP_ID, shell: str = "", **changes: str
) -> TestResponse:
    encrypted = seal(xml, key, app_id)
    body = f"<xml><ToUserName>{ACCOUNT}</ToUserName>{shell}<Encrypt><![CDATA[{encrypted}]]></Encrypt></xml>"
    return client.post(
        "/wechat", query_string=query(encrypted, **changes), data=body, content_type="text/xml"
    )


def test_signature_matches_the_platforms_published_vector() -> None:
    assert sign("AAAAA", "1714036504", "1514711492") == "f464b24fc39322e44b38aa78f5edd27bd1441696"


def test_get_echoes_exactly() -> None:
    response = make_client().get("/wechat", query_string=query(echostr="4375120948345356249<b>"))
    assert (response.status_code, response.text) == (200, "4375120948345356249<b>")
    assert response.mimetype == "text/plain"


@pytest.mark.parametrize("signature", ["", "0" * 40, "中文", "f464b24fc39322e44b38aa78f5edd27bd1441697"])
def test_bad_signature_is_403_on_get_and_post(signature: str) -> None:
    client = make_client()
    assert client.get("/wechat", query_string=query(signature=signature, echostr="1")).status_code == 403
    assert post(client, text_xml(), signature=signature).status_code == 403
    assert client.post("/wechat", data=text_xml()).status_code == 403


def test_get_without_echostr_is_400() -> None:
    assert make_client().get("/wechat", query_string=query()).status_code == 400


def test_plain_message_is_answered_with_sender_and_receiver_swapped() -> None:
    reply = xmltodict.parse(post(make_client(), text_xml()).data)["xml"]
    assert reply["ToUserName"] == OPENID
    assert reply["FromUserName"] == ACCOUNT
    assert reply["MsgType"] == "text"
    assert reply["Content"] == "收到：查积分"
    assert reply["CreateTime"].isdigit()


def test_silence_is_success_in_every_mode() -> None:
    def quiet(_incoming: Incoming) -> Reply:
        return SILENCE

    assert post(make_client("plain", quiet), text_xml()).text == "success"
    assert post_sealed(make_client("safe", quiet), text_xml()).text == "success"


@pytest.mark.parametrize("mode", ["safe", "compatible"])
def test_sealed_message_gets_a_sealed_reply(mode: str) -> None:
    response = post_sealed(make_client(mode), text_xml("我卡里还有多少钱"))
    shell = xmltodict.parse(response.data)["xml"]
    assert shell["MsgSignature"] == sign(TOKEN, shell["TimeStamp"], shell["Nonce"], shell["Encrypt"])
    assert shell["Nonce"] == NONCE
    xml, app_id = unseal(shell["Encrypt"])
    assert app_id == APP_ID
    assert xmltodict.parse(xml)["xml"]["Content"] == "收到：我卡里还有多少钱"


def test_previous_key_opens_and_seals_the_answer() -> None:
    client = make_client("safe", previous=OLD_KEY)
    for key in (OLD_KEY, KEY):
        shell = xmltodict.parse(post_sealed(client, text_xml(), key=key).data)["xml"]
        assert unseal(shell["Encrypt"], key)[1] == APP_ID


def test_a_key_that_is_not_ours_is_400() -> None:
    assert post_sealed(make_client("safe"), text_xml(), key=OLD_KEY).status_code == 400


def test_another_accounts_app_id_is_400() -> None:
    assert post_sealed(make_client("safe"), text_xml(), app_id="wxother").status_code == 400


def test_wrong_msg_signature_is_403() -> None:
    client = make_client("safe")
    assert post_sealed(client, text_xml(), msg_signature="0" * 40).status_code == 403
    assert post_sealed(client, text_xml(), msg_signature="").status_code == 403


def test_safe_mode_refuses_a_plain_body_compatible_takes_it() -> None:
    called: list[str] = []

    def answer(incoming: Incoming) -> Reply:
        called.append(incoming.text)
        return SILENCE

    assert post(make_client("safe", answer), text_xml()).status_code == 403
    assert not called
    assert post(make_client("compatible", answer), text_xml()).status_code == 200
    assert called == ["查积分"]


def test_compatible_mode_trusts_the_sealed_part_only() -> None:
    forged = (
        "<FromUserName>oFORGED</FromUserName><MsgType>text</MsgType><Content>假的</Content><MsgId>1</MsgId>"
    )
    shell = xmltodict.parse(post_sealed(make_client("compatible"), text_xml("真的"), shell=forged).data)[
        "xml"
    ]
    assert "收到：真的" in unseal(shell["Encrypt"])[0]
    assert post(make_client("compatible"), text_xml(), encrypt_type="aes").status_code == 400


def test_plain_mode_without_a_key_reads_the_plain_part_of_a_compatible_push() -> None:
    mixed = text_xml().replace("</xml>", "<Encrypt>AAAA</Encrypt></xml>")
    assert "收到：查积分" in post(make_client("plain"), mixed).text
    assert post(make_client("plain"), "<xml><Encrypt>AAAA</Encrypt></xml>").status_code == 400


def test_body_over_the_limit_is_413() -> None:
    assert post(make_client(), text_xml("长" * BODY_LIMIT_BYTES)).status_code == 413
    assert post(make_client(), text_xml("长" * 3000)).status_code == 200


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        b"<xml>",
        b"<xml/>",
        b"<html><MsgType>text</MsgType></html>",
        b"\xff\xfe\x00",
        b'<?xml version="1.0" encoding="utf-16"?><xml/>',
        b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><xml><Content>&e;</Content></xml>',
        b'<!DOCTYPE x [<!ENTITY a "aa"><!ENTITY b "&a;&a;">]><xml><Content>&b;</Content></xml>',
        ('<!DOCTYPE x [<!ENTITY e "查积分">]>' + text_xml().replace("<![CDATA[查积分]]>", "&e;")).encode(),
        text_xml().replace("1795300000", "9" * 30).encode(),
        text_xml().replace("1795300000", "-1").encode(),
        text_xml().replace("1795300000", "9" * 19).encode(),
        text_xml().replace("24700000000000001", "").encode(),
        text_xml().replace("24700000000000001", "1e5").encode(),
        text_xml().replace(OPENID, "").encode(),
        text_xml().replace(OPENID, "a b'--").encode(),
        text_xml().replace("<MsgType>", "<MsgType a='1'>").encode(),
        text_xml().replace("<Content>", "<Content><b>1</b></Content><Content>").encode(),
        b"<a>" * 9000 + b"</a>" * 9000,
    ],
)
def test_malformed_bodies_are_400(body: bytes) -> None:
    assert post(make_client(), body).status_code == 400


def test_an_exception_behind_the_door_is_a_kind_sentence(caplog: pytest.LogCaptureFixture) -> None:
    def broken(_incoming: Incoming) -> Reply:
        raise RuntimeError("no database")

    with caplog.at_level(logging.ERROR):
        response = post(make_client("plain", broken), text_xml())
    assert response.status_code == 200
    assert xmltodict.parse(response.data)["xml"]["Content"] == APOLOGY.text


def test_unknown_kinds_are_answered_success_without_a_turn() -> None:
    def never(_incoming: Incoming) -> Reply:
        raise AssertionError("asked")

    client = make_client("plain", never)
    assert post(client, text_xml().replace("[text]", "[hologram]")).text == "success"
    event = text_xml().replace("[text]", "[event]").replace("<Content>", "<Event>novel</Event><Content>")
    assert post(client, event).text == "success"


def test_cdata_end_and_control_characters_cannot_break_the_reply() -> None:
    nasty = "]]><FromUserName>x</FromUserName>\x00\x07\x1b尾"
    response = post(make_client("plain", lambda _: Reply(nasty)), text_xml())
    reply = xmltodict.parse(response.data)["xml"]
    assert reply["FromUserName"] == ACCOUNT
    assert reply["Content"].endswith("尾")
    assert "]]>" in reply["Content"]


def test_choices_become_links() -> None:
    reply = Reply("要充多少？", (Choice("充300送30", "充值 300 元"), Choice("再看看", "取消")))
    content = xmltodict.parse(post(make_client("plain", lambda _: reply), text_xml()).data)["xml"]["Content"]
    assert re.findall(r"<a href=\"([^\"]+)\">([^<]+)</a>", content)[1] == (
        "weixin://bizmsgmenu?msgmenucontent=%E5%8F%96%E6%B6%88&msgmenuid=2",
        "再看看",
    )


def test_duplicate_query_names_and_other_methods_do_no_harm() -> None:
    client = make_client()
    doubled = "&".join(f"{name}={value}" for name, value in query(echostr="1").items()) + "&signature=zz"
    assert client.get(f"/wechat?{doubled}").status_code == 200
    refused = client.put("/wechat")
    assert refused.status_code == 405
    assert "POST" in refused.headers["Allow"]


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ({"token": ""}, "token"),
        ({"mode": "safe", "aes_key": ""}, "EncodingAESKey"),
        ({"mode": "safe", "aes_key": "short"}, "43"),
        ({"mode": "odd"}, "mode"),
        ({"mode": "safe", "aes_key": KEY, "previous_aes_key": "!" * 43}, "43"),
    ],
)
def test_wrong_settings_are_named(arguments: dict[str, str], complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        DoorConfig(**{"app_id": APP_ID, "token": TOKEN, "mode": "plain", **arguments})  # type: ignore[arg-type]


def test_secrets_are_not_in_the_configs_repr() -> None:
    shown = repr(DoorConfig(APP_ID, "t0k3n", KEY, OLD_KEY, "safe"))
    assert "t0k3n" not in shown
    assert KEY not in shown
    assert OLD_KEY not in shown


FUZZ_CLIENTS = {mode: make_client(mode) for mode in ("plain", "compatible", "safe")}
FIELD_NAMES = [
    *("MsgType", "Event", "EventKey", "CreateTime", "MsgId", "Content", "FromUserName", "ToUserName"),
    *("Location_X", "Location_Y", "SubscribeMsgPopupEvent", "List", "ScanCodeInfo", "Latitude"),
]
FINE = {200, 400, 403, 413}


@given(body=st.binary(max_size=400), mode=st.sampled_from(sorted(FUZZ_CLIENTS)))
@settings(max_examples=150, deadline=None)
def test_fuzz_random_bytes(body: bytes, mode: str) -> None:
    assert post(FUZZ_CLIENTS[mode], body).status_code in {400, 403}


@given(data=st.data(), mode=st.sampled_from(sorted(FUZZ_CLIENTS)))
@settings(max_examples=200, deadline=None)
def test_fuzz_mutated_bodies(data: st.DataObject, mode: str) -> None:
    body = bytearray(text_xml().encode())
    for _ in range(data.draw(st.integers(1, 6))):
        where = data.draw(st.integers(0, len(body) - 1))
        body[where : where + data.draw(st.integers(0, 4))] = data.draw(st.binary(max_size=4))
    mutated = bytes(body)
    assert post(FUZZ_CLIENTS[mode], mutated).status_code in FINE
    sealed = post_sealed(FUZZ_CLIENTS["safe"], mutated.decode("utf-8", "replace"))
    assert sealed.status_code in FINE


@given(
    encrypted=st.one_of(
        st.text(max_size=80), st.binary(max_size=96).map(lambda b: base64.b64encode(b).decode())
    )
)
@settings(max_examples=150, deadline=None)
def test_fuzz_rightly_signed_rubbish_in_the_envelope(encrypted: str) -> None:
    body = f"<xml><Encrypt><![CDATA[{encrypted}]]></Encrypt></xml>".encode("utf-8", "replace")
    response = FUZZ_CLIENTS["safe"].post("/wechat", query_string=query(encrypted), data=body)
    assert response.status_code in {400, 403}


@given(
    fields=st.dictionaries(
        st.sampled_from(FIELD_NAMES),
        st.one_of(
            st.sampled_from(
                ["event", "text", "location", "CLICK", "subscribe_msg_popup_event", OPENID, "1795300000"]
            ),
            st.integers(-(10**30), 10**30).map(str),
            st.sampled_from(["<List/>", "<List><TemplateId>1</TemplateId></List>", "<a/>", "nan", "inf", ""]),
        ),
    )
)
@settings(max_examples=300, deadline=None)
def test_fuzz_fields_of_the_wrong_kind(fields: dict[str, str]) -> None:
    base = {"FromUserName": OPENID, "ToUserName": ACCOUNT, "CreateTime": "1795300000"}
    children = "".join(f"<{name}>{value}</{name}>" for name, value in {**base, **fields}.items())
    assert post(FUZZ_CLIENTS["plain"], f"<xml>{children}</xml>").status_code in FINE


@given(
    text=st.text(max_size=3000),
    choices=st.lists(st.tuples(st.text(max_size=300), st.text(max_size=300)), max_size=12),
)
@settings(max_examples=150, deadline=None)
def test_fuzz_any_reply_is_readable_and_short_enough(text: str, choices: list[tuple[str, str]]) -> None:
    reply = Reply(text, tuple(Choice(label, says) for label, says in choices))
    response = post(make_client("plain", lambda _: reply), text_xml())
    assert response.status_code == 200
    if response.text != "success":
        content = xmltodict.parse(response.data, strip_whitespace=False)["xml"]["Content"]
        assert len(content.encode()) <= 2048
        assert content.count("<a href=") == content.count("</a>")


def test_create_time_comes_from_the_clock() -> None:
    from flask import Flask

    from webhook.wechat.door import create_blueprint

    moment = datetime(2026, 11, 22, 10, 15, tzinfo=UTC)
    app = Flask("clock")
    config = DoorConfig(APP_ID, TOKEN, mode="plain")
    app.register_blueprint(create_blueprint(config, lambda _: Reply("好"), lambda: moment))
    response = post(app.test_client(), text_xml())
    assert xmltodict.parse(response.data)["xml"]["CreateTime"] == str(int(moment.timestamp()))
