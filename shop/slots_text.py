"""Slots and bookings as they are said: “周六(3月7日)10:00 小美 · 10:30 小丽”."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from shop import words
from shop.model import Shop
from shop.slots import Slot

BETWEEN = " · "


def slots_text(shop: Shop, slots: Sequence[Slot], *, today: date, store_id: str | None = None) -> str:
    """The slots in the order given, each day named once.

    Args:
        store_id: the store everybody has in mind; others are named (all of them for ""). None: named
            where they differ.
    """
    stores = {slot.store_id for slot in slots}
    parts: list[str] = []
    day: date | None = None
    for slot in slots:
        local = slot.start.astimezone(shop.zone).date()
        lead = "" if local == day else words.day_text(local, today)
        day = local
        named = len(stores) > 1 if store_id is None else slot.store_id != store_id
        parts.append(lead + slot_text(shop, slot, named=named))
    return BETWEEN.join(parts)


def slot_text(shop: Shop, slot: Slot, *, named: bool) -> str:
    """10:00 小美, or 10:00 望京店 小美."""
    pieces = [words.clock_time(slot.start, shop.zone)]
    if named:
        pieces.append(shop.store(slot.store_id).name)
    pieces += technician_names(shop, slot.technicians)
    return " ".join(pieces)


def technician_names(shop: Shop, ids: Sequence[str]) -> list[str]:
    """The names, 小美、小丽 as one piece; one who has left the shop keeps his id."""
    known = {each.id: each.name for each in shop.technicians}
    return ["、".join(known.get(each, each) for each in ids)] if ids else []


def moment_text(shop: Shop, at: datetime, today: date) -> str:
    """明天(3月7日)10:00."""
    local = at.astimezone(shop.zone)
    return f"{words.day_text(local.date(), today)}{words.clock_time(at, shop.zone)}"
