"""How 日结, 交班, 月结, 清分, 通过 and 驳回 are read."""

from __future__ import annotations

from datetime import UTC, date, datetime
from types import SimpleNamespace
from typing import Any, cast

import pytest

from bot.settings import EXAMPLE_SHOP
from bot.staff import approvals, count_reason, day_close, month_close, registry
from bot.staff.approvals import Decision, ListWaiting
from bot.staff.command import Complaint
from bot.staff.day_close import Said
from shop.files import load

SHOP = load(EXAMPLE_SHOP)


def turn_at(now: datetime) -> Any:
    return cast("Any", SimpleNamespace(now=now, house=SimpleNamespace(shop=SHOP)))


@pytest.mark.parametrize(
    ("rest", "counts"),
    [
        ("现金 1280 微信 560", {"cash": 128_000, "wechat": 56_000}),
        ("现金1280 微信560元", {"cash": 128_000, "wechat": 56_000}),
        ("现金:1280,微信:560", {"cash": 128_000, "wechat": 56_000}),
        ("现金 1,280.50、微信 0", {"cash": 128_050, "wechat": 0}),
        ("现金=¥12.3", {"cash": 1_230}),
        ("现金 -20", {"cash": -2_000}),
        ("wx 5 支付宝 6 POS 7", {"wechat": 500, "alipay": 600, "pos": 700}),
        ("", {}),
    ],
)
def test_counts(rest: str, counts: dict[str, int]) -> None:
    said = day_close.parse(SHOP, rest)
    assert isinstance(said, Said), said
    assert (dict(said.counts), said.day, said.store_id, said.reason) == (counts, "", None, "")


def test_store_day_and_reason_in_any_order() -> None:
    wanted = Said("guomao", "昨天", {"cash": 500}, "找零 多给了 20")
    for line in ("国贸店 昨天 现金 5 原因 找零 多给了 20", "昨天 现金 5 国贸 差异原因:找零 多给了 20"):
        assert day_close.parse(SHOP, line) == wanted


@pytest.mark.parametrize(
    ("rest", "code"),
    [
        ("现金 十二块五毛", "day_bad_count"),
        ("现金", "day_bad_count"),
        ("现金 1.234", "day_bad_count"),
        ("饭票 20", "day_bad_count"),
        ("20 现金", "day_bad_count"),
        ("现金 1 现金 1", "day_counted_twice"),
        ("火星店 现金 1", "day_bad_count"),
    ],
)
def test_what_is_wrong_is_named(rest: str, code: str) -> None:
    complaint = day_close.parse(SHOP, rest)
    assert isinstance(complaint, Complaint)
    assert complaint.code == code


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("今天", date(2027, 1, 1)),
        ("昨天", date(2026, 12, 31)),
        ("前天", date(2026, 12, 30)),
        ("12-31", date(2026, 12, 31)),
        ("12月31日", date(2026, 12, 31)),
        ("1/1", date(2027, 1, 1)),
        ("1-1", date(2027, 1, 1)),
        ("2-29", date(2024, 2, 29)),
        ("2026-02-29", None),
        ("2027年1月2号", date(2027, 1, 2)),
        ("0-0", None),
    ],
)
def test_days(written: str, expected: date | None) -> None:
    """It is 0:30 on New Year's Day in the shop, still last year in UTC."""
    turn = turn_at(datetime(2026, 12, 31, 16, 30, tzinfo=UTC))
    assert day_close._day(turn, written) == expected


@pytest.mark.parametrize(
    ("rest", "expected"),
    [
        ("", date(2027, 1, 1)),
        ("本月", date(2027, 1, 1)),
        ("上月", date(2026, 12, 1)),
        ("上个月", date(2026, 12, 1)),
        ("12月", date(2026, 12, 1)),
        ("1月份", date(2027, 1, 1)),
        ("2026-02", date(2026, 2, 1)),
        ("2026年2月", date(2026, 2, 1)),
    ],
)
def test_months(rest: str, expected: date) -> None:
    said = month_close.parse(SHOP, rest)
    assert isinstance(said, month_close.Said)
    assert month_close._month(turn_at(datetime(2026, 12, 31, 16, 30, tzinfo=UTC)), said.month) == expected


@pytest.mark.parametrize("rest", ["13月", "春天", "0月", "国贸店 望京店x"])
def test_no_month(rest: str) -> None:
    complaint = month_close.parse(SHOP, rest)
    assert isinstance(complaint, Complaint)
    assert complaint.code == "month_bad_word"


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("待审", ListWaiting()),
        ("待审核", ListWaiting()),
        ("审核", ListWaiting()),
        ("通过 12", Decision(12, True, "")),
        ("通过１２号", Decision(12, True, "")),
        ("通过#12", Decision(12, True, "")),
        ("同意 第3号", Decision(3, True, "")),
        ("驳回 12 金额不对", Decision(12, False, "金额不对")),
        ("驳回12，理由：金额不对", Decision(12, False, "金额不对")),
        ("不通过 7 没见到钱", Decision(7, False, "没见到钱")),
        ("通过", Complaint("approval_usage")),
        ("同意这个价格", None),
        ("拒绝 一下", None),
    ],
)
def test_decisions(line: str, expected: object) -> None:
    assert registry.parse(SHOP, line) == expected


def test_a_decision_is_read_the_same_with_words_around() -> None:
    assert approvals.parse_rejection(SHOP, "12") == Decision(12, False, "")
    assert count_reason.parse(SHOP, "找零多给") == count_reason.Reason("找零多给")
    assert count_reason.parse(SHOP, "") is None
