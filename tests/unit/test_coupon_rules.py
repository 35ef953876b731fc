"""Coupons as rules, and the quote step by step, by hand-made cases (rows C3, D2)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
from coupon_support import NOW, SHOP, SHOP_YML, ZONE, coupon, kind, request

from shop import coupons, texts
from shop.files import inspect_content
from shop.model import CouponKind, QuoteRules
from shop.model.points import CashValue
from shop.quote import Quote, QuoteRequest, quote

OFF_20 = kind(id="off", name="满100减20", kind="amount", over=100, off=20)
FOLD_8 = kind(id="fold", name="八折券", kind="percent", percent=80, cap=30)
DOUBLE = kind(id="double", name="余额翻倍券", kind="doubling", pay=50, wake=50)
GIFT_30 = kind(id="gift", name="充值券", kind="top_up", over=500, gift=30)


def said(found: Quote) -> list[str]:
    return [texts.say(SHOP, step.text, **step.values) for step in found.steps]


def others(found: Quote) -> list[str]:
    return [texts.say(SHOP, each.text, **each.values) for each in found.alternatives]


def reasons(found: Quote) -> list[str]:
    return [texts.say(SHOP, each.why, **each.values) for each in found.unused]


def test_each_step_and_the_other_ways_are_one_line_each() -> None:
    found = quote(SHOP, request([("facial", 1)], [coupon(1, OFF_20)], level="loyal", stored_fen=10_000))
    assert said(found) == [
        "忠诚会员价：¥198.00 → ¥174.24，省 ¥23.76",
        "券「满100减20」：减 ¥20.00",
        "余额支付：¥100.00",
        "还需付：¥54.24",
    ]
    assert others(found) == ["不用券：¥174.24"]
    assert (found.stored_fen, found.outside_fen, found.points_earned) == (10_000, 5_424, 254)


def test_a_tie_burns_the_fewest_coupons_then_the_first_to_expire() -> None:
    whole = kind(id="whole", name="整单券", kind="amount", off=500)
    found = quote(
        SHOP, request([("mask", 1)], [coupon(1, whole, 9), coupon(2, whole, 3), coupon(3, whole, 5)])
    )
    assert [each.coupon_id for each in found.coupons] == [2]
    assert found.money_fen == 0


def test_of_two_that_save_the_same_the_one_goes_that_expires_first() -> None:
    fold = kind(id="a", name="八折券", kind="percent", percent=80)
    same = kind(id="b", name="同值券", kind="amount", off="34.85")
    for days in ((5, 4), (4, 5)):
        held = [coupon(1, fold, days[0]), coupon(2, same, days[1])]
        found = quote(SHOP, request([("facial", 1)], held, level="loyal"))
        assert found.coupon_offs_fen == (3_485,)
        assert [each.coupon_id for each in found.coupons] == [days.index(4) + 1]


def test_a_balance_doubling_coupon_needs_outside_money_although_there_is_balance() -> None:
    asked = request([("cream", 1)], [coupon(1, DOUBLE)], stored_fen=100_000)
    found = quote(SHOP, asked)
    assert (found.money_fen, found.outside_fen, found.stored_fen) == (7_800, 5_000, 2_800)
    assert "券「余额翻倍券」：另付 ¥50.00，赠 ¥50.00 一起用" in said(found)
    hundred = quote(SHOP, request([("massage", 1)], [coupon(1, DOUBLE)]))
    assert (hundred.money_fen, hundred.coupon_offs_fen) == (5_000, (3_880,))
    small = quote(SHOP, request([("mask", 1)], [coupon(1, DOUBLE)]))
    assert (small.coupons, reasons(small)) == ((), ["「余额翻倍券」还差 ¥10.11 可用"])


def test_what_takes_part_in_no_member_price_is_weighed_against_it() -> None:
    listed = replace(coupon(1, FOLD_8), kind=FOLD_8.model_copy(update={"with_member_price": False}))
    found = quote(SHOP, request([("facial", 1)], [listed], level="loyal"))
    assert found.money_fen == 19_800 - 3_000
    assert said(found)[0].startswith("用了不与会员价同享的券")
    weak = replace(listed, kind=listed.kind.model_copy(update={"cap_fen": 1_000}))
    assert quote(SHOP, request([("facial", 1)], [weak], level="loyal")).coupons == ()


def test_packs_go_first_dearest_units_by_the_narrowest_pack() -> None:
    held = [("facial_pack", "times", 1), ("minutes_pack", "minutes", 100)]
    found = quote(SHOP, request([("massage", 2), ("facial", 2)], entitlements=held))
    uses = [(use.code, use.amount, use.item_id, use.units) for use in found.entitlement_uses]
    assert uses == [
        ("facial_pack", 1, "facial", 1),
        ("minutes_pack", 60, "facial", 1),
        ("minutes_pack", 30, "massage", 1),
    ]
    assert found.money_fen == 8_880
    assert said(found)[0] == "次卡「补水次卡」：抵 补水护理 ×1（用 1 次）"
    assert others(found) == ["不划次：¥573.60"]
    money = quote(SHOP, replace(request([("facial", 1)], entitlements=held), use_packs=False))
    assert money.entitlement_uses == ()


def test_points_pay_when_asked_and_the_offer_is_shown_when_not() -> None:
    rule = CashValue(points_per_yuan=100, step=50, max_percent=50)
    shop = SHOP.model_copy(update={"points": SHOP.points.model_copy(update={"cash_value": rule})})
    plain = quote(shop, request([("facial", 1)], points=1_234))
    assert others(plain) == ["用积分抵：¥186.00（1200 积分）"]
    paid = quote(shop, request([("facial", 1)], points=1_234, use_points=True))
    assert (paid.points_spent, paid.points_value_fen, paid.money_fen) == (1_200, 1_200, 18_600)
    assert others(paid) == ["不用积分：¥198.00"]
    always = shop.model_copy(update={"quote": QuoteRules(points="always")})
    assert quote(always, request([("facial", 1)], points=1_234)).points_spent == 1_200
    capped = quote(shop, request([("mask", 1)], points=1_000_000, use_points=True))
    assert capped.points_value_fen == 1_950


LATE = datetime(2026, 3, 2, 20, 30, tzinfo=ZONE)


@pytest.mark.parametrize(
    ("written", "asked", "why"),
    [
        ({"stores": ("s2",)}, {}, "「券」不在本店用"),
        ({"when": {"weekdays": ("tue",)}}, {}, "「券」今天不能用"),
        ({"hours": "09:00-18:00"}, {"now": LATE}, "「券」这个时段不能用（09:00-18:00）"),
        ({"items": ("cup",)}, {}, "「券」这次买的用不上"),
        ({"over": 200}, {}, "「券」还差 ¥2 可用"),
        ({}, {"now": NOW + timedelta(days=10)}, "「券」已过期"),
    ],
)
def test_why_a_coupon_is_not_used_is_said(
    written: dict[str, object], asked: dict[str, datetime], why: str
) -> None:
    held = coupon(1, kind(kind="amount", off=10, **written))
    assert reasons(quote(SHOP, request([("facial", 1)], [held], now=asked.get("now", NOW)))) == [why]


def test_a_top_up_coupon_and_one_that_is_not_needed_wait() -> None:
    better = kind(id="better", name="大券", kind="amount", off=60)
    found = quote(SHOP, request([("facial", 1)], [coupon(1, GIFT_30), coupon(2, OFF_20), coupon(3, better)]))
    assert reasons(found) == ["「充值券」充值时用", "「满100减20」这次最划算的组合没用上，留着下次"]


def test_only_what_the_member_was_told_is_in_the_fingerprint() -> None:
    better = coupon(2, kind(id="better", name="大券", kind="amount", off=60))
    asked = request([("facial", 1)], [coupon(1, OFF_20), better], stored_fen=100)
    mark = quote(SHOP, asked).fingerprint
    assert quote(SHOP, replace(asked, now=NOW + timedelta(minutes=5))).fingerprint == mark
    assert quote(SHOP, replace(asked, coupons=(better,))).fingerprint == mark
    changes: list[QuoteRequest] = [
        replace(asked, coupons=asked.coupons[:1]),
        replace(asked, wallet_version=1),
        replace(asked, level=SHOP.level("loyal")),
        replace(asked, paid_in_fen=99),
        replace(asked, items=(("facial", 2),)),
        replace(asked, store_id="s2"),
        replace(asked, coupons=(replace(better, coupon_id=9),)),
        replace(asked, now=better.expires_at),
    ]
    marks = {quote(SHOP, each).fingerprint for each in changes}
    other_rules = SHOP.model_copy(update={"quote_lifetime_minutes": 9})
    assert len(marks | {mark, quote(other_rules, asked).fingerprint}) == len(changes) + 2


@pytest.mark.parametrize("items", [[], [("facial", 0)], [("facial", 1), ("mask", -1)]])
def test_a_basket_of_nothing_has_no_price(items: list[tuple[str, int]]) -> None:
    with pytest.raises(ValueError, match="quantities of 1 or more"):
        quote(SHOP, request(items))


@pytest.mark.parametrize(
    ("written", "last"),
    [
        ({"valid_days": 1}, "2026-03-03"),
        ({"valid_days": 30, "valid_until": date(2026, 3, 8)}, "2026-03-08"),
        ({"valid_days": 3, "valid_until": date(2026, 3, 8)}, "2026-03-05"),
    ],
)
def test_a_term_ends_with_its_last_day_in_full(written: dict[str, object], last: str) -> None:
    made = CouponKind.model_validate({"id": "c", "name": "券", "kind": "amount", "off": 1, **written})
    ends = coupons.expires_at(SHOP, made, NOW)
    assert (ends - timedelta(microseconds=1)).astimezone(ZONE).date().isoformat() == last
    assert (ends.hour, ends.minute) == (0, 0)


def test_an_issued_coupon_keeps_its_terms_as_plain_values() -> None:
    rich = kind(
        kind="percent",
        percent=88,
        cap="33.30",
        over=100,
        items=("facial",),
        when={"from": "2026-03-01", "weekdays": ("mon", "tue")},
        hours="10:00-12:00, 14:00-17:00",
        stacking="others",
        group="g",
        with_points=False,
    )
    for each in (rich, OFF_20, FOLD_8, DOUBLE, GIFT_30, kind(kind="item", items=("mask",), price=0)):
        assert coupons.of_content(coupons.content(each)) == each


def test_a_top_up_uses_the_one_coupon_that_gives_most() -> None:
    small = kind(id="small", kind="top_up", gift=10, points=900)
    held = (coupon(1, small), coupon(2, GIFT_30, 5), coupon(3, GIFT_30, 2), coupon(4, OFF_20))
    best = coupons.for_top_up(SHOP, "s1", 50_000, held, NOW)
    assert best is not None
    assert (best.coupon.coupon_id, best.gift_fen) == (3, 3_000)
    less = coupons.for_top_up(SHOP, "s1", 49_999, held, NOW)
    assert less is not None
    assert (less.coupon.coupon_id, less.points) == (1, 900)
    assert coupons.for_top_up(SHOP, "s1", 50_000, (coupon(4, OFF_20),), NOW) is None


@pytest.mark.parametrize(
    ("made", "worth"),
    [
        (OFF_20, "满 ¥100 减 ¥20"),
        (FOLD_8, "打 8 折，最多减 ¥30"),
        (DOUBLE, "付 ¥50，再得 ¥50 一起花"),
        (GIFT_30, "充值满 ¥500 送 ¥30"),
        (kind(kind="item", items=("mask",)), "免费一份，限面膜"),
        (
            kind(kind="amount", off=5, items=("facial", "massage", "mask", "cream", "cup")),
            "立减 ¥5，限补水护理、肩颈按摩、面膜等 5 种",
        ),
        (
            kind(kind="amount", off=5, not_categories=("goods",), text="生日快乐"),
            "立减 ¥5，商品除外，生日快乐",
        ),
    ],
)
def test_what_it_is_worth_is_said_in_a_few_words(made: CouponKind, worth: str) -> None:
    assert coupons.worth_text(SHOP, made) == worth


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("kind: amount, valid_days: 9", "券 has no off"),
        ("kind: percent, percent: 100, valid_days: 9", "this has to be 99 or less"),
        ("kind: percent, percent: 80, off: 5, valid_days: 9", "a coupon of kind percent has no off"),
        ("kind: amount, off: -5, valid_days: 9", "-5 is negative"),
        ("kind: amount, off: 5", "券 would never end"),
        ("kind: amount, off: 5, valid_days: 9, items: [tea]", "there is no service or goods “tea”"),
        ("kind: amount, off: 5, valid_days: 9, colour: red", "there is no field “colour” here"),
        ("kind: amount, off: 5, valid_days: 9, group: g", "券 goes alone, so a group says nothing"),
        ("kind: item, valid_days: 9", "券 names nothing it is for"),
        ("kind: top_up, valid_days: 9", "券 gives nothing"),
        ("kind: top_up, gift: 5, valid_days: 9, items: [mask]", "券 is for top-ups, which have no items"),
        ("kind: doubling, pay: 50, valid_days: 9", "券 has no wake"),
        ("kind: amount, off: 5, valid_days: 9, hours: late", "“late” is not an opening time"),
        ("kind: amount, off: 5, valid_days: 9, items: [mask], not_items: [mask]", "券 covers nothing"),
        ("kind: percent, percent: 80, valid_days: 9, per_purchase: 2", "a percentage of a percentage"),
        ("kind: amount, off: 100, over: 100, valid_days: 9", "takes off all of its threshold"),
    ],
)
def test_what_is_wrong_in_the_file_is_said(line: str, message: str) -> None:
    content = SHOP_YML + f"coupons:\n  - {{id: c, name: 券, {line}}}\n"
    problems = inspect_content(content.encode()).problems
    assert any(message in str(each) for each in problems), [str(each) for each in problems]
    assert all(each.line >= content.count("\n") for each in problems)
