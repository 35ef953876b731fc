"""The day close in the chat: shown, counted, explained, sealed; what comes later belongs to the next day."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from stage import CASHIER, LIN, MANAGER, OTHER_CASHIER, Stage

from actions.house import Denied
from actions.membership import staffing
from ledger import book

OWNER = "oOWNER_00000000000000000000007"


@pytest.fixture
def shop_open(stage: Stage) -> Stage:
    """An owner in WeChat, and two top-ups at 国贸店: 500 by WeChat, 800 in cash."""
    code = staffing.invite(stage.house, name="陈总", role="owner", store_id=None, created_by="test")
    assert not isinstance(staffing.accept_invitation(stage.house, openid=OWNER, code=code), Denied)
    top_up(stage, CASHIER, "500 微信")
    top_up(stage, MANAGER, "800 现金")
    return stage


def top_up(stage: Stage, by: str, what: str) -> None:
    stage.play(by, [(f"充值 13800138000 {what}", "请核对"), ("1", "已入账")])


def told(stage: Stage, openid: str, kind: str) -> list[str]:
    from ledger.records import messages

    with stage.engine.connect() as connection:
        return [m.text for m in messages.of_openid(connection, openid) if m.kind == kind]


def test_a_day_is_shown_counted_and_closed_and_the_owner_gets_the_seal(shop_open: Stage) -> None:
    stage = shop_open
    stage.play(
        MANAGER,
        [
            (
                "日结",
                (
                    "国贸店 11月21日 账上（2 笔，首次日结，只算当天的账）",
                    "现金 ¥800.00",
                    "李静 1 笔 ¥800.00",
                    "日结 现金 800 微信 500",
                ),
            ),
            ("日结 现金 800", "还没有点：微信"),
            ("日结 现金 800 微信 500", ("现金 账上 ¥800.00 · 实点 ¥800.00 ✓", "[1 确认]")),
            ("1", ("已日结 ✓（2 笔）", "账本封存码")),
            ("日结", "已由李静在周六(11月21日)10:30日结"),
        ],
    )
    (message,) = told(stage, OWNER, "day_close")
    with stage.engine.connect() as connection:
        seal = book.last_seal(connection)
    assert seal is not None
    assert seal.root.hex() in message
    assert "充值收款 ¥1,300.00" in message
    assert stage.count("act", "what = 'day_close'") == 1


def test_a_variance_is_explained_and_stays_visible(shop_open: Stage) -> None:
    stage = shop_open
    stage.play(
        MANAGER,
        [
            ("日结 现金780 微信：500元", ("少 ¥20.00", "请写原因")),
            ("1", "请写原因"),
            ("原因 找零多给了 20", ("少 ¥20.00（找零多给了 20）", "[1 确认]")),
            ("1", "已日结 ✓"),
        ],
    )
    assert "少 ¥20.00（找零多给了 20）" in told(stage, OWNER, "day_close")[0]
    assert stage.count("day_count", "counted_fen - booked_fen = -2000 AND reason <> ''") == 1


def test_reason_in_the_same_line_and_dropping_it(shop_open: Stage) -> None:
    shop_open.play(
        MANAGER,
        [
            ("日结 现金 800 微信 520 原因：有人扫重了", ("多 ¥20.00（有人扫重了）", "[1 确认]")),
            ("0", "取消"),
            ("原因 算了", "没有要写原因的日结"),
        ],
    )
    assert shop_open.count("day_close") == 0


def test_an_entry_between_echo_and_yes_makes_a_new_count(shop_open: Stage) -> None:
    stage = shop_open
    stage.play(MANAGER, [("日结 现金 800 微信 500", "[1 确认]")])
    top_up(stage, CASHIER, "300 微信")
    stage.play(
        MANAGER,
        [
            ("1", ("还没有日结", "微信 账上 ¥800.00 · 实点 ¥500.00")),
            ("日结 现金 800 微信 800", "[1 确认]"),
            ("1", "已日结 ✓（3 笔）"),
        ],
    )


def test_late_entries_go_to_the_next_day(shop_open: Stage) -> None:
    stage = shop_open
    stage.play(MANAGER, [("日结 现金 800 微信 500", "[1 确认]"), ("1", "已日结")])
    stage.later(hours=3)
    top_up(stage, CASHIER, "300 微信")
    stage.later(days=1)
    stage.play(
        MANAGER,
        [
            ("日结", ("11月22日 账上（1 笔，自周六(11月21日)10:30上次日结起）", "微信 ¥300.00")),
            ("日结 微信 300", "[1 确认]"),
            ("1", "11月22日 已日结 ✓（1 笔）"),
        ],
    )


def test_yesterday_is_closed_in_the_morning_without_what_is_new(shop_open: Stage) -> None:
    stage = shop_open
    stage.later(days=1)
    top_up(stage, CASHIER, "300 微信")
    stage.play(
        MANAGER,
        [
            ("日结 昨天", ("11月21日 账上（2 笔，首次", "日结 昨天 现金 800 微信 500")),
            ("日结 昨天 现金 800 微信 500", "[1 确认]"),
            ("1", "11月21日 已日结 ✓（2 笔）"),
            ("日结 11-21 微信 300", "11月21日 已由李静"),
            ("日结 微信 300", "11月22日"),
            ("1", "11月22日 已日结 ✓（1 笔）"),
            ("日结 11月20日 现金 0", "已经算在里面"),
            ("日结 2027-01-01", "还没到"),
            ("日结 13-45", "看不懂"),
        ],
    )


@pytest.mark.parametrize(
    ("at", "day"),
    [
        (datetime(2026, 11, 30, 15, 59, tzinfo=UTC), "11月30日"),  # 23:59 in the shop
        (datetime(2026, 11, 30, 16, 5, tzinfo=UTC), "11月30日"),  # 0:05 on 1 December: still that night
        (datetime(2026, 11, 30, 22, 0, tzinfo=UTC), "12月1日"),  # 6:00
        (datetime(2028, 2, 29, 14, 0, tzinfo=UTC), "2月29日"),
    ],
)
def test_midnight_month_end_and_leap_day(shop_open: Stage, at: datetime, day: str) -> None:
    shop_open.now = at
    shop_open.play(MANAGER, [("日结 现金 0", f"国贸店 {day} 日结（0 笔）"), ("1", f"{day} 已日结")])


def test_a_wrong_count_is_corrected_beside_the_first(shop_open: Stage) -> None:
    stage = shop_open
    stage.play(
        MANAGER,
        [
            ("日结更正 今天 现金 800 原因 少数一张", "[1 确认]"),
            ("1", "11月21日 还没有日结"),
            ("日结 现金 780 微信 500 原因 少 20", "[1 确认]"),
            ("1", "已日结"),
            ("日结更正 今天 现金 800", "要写原因"),
            ("日结更正 今天 现金 800 原因 少数一张", ("现金 800", "[1 确认]")),
            ("1", ("已更正", "现金 账上 ¥800.00 · 实点 ¥800.00 ✓（少数一张）")),
        ],
    )
    assert stage.count("day_count", "payment_method = 'cash'") == 2
    assert any("有更正" in each for each in told(stage, OWNER, "day_close"))


def test_who_may_close_what(shop_open: Stage) -> None:
    stage = shop_open
    stage.play(CASHIER, [("日结", "您的岗位不能办")])
    stage.play(OTHER_CASHIER, [("日结 国贸店", "您的岗位不能办")])
    stage.play(MANAGER, [("日结 望京店", "不能替别的店")])
    stage.play(OWNER, [("日结", "请写明门店"), ("日结 国贸", "国贸店 11月21日"), ("日结 望京店", "还没有账")])
    assert stage.say(LIN, "日结").text
    assert stage.count("day_close") == 0


def test_what_is_not_understood_is_named(shop_open: Stage) -> None:
    shop_open.play(
        MANAGER,
        [
            ("日结 现金 12.345", "看不懂"),
            ("日结 现金 1 现金 2", "现金写了两个数"),
            ("日结 饭票 20", "“饭票 20”看不懂"),
        ],
    )


def test_a_cashier_hands_over_his_own(shop_open: Stage) -> None:
    stage = shop_open
    top_up(stage, CASHIER, "300 现金")
    stage.play(
        CASHIER,
        [
            ("交班", ("您收了（2 笔）", "现金 ¥300.00", "微信 ¥500.00", "交班 现金 300 微信 500")),
            ("交班 现金 280", "还没有点：微信"),
            ("交班 现金 280 微信 500", ("少 ¥20.00", "请写原因")),
            ("原因 找零多给了", ("少 ¥20.00（找零多给了）", "[1 确认]")),
            ("1", "已交班 ✓"),
        ],
    )
    assert "王芳在国贸店交班有差异" in told(stage, MANAGER, "handover")[0]
    stage.play(
        MANAGER,
        [
            ("日结", ("李静 1 笔 ¥800.00", "王芳 1 笔 ¥300.00（交班点 ¥280.00，少 ¥20.00：找零多给了）")),
            ("日结 现金 1080 微信 500 原因 王芳少 20", "[1 确认]"),
            ("1", "已日结"),
        ],
    )
    stage.play(CASHIER, [("交班", "您还没有收过款")])


def test_a_handover_that_changed_is_counted_again(shop_open: Stage) -> None:
    stage = shop_open
    stage.play(CASHIER, [("交班 微信 500", "[1 确认]")])
    stage.play(CASHIER, [("充值 13800138000 100 微信", ("上一笔没有确认", "请核对")), ("1", "已入账")])
    stage.play(CASHIER, [("交班 微信 500", ("少 ¥100.00", "请写原因")), ("交班 微信 600", "[1 确认]")])
    stage.play(CASHIER, [("1", "已交班"), ("交班 昨天 微信 1", "写法")])
    assert stage.count("cashier_count", "counted_fen = 60000 AND booked_fen = 60000") == 1
