"""THE QUOTE (row C3): member + lines → member prices, packs, coupons, points, balance, each step in a line.

Objective. Packs first, when the shop's policy (or the request) says so: the dearest units by the member's
price are paid by packs, each by the pack that is good for the fewest items, as long as the pack lasts. Of the
rest `shop.quote_search` finds, among all sets of coupons that the stacking rules allow, and with points when
policy or request say so, the one with the least money, then the fewest coupons, then those that expire first,
then the fewest points; `shop.quote_price` says what a set costs. Stored value pays that money as far as it
reaches, less what a balance-doubling coupon asks for in outside money; outside money pays the rest.

Where a price for stored value holds at that hour (`shop.stored_prices`), the same search runs over these
prices as well, without coupons that ask for outside money; it counts when stored value pays all of its money
and it is better by the same order. A set of coupons that costs more would ask for more balance, so the best
one is enough to know whether any can be paid.

Fingerprint. It covers the rules' version, the wallet's version, the level, the store, the basket, the policy
flags, and the outcome: prices line by line, coupons by id with kind and expiry, points, packs, stored and
outside money. At the yes the same request is quoted again from what is true then; another fingerprint means
another quote, never a silent other price. A coupon that was not used and is gone meanwhile changes nothing
for the member, so it does not void his quote; one that would now make it better does.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace

from shop import coupons as rules
from shop import giving, points, stored_prices
from shop.levels import member_price_fen
from shop.model import CouponKind, Good, Pack, Service, Shop
from shop.money import format_fen, short_fen
from shop.overrides import for_store
from shop.quote_price import STAGES, Candidate, PointsOffer, PricedLine, most_fen
from shop.quote_search import Best, Hand, best
from shop.quote_steps import Basket, Work, explained
from shop.quote_types import (
    Alternative,
    HeldCoupon,
    PackUse,
    Quote,
    QuotedLine,
    QuoteRequest,
    Step,
    Unused,
)
from shop.tiers import MemberFacts

__all__ = [
    "Alternative",
    "HeldCoupon",
    "PackUse",
    "Quote",
    "QuoteRequest",
    "QuotedLine",
    "Step",
    "Unused",
    "quote",
]


def quote(shop: Shop, request: QuoteRequest) -> Quote:
    """The best price for the member under the shop's rules. Pure; see the module for the objective.

    Raises UnknownIdError for an item the shop does not have, ValueError for a quantity below 1 or no lines.
    """
    work = _work(for_store(shop, request.store_id), request)
    found, price = work.best, work.best.price
    stored_fen = _stored(request, price.money_fen - price.kept_fen)
    outside_fen = price.money_fen - stored_fen
    lines = _lines(work)
    made = Quote(
        lines=lines,
        coupons=found.coupons,
        coupon_offs_fen=found.offs_fen,
        points_spent=price.points,
        points_value_fen=price.points_fen,
        stored_fen=stored_fen,
        outside_fen=outside_fen,
        outside_least_fen=price.kept_fen,
        entitlement_uses=work.basket.uses,
        points_earned=_earned(shop, request, lines, stored_fen, outside_fen, _occasion(request)),
        steps=(),
        alternatives=_alternatives(work),
        unused=_unused(work),
        fingerprint="",
    )
    steps = (*explained(work, made), *_multiplier_steps(shop, request, made))
    return replace(made, steps=steps, fingerprint=_fingerprint(shop, request, made))


def _occasion(request: QuoteRequest) -> points.Occasion:
    facts = request.facts or MemberFacts(level_id=request.level.id, joined_at=request.now)
    return points.Occasion(request.store_id, request.now, facts)


def _earned(
    shop: Shop,
    request: QuoteRequest,
    lines: tuple[QuotedLine, ...],
    stored_fen: int,
    outside_fen: int,
    occasion: points.Occasion,
) -> int:
    """Points for what money pays; `shop` is head office's, since `points.earned` asks the store itself."""
    return points.earned(
        shop,
        request.level,
        stored_fen=stored_fen,
        outside_fen=outside_fen,
        lines=tuple(points.PaidLine(line.category, line.paid_fen) for line in lines),
        occasion=occasion,
    )


def _multiplier_steps(shop: Shop, request: QuoteRequest, made: Quote) -> tuple[Step, ...]:
    """What the member's own multiplier adds to the points, if it adds anything."""
    occasion = _occasion(request)
    plain = _earned(
        shop, request, made.lines, made.stored_fen, made.outside_fen, points.without_own(occasion)
    )
    values = giving.multiplied_values(shop, occasion, "purchases", made.points_earned - plain)
    return (Step("points_by_multiplier", values),) if values else ()


def _work(shop: Shop, request: QuoteRequest) -> Work:
    basket = _basket(shop, request)
    hands = _hands(shop, request, basket) if request.use_coupons else ()
    offer = _points(shop, request)
    found = best(basket.lines, hands, offer, shop.quote.coupons_at_most)
    return _by_the_hour(Work(shop, request, basket, hands, offer, found))


