"""More points for a time and what staff see of habits, as member and cashier read them (rows B3, E2, F3)."""

from __future__ import annotations

from datetime import timedelta

from counter_support import lin, receipts, top_up
from stage import CASHIER, LIN, LIN_PHONE, MANAGER, Stage

from actions.house import House
from ledger.records import multipliers
from ledger.records.multipliers import EarnedBy, Multiplier


def more_points(stage: Stage, percent: int, days: int, earned_by: EarnedBy = "all") -> None:
    house: House = stage.house
    ends_at = stage.now + timedelta(days=days, hours=13, minutes=30)  # midnight in the shop
    what = Multiplier(percent, earned_by, stage.now, ends_at, f"campaign:test:{percent}")
    with house.engine.begin() as connection:
        given = multipliers.give(
            connection, what, member_id=lin(stage).id, at=stage.now, source_transfer_id=None
        )
    assert given


def test_the_member_sees_until_when(stage: Stage) -> None:
    stage.play(LIN, [("我的次卡", "没有剩余次数或疗程")])
    more_points(stage, 200, 9)
    more_points(stage, 300, 3, "top_ups")
    for asked in ("我的余额", "我的积分", "我的次卡"):
        stage.play(LIN, [(asked, ("积分翻倍中，至11月30日", "充值积分 3 倍中，至11月24日"))])
    stage.later(days=4)
    assert "3 倍" not in stage.say(LIN, "我的积分").text
    stage.play(LIN, [("我的积分", "积分翻倍中，至11月30日")])
    stage.later(days=6)
    assert "翻倍" not in stage.say(LIN, "我的积分").text


def test_echo_receipt_and_offers_count_it(stage: Stage) -> None:
    more_points(stage, 300, 9)
    more = "积分 3 倍（至11月30日）：多得 600 积分"
    stage.play(CASHIER, [(f"充值 {LIN_PHONE} 300 微信", ("送 ¥30.00 + 900 积分", more)), ("1", "已入账 ✓")])
    assert more in receipts(stage)[0]
    stage.play(LIN, [("充值优惠", "积分 3 倍中，至11月30日"), ("充500", "900 积分")])
    bought = "积分 3 倍（至11月30日）：多得 776 积分"
    stage.play(CASHIER, [(f"消费 {LIN_PHONE} 洗脸", (bought, "得积分 1164")), ("1", "得 1164 积分")])
    assert bought in receipts(stage)[-1]


def test_staff_see_what_is_typical_of_a_member(stage: Stage) -> None:
    assert "特点" not in stage.say(MANAGER, f"查 {LIN_PHONE}").text
    top_up(stage, 1500)
    for _ in range(3):
        stage.play(CASHIER, [(f"消费 {LIN_PHONE} 洗脸 不用券", "请核对"), ("1", "已入账 ✓")])
    stage.play(MANAGER, [(f"查 {LIN_PHONE}", "特点 偏爱面部护理")])
