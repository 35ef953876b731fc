"""消费 at the counter: the best price shown line by line, booked on a yes and never at another price."""

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
    use_shop,
)
from stage import CASHIER, LIN, LIN_PHONE, MANAGER, OTHER_CASHIER, SHOP, Stage, bind

from actions.counter import plain, purchases
from actions.counter.purchases import Bound, PurchaseReceipt, PurchaseRequest
from actions.house import Denied
from actions.membership import staffing
from shop.fields import Span
from shop.model import StoredPrice, When
from shop.model.points import CashValue

FACIAL = f"消费 {LIN_PHONE} 洗脸"


def test_a_purchase_from_the_card_is_quoted_confirmed_booked_and_receipted(stage: Stage) -> None:
    top_up(stage, 500)
    stage.play(
        CASHIER,
        [
            (
                FACIAL,
                (
                    "请核对",
                    "小林",
                    LIN_PHONE,
                    "基础清洁护理 原价 ¥198.00",
                    "成长会员价：¥198.00 → ¥194.00，省 ¥4.00",
                    "余额支付：¥194.00",
                    "合计 ¥194.00",
                    "国贸店",
                    "之后余额 ¥336.00",
                    "[1 确认]",
                ),
            ),
            ("1", ("已入账 ✓", "138****8000", "¥194.00", "现余额 ¥336.00", "单号 T", "回执已发给会员")),
        ],
    )
    balances = held(stage)
    assert (balances.paid_in_fen, balances.gift_fen, balances.points) == (30600, 3000, 300 + 388)
    receipt = receipts(stage)[-1]
    for piece in (
        "消费 ¥194.00",
        "基础清洁护理",
        "得积分 388",
        "现余额 ¥336.00",
        "国贸店",
        last_number(stage),
    ):
        assert piece in receipt
    assert stage.count("transfer_reason") >= 1
    assert stage.count("act", "what = 'purchase'") == 1


def test_the_missing_part_is_asked_for_and_paid_by_a_tap(stage: Stage) -> None:
    top_up(stage, 100)
    reply = stage.say(CASHIER, FACIAL)
    assert "还差 ¥98.00" in reply.text
    wechat = next(choice for choice in reply.choices if "微信" in choice.label)
    stage.play(CASHIER, [(wechat.says, ("余额支付：¥100.00", "还需付：¥98.00", "微信")), ("1", "已入账")])
    assert held(stage).stored_fen == 0


def test_a_number_picks_the_way_of_paying(stage: Stage) -> None:
    stage.play(CASHIER, [(FACIAL, "还差 ¥198.00"), ("1", ("请核对", "现金")), ("1", ("已入账", "¥198.00"))])
    assert stage.count("posting", "amount = -19800") == 1


def test_paying_outside_keeps_the_balance(stage: Stage) -> None:
    top_up(stage, 500)
    stage.play(CASHIER, [(f"{FACIAL} 微信 不用余额", "还需付：¥194.00"), ("1", "现余额 ¥530.00")])


def test_a_coupon_is_found_by_itself_and_used_with_the_entry(stage: Stage) -> None:
    top_up(stage, 500)
    coupon = give_coupon(stage)
    stage.play(
        CASHIER,
        [(FACIAL, ("满100减30", "减 ¥30.00", "合计 ¥164.00", "不用券：¥194.00")), ("1", "消费 ¥164.00")],
    )
    assert coupon_state(stage, coupon) == "used"
    assert "满100减30" in receipts(stage)[-1]


def test_without_coupons_when_the_member_wants_it_so(stage: Stage) -> None:
    top_up(stage, 500)
    coupon = give_coupon(stage)
    reply = stage.say(CASHIER, FACIAL)
    without = next(choice for choice in reply.choices if "不用券" in choice.label)
    stage.play(CASHIER, [(without.says, "合计 ¥194.00"), ("1", "消费 ¥194.00")])
    assert coupon_state(stage, coupon) == "open"


def test_a_quote_confirmed_after_its_coupon_expired_is_a_new_quote(stage: Stage) -> None:
    top_up(stage, 500)
    coupon = give_coupon(stage, days=1)
    stage.later(days=1, minutes=-5)
    stage.say(CASHIER, FACIAL)
    stage.later(minutes=6)
    stage.play(CASHIER, [("1", ("报价已经变了", "没有入账", "合计 ¥194.00")), ("1", "消费 ¥194.00")])
    assert coupon_state(stage, coupon) == "open"  # the night marks it as expired
    assert held(stage).stored_fen == 53000 - 19400


