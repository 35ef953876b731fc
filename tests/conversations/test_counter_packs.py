"""售卡 and 划次: packs sold, drawn down, undone (features B5)."""

from __future__ import annotations

import pytest
from counter_support import held, last_number, lin, receipts, top_up
from stage import CASHIER, LIN_PHONE, MANAGER, OTHER_CASHIER, Stage, bind

from ledger.book import EntitlementBalance


def sell(stage: Stage, words: str = "肩颈十次卡 微信", by: str = CASHIER) -> str:
    stage.play(by, [(f"售卡 {LIN_PHONE} {words}", "请核对"), ("1", "已入账")])
    return last_number(stage)


def test_a_pack_is_sold_for_outside_money(stage: Stage) -> None:
    stage.play(
        CASHIER,
        [
            (
                f"售卡 {LIN_PHONE} 肩颈十次卡 微信",
                ("买 肩颈十次卡 ¥1,380.00", "共 10 次", "2027年11月21日前有效", "微信 ¥1,380.00"),
            ),
            ("1", ("已入账 ✓", "现有 10 次", "回执已发给会员")),
        ],
    )
    assert held(stage).entitlements == (EntitlementBalance("shoulder_10", "times", 10),)
    assert "肩颈十次卡 剩 10 次" in receipts(stage)[-1]


def test_a_pack_is_sold_from_the_balance_and_the_rest_by_a_tap(stage: Stage) -> None:
    top_up(stage, 1000)
    reply = stage.say(CASHIER, f"售卡 {LIN_PHONE} 肩颈卡")
    assert "还差 ¥260.00" in reply.text
    cash = next(choice for choice in reply.choices if "现金" in choice.label)
    stage.play(CASHIER, [(cash.says, ("卡内支付 ¥1,120.00", "现金 ¥260.00")), ("1", "已入账")])
    assert held(stage).stored_fen == 0


def test_a_pack_is_drawn_down_and_the_member_told_what_remains(stage: Stage) -> None:
    sell(stage)
    stage.play(
        CASHIER,
        [
            (f"划次 {LIN_PHONE} 肩颈", ("肩颈调理", "肩颈十次卡 划 1 次，之后剩 9 次")),
            ("1", ("已划次 ✓", "还剩 9 次")),
            (f"划次 {LIN_PHONE} 肩颈调理 2次", "划 2 次，之后剩 7 次"),
            ("1", "还剩 7 次"),
            (f"查 {LIN_PHONE}", "肩颈十次卡 剩 7 次"),
        ],
    )
    assert "用 2 次，还剩 7 次" in receipts(stage)[-1]


def test_minutes_are_drawn_by_how_long_the_service_takes(stage: Stage) -> None:
    sell(stage, "身体护理十小时卡 现金", by=MANAGER)
    stage.play(
        CASHIER, [(f"划次 {LIN_PHONE} 背部舒缓", "划 60 分钟，之后剩 540 分钟"), ("1", "还剩 540 分钟")]
    )


def test_two_packs_that_are_good_for_it_are_asked_apart(stage: Stage) -> None:
    sell(stage)
    sell(stage, "身体护理十小时卡 现金", by=MANAGER)
    stage.play(
        CASHIER,
        [
            (f"划次 {LIN_PHONE} 肩颈", ("划哪一张", "肩颈十次卡（剩 10 次）", "剩 600 分钟")),
            ("2", "身体护理十小时卡 划 45 分钟"),
            ("1", "还剩 555 分钟"),
        ],
    )


@pytest.mark.parametrize(
    ("said", "answer"),
    [
        (f"划次 {LIN_PHONE} 洗脸", ("没有能做基础清洁护理的次卡", "肩颈十次卡 10 次")),
        (f"划次 {LIN_PHONE} 肩颈 11次", ("只剩 10 次", "要 11 次")),
        (f"划次 {LIN_PHONE} 肩颈 0次", "数量不对"),
        (f"划次 {LIN_PHONE}", "买了什么"),
        (f"划次 {LIN_PHONE} 空气", "没有“空气”"),
        (f"划次 {LIN_PHONE} 肩颈 洗脸", "分开写"),
        (f"售卡 {LIN_PHONE} 月亮卡", ("没有“月亮卡”", "肩颈十次卡")),
        (f"售卡 {LIN_PHONE}", "卖哪一种"),
        ("售卡", "写法：售卡"),
        ("划次", "写法：划次"),
    ],
)
def test_what_cannot_be_is_said(stage: Stage, said: str, answer: str | tuple[str, ...]) -> None:
    sell(stage)
    stage.play(CASHIER, [(said, answer), ("1", "没有")])


def test_a_purchase_uses_the_pack_by_itself(stage: Stage) -> None:
    sell(stage)
    stage.play(
        CASHIER,
        [(f"消费 {LIN_PHONE} 肩颈", ("次卡「肩颈十次卡」：抵 肩颈调理 ×1", "合计 ¥0.00")), ("1", "已入账")],
    )
    assert held(stage).entitlements[0].amount == 9


def test_two_stores_draw_the_last_time_once(stage: Stage) -> None:
    sell(stage, "小气泡五次卡 现金")
    stage.play(CASHIER, [(f"划次 {LIN_PHONE} 小气泡 4", "之后剩 1 次"), ("1", "还剩 1 次")])
    stage.play(CASHIER, [(f"划次 {LIN_PHONE} 小气泡", "之后剩 0 次")])
    stage.play(OTHER_CASHIER, [(f"划次 {LIN_PHONE} 小气泡", "之后剩 0 次"), ("1", "还剩 0 次")])
    stage.play(CASHIER, [("1", "没有能做小气泡清洁的次卡")])


