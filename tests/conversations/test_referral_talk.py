"""Bringing a friend, from the poster to the reward and back, as it is said and answered."""

from __future__ import annotations

import pytest
from sqlalchemy import text
from stage import CASHIER, LIN, LIN_PHONE, MANAGER, NEWCOMER, OTHER_CASHIER, SHOP, Stage, bind

from actions.loyalty import referral, referral_undoing
from bot.messages import Incoming
from ledger.records import messages, referral_codes
from shop.model import ReferralRules

PHONE = "13911112222"
FRIENDS = (("oFRIEND_00000000000000000001", "13911110001"), ("oFRIEND_00000000000000000002", "13911110002"))


def scene_of(stage: Stage, openid: str = LIN) -> str:
    assert "马上发给您" in stage.say(openid, "推荐海报").text
    with stage.engine.connect() as connection:
        member_id = connection.execute(
            text("SELECT member_id FROM binding WHERE openid = :openid"), {"openid": openid}
        ).scalar_one()
        code = referral_codes.of_member(connection, member_id)
    assert code is not None
    return code.scene


def come(stage: Stage, scene: str, openid: str = NEWCOMER) -> str:
    return stage.event(openid, "subscribe", scene).text


def take_card(stage: Stage, openid: str = NEWCOMER, phone: str = PHONE) -> None:
    bind(stage, openid, phone)


def pay(stage: Stage, yuan: int, phone: str = PHONE) -> str:
    stage.say(CASHIER, f"充值 {phone} {yuan} 微信")
    done = stage.say(CASHIER, "1").text
    assert "已入账" in done
    return done


def number_in(done: str) -> str:
    return done.split("单号 ")[1].split(maxsplit=1)[0]


def newest(stage: Stage, openid: str) -> str:
    with stage.engine.connect() as connection:
        return messages.of_openid(connection, openid)[0].text


def said_to(stage: Stage, openid: str) -> list[str]:
    with stage.engine.connect() as connection:
        return [message.text for message in messages.of_openid(connection, openid)]


def rules(stage: Stage, **changes: object) -> None:
    changed = SHOP.referral.model_copy(update=changes)
    object.__setattr__(stage.house, "shop", SHOP.model_copy(update={"referral": changed}))


def state(stage: Stage, openid: str = NEWCOMER) -> tuple[str, str]:
    with stage.engine.connect() as connection:
        row = connection.execute(
            text("SELECT state, cause FROM referral WHERE invitee_openid = :openid"), {"openid": openid}
        ).one()
    return row.state, row.cause


def test_a_friend_comes_pays_and_both_are_rewarded(stage: Stage) -> None:
    rules(stage, minimum_fen=20_000)
    stage.play(LIN, [("我推荐了谁", ("还没有朋友", "[推荐海报]"))])
    poster = stage.say(LIN, "推荐海报").text
    assert "TA 得 ¥30.00 + 200 积分" in poster
    assert "您得 300 积分" in poster
    scene = scene_of(stage)
    welcome = come(stage, scene)
    assert "是小*推荐您来的" in welcome
    assert "满 ¥200.00 就送您 ¥30.00 + 200 积分" in welcome
    stage.play(LIN, [("我推荐了谁", ("1 位", "还没消费", "来了就有礼"))])
    take_card(stage)
    pay(stage, 100)
    assert state(stage) == ("pending", "")
    pay(stage, 300)
    assert state(stage) == ("granted", "")
    stage.play(LIN, [("我的积分", "300 积分"), ("我推荐了谁", ("已奖励", "累计已得：300 积分"))])
    stage.play(NEWCOMER, [("我的余额", ("赠送金 ¥60.00",)), ("我的明细", "赠送")])
    assert any("推荐礼已到账：300 积分" in words for words in said_to(stage, LIN))
    assert any("见面礼已到账：¥30.00 + 200 积分" in words for words in said_to(stage, NEWCOMER))
    pay(stage, 300)
    stage.play(LIN, [("我的积分", "300 积分")])


def test_a_reversed_payment_takes_the_rewards_back(stage: Stage) -> None:
    come(stage, scene_of(stage))
    take_card(stage)
    number = number_in(pay(stage, 300))
    stage.say(MANAGER, f"冲正 {number} 记错了")
    assert "冲正" in stage.say(MANAGER, "1").text
    assert state(stage) == ("taken_back", "payment_undone")
    stage.play(LIN, [("我的积分", "0 积分"), ("我推荐了谁", "奖励收回")])
    stage.play(NEWCOMER, [("我的余额", "还没有余额")])
    assert "已收回" in newest(stage, LIN)


