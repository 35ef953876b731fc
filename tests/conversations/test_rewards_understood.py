"""Redeeming, codes and friends in members' own words, through the trained model."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from stage import CASHIER, LIN, LIN_PHONE, SHOP, Stage

from nlu.engine import Nlu
from nlu.rasa_client import RasaClient

pytestmark = pytest.mark.rasa


@pytest.fixture
def stage(stage_with: Callable[[Nlu], Stage], rasa_server: tuple[str, str]) -> Stage:
    url, token = rasa_server
    client = RasaClient(url, token, timeout_seconds=10)
    made = stage_with(Nlu(rasa=client, cache=None, catalogue=SHOP.catalogue()))
    made.say(CASHIER, f"充值 {LIN_PHONE} 1500 微信")
    made.say(CASHIER, "1")
    return made


def test_a_reward_in_one_sentence(stage: Stage) -> None:
    stage.play(
        LIN,
        [
            ("我想用积分换个护手霜", ("护手霜一支", "600 积分", "回复 1 兑换")),
            ("我的积分还有多少", ("积分", "还等您确认")),
            ("确认", "换好了"),
            ("积分兑换修眉", ("修眉一次", "1000 积分")),
            ("算了", "取消"),
        ],
    )


def test_what_so_many_points_buy(stage: Stage) -> None:
    stage.play(
        LIN,
        [
            ("700积分能换什么", ("700 积分可以换", "[换护手霜一支]")),
            ("兑换护手霜一支", "回复 1 兑换"),
            ("0", "取消"),
            ("100积分可以换啥", "还不够换"),
            ("六七百积分能换什么", ("700 积分可以换", "[换护手霜一支]")),
            ("兑换护手霜一支", "回复 1 兑换"),
            ("0", "取消"),
        ],
    )


def test_codes_and_friends(stage: Stage) -> None:
    stage.play(
        LIN,
        [
            ("给我看下付款码", ("付款码", "60 秒内有效")),
            ("我要推荐朋友来,给我一张海报", ("专属海报", "TA 得")),
            ("我推荐的人来了几个", "还没有朋友"),
        ],
    )