def test_one_coupon_in_two_stores_pays_once(stage: Stage) -> None:
    """Both quotes hold the coupon; the second yes sees the first one's booking and shows another price."""
    top_up(stage, 500)
    coupon = give_coupon(stage)
    stage.play(CASHIER, [(FACIAL, "合计 ¥164.00")])
    stage.play(OTHER_CASHIER, [(f"消费 {LIN_PHONE} 小气泡", "合计 ¥134.00"), ("1", "消费 ¥134.00")])
    stage.play(CASHIER, [("1", ("没有入账", "合计 ¥194.00"))])
    assert coupon_state(stage, coupon) == "used"
    assert held(stage).stored_fen == 53000 - 13400


def test_a_yes_that_arrives_twice_books_once(stage: Stage) -> None:
    top_up(stage, 500)
    stage.play(CASHIER, [(FACIAL, "请核对"), ("1", "已入账"), ("1", "没有重复")])
    assert stage.count("transfer", "kind = 'purchase'") == 1


def test_a_yes_whose_memory_was_lost_books_once(stage: Stage) -> None:
    top_up(stage, 500)
    stage.say(CASHIER, FACIAL)
    before = stage.memory.load(CASHIER)
    stage.say(CASHIER, "1")
    stage.memory.save(CASHIER, before)
    stage.play(CASHIER, [("1", ("已入账", "¥336.00"))])
    assert stage.count("transfer", "kind = 'purchase'") == 1
    assert len(receipts(stage)) == 2


@pytest.mark.parametrize(
    ("said", "answer"),
    [
        ("洗脸×2 面膜", ("基础清洁护理 ×2 原价 ¥396.00", "补水面膜五片装 原价 ¥99.00")),
        ("洗脸2次,面膜", ("×2", "五片装")),
        ("两次洗脸 面膜一盒", ("×2", "五片装")),
        ("洗脸 2 面膜", ("×2", "五片装")),
        ("洗脸面膜", ("基础清洁护理", "五片装")),
        ("基础清洁户理", "基础清洁护理"),
        ("jichu", "没有“jichu”"),
        ("空气", "没有“空气”"),
        ("128", "不是项目"),
        ("128 散客商品", "不是项目"),
        ("洗脸×0", "数量不对"),
        ("洗脸×100", "数量不对"),
        ("洗脸 比特币", "没有“比特币”"),
        ("", "买了什么"),
        ("洗脸 微信 现金", "一种付款方式"),
    ],
)
def test_what_was_bought_in_many_writings(stage: Stage, said: str, answer: str | tuple[str, ...]) -> None:
    top_up(stage, 1000)
    stage.play(CASHIER, [(f"消费 {LIN_PHONE} {said}", answer)])


def test_a_word_that_fits_several_is_asked_back(stage: Stage) -> None:
    top_up(stage, 1000)
    stage.play(
        CASHIER,
        [
            (f"消费 {LIN_PHONE} 护理", ("可能是下面几项", "基础清洁护理", "眼部护理")),
            ("2", ("请核对", "深层补水护理")),
        ],
    )


def test_by_name_with_two_of_that_name(stage: Stage) -> None:
    open_card(stage, "13900001111", "小林")
    top_up(stage, 500)
    reply = stage.say(CASHIER, "消费 小林 洗脸")
    assert "有 2 位" in reply.text
    labels = [choice.label for choice in reply.choices]
    assert any("尾号 8000" in label for label in labels)
    assert not any(LIN_PHONE in label for label in labels)
    stage.play(CASHIER, [("1", ("请核对", "138****8000")), ("1", "已入账")])
    assert held(stage).stored_fen == 53000 - 19400


def test_by_member_number_and_by_the_end_of_the_phone(stage: Stage) -> None:
    top_up(stage, 500)
    number = lin(stage).id
    stage.play(
        CASHIER,
        [
            (f"消费 会员{number} 洗脸", "138****8000"),
            ("0", "已取消"),
            ("消费 8000 洗脸", "请核对"),
            ("0", "已取消"),
        ],
    )
    stage.play(MANAGER, [(f"消费 会员{number} 洗脸", LIN_PHONE)])


def test_two_cards_that_end_alike_are_asked_apart(stage: Stage) -> None:
    open_card(stage, "13900008000", "老王")
    stage.play(CASHIER, [("消费 8000 洗脸", ("有 2 位", "小林", "老王"))])


