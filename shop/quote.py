"""THE QUOTE (row C3): member + lines → member prices, packs, coupons, points, balance, each step in a line.

Objective. Packs first, when the shop's policy (or the request) says so: the dearest units by the member's
price are paid by packs, each by the pack that is good for the fewest items, as long as the pack lasts. Of the
rest `shop.quote_search` finds, among all sets of coupons that the stacking rules allow, and with points when
policy or request say so, the one with the least money, then the fewest coupons, then those that expire first,
then the fewest points; `shop.quote_price` says what a set costs. Stored value pays that money as far as it
reaches, less what a balance-doubling coupon asks for in outside money; outside money pays the rest.

Fingerprint. It covers the rules' version, the wallet's version, the level, the store, the basket, the policy
flags, and the outcome: prices line by line, coupons by id with kind and expiry, points, packs, stored and
outside money. At the yes the same request is quoted again from what is true then; another fingerprint means
another quote, never a silent other price. A coupon that was not used and is gone meanwhile changes nothing
for the member, so it does not void his quote; one that would now make it better does.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, replace

from shop import coupons as rules
from shop import giving, points
from shop.levels import member_price_fen
from shop.model import CouponKind, Good, Pack, Service, Shop
from shop.money import format_fen, short_fen
from shop.overrides import for_store
from shop.quote_price import STAGES, Candidate, PointsOffer, PricedLine, most_fen
from shop.quote_search import Best, Hand, best
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

_UNITS = {"times": "次", "minutes": "分钟", "lessons": "课时"}


@dataclass(frozen=True)
class _Basket:
    """The lines as they are priced, and what packs pay of them."""

    items: tuple[Service | Good, ...]
    quantities: tuple[int, ...]
    lines: tuple[PricedLine, ...]
    uses: tuple[PackUse, ...]


@dataclass(frozen=True)
class _Work:
    """One search with its request. `shop`: the rules as they hold in the store."""

    shop: Shop
    request: QuoteRequest
    basket: _Basket
    hands: tuple[Hand, ...]
    points: PointsOffer | None
    best: Best


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
    steps = (*_steps(work, made), *_multiplier_steps(shop, request, made))
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


def _work(shop: Shop, request: QuoteRequest) -> _Work:
    basket = _basket(shop, request)
    hands = _hands(shop, request, basket) if request.use_coupons else ()
    offer = _points(shop, request)
    found = best(basket.lines, hands, offer, shop.quote.coupons_at_most)
    return _Work(shop, request, basket, hands, offer, found)


def _stored(request: QuoteRequest, most: int) -> int:
    return min(most, request.paid_in_fen + request.gift_fen) if request.use_stored else 0


def _points(shop: Shop, request: QuoteRequest) -> PointsOffer | None:
    wanted = shop.quote.points == "always" if request.use_points is None else request.use_points
    rule = shop.points.cash_value
    return PointsOffer(request.points, rule) if wanted and rule is not None and request.points > 0 else None


def _basket(shop: Shop, request: QuoteRequest) -> _Basket:
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
    return _Basket(items, quantities, lines, tuple(use for _, use in uses))


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


def _hands(shop: Shop, request: QuoteRequest, basket: _Basket) -> tuple[Hand, ...]:
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


def _covered(kind: CouponKind, basket: _Basket) -> tuple[int, ...]:
    if kind.kind == "top_up":
        return ()
    return tuple(
        index
        for index, (item, line) in enumerate(zip(basket.items, basket.lines, strict=True))
        if line.units and rules.covers(kind, item)
    )


def _reachable(kind: CouponKind, basket: _Basket, covered: tuple[int, ...]) -> bool:
    """Whether the threshold can be met at all: at list prices, which some coupon may bring about."""
    counted = range(len(basket.lines)) if kind.kind == "item" else covered
    return sum(basket.lines[i].units * basket.lines[i].list_fen for i in counted) >= (kind.over_fen or 0)


def _lines(work: _Work) -> tuple[QuotedLine, ...]:
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


def _steps(work: _Work, made: Quote) -> tuple[Step, ...]:
    steps = [_pack_step(work, use) for use in made.entitlement_uses]
    steps += _price_steps(work)
    steps += [_coupon_step(c, off) for c, off in zip(made.coupons, made.coupon_offs_fen, strict=True)]
    if made.points_spent:
        value = format_fen(made.points_value_fen)
        steps.append(Step("quote_points", {"points": made.points_spent, "value": value}))
    if made.stored_fen:
        steps.append(Step("quote_stored", {"amount": format_fen(made.stored_fen)}))
    if made.outside_fen:
        steps.append(Step("quote_outside", {"amount": format_fen(made.outside_fen)}))
    return tuple(steps)


def _pack_step(work: _Work, use: PackUse) -> Step:
    pack, item = work.shop.pack(use.code), work.shop.item(use.item_id)
    unit = _UNITS[pack.unit]
    return Step(
        "quote_pack",
        {"pack": pack.name, "item": item.name, "units": use.units, "amount": use.amount, "unit": unit},
    )


def _price_steps(work: _Work) -> list[Step]:
    list_fen = sum(line.units * line.list_fen for line in work.basket.lines)
    paid_fen = sum(work.best.price.bases_fen)
    member_fen = sum(line.units * line.member_fen for line in work.basket.lines)
    steps = []
    if paid_fen > member_fen:
        steps.append(Step("quote_list_price", {"list": format_fen(paid_fen)}))
    elif member_fen < list_fen:
        values = {"list": format_fen(list_fen), "member": format_fen(member_fen)}
        values |= {"level": work.request.level.name, "saved": format_fen(list_fen - member_fen)}
        steps.append(Step("quote_member_price", values))
    return steps


def _coupon_step(coupon: HeldCoupon, off_fen: int) -> Step:
    kind = coupon.kind
    values = {"coupon": kind.name, "off": format_fen(off_fen)}
    if kind.kind == "doubling":
        return Step("quote_doubling", {**values, "pay": format_fen(kind.pay_fen or 0)})
    return Step("quote_coupon", values)


def _alternatives(work: _Work) -> tuple[Alternative, ...]:
    """What the same basket costs without what is used, and with points where they are not."""
    shop, request, found = work.shop, work.request, work.best
    others = []
    if found.coupons:
        others.append(_other(work, "quote_without_coupons", ("use_coupons", False)))
    if found.price.points:
        others.append(_other(work, "quote_without_points", ("use_points", False)))
    elif work.points is None and shop.points.cash_value is not None and request.points > 0:
        others.append(_other(work, "quote_with_points", ("use_points", True)))
    if work.basket.uses:
        others.append(_other(work, "quote_without_packs", ("use_packs", False)))
    return tuple(
        each for each in others if each.money_fen != found.price.money_fen or each.change[1] is False
    )


def _other(work: _Work, text: str, change: tuple[str, bool]) -> Alternative:
    flags: dict[str, bool] = {change[0]: change[1]}
    price = _work(work.shop, replace(work.request, **flags)).best.price  # type: ignore[arg-type]
    values: dict[str, object] = {"amount": format_fen(price.money_fen)}
    if text == "quote_with_points":
        values["points"] = price.points
    return Alternative(text, values, price.money_fen, change)


def _unused(work: _Work) -> tuple[Unused, ...]:
    used = {coupon.coupon_id for coupon in work.best.coupons}
    return tuple(_why_unused(work, each) for each in work.request.coupons if each.coupon_id not in used)


def _why_unused(work: _Work, coupon: HeldCoupon) -> Unused:
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
