"""The three best of the free slots (row A8): the wish itself, else what is nearest. Pure, deterministic.

Near is counted in minutes. Another technician than the one wished weighs like an hour and a quarter, another
store like three hours: 10:00 小美 is answered by 10:30 小美 before 10:00 小丽, and both before another store.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from shop import slots
from shop.model import Service, Shop
from shop.slots import Busy, Slot, Stretch, Why, Wish

# What is taken between two minutes since the epoch, at least; it may say more.
Load = Callable[[int, int], Busy]

MOST = 3
PART_MINUTES = 4 * 60
OTHER_TECHNICIAN_MINUTES = 75
OTHER_STORE_MINUTES = 180
REACH_MINUTES = 16 * 60  # the longest treatment and its buffers may reach so far beyond a day
INSISTING_DAYS = 3  # so many days around the wish are searched for the technician who was asked for
LONG_WINDOW_DAYS = 8  # in a longer one the first day with free slots is enough


@dataclass(frozen=True)
class Found:
    """The slots in order of time, and how the nearest of them stands to the wish."""

    slots: tuple[Slot, ...]
    why: Why


@dataclass(frozen=True)
class _Search:
    """A wish with all that limits it; times in minutes since the epoch."""

    shop: Shop
    wish: Wish
    service: Service
    stores: tuple[str, ...]  # that can do it, in order of preference
    earliest: int
    horizon: int
    window: Stretch
    load: Load

    def bookable(self, store_id: str, day_minute: int, within: Stretch, *, wished: bool) -> Iterator[Slot]:
        """Free slots of one day; `wished`: of the technician asked for only."""
        shop, wish = self.shop, self.wish
        if not wished and wish.technician_id is not None:
            wish = Wish(wish.service_id, wish.store_id, people=wish.people)
        start, end = max(within[0], self.earliest), min(within[1], self.horizon)
        if start >= end:
            return iter(())
        day = slots.day_of(shop, day_minute)
        first = slots.midnight(shop, day)
        busy = self.load(first - REACH_MINUTES, first + 1440 + REACH_MINUTES)
        return slots.free_on(shop, wish, store_id, day, busy, within=(start, end))


def bookable_window(shop: Shop, now: datetime, *, notice: bool = True) -> Stretch:
    """From the shop's notice (or now) to the end of its last bookable day, in minutes since the epoch."""
    minutes = shop.booking.notice_minutes if notice else 0
    earliest = slots.minute_of(now + timedelta(minutes=minutes, seconds=59, microseconds=999_999))
    last = now.astimezone(shop.zone).date() + timedelta(days=shop.booking.latest_days + 1)
    return earliest, slots.midnight(shop, last)


def window_of(shop: Shop, wish: Wish, now: datetime) -> Stretch:
    """The stretch in which the wish would have it begin, in minutes since the epoch."""
    if wish.start is None:
        return slots.minute_of(now), bookable_window(shop, now)[1]
    start = slots.minute_of(wish.start)
    if wish.end is not None and wish.end > wish.start:
        return start, slots.minute_of(wish.end)
    if wish.grain in ("minute", "hour"):
        return start, start + 1
    if wish.grain == "part":
        return start, start + PART_MINUTES
    day = slots.day_of(shop, start)
    return start, slots.midnight(shop, day + timedelta(days=1))


def find(
    shop: Shop, wish: Wish, *, now: datetime, home_store_id: str, load: Load, notice: bool = True
) -> Found:
    """Up to three free slots for the wish.

    Args:
        home_store_id: the member's own store, which goes first when the wish names none.
        load: what is taken; see `Load`.
        notice: the shop's notice is kept; not when staff book for somebody.
    """
    service = shop.service(wish.service_id)
    earliest, horizon = bookable_window(shop, now, notice=notice)
    search = _Search(
        shop=shop,
        wish=wish,
        service=service,
        stores=_stores(shop, wish, service, home_store_id),
        earliest=earliest,
        horizon=horizon,
        window=window_of(shop, wish, now),
        load=load,
    )
    as_wished = _as_wished(search)
    if as_wished:
        return Found(tuple(as_wished), "as_wished")
    near = _near(search)
    return Found(tuple(sorted(near, key=lambda slot: slot.start)), _why(search, near))


def _stores(shop: Shop, wish: Wish, service: Service, home_store_id: str) -> tuple[str, ...]:
    preferred = wish.store_id or home_store_id
    able = [store.id for store in shop.stores if slots.can(shop, service, store.id, wish.people)]
    return tuple(sorted(able, key=lambda each: each != preferred))


def _as_wished(search: _Search) -> list[Slot]:
    """What the wish asks for, in the first store that has it; another store only if none was named."""
    wish = search.wish
    stores = search.stores if wish.store_id is None else [s for s in search.stores if s == wish.store_id]
    for store_id in stores:
        free = _in_window(search, store_id)
        if free:
            exact = search.window[1] - search.window[0] == 1
            return _same_time(free) if exact else _spread(free)
    return []