def test_what_is_spent_stays_and_the_outcome_says_so(stage: Stage) -> None:
    rules(stage, inviter=SHOP.referral.inviter.model_copy(update={"points": 600}))
    come(stage, scene_of(stage))
    take_card(stage)
    number = number_in(pay(stage, 300))
    stage.play(LIN, [("兑换", "护手霜一支"), ("护手霜", "回复 1"), ("1", "换好了")])
    stage.say(MANAGER, f"冲正 {number} 记错了")
    stage.say(MANAGER, "1")
    referral_undoing.settle_due(stage.house)
    assert state(stage) == ("taken_back", "spent")
    with stage.engine.connect() as connection:
        detail = connection.execute(
            text("SELECT detail FROM referral_event WHERE what = 'taken_back'")
        ).scalar_one()
    assert detail["taken"] == ["newcomer"]
    assert detail["kept"][0][0] == "inviter"


def test_the_refund_window_is_waited_for(stage: Stage) -> None:
    rules(stage, after_refund_window=True)
    come(stage, scene_of(stage))
    take_card(stage)
    pay(stage, 300)
    assert state(stage) == ("waiting", "")
    stage.play(LIN, [("我的积分", "0 积分"), ("我推荐了谁", "过退款期到账")])
    stage.later(days=6, hours=23)
    assert referral_undoing.settle_due(stage.house) == 0
    stage.later(hours=2)
    assert referral_undoing.settle_due(stage.house) == 1
    stage.play(LIN, [("我的积分", "300 积分")])
    assert referral_undoing.settle_due(stage.house) == 0


def test_a_payment_undone_in_the_window_earns_nothing_but_a_later_one_may(stage: Stage) -> None:
    rules(stage, after_refund_window=True)
    come(stage, scene_of(stage))
    take_card(stage)
    number = number_in(pay(stage, 300))
    stage.say(MANAGER, f"冲正 {number} 记错了")
    stage.say(MANAGER, "1")
    stage.later(days=8)
    referral_undoing.settle_due(stage.house)
    assert state(stage) == ("pending", "")
    assert referral.earn_missed(stage.house) == 0
    pay(stage, 300)
    assert state(stage) == ("waiting", "")


@pytest.mark.parametrize("way", ["own code", "a member", "came back", "staff", "an old card", "too late"])
def test_who_is_no_newcomer(stage: Stage, way: str) -> None:
    scene = scene_of(stage)
    openid = NEWCOMER
    if way == "own code":
        openid = LIN
        stage.event(LIN, "unsubscribe")
        come(stage, scene, LIN)
    elif way == "a member":
        take_card(stage)
        assert "老朋友" in stage.event(NEWCOMER, "SCAN", scene).text
    elif way == "came back":
        stage.event(NEWCOMER, "subscribe")
        stage.event(NEWCOMER, "unsubscribe")
        assert "推荐您来的" not in come(stage, scene)
    elif way == "staff":
        openid = OTHER_CASHIER
        come(stage, scene, OTHER_CASHIER)
    elif way == "an old card":
        stage.say(CASHIER, f"开卡 {PHONE} 老客")
        stage.later(days=1)
        come(stage, scene)
        take_card(stage)
        pay(stage, 300)
        assert state(stage) == ("refused", "known_card")
        return
    else:
        come(stage, scene)
        stage.later(days=91)
        take_card(stage)
        pay(stage, 300)
        assert state(stage) == ("refused", "late")
        return
    assert stage.count("referral", f"invitee_openid = '{openid}'") == 0


def test_a_follower_without_a_card_may_scan_and_the_first_inviter_stays(stage: Stage) -> None:
    scene = scene_of(stage)
    other = "oOTHER_0000000000000000000009"
    bind(stage, other, "13922223333")
    second = scene_of(stage, other)
    stage.event(NEWCOMER, "subscribe")
    assert "推荐您来的" in stage.event(NEWCOMER, "SCAN", scene).text
    assert "推荐您来的" not in stage.event(NEWCOMER, "SCAN", second).text
    assert stage.count("referral") == 1
    take_card(stage)
    assert scene_of(stage, NEWCOMER) != scene
    assert "推荐您来的" not in stage.event(LIN, "SCAN", scene_of(stage, NEWCOMER)).text


def test_the_cap_of_a_day_spares_the_newcomer(stage: Stage) -> None:
    rules(stage, per_day=1)
    scene = scene_of(stage)
    for openid, phone in FRIENDS:
        come(stage, scene, openid)
        take_card(stage, openid, phone)
        pay(stage, 300, phone)
    assert [state(stage, openid) for openid, _ in FRIENDS] == [("granted", ""), ("granted", "cap")]
    stage.play(LIN, [("我的积分", "300 积分"), ("我推荐了谁", ("已奖励", "您的奖励已到上限"))])
    stage.play(FRIENDS[1][0], [("我的余额", "赠送金 ¥60.00")])


