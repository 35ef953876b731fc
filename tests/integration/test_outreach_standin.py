"""The door, the guard of deliveries and the client over real HTTP with the stand-in, in all three modes."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import requests
from wechatpy.exceptions import WeChatClientException
from werkzeug.serving import make_server

from bot.deliveries import Deliveries
from bot.delivery_store import connect
from bot.messages import Choice, Incoming, Reply
from bot.outreach.wechat.client import WeChat
from bot.outreach.wechat.errors import classify
from bot.outreach.wechat.markup import render_text
from webhook.app import WebParts, create_app
from webhook.standin.app import StandInConfig
from webhook.standin.app import create_app as create_standin
from webhook.wechat.door import DoorConfig

APP_ID, SECRET, TOKEN = "wxstandin0000001", "secret-of-the-stand-in", "tokenOfTheShop"
AES_KEY = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
LIN = "oLIN0000000000000000000001"
WAIT_SECONDS = 30.0


@contextmanager
def serving(app: Any, port: int = 0) -> Iterator[str]:
    server = make_server("127.0.0.1", port, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@dataclass
class House:
    """A product with one turn, beside a stand-in that pushes to it."""

    api: str
    wechat: WeChat
    turns: list[Incoming] = field(default_factory=list)
    gate: threading.Event = field(default_factory=threading.Event)
    late_sent: threading.Event = field(default_factory=threading.Event)

    def turn(self, incoming: Incoming) -> Reply:
        self.turns.append(incoming)
        if incoming.text == "慢":
            assert self.gate.wait(WAIT_SECONDS)
            return Reply("慢的答复")
        return Reply(f"{incoming.kind}:{incoming.event}:{incoming.text}", (Choice("好的", "好的 & 是"),))

    def late(self, incoming: Incoming, reply: Reply) -> None:
        self.wechat.send_text(incoming.openid, render_text(reply))
        self.late_sent.set()

    def act(self, path: str, **body: object) -> dict[str, Any]:
        answer = requests.post(f"{self.api}/people/{LIN}/{path}", json={"wait": True, **body}, timeout=30)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def shown(self) -> list[str]:
        chat = requests.get(f"{self.api}/people/{LIN}/chat", timeout=30).json()
        return [message["text"] for message in chat["messages"] if message["from"] == "account"]


Build = Callable[..., House]


@pytest.fixture
def build(tmp_path: Path, redis_url: str) -> Iterator[Build]:
    with ExitStack() as stack:

        def house(mode: str = "safe", timeout_seconds: float = WAIT_SECONDS, **options: Any) -> House:
            client = connect(redis_url)
            stack.callback(client.close)
            guard = Deliveries(client)
            stack.callback(guard.close)
            made = House("", WeChat("", "", client))

            def answer(incoming: Incoming) -> Reply:
                return guard.answer(incoming, work=made.turn, late=made.late, timeout_seconds=timeout_seconds)

            door = DoorConfig(APP_ID, TOKEN, AES_KEY if mode != "plain" else "", mode=mode)  # type: ignore[arg-type]
            product = stack.enter_context(serving(create_app(WebParts(door, answer, dict))))
            standin = create_standin(
                StandInConfig(
                    app_id=APP_ID,
                    app_secret=SECRET,
                    token=TOKEN,
                    aes_key=AES_KEY,
                    mode=mode,  # type: ignore[arg-type]
                    webhook_url=f"{product}/wechat",
                    database=tmp_path / "standin.sqlite",
                    clock_file=tmp_path / "clock",
                    **options,
                )
            )
            stack.callback(standin.close)
            origin = stack.enter_context(serving(standin))
            made.api = f"{origin}/standin/api"
            made.wechat = WeChat(APP_ID, SECRET, client, origin=origin)
            stack.callback(made.wechat.close)
            person = {"openid": LIN, "name": "小林", "follows": True}
            assert requests.post(f"{made.api}/people", json=person, timeout=30).status_code == 201
            return made

        yield house


@pytest.mark.parametrize("mode", ["plain", "compatible", "safe"])
def test_a_word_goes_in_and_its_answer_comes_out(build: Build, mode: str) -> None:
    house = build(mode)
    result = house.act("say", text="我卡里还有多少钱 ]]> 😀")
    assert result["kind"] == "text"
    assert result["reply"].startswith("text::我卡里还有多少钱 ]]> 😀\n<a href=")
    tapped = house.act("choice", text="好的 & 是", id="1")
    assert tapped["reply"].startswith("text::好的 & 是")
    assert house.turns[-1].tapped_id == "1"


def test_two_copies_at_once_have_one_turn_and_one_answer(build: Build) -> None:
    house = build()
    result = house.act("say", text="查积分", twice=True)
    assert len(house.turns) == 1
    assert {answer["reply"] for answer in result["answers"]} == {result["reply"]}


def test_every_kind_of_push_is_understood(build: Build) -> None:
    house = build()
    ticket = house.wechat.create_qr("store:07").ticket
    house.act("voice", recognition="查余额", seconds=2)
    house.act("image")
    house.act("location", latitude=31.23, longitude=121.47, label="静安寺")
    house.act("link", title="t", description="d", url="https://example.cn/")
    house.act("unfollow")
    house.act("follow", ticket=ticket)
    kinds = [(turn.kind, turn.event, turn.text) for turn in house.turns]
    assert kinds == [
        ("voice", "", "查余额"),
        ("image", "", ""),
        ("location", "", "静安寺"),
        ("link", "", "https://example.cn/"),
        ("event", "unsubscribe", ""),
        ("event", "subscribe", ""),
    ]
    assert house.turns[-1].event_key == "store:07"
    assert house.turns[2].latitude == 31.23


def test_a_slow_turn_is_answered_by_a_customer_message(build: Build) -> None:
    house = build(timeout_seconds=0.3)
    result = house.act("say", text="慢")
    assert not result.get("reply")
    assert not result.get("notice")
    house.gate.set()
    assert house.late_sent.wait(WAIT_SECONDS)
    assert house.shown() == ["慢的答复"]
    assert len(house.turns) == 1


def test_the_reply_window_has_five_messages_and_forty_eight_hours(build: Build) -> None:
    house = build()
    house.act("say", text="你好")
    for number in range(5):
        house.wechat.send_text(LIN, f"第{number}条")
    with pytest.raises(WeChatClientException) as used_up:
        house.wechat.send_text(LIN, "第六条")
    assert classify(used_up.value).code == 45047
    house.act("say", text="你好")
    house.wechat.send_text(LIN, "又可以了")
    moved = requests.post(f"{house.api}/clock", json={"move_seconds": 49 * 3600}, timeout=30)
    assert moved.status_code == 200
    with pytest.raises(WeChatClientException) as over:
        house.wechat.send_text(LIN, "太晚了")
    assert classify(over.value).code == 45015  # its token had expired as well, and was renewed on the way
    with pytest.raises(WeChatClientException) as stranger:
        house.wechat.send_text("oNOBODY", "谁")
    assert classify(stranger.value).action == "recipient"


def test_the_other_calls_of_the_api(build: Build) -> None:
    house = build()
    house.act("say", text="你好")
    code = house.wechat.create_qr("ref:7F3K", 600)
    image = requests.get(house.wechat.qr_image_url(code.ticket), timeout=30)
    assert image.status_code == 200
    assert image.content
    media_id = house.wechat.upload_image(image.content, "qr.jpg")
    house.wechat.send_image(LIN, media_id)
    assert house.wechat.user_info(LIN).follows
    house.wechat.create_menu({"button": [{"type": "click", "name": "我的会员", "key": "ME"}]})
    house.act("menu", position=[0])
    assert (house.turns[-1].event, house.turns[-1].event_key) == ("CLICK", "ME")
    house.act("scan", ticket=code.ticket)
    assert (house.turns[-1].event, house.turns[-1].event_key) == ("SCAN", "ref:7F3K")
