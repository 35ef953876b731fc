"""Coupons by chat: 发券 by a manager, 我的优惠券 by the member; rights, limits, and what may go wrong."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import text
from stage import CASHIER, LIN, LIN_PHONE, MANAGER, Stage, bind

from actions.counter import coupons as coupon_actions
from actions.counter import desk
from actions.house import Denied
from ledger.records import coupon_checks, messages

COMMAND = f"发券 {LIN_PHONE} 满300减40 2"


def told(stage: Stage, openid: str = LIN) -> list[str]:
    with stage.engine.connect() as connection:
        return [each.text for each in messages.of_openid(connection, openid) if each.kind == "coupon_given"]


def test_a_manager_gives_coupons_and_the_member_is_told_and_sees_them(stage: Stage) -> None:
    stage.play(LIN, [("我的优惠券", "没有可用的优惠券")])
    stage.play(
        MANAGER,
        [
            (
                COMMAND,
                ("小林", LIN_PHONE, "「满300减40」2 张", "满 ¥300 减 ¥40", "周三(1月20日)", "[1 确认]"),
            ),
            ("1", ("已发 ✓", "「满300减40」2 张", "回执已发给会员")),
            ("1", ("刚才已经办好了", "满300减40")),
        ],
    )
    assert stage.count("coupon") == 2
    (message,) = told(stage)
    assert "送您 2 张「满300减40」" in message
    stage.play(
        LIN,
        [("我的优惠券", ("小林，您有 2 张优惠券", "满300减40 ×2：满 ¥300 减 ¥40", "有效期至周三(1月20日)"))],
    )
    with stage.engine.connect() as connection:
        assert coupon_checks.verify(connection) == ()
    assert stage.count("act", "what = 'coupon_issue'") == 1


def test_what_ends_within_seven_days_is_marked_and_what_is_over_is_gone(stage: Stage) -> None:
    stage.play(MANAGER, [(f"发券 {LIN_PHONE} 无门槛券", "20元无门槛券"), ("确认", "已发")])
    stage.play(LIN, [("我的优惠券", ("· 20元无门槛券：立减 ¥20，家居产品除外", "有效期至周一(12月21日)"))])
    stage.later(days=24)
    stage.play(LIN, [("我的优惠券", ("⏰ 20元无门槛券", "（还剩 6 天）"))])
    stage.later(days=6)
    stage.play(LIN, [("我的优惠券", "（今天到期）")])
    stage.later(days=1)
    stage.play(LIN, [("我的优惠券", "没有可用的优惠券")])


def test_no_is_no_and_a_lost_echo_is_void(stage: Stage) -> None:
    stage.play(MANAGER, [(COMMAND, "[1 确认]"), ("0", "取消")])
    stage.play(MANAGER, [(COMMAND, "[1 确认]")])
    stage.later(minutes=11)
    stage.say(MANAGER, "1")
    assert stage.count("coupon") == 0


def test_the_same_delivery_twice_gives_once(stage: Stage) -> None:
    stage.say(MANAGER, COMMAND, key="wx:one")
    first = stage.say(MANAGER, "1", key="wx:two")
    assert "已发" in first.text
    stage.say(MANAGER, "1", key="wx:two")
    assert stage.count("coupon") == 2


def test_a_cashier_may_not(stage: Stage) -> None:
    reply = stage.say(CASHIER, COMMAND)
    assert "[1 确认]" not in reply.text
    stage.say(CASHIER, "1")
    assert stage.count("coupon") == 0


def test_nobody_gives_himself_coupons(stage: Stage) -> None:
    phone = "13900139000"
    registered = desk.register(stage.house, staff_openid=CASHIER, phone=phone, name="李静")
    assert not isinstance(registered, Denied)
    bind(stage, MANAGER, phone)
    stage.play(MANAGER, [(f"发券 {phone} 满300减40", "请同事来办")])
    assert stage.count("coupon") == 0


def test_a_members_limit_is_said(stage: Stage) -> None:
    stage.play(
        MANAGER,
        [
            (f"发券 {LIN_PHONE} 无门槛券 2张", "2 张"),
            ("1", "已发"),
            (f"发券 {LIN_PHONE} 无门槛券", "[1 确认]"),
            ("1", ("本月已领 2 张", "每月最多 2 张", "没有发")),
        ],
    )
    assert stage.count("coupon") == 2


def test_what_is_wrong_is_said(stage: Stage) -> None:
    stage.play(
        MANAGER,
        [
            ("发券", "写法：发券"),
            (f"发券 {LIN_PHONE} 满900减1", ("没有这种券", "满300减40")),
            (f"发券 {LIN_PHONE} 满300减40 0", "1 到 20"),
            (f"发券 {LIN_PHONE} 满300减40 21", "1 到 20"),
            (f"发券{LIN_PHONE}满300减40", "[1 确认]"),
            (f"发券 {LIN_PHONE} 300减40 ×3", "3 张"),
            ("发券 13700137000 满300减40", "13700137000"),
        ],
    )
    assert stage.count("coupon") == 0


def test_a_purchase_uses_it_and_a_reversal_gives_it_back(stage: Stage) -> None:
    stage.play(MANAGER, [(f"发券 {LIN_PHONE} 满300减40", "[1 确认]"), ("1", "已发")])
    stage.play(
        MANAGER,
        [
            (
                f"消费 {LIN_PHONE} 基础清洁护理×2 微信",
                ("券「满300减40」：减 ¥40.00", "不用券：¥396.00", "¥356.00"),
            ),
            ("1", "¥356.00"),
        ],
    )
    stage.play(LIN, [("我的优惠券", "没有可用的优惠券")])
    with stage.engine.connect() as connection:
        number = connection.execute(text("SELECT used_transfer_id FROM coupon")).scalar_one()
    stage.play(MANAGER, [(f"冲正 T{number:06d} 记错了", "[1 确认]"), ("1", "冲正")])
    stage.play(LIN, [("我的优惠券", "满300减40：满 ¥300 减 ¥40")])
    with stage.engine.connect() as connection:
        assert coupon_checks.verify(connection) == ()


def test_a_quote_confirmed_after_its_coupon_is_over_is_a_new_quote(stage: Stage) -> None:
    stage.play(MANAGER, [(f"发券 {LIN_PHONE} 满300减40", "[1 确认]"), ("1", "已发")])
    with stage.engine.connect() as connection:
        over = connection.execute(text("SELECT expires_at FROM coupon")).scalar_one()
    stage.now = over - timedelta(minutes=2)
    stage.play(MANAGER, [(f"消费 {LIN_PHONE} 基础清洁护理×2 微信", "券「满300减40」")])
    stage.later(minutes=3)
    again = stage.say(MANAGER, "1")
    assert "¥396.00" in again.text
    assert "满300减40」：减" not in again.text
    assert stage.count("transfer", "kind = 'purchase'") == 0
    stage.play(MANAGER, [("1", "¥396.00")])
    assert stage.count("transfer", "kind = 'purchase'") == 1
    assert stage.count("coupon", "state = 'used'") == 0


def test_many_kinds_fit_into_one_message(stage: Stage) -> None:
    with stage.engine.begin() as connection:
        member_id = connection.execute(text("SELECT id FROM member")).scalar_one()
        kind = stage.house.shop.coupon("facial_80")
        for number in range(40):
            coupon_actions.issue(
                stage.house,
                connection,
                member_id=member_id,
                kind=kind.model_copy(update={"name": f"很长很长的面部八折券{number}"}),
                count=1,
                source_key=f"many-{number}",
                at=stage.now,
                store_id="guomao",
            )
    reply = stage.say(LIN, "我的优惠券")
    assert "您有 40 张优惠券" in reply.text
    assert "……还有" in reply.text
    assert len(reply.text.encode()) < 2048
