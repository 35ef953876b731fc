"""退款 and 冲正: what goes back, what is taken back, and who may (features B7)."""

from __future__ import annotations

import pytest
from counter_support import (
    coupon_state,
    give_coupon,
    held,
    last_number,
    lin,
    open_card,
    receipts,
    top_up,
)
from stage import CASHIER, LIN_PHONE, MANAGER, OTHER_CASHIER, Stage, bind

from ledger import book
from ledger.records import coupon_checks

REFUND = f"退款 {LIN_PHONE} 全部"


def waiting_number(stage: Stage) -> str:
    return stage.say(MANAGER, "待审").text.split("\n")[1].split(".")[0]


def spend(stage: Stage, things: str, by: str = CASHIER) -> str:
    stage.play(by, [(f"消费 {LIN_PHONE} {things}", "请核对"), ("1", "已入账")])
    return last_number(stage)


# -- 退款 ----------------------------------------------------------------------------------------------------


def test_within_seven_days_all_unused_money_goes_back(stage: Stage) -> None:
    number = top_up(stage, 500)
    stage.later(days=6)
    stage.play(
        MANAGER,
        [
            (
                f"{REFUND} 七天",
                (
                    number,
                    "充 ¥500.00 送 ¥30.00",
                    "退 ¥500.00",
                    "收回：赠送金 ¥30.00、300 积分",
                    "微信",
                    "[1 确认]",
                ),
            ),
            ("1", ("已退款 ✓", "微信 ¥500.00", "现余额 ¥0.00")),
        ],
    )
    balances = held(stage)
    assert (balances.stored_fen, balances.points) == (0, 0)
    assert "已退给您 ¥500.00（微信）" in receipts(stage)[-1]
    assert "赠送金 ¥30.00" in receipts(stage)[-1]


def test_what_the_member_used_counts_at_list_price_when_he_wants_out(stage: Stage) -> None:
    top_up(stage, 500)
    spend(stage, "洗脸")  # 194 for a list price of 198
    stage.later(days=30)
    stage.play(
        MANAGER,
        [
            (f"{REFUND} 协商", ("会员要求退", "已用按原价 ¥198.00", "退 ¥302.00", "赠送金 ¥30.00")),
            ("1", "¥302.00"),
        ],
    )
    assert held(stage).stored_fen == 0


def test_the_shops_fault_counts_in_the_ratio_of_paid_and_gift(stage: Stage) -> None:
    top_up(stage, 1000)
    spend(stage, "洗脸")
    # 194 × 1000 ÷ 1120 = 173.21
    stage.play(
        MANAGER, [(f"{REFUND} 门店", ("门店的原因", "折合本金 ¥173.21", "退 ¥826.79")), ("1", "¥826.79")]
    )


def test_seven_days_are_over(stage: Stage) -> None:
    top_up(stage, 500)
    stage.later(days=7, seconds=1)
    stage.play(MANAGER, [(f"{REFUND} 七天", ("七天内没有可退", "协商")), ("1", "没有等您确认")])


@pytest.mark.parametrize(
    ("said", "answer"),
    [
        ("300 协商", ("应退 ¥500.00", "不是 ¥300.00")),
        ("500 协商", "请核对退款"),
        ("全部 高兴", "看不懂"),
        ("-5 协商", "不是有效金额"),
        ("全部 七天 现金", ("请核对退款", "（现金）")),
        ("", "请核对退款"),
    ],
)
def test_how_a_refund_is_written(stage: Stage, said: str, answer: str | tuple[str, ...]) -> None:
    top_up(stage, 500)
    stage.play(MANAGER, [(f"退款 {LIN_PHONE} {said}", answer)])


def test_two_ways_in_ask_for_the_way_out(stage: Stage) -> None:
    top_up(stage, 300)
    top_up(stage, 300, method="现金")
    stage.play(MANAGER, [(f"{REFUND} 协商", "怎么退给会员"), ("2", ("请核对退款", "微信")), ("1", "已退款")])


def test_a_card_without_money_has_nothing_to_refund(stage: Stage) -> None:
    stage.play(MANAGER, [(f"{REFUND} 协商", "没有可退的本金")])


def test_a_refund_of_nothing_leaves_the_balance_alone(stage: Stage) -> None:
    """Used up at list price: the law's refund is zero, and what is left stays usable."""
    top_up(stage, 300)
    for thing in ("洗脸", "小气泡"):  # 164 + 134 by coupons, 198 + 168 at list price: more than was paid in
        give_coupon(stage)
        spend(stage, thing)
    stage.play(MANAGER, [(f"{REFUND} 协商", ("退 0 元", "没有动")), ("1", "没有等您确认")])
    assert held(stage).stored_fen == 33000 - 16400 - 13400


