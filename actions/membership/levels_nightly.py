"""The night's work on levels (row D1): validity, grace, gifts of the month and of the birthday.

Everything is keyed by member, level and month or year, so a night that is repeated gives nothing twice.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import Connection

from actions import notices
from actions.counter import gifts
from actions.house import House
from actions.membership import levels
from ledger import book
from ledger.records import levels as records
from ledger.records import members
from shop import giving, texts
from shop import levels as rules
from shop.days import is_birthday, local_day
from shop.model import Gifts, Level
from shop.periods import last_day
from shop.words import full_date, morning

PAGE = 200
BIRTHDAY_DAYS = 3  # a night that did not run is made good for so long


@dataclass(frozen=True)
class LevelNight:
    """How many levels changed, how many members were told of their grace, how many gifts were given."""

    changed: int
    in_grace: int
    monthly_gifts: int
    birthday_gifts: int


def care_for_levels(house: House) -> LevelNight:
    """Judge the levels whose validity has ended, and give what is due today; one transaction a member."""
    now = house.clock()
    changed, in_grace = _judge_ended(house, now)
    return LevelNight(changed, in_grace, _monthly(house, now), _birthdays(house, now))


def _judge_ended(house: House, now: datetime) -> tuple[int, int]:
    changed = in_grace = after = 0
    while True:
        with house.engine.connect() as connection:
            page = records.ended(connection, now=now, after=after, limit=PAGE)
        for member_id in page:
            with house.engine.begin() as connection:
                book.lock_wallets(connection, [member_id])  # a purchase may judge him at this moment
                change = levels.reassess(house, connection, member_id, now, {"by": "nightly"})
                changed += change is not None
                in_grace += change is None and _warn(house, connection, member_id, now)
        if len(page) < PAGE:
            return changed, in_grace
        after = page[-1]


def _warn(house: House, connection: Connection, member_id: int, now: datetime) -> bool:
    """Tell a member once that his level is only kept for some days, and what would keep it."""
    row = records.newest(connection, member_id)
    if row is None or row.until is None or rules.rank(house.shop, row.level) < 0:
        return False
    level = house.shop.level(row.level)
    ends = rules.grace_ends(house.shop, level, row.until)
    missing = levels.missing_to_keep(house, connection, member_id, level, now)
    text = texts.say(
        house.shop,
        "level_grace",
        level=level.name,
        day=full_date(last_day(ends, house.shop.zone)),
        missing=missing,
    )
    return notices.notify_member(
        house,
        connection,
        key=f"level_grace:{row.id}",
        member_id=member_id,
        kind="level",
        text=text,
        now=now,
        due_at=morning(now, house.shop.zone),
    )


def _monthly(house: House, now: datetime) -> int:
    giving_levels = {level.id: level.monthly for level in house.shop.levels if level.monthly}
    month = local_day(house.shop, now).strftime("%Y-%m")

    def page(connection: Connection, after: int) -> tuple[tuple[int, str], ...]:
        lowest = house.shop.levels[0].id
        return records.holders(connection, levels=list(giving_levels), lowest=lowest, after=after, limit=PAGE)

    def give(connection: Connection, member_id: int, level: Level) -> bool:
        return _give(house, connection, member_id, level, giving_levels[level.id], "month", month, now)

    return _for_each(house, page, give) if giving_levels else 0


def _birthdays(house: House, now: datetime) -> int:
    giving_levels = {level.id: level.birthday for level in house.shop.levels if level.birthday}
    today = local_day(house.shop, now)
    days = [today - timedelta(days=back) for back in range(BIRTHDAY_DAYS)]

    def page(connection: Connection, after: int) -> tuple[tuple[int, str], ...]:
        lowest = house.shop.levels[0].id
        return records.born_on(connection, days=_dates_of_birth(days), lowest=lowest, after=after, limit=PAGE)

    def give(connection: Connection, member_id: int, level: Level) -> bool:
        what = giving_levels.get(level.id)
        member = members.by_id(connection, member_id)
        if what is None or member is None:
            return False
        on = next((day for day in days if is_birthday(member.birthday, day)), None)
        if on is None:
            return False
        return _give(house, connection, member_id, level, what, "birthday", str(on.year), now)

    return _for_each(house, page, give) if giving_levels else 0


def _dates_of_birth(days: list[date]) -> list[tuple[int, int]]:
    """The (month, day) whose birthday may be on one of the days: 28 February stands for the 29th too."""
    dates = {(day.month, day.day) for day in days}
    return sorted(dates | ({(2, 29)} if (2, 28) in dates else set()))


def _for_each(
    house: House,
    page: Callable[[Connection, int], tuple[tuple[int, str], ...]],
    give: Callable[[Connection, int, Level], bool],
) -> int:
    given = after = 0
    while True:
        with house.engine.connect() as connection:
            found = page(connection, after)
        for member_id, level_id in found:
            if rules.rank(house.shop, level_id) < 0:
                continue
            with house.engine.begin() as connection:
                given += give(connection, member_id, house.shop.level(level_id))
        if len(found) < PAGE:
            return given
        after = found[-1][0]


def _give(
    house: House,
    connection: Connection,
    member_id: int,
    level: Level,
    what: Gifts,
    occasion: str,
    period: str,
    now: datetime,
) -> bool:
    """Give once for the member and the month or year, whatever level he comes to hold within it."""
    key = f"level_{occasion}:{member_id}:{period}"
    if records.was_given(connection, member_id, key):
        return False
    given = giving.of_gifts(what)
    done = gifts.give(
        house,
        connection,
        member_id=member_id,
        store_id=levels.home_store(house, connection, member_id),
        giving=given,
        key=key,
        reason=f"level_{occasion}",
        now=now,
    )
    if done:
        member = members.by_id(connection, member_id)
        text = texts.say(
            house.shop,
            "level_monthly" if occasion == "month" else "level_birthday",
            name=member.name if member else "",
            level=level.name,
            shop=house.shop.name,
            gifts=giving.listed(house.shop, given),
        )
        notices.notify_member(
            house,
            connection,
            key=key,
            member_id=member_id,
            kind="level",
            text=text,
            now=now,
            due_at=morning(now, house.shop.zone),
        )
    return done
