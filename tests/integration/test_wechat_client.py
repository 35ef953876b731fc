"""The client against a platform that counts its calls, and against the stand-in with its real codes."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest
import redis
import requests
from wechat_kit import OK, Answer, Call, ScriptedPlatform, scripted_platform
from wechatpy.exceptions import WeChatClientException

from bot.delivery_store import connect
from bot.outreach.wechat.client import WeChat
from bot.outreach.wechat.errors import BadAnswerError, Verdict, classify

APP_ID, SECRET, OPENID = "wxdemo", "s3cret", "oDEMO_user_0000000000000001"

Make = Callable[..., WeChat]


@pytest.fixture
def make(redis_url: str) -> Iterator[Make]:
    made: list[tuple[WeChat, redis.Redis]] = []

    def build(platform: ScriptedPlatform, url: str = redis_url, **options: object) -> WeChat:
        client = connect(url)
        made.append((WeChat(APP_ID, SECRET, client, origin=platform.origin, **options), client))
        return made[-1][0]

    yield build
    for wechat, client in made:
        wechat.close()
        client.close()


def refusing(code: int) -> Callable[[Call], Answer]:
    return lambda _call: {"errcode": code, "errmsg": "no rid: 6385c6c1-0fcadca1-22c1fc91"}


def test_a_text_goes_out_in_utf8_with_the_token(make: Make) -> None:
    with scripted_platform() as platform:
        make(platform).send_text(OPENID, "充值到账 ¥500.00")
        token, sent = platform.calls
    assert token.json == {"grant_type": "client_credential", "appid": APP_ID, "secret": SECRET}
    assert (sent.path, sent.query["access_token"]) == ("/cgi-bin/message/custom/send", "token-1")
    assert sent.json == {"touser": OPENID, "msgtype": "text", "text": {"content": "充值到账 ¥500.00"}}
    assert "充值到账".encode() in sent.body


def test_the_token_is_fetched_once_for_many_calls_and_clients(make: Make) -> None:
    with scripted_platform() as platform:
        first, second = make(platform), make(platform)
        for wechat in (first, second, first):
            wechat.send_text(OPENID, "好")
        assert platform.paths().count("stable_token") == 1


def test_a_token_about_to_expire_is_renewed_in_time(make: Make) -> None:
    now = [1_795_300_000.0]
    with scripted_platform() as platform:
        wechat = make(platform, clock=lambda: now[0])
        wechat.send_text(OPENID, "一")
        now[0] += 7200 - 121
        wechat.send_text(OPENID, "二")
        now[0] += 2
        wechat.send_text(OPENID, "三")
        assert [call.query.get("access_token") for call in platform.calls if call.query] == [
            "token-1",
            "token-1",
            "token-2",
        ]


def test_a_fresh_token_that_is_refused_is_not_tried_twice_but_forgotten(make: Make) -> None:
    def script(call: Call) -> Answer:
        return OK if call.query["access_token"] == "token-2" else {"errcode": 42001, "errmsg": "expired"}

    with scripted_platform(script) as platform:
        wechat = make(platform)
        with pytest.raises(WeChatClientException):
            wechat.send_text(OPENID, "好")  # nothing better is to be had at this moment
        assert platform.paths() == ["stable_token", "send"]
        wechat.send_text(OPENID, "好")
        assert platform.paths() == ["stable_token", "send"] * 2


def test_a_token_that_went_bad_since_it_was_fetched(make: Make) -> None:
    refused: set[str] = set()

    def script(call: Call) -> Answer:
        return refusing(40001)(call) if call.query["access_token"] in refused else OK

    with scripted_platform(script) as platform:
        wechat = make(platform)
        wechat.send_text(OPENID, "一")
        refused.add("token-1")
        wechat.send_text(OPENID, "二")
        assert platform.paths() == ["stable_token", "send", "send", "stable_token", "send"]


@pytest.mark.parametrize("code", [40001, 40014, 42001])
@pytest.mark.parametrize("cached", [False, True])
@pytest.mark.parametrize("same_token", [False, True])
def test_a_lasting_refusal_costs_three_calls_at_most(
    make: Make, code: int, cached: bool, same_token: bool
) -> None:
    with scripted_platform() as platform:
        platform.same_token = same_token
        wechat = make(platform)
        if cached:
            wechat.send_text(OPENID, "好")
        platform.script = refusing(code)
        before = len(platform.calls)
        with pytest.raises(WeChatClientException) as raised:
            wechat.send_text(OPENID, "好")
        assert len(platform.calls) - before <= 3
    assert raised.value.errcode == code
    assert classify(raised.value) == Verdict(False, "alarm", code, 600.0)


def test_an_upload_is_repeated_whole(make: Make) -> None:
    refused: set[str] = set()

    def script(call: Call) -> Answer:
        if call.query["access_token"] in refused:
            return {"errcode": 40014, "errmsg": "invalid access_token"}
        return {"type": "image", "media_id": "m-1", "created_at": 1}

    image = b"\x89PNG" + bytes(range(256)) * 40
    with scripted_platform(script) as platform:
        wechat = make(platform)
        assert wechat.upload_image(image) == "m-1"
        refused.add("token-1")
        assert wechat.upload_image(image) == "m-1"
        first, _, second = platform.calls[-3:]
    assert image in first.body
    assert image in second.body


CALLER = """
import sys, threading
from bot.delivery_store import connect
from bot.outreach.wechat.client import WeChat

