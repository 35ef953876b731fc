"""The platform's API under /cgi-bin/: tokens, limits, windows and faults, on a moved clock."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import zxingcpp
from flask.testing import FlaskClient
from PIL import Image
from standin_kit import APP_ID, LIN, SECRET, standin

from webhook.standin.app import StandIn
from webhook.standin.people import FOLLOW, MENU_TAP, MESSAGE

RID = re.compile(r" rid: [0-9a-f]{8}-[0-9a-f]{8}-[0-9a-f]{8}$")


@pytest.fixture
def app(tmp_path: Path) -> Iterator[StandIn]:
    with standin(tmp_path) as made:
        made.platform.people.create(openid=LIN, name="小林", follows=True)
        yield made


@pytest.fixture
def client(app: StandIn) -> FlaskClient:
    return app.test_client()


def token(client: FlaskClient) -> str:
    return str(stable(client)["access_token"])


def stable(client: FlaskClient, **more: object) -> dict[str, object]:
    body = {"grant_type": "client_credential", "appid": APP_ID, "secret": SECRET, **more}
    return client.post("/cgi-bin/stable_token", data=json.dumps(body)).json


def classic(client: FlaskClient) -> str:
    query = {"grant_type": "client_credential", "appid": APP_ID, "secret": SECRET}
    return str(client.get("/cgi-bin/token", query_string=query).json["access_token"])


def post(client: FlaskClient, endpoint: str, body: object, using: str | None = None) -> dict[str, object]:
    """As the usual client does it: JSON without a Content-Type."""
    query = {"access_token": token(client) if using is None else using}
    answer = client.post(
        f"/cgi-bin/{endpoint}", query_string=query, data=json.dumps(body, ensure_ascii=False).encode()
    )
    assert answer.status_code == 200
    return answer.json


def get(client: FlaskClient, endpoint: str, using: str | None = None, **query: str) -> dict[str, object]:
    query["access_token"] = token(client) if using is None else using
    return client.get(f"/cgi-bin/{endpoint}", query_string=query).json


def text_to(openid: str, content: str) -> dict[str, object]:
    return {"touser": openid, "msgtype": "text", "text": {"content": content}}


def send(client: FlaskClient, content: str = "充值到账 ¥500.00", openid: str = LIN) -> int:
    return int(str(post(client, "message/custom/send", text_to(openid, content))["errcode"]))


# Tokens


def test_a_classic_token_replaces_the_one_before_after_five_minutes(
    app: StandIn, client: FlaskClient
) -> None:
    first, second = classic(client), classic(client)
    assert first != second
    assert "ip_list" in get(client, "getcallbackip", first)
    app.platform.clock.move(300)
    assert get(client, "getcallbackip", first)["errcode"] == 40001
    assert "ip_list" in get(client, "getcallbackip", second)
    app.platform.clock.move(7200)
    assert get(client, "getcallbackip", second)["errcode"] == 42001


def test_token_errors(client: FlaskClient) -> None:
    assert get(client, "getcallbackip", "")["errcode"] == 41001
    answer = get(client, "getcallbackip", "never-issued")
    assert answer["errcode"] == 40014
    assert RID.search(str(answer["errmsg"]))
    assert client.get("/cgi-bin/stable_token").json["errcode"] == 43002
    assert stable(client, appid="wxstandin-other")["errcode"] == 40013
    assert stable(client, secret="wrong")["errcode"] == 40125
    assert stable(client, grant_type="x")["errcode"] == 40002
    assert client.post("/cgi-bin/stable_token", data=b"{").json["errcode"] == 47001
    assert client.post("/cgi-bin/stable_token", data=b"").json["errcode"] == 44002


def test_the_stable_token_stays_until_its_last_five_minutes(app: StandIn, client: FlaskClient) -> None:
    first = stable(client)
    app.platform.clock.move(3600)
    again = stable(client)
    assert again["access_token"] == first["access_token"]
    assert 3595 <= int(str(again["expires_in"])) <= 3600
    app.platform.clock.move(3301)
    new = stable(client)
    assert new["access_token"] != first["access_token"]
    for one in (first, new):
        assert "ip_list" in get(client, "getcallbackip", str(one["access_token"]))


def test_a_forced_refresh_kills_at_once_but_not_twice_in_thirty_seconds(
    app: StandIn, client: FlaskClient
) -> None:
    first = token(client)
    second = str(stable(client, force_refresh=True)["access_token"])
    assert get(client, "getcallbackip", first)["errcode"] == 40001
    assert stable(client, force_refresh=True)["access_token"] == second
    for _ in range(19):
        app.platform.clock.move(31)
        assert stable(client, force_refresh=True)["access_token"] != second
        second = token(client)
    app.platform.clock.move(31)
    assert stable(client, force_refresh=True)["access_token"] == second


def test_the_two_endpoints_do_not_touch_each_other(client: FlaskClient) -> None:
    steady = token(client)
    classic(client)
    classic(client)
    assert "ip_list" in get(client, "getcallbackip", steady)


def test_quotas_end_the_day_and_clear_quota_ten_times_a_month(app: StandIn, client: FlaskClient) -> None:
    app.platform.quotas.set_used("menu/get", 9_999)
    assert get(client, "menu/get")["errcode"] == 46003
    assert get(client, "menu/get")["errcode"] == 45009
    assert post(client, "clear_quota", {"appid": APP_ID})["errcode"] == 0
    assert get(client, "menu/get")["errcode"] == 46003
    codes = [post(client, "clear_quota", {"appid": APP_ID})["errcode"] for _ in range(10)]
    assert codes == [0] * 9 + [48006]
    app.platform.quotas.set_used("menu/get", 10_000)
    app.platform.clock.move(86_400)
    assert get(client, "menu/get")["errcode"] == 46003


# Customer messages


def test_five_messages_in_48_hours_after_a_message(app: StandIn, client: FlaskClient) -> None:
    assert send(client) == 45015
    app.platform.people.allow(LIN, MESSAGE)
    assert [send(client) for _ in range(6)] == [0, 0, 0, 0, 0, 45047]
    app.platform.people.allow(LIN, MESSAGE)
    app.platform.clock.move(48 * 3600 - 2)
    assert send(client) == 0
    app.platform.clock.move(2)
    assert send(client) == 45015


@pytest.mark.parametrize("trigger", [MENU_TAP, FOLLOW])
def test_three_messages_in_one_minute_after_a_tap_or_a_follow(
    app: StandIn, client: FlaskClient, trigger
) -> None:
    app.platform.people.allow(LIN, trigger)
    assert [send(client) for _ in range(4)] == [0, 0, 0, 45047]
    app.platform.people.allow(LIN, trigger)
    app.platform.clock.move(60)
    assert send(client) == 45015


def test_allowances_do_not_add_up(app: StandIn, client: FlaskClient) -> None:
    app.platform.people.allow(LIN, MESSAGE)
    app.platform.people.allow(LIN, MESSAGE)
    app.platform.people.allow(LIN, MENU_TAP)
    app.platform.clock.move(3600)
    assert [send(client) for _ in range(4)] == [0, 0, 0, 45047]


def test_an_unfollow_ends_the_window(app: StandIn, client: FlaskClient) -> None:
    app.platform.people.allow(LIN, MESSAGE)
    app.platform.people.unfollow(LIN)
    assert send(client) == 45015


def test_what_a_customer_message_must_be(app: StandIn, client: FlaskClient) -> None:
    app.platform.people.allow(LIN, MESSAGE)
    article = {"title": "会员日", "description": "", "url": "https://m.example.cn/", "picurl": ""}
    refused = [
        (text_to("oNobody", "x"), 40003),
        ({"msgtype": "text", "text": {"content": "x"}}, 40003),
        (text_to(LIN, ""), 44004),
        (text_to(LIN, "字" * 683), 45002),
        ({"touser": LIN, "msgtype": "image", "image": {"media_id": "no"}}, 40007),
        ({"touser": LIN, "msgtype": "news", "news": {"articles": [article, article]}}, 45008),
        ({"touser": LIN, "msgtype": "hologram"}, 40008),
    ]
    for body, code in refused:
        assert post(client, "message/custom/send", body)["errcode"] == code
    raw = client.post(
        "/cgi-bin/message/custom/send", query_string={"access_token": token(client)}, data=b'"\xff"'
    )
    assert raw.json["errcode"] == 47001
    half = b'{"touser": "' + LIN.encode() + b'", "msgtype": "text", "text": {"content": "\\ud800"}}'
    raw = client.post("/cgi-bin/message/custom/send", query_string={"access_token": token(client)}, data=half)
    assert raw.json["errcode"] == 47001
    assert app.platform.people.get(LIN).allowance_left == 5
    assert send(client, "字" * 682) == 0


def test_message_kinds_are_shown(app: StandIn, client: FlaskClient) -> None:
    app.platform.people.allow(LIN, MESSAGE)
    menu = {"head_content": "还满意吗？", "list": [{"id": "1", "content": "满意"}], "tail_content": "谢谢"}
    article = {"title": "会员日", "description": "周三", "url": "https://m.example.cn/", "picurl": ""}
    media = app.platform.media.upload("image", b"\x89PNG\r\n\x1a\n0")
    for body in (
        {"touser": LIN, "msgtype": "msgmenu", "msgmenu": menu},
        {"touser": LIN, "msgtype": "news", "news": {"articles": [article]}},
        {"touser": LIN, "msgtype": "image", "image": {"media_id": media.media_id}},
        {**text_to(LIN, "由模型写"), "aimsgcontext": {"is_ai_msg": 1}},
    ):
        assert post(client, "message/custom/send", body)["errcode"] == 0
    messages = client.get(f"/standin/api/people/{LIN}/chat").json["messages"]
    assert [message["kind"] for message in messages] == ["msgmenu", "news", "image", "text"]
    assert messages[0]["choices"] == [{"id": "1", "text": "满意"}]
    assert messages[3]["made_by_ai"] is True


# Menu, people, codes, media

CLICK = {"type": "click", "name": "我的会员", "key": "ME"}


@pytest.mark.parametrize(
    ("buttons", "code"),
    [
        ([], 40016),
        ([CLICK] * 4, 40016),
        ([{**CLICK, "type": "jump"}], 40017),
        ([{**CLICK, "name": "一二三四五六"}], 40018),
        ([{**CLICK, "key": "k" * 129}], 40019),
        ([{"type": "view", "name": "页", "url": "https://m.example.cn/" + "u" * 1024}], 40020),
        ([{"type": "view", "name": "页", "url": "ftp://x"}], 65317),
        ([{"name": "多", "sub_button": [CLICK] * 6}], 40023),
        ([{"name": "多", "sub_button": [{**CLICK, "type": "?"}]}], 40024),
        ([{"name": "多", "sub_button": [{**CLICK, "name": "长" * 21}]}], 40025),
        ([{"name": "多", "sub_button": [{**CLICK, "key": ""}]}], 40026),
        ([{"name": "多", "sub_button": [{"name": "更深", "sub_button": [CLICK]}]}], 40022),
    ],
)
def test_menu_limits(client: FlaskClient, buttons: list[object], code: int) -> None:
    assert post(client, "menu/create", {"button": buttons})["errcode"] == code
    assert get(client, "menu/get")["errcode"] == 46003


def test_the_menu_is_kept_and_deleted(client: FlaskClient) -> None:
    button = {
        "name": "服务",
        "sub_button": [CLICK, {"type": "view", "name": "预约", "url": "https://m.example.cn/book"}],
    }
    assert post(client, "menu/create", {"button": [CLICK, button]})["errcode"] == 0
    kept = get(client, "menu/get")["menu"]
    assert kept == {"button": [{**CLICK, "sub_button": []}, button]}
    assert get(client, "menu/delete")["errcode"] == 0
    assert get(client, "menu/get")["errcode"] == 46003


def test_user_info_tells_no_name(app: StandIn, client: FlaskClient) -> None:
    told = get(client, "user/info", openid=LIN)
    assert told["subscribe"] == 1
    assert "nickname" not in told
    app.platform.people.unfollow(LIN)
    assert get(client, "user/info", openid=LIN) == {"subscribe": 0, "openid": LIN}
    assert get(client, "user/info", openid="oNobody")["errcode"] == 40003


def test_a_code_can_be_scanned_from_its_picture(app: StandIn, client: FlaskClient) -> None:
    asked = {
        "expire_seconds": 600,
        "action_name": "QR_STR_SCENE",
        "action_info": {"scene": {"scene_str": "ref:7F3K"}},
    }
    made = post(client, "qrcode/create", asked)
    assert made["expire_seconds"] == 600
    picture = client.get("/cgi-bin/showqrcode", query_string={"ticket": str(made["ticket"])})
    assert picture.content_type == "image/png"
    (read,) = zxingcpp.read_barcodes(Image.open(io.BytesIO(picture.data)))
    assert read.text == made["url"]
    assert client.get(str(made["url"]).removeprefix("http://127.0.0.1:8000")).status_code == 302
    assert client.get("/cgi-bin/showqrcode?ticket=bad").status_code == 404
    app.platform.clock.move(600)
    scanned = client.post(f"/standin/api/people/{LIN}/scan", json={"url": made["url"]})
    assert scanned.status_code == 409


@pytest.mark.parametrize(
    ("name", "scene", "seconds", "code"),
    [
        ("QR_STR_SCENE", {"scene_str": "x" * 65}, 60, 40053),
        ("QR_STR_SCENE", {"scene_str": ""}, 60, 40053),
        ("QR_SCENE", {"scene_id": 0}, 60, 40053),
        ("QR_SCENE", {"scene_id": 2**32}, 60, 40053),
        ("QR_LIMIT_SCENE", {"scene_id": 100_001}, None, 40053),
        ("QR_STR_SCENE", {"scene_str": "a"}, 2_592_001, 40053),
        ("QR_OTHER", {"scene_str": "a"}, 60, 40052),
    ],
)
def test_code_limits(
    client: FlaskClient, name: str, scene: dict[str, object], seconds: int | None, code: int
) -> None:
    body = {"action_name": name, "action_info": {"scene": scene}, "expire_seconds": seconds}
    assert post(client, "qrcode/create", body)["errcode"] == code


def test_a_code_without_a_time_lives_a_minute_and_a_permanent_one_for_ever(client: FlaskClient) -> None:
    asked = {"action_name": "QR_SCENE", "action_info": {"scene": {"scene_id": 7}}}
    assert post(client, "qrcode/create", asked)["expire_seconds"] == 60
    asked = {"action_name": "QR_LIMIT_STR_SCENE", "action_info": {"scene": {"scene_str": "store:07"}}}
    first, again = post(client, "qrcode/create", asked), post(client, "qrcode/create", asked)
    assert "expire_seconds" not in first
    assert first["ticket"] == again["ticket"]


def upload(client: FlaskClient, kind: str, content: bytes) -> dict[str, object]:
    return client.post(
        "/cgi-bin/media/upload",
        query_string={"access_token": token(client), "type": kind},
        data={"media": (io.BytesIO(content), "file")},
    ).json


def test_media_live_three_days(app: StandIn, client: FlaskClient) -> None:
    content = b"\xff\xd8\xff" + b"0" * 100
    media_id = str(upload(client, "image", content)["media_id"])
    query = {"access_token": token(client), "media_id": media_id}
    answer = client.get("/cgi-bin/media/get", query_string=query)
    assert (answer.content_type, answer.data) == ("image/jpeg", content)
    app.platform.clock.move(3 * 86_400)
    query["access_token"] = token(client)
    assert client.get("/cgi-bin/media/get", query_string=query).json["errcode"] == 40007


def test_media_limits(client: FlaskClient) -> None:
    assert upload(client, "film", b"x")["errcode"] == 40004
    assert upload(client, "image", b"")["errcode"] == 44001
    assert upload(client, "image", b"<svg onload=alert(1)>")["errcode"] == 40005
    assert upload(client, "thumb", b"\xff\xd8\xff" + b"0" * 65_536)["errcode"] == 40006
    assert "thumb_media_id" in upload(client, "thumb", b"\xff\xd8\xff0")
    none = client.post("/cgi-bin/media/upload", query_string={"access_token": token(client), "type": "image"})
    assert none.json["errcode"] == 41005


def test_old_media_make_room(app: StandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("webhook.standin.assets.MAX_MEDIA_BYTES", 50)
    monkeypatch.setattr("webhook.standin.assets.MAX_MEDIA_KEPT", 4)
    media = app.platform.media
    first, second, third = (media.upload("image", b"GIF8" + b"0" * 16).media_id for _ in range(3))
    assert media.kept(first) is None
    assert media.kept(second)
    assert media.kept(third)
    small = [media.upload("image", b"GIF8").media_id for _ in range(5)]
    assert [bool(media.kept(one)) for one in (third, *small)] == [False, False, True, True, True, True]


# Faults


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        ("busy", -1),
        ("quota", 45009),
        ("frequency", 45011),
        ("unauthorised", 48001),
        ("restricted", 50002),
        ("bad_token", 40001),
    ],
)
def test_a_fault_lasts_as_often_as_asked(app: StandIn, client: FlaskClient, kind: str, code: int) -> None:
    app.platform.people.allow(LIN, MESSAGE)
    client.post("/standin/api/faults", json={"kind": kind, "times": 2})
    assert [send(client) for _ in range(3)] == [code, code, 0]
    client.post("/standin/api/faults", json={"kind": kind, "times": None})
    assert [send(client) for _ in range(3)] == [code] * 3
    client.delete("/standin/api/faults")
    assert send(client) == 0


def test_faults_of_the_line(app: StandIn, client: FlaskClient) -> None:
    app.platform.people.allow(LIN, MESSAGE)
    query = {"access_token": token(client)}
    shown = []
    for kind in ("http_502", "lost_answer", "slow"):
        client.post("/standin/api/faults", json={"kind": kind, "endpoint": "message/custom/send"})
        assert "errcode" not in stable(client)
        answer = client.post(
            "/cgi-bin/message/custom/send", query_string=query, data=json.dumps(text_to(LIN, kind)).encode()
        )
        shown.append((answer.status_code, app.platform.people.get(LIN).allowance_left))
    assert shown == [(502, 5), (502, 4), (200, 3)]


def test_the_wire_log_masks_every_secret(app: StandIn, client: FlaskClient) -> None:
    app.platform.people.allow(LIN, MESSAGE)
    issued = [classic(client), token(client)]
    send(client, f"密码是 {SECRET}")
    log = json.dumps(client.get("/standin/api/wire").json, ensure_ascii=False)
    assert "message/custom/send" in log
    for secret in (SECRET, *issued, app.platform.config.aes_key, app.platform.config.token):
        assert secret not in log


def test_time_passes_by_the_injected_clock(tmp_path: Path) -> None:
    from standin_kit import config_in

    from webhook.standin.app import create_app
    from webhook.standin.clock import BEIJING

    noon = datetime(2026, 11, 22, 12, 0, tzinfo=BEIJING)
    app = create_app(config_in(tmp_path), real=lambda: noon)
    app.platform.clock.move(60)
    assert app.test_client().get("/standin/api/clock").json == {
        "now": (noon + timedelta(minutes=1)).isoformat(),
        "offset_seconds": 60,
    }
    app.close()