def test_a_cashiers_refund_waits_for_the_manager(stage: Stage) -> None:
    top_up(stage, 500)
    stage.play(CASHIER, [(f"{REFUND} 七天", "请核对退款"), ("1", ("店长核准", "还没有入账"))])
    assert held(stage).stored_fen == 53000
    stage.play(MANAGER, [(f"通过 {waiting_number(stage)}", "单号 T")])
    assert held(stage).stored_fen == 0
    assert "已退给您 ¥500.00" in receipts(stage)[-1]


def test_a_refund_after_the_card_moved_is_a_new_quote(stage: Stage) -> None:
    top_up(stage, 500)
    stage.say(MANAGER, f"{REFUND} 协商")
    spend(stage, "洗脸")
    stage.play(MANAGER, [("1", ("没有入账", "退 ¥302.00")), ("1", "已退款")])


def test_a_refund_that_is_confirmed_twice_pays_once(stage: Stage) -> None:
    top_up(stage, 500)
    stage.say(MANAGER, f"{REFUND} 七天")
    before = stage.memory.load(MANAGER)
    stage.play(MANAGER, [("1", "已退款")])
    stage.memory.save(MANAGER, before)
    stage.play(MANAGER, [("1", "已退款")])
    assert stage.count("transfer", "kind = 'refund' AND refused IS NULL") == 1


# -- 冲正 ----------------------------------------------------------------------------------------------------


def test_a_purchase_is_undone_with_its_coupon_and_points(stage: Stage) -> None:
    top_up(stage, 500)
    coupon = give_coupon(stage)
    number = spend(stage, "洗脸")
    stage.play(
        MANAGER,
        [
            (
                f"冲正 {number} 记错会员",
                (
                    "请核对冲正",
                    "基础清洁护理",
                    "退回 本金 ¥164.00",
                    "收回 328 积分",
                    "退回优惠券 1 张",
                    "记错会员",
                ),
            ),
            ("1", ("已冲正 ✓", number, "现余额 ¥530.00 · 积分 300")),
        ],
    )
    assert held(stage).stored_fen == 53000
    assert held(stage).points == 300
    assert coupon_state(stage, coupon) == "open"
    assert "已撤销一笔" in receipts(stage)[-1]


def test_a_top_up_is_undone_with_all_it_gave(stage: Stage) -> None:
    number = top_up(stage, 500)
    stage.play(
        MANAGER,
        [
            (f"冲正 {number}", ("收回 本金 ¥500.00", "收回 赠送金 ¥30.00", "退钱 微信 ¥500.00")),
            ("1", "已冲正"),
        ],
    )
    assert (held(stage).stored_fen, held(stage).points) == (0, 0)


def test_what_was_spent_is_refused_or_becomes_a_debt_by_the_manager(stage: Stage) -> None:
    number = top_up(stage, 500)
    spend(stage, "洗脸")
    stage.play(
        CASHIER,
        [(f"冲正 {number}", ("已经用掉：本金 ¥194.00", "请找店长")), (f"冲正 {number} 记欠款", "店长来办")],
    )
    stage.play(
        MANAGER,
        [
            (f"冲正 {number} 多记了", ("已经用掉：本金 ¥194.00", "记成会员欠款")),
            ("1", ("请核对冲正", "记欠款 ¥194.00")),
            ("1", "已冲正"),
        ],
    )
    assert held(stage).debt_fen == 19400
    stage.play(CASHIER, [(f"查 {LIN_PHONE}", "欠款 ¥194.00")])


def test_a_reversal_after_the_points_were_spent(stage: Stage) -> None:
    number = top_up(stage, 500)
    member = lin(stage)
    with stage.engine.begin() as connection:
        header = book.Header("spend", "guomao", "system", member.id, stage.now, stage.now)
        assert isinstance(book.spend_points(connection, header, points=250, reward_id="r"), book.Posted)
    stage.later(minutes=1)
    stage.play(
        MANAGER,
        [
            (f"冲正 {number}", ("已经用掉：250 积分", "没有入账")),
            (f"冲正 {number} 记欠款", "欠款 250 积分"),
            ("1", "已冲正"),
        ],
    )
    assert held(stage).debt_points == 250


def test_a_granted_coupon_that_was_used_bars_the_reversal(stage: Stage) -> None:
    """The coupon came with the top-up and paid elsewhere: first that entry, then this one."""
    number = top_up(stage, 500)
    coupon = give_coupon(stage, of=number)
    used_by = spend(stage, "洗脸 微信 不用余额")
    stage.play(MANAGER, [(f"冲正 {number}", ("优惠券有 1 张已经用在", used_by))])
    stage.play(MANAGER, [(f"冲正 {used_by}", "退回优惠券 1 张"), ("1", "已冲正")])
    stage.play(MANAGER, [(f"冲正 {number}", "收回送的优惠券 1 张"), ("1", "已冲正")])
    assert coupon_state(stage, coupon) == "taken_back"
    with stage.engine.connect() as connection:
        assert coupon_checks.verify(connection) == ()


