"""The month of a store: the sum of its day closes, every variance with its reason, then closed (row B8)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import Connection

from actions import notices, rights
from actions.closing import day_close_words
from actions.closing.day_close import CLOSING_ROLES
from actions.closing.settlement import month_bounds
from actions.house import Denied, House
from actions.patience import patient
from actions.review.limits import shop_day
from ledger import book
from ledger.records import acts, day_closes, month_closes, staff
from ledger.records.day_closes import Count, DayClose
from ledger.records.month_closes import MonthClose
from ledger.reports.figures import Figures, added, figures


@dataclass(frozen=True)
class Month:
    """What a store's month holds.

    Attributes:
        days: its day closes with what stands counted.
        figures: their sum; what is not closed yet is not in it.
        open_entries: entries of this month that no day close has taken yet.
        closed: the month close, once there is one.
    """

    store_id: str
    first: date
    running: bool
    days: tuple[tuple[DayClose, tuple[Count, ...]], ...]
    figures: Figures
    open_entries: int
    closed: MonthClose | None
    names: Mapping[str, str]

    @property
    def can_close(self) -> bool:
        return bool(self.days) and not (self.running or self.open_entries or self.closed)

    @property
    def variances(self) -> tuple[tuple[date, Count], ...]:
        return tuple((day.day, count) for day, counts in self.days for count in counts if count.variance_fen)


@dataclass(frozen=True)
class MonthQuote:
    """A month close as it was read out: plain values for a conversation."""

    store_id: str
    first: str
    entries: int


def read_month(
    house: House, *, staff_openid: str, store_id: str | None = None, month: date | None = None
) -> Month | Denied:
    """The month of one's own store, or of the one that head office names; this month by default."""
    with house.engine.begin() as connection:
        patient(connection)
        return _read(house, connection, staff_openid, store_id, month)


def close_month(house: House, *, staff_openid: str, quote: MonthQuote, key: str) -> Month | Denied:
    """Close a month whose days are all closed: kept once, sealed, told to the owner."""
    now, first = house.clock(), date.fromisoformat(quote.first)
    with house.engine.begin() as connection:
        patient(connection)
        day_closes.lock_store(connection, quote.store_id)
        found = _read(house, connection, staff_openid, quote.store_id, first)
        if isinstance(found, Denied) or (found.closed is not None and found.closed.key == key):
            return found
        if not found.can_close or found.figures.entries != quote.entries:
            return _cannot(house, found)
        acting = rights.require_staff(connection, staff_openid, roles=CLOSING_ROLES)
        if isinstance(acting, Denied):
            return acting
        seal = book.seal(connection, now=now)
        month_closes.write(
            connection,
            store_id=found.store_id,
            month=first,
            key=key,
            figures=found.figures,
            closed_by=acting.id,
            closed_at=now,
            seal_id=seal.id,
        )
        acts.record(
            connection,
            actor=f"staff:{acting.id}",
            what="month_close",
            at=now,
            origin=acting.openid or "",
            key=key,
            staff_id=acting.id,
            store_id=found.store_id,
            detail={"month": quote.first, "seal": seal.id},
        )
        told = day_close_words.month_owner_message(
            house, found.store_id, first, found.figures, len(found.variances), acting, seal.root.hex()
        )
        for each in staff.everyone(connection):
            if each.role == "owner":
                notices.notify_staff(
                    house,
                    connection,
                    key=f"month_close:{found.store_id}:{quote.first}:{each.id}",
                    to=each,
                    kind="month_close",
                    text=told,
                    now=now,
                )
        return _read(house, connection, staff_openid, quote.store_id, first)


def _read(
    house: House, connection: Connection, staff_openid: str, store_id: str | None, month: date | None
) -> Month | Denied:
    acting = rights.require_staff(connection, staff_openid, roles=CLOSING_ROLES)
    if isinstance(acting, Denied):
        return acting
    wanted = rights.acting_store(house, acting, store_id)
    if isinstance(wanted, Denied):
        return Denied("month_store_needed") if wanted.code == "store_needed" else wanted
    now = house.clock()
    today = shop_day(now, house.shop.zone)
    first = (month or today).replace(day=1)
    if first > today:
        return Denied("month_in_future", {"month": day_close_words.month_name(first)})
    last = (first + timedelta(days=32)).replace(day=1) - timedelta(days=1)
    start, end = month_bounds(house, first)
    stretch = day_closes.open_stretch(connection, wanted, upto=None, before=end, first_day=start)
    closes = day_closes.between(connection, first, last, store_id=wanted)
    return Month(
        store_id=wanted,
        first=first,
        running=end > now,
        days=tuple((close, day_closes.standing(day_closes.counts(connection, close.id))) for close in closes),
        figures=added(close.figures for close in closes),
        open_entries=figures(connection, stretch).entries,
        closed=month_closes.of(connection, wanted, first),
        names=day_close_words.names(connection),
    )


def _cannot(house: House, found: Month) -> Denied:
    if found.closed is not None:
        code = "month_closed"
    elif found.running:
        code = "month_running"
    else:
        code = "month_open"
    store, month = house.shop.store(found.store_id).name, day_close_words.month_name(found.first)
    return Denied(code, {"store": store, "month": month, "entries": found.open_entries})
