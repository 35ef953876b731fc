"""The owner is told of large and unusual entries, whoever booked them and in whatever way (features C2).

A look at the log of acts every minute, not a call in every action: nothing that is signed can be forgotten,
and the counter does not wait for it.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection

from actions import notices
from actions.house import House
from actions.patience import patient
from actions.review import decisions
from ledger.book import transfer_number
from ledger.records import staff
from ledger.records.sql import sql
from ledger.reports.unusual import MAX_ENTRIES, Entry, unusual
from shop import texts, words
from shop.model import UnknownIdError
from shop.money import format_fen

# A transaction may commit a little later than the moment it signs with: look back so far, tell once by key.
OVERLAP = timedelta(minutes=15)
FIRST_LOOK = timedelta(hours=1)


def look(house: House) -> int:
    """Tell the owners of what was booked since the last look, and close approvals that lapsed.

    Returns:
        How many entries the owners had not heard of.
    """
    decisions.lapse(house)
    now = house.clock()
    rules = house.shop.oversight
    with house.engine.begin() as connection:
        patient(connection)
        found = unusual(
            connection,
            after=_looked_through(connection, now),
            through=now,
            large_fen=rules.large_entry_fen,
            night=(rules.night_from, rules.night_until),
            zone=house.shop.timezone,
        )
        told = [entry for entry in found if _tell(house, connection, entry, now)]
        _looked(connection, now if len(found) < MAX_ENTRIES else found[-1].at)
        return len(told)


def _looked_through(connection: Connection, now: datetime) -> datetime:
    """Where to begin; one look at a time."""
    connection.execute(sql("SELECT pg_advisory_xact_lock(hashtextextended('oversight look', 0))"))
    row = connection.execute(sql("SELECT looked_through FROM oversight_look")).one_or_none()
    return now - FIRST_LOOK if row is None else min(row.looked_through, now) - OVERLAP


def _looked(connection: Connection, through: datetime) -> None:
    connection.execute(
        sql("""
            INSERT INTO oversight_look (looked_through) VALUES (:through)
            ON CONFLICT (one) DO UPDATE SET looked_through = greatest(oversight_look.looked_through, :through)
        """),
        {"through": through},
    )


def reasons(house: House, entry: Entry) -> tuple[str, ...]:
    """Why the owner hears of this entry, in words; none: he does not (a single reversal by day)."""
    rules = house.shop.oversight
    hour = entry.at.astimezone(house.shop.zone).hour
    found = []
    if rules.large_entry_fen is not None and entry.amount_fen >= rules.large_entry_fen:
        found.append(texts.say(house.shop, "owner_told_large"))
    if _in_night(hour, rules.night_from, rules.night_until):
        found.append(texts.say(house.shop, "owner_told_night"))
    if entry.undone >= rules.reversals_a_day:
        found.append(
            texts.say(house.shop, "owner_told_reversals", staff=entry.staff_name, count=entry.undone)
        )
    return tuple(found)


def _in_night(hour: int, first: int, until: int) -> bool:
    return first <= hour < until if first <= until else hour >= first or hour < until


def _tell(house: House, connection: Connection, entry: Entry, now: datetime) -> bool:
    why = reasons(house, entry)
    if not why or entry.role == "owner":
        return False
    text = texts.say(
        house.shop,
        "owner_told",
        shop=house.shop.name,
        what="、".join(why),
        staff=entry.staff_name,
        role=house.shop.role_limit(entry.role).name,
        store=_store_name(house, entry.store_id),
        time=words.moment(entry.at, house.shop.zone),
        entry=_kind_name(house, entry.kind),
        amount=format_fen(entry.amount_fen),
        transfer=transfer_number(entry.transfer_id),
    )
    queued = False
    for owner in staff.everyone(connection):
        if owner.role == "owner":
            key = f"oversight:{entry.transfer_id}:{owner.id}"
            queued |= notices.notify_staff(
                house, connection, key=key, to=owner, kind="oversight", text=text, now=now
            )
    return queued


def _kind_name(house: House, kind: str) -> str:
    name = f"entry_kind_{kind}"
    return texts.say(house.shop, name if name in texts.TEXTS else "entry_kind_other")


def _store_name(house: House, store_id: str) -> str:
    try:
        return house.shop.store(store_id).name
    except UnknownIdError:
        return store_id