def test_nobody_books_on_his_own_card(stage: Stage) -> None:
    open_card(stage, "13700001111", "王芳")
    bind(stage, CASHIER, "13700001111")
    stage.play(CASHIER, [("消费 13700001111 洗脸 微信", "自己的会员卡"), ("1", "没有等您确认")])


def test_own_card_is_asked_again_at_booking(stage: Stage) -> None:
    request = PurchaseRequest(lin(stage).id, LIN_PHONE, (("facial_basic", 1),), "cash")
    quote = purchases.quote_purchase(stage.house, staff_openid=MANAGER, request=request)
    assert not isinstance(quote, Denied)
    invitation = staffing.invite(
        stage.house, name="小林", role="manager", store_id="guomao", created_by="test"
    )
    assert not isinstance(staffing.accept_invitation(stage.house, openid=LIN, code=invitation), Denied)
    denied = purchases.record_purchase(stage.house, staff_openid=LIN, bound=quote.bound, key="k")
    assert denied == Denied("own_card_entry")


def test_another_store_is_for_head_office(stage: Stage) -> None:
    stage.play(CASHIER, [(f"{FACIAL} 微信 望京店", "不能替别的店记账")])


def test_above_the_limit_it_waits_for_the_manager(stage: Stage) -> None:
    stage.play(
        CASHIER,
        [
            (f"消费 {LIN_PHONE} 抗衰×4 微信", "请核对"),
            ("1", ("店长核准", "#", "还没有入账")),
            ("1", "没有等您确认"),
        ],
    )
    assert stage.count("transfer", "kind = 'purchase'") == 0
    number = stage.say(MANAGER, "待审").text.split("\n")[1].split(".")[0]
    stage.play(MANAGER, [(f"通过 {number}", "单号 T")])
    assert stage.count("transfer", "kind = 'purchase' AND actor LIKE 'staff:%'") == 1
    assert "消费 ¥2,320.00" in receipts(stage)[-1]


def test_what_waits_is_shown_anew_when_the_card_moved(stage: Stage) -> None:
    top_up(stage, 500)
    stage.play(CASHIER, [(f"消费 {LIN_PHONE} 抗衰×4 微信", "请核对"), ("1", "店长核准")])
    stage.play(OTHER_CASHIER, [(f"消费 {LIN_PHONE} 小气泡", "请核对"), ("1", "已入账")])
    number = stage.say(MANAGER, "待审").text.split("\n")[1].split(".")[0]
    stage.play(MANAGER, [(f"通过 {number}", "还没有入账"), (f"通过 {number}", "单号 T")])


def test_a_late_entry_always_waits(stage: Stage) -> None:
    top_up(stage, 500)
    stage.play(MANAGER, [(f"{FACIAL} 补录 昨天", ("补录：", "11月20日")), ("1", "店长核准")])
    assert stage.count("transfer", "kind = 'purchase'") == 0
    stage.play(
        CASHIER,
        [
            (f"{FACIAL} 补录 今天", "今天以前"),
            (f"{FACIAL} 补录 9月1日", "最近 31 天"),
            (f"{FACIAL} 补录 某天", "不是一个日期"),
        ],
    )


def test_yesterday_begins_at_the_shops_midnight(stage: Stage) -> None:
    top_up(stage, 500)
    stage.later(hours=13, minutes=29)  # 23:59 in the shop
    stage.say(CASHIER, FACIAL)
    stage.later(minutes=2)
    stage.play(CASHIER, [("1", "已入账")])
    stage.play(CASHIER, [("我的流水", ("您记了 1 笔", "11月22日")), ("我的流水 昨天", "充值")])


def test_the_yes_is_bound_to_what_was_shown(stage: Stage) -> None:
    """A shop.yml with other prices between quote and yes: a new quote, nothing booked."""
    top_up(stage, 500)
    stage.say(CASHIER, FACIAL)
    dearer = tuple(
        service.model_copy(update={"list_fen": 21800}) if service.id == "facial_basic" else service
        for service in SHOP.services
    )
    use_shop(stage, SHOP.model_copy(update={"services": dearer}))
    stage.play(CASHIER, [("1", ("没有入账", "合计 ¥213.00")), ("1", "消费 ¥213.00")])


