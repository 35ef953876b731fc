"""The push engine against a real HTTP webhook that answers well, late, badly or not at all."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from standin_kit import LIN, MEI, TOKEN, Received, echo, sealed, standin, text_reply, webhook

from webhook.standin.chat import FAILURE_NOTICE
from webhook.standin.crypto import signature
from webhook.standin.xmlwire import to_xml

API = "/standin/api/people"


def a_follower(app, openid: str = LIN, name: str = "小林"):
    client = app.test_client()
    made = client.post(API, json={"openid": openid, "name": name, "follows": True})
    assert made.status_code == 201
    return client


def said(client, text: str, openid: str = LIN, **more: object):
    answer = client.post(f"{API}/{openid}/say", json={"text": text, "wait": True, **more})
    assert answer.status_code == 200, answer.text
    return answer.json


def shown(client, openid: str = LIN) -> list[tuple[str, str]]:
    messages = client.get(f"{API}/{openid}/chat").json["messages"]
    return [(message["from"], message["text"]) for message in messages]


@pytest.mark.parametrize("mode", ["plain", "compatible", "safe"])
def test_a_text_goes_out_signed_and_its_reply_comes_back(tmp_path: Path, mode: str) -> None:
    with webhook(echo) as product, standin(tmp_path, mode=mode, webhook_url=product.url) as app:
        client = a_follower(app)
        result = said(client, "我卡里还有多少钱 ]]> 😀")
        assert result["reply"] == "你说：我卡里还有多少钱 ]]> 😀"
        assert shown(client)[-1] == ("account", "你说：我卡里还有多少钱 ]]> 😀")
        (one,) = product.received
        query = one.query
        assert query["signature"] == signature(TOKEN, query["timestamp"], query["nonce"])
        assert query["openid"] == LIN
        assert ("<Content>" in one.body) is (mode != "safe")
        assert ("<Encrypt>" in one.body) is (mode != "plain")
        assert ("msg_signature" in query) is (mode != "plain")


def test_the_product_library_reads_what_the_stand_in_sends(tmp_path: Path) -> None:
    from standin_kit import AES_KEY, APP_ID
    from wechatpy.crypto import WeChatCrypto

    with (
        webhook(lambda _one, _n: (200, "success")) as product,
        standin(tmp_path, webhook_url=product.url) as app,
    ):
        said(a_follower(app), "查积分")
        one = product.received[0]
    theirs = WeChatCrypto(TOKEN, AES_KEY, APP_ID)
    opened = theirs.decrypt_message(
        one.body, one.query["msg_signature"], one.query["timestamp"], one.query["nonce"]
    )
    assert "查积分" in opened


def test_the_stand_in_reads_what_the_product_library_seals(tmp_path: Path) -> None:
    from standin_kit import AES_KEY, APP_ID
    from wechatpy.crypto import WeChatCrypto

    def answer(_one: Received, _number: int) -> tuple[int, str]:
        theirs = WeChatCrypto(TOKEN, AES_KEY, APP_ID)
        return 200, theirs.encrypt_message(text_reply(LIN, "您的积分：320"), "1514711492", "1795300003")

    with webhook(answer) as product, standin(tmp_path, webhook_url=product.url) as app:
        assert said(a_follower(app), "查积分")["reply"] == "您的积分：320"


def test_silence_shows_nothing(tmp_path: Path) -> None:
    for body in ("success", ""):
        with (
            webhook(lambda _one, _n, body=body: (200, body)) as product,
            standin(tmp_path / (body or "empty"), webhook_url=product.url) as app,
        ):
            client = a_follower(app)
            assert said(client, "你好")["notice"] == ""
            assert shown(client) == [("person", "你好")]


def test_failures_are_tried_three_times_with_the_same_content(tmp_path: Path) -> None:
    with (
        webhook(lambda _one, _n: (500, "boom")) as product,
        standin(tmp_path, webhook_url=product.url) as app,
    ):
        client = a_follower(app)
        result = said(client, "你好")
        assert [answer["status"] for answer in result["answers"]] == [500, 500, 500]
        assert shown(client)[-1] == ("system", FAILURE_NOTICE)
        contents = [one.fields() for one in product.received]
        assert contents[0] == contents[1] == contents[2]
        assert contents[0]["MsgId"]


def test_the_second_delivery_may_succeed(tmp_path: Path) -> None:
    def answer(received: Received, number: int) -> tuple[int, str]:
        return echo(received, number) if number == 2 else (0, "")

    with webhook(answer) as product, standin(tmp_path, webhook_url=product.url) as app:
        client = a_follower(app)
        result = said(client, "你好")
        assert result["reply"] == "你说：你好"
        assert len(result["answers"]) == len(product.received) == 2


def test_an_answer_that_is_too_late_does_not_count(tmp_path: Path) -> None:
    release = threading.Event()

    def answer(received: Received, number: int) -> tuple[int, str]:
        if number == 1:
            release.wait(20)
            return echo(received, number)
        return 200, "success"

    with (
        webhook(answer) as product,
        standin(tmp_path, webhook_url=product.url, push_timeout_seconds=0.2) as app,
    ):
        client = a_follower(app)
        result = said(client, "你好")
        release.set()
        assert result["answers"][0]["verdict"].startswith("超时")
        assert shown(client) == [("person", "你好")]


def test_a_dead_webhook_ends_in_the_notice(tmp_path: Path) -> None:
    with standin(tmp_path) as app:
        client = a_follower(app)
        result = said(client, "你好")
        assert result["answered"] is False
        assert len(result["answers"]) == 3
        assert shown(client)[-1] == ("system", FAILURE_NOTICE)


BAD = {
    "json": '{"errcode": 0}',
    "half": "<xml><ToUserName>",
    "empty content": text_reply(LIN, ""),
    "too long": text_reply(LIN, "字" * 683),
    "to another": text_reply(MEI, "你好"),
    "from another": text_reply(LIN, "你好", sender="gh_other"),
    "injected": text_reply(LIN, "a").replace("</xml>", "<Content><![CDATA[b]]></Content></xml>"),
    "bomb": '<!DOCTYPE x [<!ENTITY a "b">]><xml><Content>&a;</Content></xml>',
    "bad media": to_xml(
        {
            "ToUserName": LIN,
            "FromUserName": "gh_standin00001",
            "CreateTime": 1,
            "MsgType": "image",
            "Image": {"MediaId": "nope"},
        }
    ),
}


@pytest.mark.parametrize("body", BAD.values(), ids=BAD.keys())
def test_an_invalid_reply_shows_the_notice_and_is_not_retried(tmp_path: Path, body: str) -> None:
    with (
        webhook(lambda _one, _n: (200, body)) as product,
        standin(tmp_path, webhook_url=product.url, mode="plain") as app,
    ):
        client = a_follower(app)
        said(client, "你好")
        assert shown(client)[-1] == ("system", FAILURE_NOTICE)
        assert len(product.received) == 1


@pytest.mark.parametrize(
    "body",
    [
        text_reply(LIN, "没有加密"),
        sealed(text_reply(LIN, "签名不对"), token="another"),
        sealed(text_reply(LIN, "别人的账号"), app_id="wxother"),
        sealed(text_reply(LIN, "改过")).replace("<Encrypt><![CDATA[", "<Encrypt><![CDATA[AAAA"),
    ],
)
def test_safe_mode_takes_only_well_sealed_replies(tmp_path: Path, body: str) -> None:
    with webhook(lambda _one, _n: (200, body)) as product, standin(tmp_path, webhook_url=product.url) as app:
        result = said(a_follower(app), "你好")
        assert result["notice"] == FAILURE_NOTICE
        assert result["verdict"].startswith("回复无效")


def test_compatible_mode_takes_plain_replies_too(tmp_path: Path) -> None:
    with (
        webhook(lambda _one, _n: (200, text_reply(LIN, "明文"))) as product,
        standin(tmp_path, webhook_url=product.url, mode="compatible") as app,
    ):
        assert said(a_follower(app), "你好")["reply"] == "明文"


def test_twice_delivers_two_copies_at_once_and_shows_one_answer(tmp_path: Path) -> None:
    both = threading.Barrier(2)

    def answer(received: Received, number: int) -> tuple[int, str]:
        both.wait(10)
        return echo(received, number)

    with webhook(answer) as product, standin(tmp_path, webhook_url=product.url) as app:
        client = a_follower(app)
        result = said(client, "你好", twice=True)
        assert [one["reply"] for one in result["answers"]] == ["你说：你好", "你说：你好"]
        assert product.received[0].fields() == product.received[1].fields()
        assert shown(client) == [("person", "你好"), ("account", "你说：你好")]


def test_out_of_order_delivers_the_later_message_first(tmp_path: Path) -> None:
    with webhook(echo) as product, standin(tmp_path, webhook_url=product.url) as app:
        client = a_follower(app)
        assert said(client, "第一句", after_next=True)["held"] is True
        said(client, "第二句")
        said(client, "第三句")
        assert [one.fields()["Content"] for one in product.received] == ["第二句", "第一句", "第三句"]


def test_one_persons_order_is_kept_while_others_go_on(tmp_path: Path) -> None:
    lin_waits, mei_done = threading.Event(), threading.Event()

    def answer(received: Received, number: int) -> tuple[int, str]:
        if received.fields()["FromUserName"] == LIN and not lin_waits.is_set():
            lin_waits.set()
            assert mei_done.wait(10)
        return echo(received, number)

    with webhook(answer) as product, standin(tmp_path, webhook_url=product.url) as app:
        client = a_follower(app)
        a_follower(app, MEI, "阿梅")
        for word in ("一", "二", "三"):
            client.post(f"{API}/{LIN}/say", json={"text": word})
        assert lin_waits.wait(10)
        assert said(client, "我先", MEI)["reply"] == "你说：我先"
        mei_done.set()
        said(client, "四")
        spoken = [one.fields()["Content"] for one in product.received if one.query["openid"] == LIN]
        assert spoken == ["一", "二", "三", "四"]


def test_the_queue_is_bounded(tmp_path: Path) -> None:
    go_on = threading.Event()

    def answer(_received: Received, _number: int) -> tuple[int, str]:
        go_on.wait(10)
        return 200, "success"

    with webhook(answer) as product, standin(tmp_path, webhook_url=product.url, queue_limit=2) as app:
        client = a_follower(app)
        statuses = [client.post(f"{API}/{LIN}/say", json={"text": "你好"}).status_code for _ in range(4)]
        go_on.set()
        assert statuses == [200, 200, 429, 429]


def test_events_carry_their_fields(tmp_path: Path) -> None:
    with (
        webhook(lambda _one, _n: (200, "success")) as product,
        standin(tmp_path, webhook_url=product.url) as app,
    ):
        client = app.test_client()
        client.post(API, json={"openid": LIN, "name": "小林"})
        ticket = app.platform.tickets.create("QR_LIMIT_STR_SCENE", None, "store:07", None)
        app.platform.menu.create({"button": [{"type": "click", "name": "我的会员", "key": "ME"}]})
        for act, body in (
            ("scan", {"scene": "store:07"}),
            ("scan", {"ticket": ticket.ticket}),
            ("menu", {"position": [0]}),
            ("unfollow", {}),
            ("follow", {}),
        ):
            answer = client.post(f"{API}/{LIN}/{act}", json={**body, "wait": True})
            assert answer.status_code == 200, answer.text
        seen = [
            (f["Event"], f["EventKey"], f.get("Ticket")) for f in (one.fields() for one in product.received)
        ]
        assert seen == [
            ("subscribe", "qrscene_store:07", ticket.ticket),
            ("SCAN", "store:07", ticket.ticket),
            ("CLICK", "ME", None),
            ("unsubscribe", None, None),
            ("subscribe", None, None),
        ]
        assert all("MsgId" not in one.fields() for one in product.received)


def test_every_kind_of_message_has_its_fields(tmp_path: Path) -> None:
    with (
        webhook(lambda _one, _n: (200, "success")) as product,
        standin(tmp_path, webhook_url=product.url) as app,
    ):
        client = a_follower(app)
        acts = {
            "voice": {"recognition": "查余额", "seconds": 2},
            "image": {},
            "location": {"latitude": 31.2304, "longitude": 121.4737, "label": "人民广场"},
            "link": {"title": "菜单", "description": "价目", "url": "https://m.example.cn/"},
            "choice": {"text": "是", "id": "yes"},
        }
        for act, body in acts.items():
            answer = client.post(f"{API}/{LIN}/{act}", json={**body, "wait": True})
            assert answer.status_code == 200, answer.text
        voice, image, location, link, choice = (one.fields() for one in product.received)
        assert (voice["Recognition"], voice["Format"]) == ("查余额", "amr")
        assert str(image["PicUrl"]).endswith(str(image["MediaId"]))
        assert (location["Location_X"], location["Location_Y"], location["Label"]) == (
            "31.2304",
            "121.4737",
            "人民广场",
        )
        assert (link["Title"], link["Url"]) == ("菜单", "https://m.example.cn/")
        assert (choice["MsgType"], choice["Content"], choice["bizmsgmenuid"]) == ("text", "是", "yes")
        picture = client.get(f"/standin/media/{image['MediaId']}")
        assert picture.content_type == "image/png"


def test_a_raw_push_goes_out_as_it_is(tmp_path: Path) -> None:
    with (
        webhook(lambda _one, _n: (200, "success")) as product,
        standin(tmp_path, webhook_url=product.url, mode="plain") as app,
    ):
        client = a_follower(app)
        client.post(f"{API}/{LIN}/push", json={"xml": "<xml><broken", "wait": True})
        assert product.received[0].body == "<xml><broken"


@pytest.fixture(autouse=True)
def _no_thread_is_left() -> Iterator[None]:
    yield
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("standin-push")]
