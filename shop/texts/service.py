"""Codes, tickets, binding, wishes about data."""

from __future__ import annotations

TEXTS: dict[str, str] = {
    # Money back, asked for by the member
    "refund_wish_nothing": "您卡里现在没有可退的本金。",
    "refund_wish_echo": "按今天算，可退 {amount}（卡里本金 {left}）。\n{why}{gift}\n\n"
    "回复 1 转给门店办理，回复 0 不退",
    "refund_wish_why_seven_days": "七天内充的钱，没用的部分全退。",
    "refund_wish_why_consumer": "用掉的部分按原价扣，余下的退还。",
    "refund_wish_gift": "\n赠送金 {gift} 会收回。",
    "refund_wish_ticket": "{said}（想退款，按今天算可退 {amount}）",
    "refund_wish_passed": "已经转给{store}，同事会和您核对后退款，钱按原路退回。急事请打 {phone}。",
    # A top-up order
    "top_up_order": "\n到店把 #{code} 报给店员，付款后当场充上（{until}前有效）。",
    "top_up_order_unknown": "没有 #{code} 这个充值单，可能已过期或已充过。请会员再说一次“充值”。",
    # Rights in one's data
    "export_ready": "您在我们这里的全部资料都在自己的页面上，可以下载一份。\n"
    "链接半小时内有效，请不要转给别人。",
    "export_link": "打开我的页面",
    "export_in_store": "请到{store}，店员把您的资料打印给您。电话 {phone}",
    "delete_echo": "注销后，姓名、手机号、生日和微信绑定都会删除，"
    "赠送金 {gift}、{points} 积分和券一起作废，不能恢复。\n"
    "账目按法律规定只以会员号保留。\n\n回复 1 注销，回复 0 不注销",
    "delete_done": "已注销，您的个人资料已经删除。原会员号 {number}。谢谢您一直来，随时欢迎再来。",
    "delete_money_left": "您的卡里还有 {amount}，请先用完或说“我要退款”，再来注销。",
    "delete_debt_left": "您的卡上还有一笔没结清的账，请先到店结清，再来注销。",
    "delete_booking_left": "您还有没到时间的预约，请先取消，再来注销。",
    # Two cards become one
    "help_merge": "合并 留下的会员号 并掉的会员号",
    "staff_usage_merge": "写法：合并 留下的会员号 并掉的会员号\n例：合并 12 15",
    "merge_same": "这是同一张卡，不用合并。",
    "merge_unknown": "没有找到这两张卡，或其中一张已经合并过。",
    "merge_memo": "会员 {ends} 并入会员 {stays}",
    "merge_echo": "请核对是同一个人：\n留下 {stays_name}（会员号 {stays}）\n"
    "并入 {ends_name}（会员号 {ends}）\n"
    "转入 {amount}、{points} 积分，券、次卡、预约一起转\n合并后余额 {after}\n\n"
    "回复 1 合并，回复 0 取消（{minutes} 分钟内有效，合并后不能拆开）",
    "merge_changed": "刚才有一张卡动过账，请按新的数再核对一次。",
    "merge_what": "会员号 {number} 已合并",
    "merge_done": "已合并 ✓\n{name} 会员号 {number}\n余额 {total} · 积分 {points}",
    "merge_told": "【{shop}】您的两张会员卡已合成一张，会员号 {number}，余额 {total}。\n"
    "不是您本人要求？请回复“人工”。",
    # Binding
    "binding_moved": "【{shop}】您的会员卡刚刚改绑到另一个微信号。若不是您本人操作，请马上打 {phone}。",
    # One's own data
    "form_profile": "修改资料",
    "profile_what": "想改哪一项？",
    "profile_name": "请发您想用的称呼，例如“林小雨”。",
    "profile_bad_name": "称呼请用 1 到 {limit} 个字，不要带符号。",
    "profile_birthday": "请发您的生日，例如“3月5日”，带年份也行。",
    "profile_birthday_lunar": "农历生日每年对应的阳历日子不一样，店里按阳历登记。"
    "请问您是哪年出生的？直接发阳历生日也行。",
    "profile_bad_birthday": "这个日期不像生日，请再核对一下。",
    "profile_birthday_kept": "您的生日已经登记过了。登记错了要改，请到店找店员核对。",
    "profile_echo_name": "以后称呼您“{value}”，对吗？\n\n回复 1 确认，回复 0 不改",
    "profile_echo_birthday": "生日记为 {value}，对吗？登记后不能自己改。\n\n回复 1 确认，回复 0 不记",
    "profile_echo_birthday_lunar": "您的农历生日换成阳历是 {value}，生日记这一天，对吗？登记后不能自己改。"
    "\n\n回复 1 确认，回复 0 不记",
    "profile_done": "记好了，谢谢您告诉我。",
    # A person of the shop answers
    "human": "好的，已经请{store}的同事来答您。",
    "human_complaint": "对不起让您不满意了。您说的话已经原样交给{store}，会有人认真处理。",
    "human_again": "已经再次提醒{store}的同事，您说的话都转过去了。",
    "human_soon": "同事在微信里直接回您，一般十来分钟。急事请打 {phone}。",
    "human_closed": "现在店里休息，{opens} 开门后第一时间回您。",
    "human_passed_on": "这句我转给店里的同事了，他们在微信里直接回您。",
    "ticket_human": "【顾客找人工 #{number}】{name}\n{lines}\n\n"
    "回复顾客：回 {number} 要说的话\n处理好了：办结 {number}",
    "ticket_complaint": "【顾客投诉 #{number}】{name}\n{lines}\n\n请尽快联系。\n"
    "回复顾客：回 {number} 要说的话\n处理好了：办结 {number}",
    "ticket_more": "【#{number}】{name}\n{lines}",
    "ticket_line_member": "顾客：{words}",
    "ticket_line_assistant": "助手：{words}",
    "ticket_line_staff": "店里：{words}",
    "ticket_stranger": "还没办卡的顾客",
    "ticket_name": "{name}（会员号 {number}，{phone}）",
    "ticket_answer": "{store} {name}：\n{words}",
    "ticket_takes_longer": "让您久等了，{store}的同事还在忙，没有忘记您。急的话请打 {phone}。",
    "ticket_urgent": "【#{number}】{name}等了 {minutes} 分钟还没人回，请尽快回一句：回 {number} …",
    "ticket_answered": "已发给顾客（#{number}）。",
    "ticket_settled": "#{number} 已办结。",
    "ticket_unanswered": "#{number} 还没有回过顾客，先回一句再办结：回 {number} …",
    "ticket_none": "没有 #{number} 这个工单，或不是您门店的。",
    "ticket_closed": "#{number} 已经办结了。",
    "ticket_too_long": "一次最多写 {limit} 个字，请分开发。",
    "tickets_none": "现在没有等着回的顾客。",
    "tickets_head": "没办结的 {count} 件：",
    "ticket_listed": "\n#{number} {name} {state}\n  “{words}”",
    "ticket_waits": "从{since}等到现在",
    "ticket_was_answered": "已回过",
    "tickets_tail": "\n\n回复顾客：回 号 要说的话；处理好了：办结 号",
    "help_ticket_answer": "回 工单号 要说的话",
    "help_ticket_close": "办结 工单号",
    "help_tickets": "工单",
    "staff_usage_ticket_answer": "写法：回 工单号 要说的话\n例：回 12 您好，面膜到货了，随时来拿",
    "staff_usage_ticket_close": "写法：办结 工单号\n例：办结 12",
}
