"""The quote's explanation: what each step of the price does, in a line (row C3)."""

from __future__ import annotations

from dataclasses import dataclass

from shop import stored_prices
from shop.model import Good, Service, Shop, StoredPrice
from shop.money import format_fen
from shop.quote_price import PointsOffer, PricedLine
from shop.quote_search import Best, Hand
from shop.quote_types import HeldCoupon, PackUse, Quote, QuoteRequest, Step

_UNITS = {"times": "次", "minutes": "分钟", "lessons": "课时"}


@dataclass(frozen=True)
class Basket:
    """The lines as they are priced, and what packs pay of them; `level_fens`: a unit at the level's price."""

    items: tuple[Service | Good, ...]
    quantities: tuple[int, ...]
    lines: tuple[PricedLine, ...]
    level_fens: tuple[int, ...]
    uses: tuple[PackUse, ...]


@dataclass(frozen=True)
class Work:
    """One search with its request.

    Attributes:
        shop: the rules as they hold in the store.
        stored_prices: those of the hour, when the basket is priced by them.
        short_of: the search by the prices of the hour, when only the balance does not reach for it.
    """

    shop: Shop
    request: QuoteRequest
    basket: Basket
    hands: tuple[Hand, ...]
    points: PointsOffer | None
    best: Best
    stored_prices: tuple[StoredPrice, ...] = ()
    short_of: Work | None = None

    @property
    def short_fen(self) -> int:
        """What stored value lacks to pay all of it; at most 0 when it lacks nothing."""
        return self.best.price.money_fen - self.request.paid_in_fen - self.request.gift_fen


def explained(work: Work, made: Quote) -> tuple[Step, ...]:
    told = [_pack_step(work, use) for use in made.entitlement_uses]
    told += _price_steps(work)
    told += [_coupon_step(c, off) for c, off in zip(made.coupons, made.coupon_offs_fen, strict=True)]
    if made.points_spent:
        value = format_fen(made.points_value_fen)
        told.append(Step("quote_points", {"points": made.points_spent, "value": value}))
    if made.stored_fen:
        told.append(Step("quote_stored", {"amount": format_fen(made.stored_fen)}))
    if made.outside_fen:
        told.append(Step("quote_outside", {"amount": format_fen(made.outside_fen)}))
    return tuple(told)


def _pack_step(work: Work, use: PackUse) -> Step:
    pack, item = work.shop.pack(use.code), work.shop.item(use.item_id)
    unit = _UNITS[pack.unit]
    return Step(
        "quote_pack",
        {"pack": pack.name, "item": item.name, "units": use.units, "amount": use.amount, "unit": unit},
    )


def _price_steps(work: Work) -> list[Step]:
    list_fen = sum(line.units * line.list_fen for line in work.basket.lines)
    paid_fen = sum(work.best.price.bases_fen)
    member_fen = sum(line.units * line.member_fen for line in work.basket.lines)
    level_fen = sum(
        line.units * fen for line, fen in zip(work.basket.lines, work.basket.level_fens, strict=True)
    )
    steps = []
    if paid_fen > member_fen:
        steps.append(Step("quote_list_price", {"list": format_fen(paid_fen)}))
    elif level_fen < list_fen:
        values = {"list": format_fen(list_fen), "member": format_fen(level_fen)}
        values |= {"level": work.request.level.name, "saved": format_fen(list_fen - level_fen)}
        steps.append(Step("quote_member_price", values))
    return steps + _stored_price_steps(work)


def _stored_price_steps(work: Work) -> list[Step]:
    """What the prices of the hour take off, on the lines that no coupon has brought back to list price."""
    basket, names, before_fen, after_fen = work.basket, dict[str, None](), 0, 0
    for item, line, fen, base_fen in zip(
        basket.items, basket.lines, basket.level_fens, work.best.price.bases_fen, strict=True
    ):
        rule = stored_prices.best_for(work.stored_prices, item)
        if rule is not None and base_fen < fen * line.units:
            names[rule.name] = None
            before_fen, after_fen = before_fen + fen * line.units, after_fen + base_fen
    if not names:
        return []
    values = {"name": "、".join(names), "before": format_fen(before_fen), "after": format_fen(after_fen)}
    return [Step("quote_stored_price", {**values, "saved": format_fen(before_fen - after_fen)})]


def _coupon_step(coupon: HeldCoupon, off_fen: int) -> Step:
    kind = coupon.kind
    values = {"coupon": kind.name, "off": format_fen(off_fen)}
    if kind.kind == "doubling":
        return Step("quote_doubling", {**values, "pay": format_fen(kind.pay_fen or 0)})
    return Step("quote_coupon", values)
