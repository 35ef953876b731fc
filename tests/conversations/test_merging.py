"""Two cards of one person become one (feature A10)."""

from __future__ import annotations

from datetime import timedelta

from stage import CASHIER, LIN, LIN_PHONE, MANAGER, NEWCOMER, SHOP, Stage

from actions.counter import desk
from actions.house import Denied
from ledger.records import coupons
from shop import coupons as coupon_rules


def two_cards(stage: Stage) -> tuple[int, int]:
    """小林's card with ¥300, and a second one at another phone with ¥800 and a coupon."""
    stage.play(CASHIER, [(f"充值 {LIN_PHONE} 300 微信", "请核对"), ("1", "已入账")])
    made = desk.register(stage.house, staff_openid=CASHIER, phone="13900139000", name="林小雨")
    assert not isinstance(made, Denied)
    stage.play(CASHIER, [("充值 13900139000 800 微信", "请核对"), ("1", "已入账")])
    with stage.engine.begin() as connection:
        first = int(
            connection.exec_driver_sql("SELECT id FROM member WHERE phone = %s", (LIN_PHONE,)).scalar_one()
        )
        kind = SHOP.coupons[0]
        coupons.issue(
            connection,
            member_id=made.member_id,
            kind_id=kind.id,
            content=coupon_rules.content(kind),
            count=1,
            source_key="test",
            at=stage.now,
            expires_at=stage.now + timedelta(days=30),
            store_id="guomao",
        )
    return first, made.member_id


def test_a_manager_merges_two_cards(stage: Stage) -> None:
    stays, ends = two_cards(stage)
    stage.play(
        MANAGER,
        [
            (f"合并 {stays} {ends}", ("小林", "林小雨", "¥920.00", "合并后余额")),
            ("1", ("已合并 ✓", f"会员号 {stays}")),
            ("1", "已合并"),
            (f"合并 {stays} {ends}", "已经合并过"),
        ],
    )
    assert stage.count("coupon", f"member_id = {stays}") >= 1
    assert stage.count("member", f"id = {ends} AND merged_into = {stays}") == 1
    assert "已合成一张" in last_message(stage, LIN)
    stage.play(CASHIER, [("查 13900139000", "没有找到")])
    stage.play(LIN, [("我的余额", "¥1,2")])


def test_a_card_that_moved_meanwhile_is_looked_at_anew(stage: Stage) -> None:
    stays, ends = two_cards(stage)
    stage.play(MANAGER, [(f"合并 {stays} {ends}", "请核对")])
    stage.play(CASHIER, [("充值 13900139000 300 微信", "请核对"), ("1", "已入账")])
    stage.play(MANAGER, [("1", ("动过账", "请核对")), ("1", "已合并")])


def test_who_may_and_what_may(stage: Stage) -> None:
    stays, ends = two_cards(stage)
    stage.play(CASHIER, [(f"合并 {stays} {ends}", "找店长")])
    stage.play(
        MANAGER,
        [(f"合并 {stays} {stays}", "同一张"), ("合并 1", "写法"), (f"合并 {stays} 99999", "没有找到")],
    )
    reply = stage.say(NEWCOMER, f"合并 {stays} {ends}")
    assert "小林" not in reply.text


def last_message(stage: Stage, openid: str) -> str:
    with stage.engine.connect() as connection:
        return str(
            connection.exec_driver_sql(
                "SELECT text FROM message WHERE openid = %s ORDER BY id DESC LIMIT 1", (openid,)
            ).scalar_one()
        )
