"""Tiered top-up (row B2): which tier an amount earns, why, what it gives, and how far the next one is.

The best rule that applies wins: of the tiers of that store which hold today, are meant for the member and are
not used up by him, the one with the highest threshold that the amount reaches; of several with one threshold
the one that is worth most to the member (`worth_fen`); of equals the one that stands first in the file.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from fractions import Fraction

from shop.days import holds, local_day
from shop.model import EarnedBy, Shop, Tier
from shop.overrides import for_store
from shop.periods import add_months
from shop.reasons import Why


@dataclass(frozen=True)
class TierUses:
    """How often the member has had a tier: ever, and in the shop's current month."""

    total: int = 0
    this_month: int = 0


@dataclass(frozen=True)
class HeldMultiplier:
    """The member's points count `times` as much from `since` until before `until` (aware moments).

    `source`: the key of what gave it, for the reasons that are kept with a transfer.
    """

    times: Fraction
    earned_by: EarnedBy
    since: datetime
    until: datetime
    source: str


@dataclass(frozen=True)
class MemberFacts:
    """What tiers and points campaigns ask of a member; moments are aware.

    `top_ups`: that stand (not reversed). `last_purchase_at` None: never bought. `multipliers`: of points, his
    own, also those that have not begun or are over.
    """

    level_id: str
    joined_at: datetime
    top_ups: int = 0
    last_purchase_at: datetime | None = None
    birthday: date | None = None
    uses: Mapping[str, TierUses] = field(default_factory=dict)
    multipliers: tuple[HeldMultiplier, ...] = ()


def stranger(shop: Shop, now: datetime) -> MemberFacts:
    """What is true of somebody who joins now: what a visitor without a card is offered."""
    return MemberFacts(level_id=shop.levels[0].id, joined_at=now)


@dataclass(frozen=True)
class Chosen:
    """The tier that an amount earns (None below all), why, and the next one with the fen missing to it."""

    tier: Tier | None
    why: Why
    next: tuple[Tier, int] | None


def choose(shop: Shop, store_id: str, amount_fen: int, facts: MemberFacts, now: datetime) -> Chosen:
    """The tier of a top-up of `amount_fen` in that store, under the store's own rules (row C4)."""
    open_tiers, passed_over = _sorted_out(shop, store_id, facts, now)
    reached = [tier for tier in open_tiers if tier.amount_fen <= amount_fen]
    values: dict[str, str | int | list[str]] = {"amount_fen": amount_fen, "store": store_id}
    above = _next(shop, open_tiers, amount_fen)
    lost = [f"{tier.id}:{why}" for tier, why in passed_over if tier.amount_fen <= amount_fen]
    if lost:
        values["passed_over"] = lost
    if not reached:
        return Chosen(None, Why("no_tier", values), above)
    tier = _best(shop, reached)
    rivals = [other.id for other in reached if other.amount_fen == tier.amount_fen and other is not tier]
    values |= {"tier": tier.id, "threshold_fen": tier.amount_fen}
    if rivals:
        values |= {"worth_more_than": rivals, "worth_fen": worth_fen(shop, tier)}
    return Chosen(tier, Why("tier", values), above)


def offers(
    shop: Shop, store_id: str, facts: MemberFacts | None = None, now: datetime | None = None
) -> tuple[Tier, ...]:
    """The best tier of each threshold that the member can have in that store, smallest amount first.

    Without facts or moment: the tiers for everybody at any time.
    """
    if facts is None or now is None:
        here = [tier for tier in _here(shop, store_id) if tier.segment is None and tier.when is None]
    else:
        here = _sorted_out(shop, store_id, facts, now)[0]
    amounts = sorted({tier.amount_fen for tier in here})
    return tuple(_best(shop, [tier for tier in here if tier.amount_fen == amount]) for amount in amounts)


def best_tier(shop: Shop, store_id: str, amount_fen: int) -> Tier | None:
    """The tier an amount earns at any time for anybody; `choose` knows the member and the day."""
    reached = [tier for tier in offers(shop, store_id) if tier.amount_fen <= amount_fen]
    return reached[-1] if reached else None


def next_tier(shop: Shop, store_id: str, amount_fen: int) -> tuple[Tier, int] | None:
    """The next such tier above the amount and the fen that are missing to it; None at the top."""
    return _next(shop, list(offers(shop, store_id)), amount_fen)


def worth_fen(shop: Shop, tier: Tier) -> int:
    """What a tier gives, in fen, to compare two of one threshold: never shown as a price.

    Gift money as it is; points at their cash value (1 fen each where the shop has none); a pack's times at
    the pack's price, a coupon at its face value (off, cap, wake or gift); a level at nothing.
    """
    return (
        tier.gift_fen
        + _points_worth(shop, tier.points)
        + _packs_worth(shop, tier)
        + _coupons_worth(shop, tier)
    )


