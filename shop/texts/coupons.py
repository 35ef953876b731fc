"""Coupons, the quote and its steps."""

from __future__ import annotations

TEXTS: dict[str, str] = {
    # The steps of a quote, one line each.
    "quote_pack": "次卡「{pack}」：抵 {item} ×{units}（用 {amount} {unit}）",
    "quote_member_price": "{level}价：{list} → {member}，省 {saved}",
    "quote_stored_price": "「{name}」：{before} → {after}，省 {saved}（全用余额付）",
    "quote_list_price": "用了不与会员价同享的券，相关项目按原价算，合计 {list}",
    "quote_coupon": "券「{coupon}」：减 {off}",
    "quote_doubling": "券「{coupon}」：另付 {pay}，赠 {off} 一起用",
    "quote_points": "{points} 积分：抵 {value}",
    "quote_stored": "余额支付：{amount}",
    "quote_outside": "还需付：{amount}",
    # Other ways to pay.
    "quote_without_coupons": "不用券：{amount}",
    "quote_without_points": "不用积分：{amount}",
    "quote_with_points": "用积分抵：{amount}（{points} 积分）",
    "quote_without_packs": "不划次：{amount}",
    "quote_without_stored": "不用余额：{amount}",
    "quote_with_more_balance": "余额再多 {short} 就享储值价：{amount}",
    # Coupons that are not used.
    "coupon_for_top_up": "「{coupon}」充值时用",
    "coupon_expired": "「{coupon}」已过期",
    "coupon_other_store": "「{coupon}」不在本店用",
    "coupon_other_day": "「{coupon}」今天不能用",
    "coupon_other_hour": "「{coupon}」这个时段不能用（{hours}）",
    "coupon_covers_nothing": "「{coupon}」这次买的用不上",
    "coupon_threshold": "「{coupon}」还差 {short} 可用",
    "coupon_not_needed": "「{coupon}」这次最划算的组合没用上，留着下次",
    # What a member holds.
    "coupons_list": "{name}，您有 {count} 张优惠券：{lines}",
    "coupons_line": "\n· {coupon}{many}：{worth}\n  有效期至{until}",
    "coupons_line_soon": "\n⏰ {coupon}{many}：{worth}\n  有效期至{until}",
    "coupons_more": "\n……还有 {count} 种，到店问店员就能查",
    "coupons_how": "\n买单时报手机号，最划算的组合会自动帮您算好。",
    # Given by staff.
    "coupon_given": "{shop}送您 {count} 张「{coupon}」：{worth}。有效期至{until}，到店买单自动抵用。",
    "coupon_issue_echo": "请核对：\n{member}（{phone}）\n发「{coupon}」{count} 张：{worth}\n"
    "有效期至{until}\n\n回复 1 发券，回复 0 取消（10 分钟内有效）",
    "coupon_issue_done": "已发 ✓ {member}（{phone}）「{coupon}」{count} 张{told}",
    "coupon_issue_what": "发券「{coupon}」",
    "coupon_issue_help": "发券 手机号 券名 [张数]",
    "coupon_issue_usage": "写法：发券 手机号 券名 [张数]\n例：发券 13800138000 20元无门槛券 2",
    "coupon_issue_which": "没有这种券：{word}。现有：{kinds}",
    "coupon_issue_none": "店里还没有设优惠券。",
    "coupon_issue_count": "一次可以发 1 到 {most} 张。",
    "coupon_limit_held": "这位会员手上已有 {held} 张「{coupon}」，最多同时持有 {limit} 张，没有发。",
    "coupon_limit_total": "这位会员已领过 {held} 张「{coupon}」，每人最多 {limit} 张，没有发。",
    "coupon_limit_month": "这位会员本月已领 {held} 张「{coupon}」，每月最多 {limit} 张，没有发。",
    "coupon_kind_over": "「{coupon}」已经过了有效期，没有发。",
}
