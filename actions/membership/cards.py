"""Reading a member's own card: balance, points, entitlements, level, statement (features A3, A4)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from actions.counter import facts
from actions.house import Denied, House
from actions.membership import levels as member_levels
from ledger import book
from ledger.book import Balances, LotBalance, StatementLine
from ledger.records import instalments, members, multipliers
from ledger.records.instalments import Instalment
from ledger.records.members import Member
from shop import levels
from shop.model import Level
from shop.tiers import HeldMultiplier

EXPIRY_NOTICE_DAYS = 30
STATEMENT_LINES = 8


@dataclass(frozen=True)
class Card:
    """A member's card at one moment.

    `expiring` are the lots that end within 30 days, soonest first; `level_until` None: kept for ever;
    `promised`: gift money of a top-up that comes in later months, the next first; `multipliers`: of his
    points, those that hold now.
    """

    member: Member
    balances: Balances
    expiring: tuple[LotBalance, ...]
    level: Level
    next_level: levels.NextLevel | None
    level_until: datetime | None = None
    promised: tuple[Instalment, ...] = ()
    multipliers: tuple[HeldMultiplier, ...] = ()


def read_card(house: House, *, openid: str) -> Card | Denied:
    """The card bound to this WeChat account; nobody reads another's."""
    now = house.clock()
    with house.engine.connect() as connection:
        member = members.by_openid(connection, openid)
        if member is None:
            return Denied("not_member")
        balances = book.balances(connection, member.id, now=now)
        expiring = book.expiring(connection, member.id, by=now + timedelta(days=EXPIRY_NOTICE_DAYS), now=now)
        standing = member_levels.standing(connection, house.shop, member.id, now)
        promised = instalments.open_of(connection, member.id)
        held = facts.held_multipliers(multipliers.held(connection, member.id, now))
    return Card(
        member=member,
        balances=balances,
        expiring=expiring,
        level=standing.level,
        next_level=standing.next,
        level_until=standing.until,
        promised=promised,
        multipliers=tuple(each for each in held if each.since <= now),
    )


def first_points_to_expire(house: House, *, openid: str) -> LotBalance | None:
    """The points that go first, of the card bound to this WeChat account; None when none ever expire."""
    with house.engine.connect() as connection:
        member = members.by_openid(connection, openid)
        if member is None:
            return None
        return book.first_expiring(connection, member.id, "points", house.clock())


@dataclass(frozen=True)
class Statement:
    """Lines of a period, latest first; `more` when there are earlier ones in the period."""

    member: Member
    lines: tuple[StatementLine, ...]
    more: bool


def read_statement(
    house: House, *, openid: str, start: datetime | None, end: datetime | None, kind: str | None
) -> Statement | Denied:
    """The latest entries of the card bound to this WeChat account, of one kind or all."""
    now = house.clock()
    with house.engine.connect() as connection:
        member = members.by_openid(connection, openid)
        if member is None:
            return Denied("not_member")
        lines = book.statement(
            connection,
            member.id,
            start=start or member.joined_at,
            end=end or now + timedelta(seconds=1),
            limit=STATEMENT_LINES + 1,
            kind=kind,
        )
    return Statement(member=member, lines=lines[:STATEMENT_LINES], more=len(lines) > STATEMENT_LINES)
