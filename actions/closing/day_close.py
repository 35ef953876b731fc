"""The day close: counted against booked, a variance with its reason, then sealed (features B8)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from sqlalchemy import Connection

from actions import notices, rights
from actions.closing import day_close_words
from actions.house import Denied, House
from actions.patience import patient
from actions.review.limits import day_bounds, shop_day
from ledger import book
from ledger.records import acts, day_closes, staff
from ledger.records.day_closes import CashierCount, Count, DayClose
from ledger.records.staff import Staff
from ledger.reports.figures import Figures, Stretch, figures

CLOSING_ROLES = frozenset({"manager", "head_office", "owner"})
SETTLE_SECONDS = 2.0
MAX_REASON_LENGTH = 200


@dataclass(frozen=True)
class OpenDay:
    """What a day close would take now. `since`: the moment of the close before, None before the first.

    `handed_over`: what cashiers counted of their own that day.
    """

    store_id: str
    day: date
    figures: Figures
    since: datetime | None
    names: Mapping[str, str]
    handed_over: tuple[CashierCount, ...]


@dataclass(frozen=True)
class CloseQuote:
    """A close as it was read out, to be confirmed: plain values, so that a conversation can keep it."""

    store_id: str
    day: str
    counts: tuple[tuple[str, int, int], ...]  # payment method, booked fen, counted fen
    entries: int
    reason: str

    @property
    def has_variance(self) -> bool:
        return any(booked != counted for _method, booked, counted in self.counts)


@dataclass(frozen=True)
class ClosedDay:
    """The day is over; `root` is the seal in hex that the owner was told."""

    close: DayClose
    counts: tuple[Count, ...]
    names: Mapping[str, str]
    root: str
    replayed: bool


@dataclass(frozen=True)
class CloseChanged:
    """Something was booked after the figures were read out: here is the new quote, nothing was closed."""

    quote: CloseQuote


@dataclass(frozen=True)
class CorrectedCount:
    """The count of a closed day was corrected; what was counted first stays visible."""

    close: DayClose
    counts: tuple[Count, ...]


def open_day(
    house: House, *, staff_openid: str, store_id: str | None = None, day: date | None = None
) -> OpenDay | Denied:
    """What is booked and not closed yet, for the store of the staff member or one that head office names."""
    with house.engine.begin() as connection:
        patient(connection)
        place = _place(house, connection, staff_openid, store_id, day)
        if isinstance(place, Denied):
            return place
        stretch = _stretch(house, connection, place, upto=None)
        last = day_closes.last(connection, place.store_id)
        return OpenDay(
            store_id=place.store_id,
            day=place.day,
            figures=figures(connection, stretch),
            since=None if last is None else last.closed_at,
            names=day_close_words.names(connection),
            handed_over=day_closes.handed_over(connection, place.store_id, place.day, place.day),
        )


def quote_close(
    house: House,
    *,
    staff_openid: str,
    counts: Mapping[str, int],
    store_id: str | None = None,
    day: date | None = None,
    reason: str = "",
) -> CloseQuote | Denied:
    """Compare what was counted with what is booked. Changes nothing.

    Args:
        counts: fen by payment method; every method that moved has to be counted.
    """
    found = open_day(house, staff_openid=staff_openid, store_id=store_id, day=day)
    if isinstance(found, Denied):
        return found
    return compare(house, found.store_id, found.day, found.figures, counts, reason)


def close_day(
    house: House, *, staff_openid: str, quote: CloseQuote, key: str
) -> ClosedDay | CloseChanged | Denied:
    """Close the day as it was read out, seal the book, tell the owner; one transaction, once a day and store.

    Args:
        key: idempotency key of the quote; the same confirmation again is answered with the same close.
    """
    now, day = house.clock(), date.fromisoformat(quote.day)
    with house.engine.begin() as connection:
        patient(connection)
        day_closes.lock_store(connection, quote.store_id)
        done = day_closes.by_key(connection, key)
        if done is not None:
            return _closed(connection, done, replayed=True)
        place = _place(house, connection, staff_openid, quote.store_id, day)
        if isinstance(place, Denied):
            return place
        upto = book.final_upto(connection, timeout_seconds=SETTLE_SECONDS)
        if upto is None:
            return Denied("day_close_busy")
        stretch = _stretch(house, connection, place, upto=upto)
        found = figures(connection, stretch)
        counted = {method: fen for method, _booked, fen in quote.counts}
        fresh = compare(house, place.store_id, day, found, counted, quote.reason)
        if isinstance(fresh, Denied):
            return fresh
        if (fresh.counts, fresh.entries) != (quote.counts, quote.entries):
            return CloseChanged(fresh)
        if fresh.has_variance and not fresh.reason:
            return Denied("day_reason_needed", {"day": day_close_words.day_name(day)})
        return _close(house, connection, place, stretch, found, fresh, key, now)


def correct_count(
    house: House,
    *,
    staff_openid: str,
    day: date,
    counts: Mapping[str, int],
    reason: str,
    key: str,
    store_id: str | None = None,
) -> CorrectedCount | Denied:
    """Add a correction to the count of a closed day; the close and the first count stay as they are."""
    now = house.clock()
    with house.engine.begin() as connection:
        acting = rights.require_staff(connection, staff_openid, roles=CLOSING_ROLES)
        if isinstance(acting, Denied):
            return acting
        wanted = rights.acting_store(house, acting, store_id)
        if isinstance(wanted, Denied):
            return _without_store(wanted)
        day_closes.lock_store(connection, wanted)
        found = day_closes.of_day(connection, wanted, day)
        if found is None:
            return Denied("day_not_closed", {"day": day_close_words.day_name(day)})
        if not reason.strip():
            return Denied("day_reason_needed", {"day": day_close_words.day_name(day)})
        before = day_closes.counts(connection, found.id)
        if not any(each.key == key for each in before):
            added = _corrections(found, before, counts, reason.strip()[:MAX_REASON_LENGTH])
            day_closes.count(connection, found.id, added, counted_by=acting.id, counted_at=now, key=key)
            _sign(connection, acting, found, "day_count_corrected", key, now)
            after = day_closes.counts(connection, found.id)
            _tell_owner_of_correction(house, connection, acting, found, after, now)
        return CorrectedCount(found, day_closes.counts(connection, found.id))


@dataclass(frozen=True)
class _Place:
    """Who closes which day of which store; `before`: only what was recorded before, None: all there is."""

    acting: Staff
    store_id: str
    day: date
    before: datetime | None


def closing_day(house: House, now: datetime) -> date:
    """The day that a close belongs to: today, and until `oversight.night_until` still the day before."""
    local = now.astimezone(house.shop.zone)
    return local.date() - timedelta(days=1 if local.hour < house.shop.oversight.night_until else 0)


def _place(
    house: House, connection: Connection, staff_openid: str, store_id: str | None, day: date | None
) -> _Place | Denied:
    acting = rights.require_staff(connection, staff_openid, roles=CLOSING_ROLES)
    if isinstance(acting, Denied):
        return acting
    wanted = rights.acting_store(house, acting, store_id)
    if isinstance(wanted, Denied):
        return _without_store(wanted)
    now = house.clock()
    current = closing_day(house, now)
    day = current if day is None else day
    if day > shop_day(now, house.shop.zone):
        return Denied("day_in_future", {"day": day_close_words.day_name(day)})
    denied = _closed_already(house, connection, wanted, day)
    if denied is not None:
        return denied
    before = None if day >= current else day_bounds(day, house.shop.zone)[1]
    return _Place(acting, wanted, day, before)


def _without_store(denied: Denied) -> Denied:
    return Denied("day_store_needed") if denied.code == "store_needed" else denied


def _closed_already(house: House, connection: Connection, store_id: str, day: date) -> Denied | None:
    last = day_closes.last(connection, store_id)
    if last is None or last.day < day:
        return None
    found = day_closes.of_day(connection, store_id, day)
    if found is None:
        names = {"day": day, "later": last.day}
        return Denied("day_passed", {each: day_close_words.day_name(at) for each, at in names.items()})
    closer = staff.by_id(connection, found.closed_by)
    return Denied(
        "day_closed",
        {
            "store": house.shop.store(store_id).name,
            "day": day_close_words.day_name(day),
            "time": day_close_words.moment(house, found.closed_at),
            "closer": closer.name if closer else "",
        },
    )


def _stretch(house: House, connection: Connection, place: _Place, *, upto: int | None) -> Stretch:
    first_day = day_bounds(place.day, house.shop.zone)[0]
    return day_closes.open_stretch(
        connection, place.store_id, upto=upto, before=place.before, first_day=first_day
    )


def compare(
    house: House, store_id: str, day: date, found: Figures, counts: Mapping[str, int], reason: str
) -> CloseQuote | Denied:
    """Counted beside booked; Denied when a method that moved was not counted."""
    missing = [method for method in found.codes("cash") if method not in counts]
    if missing:
        return Denied("day_not_counted", {"methods": day_close_words.method_names(house, missing)})
    methods = sorted({*counts, *found.codes("cash")})
    return CloseQuote(
        store_id=store_id,
        day=day.isoformat(),
        counts=tuple((method, found.total("cash", code=method), counts[method]) for method in methods),
        entries=found.entries,
        reason=reason.strip()[:MAX_REASON_LENGTH],
    )


def _close(
    house: House,
    connection: Connection,
    place: _Place,
    stretch: Stretch,
    found: Figures,
    quote: CloseQuote,
    key: str,
    now: datetime,
) -> ClosedDay:
    seal = book.seal(connection, now=now)
    close_id = day_closes.write(
        connection,
        stretch,
        day=place.day,
        key=key,
        figures=found,
        closed_by=place.acting.id,
        closed_at=now,
        seal_id=seal.id,
    )
    counts = [
        Count(method, booked, counted, quote.reason if booked != counted else "")
        for method, booked, counted in quote.counts
    ]
    day_closes.count(connection, close_id, counts, counted_by=place.acting.id, counted_at=now, key=key)
    done = day_closes.by_key(connection, key)
    if done is None:
        raise RuntimeError("the close was not written")
    _sign(connection, place.acting, done, "day_close", key, now)
    closed = _closed(connection, done, replayed=False)
    told = day_close_words.owner_message(house, closed.close, closed.counts, closed.names, closed.root)
    _tell_owners(house, connection, f"day_close:{close_id}", told, now)
    return closed


def _closed(connection: Connection, done: DayClose, *, replayed: bool) -> ClosedDay:
    return ClosedDay(
        close=done,
        counts=day_closes.counts(connection, done.id),
        names=day_close_words.names(connection),
        root=done.root.hex(),
        replayed=replayed,
    )


def _corrections(
    found: DayClose, before: tuple[Count, ...], counts: Mapping[str, int], reason: str
) -> list[Count]:
    standing = {each.payment_method: each for each in day_closes.standing(before)}
    added = []
    for method, counted_fen in counts.items():
        was = standing.get(method) or Count(method, found.figures.total("cash", code=method), 0, revision=-1)
        added.append(replace(was, counted_fen=counted_fen, reason=reason, revision=max(was.revision + 1, 1)))
    return added


def _sign(connection: Connection, acting: Staff, found: DayClose, what: str, key: str, now: datetime) -> None:
    acts.record(
        connection,
        actor=f"staff:{acting.id}",
        what=what,
        at=now,
        origin=acting.openid or "",
        key=key,
        staff_id=acting.id,
        store_id=found.store_id,
        detail={"day": found.day.isoformat(), "seal": found.seal_id},
    )


def _tell_owner_of_correction(
    house: House,
    connection: Connection,
    acting: Staff,
    found: DayClose,
    counts: tuple[Count, ...],
    now: datetime,
) -> None:
    told = day_close_words.correction_message(house, acting, found, counts)
    revision = sum(1 for each in counts if each.revision)
    _tell_owners(house, connection, f"day_close:{found.id}:correction:{revision}", told, now)


def _tell_owners(house: House, connection: Connection, key: str, told: str, now: datetime) -> None:
    for each in staff.everyone(connection):
        if each.role == "owner":
            notices.notify_staff(
                house, connection, key=f"{key}:{each.id}", to=each, kind="day_close", text=told, now=now
            )
