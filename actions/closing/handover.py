"""Handing over at the counter: a cashier counts his own against what he booked (features B8)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import Connection

from actions import notices, rights
from actions.closing import day_close_words
from actions.closing.day_close import CloseChanged, CloseQuote, closing_day, compare
from actions.house import Denied, House
from actions.patience import patient
from actions.review import approvals
from actions.review.limits import day_bounds
from ledger.records import acts, day_closes
from ledger.records.day_closes import CashierCount
from ledger.records.staff import Staff
from ledger.reports.figures import Figures, Stretch, figures
from shop import texts


@dataclass(frozen=True)
class OwnDay:
    """What this staff member booked since his store's last close, himself only."""

    store_id: str
    day: date
    figures: Figures


@dataclass(frozen=True)
class HandedOver:
    store_id: str
    counts: tuple[CashierCount, ...]
    replayed: bool


def own_day(house: House, *, staff_openid: str, store_id: str | None = None) -> OwnDay | Denied:
    """One's own takings since the last day close of the store."""
    with house.engine.begin() as connection:
        found = _own(house, connection, staff_openid, store_id)
        return found if isinstance(found, Denied) else found.shown


def quote_handover(
    house: House,
    *,
    staff_openid: str,
    counts: Mapping[str, int],
    store_id: str | None = None,
    reason: str = "",
) -> CloseQuote | Denied:
    """Compare what he counted, fen by payment method, with what he booked. Changes nothing."""
    found = own_day(house, staff_openid=staff_openid, store_id=store_id)
    if isinstance(found, Denied):
        return found
    return compare(house, found.store_id, found.day, found.figures, counts, reason)


def hand_over(
    house: House, *, staff_openid: str, quote: CloseQuote, key: str
) -> HandedOver | CloseChanged | Denied:
    """Keep the count as it was read out; a variance needs its reason and is told to the managers.

    Args:
        key: idempotency key of the quote; the same confirmation again keeps nothing more.
    """
    now = house.clock()
    with house.engine.begin() as connection:
        known = day_closes.handed_over_by_key(connection, key)
        if known:
            return HandedOver(quote.store_id, known, replayed=True)
        found = _own(house, connection, staff_openid, quote.store_id)
        if isinstance(found, Denied):
            return found
        counted = {method: fen for method, _booked, fen in quote.counts}
        shown = found.shown
        fresh = compare(house, shown.store_id, shown.day, shown.figures, counted, quote.reason)
        if isinstance(fresh, Denied):
            return fresh
        if fresh.counts != quote.counts:
            return CloseChanged(fresh)
        if fresh.has_variance and not fresh.reason:
            return Denied("day_reason_needed", {"day": day_close_words.day_name(shown.day)})
        counts = tuple(
            CashierCount(
                key=key,
                payment_method=method,
                store_id=shown.store_id,
                staff_id=found.acting.id,
                day=shown.day,
                upto_transfer_id=found.stretch.upto_transfer_id,
                booked_fen=booked,
                counted_fen=fen,
                reason=fresh.reason if booked != fen else "",
                counted_at=now,
            )
            for method, booked, fen in fresh.counts
        )
        day_closes.hand_over(connection, counts)
        acts.record(
            connection,
            actor=f"staff:{found.acting.id}",
            what="handover",
            at=now,
            origin=staff_openid,
            key=key,
            staff_id=found.acting.id,
            store_id=shown.store_id,
            detail={"day": shown.day.isoformat()},
        )
        if fresh.has_variance:
            _tell_managers(house, connection, found.acting, shown.store_id, counts, key)
        return HandedOver(shown.store_id, counts, replayed=False)


@dataclass(frozen=True)
class _Own:
    acting: Staff
    shown: OwnDay
    stretch: Stretch


def _own(house: House, connection: Connection, staff_openid: str, store_id: str | None) -> _Own | Denied:
    patient(connection)
    acting = rights.require_staff(connection, staff_openid)
    if isinstance(acting, Denied):
        return acting
    wanted = rights.acting_store(house, acting, store_id)
    if isinstance(wanted, Denied):
        return Denied("day_store_needed") if wanted.code == "store_needed" else wanted
    day = closing_day(house, house.clock())
    last = day_closes.last(connection, wanted)
    if last is not None and last.day >= day:
        day = last.day + timedelta(days=1)  # what comes after the close goes into the next day's
    first_day = day_bounds(day, house.shop.zone)[0]
    stretch = day_closes.open_stretch(connection, wanted, upto=None, before=None, first_day=first_day)
    own = figures(connection, stretch).of_actor(f"staff:{acting.id}")
    return _Own(acting, OwnDay(wanted, day, own), stretch)


def _tell_managers(
    house: House,
    connection: Connection,
    acting: Staff,
    store_id: str,
    counts: tuple[CashierCount, ...],
    key: str,
) -> None:
    lines = [(c.payment_method, c.booked_fen, c.counted_fen, c.reason) for c in counts]
    told = texts.say(
        house.shop,
        "handover_told",
        name=acting.name,
        store=house.shop.store(store_id).name,
        counts=day_close_words.count_lines(house, lines),
    )
    for each in approvals.deciders(connection, store_id, but=acting.id):
        notices.notify_staff(
            house,
            connection,
            key=f"handover:{key}:{each.id}",
            to=each,
            kind="handover",
            text=told,
            now=house.clock(),
        )
