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
    "充值": "topup",
    "我要充值": "topup",
    "积分换什么": "query_rewards",
    "兑换": "redeem",
    "积分兑换": "redeem",
    "我的兑换券": "query_vouchers",
    "兑换券": "query_vouchers",
    "我的券码": "query_vouchers",
    "付款码": "pay_code",
    "会员码": "member_code",
    "推荐海报": "referral",
    "我的海报": "referral",
    "我推荐了谁": "query_referrals",
    "服务价目": "query_services",
    "我要预约": "book",
    "预约": "book",
    "修改资料": "update_profile",
    "导出我的资料": "export_data",
    "导出资料": "export_data",
    "注销会员": "delete_data",
    "注销": "delete_data",
    "我要退款": "refund",
    "改资料": "update_profile",
    "我的预约": "query_bookings",
    "改约": "reschedule_booking",
    "取消预约": "cancel_booking",
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
    "别发了": "mute_reminders",
    "不要这类": "refuse_kind",
    "别发这类消息": "refuse_kind",
    "不要优惠消息": "refuse_marketing",
    "别发广告": "refuse_marketing",
    "别发优惠": "refuse_marketing",
    "别发活动": "refuse_marketing",
    "为什么给我发这个": "why_reminder",
    "为什么发给我": "why_reminder",
    "为什么给我发": "why_reminder",
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


_PAUSE = re.compile(
    r"(?:等一?[下等]|稍等|等会儿?|别急|(?:等等,?)?(?:让我|我)(?:先)?(?:想想|想一下|考虑一下))[吧啊哈]?"
)


def is_pause(text: str) -> bool:
    """“等一下”, “我想想”: neither a yes nor a no, what waits goes on waiting."""
    return _PAUSE.fullmatch(plain(text)) is not None


_STATEMENT = re.compile(r"\S{2,8}的?(?:明细|账单|流水)")


def asks_statement(text: str) -> bool:
    """“上个月的明细”: nothing but a word for the statement and what may be a period before it."""
    return _STATEMENT.fullmatch(plain(text)) is not None


_CHINESE_NUMBERS = {word: number for number, word in enumerate("一二三四五六七八九", start=1)}
_CHOSEN = re.compile(r"(?:我?选|要)?第?([1-9一二三四五六七八九])(?:个|项|号|种|张)?(?:吧|的)?")


def number(text: str) -> int | None:
    """The number of a choice: “2”, “二”, “第二个”, “选2”; None for anything else."""
    chosen = _CHOSEN.fullmatch(plain(text))
    if chosen is None:
        return None
    digit = chosen.group(1)
    return _CHINESE_NUMBERS.get(digit) or int(digit)


def is_skip(text: str) -> bool:
    return plain(text) in SKIP


_TOP_UP = re.compile(r"充值?\s?([1-9][\d,]{0,7})(?:\.00)?(?:元|块钱?)?")


def tapped_top_up_fen(text: str) -> int | None:
    """The amount of 充500, as the choices under an offer send it; None for anything else."""
    tapped = _TOP_UP.fullmatch(plain(text))
    return int(tapped.group(1).replace(",", "")) * 100 if tapped else None


def tapped_intent(text: str) -> str | None:
    """The intent of an exact command or tap, else None."""
    return TAPS.get(plain(text))
