"""What a basket costs with a given set of coupons: the rule of the quote, in whole fen (row C3).

The order of the steps is fixed, so that a set of coupons has one price:

1. Packs pay whole units (see `shop.quote`). What follows is about the other units.
2. A unit is at the member's price, or at list price when a coupon of the set covers it that does not go with
   member prices. On these prices thresholds are counted; n coupons of one kind need n times the threshold.
3. Coupons come in the order item, percent, amount, doubling; of one type, the one that covers fewer lines
   first, then by id. An item coupon brings one unit that it covers to its price, the dearest one. The others
   take something off the lines they cover, by largest remainder, never more than is left on them.
4. A doubling coupon leaves at least its `pay` to be paid with outside money.
5. Points pay in steps, up to their share of what is left, and never what step 4 asks for.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from shop.model import CouponKind
from shop.model.points import CashValue

STAGES = {"item": 0, "percent": 1, "amount": 2, "doubling": 3}


@dataclass(frozen=True)
class PricedLine:
    """A line's units that packs do not pay, and its two prices of one unit."""

    units: int
    list_fen: int
    member_fen: int


@dataclass(frozen=True)
class Candidate:
    """A kind of coupon that may be used now: which lines it covers, the most that one could take off.

    `order`: when its turn is, as step 3 says; its last part tells two issues of one kind apart.
    """

    kind: CouponKind
    lines: tuple[int, ...]
    most_fen: int
    order: tuple[int, int, str, int]