def _by_the_hour(work: Work) -> Work:
    """The work at the prices of the hour, if stored value pays all of it and it is better; else as it is."""
    shop, request = work.shop, work.request
    prices = stored_prices.in_force(shop, request.store_id, request.now) if request.use_stored else ()
    if not prices:
        return work
    lines = tuple(
        replace(line, member_fen=stored_prices.unit_fen(shop, prices, item, line.member_fen))
        for item, line in zip(work.basket.items, work.basket.lines, strict=True)
    )
    if lines == work.basket.lines:
        return work
    hands = tuple(hand for hand in work.hands if hand.candidate.kind.kind != "doubling")
    found = best(lines, hands, work.points, shop.quote.coupons_at_most)
    if _rank(found) >= _rank(work.best):
        return work
    basket = replace(work.basket, lines=lines)
    by_hour = replace(work, basket=basket, hands=hands, best=found, stored_prices=prices)
    return by_hour if by_hour.short_fen <= 0 else replace(work, short_of=by_hour)


def _rank(found: Best) -> tuple[object, ...]:
    expiries = tuple(sorted((each.expires_at, each.coupon_id) for each in found.coupons))
    return found.price.money_fen, len(found.coupons), expiries, found.price.points


def _stored(request: QuoteRequest, most: int) -> int:
    return min(most, request.paid_in_fen + request.gift_fen) if request.use_stored else 0


def _points(shop: Shop, request: QuoteRequest) -> PointsOffer | None:
    wanted = shop.quote.points == "always" if request.use_points is None else request.use_points
    rule = shop.points.cash_value
    return PointsOffer(request.points, rule) if wanted and rule is not None and request.points > 0 else None


def _basket(shop: Shop, request: QuoteRequest) -> Basket:
    if not request.items or any(quantity < 1 for _, quantity in request.items):
        raise ValueError("a quote needs lines with quantities of 1 or more")
    items = tuple(shop.item(item_id) for item_id, _ in request.items)
    quantities = tuple(quantity for _, quantity in request.items)
    prices = [member_price_fen(shop, request.level, item) for item in items]
    wanted = shop.quote.packs_first if request.use_packs is None else request.use_packs
    uses = _pack_uses(shop, request, items, prices) if wanted else ()
    paid = [0] * len(items)
    for line, use in uses:
        paid[line] += use.units
    lines = tuple(
        PricedLine(quantity - units, item.list_fen, min(member, item.list_fen))
        for item, quantity, units, member in zip(items, quantities, paid, prices, strict=True)
    )
    return Basket(items, quantities, lines, tuple(prices), tuple(use for _, use in uses))


