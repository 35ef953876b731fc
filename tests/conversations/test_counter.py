"""The cashier's top-up by chat command: echo, explicit yes, receipt; and everything that may go wrong."""

from __future__ import annotations

import pytest
from stage import CASHIER, LIN, LIN_PHONE, MANAGER, NEWCOMER, OTHER_CASHIER, Stage

from ledger import book
from ledger.records import members, messages

COMMAND = f"充值 {LIN_PHONE} 500 微信"


def balance_fen(stage: Stage) -> tuple[int, int]:
    with stage.engine.connect() as connection:
        member = members.by_phone(connection, LIN_PHONE)
        assert member is not None
        held = book.balances(connection, member.id, now=stage.now)
        return held.paid_in_fen, held.gift_fen


def receipts(stage: Stage) -> list[str]:
    with stage.engine.connect() as connection:
        found = messages.of_openid(connection, LIN)
        return [message.text for message in found if message.kind == "top_up_receipt"]


def test_a_top_up_is_echoed_confirmed_booked_and_receipted(stage: Stage) -> None:
    stage.play(
        CASHIER,
        [
            (
                COMMAND,
                (
                    "请核对",
                    "小林",
                    LIN_PHONE,
                    "¥500.00",
                    "送 ¥30.00 + 300 积分",
                    "国贸店",
                    "微信",
                    "[1 确认]",
                ),
            ),
            ("1", ("已入账 ✓", "138****8000", "现余额 ¥530.00", "回执已发给会员")),
        ],
    )
    assert balance_fen(stage) == (50000, 3000)
    (receipt,) = receipts(stage)
    for piece in (
        "充值到账 ¥500.00",
        "本金 ¥500.00",
        "赠送金 ¥30.00",
        "国贸店",
        "微信",
        "周六(11月21日)10:30",
    ):
        assert piece in receipt
    assert stage.count("procrastinate_jobs") == stage.count("message") == 2  # and the level he won by it
    stage.play(LIN, [("我的余额", ("¥530.00", "本金 ¥500.00", "赠送金 ¥30.00"))])


def test_nothing_is_booked_before_the_yes_nor_after_a_no(stage: Stage) -> None:
    stage.play(CASHIER, [(COMMAND, "请核对"), ("0", "已取消"), ("1", "没有等您确认")])
    assert balance_fen(stage) == (0, 0)
    assert receipts(stage) == []


def test_a_confirmation_that_arrives_twice_books_once(stage: Stage) -> None:
    stage.play(CASHIER, [(COMMAND, "请核对"), ("1", "已入账"), ("1", "没有重复"), ("确认", "没有重复")])
    assert balance_fen(stage) == (50000, 3000)
    assert len(receipts(stage)) == 1


def test_a_confirmation_whose_memory_was_lost_books_once(stage: Stage) -> None:
    """The worker died after the commit and before the conversation was saved: the same yes comes again."""
    stage.say(CASHIER, COMMAND)
    before = stage.memory.load(CASHIER)
    stage.say(CASHIER, "1")
    stage.memory.save(CASHIER, before)
    stage.play(CASHIER, [("1", ("已入账", "¥530.00"))])
    assert balance_fen(stage) == (50000, 3000)
    assert len(receipts(stage)) == 1


def test_a_late_confirmation_books_nothing_and_says_what_to_do(stage: Stage) -> None:
    stage.say(CASHIER, COMMAND)
    stage.later(minutes=10, seconds=1)
    stage.play(CASHIER, [("1", ("已过期", COMMAND))])
    assert balance_fen(stage) == (0, 0)


def test_a_confirmation_after_someone_elses_is_a_new_quote(stage: Stage) -> None:
    stage.say(CASHIER, COMMAND)
    stage.play(OTHER_CASHIER, [(f"充值 {LIN_PHONE} 800 现金", "望京店"), ("1", "已入账")])
    stage.play(CASHIER, [("1", ("有变动", "没有入账", "充后余额 ¥1,450.00")), ("1", "已入账")])
    assert balance_fen(stage) == (130000, 15000)


def test_one_persons_yes_does_not_confirm_anothers_quote(stage: Stage) -> None:
    stage.say(CASHIER, COMMAND)
    stage.play(MANAGER, [("1", "没有等您确认")])
    stage.play(LIN, [("1", "没有等您确认")])
    assert balance_fen(stage) == (0, 0)


def test_a_second_command_voids_the_first_quote(stage: Stage) -> None:
    stage.play(
        CASHIER,
        [(COMMAND, "¥500.00"), (f"充值 {LIN_PHONE} 300 现金", ("已作废", "¥300.00")), ("1", "¥300.00")],
    )
    assert balance_fen(stage) == (30000, 3000)


