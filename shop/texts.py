"""Every sentence a member or a staff member reads, in one place. A shop may replace any of them in shop.yml.

Placeholders are filled by name; money arrives as ¥1,234.50, times as 周六(3月7日)10:00, phones masked where
the reader may not know them.
"""

from __future__ import annotations

from shop.model import Shop
from shop.money import format_fen

TEXTS: dict[str, str] = {
    # Welcome, help, small talk
    "welcome": "欢迎来到{shop}！我是{assistant}，查余额、看积分、问价格，直接打字告诉我就行。",
    "welcome_join": "还没有会员卡？点下面一步办好。",
    "welcome_back": "欢迎回来！您的会员卡还在，余额和积分都没变。",
    "greet": "{greeting}，我是{shop}的{assistant}。想查余额、积分，还是问问优惠？",
    "unnamed": "您好",
    "greet_member": "{name}，您好",
    "greet_stranger": "您好",
    "thanks": "不客气，有事随时找我。",
    "goodbye": "好的，期待您再来{shop}。",
    "help": "我现在会这些，打字或点一下都行：",
    "fallback": "这句我没听懂，怕答错您。您是想问下面哪一件？",
    "fallback_again": "还是没听明白，抱歉。点一下想办的事，或者回复“人工”请店员来答：",
    "not_yet": "{wish}我还在学，暂时办不了。请打{store}电话 {phone}，店员马上帮您。",
    "human": "好的，请店员来答您：\n{contacts}\n营业时间内打电话最快。",
    "picture": "图片我还看不懂，请打字告诉我想办什么。",
    "voice_unheard": "这段语音没能转成文字，请打字或再说一遍。",
    "video": "视频我还看不了，请打字告诉我想办什么。",
    "link": "链接我打不开，请直接打字告诉我想办什么。",
    "nearest_store": "离您最近的是{store}，约 {distance}：\n{address}\n电话 {phone}\n{hours}",
    "too_long": "这段话有点长，我看不过来。请用一两句话告诉我想办什么。",
    "empty": "您好像什么也没写。需要我做什么，打字告诉我就行。",
    # Faults
    "fault": "系统刚才开了个小差，这条没有处理成。请过一会儿再发一次。",
    "fault_confirming": "系统刚才开了个小差，没拿到入账结果。请再回复一次 1，同一笔不会记两次。",
    "no_memory": "系统正在恢复，暂时不能办需要确认的事，什么都没有入账。请过几分钟再发一次。",
    "busy": "现在找我的人有点多，请过一会儿再发一次。",
    # Reading the card
    "balance": "{name}，您卡里一共 {total}\n本金 {paid_in} · 赠送金 {gift}\n积分 {points}{more}",
    "balance_empty": "{name}，您的卡里还没有余额，积分 {points}。{more}",
    "gift_expiring": "\n赠送金 {amount} 将在 {day} 到期",
    "points": "{name}，您有 {points} 积分{more}",
    "points_expiring": "\n其中 {points} 分 {day} 到期，记得先用",
    "points_use": "\n够换：{rewards}",
    "points_short": "\n再攒 {missing} 分可换{reward}",
    "entitlement_line": "\n{name} 还剩 {amount}{unit}",
    "level_line": "\n等级 {level}",
    "level": "{name}，您现在的等级是{level}。",
    "level_next": "\n距{level}还差：{missing}",
    "level_top": "\n已经是最高等级了，谢谢您一直来。",
    "benefits": "{name}，您卡里的权益：{lines}",
    "benefits_none": "{name}，您卡里现在没有剩余次数或疗程。",
    "coupons_none": "{name}，您现在没有可用的优惠券。",
    "statement_head": "{name}，{period}明细，最近 {count} 笔：",
    "statement_line": "\n{day} {what} {change}，余 {left}",
    "statement_none": "{name}，{period}还没有充值和消费记录。",
    "kind_top_up": "充值",
    "kind_purchase": "消费",
    "kind_points_grant": "积分",
    "kind_points_spend": "积分兑换",
    "kind_expiry": "到期",
    "kind_refund": "退款",
    "kind_reversal": "冲正",
    "kind_adjustment": "调整",
    "kind_opening": "期初",
    "statement_more": "\n更早的可以说“上个月的明细”。",
    # Offers and catalogue
    "offers_head": "充值优惠，随时可办：",
    "offer_line": "\n· 充 {amount} {gives}",
    "offers_tail": "\n到店付款，店员当场给您充上，回执会发到这里。",
    "offer_for": "充 {amount} {gives}。",
    "offer_none": "充 {amount} 没有赠送。",
    "offer_next": "\n再加 {missing} 就是 {amount} 档，{gives}。",
    "topup_in_store": "\n请到店告诉店员您的手机号付款，店员当场充上，回执会发到这里。",
    "topup_how_much": "想充多少？可以直接说金额，例如“充500”。",
    "amount_unsure": "您说的金额是 {amounts} 中的哪一个？",
    "amount_out_of_range": "一次最多能充 {limit}，请说一个合适的金额，例如“充500”。",
    "services_head": "{category}：",
    "services_none": "价目还没有录入，请打门店电话问店员。",
    "service_line": "\n· {name} {price}{duration}",
    "service_one": "{name} {price}{duration}{member_price}",
    "member_price": "\n您的会员价 {price}",
    "service_which": "您问的是哪一项？",
    "rewards_head": "积分可以换：",
    "reward_line": "\n· {name} {points} 分{mark}",
    "reward_enough": "（够换）",
    "rewards_have": "\n您现在有 {points} 分。",
    "store_info": "{name}\n{address}\n电话 {phone}\n{hours}{parking}",
    "stores_head": "我们有 {count} 家店，问哪一家？",
    # Joining and the phone
    "not_member": "您还没有会员卡，办一张就能查余额、攒积分。",
    "join_already": "您已经是会员了，手机号也绑好了，不用再办。",
    "join_phone": "好的，请发您的手机号，到店报手机号就能用卡。\n不想留手机号，回复“跳过”也能办卡。",
    "join_phone_only": "好的，请发您的手机号，到店报手机号就能用卡。",
    "join_phone_wrong": "这个手机号好像不对，应是 11 位数字，请再发一次，或回复“跳过”。",
    "join_code": "请把 {phone} 告诉前台店员，店员会给您一个 6 位验证码。"
    "\n把验证码发到这里就办好了（10 分钟内有效）。",
    "join_code_wrong": "验证码不对或已过期。请核对后再发一次，也可以请店员重新给一个。",
    "join_given_up": "试了几次都没成，先停在这里。到前台请店员帮您办，或过一会儿再说“加入会员”。",
    "join_done": "办好了！您的会员号是 {number}。\n现在就可以查余额、积分，到店报手机号即可。",
    "join_done_no_phone": "办好了！您的会员号是 {number}。\n以后想留手机号，说“绑定手机号”就行。",
    "join_bound": "找到您的会员卡了，{name}。以后余额、积分都可以在这里查。",
    "join_conflict": "这个号码的卡已经在另一个微信上使用。要换到这个微信，请带上手机到前台办理。",
    "join_two_cards": "您这个微信已有一张卡。要把两张合成一张，请到前台找店长办理。",
    "cancelled": "好的，已取消。",
    "nothing_to_cancel": "现在没有要取消的事。",
    "nothing_pending": "现在没有等您确认的事。想办什么，直接告诉我就行。",
    "muted": "好的，不再给您发提醒。充值、消费的回执仍会发给您。想恢复时说“恢复提醒”。",
    "unmuted": "好的，提醒已恢复。",
    # Receipts to the member
    "top_up_receipt": "【{shop}】充值到账 {amount}{gives}\n\n现余额 {total}\n本金 {paid_in} · 赠送金 {gift}\n"
    "积分 {points}\n\n{store} · {method}\n{time} · 单号 {number}\n不是您本人办理？请回复“人工”。",
    "purchase_receipt": "【{shop}】消费 {amount}\n{items}\n{paid_by}{earned}\n\n现余额 {total}\n"
    "本金 {paid_in} · 赠送金 {gift}\n积分 {points}\n\n{store}\n{time} · 单号 {number}",
    "paid_stored": "卡内支付 {amount}",
    "paid_outside": "另付 {amount}",
    "points_earned": "得积分 {points}",
    "gives": "送 {what}",
    "gives_gift": "{gift}",
    "gives_points": "{points} 积分",
    # Staff
    "staff_help": "店员指令：\n充值 手机号 金额 付款方式\n  例：充值 13800138000 500 微信\n查 手机号\n"
    "开卡 手机号 姓名\n验证 手机号\n帮助",
    "staff_no_card": "您用的是店员身份，这个微信没有会员卡。\n"
    "发“帮助”看店员指令，或说“加入会员”给自己办一张。",
    "staff_bound": "{name}，绑定成功，您的岗位是{role}。\n{help}",
    "invitation_wrong": "邀请码不对、已用过或已过期，请向店长要一个新的。",
    "staff_already": "这个微信已经绑定了员工身份。",
    "staff_usage_top_up": "写法：充值 手机号 金额 付款方式\n"
    "例：充值 13800138000 500 微信\n付款方式：{methods}",
    "staff_usage_look_up": "写法：查 手机号\n例：查 13800138000",
    "staff_usage_register": "写法：开卡 手机号 姓名\n例：开卡 13800138000 王芳",
    "staff_usage_phone_code": "写法：验证 手机号\n例：验证 13800138000",
    "staff_bad_phone": "“{word}”不是 11 位手机号。",
    "staff_bad_amount": "“{word}”不是有效金额。请写数字，最多两位小数，例如 500 或 68.50。",
    "staff_amount_zero": "金额要大于 0,没有入账。",
    "staff_two_amounts": "看到两个金额：{amounts}。一次只记一笔，请重写。",
    "staff_bad_method": "不认识付款方式“{word}”。可用：{methods}",
    "staff_need_method": "请写明付款方式：{methods}",
    "staff_need_phone": "请写会员的 11 位手机号。",
    "staff_need_amount": "请写充值金额。",
    "staff_extra_words": "多出了“{words}”，看不懂。{usage}",
    "top_up_echo": "请核对：\n{name}（{phone}）\n充值 {amount}{gives}\n{store} · {method}\n"
    "充后余额 {after}\n\n回复 1 入账，回复 0 取消（10 分钟内有效）",
    "top_up_changed": "刚才这位会员的账户有变动，上一份报价作废，没有入账。新的报价：\n{echo}",
    "top_up_done": "已入账 ✓\n{name}（{phone}）充值 {amount}{gives}\n现余额 {after}\n单号 {number}{told}",
    "top_up_told": "\n回执已发给会员",
    "top_up_not_told": "\n会员没有绑定微信，请当面告知",
    "already_done": "这一笔刚才已经记好了（单号 {number}），没有重复入账。",
    "expired": "刚才的确认已过期（超过 {minutes} 分钟），没有入账。请重新发送：\n{command}",
    "replaced": "上一笔没有确认，已作废。\n{echo}",
    "look_up": "{name}（{phone}）会员号 {number}\n余额 {total}（本金 {paid_in} · 赠送金 {gift}）\n"
    "积分 {points} · {level} · {bound}",
    "bound_yes": "已绑微信",
    "bound_no": "未绑微信",
    "registered": "已开卡：{name}（{phone}）会员号 {number}",
    "phone_taken": "{phone} 已有会员卡：{name}。",
    "phone_code": "验证码 {code}（10 分钟内有效）\n"
    "请确认是 {phone} 的机主本人，再念给顾客，由顾客发到公众号。",
    # Why an action was refused
    "not_staff": "这条指令只有店员能用。",
    "role_not_enough": "您的岗位不能办这件事，请找店长。",
    "store_needed": "请在指令最后写明门店，例如：充值 13800138000 500 微信 国贸店",
    "other_store": "您是{own_store}的店员，不能替别的店记账。",
    "no_such_member": "没有找到 {phone} 的会员。新客可先开卡：\n开卡 {phone} 姓名",
    "own_card": "不能给自己的卡充值，请同事来办。",
    "top_up_too_small": "单笔充值最少 {limit}，没有入账。",
    "top_up_too_large": "单笔充值最多 {limit}，没有入账。",
    "over_role_limit": "超过您的单笔权限 {limit}，没有入账，请店长来办。",
    "over_card_cap": "按规定每张卡本金不超过 {cap}，这张卡还能充 {room}，没有入账。",
    "too_many_codes": "一小时内给这个号码的验证码太多了，请过一小时再试。",
}


def say(shop: Shop, name: str, /, **values: object) -> str:
    """The named text, the shop's own wording if it has one, with its placeholders filled."""
    template = shop.texts.sentences.get(name) or TEXTS[name]
    return template.format(**values)


def gives(shop: Shop, *, gift_fen: int, points: int) -> str:
    """What comes on top, as a shop says it: “送 ¥30.00 + 300 积分”; "" when nothing does."""
    parts = []
    if gift_fen:
        parts.append(say(shop, "gives_gift", gift=format_fen(gift_fen)))
    if points:
        parts.append(say(shop, "gives_points", points=points))
    return say(shop, "gives", what=" + ".join(parts)) if parts else ""


def on_a_line(text: str) -> str:
    """The text on a line of its own, or nothing."""
    return f"\n{text}" if text else ""
