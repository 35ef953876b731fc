"""The account's menu at the bottom of the chat (features A11): what a tap sends is what one could type."""

from __future__ import annotations

# CLICK key → the words it stands for.
MENU_WORDS: dict[str, str] = {
    "BALANCE": "我的余额",
    "POINTS": "我的积分",
    "STATEMENT": "我的明细",
    "LEVEL": "我的等级",
    "OFFERS": "充值优惠",
    "REWARDS": "积分换什么",
    "SERVICES": "服务价目",
    "STORES": "门店信息",
    "JOIN": "加入会员",
    "HUMAN": "人工",
    "HELP": "帮助",
}


def _button(name: str, key: str) -> dict[str, str]:
    return {"type": "click", "name": name, "key": key}


def menu() -> dict[str, object]:
    """The menu as WeChat's `menu/create` takes it (wechat-protocol §6)."""
    return {
        "button": [
            {
                "name": "我的",
                "sub_button": [
                    _button("我的余额", "BALANCE"),
                    _button("我的积分", "POINTS"),
                    _button("我的明细", "STATEMENT"),
                    _button("我的等级", "LEVEL"),
                    _button("加入会员", "JOIN"),
                ],
            },
            {
                "name": "优惠",
                "sub_button": [_button("充值优惠", "OFFERS"), _button("积分换什么", "REWARDS")],
            },
            {
                "name": "门店",
                "sub_button": [
                    _button("服务价目", "SERVICES"),
                    _button("门店信息", "STORES"),
                    _button("人工", "HUMAN"),
                    _button("帮助", "HELP"),
                ],
            },
        ]
    }
