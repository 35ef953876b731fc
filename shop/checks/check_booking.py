"""Booking: rosters, rooms and services that contradict each other (row A8)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from itertools import combinations

from shop import slots
from shop.checks.findings import Finding, repeated, unknown
from shop.model import Service, Shop, Technician
from shop.tree import Path

# Any Monday: rosters are by weekday, and it lies before every special day that is still to come.
_MONDAY = date(2001, 1, 1)
_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def check(shop: Shop) -> Iterator[Finding]:
    """All findings about appointments."""
    yield from _resources(shop)
    for index, service in enumerate(shop.services):
        yield from _service(shop, service, ("services", index))
    for index, technician in enumerate(shop.technicians):
        yield from _rosters(shop, technician, ("technicians", index))
    levels = [level.id for level in shop.levels]
    yield from unknown(("booking", "deposit_free_levels"), shop.booking.deposit_free_levels, levels, "level")


def _resources(shop: Shop) -> Iterator[Finding]:
    ids: list[tuple[Path, str]] = [
        (("booking", "resources", index), kind.id) for index, kind in enumerate(shop.booking.resources)
    ]
    yield from repeated(ids, "Give every kind of room or machine an id of its own.")
    stores = [store.id for store in shop.stores]
    for index, kind in enumerate(shop.booking.resources):
        path: Path = ("booking", "resources", index, "capacity")
        yield from unknown(path, list(kind.capacity), stores, "store", indexed=False)


def _service(shop: Shop, service: Service, path: Path) -> Iterator[Finding]:
    kinds = [kind.id for kind in shop.booking.resources]
    yield from unknown((*path, "resources"), service.resources, kinds, "resource")
    if not service.bookable or not set(service.resources) <= set(kinds):
        return
    if not service.staffed and not service.resources:
        message = f"{service.name} needs neither a technician nor a room, so it could be booked without end"
        yield Finding((*path, "staffed"), message, "Name resources, or delete staffed, or bookable: false.")
    elif shop.technicians and not any(slots.can(shop, service, store.id, 1) for store in shop.stores):
        message = f"no store can do {service.name}: it has the technicians or the rooms, not both"
        remedy = "Give a store the capacity, name other technicians, or write bookable: false."
        yield Finding(path, message, remedy, "warning")
    if service.pack_only and not any(service.id in pack.services for pack in shop.packs):
        message = f"{service.name} is booked with a pack only, but no pack is good for it"
        yield Finding((*path, "pack_only"), message, "Name it in the services of a pack.")


def _rosters(shop: Shop, technician: Technician, path: Path) -> Iterator[Finding]:
    for index, roster in enumerate(technician.rosters):
        if roster.store is not None and roster.store not in technician.stores:
            message = f"{technician.name} does not work in the store “{roster.store}”"
            remedy = "Name one of the stores of this technician, or add it to them."
            yield Finding((*path, "rosters", index, "store"), message, remedy)
            return
    known = {store.id for store in shop.stores}
    stores = [each for each in technician.stores if each in known]
    if not technician.rosters:
        return
    for one, other in combinations(stores, 2):
        day = _in_both(shop, technician, one, other)
        if day is not None:
            message = f"{technician.name} would be in {one} and {other} at once on {day}"
            yield Finding((*path, "rosters"), message, "Give each store hours or days of its own.")


def _in_both(shop: Shop, technician: Technician, one: str, other: str) -> str | None:
    """The first weekday on which the rosters put the technician into both stores at once."""
    for number, name in enumerate(_WEEKDAYS):
        day = _MONDAY + timedelta(days=number)
        first = slots.work_stretches(shop, shop.store(one), technician, day, day)
        second = slots.work_stretches(shop, shop.store(other), technician, day, day)
        if any(max(a, c) < min(b, d) for a, b in first for c, d in second):
            return name
    return None
