"""The quote is the best there is: equal to brute force on small cases, and no fen goes astray (row C3)."""

from __future__ import annotations

from coupon_support import NOW, SHOP, brute_force, coupon, kind, request
from hypothesis import given, settings
from hypothesis import strategies as st

from shop.model import CouponKind, QuoteRules, Shop, StoredPrice, StoredValueRules, When
from shop.model.points import CashValue
from shop.quote import HeldCoupon, Quote, QuoteRequest, quote

YUAN = st.sampled_from(["0.01", "0.5", 5, 10, 20, "33.33", 50, 88, 100, 150, 200, 300])
COUPON_IDS = [f"c{number}" for number in range(5)]
SCOPES = st.fixed_dictionaries(
    {},
    optional={
        "items": st.sampled_from([("facial",), ("mask", "cup"), ("massage", "cream")]),
        "categories": st.sampled_from([("care",), ("goods",)]),
        "not_items": st.sampled_from([("mask",), ("facial", "cup")]),
        "not_categories": st.just(("goods",)),
        "stacking": st.sampled_from(["alone", "others", "others", "others"]),
        "group": st.sampled_from(["g1", "g2"]),
        "with_member_price": st.booleans(),
        "with_points": st.booleans(),
    },
)
OVER = st.fixed_dictionaries({}, optional={"over": YUAN})
MANY = st.fixed_dictionaries({}, optional={"per_purchase": st.integers(1, 3)})
KINDS = st.one_of(
    st.tuples(st.fixed_dictionaries({"kind": st.just("amount"), "off": YUAN}), OVER, MANY),
    st.tuples(
        st.fixed_dictionaries(
            {"kind": st.just("percent"), "percent": st.integers(1, 99)}, optional={"cap": YUAN}
        ),
        OVER,
    ),
    st.tuples(st.fixed_dictionaries({"kind": st.just("item")}, optional={"price": YUAN}), OVER, MANY),
    st.tuples(st.fixed_dictionaries({"kind": st.just("doubling"), "pay": YUAN, "wake": YUAN}), MANY),
)


# In force at NOW, a Monday at ten.
PRICES = st.builds(
    lambda percent, categories: StoredPrice(
        id="hour", name="储值价", percent=percent, categories=categories, when=When(weekdays=("mon",))
    ),
    st.integers(1, 99),
    st.sampled_from([(), ("care",), ("goods",)]),
)


@st.composite
def _kinds(draw: st.DrawFn) -> list[CouponKind]:
    made = []
    for name in COUPON_IDS[: draw(st.integers(0, 5))]:
        written: dict[str, object] = {"id": name, **draw(SCOPES)}
        for part in draw(KINDS):
            written |= part
        made.append(kind(**written))
    return made


@st.composite
def _cases(draw: st.DrawFn) -> tuple[Shop, QuoteRequest]:
    kinds = draw(_kinds())
    picked = draw(st.lists(st.sampled_from(kinds), max_size=6)) if kinds else []
    held = [coupon(number, of, draw(st.integers(1, 3))) for number, of in enumerate(picked, 1)]
    items = draw(
        st.lists(
            st.tuples(st.sampled_from(["facial", "massage", "mask", "cream", "cup"]), st.integers(1, 3)),
            min_size=1,
            max_size=4,
        )
    )
    rule = CashValue(
        points_per_yuan=draw(st.sampled_from([1, 7, 100, 1000])),
        step=draw(st.sampled_from([1, 10, 100])),
        max_percent=draw(st.sampled_from([1, 30, 50, 100])),
    )
    prices = draw(st.lists(PRICES, max_size=2))
    shop = SHOP.model_copy(
        update={
            "stored_value": StoredValueRules(prices=tuple(prices)),
            "points": SHOP.points.model_copy(update={"cash_value": rule}),
            "quote": QuoteRules(coupons_at_most=draw(st.integers(1, 4))),
        }
    )
    asked = request(
        items,
        held,
        level=draw(st.sampled_from(["new", "loyal"])),
        stored_fen=draw(st.sampled_from([0, 1, 5_000, 12_345, 1_000_000])),
        points=draw(st.sampled_from([0, 1, 99, 250, 2_000])),
        use_points=draw(st.booleans()),
    )
    return shop, asked


@given(_cases())
@settings(max_examples=250, deadline=None)
def test_the_quote_is_what_brute_force_finds(case: tuple[Shop, QuoteRequest]) -> None:
    shop, asked = case
    found, best = quote(shop, asked), brute_force(shop, asked)
    assert (found.money_fen, _ids(found.coupons), found.points_spent) == (
        best.money_fen,
        best.coupon_ids,
        best.points,
    )


def _ids(coupons: tuple[HeldCoupon, ...]) -> frozenset[int]:
    return frozenset(each.coupon_id for each in coupons)


@given(_cases())
@settings(max_examples=120, deadline=None)
def test_every_fen_is_accounted_for(case: tuple[Shop, QuoteRequest]) -> None:
    shop, asked = case
    found = quote(shop, asked)
    assert sum(line.paid_fen for line in found.lines) == found.stored_fen + found.outside_fen
    assert all(0 <= line.paid_fen <= line.list_fen for line in found.lines)
    assert all(line.member_fen <= line.list_fen for line in found.lines)
    base_fen = found.money_fen + sum(found.coupon_offs_fen) + found.points_value_fen
    assert sum(line.member_fen for line in found.lines) <= base_fen
    assert base_fen <= sum(line.list_fen for line in found.lines)
    assert all(off > 0 for off in found.coupon_offs_fen)
    assert 0 <= found.stored_fen <= asked.paid_in_fen + asked.gift_fen
    assert found.outside_fen >= found.outside_least_fen
    assert found.points_spent <= asked.points
    accounted = _ids(found.coupons) | {each.coupon.coupon_id for each in found.unused}
    assert accounted == _ids(asked.coupons)


@given(_cases())
@settings(max_examples=60, deadline=None)
def test_no_alternative_is_cheaper_unless_it_asks_for_more(case: tuple[Shop, QuoteRequest]) -> None:
    shop, asked = case
    found = quote(shop, asked)
    for other in found.alternatives:
        if other.change not in (("use_points", True), ("use_stored", True)):
            assert other.money_fen >= found.money_fen
    assert _without_coupons(shop, asked, found)


@given(_cases())
@settings(max_examples=100, deadline=None)
def test_a_price_for_stored_value_makes_nothing_dearer_and_is_paid_by_it_alone(
    case: tuple[Shop, QuoteRequest],
) -> None:
    shop, asked = case
    found = quote(shop, asked)
    plain = quote(shop.model_copy(update={"stored_value": StoredValueRules()}), asked)
    assert found.money_fen <= plain.money_fen
    if any(step.text == "quote_stored_price" for step in found.steps):
        assert found.outside_fen == 0
    elif not any(other.change == ("use_stored", True) for other in found.alternatives):
        assert (found.money_fen, found.lines) == (plain.money_fen, plain.lines)


def _without_coupons(shop: Shop, asked: QuoteRequest, found: Quote) -> bool:
    """The member who uses coupons is told what it costs without."""
    told = [other.money_fen for other in found.alternatives if other.change == ("use_coupons", False)]
    plain = request(
        asked.items,
        (),
        level=asked.level.id,
        stored_fen=asked.paid_in_fen,
        points=asked.points,
        use_points=asked.use_points,
        now=NOW,
    )
    return told == ([quote(shop, plain).money_fen] if found.coupons else [])
