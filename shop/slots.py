"""Free times (row A8): what is open, who works, which rooms are left. Pure; what is taken is passed in.

Time is counted in minutes since the epoch, and taken in units of 15 minutes: unit n is the quarter of an hour
that begins 15·n minutes after the epoch. A resource is anything that can be taken once at a time: a
technician (`technician:wang_li`) or one room of a store (`guomao/bed#2`).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Literal

from shop import hours
from shop.fields import Span
from shop.model import Roster, Service, Shop, Store, Technician, UnknownIdError

UNIT_MINUTES = 15
_DAY_MINUTES = 24 * 60
_FIELDS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

Grain = Literal["minute", "hour", "part", "day"]
Why = Literal[
    "as_wished", "other_time", "other_technician", "other_store", "full", "closed", "too_soon", "too_far"
]
Stretch = tuple[int, int]  # minutes since the epoch, half-open
Busy = Mapping[str, Set[int]]  # resource → units that are taken


@dataclass(frozen=True)
class Wish:
    """What a member would like; None leaves it to the shop.

    Attributes:
        start, end: the stretch in which it should begin, half-open and aware. With grain "minute" or "hour"
            and no end: at that very moment. Without a start: as soon as may be.
    """

    service_id: str
    store_id: str | None = None
    technician_id: str | None = None
    start: datetime | None = None
    end: datetime | None = None
    grain: Grain = "day"
    people: int = 1


@dataclass(frozen=True)
class Slot:
    """A time in a store; `technician_id` None for what needs nobody, `others` for further people."""

    store_id: str
    technician_id: str | None
    start: datetime
    end: datetime
    others: tuple[str, ...] = ()

    @property
    def technicians(self) -> tuple[str, ...]:
        return (*((self.technician_id,) if self.technician_id else ()), *self.others)


def minute_of(at: datetime) -> int:
    """Whole minutes since the epoch, rounded down."""
    return int((at - _EPOCH).total_seconds() // 60)


def moment_of(shop: Shop, minute: int) -> datetime:
    """The moment in the shop's zone."""
    return (_EPOCH + timedelta(minutes=minute)).astimezone(shop.zone)


def day_of(shop: Shop, minute: int) -> date:
    return moment_of(shop, minute).date()


def midnight(shop: Shop, day: date) -> int:
    """The minute at which the day begins in the shop's zone."""
    return minute_of(datetime.combine(day, time(), shop.zone))


def technician_key(technician_id: str) -> str:
    return f"technician:{technician_id}"


def room_keys(shop: Shop, resource_id: str, store_id: str) -> tuple[str, ...]:
    """The single rooms or machines of that kind in that store."""
    kind = next((each for each in shop.booking.resources if each.id == resource_id), None)
    if kind is None:
        raise UnknownIdError(f"no resource {resource_id!r} in this shop")
    return tuple(f"{store_id}/{resource_id}#{number + 1}" for number in range(kind.count_in(store_id)))


def places(service: Service, people: int) -> int:
    """How many technicians (and rooms) so many people need at once."""
    return math.ceil(max(people, 1) / service.people)


