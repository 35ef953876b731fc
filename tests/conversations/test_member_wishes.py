"""What a member asks the shop for in the chat: a top-up to be paid at the counter, his money back."""

from __future__ import annotations

from stage import CASHIER, LIN, LIN_PHONE, NEWCOMER, Stage


def order_code(stage: Stage, openid: str, said: str) -> str:
    text = stage.say(openid, said).text
    assert "到店把 #" in text
    return text.split("#")[1][:4]


def test_a_top_up_is_called_up_by_its_code(stage: Stage) -> None:
    code = order_code(stage, LIN, "充值800元")
    stage.play(
        CASHIER,
        [
            (f"充值 #{code.lower()} 微信", ("小林", "¥800.00", "微信", "回复 1")),
            ("1", "已入账"),
            (f"充值 #{code} 微信", "没有"),
        ],
    )


def test_a_code_is_good_once_for_a_day_and_only_the_last_one(stage: Stage) -> None:
    old = order_code(stage, LIN, "充值300元")
    new = order_code(stage, LIN, "充值800元")
    stage.play(CASHIER, [(f"充值 #{old} 微信", f"没有 #{old}"), ("充值 #ZZZZ 微信", "没有 #ZZZZ")])
    stage.play(CASHIER, [(f"充值 #{new}", "付款方式"), (f"充值 #{new} 500 微信", "看不懂")])
    stage.later(hours=25)
    stage.play(CASHIER, [(f"充值 #{new} 微信", "没有")])


def test_only_staff_call_up_a_code(stage: Stage) -> None:
    code = order_code(stage, LIN, "充值300元")
    reply = stage.say(NEWCOMER, f"充值 #{code} 微信")
    assert "小林" not in reply.text


def test_the_money_that_would_be_paid_back_is_said_and_the_store_told(stage: Stage) -> None:
    stage.play(CASHIER, [(f"充值 {LIN_PHONE} 800 微信", "请核对"), ("1", "已入账")])
    stage.play(
        LIN,
        [
            ("我要退款", ("可退 ¥800.00", "七天内", "赠送金 ¥120.00 会收回")),
            ("1", ("已经转给国贸店", "原路退回")),
        ],
    )
    with stage.engine.connect() as connection:
        told = connection.exec_driver_sql(
            "SELECT text FROM message WHERE openid = %s AND kind = 'ticket' ORDER BY id DESC", (CASHIER,)
        ).first()
    assert told is not None
    assert "想退款，按今天算可退 ¥800.00" in told.text
    assert stage.count("transfer", "kind = 'refund'") == 0


def test_nothing_to_pay_back(stage: Stage) -> None:
    stage.play(LIN, [("我要退款", "没有可退")])
    stage.play(NEWCOMER, [("我要退款", "还没有会员卡")])


def test_a_no_leaves_everything(stage: Stage) -> None:
    stage.play(CASHIER, [(f"充值 {LIN_PHONE} 300 现金", "请核对"), ("1", "已入账")])
    stage.play(LIN, [("我要退款", "可退 ¥300.00"), ("0", "取消")])
    assert stage.count("ticket") == 0


def test_who_is_owed_money_cannot_be_forgotten(stage: Stage) -> None:
    stage.play(CASHIER, [(f"充值 {LIN_PHONE} 300 现金", "请核对"), ("1", "已入账")])
    stage.play(LIN, [("注销会员", ("不能恢复", "会员号保留")), ("1", "还有 ¥300.00"), ("我的余额", "小林")])


def test_what_identifies_a_member_goes_and_the_ledger_stays(stage: Stage) -> None:
    stage.play(
        LIN, [("注销会员", "不能恢复"), ("1", "已注销"), ("我的余额", "还没有会员卡"), ("1", "没有等您确认")]
    )
    assert stage.count("member", "name = '已注销' AND phone IS NULL AND birthday IS NULL") == 1
    assert stage.count("binding", f"openid = '{LIN}' AND unbound_at IS NULL") == 0
    stage.play(LIN, [("加入会员", "手机号"), ("跳过", "办好了")])
    assert stage.count("member") == 2


def test_a_copy_without_a_page_is_printed_in_the_store(stage: Stage) -> None:
    stage.play(LIN, [("导出我的资料", "打印给您")])
    stage.play(NEWCOMER, [("导出我的资料", "还没有会员卡")])
