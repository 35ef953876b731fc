"""How long the quote takes (row C3): `python -m bench.quote`.

Cases of 10 lines and 20 coupons, made from a fixed seed: `typical`, the coupons of the beauty example;
`open`, twenty kinds that all go with each other, half of them asked with points; `alike`, twenty kinds worth
the same, where bounds help least. A quote is timed whole: prices, search, steps, alternatives, reasons,
fingerprint. The time is that of the processor, since a quote waits for nothing.
"""

from __future__ import annotations

import argparse
import random
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from statistics import quantiles
from zoneinfo import ZoneInfo

from shop.files import load
from shop.model import CouponKind, QuoteRules, Shop
from shop.model.points import CashValue
from shop.quote import HeldCoupon, QuoteRequest, quote

EXAMPLE = Path(__file__).parents[1] / "shop" / "examples" / "beauty.yml"
NOW = datetime(2026, 3, 3, 14, tzinfo=ZoneInfo("Asia/Shanghai"))  # a Tuesday
COUPONS, LINES = 20, 10
Maker = Callable[[random.Random, Shop, int], CouponKind]


def typical(rng: random.Random, shop: Shop, _number: int) -> CouponKind:
    return rng.choice(shop.coupons)


def open_to_all(rng: random.Random, shop: Shop, number: int) -> CouponKind:
    written: dict[str, object] = {
        "id": f"c{number}",
        "name": f"券{number}",
        "stacking": "others",
        "valid_days": 9,
    }
    kind = rng.choice(["amount", "amount", "percent", "item", "doubling"])
    if kind == "amount":
        written |= {"off": rng.randrange(1, 80), "over": rng.randrange(100, 2000)}
    elif kind == "percent":
        written |= {"percent": rng.randrange(70, 99), "cap": rng.randrange(20, 200)}
    elif kind == "item":
        written |= {"price": rng.randrange(1, 50)}
    else:
        written |= {"pay": 50, "wake": rng.randrange(10, 60)}
    if kind == "item" or rng.random() < 0.5:
        written["categories"] = (rng.choice(shop.categories).id,)
    return CouponKind.model_validate({**written, "kind": kind, "with_member_price": rng.random() < 0.7})


def alike(_rng: random.Random, _shop: Shop, number: int) -> CouponKind:
    written = {"id": f"c{number}", "name": f"券{number}", "kind": "amount", "off": 10, "valid_days": 9}
    return CouponKind.model_validate({**written, "stacking": "others"})


CASES: dict[str, Maker] = {"typical": typical, "open": open_to_all, "alike": alike}


def request(rng: random.Random, shop: Shop, make: Maker) -> QuoteRequest:
    items = [*shop.services, *shop.goods]
    basket = tuple((item.id, rng.randrange(1, 4)) for item in rng.sample(items, LINES))
    coupons = [
        HeldCoupon(number, make(rng, shop, number), NOW + timedelta(days=rng.randrange(1, 60)))
        for number in range(COUPONS)
    ]
    return QuoteRequest(
        store_id=shop.stores[0].id,
        level=rng.choice(shop.levels),
        items=basket,
        coupons=tuple(coupons),
        paid_in_fen=rng.randrange(500_000),
        gift_fen=rng.randrange(100_000),
        points=rng.randrange(5_000),
        entitlements=(),
        now=NOW,
        use_points=rng.random() < 0.5,
    )


def milliseconds(shop: Shop, make: Maker, count: int, seed: int) -> list[float]:
    rng = random.Random(seed)
    asked = [request(rng, shop, make) for _ in range(count)]
    quote(shop, asked[0])
    taken = []
    for each in asked:
        start = time.thread_time()
        quote(shop, each)
        taken.append((time.thread_time() - start) * 1000)
    return taken


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=7)
    arguments = parser.parse_args()
    example = load(EXAMPLE)
    cash = example.points.model_copy(update={"cash_value": CashValue(points_per_yuan=100, step=100)})
    for at_most in (3, 5):
        update = {"points": cash, "quote": QuoteRules(coupons_at_most=at_most)}
        shop = example.model_copy(update=update)
        for name, make in CASES.items():
            cuts = quantiles(taken := milliseconds(shop, make, arguments.count, arguments.seed), n=100)
            figures = f"p50 {cuts[49]:6.2f} ms  p99 {cuts[98]:6.2f} ms  most {max(taken):6.2f} ms"
            print(f"{name:8} at most {at_most} coupons  {figures}")


if __name__ == "__main__":
    main()