def _pack_uses(
    shop: Shop, request: QuoteRequest, items: tuple[Service | Good, ...], prices: list[int]
) -> tuple[tuple[int, PackUse], ...]:
    """(line, use): what is left of packs, on the dearest lines first."""
    left = {code: amount for code, _, amount in request.entitlements}
    packs = sorted((pack for pack in shop.packs if left.get(pack.id, 0) > 0), key=_by_width)
    uses = []
    for line in sorted(range(len(items)), key=lambda each: (-prices[each], each)):
        open_units = request.items[line][1]
        for pack in packs:
            each = _amount_for(pack, items[line])
            units = min(open_units, left[pack.id] // each) if each else 0
            if units:
                left[pack.id] -= units * each
                open_units -= units
                uses.append((line, PackUse(pack.id, units * each, items[line].id, units)))
    return tuple(uses)


def _by_width(pack: Pack) -> tuple[int, str]:
    return len(pack.items) or 1_000_000, pack.id


def _amount_for(pack: Pack, item: Service | Good) -> int:
    """How much of the pack one unit of the item takes; 0 when it is not good for it."""
    if item.id not in pack.items:
        return 0
    return item.duration_minutes if pack.unit == "minutes" and isinstance(item, Service) else 1


def _hands(shop: Shop, request: QuoteRequest, basket: Basket) -> tuple[Hand, ...]:
    """The coupons that may be used here and now on something of the basket, by kind."""
    by_kind: dict[CouponKind, list[HeldCoupon]] = {}
    for coupon in sorted(request.coupons, key=lambda each: (each.expires_at, each.coupon_id)):
        if rules.why_not_now(shop, coupon, request.store_id, request.now) is None:
            by_kind.setdefault(coupon.kind, []).append(coupon)
    hands = []
    for number, (kind, held) in enumerate(by_kind.items()):
        covered = _covered(kind, basket)
        most = most_fen(kind, basket.lines, covered) if covered else 0
        if most > 0 and _reachable(kind, basket, covered):
            order = (STAGES[kind.kind], len(covered), kind.id, number)
            hands.append(Hand(Candidate(kind, covered, most, order), tuple(held)))
    return tuple(hands)


def _covered(kind: CouponKind, basket: Basket) -> tuple[int, ...]:
    if kind.kind == "top_up":
        return ()
    return tuple(
        index
        for index, (item, line) in enumerate(zip(basket.items, basket.lines, strict=True))
        if line.units and rules.covers(kind, item)
    )


def _reachable(kind: CouponKind, basket: Basket, covered: tuple[int, ...]) -> bool:
    """Whether the threshold can be met at all: at list prices, which some coupon may bring about."""
    counted = range(len(basket.lines)) if kind.kind == "item" else covered
    return sum(basket.lines[i].units * basket.lines[i].list_fen for i in counted) >= (kind.over_fen or 0)


def _lines(work: Work) -> tuple[QuotedLine, ...]:
    basket, paid = work.basket, work.best.price.lines_fen
    return tuple(
        QuotedLine(
            item.id,
            item.name,
            item.category,
            quantity,
            item.list_fen * quantity,
            line.member_fen * quantity,
            fen,
        )
        for item, quantity, line, fen in zip(basket.items, basket.quantities, basket.lines, paid, strict=True)
    )


def _alternatives(work: Work) -> tuple[Alternative, ...]:
    """What the same basket costs without what is used, and with points where they are not."""
    shop, request, found = work.shop, work.request, work.best
    others = []
    if found.coupons:
        others.append(_other(work, "quote_without_coupons", ("use_coupons", False)))
    if found.price.points:
        others.append(_other(work, "quote_without_points", ("use_points", False)))
    elif work.points is None and shop.points.cash_value is not None and request.points > 0:
        others.append(_other(work, "quote_with_points", ("use_points", True)))
    if work.stored_prices:
        others.append(_other(work, "quote_without_stored", ("use_stored", False)))
    if work.short_of is not None:
        others.append(_with_more_balance(work.short_of))
    if work.basket.uses:
        others.append(_other(work, "quote_without_packs", ("use_packs", False)))
    return tuple(
        each for each in others if each.money_fen != found.price.money_fen or each.change[1] is False
    )


def _other(work: Work, text: str, change: tuple[str, bool]) -> Alternative:
    flags: dict[str, bool] = {change[0]: change[1]}
    price = _work(work.shop, replace(work.request, **flags)).best.price  # type: ignore[arg-type]
    values: dict[str, object] = {"amount": format_fen(price.money_fen)}
    if text == "quote_with_points":
        values["points"] = price.points
    return Alternative(text, values, price.money_fen, change)


def _with_more_balance(by_hour: Work) -> Alternative:
    """The price of the hour, told to who has too little on the card for it."""
    money_fen = by_hour.best.price.money_fen
    values = {"amount": format_fen(money_fen), "short": short_fen(by_hour.short_fen)}
    return Alternative("quote_with_more_balance", values, money_fen, ("use_stored", True))


def _unused(work: Work) -> tuple[Unused, ...]:
    used = {coupon.coupon_id for coupon in work.best.coupons}
    return tuple(_why_unused(work, each) for each in work.request.coupons if each.coupon_id not in used)


def _why_unused(work: Work, coupon: HeldCoupon) -> Unused:
    kind, values = coupon.kind, {"coupon": coupon.kind.name}
    if kind.kind == "top_up":
        return Unused(coupon, "coupon_for_top_up", values)
    why = rules.why_not_now(work.shop, coupon, work.request.store_id, work.request.now)
    if why is not None:
        return Unused(coupon, why, {**values, "hours": kind.hours} if why == "coupon_other_hour" else values)
    covered = _covered(kind, work.basket)
    if not covered:
        return Unused(coupon, "coupon_covers_nothing", values)
    counted = range(len(work.basket.lines)) if kind.kind == "item" else covered
    lines = work.basket.lines
    reached = sum(
        lines[i].units
        * (lines[i].member_fen if kind.with_member_price or i not in covered else lines[i].list_fen)
        for i in counted
    )
    needed = (kind.over_fen or 0) if kind.kind != "doubling" else (kind.pay_fen or 0) + 1
    if reached < needed:
        return Unused(coupon, "coupon_threshold", {**values, "short": short_fen(needed - reached)})
    return Unused(coupon, "coupon_not_needed", values)


def _fingerprint(shop: Shop, request: QuoteRequest, made: Quote) -> str:
    """Sixteen hex digits; see the module for what they cover."""
    parts: list[object] = [shop.version, request.wallet_version, request.level.id, request.store_id]
    parts += [request.items, request.use_points, request.use_coupons, request.use_stored, request.use_packs]
    parts += [[(line.item_id, line.list_fen, line.member_fen, line.paid_fen) for line in made.lines]]
    parts += [[(c.coupon_id, rules.content(c.kind), c.expires_at.isoformat()) for c in made.coupons]]
    parts += [made.points_spent, made.points_value_fen, made.stored_fen, made.outside_fen]
    parts += [[(use.code, use.amount, use.item_id) for use in made.entitlement_uses], made.points_earned]
    return hashlib.sha256(json.dumps(parts, ensure_ascii=False).encode()).hexdigest()[:16]