def test_a_burst_waits_for_a_manager_who_lets_go_or_refuses(stage: Stage) -> None:
    rules(stage, burst_per_hour=1)
    scene = scene_of(stage)
    for openid, phone in FRIENDS:
        come(stage, scene, openid)
        take_card(stage, openid, phone)
    for openid, phone in FRIENDS:
        pay(stage, 300, phone)
        assert state(stage, openid) == ("held", "burst")
    stage.play(LIN, [("我的积分", "0 积分"), ("我推荐了谁", "奖励审核中")])
    stage.play(CASHIER, [("推荐待审", "您的岗位不能")])
    assert sum("推荐奖励待审" in words for words in said_to(stage, MANAGER)) == 2
    shown = stage.say(MANAGER, "推荐待审").text
    assert "2 笔" in shown
    assert "同一小时来了 2 人" in shown
    first, second = [line.split()[0] for line in shown.splitlines() if "→" in line]
    stage.play(
        MANAGER,
        [
            ("推荐放行", "写法"),
            (f"推荐放行 {first}", "已放行"),
            (f"推荐放行 {first}", "没有等待审核"),
            (f"推荐驳回 {second}", "已驳回"),
            ("推荐待审", "没有等您审核"),
        ],
    )
    assert [state(stage, openid)[0] for openid, _ in FRIENDS] == ["granted", "refused"]
    stage.play(LIN, [("我的积分", "300 积分")])


def test_no_referral_in_this_shop_and_no_poster_for_staff(stage: Stage) -> None:
    stage.play(CASHIER, [("推荐海报", "会员卡")])
    object.__setattr__(stage.house, "shop", SHOP.model_copy(update={"referral": ReferralRules()}))
    stage.play(LIN, [("推荐海报", "现在没有推荐活动")])
    stage.play(NEWCOMER, [("推荐海报", "现在没有推荐活动"), ("我推荐了谁", "还没有会员卡")])


def test_a_purchase_earns_it_too(stage: Stage) -> None:
    rules(stage, on="purchase")
    come(stage, scene_of(stage))
    take_card(stage)
    pay(stage, 300)
    assert state(stage) == ("pending", "")
    assert "请核对" in stage.say(CASHIER, f"消费 {PHONE} 基础清洁护理 微信 不用余额").text
    assert "已入账" in stage.say(CASHIER, "1").text
    assert state(stage) == ("granted", "")


def test_staff_scan_instead_of_typing(stage: Stage) -> None:
    pay(stage, 1500, LIN_PHONE)
    stage.play(LIN, [("兑换", "想换"), ("护手霜", "回复 1"), ("1", "换好了")])
    with stage.engine.connect() as connection:
        voucher = connection.execute(text("SELECT code FROM voucher")).scalar_one()
    pay_code = "".join(stage.say(LIN, "付款码").text.split("付款码 ")[1].splitlines()[0].split())

    def scan(openid: str, result: str) -> str:
        key = f"wx:{openid}:scan:{result}"
        event = "scancode_waitmsg"
        return stage.hear(
            Incoming(key=key, openid=openid, sent_at=stage.now, kind="event", event=event, text=result)
        ).text

    assert "护手霜一支" in scan(CASHIER, voucher)
    stage.play(CASHIER, [("1", "已核销")])
    assert "小林" in scan(CASHIER, pay_code)
    assert "店员指令" in scan(CASHIER, "https://example.com/x")
    assert scan(LIN, voucher) == ""


def test_codes_for_the_counter(stage: Stage) -> None:
    stage.play(NEWCOMER, [("付款码", "还没有会员卡"), ("会员码", "还没有会员卡")])
    pay(stage, 300, LIN_PHONE)
    shown = stage.say(LIN, "付款码").text
    first = "".join(shown.split("付款码 ")[1].splitlines()[0].split())
    assert len(first) == 16
    second = "".join(stage.say(LIN, "付款码").text.split("付款码 ")[1].splitlines()[0].split())
    stage.play(
        CASHIER, [(f"查 {first}", "已用过或已过期"), (f"查 {second}", "小林"), (f"查 {second}", "已用过")]
    )
    third = "".join(stage.say(LIN, "付款码").text.split("付款码 ")[1].splitlines()[0].split())
    stage.later(seconds=60)
    stage.play(CASHIER, [(f"查 {third}", "已用过或已过期")])
    assert stage.count("pay_code", "code_hash LIKE '%' || '" + third + "' || '%'") == 0
    number = stage.say(LIN, "会员码").text.split("会员号是 ")[1].split("。")[0]
    stage.play(CASHIER, [(f"查 会员{number}", "小林")])
