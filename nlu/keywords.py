"""What can be understood without a model: a few phrases that mean one thing only.

This engine stands in while the model is starting or gone. It would rather say nothing than something false:
a sentence counts only when a phrase covers all of it but politeness, and never when it denies anything.
Nothing that takes money out of the card, spends points or gives money back is recognised here; the member
then sees the menu, where a tap says it exactly.
"""

from __future__ import annotations

import re

SURE = 0.9
NOTHING = 0.5
"""Confidence of a fallback from keywords: nobody knows."""

_POLITE = """
你们 你好 您好 在吗 请问 请 麻烦 劳驾 帮忙 帮我 给我 替我 我想要 我想 想要 想 我要 我的 我 要 看一下 看看 看下
查一下 查查 查下 查询 查 问一下 问问 问下 一下 下 现在 目前 呢 呀 啊 吧 哦 吗 嘛 了 的 谢谢 谢啦 亲 可以
能 老板 小姐姐 客服
"""
_FILLER = rf"(?:{'|'.join(_POLITE.split())}|[\s,.!?。~、])*?"

# The intent, then the phrases that say it and nothing else.
_SAID = """
greet 你好 您好 嗨 哈喽 hello hi 早上好 下午好 晚上好 在吗 早 早安
thanks 谢谢 谢谢你 谢谢您 多谢 感谢 谢了 谢啦 辛苦了 thanks 3q
goodbye 再见 拜拜 拜 回见 晚安 bye byebye 下次见
help 帮助 菜单 help 功能 有什么功能 怎么用 你能做什么 你会什么 你都能做什么 能干什么 会做什么
human 人工 转人工 人工客服 转人工客服 真人 找店长 找人工 叫店员 联系客服 找客服
complain 投诉 投诉你们
affirm 是 是的 好 好的 好滴 可以 行 对 对的 没错 确认 确定 嗯 嗯嗯 ok yes
deny 不 不是 不用 不用了 不要 不要了 算了 不了 没事了 no
query_balance 余额 余额多少 余额是多少 余额还有多少 余额还剩多少 还有多少余额 卡里余额 卡里还有多少钱
query_balance 卡里还有多少 卡里还剩多少钱 卡里还剩多少 卡里有多少钱 卡上还有多少钱 会员卡余额 储值余额
query_balance 账户余额 账户里还有多少钱
query_points 积分 多少积分 有多少积分 还有多少积分 积分多少 积分有多少 积分还有多少 积分余额
query_points 积分什么时候过期 积分什么时候到期
query_statement 消费记录 充值记录 账单 明细 消费明细 交易记录 流水
query_coupons 优惠券 券 有什么优惠券 有哪些优惠券 有券 有没有优惠券 有没有券 卡券
query_benefits 次卡 剩余次数 还剩几次 还有几次 还剩多少次 还有多少次 还剩几节课 还有几节课 剩余课时 权益
query_level 会员等级 等级 是什么等级 什么等级 几级会员 什么级别
query_topup_offers 充值优惠 充值活动 充值有什么优惠 充值有优惠 充值送多少 充多少送多少 储值优惠 储值活动
query_topup_offers 充值有什么活动
query_rewards 积分商城 积分能换什么 积分可以换什么 积分能兑换什么 积分可以兑换什么 积分兑换什么
referral 推荐码 推荐海报 邀请码 邀请海报 推荐二维码 推荐好友 邀请好友 海报 推荐朋友
query_referrals 推荐记录 邀请记录 推荐了多少人 推荐了几个人 邀请了多少人 邀请了几个人 推荐奖励
query_services 价目表 价格表 服务项目 项目 有什么项目 有哪些项目 有什么服务 有哪些服务 项目价格 收费标准
query_slots 什么时候有空 哪天有空 有空位 空位 可约时间 还有空位 有位置 什么时候可以约
query_bookings 我的预约 预约记录 约了什么时候 约的什么时候 约了几点 约的几点 有什么预约 有哪些预约
join 入会 成为会员 办会员 开卡 开通会员 注册会员 加入会员 绑定会员卡 绑卡
mute_reminders 别再发消息 别发消息 不要发消息 别再发了 退订 关闭提醒 关掉提醒 取消提醒 免打扰
unmute_reminders 开启提醒 打开提醒 恢复提醒 重新开启提醒
store_info 地址 电话 营业时间 几点开门 几点关门 几点下班 几点打烊 停车 门店地址 店在哪 在哪里 在哪 怎么走
store_info 门店电话 联系电话 你们在哪 你们在哪里 店在哪里 有停车位
"""


def _compiled() -> dict[str, re.Pattern[str]]:
    phrases: dict[str, list[str]] = {}
    for line in _SAID.split("\n"):
        intent, *said = line.split() or [""]
        phrases.setdefault(intent, []).extend(said)
    return {
        intent: re.compile(f"{_FILLER}(?:{'|'.join(said)}){_FILLER}", re.IGNORECASE)
        for intent, said in phrases.items()
        if said
    }


_PATTERNS = _compiled()


def intents() -> list[str]:
    """The intents that can be recognised here."""
    return list(_PATTERNS)


LONGEST = 24
"""Characters; a longer sentence says more than its phrase."""


def match(line: str) -> tuple[str, float]:
    """(intent, confidence) of a normalised line; `fallback` unless one phrase says all of it."""
    if len(line) > LONGEST:
        return "fallback", NOTHING
    for intent, phrase in _PATTERNS.items():
        if phrase.fullmatch(line):
            return intent, SURE
    return "fallback", NOTHING
