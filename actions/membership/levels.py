"""Members' levels: judged after every top-up and purchase, renewed or lost at night, and told (row D1)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from actions import notices
from actions.counter import gifts
from actions.house import House
from ledger.records import levels as records
from ledger.records import members
from ledger.records.levels import Cause, LevelRow, LevelStanding
from shop import giving, levels, texts
from shop.levels import Figures, Held, NextLevel, Verdict
from shop.model import Level, Shop
from shop.periods import last_day
from shop.words import full_date, morning


@dataclass(frozen=True)
class LevelChange:
    """A change that was recorded: what the member held before, what he holds now, and how it came.

    `move`: up, down, renewed, given (with a tier or by hand), rules (the shop changed its levels), withdrawn
    (the top-up or purchase behind the level was reversed).
    """

    member_id: int
    before: Level
    level: Level
    until: datetime | None
    move: str


@dataclass(frozen=True)
class MemberLevel:
    """The level a member holds, valid before `until` (None: for ever), and what is missing to the next."""

    level: Level
    until: datetime | None
    next: NextLevel | None


def current(connection: Connection, shop: Shop, member_id: int, now: datetime) -> Level:
    """The level that a member holds: one look in the history, and his figures only if there is none."""
    row = records.newest(connection, member_id)
    if row is not None and levels.rank(shop, row.level) >= 0:
        return shop.level(row.level)
    return _earned(shop, records.standing(connection, member_id, levels.window_starts(shop, now)))


def standing(connection: Connection, shop: Shop, member_id: int, now: datetime) -> MemberLevel:
    """As `current`, with what is missing to the next level, for a member's card."""
    found = records.standing(connection, member_id, levels.window_starts(shop, now))
    held = _known(shop, found.held)
    level = shop.level(held.level_id) if held else _earned(shop, found)
    return MemberLevel(
        level=level,
        until=held.until if held else None,
        next=levels.next_above(shop, _figures(found), level),
    )


def reassess(
    house: House, connection: Connection, member_id: int, now: datetime, cause: Cause
) -> LevelChange | None:
    """Judge a member's level anew after an event, in its transaction; one statement when nothing changes.

    Args:
        cause: {"by": "top_up" | "purchase" | "reversal" | …, "transfer": id}: kept with the change, and when
            that transfer is reversed the change no longer stands (call this again after the reversal).

    Returns:
        What changed; it is recorded, the level's gifts are given, and the member's message is queued.
    """
    shop = house.shop
    found = records.standing(connection, member_id, levels.window_starts(shop, now))
    held, earned = _held(found.held), _fallback(shop, found, now)
    verdict = levels.judge(shop, held, earned, now)
    if found.voided:
        return _withdraw(house, connection, member_id, found, verdict, now, cause)
    if verdict is None:
        return None
    return _record(house, connection, member_id, held, verdict, now, cause)


def give(
    house: House,
    connection: Connection,
    member_id: int,
    *,
    level_id: str,
    months: int,
    now: datetime,
    cause: Cause,
) -> LevelChange | None:
    """Give a level for a time, with a tier or by hand; None where the member has as much for as long."""
    found = records.standing(connection, member_id, levels.window_starts(house.shop, now))
    held = _known(house.shop, found.held) or Held(_earned(house.shop, found).id, now, None)
    verdict = levels.given(house.shop, held, level_id, months, now)
    if verdict is None:
        return None
    under = {"under": held.level_id, "under_until": held.until.isoformat() if held.until else None}
    return _record(house, connection, member_id, held, verdict, now, {**cause, **under})


def missing_to_keep(house: House, connection: Connection, member_id: int, level: Level, now: datetime) -> str:
    """What a member in grace lacks of the level he still holds: 再到店 2 次."""
    starts = levels.window_starts(house.shop, now)
    found = records.standing(connection, member_id, starts)
    below = house.shop.levels[max(levels.rank(house.shop, level.id) - 1, 0)]
    ahead = levels.next_above(house.shop, _figures(found), below)
    return levels.missing_text(ahead.missing) if ahead is not None else ""


def _earned(shop: Shop, found: LevelStanding) -> Level:
    return levels.earned_level(shop, _figures(found))


def _fallback(shop: Shop, found: LevelStanding, now: datetime) -> Level:
    """What is earned, or the level that lay under one that was given for a time, where that is higher."""
    earned = _earned(shop, found)
    cause = found.held.cause if found.held else {}
    under, until = cause.get("under"), cause.get("under_until")
    if under is None or (until is not None and datetime.fromisoformat(until) <= now):
        return earned
    return shop.levels[max(levels.rank(shop, under), levels.rank(shop, earned.id))]


def _figures(found: LevelStanding) -> list[Figures]:
    return [Figures(each.visits, each.spent_fen, each.topped_up_fen) for each in found.totals]


def _held(row: LevelRow | None) -> Held | None:
    return None if row is None else Held(row.level, row.since, row.until)


def _known(shop: Shop, row: LevelRow | None) -> Held | None:
    return _held(row) if row is not None and levels.rank(shop, row.level) >= 0 else None


