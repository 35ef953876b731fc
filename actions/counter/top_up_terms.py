"""What a top-up gives a member, and why: tier, points, a coupon of his, a level (rows B2, B3, D1, D2)."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from datetime import datetime

from sqlalchemy import Connection

from actions.counter import coupons, facts
from actions.counter.facts import Known
from actions.house import House
from ledger.records.members import Member
from ledger.records.reasons import Reason, as_json
from ledger.records.staff import Role
from shop import coupons as coupon_rules
from shop import giving, levels, points, texts, tiers
from shop.coupons import TopUpCoupon
from shop.giving import Giving
from shop.model import Shop, Tier
from shop.money import format_fen
from shop.overrides import for_store
from shop.points import Occasion
from shop.tiers import Chosen


@dataclass(frozen=True)
class Terms:
    """What one top-up gives under today's rules, in plain values that wait for a yes.

    Attributes:
        gift_fen: at once, with the coupon's; `points`: all of them.
        coupon_id, coupon_kind: the member's coupon that is used up by it.
        wins_level: his level has to be judged with it, since it may change.
        multiplied: how many of the points the member's own multiplier made, as the echo says it.
        next_tier, next_missing_fen: of the next tier, and how much more it takes.
        reasons: why, as it will be kept with the transfer (JSON).
    """

    gift_fen: int = 0
    points: int = 0
    tier_id: str | None = None
    coupon_id: int | None = None
    coupon_kind: str | None = None
    wins_level: bool = False
    next_tier: str | None = None
    next_missing_fen: int = 0
    multiplied: dict[str, str | int] = field(default_factory=dict)
    reasons: str = "[]"


@dataclass(frozen=True, kw_only=True)
class TopUpQuote(Terms):
    """What will be booked if the staff member says yes, bound to the wallet and the rules it is made from.

    Attributes:
        wallet_version: the wallet's when this was worked out; the booking asks for it again under the lock,
            so what will stand on the card after it is known now.
        paid_in_after_fen, gift_after_fen, points_after: that; of a quote made by an older program None.
        staff_id, staff_role, staff_store_id, member_openid: who asked and who will be told, as they stood;
            the booking asks whether they still stand so.
    """

    member_id: int
    member_name: str
    phone: str
    store_id: str
    payment_method_id: str
    amount_fen: int
    wallet_version: int
    stored_after_fen: int
    shop_version: str
    paid_in_after_fen: int | None = None
    gift_after_fen: int | None = None
    points_after: int | None = None
    staff_id: int | None = None
    staff_role: Role | None = None
    staff_store_id: str | None = None
    member_openid: str | None = None


def work_out(
    house: House, connection: Connection, member: Member, store_id: str, amount_fen: int, now: datetime
) -> Terms:
    """The best tier that applies, points by the yuan, and the one coupon for top-ups that is worth most."""
    shop = house.shop
    known = facts.read(connection, shop, member, now, for_top_up=True)
    chosen = tiers.choose(shop, store_id, amount_fen, known.facts, now)
    occasion = Occasion(store_id, now, known.facts)
    more = points.beyond_tier(shop, store_id, amount_fen, chosen.tier, known.level, occasion)
    plain = points.beyond_tier(
        shop, store_id, amount_fen, chosen.tier, known.level, points.without_own(occasion)
    )
    held = coupons.held(connection, member.id, now) if _has_top_up_coupons(shop) else ()
    coupon = coupon_rules.for_top_up(shop, store_id, amount_fen, held, now)
    given = giving.of_tier(shop, chosen.tier, now, more_points=more)
    multiplied = giving.multiplied_values(shop, occasion, "top_ups", more - plain)
    return Terms(
        gift_fen=given.gift_fen + (coupon.gift_fen if coupon else 0),
        points=given.points + (coupon.points if coupon else 0),
        tier_id=chosen.tier.id if chosen.tier else None,
        coupon_id=coupon.coupon.coupon_id if coupon else None,
        coupon_kind=coupon.coupon.kind.name if coupon else None,
        wins_level=_wins_level(shop, known, amount_fen, now),
        next_tier=chosen.next[0].id if chosen.next else None,
        next_missing_fen=chosen.next[1] if chosen.next else 0,
        multiplied=multiplied,
        reasons=as_json(_reasons(shop, known, occasion, chosen, plain, coupon) + _why_more(multiplied)),
    )


def _has_top_up_coupons(shop: Shop) -> bool:
    """Coupons in hand outlive the file; a shop that never had such a kind is spared the look."""
    return any(kind.kind == "top_up" for kind in shop.coupons)


def _wins_level(shop: Shop, known: Known, amount_fen: int, now: datetime) -> bool:
    after = [replace(each, topped_up_fen=each.topped_up_fen + amount_fen) for each in known.figures]
    earned = levels.earned_level(shop, after)
    return not known.settled or levels.judge(shop, known.held, earned, now) is not None


def _reasons(
    shop: Shop,
    known: Known,
    occasion: Occasion,
    chosen: Chosen,
    by_amount: int,
    coupon: TopUpCoupon | None,
) -> list[Reason]:
    reasons = [Reason(chosen.why.code, chosen.why.values)]
    if by_amount:
        best = points.campaign(shop, known.level, occasion, "top_ups", None)
        campaign = best.id if best else None
        values: dict[str, str | int | None] = {"points": by_amount, "level": known.level.id}
        reasons.append(Reason("points_by_amount", values | {"campaign": campaign}))
    if coupon is not None:
        kind = coupon.coupon.kind.id
        reasons.append(Reason("coupon", {"kind": kind, "coupon": coupon.coupon.coupon_id}))
    return reasons


def _why_more(multiplied: dict[str, str | int]) -> list[Reason]:
    return [Reason("points_by_multiplier", multiplied)] if multiplied else []


def tier_of(shop: Shop, store_id: str, tier_id: str | None) -> Tier | None:
    """The tier of a quote as that store gives it."""
    return for_store(shop, store_id).tier(tier_id) if tier_id else None


def what_it_gives(shop: Shop, store_id: str, terms: Terms, at: datetime) -> Giving:
    """All that is given, the parts that come later among it."""
    given = giving.of_tier(shop, tier_of(shop, store_id, terms.tier_id), at)
    return replace(given, gift_fen=terms.gift_fen, points=terms.points)


def gives_text(shop: Shop, store_id: str, terms: Terms, at: datetime) -> str:
    """On lines of their own: what is given, and the coupon that is used for it."""
    return given_text(shop, terms, what_it_gives(shop, store_id, terms, at))


def given_text(shop: Shop, terms: Terms, given: Giving) -> str:
    """`gives_text`, when it is known what is given."""
    said = texts.on_a_line(giving.gives_text(shop, given))
    if terms.multiplied:
        said += texts.on_a_line(texts.say(shop, "points_by_multiplier", **terms.multiplied))
    if terms.coupon_kind:
        said += texts.on_a_line(texts.say(shop, "top_up_coupon", name=terms.coupon_kind))
    return said


def next_text(shop: Shop, store_id: str, terms: Terms, at: datetime) -> str:
    """再加 ¥300.00 就是进阶档：送 …; on a line of its own, "" at the top."""
    tier = tier_of(shop, store_id, terms.next_tier)
    if tier is None:
        return ""
    return texts.on_a_line(
        texts.say(
            shop,
            "top_up_next",
            missing=format_fen(terms.next_missing_fen),
            tier=tier.name,
            gives=giving.gives_text(shop, giving.of_tier(shop, tier, at)),
        )
    )


def reasons_of(terms: Terms) -> list[Reason]:
    """The reasons that wait with the quote."""
    return [Reason(each["code"], each["values"]) for each in json.loads(terms.reasons)]
