"""Words that mean the same for everybody, known exactly and not by statistics: yes, no, and the taps."""

from __future__ import annotations

import re
import unicodedata

YES = frozenset({"1", "是", "是的", "确认", "确定", "对", "对的", "好", "好的", "可以", "ok", "yes", "y"})
NO = frozenset(
    {"0", "否", "不", "不是", "不要", "不用", "不用了", "取消", "算了", "不充了", "no", "n", "退出"}
)
SKIP = frozenset({"跳过", "不想留", "不留", "不绑", "先不", "没有", "skip"})

# What the menu and the choices send, and the shortest ways to say the same: sure without the language model.
TAPS: dict[str, str] = {
    "我的余额": "query_balance",
    "余额": "query_balance",
    "查余额": "query_balance",
    "我的积分": "query_points",
    "积分": "query_points",
    "查积分": "query_points",
    "我的明细": "query_statement",
    "明细": "query_statement",
    "我的权益": "query_benefits",
    "我的等级": "query_level",
    "我的优惠券": "query_coupons",
    "充值优惠": "query_topup_offers",
    "积分换什么": "query_rewards",
    "服务价目": "query_services",
    "门店信息": "store_info",
    "加入会员": "join",
    "办卡": "join",
    "绑定手机号": "join",
    "人工": "human",
    "帮助": "help",
    "菜单": "help",
    "功能": "help",
    "td": "mute_reminders",
    "退订": "mute_reminders",
    "恢复提醒": "unmute_reminders",
}

_ENDING = re.compile(r"[\s。.!！~～,，?？、]+$")


def plain(text: str) -> str:
    """The text with full-width forms narrowed, lower case, without closing punctuation and outer blanks."""
    return _ENDING.sub("", unicodedata.normalize("NFKC", text).strip().lower())


def is_yes(text: str) -> bool:
    """An explicit yes. Only these words confirm anything that moves value."""
    return plain(text) in YES


def is_no(text: str) -> bool:
    return plain(text) in NO


def is_skip(text: str) -> bool:
    return plain(text) in SKIP


def tapped_intent(text: str) -> str | None:
    """The intent of an exact command or tap, else None."""
    return TAPS.get(plain(text))