@dataclass(frozen=True)
class PointsOffer:
    """The points a member may pay with; None of a rule means none."""

    held: int
    rule: CashValue

    def value_fen(self, points: int) -> int:
        """What that many points pay, rounded down to the fen."""
        return points * 100 // self.rule.points_per_yuan

    def for_money(self, left_fen: int, kept_fen: int) -> tuple[int, int]:
        """(points, fen they pay) of the most that may be paid of `left_fen`, `kept_fen` of it set aside.

        Whole steps; the fewest that pay as much.
        """
        limit_fen = min(left_fen * self.rule.max_percent // 100, left_fen - kept_fen)
        # `steps` pays floor(steps × step × 100 / per_yuan): the most whose value is at most the limit.
        per_yuan, step = self.rule.points_per_yuan, self.rule.step
        steps = min(self.held // step, ((limit_fen + 1) * per_yuan - 1) // (100 * step))
        value = self.value_fen(steps * step)
        if value <= 0:
            return 0, 0
        fewest = -(-value * per_yuan // (100 * step))
        return fewest * step, value

    def bound_fen(self, left_fen: int) -> int:
        """No more than this is paid with points of what is `left_fen`."""
        usable = self.held // self.rule.step * self.rule.step
        return min(self.value_fen(usable), left_fen * self.rule.max_percent // 100)


@dataclass(frozen=True)
class Price:
    """What the basket costs with a set of coupons.

    Attributes:
        lines_fen: what money pays, line by line.
        offs_fen: what each (candidate, count) of the set takes off, in the set's order.
        kept_fen: outside money that doubling coupons ask for.
    """

    money_fen: int
    lines_fen: tuple[int, ...]
    offs_fen: tuple[int, ...]
    points: int
    points_fen: int
    kept_fen: int
    bases_fen: tuple[int, ...]


Chosen = Sequence[tuple[Candidate, int]]


def price(lines: Sequence[PricedLine], chosen: Chosen, points: PointsOffer | None) -> Price | None:
    """The price with exactly those coupons; None when one of them cannot be used or takes nothing off."""
    units = _unit_prices(lines, chosen)
    bases = [unit * line.units for unit, line in zip(units, lines, strict=True)]
    if not all(_reaches(candidate, count, bases) for candidate, count in chosen):
        return None
    left = list(bases)
    free = [line.units for line in lines]
    kept_fen = 0
    offs = dict.fromkeys(range(len(chosen)), 0)
    for index in sorted(offs, key=lambda each: chosen[each][0].order):
        candidate, count = chosen[index]
        if candidate.kind.kind == "item":
            off_fen = _bring_to_price(candidate, count, left, free, units)
        else:
            kept_fen += (candidate.kind.pay_fen or 0) * count
            off_fen = _take_off(candidate, count, left, kept_fen)
        if off_fen <= 0:
            return None
        offs[index] = off_fen
    total_fen = sum(left)
    if total_fen < kept_fen:
        return None
    spent, value_fen = 0, 0
    if points is not None and all(candidate.kind.with_points for candidate, _ in chosen):
        spent, value_fen = points.for_money(total_fen, kept_fen)
        for line, part in apportion(value_fen, left, range(len(left))):
            left[line] -= part
    return Price(
        total_fen - value_fen, tuple(left), tuple(offs.values()), spent, value_fen, kept_fen, tuple(bases)
    )


def _unit_prices(lines: Sequence[PricedLine], chosen: Chosen) -> list[int]:
    units = [line.member_fen for line in lines]
    for candidate, _ in chosen:
        if not candidate.kind.with_member_price:
            for line in candidate.lines:
                units[line] = lines[line].list_fen
    return units


def _reaches(candidate: Candidate, count: int, bases: Sequence[int]) -> bool:
    over_fen = candidate.kind.over_fen
    if not over_fen:
        return True
    counted = sum(bases) if candidate.kind.kind == "item" else sum(bases[line] for line in candidate.lines)
    return counted >= over_fen * count


def _bring_to_price(
    candidate: Candidate, count: int, left: list[int], free: list[int], units: Sequence[int]
) -> int:
    """Bring `count` units to the coupon's price, the dearest first; 0 when one of them saves nothing."""
    total_fen = 0
    for _ in range(count):
        able = [line for line in candidate.lines if free[line]]
        best = max(able, key=lambda line: (units[line], -line), default=None)
        saved_fen = 0 if best is None else units[best] - (candidate.kind.price_fen or 0)
        if best is None or saved_fen <= 0:
            return 0
        free[best] -= 1
        left[best] -= saved_fen
        total_fen += saved_fen
    return total_fen


def _take_off(candidate: Candidate, count: int, left: list[int], kept_fen: int) -> int:
    """Take a percentage, an amount or woken money off the covered lines; how much it was."""
    kind = candidate.kind
    covered_fen = sum(left[line] for line in candidate.lines)
    if kind.kind == "percent":
        off_fen = covered_fen - covered_fen * (kind.percent or 100) // 100
        if kind.cap_fen is not None:
            off_fen = min(off_fen, kind.cap_fen)
    elif kind.kind == "amount":
        off_fen = min((kind.off_fen or 0) * count, covered_fen)
    else:
        off_fen = min((kind.wake_fen or 0) * count, covered_fen, sum(left) - kept_fen)
    if off_fen > 0:
        for line, part in apportion(off_fen, left, candidate.lines):
            left[line] -= part
    return off_fen


def apportion(amount_fen: int, weights: Sequence[int], lines: Sequence[int]) -> list[tuple[int, int]]:
    """(line, fen) for an amount spread in proportion to the weights, by largest remainder, then first line.

    The parts add up to the amount; none is above its line's weight while the amount is at most their sum.
    """
    total = sum(weights[line] for line in lines)
    if not amount_fen or not total:
        return []
    parts = [(line, *divmod(amount_fen * weights[line], total)) for line in lines]
    missing = amount_fen - sum(part for _, part, _ in parts)
    first = sorted(parts, key=lambda each: (-each[2], each[0]))[:missing]
    raised = {line for line, _, _ in first}
    return [(line, part + (line in raised)) for line, part, _ in parts]


def most_fen(kind: CouponKind, lines: Sequence[PricedLine], covered: Sequence[int]) -> int:
    """The most one coupon could take off, whatever else is used."""
    covered_fen = sum(lines[line].units * lines[line].list_fen for line in covered)
    if kind.kind == "item":
        dearest = max((lines[line].list_fen for line in covered if lines[line].units), default=0)
        return max(dearest - (kind.price_fen or 0), 0)
    if kind.kind == "percent":
        off_fen = covered_fen - covered_fen * (kind.percent or 100) // 100
        return off_fen if kind.cap_fen is None else min(off_fen, kind.cap_fen)
    return min((kind.off_fen or 0) if kind.kind == "amount" else (kind.wake_fen or 0), covered_fen)
