"""What choices and the menu send is understood exactly, without the language model; little else is."""

from __future__ import annotations

import pytest

from bot.conversation import guess, taps, words
from bot.conversation.answers import EVERYDAY, JOIN_CHOICE
from bot.conversation.menu import MENU_WORDS
from bot.flows.registry import ANSWERS
from bot.settings import EXAMPLE_SHOP
from nlu.clauses import likely_intent
from shop import texts
from shop.files import load

SHOP = load(EXAMPLE_SHOP)
OFFERED = (
    *guess.SAYS.values(),
    *MENU_WORDS.values(),
    *(choice.says for choice in (*EVERYDAY, *JOIN_CHOICE)),
    *(f"{store.name}在哪" for store in SHOP.stores),
    *(f"{service.name}多少钱" for service in SHOP.services),
    *(f"兑换{reward.name}" for reward in SHOP.rewards),
)


@pytest.mark.parametrize("said", sorted(set(OFFERED)))
def test_what_is_offered_is_understood_exactly(said: str) -> None:
    read = taps.read(SHOP, said)
    assert read is not None
    assert read.intent in ANSWERS


@pytest.mark.parametrize(
    ("said", "intent"),
    [
        ("国贸店在哪", "store_info"),
        ("眼部护理多少钱", "query_services"),
        ("兑换护手霜一支", "redeem"),
        ("充1,500.00元", "topup"),
        ("充800", "topup"),
        ("付款码。", "pay_code"),
    ],
)
def test_taps_that_name_something(said: str, intent: str) -> None:
    read = taps.read(SHOP, said)
    assert read is not None
    assert read.intent == intent


@pytest.mark.parametrize("said", ["火星店在哪", "房子多少钱", "兑换外币", "充电", "", "国贸店在哪里吃饭"])
def test_what_only_looks_like_a_tap(said: str) -> None:
    assert taps.read(SHOP, said) is None


def test_every_wish_that_may_be_guessed_has_a_name_and_an_answer() -> None:
    for intent in guess.SAYS:
        assert f"wish_{intent}" in texts.TEXTS
        assert intent in ANSWERS


@pytest.mark.parametrize(
    ("said", "intent"),
    [
        ("我想预约但不知道约啥", "book"),
        ("弄点优惠券看看", "query_coupons"),
        ("不是充值", None),
        ("今天天气真好", None),
        ("哈" * 5000, None),
    ],
)
def test_what_the_words_hint_at(said: str, intent: str | None) -> None:
    assert likely_intent(said) == intent


@pytest.mark.parametrize("said", ["等一下", "等等", "我想想", "稍等。", "让我想想吧"])
def test_a_pause_is_neither_yes_nor_no(said: str) -> None:
    assert words.is_pause(said)
    assert not words.is_yes(said)
    assert not words.is_no(said)


@pytest.mark.parametrize("said", ["等级", "等位", "我想", "等我一下午", ""])
def test_no_pause(said: str) -> None:
    assert not words.is_pause(said)
