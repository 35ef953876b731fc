"""The list's reasons and kinds in the owner's language; what has no words here is shown as it is noted."""

from __future__ import annotations

import re

KINDS = {
    "booking_tomorrow": "预约前一天",
    "booking_soon": "预约前两小时",
    "booking_made": "代约通知",
    "booking_freed": "候补有位",
    "low_balance": "余额不多",
    "lot_expiring": "权益快到期",
    "coupon_expiring": "券快到期",
    "voucher_expiring": "兑换券快到期",
    "new_member_guide": "新会员引导",
    "campaign": "活动",
    "top_up_receipt": "充值回执",
    "purchase_receipt": "消费回执",
    "pack_sale_receipt": "售卡回执",
    "pack_use_receipt": "划次回执",
    "pack_refund_receipt": "退卡回执",
    "refund_receipt": "退款回执",
    "reversal_receipt": "冲正回执",
    "debt_repaid_receipt": "还款回执",
    "top_up": "充值到账",
    "purchase": "消费通知",
    "refund": "退款通知",
    "instalment": "分期赠送",
    "level": "等级变动",
    "picture": "图片",
    "late_reply": "补发的回复",
    "entitlement": "次卡变动",
    "coupon_given": "送券通知",
    "voucher_receipt": "核销通知",
    "voucher_expired": "兑换券过期",
    "referral_reward": "推荐奖励",
    "referral_held": "推荐待确认",
    "referral_back": "推荐奖励收回",
    "binding_moved": "换微信提醒",
    "merge": "合并卡通知",
    "ticket": "人工服务",
    "approval_asked": "请人审批",
    "approval_waits": "待审批提醒",
    "approval_outcome": "审批结果",
    "approval_not_booked": "审批没入账",
    "oversight": "老板关注",
    "handover": "交接班",
    "day_close": "日结",
    "month_close": "月结",
}
_REASONS = {
    "the card was merged into another": "卡已合并",
    "no WeChat account is bound": "没有绑定微信",
    "does not follow": "没有关注公众号",
    "the shop does not send this kind any more": "店里不发这一类了",
    "wants no reminders": "会员已退订",
    "does not want this kind": "会员不要这一类",
    "a complaint is open": "有投诉还没处理完",
    "the month's cap": "这个月已经发够了",
    "the day's cap": "今天已经发过一条",
    "too late by days": "过了好几天，不发了",
    "quiet hours": "夜里不打扰，早上再发",
    "another message goes first": "先发更要紧的那条",
    "the booking is cancelled": "预约已取消",
    "the booking is moved": "预约已改期",
    "the appointment has begun": "已经到店时间",
    "the reminder two hours before says it": "两小时前的提醒会说",
    "the booking is another member's now": "预约已转给别人",
    "the rule was taken away": "活动已下线",
    "the entry was undone": "那笔账已冲正或退款",
    "came back meanwhile": "已经来过了",
    "topped up meanwhile": "已经充值了",
    "the balance was used meanwhile": "余额已经用了",
    "the member day is over": "会员日已过",
    "knows the chat for days by now": "绑定好几天，不用引导了",
    "it has expired": "已经过期",
    "it has been used or taken back": "已经用掉或收回",
    "it has been used": "已经用掉",
    "the balance is not below the line any more": "余额又够了",
    "the balance is used up": "余额已用完",
    "there is nothing to show any more": "图片已失效",
    "no word from the member in a week": "等了一周会员没说话",
    "the reply window is closed": "聊天窗口已关",
    "the shop has no template for it": "店里没有这类模板",
    "a field of the template cannot be filled": "模板缺内容",
    "advertising must not go out as a template message": "营销不走模板",
    "no consent is left": "没有订阅次数",
    "not a channel of this campaign": "活动没开这条路",
}
CHANNELS = {
    "customer_service": "聊天",
    "template": "模板消息",
    "subscription": "订阅通知",
    "sms": "短信",
    "next_message": "下次说话时",
}
# After the code, as `bot.outreach.sending` notes a failure: "45009 quota: …".
_ACTIONS = {
    "retry": "微信没有答应，过会儿再试",
    "quota": "今天的发送额度用完，明天再发",
    "alarm": "账号设置有问题，要找管理员",
    "recipient": "这位会员收不到",
    "media": "图片要重新上传",
    "review": "有敏感词，要人看一下",
    "bug": "内容不合规则",
    "wait_for_member": "聊天窗口已关",
}
_FAILURE = re.compile(r"(\w+) (\w+): ")


def is_failure(why: str) -> bool:
    """Whether it notes a try that failed."""
    return _FAILURE.match(why) is not None


def reason(why: str) -> str:
    """A noted reason in words."""
    if why in _REASONS:
        return _REASONS[why]
    failure = _FAILURE.match(why)
    if failure and failure[2] in _ACTIONS:
        code = f"（{failure[1]}）" if failure[1].isdigit() else ""
        return _ACTIONS[failure[2]] + code
    parts = [part.partition(": ") for part in why.split("; ")]
    if all(name in CHANNELS for name, _, _ in parts):  # why each channel could not carry it
        return "；".join(
            f"{CHANNELS[name]}：{_REASONS.get(obstacle, obstacle)}" for name, _, obstacle in parts
        )
    return why
