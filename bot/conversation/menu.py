"""The account's menu at the bottom of the chat (features A11): what a tap sends is what one could type."""

from __future__ import annotations

# CLICK key → the words it stands for.
MENU_WORDS: dict[str, str] = {
    "BALANCE": "我的余额",
    "POINTS": "我的积分",
    "STATEMENT": "我的明细",
    "LEVEL": "我的等级",
    "PAY": "付款码",
    "COUPONS": "我的优惠券",
    "REFERRAL": "推荐海报",
    "BOOK": "我要预约",
    "BOOKINGS": "我的预约",
    "OFFERS": "充值优惠",
    "REWARDS": "积分换什么",
    "SERVICES": "服务价目",
    "STORES": "门店信息",
    "JOIN": "加入会员",
    "HUMAN": "人工",
}


def _button(name: str, key: str) -> dict[str, str]:
    return {"type": "click", "name": name, "key": key}


def menu() -> dict[str, object]:
    """The menu as WeChat's `menu/create` takes it (wechat-protocol §6)."""
    return {
        "button": [
            {
                "name": "我的卡",
                "sub_button": [
                    _button("付款码", "PAY"),
                    _button("我的余额", "BALANCE"),
                    _button("我的积分", "POINTS"),
                    _button("优惠券", "COUPONS"),
                    _button("我的明细", "STATEMENT"),
                ],
            },
            {
                "name": "优惠",
                "sub_button": [
                    _button("充值优惠", "OFFERS"),
                    _button("积分换礼", "REWARDS"),
                    _button("推荐好友", "REFERRAL"),
                    _button("我的等级", "LEVEL"),
                    _button("加入会员", "JOIN"),
                ],
            },
            {
                "name": "预约到店",
                "sub_button": [
                    _button("我要预约", "BOOK"),
                    _button("我的预约", "BOOKINGS"),
                    _button("服务价目", "SERVICES"),
                    _button("门店信息", "STORES"),
                    _button("人工", "HUMAN"),
                ],
            },
        ]
    }
