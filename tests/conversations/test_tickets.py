"""Reaching a person: the question goes to the store's people, the answer comes back (feature A10)."""

from __future__ import annotations

import pytest
from stage import CASHIER, LIN, MANAGER, NEWCOMER, OTHER_CASHIER, Stage

from actions.membership import tickets


def sent_to(stage: Stage, openid: str) -> list[str]:
    with stage.engine.connect() as connection:
        rows = connection.exec_driver_sql("SELECT text FROM message WHERE openid = %s ORDER BY id", (openid,))
        return [row.text for row in rows]


def test_a_question_reaches_the_store_and_the_answer_the_member(stage: Stage) -> None:
    stage.play(LIN, [("我的余额", "余额"), ("人工", ("国贸店", "直接回您"))])
    for person in (CASHIER, MANAGER):
        told = sent_to(stage, person)[-1]
        assert "找人工 #1" in told
        assert "小林" in told
        assert "顾客：我的余额" in told
        assert "助手：小林" in told
        assert told.index("我的余额") < told.index("顾客：人工")
        assert "13800138000" not in told
    assert sent_to(stage, OTHER_CASHIER) == []

    stage.play(CASHIER, [("工单", ("#1", "等到现在")), ("回 1 您好，您说的面膜到货了", "已发给顾客")])
    assert sent_to(stage, LIN)[-1] == "国贸店 王芳：\n您好，您说的面膜到货了"
    stage.play(
        CASHIER, [("工单", "已回过"), ("办结 1", "已办结"), ("工单", "没有等着回"), ("办结 1", "已经办结")]
    )


def test_what_is_not_understood_goes_to_the_same_person(stage: Stage) -> None:
    stage.play(
        LIN,
        [
            ("人工", "直接回您"),
            ("上回那个瓶子漏了怎么弄呀", "转给店里的同事"),
            ("我的余额", "余额"),
            ("人工", "再次提醒"),
        ],
    )
    assert "顾客：上回那个瓶子漏了怎么弄呀" in "\n".join(sent_to(stage, CASHIER))
    assert stage.count("ticket") == 1
    stage.play(CASHIER, [("回 1 您带来我们给您换", "已发给顾客"), ("办结 1", "已办结")])
    stage.play(LIN, [("上回那个瓶子漏了怎么弄呀", "没听懂")])


def test_the_same_delivery_is_one_line_and_one_message(stage: Stage) -> None:
    for _ in range(2):
        stage.say(LIN, "人工", key="wx:once")
    assert stage.count("ticket") == 1
    assert stage.count("ticket_line") == 1
    assert len(sent_to(stage, CASHIER)) == 1
    for _ in range(2):
        stage.say(CASHIER, "回 1 马上来", key="wx:answer")
    assert len(sent_to(stage, LIN)) == 1


def test_nobody_of_another_store_sees_or_answers_it(stage: Stage) -> None:
    stage.play(LIN, [("人工", "国贸店")])
    stage.play(OTHER_CASHIER, [("工单", "没有等着回"), ("回 1 你好", "没有 #1"), ("办结 1", "没有 #1")])
    assert sent_to(stage, LIN) == []


def test_a_question_cannot_be_closed_without_an_answer(stage: Stage) -> None:
    stage.play(LIN, [("我要投诉", "对不起")])
    stage.play(MANAGER, [("办结 1", "还没有回过"), ("回 1", "写法"), ("回 1 " + "好" * 190, "已发给顾客")])


def test_at_night_the_member_is_told_when_the_store_opens(stage: Stage) -> None:
    stage.later(hours=13)
    stage.play(LIN, [("人工", ("店里休息", "开门后"))])
    assert tickets.remind_waiting(stage.house) == 0
    stage.later(hours=10, minutes=16)
    assert tickets.remind_waiting(stage.house) in (0, 1)


def test_nothing_waits_without_the_member_being_told(stage: Stage) -> None:
    stage.play(LIN, [("人工", "国贸店")])
    stage.later(minutes=14)
    assert tickets.remind_waiting(stage.house) == 0
    stage.later(minutes=2)
    assert tickets.remind_waiting(stage.house) == 1
    assert "还在忙" in sent_to(stage, LIN)[-1]
    assert "等了 15 分钟" in sent_to(stage, MANAGER)[-1]
    assert tickets.remind_waiting(stage.house) == 0
    stage.play(MANAGER, [("回 1 来了", "已发给顾客")])
    stage.later(minutes=30)
    stage.play(LIN, [("还有一个瓶子也漏啦咋整呢", "转给店里")])
    stage.later(minutes=16)
    assert tickets.remind_waiting(stage.house) == 1


@pytest.mark.parametrize("words", ["人工", "我要投诉"])
def test_a_stranger_is_heard_too(stage: Stage, words: str) -> None:
    stage.say(NEWCOMER, words)
    assert "还没办卡的顾客" in sent_to(stage, CASHIER)[-1]
