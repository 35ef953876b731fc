"""Free times: hours, rosters, breaks, rooms, buffers, midnight; what is offered is really free."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shop import slots, slots_rank, slots_text
from shop.files import loads
from shop.model import Shop
from shop.slots import Busy, Grain, Slot, Wish
from shop.slots_rank import Found

ZONE = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 11, 23, 9, 0, tzinfo=ZONE)  # a Monday
TUESDAY = date(2026, 11, 24)

TEXT = """
name: 小院
stores:
  - {id: east, name: 东店, address: 东街 1 号, phone: 010-80000101, hours: {every_day: "10:00-18:00"},
     special_days: [{date: 2026-11-26, hours: 休息}, {date: 2026-11-27, hours: "12:00-14:00"}]}
  - {id: west, name: 西店, address: 西街 1 号, phone: 010-80000102, hours: {every_day: "10:00-18:00"}}
  - {id: night, name: 夜店, address: 北街 1 号, phone: 010-80000103,
     hours: {every_day: "00:00-02:00, 18:00-24:00"}}
categories: [{id: care, name: 护理}]
services:
  - {id: facial, name: 面护, category: care, price: 200, duration_minutes: 60, technicians: [mei, li],
     buffer_before_minutes: 5, buffer_after_minutes: 10, resources: [bed]}
  - {id: massage, name: 按摩, category: care, price: 100, duration_minutes: 45, technicians: [mei, li, wang]}
  - {id: room_hour, name: 包间, category: care, price: 50, duration_minutes: 60, staffed: false,
     resources: [room]}
technicians:
  - {id: mei, name: 小美, stores: [east]}
  - {id: li, name: 小丽, stores: [east, west], rosters: [
       {store: east, mon: "10:00-18:00", tue: "12:00-18:00", breaks: "13:00-14:00"},
       {store: west, sat: "10:00-18:00", sun: "10:00-18:00"}]}
  - {id: wang, name: 老王, stores: [night]}
top_up: {minimum: 100, maximum: 5000}
levels: [{id: plain, name: 会员}]
booking:
  slot_minutes: 30
  notice_minutes: 60
  latest_days: 14
  resources:
    - {id: bed, name: 护理床, capacity: {east: 1, west: 1}}
    - {id: room, name: 包间, capacity: {east: 2}}
payment_methods: [{id: cash, name: 现金}]
roles:
  - {id: cashier, name: 收银员}
  - {id: manager, name: 店长}
  - {id: head_office, name: 总部}
  - {id: owner, name: 老板}