def test_an_entry_is_undone_once(stage: Stage) -> None:
    number = top_up(stage, 500)
    stage.play(MANAGER, [(f"冲正 {number}", "请核对"), ("1", "已冲正")])
    undone = last_number(stage)
    stage.play(
        MANAGER,
        [
            (f"冲正 {number}", ("已经冲正过了", undone)),
            (f"冲正 {undone}", "不能冲正"),
            ("冲正 T999999", "没有单号"),
        ],
    )


def test_a_cashier_undoes_only_his_own_and_only_with_the_manager(stage: Stage) -> None:
    own, foreign = top_up(stage, 300), top_up(stage, 300, by=MANAGER)
    stage.play(CASHIER, [(f"冲正 {foreign}", ("李静记的", "店长来办"))])
    stage.play(CASHIER, [(f"冲正 {own} 顾客反悔", "请核对"), ("1", "店长核准")])
    assert held(stage).stored_fen == 66000
    stage.play(MANAGER, [(f"通过 {waiting_number(stage)}", "单号 T")])
    assert held(stage).stored_fen == 33000


def test_a_store_undoes_its_own_entries(stage: Stage) -> None:
    number = top_up(stage, 300, by=OTHER_CASHIER)
    stage.play(MANAGER, [(f"冲正 {number}", ("望京店的账", "总部")), (f"查 单号 {number}", "望京店的账")])


def test_nobody_undoes_an_entry_on_his_own_card(stage: Stage) -> None:
    open_card(stage, "13700001111", "李静")
    number = top_up(stage, 300, phone="13700001111")
    bind(stage, MANAGER, "13700001111")
    stage.play(MANAGER, [(f"冲正 {number}", "自己的会员卡"), ("退款 13700001111 全部 协商", "自己的会员卡")])


def test_a_card_that_moved_is_looked_at_anew(stage: Stage) -> None:
    number = top_up(stage, 500)
    stage.say(MANAGER, f"冲正 {number} 记欠款")
    spend(stage, "洗脸")
    stage.play(MANAGER, [("1", ("没有入账", "记欠款 ¥194.00")), ("1", "已冲正")])


def test_looking_at_a_reversal_changes_nothing(stage: Stage) -> None:
    number = top_up(stage, 500)
    before = stage.count("transfer")
    stage.play(MANAGER, [(f"冲正 {number}", "请核对"), ("0", "已取消"), (f"冲正 {number} 记欠款", "请核对")])
    assert stage.count("transfer") == before


def test_a_debt_is_paid_in_part_and_never_more_than_owed(stage: Stage) -> None:
    number = top_up(stage, 500)
    spend(stage, "洗脸")
    stage.play(MANAGER, [(f"冲正 {number} 记欠款", "请核对"), ("1", "已冲正")])
    stage.play(
        CASHIER,
        [
            (f"还款 {LIN_PHONE} 200 微信", ("一共欠 ¥194.00", "不能多收")),
            (f"还款 {LIN_PHONE} 100 微信", ("还欠款 ¥100.00", "还后欠 ¥94.00")),
            ("1", ("已入账", "还欠 ¥94.00")),
            (f"还款 {LIN_PHONE} 全部 现金", "还后欠 ¥0.00"),
            ("1", "已入账"),
            ("1", "没有重复"),
            (f"还款 {LIN_PHONE} 全部 现金", "没有欠款"),
            (f"还款 {LIN_PHONE} 100", "付款方式"),
            (f"还款 {LIN_PHONE} -5 微信", "不是有效金额"),
        ],
    )
    assert held(stage).debt_fen == 0
    assert "收到您还的 ¥94.00（现金）" in receipts(stage)[-1]


# -- 查 单号, 我的流水 ---------------------------------------------------------------------------------------


def test_one_entry_by_its_number(stage: Stage) -> None:
    top_up(stage, 500)
    number = spend(stage, "洗脸")
    stage.play(
        CASHIER,
        [
            (
                f"查 {number}",
                ("消费", "基础清洁护理", "138****8000", "-本金 ¥194.00", "+388 积分", "由王芳记"),
            ),
            ("查单号 T999999", "没有单号"),
        ],
    )
    stage.play(MANAGER, [(f"冲正 {number} 错了", "请核对"), ("1", "已冲正"), (f"查 {number}", "已冲正（T")])


def test_ones_own_entries_with_totals_by_way_of_paying(stage: Stage) -> None:
    top_up(stage, 500)
    top_up(stage, 300, method="现金")
    number = spend(stage, "洗脸")
    top_up(stage, 300, by=MANAGER)
    stage.play(
        CASHIER,
        [
            (
                "我的流水",
                ("今天(11月21日)您记了 3 笔", "现金 ¥300.00", "微信 ¥500.00", "卡内消费 ¥194.00", number),
            ),
            ("我的流水 昨天", "还没有记账"),
            ("我的流水 2026-11-21", "3 笔"),
            ("我的流水 某天", "不是一个日期"),
        ],
    )
    stage.play(MANAGER, [(f"冲正 {number}", "请核对"), ("1", "已冲正")])
    stage.play(CASHIER, [("我的流水", "（已冲正）")])
