"""What campaigns say besides the shop's own words, and what the owner reads about them."""

from __future__ import annotations

TEXTS: dict[str, str] = {
    "campaign_top_up": "现在充 {amount}，送{gives}。",
    "campaign_top_up_reward": "现在充 {amount}，送{gives}，够换{reward}。",
    "campaign_referral": "推荐朋友来，您得{inviter}，朋友得{newcomer}，回复“推荐海报”就有。",
    "campaign_nothing": "一份惊喜",
    "campaign_something": "项目",
    "campaign_reason": "您符合“{campaign}”的条件：{why}",
    "campaign_why_joined": "刚加入会员",
    "campaign_why_no_first_purchase": "加入会员后还没来过",
    "campaign_why_dormant": "有一阵没来了",
    "campaign_why_idle_balance": "卡里还有余额，有一阵没用了",
    "campaign_why_low_balance": "卡里余额快用完了",
    "campaign_why_purchase": "刚在店里消费过",
    "campaign_why_top_up": "刚充过值",
    "campaign_why_level_up": "刚升了等级",
    "campaign_why_birthday": "生日快到了",
    "campaign_why_holiday": "节日问候",
    "campaign_why_member_day": "会员日",
    "campaign_why_month_spent": "这个月常来",
    "campaign_why_category_missed": "以前常做的项目有一阵没做了",
    # For the owner
    "lift_more": "多带来约 {most_likely}，可能在 {low}–{high} 之间",
    "lift_less": "少了约 {most_likely}，可能在 {low}–{high} 之间：这个活动没有带来生意",
    "lift_unclear": "看不出差别（可能在 {low} 到 {high} 之间）",
    "lift_few": "人数太少，还看不出来（发了 {treated} 位，对照 {held_out} 位，各要 {least} 位以上）",
    "lift_none_held_out": "没有留对照，看不出带来多少（在 held_out_percent 里写 10）",
}
