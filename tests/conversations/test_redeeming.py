"""Points into vouchers, said and tapped; vouchers used at the counter once."""

from __future__ import annotations

import re

from stage import CASHIER, LIN, LIN_PHONE, MANAGER, NEWCOMER, OTHER_CASHIER, Stage

from ledger.records import messages


def give_points(stage: Stage, yuan: int = 1500) -> None:
    stage.say(CASHIER, f"充值 {LIN_PHONE} {yuan} 微信")
    assert "已入账" in stage.say(CASHIER, "1").text


def redeemed_code(stage: Stage) -> str:
    stage.say(LIN, "兑换")
    stage.say(LIN, "护手霜一支")
    done = stage.say(LIN, "1").text
    found = re.search(r"券码 (\S+)", done)
    assert found, done
    return found.group(1)


def sent(stage: Stage, openid: str) -> list[str]:
    with stage.engine.connect() as connection:
        return [message.text for message in messages.of_openid(connection, openid)]


def test_a_reward_is_chosen_confirmed_and_fetched_once(stage: Stage) -> None:
    give_points(stage)
    stage.play(
        LIN,
        [
            ("兑换", ("想换哪一样", "[护手霜一支 600分]")),
            ("护手霜", ("护手霜一支", "600 积分", "回复 1 兑换")),
            ("1", ("换好了", "券码", "还剩")),
            ("1", "没有重复"),
            ("我的兑换券", ("1 张券", "护手霜一支")),
        ],
    )
    code = sent(stage, LIN)[-1] and re.search(r"[A-Z0-9]{4}-[A-Z0-9]{4}", stage.say(LIN, "我的兑换券").text)
    assert code
    stage.play(
        CASHIER,
        [
            (f"核销 {code.group()}", ("请核对", "小林", "护手霜一支", "国贸店")),
            ("1", ("已核销", "护手霜一支", "回执已发给会员")),
            ("1", "没有重复"),
            (f"核销{code.group().lower().replace('-', ' ')}", ("已经在", "国贸店核销过")),
        ],
    )
    assert "兑换券已使用" in sent(stage, LIN)[0]
    stage.play(LIN, [("我的兑换券", "没有没用的兑换券")])


def test_numbers_options_quantity_and_a_change_of_mind(stage: Stage) -> None:
    give_points(stage)
    give_points(stage)
    points = 600 * 2
    stage.play(
        LIN,
        [
            ("兑换", ("想换哪一样", "护手霜一支 600分")),
            ("护手霜一支 600分", "600 积分"),
            ("0", "已取消"),
            ("兑换", "想换哪一样"),
            ("要两支换护手霜", ("护手霜一支 × 2", f"{points} 积分")),
            ("0", "已取消"),
            ("1", "没有等您确认的事"),
        ],
    )
    assert stage.count("voucher") == 0
    stage.play(LIN, [("兑换", "想换"), ("20支换护手霜", "一次最多换 10 份")])


def test_what_so_many_points_buy(stage: Stage) -> None:
    give_points(stage)
    stage.play(
        LIN,
        [
            ("积分换什么", ("护手霜一支", "够换")),
        ],
    )


def test_too_few_points_and_no_card(stage: Stage) -> None:
    stage.play(LIN, [("兑换", ("再攒 600 分", "护手霜一支"))])
    stage.play(NEWCOMER, [("兑换", ("还没有会员卡", "[加入会员]")), ("我的兑换券", "还没有会员卡")])


def test_points_that_moved_meanwhile_make_a_new_quote(stage: Stage) -> None:
    give_points(stage)
    stage.play(LIN, [("兑换", "想换"), ("护手霜一支", "回复 1 兑换")])
    give_points(stage, 300)
    stage.play(LIN, [("1", ("积分刚才有变动", "护手霜一支")), ("1", "换好了")])
    assert stage.count("voucher") == 1


def test_a_wrong_code_a_used_one_and_an_old_one(stage: Stage) -> None:
    give_points(stage)
    code = redeemed_code(stage)
    stage.play(
        CASHIER, [("核销", "写法：核销 券码"), ("核销 12345", "不像券码"), ("核销 QQQQ-QQQQ", "没有券码")]
    )
    stage.later(days=31)
    stage.play(CASHIER, [(f"核销 {code}", ("已过期",))])
    stage.play(LIN, [("我的兑换券", "没有没用的兑换券")])


def test_nobody_finds_a_code_by_trying(stage: Stage) -> None:
    give_points(stage)
    code = redeemed_code(stage)
    for number in range(10):
        assert "没有券码" in stage.say(CASHIER, f"核销 QQQQ-QQQ{'ACDEFGHJKM'[number]}").text
    stage.play(CASHIER, [(f"核销 {code}", "先停一停")])
    stage.play(MANAGER, [(f"核销 {code}", "请核对")])
    stage.later(hours=1, minutes=1)
    stage.play(CASHIER, [(f"核销 {code}", "请核对")])


def test_another_store_and_a_stranger(stage: Stage) -> None:
    give_points(stage)
    code = redeemed_code(stage)
    stage.play(OTHER_CASHIER, [(f"核销 {code}", "望京店"), ("1", "已核销")])
    stage.play(CASHIER, [(f"核销 {code}", "望京店核销过")])
    stage.play(CASHIER, [(f"核销 {code} 望京店", "不能替别的店")])
    assert "核对" not in stage.say(NEWCOMER, f"核销 {code}").text
