"""At night: who is to be reminded by day of what runs low and what expires (rows B4, E1).

Every reminder has a key of its own, so that a night that is repeated plans nothing twice, and one that did
not run is made good by the next.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from functools import partial

from sqlalchemy import Connection

from actions.house import House
from actions.reminders.manners import after_quiet
from ledger.records import messages
from ledger.records import reminder_sweeps as sweeps
from shop import texts
from shop.model import Shop

SWEEP_SECONDS = 300
SWEEP = "reminders"
EARLIEST_HOUR = 5  # in the shop; the night's job runs before
MOVED_WITHIN = timedelta(days=3)


@dataclass(frozen=True)
class Window:
    """What ends after `start` and up to `end` is told now as `days` before."""

    days: int
    start: datetime
    end: datetime


def windows(shop: Shop, now: datetime) -> Iterator[Window]:
    """One for each of the shop's `days_before`; they leave no gap, so that no lost night loses a reminder."""
    today = now.astimezone(shop.zone).date()

    def midnight(days: int) -> datetime:
        return datetime.combine(today + timedelta(days=days), time.min, shop.zone)

    nearer = -1
    for days in sorted(set(shop.reminders.days_before)):
        yield Window(days, max(midnight(nearer + 1), now), midnight(days + 1))
        nearer = days


def plan_nightly(house: House) -> int:
    """Plan what is told in the morning; how many. One transaction a kind."""
    now = house.clock()
    due_at = morning(house.shop, now)
    planned = _each(house, "low_balance", partial(_low, house, now, due_at))
    for window in windows(house.shop, now):
        planned += _each(house, "lot_expiring", partial(_lots, house, window, now, due_at))
        planned += _each(house, "coupon_expiring", partial(_in_hand, house, "coupon", window, due_at))
        planned += _each(house, "voucher_expiring", partial(_in_hand, house, "voucher", window, due_at))
    with house.engine.begin() as connection:
        sweeps.mark_done(connection, SWEEP, now.astimezone(house.shop.zone).date())
    return planned


def drop_unheard(house: House) -> int:
    """Drop what has waited a week for a member's next word, with the reason; how many."""
    with house.engine.begin() as connection:
        sweeps.allow_time(connection, SWEEP_SECONDS)
        return messages.drop_waiting(connection, now=house.clock(), error="no word from the member in a week")


def plan_missed(house: House) -> int:
    """The same when the night's job did not run today (the shop was off, or its clock was moved); else 0."""
    now = house.clock().astimezone(house.shop.zone)
    if now.hour < EARLIEST_HOUR:
        return 0
    with house.engine.connect() as connection:
        if sweeps.is_done(connection, SWEEP, now.date()):
            return 0
    return plan_nightly(house)


def morning(shop: Shop, now: datetime) -> datetime:
    """Today at the shop's hour, or now where that is past; never in quiet hours."""
    day = now.astimezone(shop.zone).date()
    return after_quiet(shop, max(now, datetime.combine(day, time(shop.reminders.send_at), shop.zone)))


def _each(house: House, kind: str, plan: Callable[[Connection], int]) -> int:
    if kind in house.shop.reminders.silent:
        return 0
    with house.engine.begin() as connection:
        sweeps.allow_time(connection, SWEEP_SECONDS)
        return plan(connection)


def _low(house: House, now: datetime, due_at: datetime, connection: Connection) -> int:
    line_fen = house.shop.reminders.low_balance_fen
    if not line_fen:
        return 0
    return sweeps.plan_low_balances(
        connection,
        line_fen=line_fen,
        moved_since=now - MOVED_WITHIN,
        due_at=due_at,
        reason=_why(house, "why_low_balance"),
    )


def _lots(house: House, window: Window, now: datetime, due_at: datetime, connection: Connection) -> int:
    return sweeps.plan_expiring_lots(
        connection,
        start=window.start,
        end=window.end,
        days=window.days,
        due_at=due_at,
        told_since=now - timedelta(days=window.days),
        reason=_why(house, "why_expiring"),
    )


def _in_hand(
    house: House, table: sweeps.InHand, window: Window, due_at: datetime, connection: Connection
) -> int:
    return sweeps.plan_expiring_in_hand(
        connection,
        table,
        start=window.start,
        end=window.end,
        days=window.days,
        due_at=due_at,
        reason=_why(house, "why_expiring"),
    )


def _why(house: House, name: str) -> str:
    return texts.say(house.shop, name, shop=house.shop.name)
