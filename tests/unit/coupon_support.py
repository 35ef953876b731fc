"""A shop for quotes, and the price by brute force: every set of coupons, judged by the rule of docs/shop.md.

Written for the tests alone and on other lines than the product: single coupons instead of kinds with counts,
fractions instead of divmod, no bounds.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

from shop.files import loads
from shop.model import CouponKind, Shop
from shop.quote_types import HeldCoupon, QuoteRequest

ZONE = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 3, 2, 10, tzinfo=ZONE)  # a Monday

SHOP_YML = """
name: 试算店
stores:
  - {id: s1, name: 一店, address: 人民路 1 号, phone: 010-65010001, hours: {every_day: "09:00-21:00"}}
  - {id: s2, name: 二店, address: 人民路 2 号, phone: 010-65010002, hours: {every_day: "09:00-21:00"}}
categories:
  - {id: care, name: 护理}
  - {id: goods, name: 商品}
services:
  - {id: facial, name: 补水护理, category: care, price: 198, duration_minutes: 60}
  - {id: massage, name: 肩颈按摩, category: care, price: 88.8, duration_minutes: 30}
goods:
  - {id: mask, name: 面膜, category: goods, price: 39.9}
  - {id: cream, name: 面霜, category: goods, price: 128, fixed_price: true}
  - {id: cup, name: 杯子, category: goods, price: 0.07}
packs:
  - {id: facial_pack, name: 补水次卡, price: 1500, unit: times, amount: 10, services: [facial]}
  - {id: minutes_pack, name: 时长卡, price: 800, unit: minutes, amount: 600, services: [facial, massage]}
top_up: {minimum: 100, maximum: 5000}
levels:
  - {id: new, name: 新客}
  - {id: loyal, name: 忠诚会员, conditions: {spent: 1000}, member_price_percent: 88}
points: {per_yuan_outside: 1, per_yuan_stored: 2}
payment_methods: [{id: wechat, name: 微信}]
roles:
  - {id: cashier, name: 收银员}
  - {id: manager, name: 店长}
  - {id: head_office, name: 总部}
  - {id: owner, name: 老板}
