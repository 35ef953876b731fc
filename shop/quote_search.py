"""The best set of coupons: depth first over the kinds in hand, cut off where nothing better follows (row C3).

What is best for the member, in this order: the least money (stored value and outside money together), then
the fewest coupons, then those that expire first (the sorted (expires_at, id) of the set), then the fewest
points.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import accumulate

from shop.quote_price import Candidate, PointsOffer, Price, PricedLine, price
from shop.quote_types import HeldCoupon

Expiries = tuple[tuple[datetime, int], ...]
Rank = tuple[int, int, Expiries]


@dataclass(frozen=True)
class Hand:
    """Coupons of one and the same kind that may be used now, the first to expire in front."""

    candidate: Candidate
    coupons: tuple[HeldCoupon, ...]


Picked = tuple[tuple[Hand, int], ...]


@dataclass(frozen=True)
class Best:
    """The best price, the coupons it uses, and what each takes off, in the same order."""

    price: Price
    coupons: tuple[HeldCoupon, ...]
    offs_fen: tuple[int, ...]


def best(
    lines: Sequence[PricedLine], hands: Sequence[Hand], points: PointsOffer | None, at_most: int
) -> Best:
    """The best price of those lines with at most so many of those coupons, and with those points."""
    search = _Search(lines, hands, points, at_most)
    search.visit(0, ())
    price_found = search.price
    picked = search.picked
    coupons = tuple(coupon for hand, count in picked for coupon in hand.coupons[:count])
    offs = (_shares(off, count) for off, (_, count) in zip(price_found.offs_fen, picked, strict=True))
    return Best(price_found, coupons, tuple(off for shares in offs for off in shares))


def _shares(off_fen: int, count: int) -> list[int]:
    """What coupons of one kind take off together, told of each."""
    part, rest = divmod(off_fen, count)
    return [part + (index < rest) for index in range(count)]


def may_join(chosen: Sequence[tuple[Candidate, int]], new: Candidate) -> bool:
    """Whether the stacking rules of all let one more coupon of that kind join."""
    kind = new.kind
    same = [(other.kind.per_purchase, count) for other, count in chosen if other.kind.id == kind.id]
    if same and sum(count for _, count in same) >= min(kind.per_purchase, *(limit for limit, _ in same)):
        return False
    others = [other.kind for other, _ in chosen if other.kind.id != kind.id]
    return all(
        "alone" not in (kind.stacking, other.stacking) and (kind.group is None or kind.group != other.group)
        for other in others
    )


class _Search:
    """Branch and bound; the hands that promise most come first, so that bounds cut early.

    No set saves more than the sum of what each coupon could save at most, less what prices rise where a
    coupon does not go with member prices. Of a rise that several share each bears at least its part.
    """

    def __init__(
        self, lines: Sequence[PricedLine], hands: Sequence[Hand], points: PointsOffer | None, at_most: int
    ) -> None:
        self.lines, self.points, self.at_most = lines, points, at_most
        self.rises = [line.units * (line.list_fen - line.member_fen) for line in lines]
        self.member_fen = sum(line.units * line.member_fen for line in lines)
        self.hands = sorted(hands, key=lambda hand: (-self._worth(hand, set(), at_most), _first(hand)))
        self.firsts = [self._firsts(index) for index in range(len(self.hands) + 1)]
        plain = price(lines, (), points)
        if plain is None:
            raise ValueError("a basket without coupons has a price")
        self.price: Price = plain
        self.picked: Picked = ()
        self.rank: Rank = (plain.money_fen, 0, ())

    def _firsts(self, index: int) -> Expiries:
        """Of the coupons from `index` on, those that expire first."""
        all_of = ((c.expires_at, c.coupon_id) for hand in self.hands[index:] for c in hand.coupons)
        return tuple(sorted(all_of)[: self.at_most])

    def _worth(self, hand: Hand, raised: set[int], free: int) -> int:
        """The most that one coupon of the hand saves, its part of further rises taken off."""
        candidate = hand.candidate
        if candidate.kind.with_member_price:
            return candidate.most_fen
        rise_fen = sum(self.rises[line] for line in candidate.lines if line not in raised)
        return candidate.most_fen - rise_fen // free

    def visit(self, start: int, picked: Picked) -> None:
        """Judge every set that adds kinds from `start` on to the picked ones."""
        used = sum(count for _, count in picked)
        free = self.at_most - used
        if not free or start == len(self.hands):
            return
        chosen = [(hand.candidate, count) for hand, count in picked]
        raised = {
            line
            for candidate, _ in chosen
            if not candidate.kind.with_member_price
            for line in candidate.lines
        }
        left_fen = self.member_fen + sum(self.rises[line] for line in raised)
        left_fen -= sum(hand.candidate.most_fen * count for hand, count in picked)
        worths = [self._worth(hand, raised, free) for hand in self.hands[start:]]
        tops = self._tops(start, worths, free)
        for index in range(start, len(self.hands)):
            hand, worth = self.hands[index], worths[index - start]
            joined = chosen
            for count in range(1, min(len(hand.coupons), free) + 1):
                if not may_join(joined, hand.candidate):
                    break
                joined = [*chosen, (hand.candidate, count)]
                now_picked: Picked = (*picked, (hand, count))
                if self.hopeful(now_picked, left_fen - worth * count, tops[index - start + 1], index + 1):
                    self.judge(joined, now_picked, used + count)
                    self.visit(index + 1, now_picked)

    def _tops(self, start: int, worths: Sequence[int], free: int) -> list[list[int]]:
        """For each hand from `start` on, and behind the last: what 0, 1, 2 … coupons save at most."""
        best: list[int] = []
        tops = [[0]]
        for index in range(len(self.hands) - 1, start - 1, -1):
            worth = worths[index - start]
            best = sorted(best + [worth] * min(len(self.hands[index].coupons), free), reverse=True)[:free]
            tops.append(list(accumulate(best, initial=0)))
        return tops[::-1]

    def judge(self, chosen: Sequence[tuple[Candidate, int]], picked: Picked, used: int) -> None:
        found = price(self.lines, chosen, self.points)
        if found is None or (found.money_fen, used) > self.rank[:2]:
            return
        rank = (found.money_fen, used, _expiries(picked))
        if rank < self.rank:
            self.rank, self.price, self.picked = rank, found, picked

    def hopeful(self, picked: Picked, left_fen: int, tops: Sequence[int], index: int) -> bool:
        """Whether the picked set, or one that adds coupons from `index` on, may be the best so far.

        Args:
            left_fen: no more than the picked set leaves to pay.
            tops: what 0, 1, 2 … more coupons save at most.
        """
        used = sum(count for _, count in picked)
        money_fen, count, expiries = self.rank
        for more, saved_fen in enumerate(tops[: self.at_most - used + 1]):
            bound_fen = max(left_fen - saved_fen, 0)
            if self.points is not None:
                bound_fen -= self.points.bound_fen(bound_fen)
            if (bound_fen, used + more) < (money_fen, count):
                return True
            if (bound_fen, used + more) == (money_fen, count):
                return tuple(sorted((*_expiries(picked), *self.firsts[index][:more]))) < expiries
        return False


def _first(hand: Hand) -> tuple[datetime, int]:
    return hand.coupons[0].expires_at, hand.coupons[0].coupon_id


def _expiries(picked: Picked) -> Expiries:
    return tuple(sorted((c.expires_at, c.coupon_id) for hand, count in picked for c in hand.coupons[:count]))
