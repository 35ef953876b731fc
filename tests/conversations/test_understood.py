"""Sentences as people write them, through the trained model to the answer."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from stage import CASHIER, LIN, LIN_PHONE, NEWCOMER, SHOP, Stage

from nlu.engine import Nlu
from nlu.rasa_client import RasaClient

pytestmark = pytest.mark.rasa


@pytest.fixture
def stage(stage_with: Callable[[Nlu], Stage], rasa_server: tuple[str, str]) -> Stage:
    url, token = rasa_server
    # A busy machine is no reason for a wrong answer here: the model gets more patience than a member has.
    client = RasaClient(url, token, timeout_seconds=10)
    return stage_with(Nlu(rasa=client, cache=None, catalogue=SHOP.catalogue()))


def test_the_scene_of_a_member(stage: Stage) -> None:
    stage.say(CASHIER, f"充值 {LIN_PHONE} 800 微信")
    stage.say(CASHIER, "1")
    stage.play(
        LIN,
        [
            ("我卡里还有多少钱", "¥920.00"),
            ("帮我看下积分有多少", "1000 积分"),
            ("充500送多少", ("充 ¥500.00", "送 ¥30.00", "再加 ¥300.00")),
            ("我想充值一千", ("¥1,000.00", "送 ¥120.00", "到店")),
            ("最近一个月的消费记录", "还没有消费记录"),
            ("最近一个月的充值记录", "充值 +¥920.00"),
            ("国贸店在哪儿啊", ("建国门", "010-")),
            ("我现在什么等级", "成长会员"),
            ("积分能换点啥", "护手霜"),
            ("谢谢啊", "不客气"),
            ("你好", "小林，您好"),
            ("我要找人工客服", "010-"),
        ],
    )


def test_a_lunar_birthday_in_his_own_words(stage: Stage) -> None:
    stage.play(
        LIN,
        [
            ("我过农历生日的 八月十五", "哪年出生的"),
            ("我是90年的", ("农历生日换成阳历是 1990年10月3日", "不能自己改")),
            ("1", "记好了"),
        ],
    )


def test_a_newcomer_in_his_own_words(stage: Stage) -> None:
    stage.play(
        NEWCOMER, [("我想办张会员卡", "手机号"), ("算了", "先不办了"), ("我的卡里有多少钱", "还没有会员卡")]
    )


@pytest.mark.parametrize(
    "said",
    [
        "明天北京天气怎么样",
        "帮我订一张去上海的火车票",
        "放一首周杰伦的歌",
        "给我讲个笑话",
        "附近哪家火锅好吃",
    ],
)
def test_other_worlds_are_politely_declined(stage: Stage, said: str) -> None:
    stage.play(LIN, [(said, "没听懂")])


@pytest.mark.parametrize(
    "said", ["给我充500", "充值五百块", "我要充一千五", "我要退卡", "把积分全换了", "确定充值"]
)
def test_no_sentence_of_a_member_moves_value(stage: Stage, said: str) -> None:
    stage.say(LIN, said)
    stage.say(LIN, "是")
    stage.say(LIN, "确认")
    assert stage.count("transfer") == 0


def test_what_was_misunderstood_waits_for_a_person_to_label_it(stage: Stage) -> None:
    stage.play(LIN, [("明天北京天气怎么样 13800138000", "没听懂"), ("我想看看积分", "0 积分")])
    stage.play(LIN, [("不是，我要看余额", "还没有余额")])
    waiting = [(lesson.text, lesson.guess) for lesson in stage.inbox.waiting()]
    assert ("明天北京天气怎么样 00000000000", "fallback") in waiting
    assert ("我想看看积分", "query_points") in waiting


def test_a_statement_of_top_ups_shows_no_purchases(stage: Stage) -> None:
    stage.say(CASHIER, f"充值 {LIN_PHONE} 300 微信")
    stage.say(CASHIER, "1")
    stage.play(LIN, [("我最近的充值记录", "充值 +¥330.00"), ("我最近的消费记录", "还没有消费记录")])
