"""What a top-up gives, as cashier and member read it: echo, receipt, offers, what comes later (row B2)."""

from __future__ import annotations

from datetime import UTC, datetime

from counter_support import receipts
from stage import CASHIER, LIN, LIN_PHONE, MANAGER, NEWCOMER, Stage

from actions.upkeep import duties
from ledger.records import messages
from ledger.records.sql import sql


def told(stage: Stage, openid: str = LIN) -> list[str]:
    """Everything that was queued for somebody, oldest first."""
    with stage.engine.connect() as connection:
        found = sorted(messages.of_openid(connection, openid), key=lambda message: message.id)
    return [message.text for message in found]


def test_the_cashier_reads_all_that_is_given_and_how_far_the_next_tier_is(stage: Stage) -> None:
    echo = stage.say(CASHIER, f"充值 {LIN_PHONE} 1000 微信").text
    assert echo == (
        "请核对：\n小林（13800138000）\n充值 ¥1,000.00\n"
        "送 ¥120.00 + 1000 积分 + 满300减40 2 张 + 小气泡五次卡 1次\n"
        "再加 ¥500.00 就是高阶档，送 ¥300.00 + 2200 积分"
        " + 满600减100 1 张 + 20元无门槛券 2 张 + 肩颈十次卡 1次\n"
        "国贸店 · 微信\n充后余额 ¥1,120.00\n\n回复 1 入账，回复 0 取消（10 分钟内有效）"
    )
    stage.play(CASHIER, [("1", ("已入账 ✓", "满300减40 2 张", "现余额 ¥1,120.00"))])


def test_the_member_reads_the_same_and_has_it(stage: Stage) -> None:
    stage.play(CASHIER, [(f"充值 {LIN_PHONE} 1000 微信", "请核对"), ("1", "已入账 ✓")])
    assert receipts(stage)[0].startswith(
        "【丽人坊】充值到账 ¥1,000.00\n送 ¥120.00 + 1000 积分 + 满300减40 2 张 + 小气泡五次卡 1次\n\n"
        "现余额 ¥1,120.00\n本金 ¥1,000.00 · 赠送金 ¥120.00\n积分 1000\n\n国贸店 · 微信\n"
    )
    assert told(stage)[-1] == "恭喜您升级为成长会员！\n您可享：项目和产品 98 折、生日送护手霜一支"
    stage.play(
        LIN,
        [
            ("我的优惠券", ("满300减40", "2 张")),
            ("我的等级", "成长会员"),
            ("我的次卡", "小气泡五次卡 还剩 1次"),
        ],
    )


def test_the_second_top_up_is_no_longer_the_first(stage: Stage) -> None:
    stage.play(CASHIER, [(f"充值 {LIN_PHONE} 300 微信", "送 ¥30.00 + 300 积分"), ("1", "已入账 ✓")])
    stage.play(
        CASHIER,
        [
            (
                f"充值 {LIN_PHONE} 800 微信",
                ("送 ¥120.00 + 1000 积分 + 满300减40 1 张\n", "再加 ¥700.00 就是高阶档"),
            )
        ],
    )


def test_instalments_and_a_level_for_a_time(stage: Stage) -> None:
    stage.play(
        MANAGER,
        [
            (
                f"充值 {LIN_PHONE} 3000 支付宝",
                (
                    "送 ¥720.00（分 6 个月到账，首期 ¥120.00） + 5000 积分",
                    "补水疗程十次 2次 + 忠诚会员 6 个月",
                    "充后余额 ¥3,120.00",
                ),
            ),
            ("1", ("已入账 ✓", "现余额 ¥3,120.00")),
        ],
    )
    assert "送您忠诚会员身份，2027年5月21日前有效。" in told(stage)[-1]
    stage.play(
        LIN,
        [
            ("我的等级", ("忠诚会员", "有效期到2027年5月21日。")),
            (
                "我的余额",
                ("¥3,120.00", "另有赠送金 ¥600.00 分月到账，下一期 周一(12月21日)", "补水疗程十次 还剩 2次"),
            ),
        ],
    )
    stage.now = datetime(2026, 12, 20, 20, 17, tzinfo=UTC)  # 04:17 on 21 December in the shop
    duties.run_nightly(stage.house)
    assert "【丽人坊】赠送金到账 ¥120.00（第 2 期，共 6 期）\n现余额 ¥3,240.00" in told(stage)
    stage.play(LIN, [("我的余额", ("¥3,240.00", "赠送金 ¥240.00"))])


def test_a_reversal_at_the_counter_takes_all_of_it_back(stage: Stage) -> None:
    stage.play(CASHIER, [(f"充值 {LIN_PHONE} 1500 微信", "请核对"), ("1", "已入账 ✓")])
    number = receipts(stage)[0].partition("单号 ")[2][:7]
    stage.play(MANAGER, [(f"冲正 {number} 金额打错", "¥1,500.00"), ("1", "已冲正")])
    stage.play(LIN, [("我的余额", "还没有余额"), ("我的等级", "新客")])
    assert stage.count("coupon", "state = 'open'") == 0


def test_offers_are_those_of_the_member_and_the_day(stage: Stage) -> None:
    stage.play(
        LIN,
        [
            (
                "充值优惠",
                (
                    "· 充 ¥300.00 送 ¥30.00 + 300 积分（适合先体验）",
                    "· 充 ¥800.00 送 ¥120.00 + 1000 积分 + 满300减40 2 张",
                    " + 小气泡五次卡 1次（第一次充值专享）",
                    "· 充 ¥3,000.00 送 ¥720.00（分 6 个月到账，首期 ¥120.00）",
                ),
            )
        ],
    )
    stage.play(NEWCOMER, [("充值优惠", "第一次充值专享")])
    stage.play(CASHIER, [(f"充值 {LIN_PHONE} 300 微信", "请核对"), ("1", "已入账 ✓")])
    assert "第一次充值专享" not in stage.say(LIN, "充值优惠").text
    stage.now = datetime(2026, 12, 17, 16, 0, tzinfo=UTC)  # midnight: the 18th, a member day
    shown = stage.say(LIN, "充值优惠").text
    assert "· 充 ¥800.00 送 ¥160.00 + 1000 积分 + 满300减40 1 张（每月18日）" in shown
    stage.play(LIN, [("充800", ("送 ¥160.00", "再加 ¥700.00 就是 ¥1,500.00 档"))])


def test_the_price_is_that_of_the_members_own_store(stage: Stage) -> None:
    stage.play(LIN, [("美甲价目", "纯色美甲 ¥128.00")])
    with stage.engine.begin() as connection:
        connection.execute(
            sql("UPDATE member SET home_store_id = 'wudaokou' WHERE phone = :phone"), {"phone": LIN_PHONE}
        )
    stage.play(LIN, [("美甲价目", "纯色美甲 ¥118.00")])