"""
SHOP = loads(TEXT)


def at(day: date, clock: str) -> datetime:
    return datetime.combine(day, time.fromisoformat(clock), ZONE)


def find(wish: Wish, busy: Busy | None = None, *, now: datetime = NOW, home: str = "east") -> Found:
    return slots_rank.find(SHOP, wish, now=now, home_store_id=home, load=lambda _first, _last: busy or {})


def said(found: Found, *, now: datetime = NOW) -> str:
    return slots_text.slots_text(SHOP, found.slots, today=now.date())


def taken(*spans: tuple[str, date, str, str]) -> dict[str, set[int]]:
    """Units of a resource on a day, from and to."""
    busy: dict[str, set[int]] = {}
    for resource, day, start, end in spans:
        first, last = slots.minute_of(at(day, start)) // 15, slots.minute_of(at(day, end)) // 15
        busy.setdefault(resource, set()).update(range(first, last))
    return busy


def starts(found: Found) -> list[str]:
    return [f"{one.start:%H:%M}" for one in found.slots]


MEI, LI, BED = "technician:mei", "technician:li", "east/bed#1"


@pytest.mark.parametrize(
    ("wish", "busy", "why", "text"),
    [
        (
            Wish("facial", "east", "mei", at(TUESDAY, "15:00"), grain="minute"),
            {},
            "as_wished",
            "明天(11月24日)15:00 小美",
        ),
        (
            Wish("facial", "east", "mei", at(TUESDAY, "15:00"), grain="minute"),
            taken((MEI, TUESDAY, "15:00", "16:00")),
            "other_technician",
            "明天(11月24日)13:30 小美 · 15:00 小丽 · 16:30 小美",
        ),
        (
            Wish("massage", "east", "mei", at(TUESDAY, "15:00"), grain="minute"),
            taken((MEI, TUESDAY, "15:00", "15:45")),
            "other_time",
            "明天(11月24日)14:00 小美 · 15:00 小丽 · 16:00 小美",
        ),
        (Wish("facial", "east", None, at(TUESDAY, "19:00"), grain="hour"), {}, "closed", None),
        (Wish("facial", "east", None, at(TUESDAY, "17:30"), grain="hour"), {}, "closed", None),
        (Wish("facial", "east", None, at(date(2026, 11, 26), "00:00"), grain="day"), {}, "closed", None),
        (Wish("facial", "east", None, at(NOW.date(), "09:30"), grain="minute"), {}, "too_soon", None),
        (Wish("facial", "east", None, at(date(2026, 11, 20), "15:00"), grain="minute"), {}, "too_soon", None),
        (Wish("facial", "east", None, at(date(2027, 1, 5), "15:00"), grain="minute"), {}, "too_far", None),
        (Wish("facial", "west", None, at(TUESDAY, "15:00"), grain="minute"), {}, "other_store", None),
        (Wish("facial", "east", "wang", at(TUESDAY, "15:00"), grain="minute"), {}, "other_technician", None),
    ],
)
def test_wishes_and_what_is_offered(wish: Wish, busy: Busy, why: str, text: str | None) -> None:
    found = find(wish, busy)
    assert found.why == why
    assert found.slots
    if text is not None:
        assert said(found) == text


def test_a_closed_day_offers_the_days_around_it() -> None:
    found = find(Wish("facial", "east", None, at(date(2026, 11, 26), "00:00"), grain="day"))
    assert {one.start.date().day for one in found.slots} <= {25, 27}


def test_a_special_day_has_its_own_hours() -> None:
    found = find(Wish("facial", "east", None, at(date(2026, 11, 27), "00:00"), grain="day"))
    assert starts(found) == ["12:00", "12:30", "13:00"]


def test_breaks_and_rosters_hold() -> None:
    day = Wish("massage", "east", "li", at(TUESDAY, "00:00"), grain="day")
    found = find(day)
    free = list(slots.free_on(SHOP, day, "east", TUESDAY, {}, within=(0, 10**9)))
    assert found.why == "as_wished"
    assert [f"{one.start:%H:%M}" for one in free] == [
        "12:00", "14:00", "14:30", "15:00", "15:30", "16:00", "16:30", "17:00",
    ]  # fmt: skip


def test_a_break_leaves_room_for_a_short_treatment_before_it() -> None:
    free = slots.free_on(SHOP, Wish("massage"), "east", TUESDAY, {}, within=(0, 10**9))
    assert not any(one.technician_id == "li" and f"{one.start:%H:%M}" == "12:30" for one in free)


def test_opening_through_midnight_is_one_stretch() -> None:
    """18:00–24:00 and 00:00–02:00 of the next day: 23:30 for 45 minutes is possible, 01:30 is not."""
    wish = Wish("massage", "night", None, at(TUESDAY, "23:30"), grain="minute")
    found = find(wish)
    assert found.why == "as_wished"
    assert found.slots[0].end == at(TUESDAY + timedelta(days=1), "00:15")
    late = find(Wish("massage", "night", None, at(TUESDAY, "01:30"), grain="minute"))
    assert late.why == "closed"


def test_buffers_keep_neighbours_apart() -> None:
    """An hour from 12:00, tidied up until 12:10: the bed is free again from 12:15, the next begins at 12:30
    with five minutes before it.
    """
    busy = taken((MEI, TUESDAY, "11:45", "13:15"), (BED, TUESDAY, "11:45", "13:15"))
    free = slots.free_on(SHOP, Wish("facial"), "east", TUESDAY, busy, within=(0, 10**9))
    assert sorted({f"{one.start:%H:%M}" for one in free}) == [
        "10:00", "10:30", "13:30", "14:00", "14:30", "15:00", "15:30", "16:00", "16:30", "17:00",
    ]  # fmt: skip


def test_the_only_bed_is_waited_for_though_a_technician_is_free() -> None:
    busy = taken((BED, TUESDAY, "10:00", "18:00"))
    assert list(slots.free_on(SHOP, Wish("facial"), "east", TUESDAY, busy, within=(0, 10**9))) == []


def test_what_needs_nobody_goes_by_rooms() -> None:
    wish = Wish("room_hour", "east", None, at(TUESDAY, "15:00"), grain="minute")
    one = taken(("east/room#1", TUESDAY, "15:00", "16:00"))
    both = {**one, **taken(("east/room#2", TUESDAY, "15:00", "16:00"))}
    assert find(wish, one).slots == (Slot("east", None, at(TUESDAY, "15:00"), at(TUESDAY, "16:00")),)
    assert find(wish, both).why == "other_time"


def test_a_second_person_needs_a_second_technician() -> None:
    two = Wish("massage", "east", None, at(TUESDAY, "15:00"), grain="minute", people=2)
    assert find(two).slots[0].technicians == ("mei", "li")
    assert find(two, taken((LI, TUESDAY, "15:00", "16:00"))).why == "other_time"
    assert not slots.can(SHOP, SHOP.service("massage"), "east", 3)


def test_the_end_of_a_month_and_of_the_bookable_time() -> None:
    now = at(date(2026, 12, 31), "21:00")
    found = find(Wish("massage", "east", None, None), now=now)
    assert found.why == "as_wished"
    assert said(found, now=now).startswith("明天(2027年1月1日)10:00 小美")
    last = find(Wish("massage", "east", None, at(date(2026, 12, 7), "17:00"), grain="minute"))
    assert last.why == "as_wished"
    beyond = find(Wish("massage", "east", None, at(date(2026, 12, 8), "10:00"), grain="minute"))
    assert beyond.why == "too_far"


def test_nothing_is_offered_before_the_notice() -> None:
    today = Wish("massage", "east", None, at(NOW.date(), "00:00"), grain="day")
    found = find(today, now=at(NOW.date(), "16:01"))
    assert found.why == "other_store"  # 17:30 and 45 minutes would run past closing in the wished one
    assert {one.store_id for one in found.slots} == {"night"}


def test_when_all_is_taken_it_is_full() -> None:
    everything = {key: set(range(4_000_000)) for key in (MEI, LI, "technician:wang")}
    found = find(Wish("massage", "east", None, at(TUESDAY, "15:00"), grain="minute"), everything)
    assert (found.slots, found.why) == ((), "full")


# Whatever is taken and wished: what is offered is free, inside the hours, on the grid, and regular.

RESOURCES = (MEI, LI, "technician:wang", BED, "west/bed#1", "east/room#1", "east/room#2")
FIRST_UNIT = slots.minute_of(NOW) // 15


@st.composite
def busy_units(draw: st.DrawFn) -> Mapping[str, set[int]]:
    spans = draw(
        st.lists(
            st.tuples(st.sampled_from(RESOURCES), st.integers(0, 15 * 96), st.integers(1, 200)), max_size=25
        )
    )
    busy: dict[str, set[int]] = {}
    for resource, start, length in spans:
        busy.setdefault(resource, set()).update(range(FIRST_UNIT + start, FIRST_UNIT + start + length))
    return busy


@st.composite
def wishes(draw: st.DrawFn) -> Wish:
    start = draw(st.none() | st.integers(-2 * 1440, 17 * 1440).map(lambda m: NOW + timedelta(minutes=m)))
    grain: Grain = draw(st.sampled_from(("minute", "hour", "part", "day")))
    length = draw(st.none() | st.integers(1, 3 * 1440))
    return Wish(
        draw(st.sampled_from(("facial", "massage", "room_hour"))),
        draw(st.sampled_from((None, "east", "west", "night"))),
        draw(st.sampled_from((None, "mei", "li", "wang"))),
        start,
        start + timedelta(minutes=length) if start is not None and length is not None else None,
        grain,
        draw(st.integers(1, 2)),
    )


def is_free(shop: Shop, one: Slot, wish: Wish, busy: Busy) -> bool:
    """The slow way: every quarter of an hour of everything it takes."""
    service = shop.service(wish.service_id)
    start = one.start - timedelta(minutes=service.buffer_before_minutes)
    end = one.end + timedelta(minutes=service.buffer_after_minutes)
    first = slots.minute_of(start)
    quarters = {minute // 15 for minute in range(first, slots.minute_of(end - timedelta(minutes=1)) + 1)}
    if any(busy.get(f"technician:{each}", set()) & quarters for each in one.technicians):
        return False
    needed = slots.places(service, wish.people)
    return all(
        sum(not busy.get(key, set()) & quarters for key in slots.room_keys(shop, kind, one.store_id))
        >= needed
        for kind in service.resources
    )


def is_open_throughout(shop: Shop, one: Slot) -> bool:
    """Every minute of the treatment lies in the written hours of its day."""
    store = shop.store(one.store_id)
    minute = one.start
    while minute < one.end:
        day = minute.date()
        special = next((each.hours for each in store.special_days if each.date == day), None)
        spans = store.hours.every_day if special is None else special
        number = minute.hour * 60 + minute.minute
        if not any(span.opens_minute <= number < span.closes_minute for span in spans or ()):
            return False
        minute += timedelta(minutes=1)
    return True


@settings(deadline=None, max_examples=150)
@given(wishes(), busy_units())
def test_every_offered_slot_can_really_be_had(wish: Wish, busy: Busy) -> None:
    found = find(wish, busy)
    assert len(found.slots) <= 3
    assert len(set(found.slots)) == len(found.slots)
    assert list(found.slots) == sorted(found.slots, key=lambda one: one.start)
    service = SHOP.service(wish.service_id)
    for one in found.slots:
        assert is_free(SHOP, one, wish, busy)
        assert is_open_throughout(SHOP, one)
        assert one.start >= NOW + timedelta(hours=1)
        assert one.start.date() <= NOW.date() + timedelta(days=14)
        assert (one.start.minute % 30, one.end - one.start) == (
            0,
            timedelta(minutes=service.duration_minutes),
        )
        assert slots.is_regular(SHOP, service, one, wish.people)
        assert slots.resources_for(SHOP, service, one, wish.people, busy) is not None
        assert len(set(one.technicians)) == (slots.places(service, wish.people) if service.staffed else 0)
    if found.why == "full":
        assert not found.slots


@settings(deadline=None, max_examples=100)
@given(wishes(), busy_units())
def test_as_wished_means_what_it_says(wish: Wish, busy: Busy) -> None:
    found = find(wish, busy)
    if found.why != "as_wished":
        return
    start, end = slots_rank.window_of(SHOP, wish, NOW)
    for one in found.slots:
        assert start <= slots.minute_of(one.start) < end
        assert wish.store_id in (None, one.store_id)
        assert wish.technician_id in (None, one.technician_id) or wish.service_id == "room_hour"


@settings(deadline=None, max_examples=100)
@given(wishes(), busy_units())
def test_a_free_wished_time_is_always_offered(wish: Wish, busy: Busy) -> None:
    """If the very slot of an exact wish is free, it is what is offered, and the answer never changes."""
    found = find(wish, busy)
    assert find(wish, busy) == found
    if (
        wish.start is None
        or wish.end is not None
        or wish.grain not in ("minute", "hour")
        or not wish.store_id
    ):
        return
    minute = slots.minute_of(wish.start)
    earliest, horizon = slots_rank.bookable_window(SHOP, NOW)
    free = slots.free_on(SHOP, wish, wish.store_id, wish.start.date(), busy, within=(minute, minute + 1))
    exact = [one for one in free if earliest <= slots.minute_of(one.start) < horizon]
    assert (found.why == "as_wished") == bool(exact)
