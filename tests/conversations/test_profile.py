"""Changing one's own data (feature A10)."""

from __future__ import annotations

import pytest
from stage import CASHIER, LIN, LIN_PHONE, NEWCOMER, Stage

from actions.counter import desk


def of_lin(stage: Stage, column: str) -> object:
    with stage.engine.connect() as connection:
        return connection.exec_driver_sql(f"SELECT {column} FROM member ORDER BY id LIMIT 1").scalar_one()


def test_a_name_is_asked_echoed_and_kept(stage: Stage) -> None:
    stage.play(
        LIN,
        [
            ("修改资料", ("想改哪一项", "[生日]")),
            ("1", "称呼"),
            ("林小雨", "“林小雨”，对吗"),
            ("1", "记好了"),
        ],
    )
    stage.play(LIN, [("我的余额", "林小雨")])
    assert stage.count("act", "what = 'rename'") == 1


@pytest.mark.parametrize("said", ["<b>x</b>", "12345", "x" * 30, "'; DROP TABLE member; --"])
def test_what_is_no_name_is_refused(stage: Stage, said: str) -> None:
    stage.play(LIN, [("修改资料", "想改"), ("姓名", "称呼"), (said, "1 到 20 个字")])
    assert of_lin(stage, "name") == "小林"


@pytest.mark.parametrize(
    ("said", "shown", "kept"),
    [
        ("3月5日", "3月5日", "0004-03-05"),
        ("1990年3月5号", "1990年3月5日", "1990-03-05"),
        ("二月二十九", "2月29日", "0004-02-29"),
    ],
)
def test_a_birthday_is_kept_once(stage: Stage, said: str, shown: str, kept: str) -> None:
    stage.play(LIN, [("修改资料", "想改"), ("生日", "生日"), (said, (shown, "不能自己改")), ("1", "记好了")])
    assert str(of_lin(stage, "birthday")) == kept
    stage.play(LIN, [("修改资料", "想改"), ("生日", "已经登记过"), ("6月1日", "没听懂")])
    assert str(of_lin(stage, "birthday")) == kept


def test_a_birthday_that_was_not_confirmed_is_not_kept(stage: Stage) -> None:
    stage.play(
        LIN,
        [
            ("修改资料", "想改"),
            ("生日", "生日"),
            ("3月5日", "对吗"),
            ("不对，是3月6日", "3月6日"),
            ("0", "取消"),
        ],
    )
    assert of_lin(stage, "birthday") is None


def test_a_new_phone_is_proved_first(stage: Stage) -> None:
    stage.play(LIN, [("修改资料", "想改"), ("手机号", "手机号"), ("13900139000", "验证码")])
    code = desk.issue_phone_code(stage.house, staff_openid=CASHIER, phone="13900139000")
    assert isinstance(code, str)
    assert of_lin(stage, "phone") == LIN_PHONE
    stage.play(LIN, [("000000" if code != "000000" else "111111", "不对"), (code, "以后")])
    assert of_lin(stage, "phone") == "13900139000"


def test_who_has_no_card_has_no_data(stage: Stage) -> None:
    stage.play(NEWCOMER, [("修改资料", "还没有会员卡")])