def test_a_sale_is_undone_while_nothing_was_used(stage: Stage) -> None:
    number = sell(stage)
    stage.play(
        MANAGER, [(f"冲正 {number}", ("收回 肩颈十次卡 10 次", "退钱 微信 ¥1,380.00")), ("1", "已冲正")]
    )
    assert held(stage).entitlements == ()


def test_a_sale_of_which_something_was_used_is_not_undone(stage: Stage) -> None:
    number = sell(stage)
    stage.play(CASHIER, [(f"划次 {LIN_PHONE} 肩颈", "请核对"), ("1", "已划次")])
    stage.play(MANAGER, [(f"冲正 {number}", "已经用掉：肩颈十次卡 1 次")])


def test_nobody_sells_to_himself(stage: Stage) -> None:
    member = lin(stage)
    assert member.phone == LIN_PHONE
    stage.play(CASHIER, [("开卡 13700001111 王芳", "已开卡")])
    bind(stage, CASHIER, "13700001111")
    stage.play(
        CASHIER, [("售卡 13700001111 肩颈卡 微信", "自己的会员卡"), ("划次 13700001111 肩颈", "自己的会员卡")]
    )


def test_a_sale_above_the_limit_waits(stage: Stage) -> None:
    stage.play(CASHIER, [(f"售卡 {LIN_PHONE} 身体护理十小时卡 现金", "请核对"), ("1", "店长核准")])
    assert held(stage).entitlements == ()
    number = stage.say(MANAGER, "待审").text.split("\n")[1].split(".")[0]
    stage.play(MANAGER, [(f"通过 {number}", "单号 T")])
    assert held(stage).entitlements[0].amount == 600


# -- 退次卡 --------------------------------------------------------------------------------------------------

GIVE_BACK = f"退次卡 {LIN_PHONE} 肩颈十次卡"


def test_an_unused_pack_goes_back_onto_the_card(stage: Stage) -> None:
    number = sell(stage)
    stage.play(
        MANAGER,
        [
            (
                f"{GIVE_BACK} 七天",
                (number, "买价 ¥1,380.00，剩 10/10 次", "收回 1380 积分", "退到余额 ¥1,380.00"),
            ),
            ("1", ("已退次卡 ✓", "现余额 ¥1,380.00")),
        ],
    )
    balances = held(stage)
    assert (balances.entitlements, balances.points, balances.paid_in_fen) == ((), 0, 138000)
    assert "肩颈十次卡已退，收回 10 次" in receipts(stage)[-1]
    stage.play(MANAGER, [(f"退款 {LIN_PHONE} 全部 协商 现金", "一共退 ¥1,380.00"), ("1", "已退款")])


def test_what_was_used_of_a_pack_counts_by_the_rule(stage: Stage) -> None:
    sell(stage)
    stage.play(CASHIER, [(f"划次 {LIN_PHONE} 肩颈 2次", "请核对"), ("1", "已划次")])
    stage.later(days=20)
    stage.play(
        MANAGER,
        [
            (f"{GIVE_BACK} 七天", "七天内没有买过"),
            (f"{GIVE_BACK} 协商", ("剩 8/10 次", "已用扣 ¥336.00", "退到余额 ¥1,044.00")),  # 2 × 168
            ("0", "已取消"),
            (f"{GIVE_BACK} 门店", ("已用扣 ¥276.00", "退到余额 ¥1,104.00")),  # 1380 × 8 ÷ 10
            ("1", "¥1,104.00"),
        ],
    )
    assert held(stage).entitlements == ()


def test_a_pack_used_up_at_list_price_is_worth_nothing_and_stays(stage: Stage) -> None:
    sell(stage)
    stage.play(CASHIER, [(f"划次 {LIN_PHONE} 肩颈 9次", "请核对"), ("1", "已划次")])  # 9 × 168 > 1380
    stage.play(MANAGER, [(f"{GIVE_BACK} 协商", ("退 0 元", "剩的 1 次")), ("1", "没有等您确认")])


def test_a_cashiers_pack_refund_waits_and_a_moved_card_is_quoted_anew(stage: Stage) -> None:
    sell(stage)
    stage.play(CASHIER, [(f"{GIVE_BACK} 协商", "请核对退次卡"), ("1", "店长核准")])
    stage.play(CASHIER, [(f"划次 {LIN_PHONE} 肩颈", "请核对"), ("1", "还剩 9 次")])
    number = stage.say(MANAGER, "待审").text.split("\n")[1].split(".")[0]
    stage.play(MANAGER, [(f"通过 {number}", ("还没有入账", "¥1,212.00")), (f"通过 {number}", "单号 T")])
    assert held(stage).stored_fen == 121200


def test_a_pack_refund_confirmed_twice_pays_once(stage: Stage) -> None:
    sell(stage)
    stage.say(MANAGER, f"{GIVE_BACK} 协商")
    before = stage.memory.load(MANAGER)
    stage.play(MANAGER, [("1", "已退次卡")])
    stage.memory.save(MANAGER, before)
    stage.play(MANAGER, [("1", "已退次卡")])
    assert held(stage).paid_in_fen == 138000