def units(service: Service, start: int) -> range:
    """The units that a booking from that minute takes, with its buffers."""
    first = start - service.buffer_before_minutes
    last = start + service.duration_minutes + service.buffer_after_minutes
    return range(first // UNIT_MINUTES, -(-last // UNIT_MINUTES))


def keys_of(shop: Shop, service: Service, store_id: str) -> tuple[str, ...]:
    """Every resource that could be taken by a booking of this service in this store."""
    able = shop.technicians_for(service.id, store_id) if service.staffed else ()
    rooms = (key for each in service.resources for key in room_keys(shop, each, store_id))
    return (*(technician_key(each.id) for each in able), *rooms)


def can(shop: Shop, service: Service, store_id: str, people: int) -> bool:
    """Whether the store could ever do it for so many people at once."""
    needed = places(service, people)
    if service.staffed and len(shop.technicians_for(service.id, store_id)) < needed:
        return False
    return all(len(room_keys(shop, each, store_id)) >= needed for each in service.resources)


def open_stretches(shop: Shop, store: Store, first: date, last: date) -> list[Stretch]:
    """When the store is open from `first` to `last`; opening through midnight is one stretch."""
    return _joined(span for day in _days(first, last) for span in _open_on(shop, store.id, day))


def work_stretches(
    shop: Shop, store: Store, technician: Technician | None, first: date, last: date
) -> list[Stretch]:
    """When the technician serves in the store: opening hours, rosters, breaks; leave is in `Busy`."""
    if technician is None:
        return open_stretches(shop, store, first, last)
    return _joined(
        span for day in _days(first, last) for span in _work_on(shop, store.id, technician.id, day)
    )


@lru_cache(maxsize=4096)
def _open_on(shop: Shop, store_id: str, day: date) -> tuple[Stretch, ...]:
    return _at(shop, day, hours.spans_on(shop.store(store_id), day))


@lru_cache(maxsize=16384)
def _work_on(shop: Shop, store_id: str, technician_id: str, day: date) -> tuple[Stretch, ...]:
    technician = shop.technician(technician_id)
    if store_id not in technician.stores:
        return ()
    opening = _open_on(shop, store_id, day)
    if not technician.rosters:
        return opening
    found: list[Stretch] = []
    for roster in technician.rosters:
        if roster.store in (None, store_id):
            working = _common(opening, _at(shop, day, _rostered(roster, day)))
            found += _without(working, _at(shop, day, roster.breaks))
    return tuple(sorted(found))


def _rostered(roster: Roster, day: date) -> tuple[Span, ...]:
    own: tuple[Span, ...] | None = getattr(roster, _FIELDS[day.weekday()])
    return (roster.every_day or ()) if own is None else own


def _at(shop: Shop, day: date, spans: tuple[Span, ...]) -> tuple[Stretch, ...]:
    return tuple((_clock(shop, day, s.opens_minute), _clock(shop, day, s.closes_minute)) for s in spans)


def _clock(shop: Shop, day: date, minute: int) -> int:
    days, rest = divmod(minute, _DAY_MINUTES)
    return minute_of(
        datetime.combine(day + timedelta(days=days), time(rest // 60, rest % 60), tzinfo=shop.zone)
    )


def _days(first: date, last: date) -> Iterator[date]:
    return (first + timedelta(days=number) for number in range((last - first).days + 1))


def _common(one: tuple[Stretch, ...], other: tuple[Stretch, ...]) -> list[Stretch]:
    both = ((max(a, c), min(b, d)) for a, b in one for c, d in other)
    return [(start, end) for start, end in both if start < end]


def _without(stretches: list[Stretch], breaks: tuple[Stretch, ...]) -> list[Stretch]:
    for off, on in breaks:
        stretches = [
            part
            for start, end in stretches
            for part in ((start, min(end, off)), (max(start, on), end))
            if part[0] < part[1]
        ]
    return stretches


def _joined(stretches: Iterator[Stretch]) -> list[Stretch]:
    joined: list[Stretch] = []
    for start, end in sorted(stretches):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], end))
        else:
            joined.append((start, end))
    return joined


def fits(stretches: list[Stretch], start: int, minutes: int) -> bool:
    """Whether the treatment lies in one stretch of work from beginning to end."""
    return any(begin <= start and start + minutes <= end for begin, end in stretches)


def free_on(
    shop: Shop, wish: Wish, store_id: str, day: date, busy: Busy, *, within: Stretch
) -> Iterator[Slot]:
    """Every free slot of the wish's service in that store that begins on that day and within the stretch.

    In order of time, and at one time in the order of the file. The wish's own time and store are not looked
    at here; its technician is, where one is named.
    """
    service = shop.service(wish.service_id)
    if not can(shop, service, store_id, wish.people):
        return
    first = midnight(shop, day)
    begin, end = max(first, within[0]), min(midnight(shop, day + timedelta(days=1)), within[1])
    free = _free_by_minute(shop, service, store_id, day, busy, (begin, end))
    needed = places(service, wish.people)
    kinds = [room_keys(shop, each, store_id) for each in service.resources]
    for minute in sorted(free):
        able = free[minute]
        if service.staffed and len(able) < needed:
            continue
        taken = units(service, minute)
        if all(_count_free(keys, taken, busy) >= needed for keys in kinds):
            yield from _slots_at(shop, wish, service, store_id, minute, able)