@pytest.mark.parametrize(
    ("amount", "answer"),
    [
        ("-5", "不是有效金额"),
        ("0.001", "不是有效金额"),
        ("1e9", "不是有效金额"),
        ("0", "大于 0"),
        ("500 600", "两个金额"),
        ("99999999", "最多"),
        ("", "写充值金额"),
    ],
)
def test_bad_amounts_get_a_clear_answer_and_nothing_is_pending(
    stage: Stage, amount: str, answer: str
) -> None:
    stage.play(CASHIER, [(f"充值 {LIN_PHONE} {amount} 微信", answer), ("1", "没有等您确认")])
    assert balance_fen(stage) == (0, 0)


@pytest.mark.parametrize("amount", ["五百", "５００", "500元", "¥500", "500.00"])
def test_the_same_amount_in_other_writing(stage: Stage, amount: str) -> None:
    stage.play(CASHIER, [(f"充值 {LIN_PHONE} {amount} 微信", "¥500.00"), ("1", "已入账")])
    assert balance_fen(stage) == (50000, 3000)


def test_an_unknown_phone(stage: Stage) -> None:
    stage.play(CASHIER, [("充值 13911112222 500 微信", ("没有找到 13911112222", "开卡"))])


def test_a_card_is_opened_and_topped_up_without_wechat(stage: Stage) -> None:
    stage.play(
        CASHIER,
        [
            ("开卡 13911112222 王芳", ("已开卡", "王芳")),
            ("开卡 13911112222 李芳", "已有会员卡"),
            ("充值 13911112222 800 支付宝", "送 ¥120.00"),
            ("1", ("¥920.00", "没有绑定微信")),
            ("查 13911112222", ("¥920.00", "未绑微信")),
        ],
    )


def test_a_cashier_books_for_the_own_store_only(stage: Stage) -> None:
    stage.play(OTHER_CASHIER, [(f"{COMMAND} 国贸店", ("望京店的店员", "不能替别的店"))])
    stage.play(CASHIER, [(f"{COMMAND} 国贸店", "国贸店"), ("1", "已入账")])


def test_a_member_who_types_a_staff_command_learns_nothing_and_books_nothing(stage: Stage) -> None:
    for phone in (LIN_PHONE, "13911112222"):
        reply = stage.say(LIN, f"充值 {phone} 500 微信")
        assert "核对" not in reply.text
        assert "没有找到" not in reply.text
    known = stage.say(NEWCOMER, f"查 {LIN_PHONE}").text
    unknown = stage.say(NEWCOMER + "x", "查 13911112222").text
    assert known == unknown
    assert stage.count("transfer") == 0


def test_staff_do_not_top_up_their_own_card(stage: Stage) -> None:
    stage.play(
        CASHIER, [("开卡 13700001111 王芳", "已开卡"), ("加入会员", "手机号"), ("13700001111", "6 位验证码")]
    )
    code = stage.say(MANAGER, "验证 13700001111").text.split()[1].split("（")[0]
    stage.play(CASHIER, [(code, "找到您的会员卡"), ("充值 13700001111 500 微信", "不能给自己")])


def test_the_laws_cap_on_a_card(stage: Stage) -> None:
    stage.play(MANAGER, [(f"充值 {LIN_PHONE} 3000 现金", "请核对"), ("1", "已入账")])
    stage.play(MANAGER, [(f"充值 {LIN_PHONE} 2500 现金", ("不超过 ¥5,000.00", "还能充 ¥2,000.00"))])


def test_above_a_cashiers_own_limit_a_manager_is_asked(stage: Stage) -> None:
    stage.play(
        CASHIER,
        [
            (f"充值 {LIN_PHONE} 2500 现金", ("请核对", "¥2,500.00")),
            ("1", ("已提交店长审核", "还没有入账")),
            ("1", "没有等您确认"),
        ],
    )
    assert balance_fen(stage) == (0, 0)


def test_a_dismissed_cashier_can_do_nothing_at_once(stage: Stage) -> None:
    from ledger.records import staff

    stage.say(CASHIER, COMMAND)
    with stage.engine.begin() as connection:
        acting = staff.by_openid(connection, CASHIER)
        assert acting is not None
        staff.dismiss(connection, acting.id)
    stage.play(CASHIER, [("1", "只有店员能用")])
    assert balance_fen(stage) == (0, 0)


def test_an_invitation_works_once_and_only_with_the_right_code(stage: Stage) -> None:
    from actions.membership import staffing

    code = staffing.invite(stage.house, name="新人", role="cashier", store_id="guomao", created_by="test")
    stage.play(NEWCOMER, [("绑定员工 000000000000", "邀请码不对"), (f"绑定员工 {code}", "绑定成功")])
    stage.play(LIN, [(f"绑定员工 {code}", "邀请码不对")])
    later = staffing.invite(stage.house, name="晚了", role="cashier", store_id="guomao", created_by="test")
    stage.later(hours=73)
    stage.play(LIN, [(f"绑定员工 {later}", "邀请码不对")])
