"""The engine that stands in for the model: it answers what it is sure of and nothing else."""

from __future__ import annotations

import pytest

from nlu import keywords
from nlu.normalise import normalise


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("查余额", "query_balance"),
        ("你好,帮我查一下余额", "query_balance"),
        ("我卡里还有多少钱", "query_balance"),
        ("我的积分", "query_points"),
        ("積分", "query_points"),
        ("优惠券", "query_coupons"),
        ("转人工", "human"),
        ("你好", "greet"),
        ("是的", "affirm"),
        ("不要了", "deny"),
        ("你们几点关门", "store_info"),
        ("营业时间?", "store_info"),
        ("充值有什么优惠", "query_topup_offers"),
        ("HELP", "help"),
    ],
)
def test_one_phrase_says_all(text: str, intent: str) -> None:
    assert keywords.match(normalise(text)) == (intent, keywords.SURE)


@pytest.mark.parametrize(
    "text",
    [
        "不是查余额",
        "余额不足怎么办",
        "充五百",
        "充值",
        "我要退款",
        "用积分换面膜",
        "兑换",
        "买单",
        "取消预约",
        "支付宝余额",
        "查话费余额",
        "航空积分",
        "帮我约明天下午三点做脸",
        "附近停车怎么收费",
        "好的好的你先别动",
        "",
        "?",
        "我" * 500,
        "看看" * 12,
    ],
)
def test_doubt_is_not_an_answer(text: str) -> None:
    assert keywords.match(normalise(text)) == ("fallback", keywords.NOTHING)


def test_nothing_that_moves_value_is_known() -> None:
    assert not {"topup", "redeem", "refund", "book", "pay_code", "cancel_booking"} & set(keywords.intents())
