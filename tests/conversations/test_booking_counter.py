"""Appointments at the counter, in the chat: list, arrival, no-show, leave, blocking, booking for a member."""

from __future__ import annotations

import pytest
from stage import CASHIER, LIN, LIN_PHONE, MANAGER, NEWCOMER, OTHER_CASHIER, Stage

from ledger.records import messages

FOR = f"代约 {LIN_PHONE} 基础清洁护理 今天下午3点 王丽"


def told(stage: Stage) -> list[str]:
    with stage.engine.connect() as connection:
        return [message.text for message in messages.of_openid(connection, LIN)]


def book(stage: Stage, when: str = "今天下午4点 张敏") -> None:
    command = f"代约 {LIN_PHONE} 基础清洁护理 {when}"
    stage.play(CASHIER, [(command, ("请核对：给 小林 预约", "[1 确认]")), ("1", "约好了 ✓")])


def test_a_member_on_the_phone_is_booked_after_an_echo_and_told(stage: Stage) -> None:
    stage.play(
        CASHIER,
        [
            ("预约单", "国贸店 今天(11月21日)还没有预约"),
            (
                f"代约 {LIN_PHONE} 基础清洁护理 今天下午4点 张敏",
                (
                    "请核对：给 小林 预约",
                    "今天(11月21日)16:00 国贸店",
                    "基础清洁护理 · 张敏",
                    "¥198.00",
                    "[1 确认]",
                ),
            ),
            ("1", ("约好了 ✓ Y000001", "已通知会员")),
            ("1", "没有等您确认"),
            ("预约单 今天", ("共 1 个预约", "16:00 张敏 · 基础清洁护理 · 小林 Y000001")),
            ("预约单 明天", "明天(11月22日)还没有预约"),
        ],
    )
    (message,) = told(stage)
    assert "丽人坊帮您约好了：\n今天(11月21日)16:00 国贸店" in message
    assert stage.count("booking", "state = 'booked'") == 1


def test_nothing_is_booked_without_the_yes(stage: Stage) -> None:
    stage.play(CASHIER, [(f"代约 {LIN_PHONE} 基础清洁护理 今天下午4点 张敏", "请核对"), ("0", "已取消")])
    assert stage.count("booking", "state = 'booked'") == 0
    assert told(stage) == []


def test_a_technician_who_is_elsewhere_that_day_is_answered_with_what_is_free(stage: Stage) -> None:
    """王丽 works in 望京 on Saturdays."""
    stage.play(CASHIER, [(FOR, ("这个时间约不了", "今天(11月21日)"))])


@pytest.mark.parametrize(
    ("said", "answer"),
    [
        (f"代约 {LIN_PHONE}", "写法：代约"),
        ("代约", "写法：代约"),
        (f"代约 {LIN_PHONE} 今天下午3点", "没有看懂项目"),
        (f"代约 {LIN_PHONE} 基础清洁护理", "没有看懂时间"),
        (f"代约 {LIN_PHONE} 基础清洁护理 明天下午", "这个时间约不了"),
        ("代约 13900139999 基础清洁护理 明天下午3点", "13900139999"),
        ("到店 Y000999", "没有找到这个预约"),
        ("爽约 999", "没有找到这个预约"),
        ("占用", "写法：占用"),
        ("占用 明天下午2点到4点", "没有看到技师的名字"),
        ("占用 张敏 培训", "没有看懂时间"),
        ("占用 张敏 明天下午2点", "写法：占用"),
        ("占用 赵倩 明天下午2点到4点", "赵倩不在国贸店"),
        ("请假", "写法：请假"),
        ("请假 张敏 昨天", "这段时间已经过了"),
        ("取消占用 Z000999", "没有找到这个占用号"),
        ("预约单 望京店", "国贸店"),
        ("帮助 代约", "例：代约"),
    ],
)
def test_what_is_not_right_gets_its_own_answer(stage: Stage, said: str, answer: str) -> None:
    stage.play(CASHIER, [(said, answer)])


def test_an_arrival_by_number(stage: Stage) -> None:
    book(stage)
    stage.play(
        CASHIER,
        [
            ("到店 y1", ("小林 已到店 ✓", "16:00 国贸店")),
            ("到店 Y000001", "这个预约已经到店了"),
            ("预约单", "Y000001 到店了"),
        ],
    )


def test_a_no_show_takes_a_yes_and_is_told(stage: Stage) -> None:
    book(stage)
    stage.play(CASHIER, [("爽约 Y000001", "预约时间还没到")])
    stage.later(hours=6)
    stage.play(
        CASHIER,
        [
            ("爽约 Y000001", ("请核对：记 小林 爽约", "[1 确认]")),
            ("1", "已记 小林 爽约"),
            ("爽约 Y1", "已经记为爽约"),
        ],
    )
    assert "没有等到您" in told(stage)[0]


def test_another_store_closes_nothing_here(stage: Stage) -> None:
    book(stage)
    stage.play(OTHER_CASHIER, [("到店 Y000001", "这个预约在国贸店")])


def test_leave_and_blocked_time(stage: Stage) -> None:
    book(stage, "明天下午4点 张敏")
    stage.play(
        MANAGER,
        [
            (
                "占用 张敏 明天下午1点到2点 培训",
                ("张敏 明天(11月22日)13:00–明天(11月22日)14:00 已占用（培训）", "Z000001"),
            ),
            ("请假 张敏 明天", ("已请假", "已有 1 个预约", "明天(11月22日)16:00 小林 Y000001")),
            ("预约单 明天", ("张敏 占用 培训 Z000001", "请假 Z000002", "小林")),
            (f"代约 {LIN_PHONE} 基础清洁护理 明天下午1点 张敏", "这个时间约不了"),
            ("取消占用 Z000002", "已恢复可约"),
            ("销假 Z000001", "已恢复可约"),
            (f"代约 {LIN_PHONE} 基础清洁护理 明天下午1点 张敏", "请核对"),
        ],
    )


def test_strangers_and_members_have_no_such_commands(stage: Stage) -> None:
    for openid in (LIN, NEWCOMER):
        reply = stage.say(openid, "爽约 Y000001")
        assert "请核对" not in reply.text
    assert stage.count("booking") == 0