def _withdraw(
    house: House,
    connection: Connection,
    member_id: int,
    found: LevelStanding,
    verdict: Verdict | None,
    now: datetime,
    cause: Cause,
) -> LevelChange | None:
    """The newest level was won by what was reversed since: back to the one before it, or what is earned."""
    shop = house.shop
    newest = records.newest(connection, member_id)
    held = _held(found.held)
    if verdict is None:
        level, until = (shop.level(held.level_id), held.until) if held else (_earned(shop, found), None)
        verdict = Verdict(level, until, "down")
    before = _named(shop, newest.level) if newest else verdict.level
    records.record(
        connection,
        member_id=member_id,
        level=verdict.level.id,
        since=now,
        until=verdict.until if verdict.until is None or verdict.until > now else None,
        cause=cause,
    )
    change = LevelChange(member_id, before, verdict.level, verdict.until, "withdrawn")
    if before != verdict.level:
        _tell(house, connection, change, "", "", now, cause)
    return change


def _named(shop: Shop, level_id: str) -> Level:
    return shop.level(level_id) if levels.rank(shop, level_id) >= 0 else shop.levels[0]


def _record(
    house: House,
    connection: Connection,
    member_id: int,
    held: Held | None,
    verdict: Verdict,
    now: datetime,
    cause: Cause,
) -> LevelChange:
    shop = house.shop
    before = _named(shop, held.level_id) if held else shop.levels[0]
    row_id = records.record(
        connection, member_id=member_id, level=verdict.level.id, since=now, until=verdict.until, cause=cause
    )
    change = LevelChange(member_id, before, verdict.level, verdict.until, verdict.move)
    given = _give_gifts(house, connection, change, row_id, now, cause)
    missing = ""
    if verdict.move == "down":
        found = records.standing(connection, member_id, levels.window_starts(shop, now))
        missing = _way_back(shop, _figures(found), change.level)
    _tell(house, connection, change, given, missing, now, cause)
    return change


def _way_back(shop: Shop, figures: Sequence[Figures], level: Level) -> str:
    ahead = levels.next_above(shop, figures, level)
    if ahead is None:
        return ""
    missing = levels.missing_text(ahead.missing)
    return texts.say(shop, "level_back", missing=missing, level=ahead.level.name)


def _give_gifts(
    house: House, connection: Connection, change: LevelChange, row_id: int, now: datetime, cause: Cause
) -> str:
    """The gifts of a level that is reached, once in a member's life for each level; as they read, or ""."""
    reached = change.level.on_reaching
    if reached is None or levels.rank(house.shop, change.level.id) <= levels.rank(
        house.shop, change.before.id
    ):
        return ""
    prefix = f"level:{change.member_id}:{change.level.id}:reached:"
    if records.was_given(connection, change.member_id, prefix):
        return ""
    transfer = cause.get("transfer")
    key = f"{prefix}{row_id}" + (f":from:{transfer}" if transfer else "")
    what = giving.of_gifts(reached)
    done = gifts.give(
        house,
        connection,
        member_id=change.member_id,
        store_id=home_store(house, connection, change.member_id),
        giving=what,
        key=key,
        reason=f"level:{change.level.id}",
        now=now,
        cause_transfer_id=transfer if isinstance(transfer, int) else None,
    )
    return giving.listed(house.shop, what) if done else ""


def home_store(house: House, connection: Connection, member_id: int) -> str:
    """The store that bears what the shop gives of itself: the member's own, the first when that is gone."""
    member = members.by_id(connection, member_id)
    known = {store.id for store in house.shop.stores}
    if member is not None and member.home_store_id in known:
        return member.home_store_id
    return house.shop.stores[0].id


_TEXTS = {
    "up": "level_up",
    "given": "level_given",
    "renewed": "level_renewed",
    "down": "level_down",
    "rules": "level_changed",
    "withdrawn": "level_withdrawn",
}


def _tell(
    house: House,
    connection: Connection,
    change: LevelChange,
    given: str,
    missing: str,
    now: datetime,
    cause: Cause,
) -> None:
    shop, level = house.shop, change.level
    benefits = "、".join(level.benefits)
    day = full_date(last_day(change.until, shop.zone)) if change.until else ""
    text = texts.say(
        shop,
        _TEXTS[change.move],
        level=level.name,
        before=change.before.name,
        benefits=texts.say(shop, "level_benefits", benefits=benefits) if benefits else "",
        gifts=texts.say(shop, "level_gifts", gifts=given) if given else "",
        until=texts.say(shop, "level_valid_until", day=day) if day else "",
        day=day,
        missing=missing,
    )
    notices.notify_member(
        house,
        connection,
        key=f"level:{change.member_id}:{change.move}:{now.isoformat()}:{cause.get('transfer', '')}",
        member_id=change.member_id,
        kind="level",
        text=text,
        now=now,
        due_at=morning(now, shop.zone) if cause.get("by") == "nightly" else None,
    )
