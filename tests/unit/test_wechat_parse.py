"""Every kind of push of wechat-protocol §1.3 becomes the `Incoming` it should."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from bot.messages import Incoming
from webhook.wechat.parse import MalformedError, read_fields, read_push

OPENID = "oDEMO_user_0000000000000001"
SENT_AT = datetime.fromtimestamp(1795300000, UTC)


def read(children: str) -> Incoming | None:
    head = f"<ToUserName>gh_demo</ToUserName><FromUserName>{OPENID}</FromUserName>"
    time = "<CreateTime>1795300000</CreateTime>"
    return read_push(read_fields(f"<xml>{head}{time}{children}</xml>")).incoming


def message(kind: str, children: str) -> Incoming:
    incoming = read(f"<MsgType>{kind}</MsgType>{children}<MsgId>77</MsgId>")
    assert incoming is not None
    assert (incoming.key, incoming.openid, incoming.sent_at) == (f"wx:{OPENID}:77", OPENID, SENT_AT)
    return incoming


def event(name: str, children: str = "") -> Incoming:
    incoming = read(f"<MsgType>event</MsgType><Event>{name}</Event>{children}")
    assert incoming is not None
    assert incoming.kind == "event"
    return incoming


def test_text_and_tap() -> None:
    assert message("text", "<Content>查积分</Content>").text == "查积分"
    tapped = message("text", "<Content>是</Content><bizmsgmenuid>2</bizmsgmenuid>")
    assert (tapped.kind, tapped.text, tapped.tapped_id) == ("text", "是", "2")


def test_blank_text_is_an_empty_string() -> None:
    assert message("text", "<Content><![CDATA[   ]]></Content>").text == ""
    assert message("text", "").text == ""


def test_voice_with_and_without_recognition() -> None:
    said = message("voice", "<MediaId>m1</MediaId><Format>amr</Format><Recognition>查余额</Recognition>")
    assert (said.kind, said.text, said.media_id) == ("voice", "查余额", "m1")
    assert message("voice", "<MediaId>m1</MediaId><Recognition><![CDATA[]]></Recognition>").text == ""
    assert message("voice", "<MediaId>m1</MediaId>").text == ""


@pytest.mark.parametrize(
    ("kind", "expected"), [("image", "image"), ("video", "video"), ("shortvideo", "video")]
)
def test_media(kind: str, expected: str) -> None:
    incoming = message(kind, "<MediaId>m2</MediaId>")
    assert (incoming.kind, incoming.media_id) == (expected, "m2")


def test_location_and_link() -> None:
    place = message(
        "location", "<Location_X>31.23</Location_X><Location_Y>121.47</Location_Y><Label>静安</Label>"
    )
    assert (place.kind, place.latitude, place.longitude, place.text) == ("location", 31.23, 121.47, "静安")
    link = message("link", "<Title>t</Title><Url>https://example.cn/x</Url>")
    assert (link.kind, link.text) == ("link", "https://example.cn/x")


@pytest.mark.parametrize("position", ["nan", "1e999", "91", "x", ""])
def test_a_place_that_is_none_is_malformed(position: str) -> None:
    with pytest.raises(MalformedError):
        message("location", f"<Location_X>{position}</Location_X><Location_Y>1</Location_Y>")


@pytest.mark.parametrize(
    ("raw", "expected"),
    [("qrscene_store-07", "store-07"), ("", ""), ("last_trade_no_4200", ""), ("qrscene_", "")],
)
def test_follow(raw: str, expected: str) -> None:
    followed = event("subscribe", f"<EventKey><![CDATA[{raw}]]></EventKey><Ticket>gQ</Ticket>")
    assert (followed.event, followed.event_key) == ("subscribe", expected)
    assert followed.key == f"wx:{OPENID}:1795300000:subscribe:{raw}"


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("unsubscribe", ""),
        ("SCAN", "store-07"),
        ("CLICK", "POINTS"),
        ("VIEW", "https://m.example.cn/me"),
        ("view_miniprogram", "pages/index"),
        ("pic_weixin", "PHOTO"),
        ("pic_sysphoto", "PHOTO"),
        ("pic_photo_or_album", "PHOTO"),
    ],
)
def test_events_with_a_key(name: str, key: str) -> None:
    incoming = event(name, f"<EventKey>{key}</EventKey>")
    assert (incoming.event, incoming.event_key) == (name, key)
    assert incoming.key == f"wx:{OPENID}:1795300000:{name}:{key}"


def test_event_names_are_given_in_the_platforms_case() -> None:
    assert event("click", "<EventKey>A</EventKey>").event == "CLICK"
    assert event("Scan").event == "SCAN"


def test_menu_scan_brings_what_was_scanned() -> None:
    info = "<ScanCodeInfo><ScanType>qrcode</ScanType><ScanResult>V-8841</ScanResult></ScanCodeInfo>"
    for name in ("scancode_push", "scancode_waitmsg"):
        incoming = event(name, f"<EventKey>VERIFY</EventKey>{info}")
        assert (incoming.event_key, incoming.text) == ("VERIFY", "V-8841")


def test_positions_in_events() -> None:
    here = event("LOCATION", "<Latitude>31.2</Latitude><Longitude>121.4</Longitude><Precision>9</Precision>")
    assert (here.latitude, here.longitude) == (31.2, 121.4)
    info = "<Location_X>30</Location_X><Location_Y>120</Location_Y><Label>西湖</Label>"
    chosen = event("location_select", f"<EventKey>K</EventKey><SendLocationInfo>{info}</SendLocationInfo>")
    assert (chosen.latitude, chosen.longitude, chosen.text) == (30, 120, "西湖")


def test_finished_jobs_are_told_apart_by_their_id() -> None:
    done = event("TEMPLATESENDJOBFINISH", "<MsgID>200163836</MsgID><Status>failed:user block</Status>")
    assert (done.event_key, done.text) == ("200163836", "failed:user block")
    assert done.key.endswith(":TEMPLATESENDJOBFINISH:200163836")
    assert event("MASSSENDJOBFINISH", "<MsgID>5</MsgID><Status>send success</Status>").event_key == "5"


ENTRY = "<List><TemplateId>{}</TemplateId><SubscribeStatusString>{}</SubscribeStatusString></List>"


def test_subscription_events_with_one_and_many_entries() -> None:
    one = ENTRY.format("TPL_A", "accept")
    both = one + ENTRY.format("TPL_B", "reject")
    popup = "subscribe_msg_popup_event"
    assert event(popup, f"<SubscribeMsgPopupEvent>{one}</SubscribeMsgPopupEvent>").event_key == "TPL_A=accept"
    many = event(popup, f"<SubscribeMsgPopupEvent>{both}</SubscribeMsgPopupEvent>")
    assert many.event_key == "TPL_A=accept;TPL_B=reject"
    change = event("subscribe_msg_change_event", f"<SubscribeMsgChangeEvent>{both}</SubscribeMsgChangeEvent>")
    assert change.event_key == "TPL_A=accept;TPL_B=reject"
    sent = "<List><TemplateId>T</TemplateId><MsgID>17</MsgID><ErrorCode>0</ErrorCode></List>"
    delivered = event("subscribe_msg_sent_event", f"<SubscribeMsgSentEvent>{sent}</SubscribeMsgSentEvent>")
    assert delivered.event_key == "T#17=0"


def test_two_events_in_one_second_have_two_keys() -> None:
    first, second = (event("CLICK", f"<EventKey>{key}</EventKey>") for key in ("POINTS", "BALANCE"))
    assert first.key != second.key


def test_long_event_keys_are_hashed_in_the_delivery_key_only() -> None:
    address = "https://m.example.cn/" + "x" * 1000
    incoming = event("VIEW", f"<EventKey>{address}</EventKey>")
    assert incoming.event_key == address
    assert len(incoming.key) < 120
    assert incoming.key != event("VIEW", f"<EventKey>{address}y</EventKey>").key


@pytest.mark.parametrize(
    "children", ["<MsgType>hologram</MsgType>", "<MsgType>event</MsgType><Event>novel</Event>"]
)
def test_unknown_kinds_have_no_incoming(children: str) -> None:
    assert read(children) is None
