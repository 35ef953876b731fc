"""Four eyes, the day close, settlement."""

from __future__ import annotations

TEXTS: dict[str, str] = {
    # Why an entry needs a second person
    "over_entry": "超过单笔权限",
    "over_day": "超过当天累计权限",
    "backdated": "补记以前的账",
    # Asking
    "approval_asked": "待审核 {number}：{requester}提交\n{summary}\n原因：{reasons}\n\n"
    "回复“通过 {number}”入账，或“驳回 {number} 理由”。{hours} 小时内有效。",
    "approval_member_waits": "【{shop}】您的这一笔正在等店长确认：\n{summary}\n确认后入账，到时给您发回执。",
    "approval_member_not_booked": "【{shop}】这一笔没有入账：\n{summary}\n"
    "如果已经付款，请到{store}前台处理，或直接回复我们。",
    # The list
    "approvals_none": "没有待审核的单子。",
    "approvals_list": "待审核 {count} 笔：\n{lines}\n\n回复“通过 号”或“驳回 号 理由”。",
    "approvals_line": "{number}. {summary}\n   {requester} · {time} · {reasons}",
    "approvals_line_own": "{number}. {summary}\n   您提交的 · {time} · {reasons}（要别人来审）",
    "approvals_more": "……还有 {count} 笔",
    "help_approvals": "待审（看等着审的单子）",
    "help_approve": "通过 号 · 驳回 号 理由",
    # Deciding
    "approval_usage": "写法：通过 号，或 驳回 号 理由\n例：通过 12；驳回 12 金额不对\n发“待审”看清单。",
    "approval_given": "已通过 {number} ✓\n{summary}\n{requester}提交，单号 {transfer}。",
    "approval_rejected": "已驳回 {number}\n{summary}\n没有入账，已告诉{requester}。",
    "approval_requoted": "{number} 的内容和提交时不一样了，还没有入账。现在是：\n{summary}\n"
    "同意就再回复一次“通过 {number}”。",
    "approval_is_approved": "通过",
    "approval_is_rejected": "驳回",
    "approval_told_approved": "审核 {number} 已由{decider}通过，入账 ✓ 单号 {transfer}\n{summary}",
    "approval_told_rejected": "审核 {number} 被{decider}驳回，没有入账。\n理由：{reason}\n{summary}",
    "approval_told_expired": "审核 {number} 没有人处理，已过期，没有入账。\n{summary}\n"
    "{filed}提交的；还要办请重新提交。",
    "no_such_approval": "没有编号 {number} 的待审单，发“待审”看清单。",
    "approval_other_store": "{number} 是{store}的单子，要{store}的店长来审。",
    "approval_own": "{number} 是您自己提交的，不能自己审，请另一位店长、总部或老板来审。",
    "approval_own_card": "{number} 记的是您自己的卡，不能自己审，请别人来审。",
    "approval_decided": "{number} 刚才已由{decider}{outcome}，这次没有再办。\n{summary}",
    "approval_expired": "{number} 已过期，没有入账，请重新提交。\n{summary}",
    "approval_reason_needed": "驳回要写理由，例如：驳回 {number} 金额不对",
    "approval_over_limit": "{number} 的金额 {amount} {limits}，您也审不了，请总部或老板来审。",
    "approval_requester_gone": "{number} 是{requester}提交的，这位同事已不在岗，不能入账。请驳回后重新记。",
    # The owner is told
    "owner_told": "【{shop}】请留意：{what}\n{staff}（{role}） · {store} · {time}\n"
    "{entry} {amount}，单号 {transfer}",
    "entry_kind_top_up": "充值",
    "entry_kind_purchase": "消费",
    "entry_kind_refund": "退款",
    "entry_kind_reversal": "冲正",
    "entry_kind_adjustment": "调账",
    "entry_kind_points_grant": "送积分",
    "entry_kind_points_spend": "积分兑换",
    "entry_kind_deposit": "收定金",
    "entry_kind_deposit_returned": "退定金",
    "entry_kind_debt_repaid": "收欠款",
    "entry_kind_expiry": "到期",
    "entry_kind_merge_in": "并卡转入",
    "entry_kind_merge_out": "并卡转出",
    "entry_kind_opening": "期初",
    "entry_kind_other": "记账",
    "owner_told_large": "大额",
    "owner_told_night": "夜间入账",
    "owner_told_reversals": "{staff}今天已冲正 {count} 笔",
    # Day close
    "help_day_close": "日结（看今天的账）· 日结 现金 1280 微信 560",
    "day_close_usage": "写法：日结，看今天账上各收了多少\n"
    "点好以后：日结 现金 1280 微信 560（每种付款方式都要点）\n"
    "补前一天：日结 昨天 …；点错了：日结更正 昨天 现金 1300 原因 数漏一张",
    "day_open": "{store} {day} 账上（{entries} 笔{since}）\n{lines}\n\n点好以后回复，例如：\n{example}",
    "day_open_nothing": "{store} {day} 还没有账。\n要日结就回复：日结 现金 0",
    "day_since": "，自{time}上次日结起",
    "day_since_first": "，首次日结，只算当天的账",
    "day_method": "{method} {amount}",
    "day_cashier": "  {name} {entries} 笔 {amount}{own}",
    "day_own_right": "（交班点 {counted} ✓）",
    "day_own_short": "（交班点 {counted}，少 {difference}：{reason}）",
    "day_own_over": "（交班点 {counted}，多 {difference}：{reason}）",
    "day_actor_member": "会员自助",
    "day_actor_system": "系统",
    "day_top_ups": "充值收款 {amount}",
    "day_gifts": "赠送金 {amount}",
    "day_sales": "消费 {amount}",
    "day_sales_stored": "其中储值付 {amount}",
    "day_refunds": "退款 {amount}",
    "day_count_right": "{method} 账上 {booked} · 实点 {counted} ✓{reason}",
    "day_count_short": "{method} 账上 {booked} · 实点 {counted} · 少 {difference}{reason}",
    "day_count_over": "{method} 账上 {booked} · 实点 {counted} · 多 {difference}{reason}",
    "day_close_echo": "请核对 {store} {day} 日结（{entries} 笔）：\n{counts}\n\n"
    "日结后当天不能再改，之后的账算下一天。\n回复 1 日结，回复 0 取消",
    "day_close_needs_reason": "{store} {day} 有差异：\n{counts}\n\n"
    "请写原因，例如：\n原因 找零多给了 20\n"
    "（会一直留在报表里；点错了就重新发日结）",
    "day_close_changed": "刚才又有新的账，数字变了，还没有日结。请按新的账再点一次：\n"
    "{counts}\n\n重新发：{command}",
    "day_close_done": "{store} {day} 已日结 ✓（{entries} 笔）\n{counts}\n账本封存码 {root}…\n"
    "已发给老板，之后的账算下一天。",
    "day_close_owner": "{store} {day} 日结（{entries} 笔）\n账本封存码（请留存这条消息）：\n{root}\n"
    "{counts}\n{summary}\n{closer} {time}",
    "day_correction_echo": "请核对 {store} {day} 的更正：\n{counts}\n"
    "原来点的数会保留。\n回复 1 更正，回复 0 取消",
    "day_correction_done": "已更正 {store} {day} 的实点：\n{counts}\n原来点的数保留，已告诉老板。",
    "day_correction_owner": "{store} {day} 日结有更正：\n{counts}\n{staff}更正，原来点的数保留。",
    "day_no_reason_asked": "现在没有要写原因的日结。先发“日结”看账。",
    "day_store_needed": "请写明门店，例如：日结 国贸店",
    "day_bad_count": "“{word}”看不懂。写法：日结 现金 1280 微信 560",
    "day_counted_twice": "{method}写了两个数，请重写。",
    "day_not_counted": "还没有点：{methods}。每种收过款的都要写，没有就写 0。",
    "day_reason_needed": "{day} 有差异，要写原因才能办。",
    "day_close_busy": "这会儿正在记账，没有日结，请过几秒再确认一次。",
    "day_in_future": "{day} 还没到，不能日结。",
    "day_closed": "{store} {day} 已由{closer}在{time}日结，不能再改；之后的账算下一天。\n"
    "实点数点错了：日结更正 日期 现金 1300 原因 …",
    "day_passed": "{later} 已经日结过，{day} 没结的账已经算在里面了。",
    "day_not_closed": "{day} 还没有日结，没有什么要更正的。",
    # Handing over
    "help_handover": "交班（看自己收了多少）· 交班 现金 800 微信 500",
    "handover_usage": "写法：交班，看您自己收了多少\n点好以后：交班 现金 800 微信 500\n"
    "有差异写上原因：交班 现金 780 微信 500 原因 找零多给了 20",
    "handover_nothing": "{store} 上次日结以后，您还没有收过款。",
    "handover_open": "{store} 上次日结以后，您收了（{entries} 笔）：\n{lines}\n\n"
    "点好以后回复，例如：\n{example}",
    "handover_echo": "请核对您的交班（{store}）：\n{counts}\n回复 1 交班，回复 0 取消",
    "handover_needs_reason": "您的交班有差异（{store}）：\n{counts}\n\n请写原因，例如：\n原因 找零多给了 20",
    "handover_changed": "刚才您又记了账，数字变了，还没有交班。现在是：\n{counts}\n\n重新发：{command}",
    "handover_done": "已交班 ✓\n{counts}",
    "handover_told": "{name}在{store}交班有差异：\n{counts}",
    # Month close and settlement
    "help_month_close": "月结 [月份]",
    "help_settlement": "清分 [月份]（各店互相欠多少）",
    "month_usage": "写法：月结 11月，或 月结 上月；清分 上月。不写月份就是本月。",
    "month_head": "{store} {month}（日结 {days} 天，{entries} 笔）",
    "month_variances": "差异：",
    "month_variance": "  {day} {method} {amount}（{reason}）",
    "month_more_variances": "  ……还有 {count} 条，见导出的表格",
    "month_open_entries": "还有 {entries} 笔没有日结，没算在内。",
    "month_is_closed": "已在{time}月结。",
    "month_ask": "回复 1 月结，回复 0 取消",
    "month_close_done": "{store} {month} 已月结 ✓\n账本封存码 {root}…\n已发给老板。",
    "month_close_owner": "{store} {month} 月结（{entries} 笔，差异 {variances} 条）\n"
    "账本封存码（请留存这条消息）：\n{root}\n{summary}\n{closer}",
    "month_store_needed": "请写明门店，例如：月结 国贸店 上月",
    "month_bad_word": "“{word}”看不懂。写法：月结 国贸店 11月",
    "month_in_future": "{month}还没到。",
    "month_closed": "{store} {month} 已经月结过了。",
    "month_running": "{store} {month} 还没过完，不能月结。",
    "month_open": "{store} {month} 还有没日结的账，或数字刚有变动，没有月结。请先日结，再发一次“月结”。",
    "settlement": "{month}跨店清分{running}\n{flows}\n\n结清只要：\n{payments}",
    "settlement_running": "（到今天为止）",
    "settlement_flow": "{received}收、{spent}用：{amount}（{entries} 笔）",
    "settlement_payment": "{payer} 付给 {payee} {amount}",
    "settlement_even": "互相抵平，谁也不用付。",
    "settlement_none": "{month}没有跨店消费{running}，不用清分。",
}