def _free_by_minute(
    shop: Shop, service: Service, store_id: str, day: date, busy: Busy, within: Stretch
) -> dict[int, list[str | None]]:
    """Who could begin when: minutes of the grid, and who is at work and free for the whole of it."""
    able: tuple[Technician | None, ...] = (
        shop.technicians_for(service.id, store_id) if service.staffed else (None,)
    )
    # A treatment may run past midnight, and a night's opening began on the day before.
    around = (day - timedelta(days=1), day + timedelta(days=1))
    first, grid, minutes = midnight(shop, day), shop.booking.slot_minutes, service.duration_minutes
    before = service.buffer_before_minutes
    after = minutes + service.buffer_after_minutes
    store = shop.store(store_id)
    found: dict[int, list[str | None]] = {}
    for one in able:
        one_id = one.id if one else None
        taken = busy.get(technician_key(one_id), frozenset()) if one_id else frozenset()
        for start, end in work_stretches(shop, store, one, *around):
            earliest = max(start, within[0])
            for minute in range(
                first + -(-(earliest - first) // grid) * grid, min(end - minutes + 1, within[1]), grid
            ):
                quarters = range((minute - before) // UNIT_MINUTES, -(-(minute + after) // UNIT_MINUTES))
                if taken.isdisjoint(quarters):
                    found.setdefault(minute, []).append(one_id)
    return found


def _count_free(keys: tuple[str, ...], taken: range, busy: Busy) -> int:
    return sum(busy.get(key, frozenset()).isdisjoint(taken) for key in keys)


def _slots_at(
    shop: Shop, wish: Wish, service: Service, store_id: str, minute: int, able: list[str | None]
) -> Iterator[Slot]:
    begin, end = moment_of(shop, minute), moment_of(shop, minute + service.duration_minutes)
    needed = places(service, wish.people)
    for one in able:
        if wish.technician_id in (None, one) or not service.staffed:
            others = tuple(each for each in able if each is not None and each != one)[: needed - 1]
            yield Slot(store_id, one, begin, end, others)


def free_rooms(
    shop: Shop, service: Service, store_id: str, taken: range, busy: Busy, needed: int, turn: int = 0
) -> tuple[str, ...] | None:
    """The rooms and machines for a booking, None when one kind does not suffice.

    Args:
        turn: begin to look at another room, so that those who come at once do not all try the first one.
    """
    chosen: list[str] = []
    for each in service.resources:
        keys = room_keys(shop, each, store_id)
        keys = keys[turn % len(keys) :] + keys[: turn % len(keys)] if keys else keys
        free = [key for key in keys if busy.get(key, frozenset()).isdisjoint(taken)]
        if len(free) < needed:
            return None
        chosen += free[:needed]
    return tuple(chosen)


def resources_for(
    shop: Shop, service: Service, slot: Slot, people: int, busy: Busy, turn: int = 0
) -> tuple[str, ...] | None:
    """All that a booking of this slot takes, sorted; None when it is no longer free."""
    taken = units(service, minute_of(slot.start))
    technicians = tuple(technician_key(each) for each in slot.technicians)
    if any(not busy.get(key, frozenset()).isdisjoint(taken) for key in technicians):
        return None
    rooms = free_rooms(shop, service, slot.store_id, taken, busy, places(service, people), turn)
    return None if rooms is None else tuple(sorted((*technicians, *rooms)))


def is_regular(shop: Shop, service: Service, slot: Slot, people: int) -> bool:
    """Whether such a slot could be offered at all: grid, hours, rosters, who can. Not whether it is free."""
    start = minute_of(slot.start)
    day = day_of(shop, start)
    within = (start, start + 1)
    wish = Wish(service.id, slot.store_id, slot.technician_id, people=people)
    same = free_on(shop, wish, slot.store_id, day, {}, within=within)
    if not any(each.start == slot.start and each.technician_id == slot.technician_id for each in same):
        return False
    working = [shop.technician(each) for each in slot.technicians]
    store = shop.store(slot.store_id)
    around = (day - timedelta(days=1), day + timedelta(days=1))
    able = {each.id for each in shop.technicians_for(service.id, slot.store_id)}
    return (
        slot.end == moment_of(shop, start + service.duration_minutes)
        and len(set(slot.technicians)) == (places(service, people) if service.staffed else 0)
        and all(
            one.id in able
            and fits(work_stretches(shop, store, one, *around), start, service.duration_minutes)
            for one in working
        )
    )