client = connect(sys.argv[1])
wechat = WeChat("wxdemo", "s3cret", client, origin=sys.argv[2])
print("ready", flush=True)
sys.stdin.readline()
threads = [threading.Thread(target=wechat.send_text, args=("oA", "x")) for _ in range(4)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
wechat.close()
client.close()
"""


def test_eight_threads_in_two_processes_fetch_one_token(redis_url: str) -> None:
    with scripted_platform() as platform:
        command = [sys.executable, "-c", CALLER, redis_url, platform.origin]
        callers = [
            subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            for _ in range(2)
        ]
        for caller in callers:
            assert caller.stdout is not None
            assert caller.stdout.readline() == "ready\n"
        for caller in callers:
            assert caller.stdin is not None
            caller.stdin.write("go\n")
            caller.stdin.flush()
        for caller in callers:
            caller.communicate(timeout=60)
            assert caller.returncode == 0
        assert platform.paths().count("send") == 8
        assert platform.paths().count("stable_token") == 1


def test_threads_that_meet_a_dead_token_renew_it_once(make: Make) -> None:
    with scripted_platform() as platform:
        wechat = make(platform)
        wechat.send_text(OPENID, "好")
        platform.script = lambda call: (
            OK if call.query["access_token"] != "token-1" else refusing(40001)(call)
        )
        threads = [threading.Thread(target=wechat.send_text, args=(OPENID, "好")) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert platform.paths().count("stable_token") == 2


def test_without_redis_the_process_keeps_a_token_of_its_own(make: Make) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        nowhere = f"redis://127.0.0.1:{probe.getsockname()[1]}/0"
        with scripted_platform() as platform:
            wechat = make(platform, nowhere)
            for _ in range(3):
                wechat.send_text(OPENID, "好")
            assert platform.paths() == ["stable_token", "send", "send", "send"]


def test_rubbish_in_the_shared_token_is_replaced(make: Make, redis_url: str) -> None:
    with redis.Redis.from_url(redis_url) as client, scripted_platform() as platform:
        client.set("zg:wechat:token:wxdemo", "{not json")
        make(platform).send_text(OPENID, "好")
        assert platform.paths() == ["stable_token", "send"]


@pytest.mark.parametrize(
    "answer",
    [
        (200, b"<html>log in to the network</html>"),
        (200, b"[]"),
        (200, b""),
        (200, b"{}"),
        (502, b"bad gateway"),
    ],
)
def test_what_is_not_the_platforms_answer_is_no_success(make: Make, answer: tuple[int, bytes]) -> None:
    with scripted_platform(lambda _call: answer) as platform:
        with pytest.raises((BadAnswerError, WeChatClientException)) as raised:
            make(platform).send_text(OPENID, "好")
        assert classify(raised.value) == Verdict(False, "retry", None)


def test_a_platform_that_is_not_there_is_tried_again_later(make: Make) -> None:
    with scripted_platform() as platform:
        wechat = make(platform)
    with pytest.raises(requests.ConnectionError) as raised:
        wechat.send_text(OPENID, "好")
    assert classify(raised.value) == Verdict(False, "retry", None)


def test_refused_credentials_name_their_code(make: Make) -> None:
    with scripted_platform() as platform:
        platform.handle = refusing(40164)  # type: ignore[method-assign]
        with pytest.raises(WeChatClientException) as raised:
            make(platform).send_text(OPENID, "好")
    assert classify(raised.value).action == "alarm"


def test_texts_and_images_have_limits(make: Make) -> None:
    with scripted_platform() as platform:
        wechat = make(platform)
        for text in ("", "长" * 700):
            with pytest.raises(ValueError, match="2048"):
                wechat.send_text(OPENID, text)
        for data in (b"", b"x" * (2 * 1024 * 1024 + 1)):
            with pytest.raises(ValueError, match="bytes"):
                wechat.upload_image(data)
        assert platform.calls == []


def test_qr_codes_temporary_and_permanent(make: Make) -> None:
    def script(call: Call) -> Answer:
        life = {"expire_seconds": call.json["expire_seconds"]} if "expire_seconds" in call.json else {}
        return {"ticket": "gQ/+=", "url": "http://weixin.qq.com/q/1", **life}

    with scripted_platform(script) as platform:
        wechat = make(platform)
        temporary = wechat.create_qr("ref:7F3K", 2_592_000)
        permanent = wechat.create_qr("store:07")
        bodies = [call.json for call in platform.calls if call.path.endswith("create")]
        assert wechat.qr_image_url("gQ/+=") == f"{platform.origin}/cgi-bin/showqrcode?ticket=gQ%2F%2B%3D"
        for scene, life in [("", None), ("x" * 65, None), ("中文", None), ("a", 10), ("a", 2_592_001)]:
            with pytest.raises(ValueError, match=r"scene|lives"):
                wechat.create_qr(scene, life)
    assert bodies[0]["action_name"] == "QR_STR_SCENE"
    assert bodies[1] == {
        "action_name": "QR_LIMIT_STR_SCENE",
        "action_info": {"scene": {"scene_str": "store:07"}},
    }
    assert (temporary.expire_seconds, permanent.expire_seconds) == (2_592_000, None)


def test_user_info_of_followers_and_others(make: Make) -> None:
    def script(call: Call) -> Answer:
        if call.query["openid"] != OPENID:
            return {"subscribe": 0, "openid": call.query["openid"]}
        return {"subscribe": 1, "openid": OPENID, "subscribe_time": 1795300000, "qr_scene_str": "store:07"}

    with scripted_platform(script) as platform:
        wechat = make(platform)
        known, stranger = wechat.user_info(OPENID), wechat.user_info("oX")
    assert known.follows
    assert known.followed_at == datetime.fromtimestamp(1795300000, UTC)
    assert known.scene == "store:07"
    assert not stranger.follows


def test_menu_is_sent_as_it_is(make: Make) -> None:
    menu = {"button": [{"type": "click", "name": "我的会员", "key": "ME"}]}
    with scripted_platform() as platform:
        make(platform).create_menu(menu)
        assert platform.calls[-1].json == menu


def test_secrets_do_not_show_in_representations(make: Make) -> None:
    with scripted_platform() as platform:
        wechat = make(platform)
        wechat.send_text(OPENID, "好")
        shown = repr(vars(wechat)) + repr(vars(wechat._api._keeper))
    assert "token-1" not in shown
    assert SECRET not in json.dumps(shown)
