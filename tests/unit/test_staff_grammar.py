"""The staff's commands: what is understood, and what is said about the rest (features C1)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.settings import EXAMPLE_SHOP
from bot.staff import registry
from bot.staff.command import Complaint
from bot.staff.look_up import LookUp
from bot.staff.register import PhoneCode, Register
from bot.staff.registry import Help
from bot.staff.top_up import TopUp
from shop import texts
from shop.files import load

SHOP = load(EXAMPLE_SHOP)
PHONE = "13800138000"

UNDERSTOOD = [
    ("充值 13800138000 500 微信", TopUp(PHONE, 50000, "wechat", None)),
    ("充值 13800138000 500微信", TopUp(PHONE, 50000, "wechat", None)),
    ("充值13800138000 500 微信", TopUp(PHONE, 50000, "wechat", None)),
    ("储值 13800138000 微信 500", TopUp(PHONE, 50000, "wechat", None)),
    ("  充值  13800138000,500,现金 ", TopUp(PHONE, 50000, "cash", None)),
    ("充值 500 13800138000 支付宝", TopUp(PHONE, 50000, "alipay", None)),
    ("充值 １３８００１３８０００ ５００ 微信", TopUp(PHONE, 50000, "wechat", None)),
    ("充值 13800138000 500元 微信", TopUp(PHONE, 50000, "wechat", None)),
    ("充值 13800138000 ¥68.5 微信", TopUp(PHONE, 6850, "wechat", None)),
    ("充值 13800138000 1,500 微信", TopUp(PHONE, 150000, "wechat", None)),
    ("充值 13800138000 五百 微信", TopUp(PHONE, 50000, "wechat", None)),
    ("充值 13800138000 500 微信 望京店", TopUp(PHONE, 50000, "wechat", "wangjing")),
    ("查 13800138000", LookUp(PHONE)),
    ("查138 0013 8000", LookUp(PHONE)),
    ("开卡 13912345678 王芳", Register("13912345678", "王芳")),
    ("开卡 王芳 13912345678", Register("13912345678", "王芳")),
    ("验证 13800138000", PhoneCode(PHONE)),
    ("帮助", Help()),
]

COMPLAINED = [
    ("充值 13800138000 -5 微信", "staff_bad_amount"),
    ("充值 13800138000 0.001 微信", "staff_bad_amount"),
    ("充值 13800138000 1e9 微信", "staff_bad_amount"),
    ("充值 13800138000 5百五块半多 微信", "staff_bad_amount"),
    ("充值 13800138000 0 微信", "staff_amount_zero"),
    ("充值 13800138000 500 600 微信", "staff_two_amounts"),
    ("充值 13800138000 500 微信 现金", "staff_need_method"),
    ("充值 13800138000 500", "staff_need_method"),
    ("充值 13800138000 500 比特币", "staff_bad_method"),
    ("充值 13800138000 500 微信 快点", "staff_extra_words"),
    ("充值 13800138000 微信", "staff_need_amount"),
    ("充值 1380013800 500 微信", "staff_need_phone"),
    ("充值 138001380001 500 微信", "staff_need_phone"),
    ("充值", "staff_usage_top_up"),
    ("查", "staff_usage_look_up"),
    ("查 12345678901", "staff_bad_phone"),
    ("开卡 13912345678", "staff_usage_register"),
    ("验证", "staff_usage_phone_code"),
]

NO_COMMAND = ["你好", "充值有什么优惠", "我想查余额", "", "   ", "今天天气不错", "查积分", "充" * 300]


@pytest.mark.parametrize(("text", "command"), UNDERSTOOD)
def test_understood(text: str, command: object) -> None:
    assert registry.parse(SHOP, text) == command


@pytest.mark.parametrize(("text", "code"), COMPLAINED)
def test_complaints_name_what_is_wrong(text: str, code: str) -> None:
    complaint = registry.parse(SHOP, text)
    assert isinstance(complaint, Complaint)
    assert complaint.code == code
    assert texts.say(SHOP, complaint.code, **complaint.values)


@pytest.mark.parametrize("text", NO_COMMAND)
def test_ordinary_sentences_are_no_commands(text: str) -> None:
    assert registry.parse(SHOP, text) is None


@given(st.text(max_size=250))
def test_any_text_is_survived(text: str) -> None:
    for prefix in ("", "充值", "充值 13800138000 ", "查 ", "开卡 13800138000"):
        result = registry.parse(SHOP, prefix + text)
        if isinstance(result, Complaint):
            assert texts.say(SHOP, result.code, **result.values)


@given(st.integers(min_value=1, max_value=99_999_999))
def test_every_amount_in_fen_comes_through_exactly(amount_fen: int) -> None:
    yuan, fen = divmod(amount_fen, 100)
    parsed = registry.parse(SHOP, f"充值 {PHONE} {yuan}.{fen:02d} 微信")
    assert parsed == TopUp(PHONE, amount_fen, "wechat", None)


def test_every_head_belongs_to_one_command() -> None:
    heads = [head for command in registry.COMMANDS for head in command.heads]
    assert sorted(heads) == sorted(set(heads))


@pytest.mark.parametrize("role", ["cashier", "manager", "head_office", "owner"])
def test_the_list_of_help_fits_into_one_message(role: str) -> None:
    lines = [texts.TEXTS[c.help_line] for c in registry.COMMANDS if c.help_line and role in c.roles]
    assert len(texts.TEXTS["staff_help"].format(lines="\n".join(lines)).encode()) <= 2048


def test_every_command_names_texts_that_there_are() -> None:
    for command in registry.COMMANDS:
        assert command.help_line == "" or command.help_line in texts.TEXTS
        assert command.usage == "" or command.usage in texts.TEXTS


MORE_UNDERSTOOD = [
    ("充值 小林 500 微信", TopUp("小林", 50000, "wechat", None)),
    ("充值 会员12 500 微信", TopUp("会员12", 50000, "wechat", None)),
    ("充值 12 500 微信", TopUp("12", 50000, "wechat", None)),
    ("充值 小林 五百 微信", TopUp("小林", 50000, "wechat", None)),
    ("充值 1234567812345678 500 微信", TopUp("1234567812345678", 50000, "wechat", None)),
    ("充值 1234 5678 1234 5678 500 微信", TopUp("1234567812345678", 50000, "wechat", None)),
    ("查 小林", LookUp("小林")),
    ("查会员小林", LookUp("小林")),
    ("查 会员12", LookUp("会员12")),
    ("查 8000", LookUp("8000")),
]


@pytest.mark.parametrize(("text", "command"), MORE_UNDERSTOOD)
def test_members_by_other_words_than_the_phone(text: str, command: object) -> None:
    assert registry.parse(SHOP, text) == command


@pytest.mark.parametrize(
    "text", ["查 余额", "查 我的券", "查有没有空", "消费了多少", "退款怎么办", "查一下积分"]
)
def test_questions_with_a_head_are_no_commands(text: str) -> None:
    assert registry.parse(SHOP, text) is None


@given(st.text(max_size=120))
def test_any_text_after_any_head_is_survived(text: str) -> None:
    for command in registry.COMMANDS:
        for prefix in (command.heads[0], f"{command.heads[0]} 13800138000 "):
            result = registry.parse(SHOP, prefix + text)
            if isinstance(result, Complaint):
                assert texts.say(SHOP, result.code, **result.values)
