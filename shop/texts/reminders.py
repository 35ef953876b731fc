"""Reminders: what members are told without asking, why, and how they stop it."""

from __future__ import annotations

TEXTS: dict[str, str] = {
    "reminder_booking_tomorrow": "{name}，{time}您约了{service}{technician}，在{store}等您。\n"
    "能来请回复“到”，要换时间回复“改期”，来不了回复“取消”。",
    "reminder_booking_soon": "{name}，{time}您约的{service}快到了，{store}：{address}。\n"
    "能来请回复“到”，要换时间回复“改期”，来不了回复“取消”。",
    "reminder_low_balance": "{name}，您的卡里还有 {amount}{buys}。",
    "reminder_buys": "，还够做一次{service}",
    "reminder_lot_expiring": "{name}，您有 {what}，{day}用完为止，过了就没有了。",
    "reminder_what_gift": "{amount} 赠送金",
    "reminder_what_points": "{amount} 积分",
    "reminder_what_entitlement": "{name} {amount}{unit}",
    "reminder_coupon_expiring": "{name}，您的{what}{day}到期，到店结账时说一声就能用。",
    "reminder_voucher_expiring": "{name}，您用积分换的{what}{day}到期，"
    "来店里出示兑换码就能领。回复“兑换券”看券码。",
    "reminder_more": "等 {count} 张",
    "guide_joined": "欢迎成为{shop}的会员！",
    "guide_bound": "您在{shop}的会员卡，在微信里就能用了。",
    "reminder_guide": "{hello}\n回复“余额”看余额和积分，“预约”约时间，"
    "“充值优惠”看怎么充最划算，有事回复“人工”。",
    "reminder_guide_plain": "{hello}\n回复“余额”看余额和积分，“充值优惠”看怎么充最划算，有事回复“人工”。",
    "reminder_unnamed": "您好",
    # Why, on request
    "why_booking": "您在{shop}有预约，所以提前告诉您。",
    "why_low_balance": "您在{shop}的储值快用完了，所以告诉您一声。",
    "why_expiring": "您在{shop}有东西快到期了，怕您忘了用。",
    "why_guide_joined": "您刚成为{shop}的会员。",
    "why_guide_bound": "您刚在微信里绑定了{shop}的会员卡。",
    "why_last": "上一条“{first}”是因为：{reason}\n不想再收到这一类，回复“不要这类”；都不想收，回复“退订”。",
    "why_none": "最近没有主动给您发过消息。您办的充值、消费会收到回执。",
    # Stopping one sort
    "refused_kind": "好的，以后不再给您发这一类消息。想恢复时说“恢复提醒”。",
    "refused_marketing": "好的，以后不再给您发优惠和活动。预约、到期这些提醒还会有；都不想要，回复“退订”。",
    "refused_nothing": "最近没有给您发过这类消息。都不想收，回复“退订”。",
    # One word in answer to a reminder
    "coming": "好的，{time}等您来！",
    "coming_none": "您最近没有要确认的预约。回复“我的预约”看看。",
}
