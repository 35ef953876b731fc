"""What the rules know of a member, read in one statement: for tiers, points and levels (rows B2, B3, D1)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction

from sqlalchemy import Connection

from actions.house import House
from ledger.records import facts as records
from ledger.records import members
from ledger.records.members import Member
from ledger.records.multipliers import Multiplier
from shop import levels
from shop.days import local_day
from shop.levels import Figures, Held
from shop.model import Level, Shop
from shop.tiers import HeldMultiplier, MemberFacts, TierUses, stranger


@dataclass(frozen=True)
class Known:
    """A member's level, the facts for tiers and campaigns, and his figures for each level's window.

    `held`: the level that was recorded, None when none ever was. `settled`: his level is as it was judged
    last; False when a reversal since asks for judging it anew.
    """

    level: Level
    facts: MemberFacts
    figures: tuple[Figures, ...]
    held: Held | None
    settled: bool


def read(
    connection: Connection, shop: Shop, member: Member, now: datetime, *, for_top_up: bool = False
) -> Known:
    """One statement, whatever is asked of it.

    Args:
        for_top_up: how often he had each tier is asked too, where a tier has a limit.
    """
    first = local_day(shop, now).replace(day=1)
    record = records.read(
        connection,
        member.id,
        starts=levels.window_starts(shop, now),
        month_start=datetime(first.year, first.month, first.day, tzinfo=shop.zone),
        now=now,
        with_tiers=for_top_up and any(tier.limit for tier in shop.top_up.tiers),
    )
    figures = tuple(Figures(t.visits, t.spent_fen, t.topped_up_fen) for t in record.standing.totals)
    held = record.standing.held
    known = held is not None and levels.rank(shop, held.level) >= 0
    level = shop.level(held.level) if held is not None and known else levels.earned_level(shop, figures)
    facts = MemberFacts(
        level_id=level.id,
        joined_at=member.joined_at,
        top_ups=record.top_ups,
        last_purchase_at=record.last_purchase_at,
        birthday=member.birthday,
        uses={tier: TierUses(*uses) for tier, uses in record.tiers.items()},
        multipliers=held_multipliers(record.multipliers),
    )
    recorded = Held(held.level, held.since, held.until) if held is not None else None
    return Known(level, facts, figures, recorded, settled=not record.standing.voided)


def held_multipliers(kept: Iterable[Multiplier]) -> tuple[HeldMultiplier, ...]:
    """The rows in the rules' own values."""
    return tuple(
        HeldMultiplier(
            Fraction(each.percent, 100), each.earned_by, each.starts_at, each.ends_at, each.source_key
        )
        for each in kept
    )


def of_openid(house: House, *, openid: str) -> MemberFacts:
    """The facts of who is behind a WeChat account, for his offers; a newcomer's without a card."""
    now = house.clock()
    with house.engine.connect() as connection:
        member = members.by_openid(connection, openid)
        if member is None:
            return stranger(house.shop, now)
        return read(connection, house.shop, member, now, for_top_up=True).facts
