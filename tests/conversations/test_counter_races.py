"""Two counters in the same second: one coupon, one last time of a pack, one entry to undo."""

from __future__ import annotations

from functools import partial

from counter_support import coupon_state, give_coupon, held, last_number, lin, top_up
from racing_kit import at_once
from stage import CASHIER, LIN_PHONE, MANAGER, OTHER_CASHIER, Stage

from actions.counter import packs, purchases, reversals
from actions.counter.packs import PackReceipt, UseQuote, UseRequest
from actions.counter.purchases import Bound, PurchaseQuote, PurchaseReceipt, PurchaseRequest
from actions.counter.reversals import ReversalReceipt, ReversalRequest
from actions.house import Denied
from actions.review.reviewed import Changed

ROUNDS = 5


def quoted(stage: Stage, by: str, item_id: str) -> Bound:
    request = PurchaseRequest(lin(stage).id, LIN_PHONE, ((item_id, 1),))
    quote = purchases.quote_purchase(stage.house, staff_openid=by, request=request)
    assert isinstance(quote, PurchaseQuote), quote
    return quote.bound


def test_a_coupon_is_used_in_one_of_two_stores(stage: Stage) -> None:
    top_up(stage, 2000)
    for number in range(ROUNDS):
        coupon = give_coupon(stage)
        first, second = quoted(stage, CASHIER, "facial_basic"), quoted(stage, OTHER_CASHIER, "facial_bubble")

        book = partial(purchases.record_purchase, stage.house)
        done = at_once(
            [
                partial(book, staff_openid=CASHIER, bound=first, key=f"a{number}"),
                partial(book, staff_openid=OTHER_CASHIER, bound=second, key=f"b{number}"),
            ]
        )
        kinds = sorted(type(each).__name__ for each in done)
        assert kinds == [Changed.__name__, PurchaseReceipt.__name__], done
        assert coupon_state(stage, coupon) == "used"
    assert stage.count("transfer", "kind = 'purchase' AND refused IS NULL") == ROUNDS
    assert stage.count("coupon_event", "what = 'used'") == ROUNDS


def test_the_last_time_of_a_pack_is_drawn_once(stage: Stage) -> None:
    stage.play(MANAGER, [(f"售卡 {LIN_PHONE} 小气泡五次卡 现金", "请核对"), ("1", "已入账")])
    stage.play(CASHIER, [(f"划次 {LIN_PHONE} 小气泡 4次", "请核对"), ("1", "还剩 1 次")])
    request = UseRequest(lin(stage).id, LIN_PHONE, "facial_bubble")
    quotes = {}
    for by in (CASHIER, OTHER_CASHIER):
        quote = packs.quote_use(stage.house, staff_openid=by, request=request)
        assert isinstance(quote, UseQuote)
        quotes[by] = quote
    done = at_once(
        [
            lambda by=by, quote=quote: packs.record_use(
                stage.house, staff_openid=by, quote=quote, key=f"k{by}"
            )
            for by, quote in quotes.items()
        ]
    )
    booked = [each for each in done if isinstance(each, PackReceipt)]
    assert len(booked) == 1
    assert all(isinstance(each, Denied | Changed) for each in done if each not in booked)
    assert held(stage).entitlements == ()


def test_an_entry_is_undone_by_one_of_two_managers(stage: Stage) -> None:
    top_up(stage, 500)
    number = int(last_number(stage)[1:])
    quote = reversals.quote_reversal(
        stage.house, staff_openid=MANAGER, request=ReversalRequest(number, "twice")
    )
    assert not isinstance(quote, Denied)

    def undo(key: str) -> object:
        return reversals.record_reversal(stage.house, staff_openid=MANAGER, quote=quote, key=key)

    done = at_once([lambda: undo("first"), lambda: undo("second")])
    assert len([each for each in done if isinstance(each, ReversalReceipt)]) == 1
    assert all(isinstance(each, ReversalReceipt | Changed | Denied) for each in done)
    assert held(stage).stored_fen == 0
    assert stage.count("transfer", "kind = 'reversal' AND refused IS NULL") == 1
