"""Template messages and subscription notifications, by the real client over HTTP (wechat-protocol §4)."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis
from standin_kit import APP_ID, LIN, MEI, SECRET, standin
from wechatpy.exceptions import WeChatClientException
from werkzeug.serving import make_server

from bot.outreach.wechat.client import WeChat
from bot.outreach.wechat.errors import classify
from webhook.standin.app import StandIn

FIELDS = {"thing1": "面部护理", "time2": "2026年11月24日 15:00"}


@pytest.fixture
def platform(tmp_path: Path) -> Iterator[StandIn]:
    with standin(tmp_path) as made:
        made.platform.people.create(openid=LIN, name="小林", follows=True)
        made.platform.people.create(openid=MEI, name="小梅", follows=False)
        yield made


@pytest.fixture
def client(platform: StandIn, redis_url: str) -> Iterator[WeChat]:
    server = make_server("127.0.0.1", 0, platform, threaded=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    store = redis.Redis.from_url(redis_url)
    made = WeChat(APP_ID, SECRET, store, origin=f"http://127.0.0.1:{server.port}")
    yield made
    made.close()
    store.close()
    server.shutdown()
    server.server_close()
    thread.join()


def code(error: pytest.ExceptionInfo[WeChatClientException]) -> int | None:
    return classify(error.value).code


def shown(platform: StandIn, openid: str) -> list[object]:
    return [m["text"] for m in platform.platform.chat.since(openid, 0, 50) if m["from"] == "account"]


def test_a_template_message_needs_no_window_and_goes_once(platform: StandIn, client: WeChat) -> None:
    first = client.send_template(LIN, "TPL", FIELDS, message_id="zg-1")
    second = client.send_template(LIN, "TPL", FIELDS, message_id="zg-2")
    assert second > first > 2**60
    with pytest.raises(WeChatClientException) as error:
        client.send_template(LIN, "TPL", FIELDS, message_id="zg-1")
    assert code(error) == 40258
    assert classify(error.value).action == "delivered"
    assert shown(platform, LIN) == ["【服务通知】\n面部护理\n2026年11月24日 15:00"] * 2


@pytest.mark.parametrize(
    ("openid", "template_id", "fields", "refusal"),
    [
        (MEI, "TPL", FIELDS, 43004),
        ("oNOBODY", "TPL", FIELDS, 40003),
        (LIN, "", FIELDS, 40037),
        (LIN, "TPL", {"thing1": "护" * 21}, 47003),
        (LIN, "TPL", {"character_string1": "会员"}, 47003),
        (LIN, "TPL", {}, 47003),
    ],
)
def test_what_the_platform_refuses(
    platform: StandIn, client: WeChat, openid: str, template_id: str, fields: dict[str, str], refusal: int
) -> None:
    with pytest.raises(WeChatClientException) as error:
        client.send_template(openid, template_id, fields, message_id="zg-1")
    assert code(error) == refusal
    assert shown(platform, LIN) == []


def test_each_consent_carries_one_notification_even_without_following(
    platform: StandIn, client: WeChat
) -> None:
    product = platform.test_client()
    for _ in range(2):
        answer = product.post(f"/standin/api/people/{MEI}/consent", json={"template_id": "SUB"})
        assert answer.status_code == 200, answer.text
    client.send_subscription(MEI, "SUB", {"thing1": "优惠券快到期"})
    client.send_subscription(MEI, "SUB", {"thing1": "优惠券快到期"})
    with pytest.raises(WeChatClientException) as error:
        client.send_subscription(MEI, "SUB", {"thing1": "优惠券快到期"})
    assert code(error) == 43101
    assert len(shown(platform, MEI)) == 2


def test_a_refusal_ends_all_consents(platform: StandIn, client: WeChat) -> None:
    product = platform.test_client()
    for status in ("accept", "accept", "reject"):
        body = {"template_id": "SUB", "status": status}
        assert product.post(f"/standin/api/people/{LIN}/consent", json=body).status_code == 200
    with pytest.raises(WeChatClientException) as error:
        client.send_subscription(LIN, "SUB", {"thing1": "优惠"})
    assert code(error) == 43101
