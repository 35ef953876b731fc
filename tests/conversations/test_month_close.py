"""The month of a store, and what the stores owe each other, in the chat."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from stage import CASHIER, LIN_PHONE, MANAGER, OTHER_CASHIER, Stage

from actions.house import Denied
from actions.membership import staffing
from ledger import book
from ledger.book import Header, Line
from ledger.records import members

HEAD_OFFICE, WANGJING = "oHEADOFFICE_00000000000000009", "oWANGJINGMGR_0000000000000010"


@pytest.fixture
def chain(stage: Stage) -> Stage:
    """A head office and a manager at 望京店; 小林 has topped up 1,000 at 国贸店."""
    people = ((HEAD_OFFICE, "周总监", "head_office", None), (WANGJING, "孙悦", "manager", "wangjing"))
    for openid, name, role, store_id in people:
        code = staffing.invite(stage.house, name=name, role=role, store_id=store_id, created_by="test")
        assert not isinstance(staffing.accept_invitation(stage.house, openid=openid, code=code), Denied)
    stage.play(CASHIER, [("充值 13800138000 1000 微信", "请核对"), ("1", "已入账")])
    return stage


def spend(stage: Stage, amount_fen: int, *, store_id: str, key: str) -> None:
    with stage.engine.begin() as connection:
        member = members.by_phone(connection, LIN_PHONE)
        assert member is not None
        header = Header(key, store_id, "staff:3", member.id, stage.now, stage.now)
        line = Line("facial_basic", "基础清洁护理", "facial", 1, amount_fen, amount_fen)
        done = book.purchase(
            connection, header, lines=[line], stored_fen=amount_fen, spending_order="paid_in_first"
        )
        assert isinstance(done, book.Posted)


def test_settlement_shows_who_pays_whom(chain: Stage) -> None:
    chain.play(HEAD_OFFICE, [("清分", "2026年11月没有跨店消费（到今天为止），不用清分")])
    spend(chain, 19800, store_id="wangjing", key="p1")
    spend(chain, 29800, store_id="wudaokou", key="p2")
    chain.play(
        HEAD_OFFICE,
        [
            (
                "清分",
                (
                    "2026年11月跨店清分（到今天为止）",
                    "国贸店收、望京店用：¥198.00（1 笔）",
                    "国贸店收、五道口店用：¥298.00（1 笔）",
                    "国贸店 付给 望京店 ¥198.00",
                    "国贸店 付给 五道口店 ¥298.00",
                ),
            ),
            ("清分 10月", "2026年10月没有跨店消费，"),
            ("清分 2027年1月", "还没到"),
            ("清分 春天", "看不懂"),
        ],
    )
    reply = chain.say(WANGJING, "跨店清分 本月")
    assert "国贸店 付给 望京店 ¥198.00" in reply.text
    assert "五道口" not in reply.text
    chain.play(OTHER_CASHIER, [("清分", "您的岗位不能办")])


def test_settlement_of_one_month_leaves_the_next_alone(chain: Stage) -> None:
    chain.now = datetime(2026, 11, 30, 15, 59, 59, tzinfo=UTC)  # the month's last second in the shop
    spend(chain, 19800, store_id="wangjing", key="p1")
    chain.now = datetime(2026, 11, 30, 16, 0, tzinfo=UTC)
    spend(chain, 20000, store_id="wangjing", key="p2")
    chain.play(HEAD_OFFICE, [("清分 上月", "付给 望京店 ¥198.00"), ("清分", "付给 望京店 ¥200.00")])


def test_a_month_is_the_sum_of_its_days_and_is_closed_once(chain: Stage) -> None:
    chain.play(MANAGER, [("日结 微信 990 原因 少收 10 元", "[1 确认]"), ("1", "已日结")])
    chain.later(hours=1)
    chain.play(CASHIER, [("充值 13800138000 500 现金", "请核对"), ("1", "已入账")])
    chain.play(
        MANAGER, [("月结", ("日结 1 天，1 笔", "还有 1 笔没有日结", "微信 账上 ¥1,000.00 · 实点 ¥990.00"))]
    )
    chain.later(days=1)
    chain.play(
        MANAGER,
        [
            ("日结 现金 500", "[1 确认]"),
            ("1", "已日结"),
            ("月结 11月", ("日结 2 天，2 笔", "充值收款 ¥1,500.00", "11月21日 微信 -¥10.00（少收 10 元）")),
        ],
    )
    chain.now = datetime(2026, 12, 1, 3, tzinfo=UTC)
    chain.play(
        MANAGER,
        [
            ("月结 上月", ("[1 确认]", "回复 1 月结")),
            ("1", "已月结 ✓"),
            ("月结 上月", "已在周二(12月1日)11:00月结"),
        ],
    )
    assert chain.count("month_close") == 1
    assert chain.count("seal") == 3
    chain.play(WANGJING, [("月结 国贸店 上月", "不能替别的店")])
    chain.play(HEAD_OFFICE, [("月结 上月", "请写明门店"), ("月结 国贸店 2026-11", "日结 2 天")])


def test_an_entry_after_the_last_close_belongs_to_the_next_month(chain: Stage) -> None:
    chain.now = datetime(2026, 11, 30, 13, tzinfo=UTC)
    chain.play(CASHIER, [("充值 13800138000 1000 微信", "请核对"), ("1", "已入账")])
    chain.play(MANAGER, [("日结 微信 1000", "[1 确认]"), ("1", "11月30日 已日结")])
    chain.later(hours=1)
    chain.play(CASHIER, [("充值 13800138000 500 现金", "请核对"), ("1", "已入账")])
    chain.now = datetime(2026, 12, 1, 3, tzinfo=UTC)
    chain.play(
        MANAGER,
        [
            ("月结 上月", "还有 1 笔没有日结"),
            ("日结 现金 500", "12月1日"),
            ("1", "已日结"),
            ("月结 上月", ("日结 1 天，1 笔", "[1 确认]")),
            ("1", "已月结"),
        ],
    )


def test_purchases_count_as_sales(chain: Stage) -> None:
    spend(chain, 19800, store_id="guomao", key="p1")
    chain.play(MANAGER, [("日结", ("消费 ¥198.00", "其中储值付 ¥198.00"))])