def _points_worth(shop: Shop, points: int) -> int:
    value = shop.points.cash_value
    return points * 100 // value.points_per_yuan if value else points


def _packs_worth(shop: Shop, tier: Tier) -> int:
    worth = 0
    for gift in tier.entitlements:
        pack = shop.pack(gift.pack)
        worth += pack.price_fen * gift.amount // pack.amount
    return worth


def _coupons_worth(shop: Shop, tier: Tier) -> int:
    return sum(_face_fen(shop, gift.coupon) * gift.count for gift in tier.coupons)


def _face_fen(shop: Shop, coupon_id: str) -> int:
    kind = shop.coupon(coupon_id)
    return kind.off_fen or kind.cap_fen or kind.wake_fen or kind.gift_fen or 0


def instalments(shop: Shop, tier: Tier, paid_at: datetime) -> tuple[tuple[int, datetime], ...]:
    """The tier's gift money in its monthly parts: (fen, due), the first due at once.

    Parts are equal in fen; what does not divide comes with the first. A part is due at the start of the same
    day of each month, or of the month's last day.
    """
    share, rest = divmod(tier.gift_fen, tier.instalments)
    first = local_day(shop, paid_at)
    parts = [(share + rest, paid_at)]
    for number in range(1, tier.instalments):
        day = add_months(first, number)
        parts.append((share, datetime(day.year, day.month, day.day, tzinfo=shop.zone)))
    return tuple((fen, due) for fen, due in parts if fen)


def _here(shop: Shop, store_id: str) -> list[Tier]:
    tiers = for_store(shop, store_id).top_up.tiers
    return [tier for tier in tiers if not tier.stores or store_id in tier.stores]


def _sorted_out(
    shop: Shop, store_id: str, facts: MemberFacts, now: datetime
) -> tuple[list[Tier], list[tuple[Tier, str]]]:
    """The tiers of the store that the member can have now, and the others with what speaks against them."""
    against = [(tier, _against(shop, tier, facts, now)) for tier in _here(shop, store_id)]
    open_tiers = [tier for tier, why in against if why is None]
    return open_tiers, [(tier, why) for tier, why in against if why is not None]


def _against(shop: Shop, tier: Tier, facts: MemberFacts, now: datetime) -> str | None:
    if not holds(tier.when, local_day(shop, now)):
        return "when"
    unfit = next(_unfit(shop, tier, facts, now), None)
    return unfit or ("limit" if _used_up(tier, facts) else None)


def _unfit(shop: Shop, tier: Tier, facts: MemberFacts, now: datetime) -> Iterator[str]:
    segment = tier.segment
    if segment is None:
        return
    if segment.first_top_up and facts.top_ups:
        yield "first_top_up"
    if segment.levels and facts.level_id not in segment.levels:
        yield "levels"
    if segment.dormant_days is not None and dormant_days(shop, facts, now) < segment.dormant_days:
        yield "dormant_days"
    if segment.joined_days is not None and _days_since(shop, facts.joined_at, now) > segment.joined_days:
        yield "joined_days"


def dormant_days(shop: Shop, facts: MemberFacts, now: datetime) -> int:
    """Whole days of the shop since the last purchase, or since joining for who never bought."""
    return _days_since(shop, facts.last_purchase_at or facts.joined_at, now)


def _days_since(shop: Shop, then: datetime, now: datetime) -> int:
    return (local_day(shop, now) - local_day(shop, then)) // timedelta(days=1)


def _used_up(tier: Tier, facts: MemberFacts) -> bool:
    if tier.limit is None:
        return False
    uses = facts.uses.get(tier.id, TierUses())
    total, month = tier.limit.total, tier.limit.per_month
    return (total is not None and uses.total >= total) or (month is not None and uses.this_month >= month)


def _best(shop: Shop, tiers: list[Tier]) -> Tier:
    """Highest threshold, then worth; `max` keeps the first of equals."""
    return max(tiers, key=lambda tier: (tier.amount_fen, worth_fen(shop, tier)))


def _next(shop: Shop, tiers: list[Tier], amount_fen: int) -> tuple[Tier, int] | None:
    above = [tier for tier in tiers if tier.amount_fen > amount_fen]
    if not above:
        return None
    lowest = min(tier.amount_fen for tier in above)
    tier = _best(shop, [each for each in above if each.amount_fen == lowest])
    return tier, lowest - amount_fen
