"""What members say and are answered: taps and sure phrases, which need no language model."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import text
from stage import CASHIER, LIN, LIN_PHONE, NEWCOMER, Stage

from actions.counter import desk
from bot.messages import Incoming
from shop.words import full_date, short_date, weekday


def top_up(stage: Stage, yuan: int) -> None:
    stage.say(CASHIER, f"充值 {LIN_PHONE} {yuan} 微信")
    stage.say(CASHIER, "1")


def incoming(stage: Stage, kind: str, **values: object) -> Incoming:
    return Incoming(key=f"wx:{LIN}:{kind}", openid=LIN, sent_at=stage.now, kind=kind, **values)  # type: ignore[arg-type]


def test_an_empty_card(stage: Stage) -> None:
    stage.play(
        LIN,
        [
            ("我的余额", ("还没有余额", "积分 0", "新客")),
            ("我的积分", "0 积分"),
            ("我的明细", "还没有充值和消费记录"),
            ("我的权益", "没有剩余次数"),
            ("我的优惠券", "没有可用的优惠券"),
            ("我的等级", ("新客", "距")),
        ],
    )


def test_a_card_with_money(stage: Stage) -> None:
    top_up(stage, 800)
    stage.play(
        LIN,
        [
            ("我的余额", ("一共 ¥920.00", "本金 ¥800.00 · 赠送金 ¥120.00", "积分 1000")),
            ("我的积分", ("1000 积分", "护手霜一支")),
            ("积分换什么", ("护手霜一支", "够换", "您现在有 1000 分")),
            ("我的明细", ("充值", "¥920.00")),
        ],
    )


def test_when_points_and_gift_money_end(stage: Stage) -> None:
    """The day that is told is the last on which they can be used."""
    top_up(stage, 800)
    with stage.engine.connect() as connection:
        lots = text("SELECT a.kind, l.expires_at FROM lot l JOIN account a ON a.id = l.account_id")
        ends = {row.kind: row.expires_at for row in connection.execute(lots) if row.expires_at}
    zone = stage.house.shop.zone
    last = {kind: (at - timedelta(seconds=1)).astimezone(zone) for kind, at in ends.items()}
    points, gift = last["points"], last["gift"]
    stage.play(LIN, [("我的积分", f"最早一批 1000 分，{weekday(points)}({full_date(points)}) 到期")])
    stage.now = points - timedelta(hours=1)
    stage.play(LIN, [("我的积分", f"其中 1000 分 今天({short_date(points)}) 到期")])
    stage.now = points + timedelta(seconds=1)
    stage.play(LIN, [("我的积分", "0 积分")])
    stage.now = gift - timedelta(days=3)
    stage.play(LIN, [("我的余额", f"赠送金 ¥120.00 将在 {weekday(gift)}({short_date(gift)}) 到期")])


def test_offers_and_catalogue(stage: Stage) -> None:
    stage.play(
        LIN,
        [
            ("充值优惠", ("充 ¥300.00 送 ¥30.00", "充 ¥1,500.00 送 ¥300.00")),
            ("服务价目", ("面部护理", "¥", "[身体护理]")),
            ("身体护理价目", "身体护理："),
            ("门店信息", ("[国贸店]", "[望京店]", "[五道口店]")),
            ("人工", "010-"),
            ("帮助", "[查余额]"),
        ],
    )


def test_a_follow_and_the_way_to_a_card(stage: Stage) -> None:
    welcome = stage.event(NEWCOMER, "subscribe")
    assert "欢迎来到丽人坊" in welcome.text
    assert welcome.choices[0].says == "加入会员"
    stage.play(
        NEWCOMER,
        [
            ("我的余额", ("还没有会员卡", "[加入会员]")),
            ("加入会员", ("手机号", "[跳过]")),
            ("1391111", "好像不对"),
            ("139 1111 2222", "13911112222 告诉前台"),
        ],
    )
    code = stage.say(CASHIER, "验证 13911112222").text.split()[1].split("（")[0]
    wrong = "000000" if code != "000000" else "111111"
    stage.play(
        NEWCOMER,
        [(wrong, "验证码不对"), ("我的余额", "还没有会员卡"), (code, "办好了"), ("我的余额", "积分 0")],
    )
    stage.play(CASHIER, [("查 13911112222", "已绑微信")])
    stage.play(NEWCOMER, [("加入会员", "不用再办")])


def test_an_old_card_is_found_by_its_proved_phone_and_shown_to_nobody_before(stage: Stage) -> None:
    stage.play(
        CASHIER,
        [("开卡 13911112222 老客", "已开卡"), ("充值 13911112222 300 现金", "请核对"), ("1", "已入账")],
    )
    with_card = stage.say(NEWCOMER, "加入会员"), stage.say(NEWCOMER, "13911112222")
    other = NEWCOMER[:-1] + "9"
    without_card = stage.say(other, "加入会员"), stage.say(other, "13911113333")
    assert with_card[1].text.replace("13911112222", "") == without_card[1].text.replace("13911113333", "")
    code = stage.say(CASHIER, "验证 13911112222").text.split()[1].split("（")[0]
    stage.play(NEWCOMER, [(code, ("找到您的会员卡", "老客")), ("我的余额", "¥330.00")])


def test_a_code_ends_after_ten_minutes_and_after_five_tries(stage: Stage) -> None:
    stage.play(NEWCOMER, [("加入会员", "手机号"), ("13911112222", "验证码")])
    code = stage.say(CASHIER, "验证 13911112222").text.split()[1].split("（")[0]
    stage.later(minutes=10, seconds=1)
    stage.play(NEWCOMER, [(code, "不对或已过期")])
    code = stage.say(CASHIER, "验证 13911112222").text.split()[1].split("（")[0]
    wrong = "000000" if code != "000000" else "111111"
    for number in range(5):
        guesser = f"oGUESSER_{number:019d}"
        stage.play(guesser, [("加入会员", "手机号"), ("13911112222", "验证码"), (wrong, "验证码不对")])
    stage.play(NEWCOMER, [(code, "不对或已过期")])
    assert stage.count("member") == 1


def test_a_form_gives_way_to_other_wishes_and_ends_after_three_wrong_answers(stage: Stage) -> None:
    stage.play(
        NEWCOMER,
        [
            ("加入会员", "手机号"),
            ("充值优惠", "¥300.00"),
            ("123", "好像不对"),
            ("456", "好像不对"),
            ("789", "请店员帮您办"),
            ("789", "没听懂"),
        ],
    )
    stage.play(NEWCOMER, [("加入会员", "手机号"), ("取消", "入会先不办了"), ("取消", "没有要取消")])


def test_joining_without_a_phone_and_binding_it_later(stage: Stage) -> None:
    stage.play(
        NEWCOMER,
        [("加入会员", "手机号"), ("跳过", "会员号"), ("绑定手机号", "手机号"), ("13911112222", "告诉前台")],
    )
    code = stage.say(CASHIER, "验证 13911112222").text.split()[1].split("（")[0]
    stage.play(NEWCOMER, [(code, "找到您的会员卡")])
    stage.play(CASHIER, [("充值 13911112222 300 现金", "请核对"), ("1", "回执已发给会员")])
    assert stage.count("member") == 2


def test_nothing_pending_and_nothing_to_cancel(stage: Stage) -> None:
    for word in ("是", "1", "确认", "好的", "１"):
        stage.play(LIN, [(word, "没有等您确认的事")])
    for word in ("取消", "0", "不"):
        stage.play(LIN, [(word, "没有要取消的事")])


def test_everything_that_is_not_text(stage: Stage) -> None:
    assert "看不懂" in stage.hear(incoming(stage, "image")).text
    assert "没能转成文字" in stage.hear(incoming(stage, "voice")).text
    assert "积分 0" in stage.hear(incoming(stage, "voice", text="我的余额。")).text
    assert "链接" in stage.hear(incoming(stage, "link")).text
    assert "视频" in stage.hear(incoming(stage, "video")).text
    assert stage.hear(incoming(stage, "unknown")).text == ""
    near = stage.hear(incoming(stage, "location", latitude=39.99, longitude=116.47)).text
    assert "望京店" in near
    assert "公里" in near or "米" in near


def test_events(stage: Stage) -> None:
    assert "¥" in stage.event(LIN, "CLICK", "OFFERS").text
    assert stage.event(LIN, "CLICK", "NO_SUCH_KEY").text == ""
    assert stage.event(LIN, "VIEW", "https://example.com").text == ""
    assert stage.event(LIN, "unsubscribe").text == ""
    assert "欢迎回来" in stage.event(LIN, "subscribe").text


@pytest.mark.parametrize(
    "said", ["😀", "]]>", "<xml>", "'; DROP TABLE member; --", "{name}", "%s%n", "\u202e反", "a" * 3000]
)
def test_strange_texts_get_a_kind_answer(stage: Stage, said: str) -> None:
    reply = stage.say(LIN, said)
    assert reply.text
    assert "{" not in reply.text
    stage.play(LIN, [("我的余额", "积分 0")])


def test_two_misses_lead_to_a_person(stage: Stage) -> None:
    stage.play(
        LIN,
        [
            ("阿巴阿巴", "没听懂"),
            ("阿巴阿巴阿巴", ("没听明白", "[人工]")),
            ("我的余额", "积分"),
            ("阿巴", "没听懂"),
        ],
    )


def test_reminders_are_turned_off_and_on(stage: Stage) -> None:
    stage.play(LIN, [("TD", "不再给您发提醒"), ("恢复提醒", "已恢复")])
    stage.play(NEWCOMER, [("退订", "还没有会员卡")])


def test_memory_lost_means_reading_goes_on_and_nothing_is_begun(stage: Stage) -> None:
    from bot.conversation.memory import ConversationStore
    from bot.conversation.steps import STEPS
    from bot.conversation.turn import Bot
    from bot.delivery_store import connect

    gone = ConversationStore(connect("unix:///tmp/no-such-redis.sock"))
    stage.bot = Bot(stage.house, stage.bot._nlu, gone, STEPS, lambda *_: None)
    stage.play(LIN, [("我的余额", "积分 0"), ("加入会员", "不用再办"), ("1", "正在恢复")])
    stage.play(NEWCOMER, [("加入会员", "正在恢复")])
    stage.play(
        CASHIER, [(f"充值 {LIN_PHONE} 500 微信", ("正在恢复", "没有入账")), (f"查 {LIN_PHONE}", "小林")]
    )
    assert stage.count("transfer") == 0


def test_a_lost_database_is_told_truly(stage: Stage) -> None:
    from dataclasses import replace

    from bot.bootstrap import make_engine
    from bot.conversation.steps import STEPS
    from bot.conversation.turn import Bot

    stage.say(CASHIER, f"充值 {LIN_PHONE} 500 微信")
    healthy = stage.bot
    broken = make_engine("postgresql+psycopg://nobody@/nothing?host=/tmp/no-such-folder")
    stage.bot = Bot(replace(stage.house, engine=broken), healthy._nlu, stage.memory, STEPS, lambda *_: None)
    stage.play(LIN, [("我的余额", "开了个小差")])
    stage.play(CASHIER, [("1", ("没拿到入账结果", "不会记两次"))])
    stage.bot = healthy
    stage.play(CASHIER, [("1", "已入账")])
    assert stage.count("transfer") == 1


def test_the_card_moves_to_another_wechat_once_the_phone_is_proved(stage: Stage) -> None:
    stage.play(NEWCOMER, [("加入会员", "手机号"), (LIN_PHONE, "验证码"), ("000000", "不对")])
    stage.play(LIN, [("我的余额", "小林")])
    code = desk.issue_phone_code(stage.house, staff_openid=CASHIER, phone=LIN_PHONE)
    assert isinstance(code, str)
    stage.play(NEWCOMER, [(code, "找到您的会员卡了，小林"), ("我的余额", "小林")])
    stage.play(LIN, [("我的余额", "还没有会员卡")])
    assert stage.count("message", f"openid = '{LIN}' AND kind = 'binding_moved'") == 1