"""
SHOP: Shop = loads(SHOP_YML)
ITEMS = [*SHOP.services, *SHOP.goods]


def kind(**written: object) -> CouponKind:
    """A kind with what is written, as in shop.yml; good for thirty days."""
    return CouponKind.model_validate({"id": "c", "name": "券", "valid_days": 30, **written})


def coupon(number: int, of: CouponKind, days: int = 10) -> HeldCoupon:
    return HeldCoupon(number, of, NOW + timedelta(days=days))


def request(
    items: Sequence[tuple[str, int]],
    coupons: Sequence[HeldCoupon] = (),
    *,
    level: str = "new",
    stored_fen: int = 0,
    points: int = 0,
    entitlements: Sequence[tuple[str, str, int]] = (),
    use_points: bool | None = None,
    store_id: str = "s1",
    now: datetime = NOW,
) -> QuoteRequest:
    return QuoteRequest(
        store_id=store_id,
        level=SHOP.level(level),
        items=tuple(items),
        coupons=tuple(coupons),
        paid_in_fen=stored_fen,
        gift_fen=0,
        points=points,
        entitlements=tuple(entitlements),
        now=now,
        use_points=use_points,
    )


@dataclass(frozen=True)
class Answer:
    """What brute force found: the rank is (money, number of coupons, (expiry, id) sorted, points)."""

    money_fen: int
    coupon_ids: frozenset[int]
    points: int


def brute_force(shop: Shop, asked: QuoteRequest) -> Answer:
    """The best answer over every set of coupons; packs are not looked at, nor stores and hours.

    Prices for stored value are taken to be in force; each set is tried with and without them.
    """
    ranked = []
    for size in range(shop.quote.coupons_at_most + 1):
        for chosen in itertools.combinations(asked.coupons, size):
            for by_hour in (False, True):
                found = _cost(shop, asked, chosen, by_hour=by_hour) if _allowed(chosen) else None
                if found is not None and not (by_hour and _asks_for_cash(asked, chosen, found[0])):
                    expiries = sorted((each.expires_at, each.coupon_id) for each in chosen)
                    ranked.append(((found[0], size, expiries, found[1]), chosen))
    rank, chosen = min(ranked, key=lambda each: each[0])
    return Answer(rank[0], frozenset(each.coupon_id for each in chosen), rank[3])


def _asks_for_cash(asked: QuoteRequest, chosen: Sequence[HeldCoupon], money: int) -> bool:
    return money > asked.paid_in_fen + asked.gift_fen or any(each.kind.kind == "doubling" for each in chosen)


def _allowed(chosen: Sequence[HeldCoupon]) -> bool:
    for one, other in itertools.combinations(chosen, 2):
        a, b = one.kind, other.kind
        if a.id != b.id and ("alone" in (a.stacking, b.stacking) or (a.group and a.group == b.group)):
            return False
    per_kind = Counter(each.kind.id for each in chosen)
    return all(per_kind[each.kind.id] <= each.kind.per_purchase for each in chosen)


def _covers(of: CouponKind, item_id: str, category: str) -> bool:
    included = (not of.items and not of.categories) or item_id in of.items or category in of.categories
    return included and item_id not in of.not_items and category not in of.not_categories


_TURN = ["item", "percent", "amount", "doubling"]


def _percent(shop: Shop, asked: QuoteRequest, category: str, *, by_hour: bool) -> int:
    hour = [p.percent for p in shop.stored_value.prices if not p.categories or category in p.categories]
    return min([asked.level.member_price_percent, *(hour if by_hour else [])])


def _cost(
    shop: Shop, asked: QuoteRequest, chosen: Sequence[HeldCoupon], *, by_hour: bool = False
) -> tuple[int, int] | None:
    """(money, points) with exactly these coupons; None when one of them cannot be used or is of no use."""
    bought = [(shop.item(item_id), quantity) for item_id, quantity in asked.items]
    covered = {
        each.coupon_id: [n for n, (i, _) in enumerate(bought) if _covers(each.kind, i.id, i.category)]
        for each in chosen
    }
    unit = []
    for number, (item, _) in enumerate(bought):
        at_list = any(not e.kind.with_member_price and number in covered[e.coupon_id] for e in chosen)
        percent = (
            100 if at_list or item.fixed_price else _percent(shop, asked, item.category, by_hour=by_hour)
        )
        unit.append(item.list_fen * percent // 100)
    left = [price * quantity for price, (_, quantity) in zip(unit, bought, strict=True)]
    if not all(_met(each, chosen, covered[each.coupon_id], left) for each in chosen):
        return None
    singles = [[price] * quantity for price, (_, quantity) in zip(unit, bought, strict=True)]
    wanted = 0
    by_kind: dict[CouponKind, int] = Counter(each.kind for each in chosen)
    lines_of = {each.kind: covered[each.coupon_id] for each in chosen}
    for of in sorted(by_kind, key=lambda k: (_TURN.index(k.kind), len(lines_of[k]), k.id)):
        lines, many, before = lines_of[of], by_kind[of], sum(left)
        if of.kind == "item":
            if not _swap(of, many, lines, singles, left):
                return None
            continue
        there = sum(left[n] for n in lines)
        if of.kind == "percent":
            off = there - there * (of.percent or 0) // 100
            off = min(off, of.cap_fen) if of.cap_fen else off
        elif of.kind == "amount":
            off = min((of.off_fen or 0) * many, there)
        else:
            wanted += (of.pay_fen or 0) * many
            off = min((of.wake_fen or 0) * many, there, before - wanted)
        if off <= 0:
            return None
        _spread(off, lines, left)
    return _with_points(shop, asked, chosen, sum(left), wanted)


def _met(each: HeldCoupon, chosen: Sequence[HeldCoupon], lines: Sequence[int], left: Sequence[int]) -> bool:
    same = sum(other.kind == each.kind for other in chosen)
    counted = sum(left) if each.kind.kind == "item" else sum(left[n] for n in lines)
    return bool(lines) and counted >= (each.kind.over_fen or 0) * same


def _swap(of: CouponKind, many: int, lines: Sequence[int], singles: list[list[int]], left: list[int]) -> bool:
    for _ in range(many):
        units = [(-price, n) for n in lines for price in singles[n]]
        if not units:
            return False
        price, n = -min(units)[0], min(units)[1]
        if price <= (of.price_fen or 0):
            return False
        singles[n].remove(price)
        left[n] -= price - (of.price_fen or 0)
    return True


def _spread(off: int, lines: Sequence[int], left: list[int]) -> None:
    """Largest remainder, told the long way: whole parts first, then a fen each to the greatest rests."""
    total = sum(left[n] for n in lines)
    exact = {n: Fraction(off * left[n], total) for n in lines}
    whole = {n: int(exact[n]) for n in lines}
    order = sorted(lines, key=lambda n: (whole[n] - exact[n], n))
    for n in order[: off - sum(whole.values())]:
        whole[n] += 1
    for n in lines:
        left[n] -= whole[n]


def _with_points(
    shop: Shop, asked: QuoteRequest, chosen: Sequence[HeldCoupon], total: int, wanted: int
) -> tuple[int, int] | None:
    rule = shop.points.cash_value
    if total < wanted:
        return None
    best = (total, 0)
    if asked.use_points and rule and all(each.kind.with_points for each in chosen):
        for points in range(0, asked.points + 1, rule.step):
            worth = points * 100 // rule.points_per_yuan
            if worth <= total * rule.max_percent // 100 and total - worth >= wanted:
                best = min(best, (total - worth, points))
    return best