def _in_window(search: _Search, store_id: str) -> list[Slot]:
    start, end = max(search.window[0], search.earliest), min(search.window[1], search.horizon)
    long = end - start > LONG_WINDOW_DAYS * 1440
    free: list[Slot] = []
    for minute in _day_minutes(search.shop, start, end):
        free += search.bookable(store_id, minute, (start, end), wished=True)
        if long and free:
            break
    return free


def _day_minutes(shop: Shop, start: int, end: int) -> Iterator[int]:
    """One minute of each day that the stretch touches."""
    while start < end:
        yield start
        start = slots.midnight(shop, slots.day_of(shop, start) + timedelta(days=1))


def _same_time(free: Sequence[Slot]) -> list[Slot]:
    return list(free[:MOST])


def _spread(free: Sequence[Slot]) -> list[Slot]:
    """The first, and two later ones a third of the free time apart each, by other technicians if possible."""
    starts = sorted({slot.start for slot in free})
    count = len(starts)
    places = range(count) if count <= MOST else [round(count * k / MOST) for k in range(MOST)]
    chosen: list[Slot] = []
    for start in (starts[place] for place in places):
        used = [slot.technician_id for slot in chosen]
        here = [slot for slot in free if slot.start == start]
        chosen.append(min(here, key=lambda slot: used.count(slot.technician_id)))
    return chosen


def _near(search: _Search) -> list[Slot]:
    """The nearest in other times, by other people, in other stores."""
    insist = search.wish.technician_id is not None
    found: list[Slot] = []
    own: list[Slot] = []
    for ring, days in enumerate(_rings(search)):
        for minute in days:
            whole_day = (minute, minute + 2 * 1440)
            for store_id in search.stores:
                free = list(search.bookable(store_id, minute, whole_day, wished=False))
                if insist:
                    own += [slot for slot in free if slot.technician_id == search.wish.technician_id]
                if len(found) < MOST or ring == 0:
                    found += free
        if len(found) >= MOST and (not insist or own or ring >= INSISTING_DAYS):
            break
    return _choose(search, [*own, *found])


def _rings(search: _Search) -> Iterator[list[int]]:
    """A minute of the wished day, then of the days around it, the later one first, as far as one may book."""
    shop = search.shop
    anchor = slots.day_of(shop, min(max(search.window[0], search.earliest), search.horizon - 1))
    first, last = slots.day_of(shop, search.earliest), slots.day_of(shop, search.horizon - 1)
    for ring in range((last - first).days + 1):
        days = {anchor + timedelta(days=ring), anchor - timedelta(days=ring)}
        kept = sorted((day for day in days if first <= day <= last), reverse=True)
        if kept:
            yield [slots.midnight(shop, day) for day in kept]


def _choose(search: _Search, free: Iterable[Slot]) -> list[Slot]:
    """The nearest; then, so that there is a choice, no time twice while others are left."""
    ranked = sorted(dict.fromkeys(free), key=lambda slot: _score(search, slot))
    chosen: list[Slot] = []
    for slot in ranked:
        if all(slot.start != other.start for other in chosen):
            chosen.append(slot)
        if len(chosen) == MOST:
            return chosen
    rest = [slot for slot in ranked if slot not in chosen]
    return sorted([*chosen, *rest[: MOST - len(chosen)]], key=lambda slot: _score(search, slot))


def _score(search: _Search, slot: Slot) -> tuple[int, datetime, int]:
    start = slots.minute_of(slot.start)
    window_start, window_end = search.window
    away = max(window_start - start, start - window_end + 1, 0)
    wish = search.wish
    if wish.technician_id is not None and slot.technician_id != wish.technician_id:
        away += OTHER_TECHNICIAN_MINUTES
    if search.stores and slot.store_id != (wish.store_id or search.stores[0]):
        away += OTHER_STORE_MINUTES
    return away, slot.start, search.stores.index(slot.store_id)


def _why(search: _Search, near: Sequence[Slot]) -> Why:
    """How the best stands to the wish; what cannot be booked at all is said first."""
    start, end = search.window
    if start >= search.horizon:
        return "too_far"
    if end <= search.earliest:
        return "too_soon"
    if not near:
        return "full"
    if not _ever_open(search):
        return "closed"
    wish, best = search.wish, near[0]
    if wish.store_id is not None and best.store_id != wish.store_id:
        return "other_store"
    if wish.technician_id is not None and best.technician_id != wish.technician_id:
        return "other_technician"
    return "other_time"


def _ever_open(search: _Search) -> bool:
    """Whether a wished store is open long enough for a treatment that begins in the window."""
    shop, end = search.shop, search.window[1]
    start = max(search.window[0], search.earliest)
    days = (slots.day_of(shop, start) - timedelta(days=1), slots.day_of(shop, end - 1) + timedelta(days=1))
    stores = [search.wish.store_id] if search.wish.store_id else list(search.stores)
    return any(
        max(begin, start) < end and max(begin, start) + search.service.duration_minutes <= close
        for store_id in stores
        for begin, close in slots.open_stretches(shop, shop.store(store_id), *days)
    )
