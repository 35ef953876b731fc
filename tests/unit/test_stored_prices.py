"""工作日午市储值8折: a price by weekday and hour for who pays with stored value (row C3)."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest
from coupon_support import SHOP_YML
from rules_kit import local

from shop import texts
from shop.files import inspect_content, load
from shop.model import Shop
from shop.quote import Quote, QuoteRequest, quote

STORE = load(Path(__file__).parents[2] / "shop" / "examples" / "convenience.yml")
NOON = local(2026, 10, 20, 12)  # a Tuesday


def bought(*items: tuple[str, int], stored_fen: int, now: datetime = NOON, level: str = "regular") -> Quote:
    return quote(STORE, request(*items, stored_fen=stored_fen, now=now, level=level))


def request(*items: tuple[str, int], stored_fen: int, now: datetime, level: str) -> QuoteRequest:
    return QuoteRequest(
        store_id="xingfuli",
        level=STORE.level(level),
        items=items,
        coupons=(),
        paid_in_fen=stored_fen,
        gift_fen=0,
        points=0,
        entitlements=(),
        now=now,
    )


def said(shop: Shop, found: Quote) -> list[str]:
    return [texts.say(shop, step.text, **step.values) for step in found.steps] + [
        texts.say(shop, other.text, **other.values) for other in found.alternatives
    ]


def test_lunch_paid_with_the_balance_is_a_fifth_off() -> None:
    found = bought(("bento", 1), ("water", 1), stored_fen=5000)
    assert (found.stored_fen, found.outside_fen) == (1500 + 200, 0)  # the water is no fresh food
    assert said(STORE, found) == [
        "「工作日午市储值8折」：¥18.80 → ¥15.00，省 ¥3.80（全用余额付）",
        "余额支付：¥17.00",
        "不用余额：¥20.80",
    ]


@pytest.mark.parametrize(
    ("now", "money_fen"),
    [
        (local(2026, 10, 20, 10, 59), 1880),
        (local(2026, 10, 20, 11), 1500),
        (local(2026, 10, 20, 13, 59), 1500),
        (local(2026, 10, 20, 14), 1880),
        (local(2026, 10, 23, 12), 1500),  # Friday
        (local(2026, 10, 24, 12), 1880),  # Saturday
    ],
)
def test_its_days_and_hours(now: datetime, money_fen: int) -> None:
    assert bought(("bento", 1), stored_fen=5000, now=now).money_fen == money_fen


def test_the_balance_has_to_pay_all_of_it() -> None:
    enough = bought(("bento", 1), stored_fen=1500)
    assert (enough.stored_fen, enough.outside_fen) == (1500, 0)
    short = bought(("bento", 1), stored_fen=1499)
    assert (short.stored_fen, short.outside_fen) == (1499, 381)
    assert said(STORE, short)[-1] == "余额再多 ¥0.01 就享储值价：¥15.00"
    outside = quote(
        STORE,
        replace(request(("bento", 1), stored_fen=5000, now=NOON, level="regular"), use_stored=False),
    )
    assert outside.outside_fen == 1880
    assert outside.alternatives == ()


def test_the_lower_of_it_and_the_members_price_counts() -> None:
    gold = bought(("bento", 1), ("americano", 1), stored_fen=5000, level="gold")
    assert gold.money_fen == 1500 + 960  # 97 折 of the coffee only
    assert said(STORE, gold)[:2] == [
        "金牌街坊价：¥28.70 → ¥27.80，省 ¥0.90",
        "「工作日午市储值8折」：¥18.20 → ¥15.00，省 ¥3.20（全用余额付）",
    ]


def test_a_price_that_has_passed_is_another_quote() -> None:
    before, after = (
        bought(("bento", 1), stored_fen=5000, now=local(2026, 10, 20, hour, minute))
        for hour, minute in ((13, 59), (14, 0))
    )
    assert before.fingerprint != after.fingerprint


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        ("percent: 80, hours: 休息", "储值价 would never hold"),
        ("percent: 80, categories: [x]", "there is no category “x”"),
        ("percent: 80, stores: [x]", "there is no store “x”"),
        ("percent: 80, when: {weekdays: [mon, mon]}", "a day is written twice"),
        ("percent: 80, categories: [snacks]", "储值价 lowers no price"),
        ("percent: 100", "this has to be 99 or less"),
    ],
)
def test_what_is_wrong_is_said(rule: str, message: str) -> None:
    text = SHOP_YML.replace(
        "  - {id: goods, name: 商品}", "  - {id: goods, name: 商品}\n  - {id: snacks, name: 零食}"
    )
    text += f"stored_value: {{prices: [{{id: p, name: 储值价, {rule}}}]}}\n"
    problems = inspect_content(text.encode()).problems
    assert any(message in each.message for each in problems), problems
