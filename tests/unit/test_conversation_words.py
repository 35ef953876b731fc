"""Words known exactly: what confirms, what cancels, what is a tap; and that nothing else does."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.conversation import words
from bot.conversation.menu import MENU_WORDS, menu
from bot.flows.registry import ANSWERS
from bot.settings import EXAMPLE_SHOP
from shop import texts
from shop.files import load

SHOP = load(EXAMPLE_SHOP)
# The fixed list of intents (design: "Intents and entities").
INTENTS = [
    "greet",
    "thanks",
    "goodbye",
    "help",
    "human",
    "complain",
    "affirm",
    "deny",
    "query_balance",
    "query_points",
    "query_statement",
    "query_coupons",
    "query_benefits",
    "query_level",
    "query_topup_offers",
    "topup",
    "query_rewards",
    "redeem",
    "referral",
    "query_referrals",
    "query_services",
    "query_slots",
    "book",
    "reschedule_booking",
    "cancel_booking",
    "query_bookings",
    "pay_code",
    "join",
    "update_profile",
    "refund",
    "mute_reminders",
    "unmute_reminders",
    "store_info",
]


@pytest.mark.parametrize("said", ["1", "是", "确认", "好的。", "１", " OK ", "对!", "是的~"])
def test_a_yes(said: str) -> None:
    assert words.is_yes(said)
    assert not words.is_no(said)


@pytest.mark.parametrize("said", ["0", "取消", "不", "算了", "不用了。", "NO"])
def test_a_no(said: str) -> None:
    assert words.is_no(said)
    assert not words.is_yes(said)


@pytest.mark.parametrize(
    "said",
    ["11", "是不是", "确认一下余额", "好的吗", "1000", "对了我想问", "不是1", "可以吗", "嗯", "行吧", ""],
)
def test_neither(said: str) -> None:
    assert not words.is_yes(said)


@given(st.text(max_size=30))
def test_only_listed_words_confirm(said: str) -> None:
    assert words.is_yes(said) == (words.plain(said) in words.YES)
    assert not (words.is_yes(said) and words.is_no(said))


def test_every_menu_key_stands_for_words_that_are_understood_exactly() -> None:
    keys = []
    for button in menu()["button"]:  # type: ignore[attr-defined]
        assert len(button["name"].encode()) <= 16
        assert 1 <= len(button["sub_button"]) <= 5
        for sub in button["sub_button"]:
            assert len(sub["name"].encode()) <= 60
            keys.append(sub["key"])
    assert sorted(keys) == sorted(MENU_WORDS)
    for said in MENU_WORDS.values():
        assert words.tapped_intent(said) is not None


def test_every_intent_has_an_answer_and_no_intent_has_two() -> None:
    assert set(ANSWERS) >= set(INTENTS)


def test_every_tap_leads_to_an_intent_that_is_answered() -> None:
    for intent in words.TAPS.values():
        assert intent in ANSWERS


def test_no_text_is_longer_than_a_phone_screen_likes() -> None:
    for name, template in texts.TEXTS.items():
        assert len(template) <= 600, name


def test_texts_are_in_full_width_punctuation() -> None:
    """Half-width commas and question marks between Chinese characters look typed by a machine."""
    import re

    for name, template in texts.TEXTS.items():
        assert not re.search(r"[\u4e00-\u9fff][,!?;]", template), name
