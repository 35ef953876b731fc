"""Booking: the grid of times, notice, holds, rooms and machines, deposits (row A8)."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from shop.fields import Frozen, Id
from shop.model.base import Entry

Minutes = Annotated[int, Field(ge=0, le=24 * 60)]


class Resource(Entry):
    """Rooms or machines of one kind; `capacity`: how many of them each store has, none where not named."""

    capacity: Annotated[dict[Id, Annotated[int, Field(ge=0, le=50)]], Field(min_length=1)]

    def count_in(self, store_id: str) -> int:
        return self.capacity.get(store_id, 0)


class BookingRules(Frozen):
    """How appointments are made in this shop.

    `slot_minutes`: the grid on which they begin. `notice_minutes`: how long before, at the least;
    `latest_days`: how far ahead, at the most. `cancel_hours`: a member may cancel or move until so many hours
    before; later it counts as late. `max_open`: bookings ahead of one member. `keep_late_deposits`: a deposit
    stays with the shop after a late cancel or a no-show.
    """

    slot_minutes: Literal[15, 30, 60] = 30
    notice_minutes: Annotated[int, Field(ge=0, le=7 * 24 * 60)] = 60
    latest_days: Annotated[int, Field(ge=1, le=365)] = 60
    hold_minutes: Annotated[int, Field(ge=1, le=30)] = 2
    cancel_hours: Annotated[int, Field(ge=0, le=7 * 24)] = 2
    max_open: Annotated[int, Field(ge=1, le=50)] = 5
    keep_late_deposits: bool = True
    deposit_free_levels: tuple[Id, ...] = ()
    resources: tuple[Resource, ...] = ()
