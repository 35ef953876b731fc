"""The quote's values (row C3). Money in fen; texts of steps and alternatives are in `shop.texts.coupons`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from shop.model import CouponKind, Level
from shop.tiers import MemberFacts

UnusedReason = Literal[
    "coupon_for_top_up",
    "coupon_expired",
    "coupon_other_store",
    "coupon_other_day",
    "coupon_other_hour",
    "coupon_covers_nothing",
    "coupon_threshold",
    "coupon_not_needed",
]


@dataclass(frozen=True)
class HeldCoupon:
    """A coupon in a member's hand, with its kind as it was issued. `expires_at`: the first moment without."""

    coupon_id: int
    kind: CouponKind
    expires_at: datetime


@dataclass(frozen=True)
class QuoteRequest:
    """All that a price depends on, besides the shop's rules.

    Attributes:
        items: (item id, quantity) pairs, quantity 1 or more.
        coupons: what the member holds and is free to use; a coupon reserved elsewhere is not among them.
        entitlements: what is left of packs: (pack id, unit, amount).
        now: aware; decides what holds today and at this hour.
        use_points: None asks the shop's policy (quote.points).
        use_packs: None asks the shop's policy (quote.packs_first).
        wallet_version: of the balances above, for the fingerprint.
        facts: what campaigns of points ask of the member; without them those that ask nothing count.
    """

    store_id: str
    level: Level
    items: tuple[tuple[str, int], ...]
    coupons: tuple[HeldCoupon, ...]
    paid_in_fen: int
    gift_fen: int
    points: int
    entitlements: tuple[tuple[str, str, int], ...]
    now: datetime
    use_points: bool | None = None
    use_coupons: bool = True
    use_stored: bool = True
    use_packs: bool | None = None
    wallet_version: int = 0
    facts: MemberFacts | None = None


@dataclass(frozen=True)
class QuotedLine:
    """One line, its prices of the whole line: at list price, at the member's price, and what money pays."""

    item_id: str
    name: str
    category: str
    quantity: int
    list_fen: int
    member_fen: int
    paid_fen: int


@dataclass(frozen=True)
class Step:
    """One line of the explanation: `texts.say(shop, step.text, **step.values)`."""

    text: str
    values: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class Alternative:
    """Another way to pay and what it costs: `text` with `values` reads “不用券：¥128.00”.

    `change`: the flag of the request that makes it, such as ("use_coupons", False).
    """

    text: str
    values: Mapping[str, object]
    money_fen: int
    change: tuple[str, bool]


@dataclass(frozen=True)
class PackUse:
    """`amount` of the pack (times, lessons, minutes) pays `units` of the item."""

    code: str
    amount: int
    item_id: str
    units: int


@dataclass(frozen=True)
class Unused:
    """A coupon that is not used and why: a text's name and its values."""

    coupon: HeldCoupon
    why: UnusedReason
    values: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class Quote:
    """The price. Lines' `paid_fen` add up to stored and outside money, fen for fen.

    Attributes:
        coupons: used ones; `coupon_offs_fen`: what each takes off, in the same order.
        points_spent, points_value_fen: points that pay, and the fen they pay.
        outside_least_fen: of the outside money, what a balance-doubling coupon asks for.
        steps: the explanation, in the order in which the price was found.
        unused: coupons in hand that this price does without.
        fingerprint: differs as soon as anything does that the quote was made from (see `shop.quote`).
    """

    lines: tuple[QuotedLine, ...]
    coupons: tuple[HeldCoupon, ...]
    coupon_offs_fen: tuple[int, ...]
    points_spent: int
    points_value_fen: int
    stored_fen: int
    outside_fen: int
    outside_least_fen: int
    entitlement_uses: tuple[PackUse, ...]
    points_earned: int
    steps: tuple[Step, ...]
    alternatives: tuple[Alternative, ...]
    unused: tuple[Unused, ...]
    fingerprint: str

    @property
    def money_fen(self) -> int:
        """Stored value and outside money together."""
        return self.stored_fen + self.outside_fen
