"""Levels, gifts, instalments: what a member is told when the shop's rules give him something."""

from __future__ import annotations

TEXTS: dict[str, str] = {
    # What comes with a top-up or a level, one piece each
    "gives_instalments": "{gift}（分 {count} 个月到账，首期 {first}）",
    "gives_coupons": "{name} {count} 张",
    "gives_entitlement": "{name} {amount}{unit}",
    "gives_level": "{level} {months} 个月",
    "gives_multiplier": "{days} 天{what}",
    "gives_multiplier_until": "{what}（至{day}）",
    "points_of_all": "积分",
    "points_of_purchases": "消费积分",
    "points_of_top_ups": "充值积分",
    "points_doubled": "{what}翻倍",
    "points_times": "{what} {times} 倍",
    "points_by_multiplier": "{what}（至{day}）：多得 {points} 积分",
    "points_multiplied": "\n{what}中，至{day}",
    "unit_times": "次",
    "unit_minutes": "分钟",
    "unit_lessons": "节",
    "kind_reward": "赠送",
    # A top-up
    "top_up_summary": "给{name}（{phone}）充值 {amount}{gives}（{method}，{store}）",
    "top_up_coupon": "用 1 张“{name}”",
    "top_up_next": "再加 {missing} 就是{tier}，{gives}",
    # Levels
    "level_up": "恭喜您升级为{level}！{benefits}{gifts}{until}",
    "level_given": "送您{level}身份，{day}前有效。{benefits}{gifts}",
    "level_renewed": "您的{level}已续期到{day}，谢谢您一直来。",
    "level_down": "您的{before}已到期，现在是{level}。{missing}",
    "level_changed": "店里调整了会员等级，您现在是{level}。{benefits}",
    "level_withdrawn": "有一笔记录已冲正，您的等级恢复为{level}。",
    "level_grace": "您的{level}已到期，店里为您保留到{day}。{missing}就能继续享受。",
    "level_benefits": "\n您可享：{benefits}",
    "level_gifts": "\n另送您：{gifts}",
    "level_valid_until": "\n有效期到{day}。",
    "level_back": "\n{missing}就能再升为{level}。",
    "level_monthly": "{level}本月礼到了：{gifts}。来店里用就好。",
    "level_birthday": "{name}，生日快乐！{shop}送您{gifts}，记得来用。",
    "level_until": "\n有效期到{day}。",
    # Instalments
    "gift_promised": "\n另有赠送金 {amount} 分月到账，下一期 {day}",
    "instalment_posted": "【{shop}】赠送金到账 {amount}（第 {number} 期，共 {count} 期）\n现余额 {total}",
}