def test_an_item_that_is_gone_at_the_yes(stage: Stage) -> None:
    top_up(stage, 500)
    stage.say(CASHIER, FACIAL)
    left = tuple(service for service in SHOP.services if service.id != "facial_basic")
    use_shop(stage, SHOP.model_copy(update={"services": left}))
    stage.play(CASHIER, [("1", "已经下架"), ("1", "没有等您确认")])


def test_what_waits_in_a_conversation_comes_back_as_it_was() -> None:
    request = PurchaseRequest(3, LIN_PHONE, (("facial_basic", 2),), "cash", use_points=True)
    bound = Bound(request, "abc", 100)
    assert plain.unpack(Bound, plain.pack(bound)) == bound


def test_a_replay_tells_the_member_once(stage: Stage) -> None:
    top_up(stage, 500)
    request = PurchaseRequest(lin(stage).id, LIN_PHONE, (("facial_basic", 1),))
    quote = purchases.quote_purchase(stage.house, staff_openid=CASHIER, request=request)
    assert not isinstance(quote, Denied)
    first, second = (
        purchases.record_purchase(stage.house, staff_openid=CASHIER, bound=quote.bound, key="k")
        for _ in range(2)
    )
    assert isinstance(first, PurchaseReceipt)
    assert isinstance(second, PurchaseReceipt)
    assert (first.replayed, second.replayed) == (False, True)
    assert first.balances == second.balances
    assert stage.count("message", "kind = 'purchase_receipt'") == 1


def with_points_that_pay(stage: Stage) -> None:
    """A shop in which 100 points pay a yuan."""
    rules = SHOP.points.model_copy(update={"cash_value": CashValue(points_per_yuan=100)})
    use_shop(stage, SHOP.model_copy(update={"points": rules}))


def test_points_pay_when_the_member_wants_it(stage: Stage) -> None:
    top_up(stage, 500)
    with_points_that_pay(stage)
    reply = stage.say(CASHIER, FACIAL)
    by_points = next(choice for choice in reply.choices if "用积分" in choice.label)
    stage.play(
        CASHIER,
        [
            (by_points.says, ("300 积分：抵 ¥3.00", "合计 ¥191.00", "不用积分：¥194.00")),
            ("1", ("消费 ¥191.00", "积分 382")),  # none on what points paid
        ],
    )
    assert held(stage).points == 382


def test_so_many_points_are_compared_with_what_is_possible(stage: Stage) -> None:
    top_up(stage, 500)
    with_points_that_pay(stage)
    stage.play(
        CASHIER,
        [
            (f"{FACIAL} 用积分 200", ("最多能用 300 积分", "不是 200")),
            (f"{FACIAL} 用300积分", "300 积分：抵 ¥3.00"),
        ],
    )


def test_more_things_than_one_entry_holds(stage: Stage) -> None:
    items = tuple((f"thing{number}", 1) for number in range(51))
    request = PurchaseRequest(lin(stage).id, LIN_PHONE, items, "cash")
    denied = purchases.quote_purchase(stage.house, staff_openid=CASHIER, request=request)
    assert denied == Denied("purchase_too_many", {"most": 50})


def test_the_hour_s_price_for_the_balance_is_shown_booked_and_void_when_the_hour_is_over(
    stage: Stage,
) -> None:
    price = StoredPrice(
        id="early",
        name="周六早场储值8折",
        percent=80,
        when=When(weekdays=("sat",)),
        hours=(Span(opens_minute=600, closes_minute=635),),
    )
    rules = SHOP.stored_value.model_copy(update={"prices": (price,)})
    use_shop(stage, SHOP.model_copy(update={"stored_value": rules}))
    stage.play(CASHIER, [(f"{FACIAL} 微信", ("合计 ¥198.00", "余额再多 ¥158 就享储值价：¥158.00"))])
    top_up(stage, 300)
    line = "「周六早场储值8折」：¥194.00 → ¥158.00，省 ¥36.00（全用余额付）"
    stage.play(CASHIER, [(FACIAL, (line, "余额支付：¥158.00", "不用余额：¥194.00")), ("1", "现余额 ¥172.00")])
    assert line in receipts(stage)[-1]
    stage.play(CASHIER, [(FACIAL, line)])
    stage.later(minutes=6)  # 10:36
    stage.play(CASHIER, [("1", "余额不够，还差 ¥22.00，怎么付"), ("1", ("请核对", "余额支付：¥172.00"))])
    stage.play(CASHIER, [("1", "现余额 ¥0.00")])
