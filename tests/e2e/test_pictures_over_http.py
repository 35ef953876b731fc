"""Poster, voucher and pay code as a member sees them: drawn, uploaded, sent, downloaded, scanned."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
import zxingcpp
from PIL import Image
from town import LIN_PHONE, Town, wait_for

from bot.embedded.postgres import PostgresServer
from bot.embedded.redis_server import RedisServer
from ledger import migrations


@pytest.fixture(scope="module")
def town(scratch_dir: Path, postgres_server: PostgresServer, redis_server: RedisServer) -> Iterator[Town]:
    postgres_server.ensure_database("town_of_pictures")
    url = postgres_server.url("town_of_pictures")
    migrations.upgrade(url)
    made = Town(scratch_dir / "pictures", url, redis_server.url(11), web_processes=1)
    try:
        made.open()
        yield made
    finally:
        made.close()


def pictures(town: Town, who: str) -> list[str]:
    """The media ids of the pictures that the account has sent somebody."""
    chat = town.api("GET", f"people/{town.people[who]}/chat?limit=500")
    return [str(m["media_id"]) for m in chat["messages"] if m["from"] == "account" and m["kind"] == "image"]


def next_picture(town: Town, who: str, seen: int) -> Image.Image:
    """The picture after the `seen` first ones, downloaded as the phone does."""
    media_id = wait_for(lambda: pictures(town, who)[seen:], "the picture")[0]
    answer = requests.get(f"{town.standin}/standin/media/{media_id}", timeout=30)
    assert answer.status_code == 200
    return Image.open(io.BytesIO(answer.content))


def scanned(picture: Image.Image) -> str:
    found = zxingcpp.read_barcodes(picture)
    assert len(found) == 1
    return str(found[0].text)


def test_a_friend_follows_by_the_poster_and_both_are_rewarded(town: Town) -> None:
    assert "马上发给您" in town.say("小林", "推荐海报")
    poster = next_picture(town, "小林", 0)
    assert poster.size == (750, 1334)
    url = scanned(poster)
    assert url.startswith(f"{town.standin}/q/")
    welcome = str(town.act("新客", "scan", url=url)["reply"])
    assert "小*推荐您来的" in welcome
    town.say("新客", "加入会员")
    town.say("新客", "13911112222")
    digits = "".join(c for c in town.say("王芳", "验证 13911112222").split("（")[0] if c.isdigit())
    assert "会员号" in town.say("新客", digits)
    town.say("小林", "你好")
    town.say("王芳", "充值 13911112222 300 微信")
    assert "已入账" in town.say("王芳", "1")
    wait_for(lambda: [t for t in town.phone("新客") if "见面礼已到账" in t], "the newcomer's gift")
    wait_for(lambda: [t for t in town.phone("小林") if "推荐礼已到账" in t], "the inviter's gift")
    assert "已奖励" in town.say("小林", "我推荐了谁")
    assert "300 积分" in town.say("小林", "我的积分")


def test_the_same_poster_is_uploaded_once(town: Town) -> None:
    before = pictures(town, "小林")
    town.say("小林", "推荐海报")
    wait_for(lambda: pictures(town, "小林")[len(before) :], "the poster again")
    assert pictures(town, "小林")[-1] == before[-1]


def test_a_voucher_is_scanned_at_the_counter(town: Town) -> None:
    town.say("王芳", f"充值 {LIN_PHONE} 1500 微信")
    assert "已入账" in town.say("王芳", "1")
    seen = len(pictures(town, "小林"))
    town.say("小林", "兑换")
    town.say("小林", "护手霜")
    assert "券码" in town.say("小林", "1")
    code = scanned(next_picture(town, "小林", seen))
    assert "护手霜一支" in town.say("王芳", f"核销 {code}")
    assert "已核销" in town.say("王芳", "1")
    wait_for(lambda: [t for t in town.phone("小林") if "兑换券已使用" in t], "the member's receipt")


def test_a_pay_code_is_scanned_once_and_leaves_no_trace(town: Town) -> None:
    seen = len(pictures(town, "小林"))
    said = town.say("小林", "付款码")
    code = scanned(next_picture(town, "小林", seen))
    assert code in said.replace(" ", "")
    assert "小林" in town.say("王芳", f"查 {code}")
    assert "已用过" in town.say("王芳", f"查 {code}")
    wait_for(
        lambda: town.scalar(f"SELECT count(*) = 0 FROM message_picture WHERE subject = '{code}'"), "wiping"
    )
