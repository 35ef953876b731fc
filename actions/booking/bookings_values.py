"""What goes into the booking actions and what comes out of them (features A8). All moments are aware."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from shop.slots import Grain, Slot, Why, Wish

__all__ = [
    "Blocked",
    "Booked",
    "BookedFor",
    "Booking",
    "Cancelled",
    "DayList",
    "Grain",
    "Held",
    "Offer",
    "Slot",
    "State",
    "Taken",
    "Waiting",
    "Why",
    "Wish",
]

State = Literal["held", "booked", "arrived", "no_show", "cancelled", "late_cancelled", "moved", "expired"]


@dataclass(frozen=True)
class Offer:
    """Up to three free slots, in order of time.

    Attributes:
        why: how the nearest slot stands to the wish: "as_wished"; "other_time", "other_technician",
            "other_store" (the wish itself is taken); "closed", "too_soon", "too_far" (it cannot be booked at
            all; the slots are the nearest that can); "full": there is no slot, the waiting list is left.
        text: the slots as a sentence shows them: “周六(3月7日)10:00 小美 · 10:30 小丽”; "" without slots.
    """

    slots: tuple[Slot, ...]
    why: Why
    wish: Wish
    text: str


@dataclass(frozen=True)
class Held:
    """The slot is the member's until `until`.

    Attributes:
        price_line: what it will cost, one line to be shown before the yes; it names the deposit that the yes
            takes from stored value, or the pack that a visit is taken from.
        deposit_fen: what the yes takes from stored value now; 0 mostly.
        moving: the booking that the yes gives up for this one.
    """

    booking_id: int
    slot: Slot
    until: datetime
    price_line: str
    deposit_fen: int = 0
    moving: int | None = None


@dataclass(frozen=True)
class Taken:
    """Somebody was faster: here is what is free instead."""

    offer: Offer


@dataclass(frozen=True)
class Booking:
    """One booking as its member or the shop sees it; `number` is what is said at the counter."""

    id: int
    member_id: int
    member_name: str
    service_id: str
    slot: Slot
    people: int
    state: State
    deposit_fen: int
    price_line: str = ""

    @property
    def number(self) -> str:
        return booking_number(self.id)


@dataclass(frozen=True)
class Booked:
    """The booking stands; `replayed` when the same yes had booked it before."""

    booking: Booking
    price_line: str
    moved_from: Booking | None = None
    replayed: bool = False


@dataclass(frozen=True)
class Cancelled:
    """It is given up; `late`: after the shop's limit, which is recorded.

    `returned_fen` of the deposit went back to stored value, `kept_fen` stayed with the shop by its rule.
    """

    booking: Booking
    late: bool
    returned_fen: int = 0
    kept_fen: int = 0
    replayed: bool = False


@dataclass(frozen=True)
class CancelTerms:
    """What giving it up now would mean, for the words before the yes."""

    booking: Booking
    late: bool
    returned_fen: int
    kept_fen: int


@dataclass(frozen=True)
class Settled:
    """A booking that staff closed: arrived, or nobody came. What became of its deposit, and who was told."""

    booking: Booking
    returned_fen: int = 0
    kept_fen: int = 0
    told: bool = False
    replayed: bool = False


@dataclass(frozen=True)
class Waiting:
    """The member is on the waiting list for this wish; told once when a slot frees."""

    waiting_id: int
    wish: Wish
    replayed: bool = False


@dataclass(frozen=True)
class DayList:
    """A store's bookings of one day in order of time, cancelled ones left out, and who is away."""

    store_id: str
    day: date
    bookings: tuple[Booking, ...]
    blocks: tuple[Blocked, ...]


@dataclass(frozen=True)
class Blocked:
    """A technician's time taken by the shop; `conflicts` are bookings in it that somebody must move."""

    block_id: int
    technician_id: str
    start: datetime
    end: datetime
    kind: Literal["leave", "block"]
    reason: str
    conflicts: tuple[Booking, ...] = ()


@dataclass(frozen=True)
class BookedFor:
    """A booking that staff made for a member; `told`: the member's WeChat gets a message."""

    booking: Booking
    price_line: str
    told: bool
    replayed: bool = False


def block_number(block_id: int) -> str:
    """The number of a block as it is said and typed: Z000005."""
    return f"Z{block_id:06d}"


def booking_number(booking_id: int) -> str:
    """The number of a booking as it is said and typed: Y000123."""
    return f"Y{booking_id:06d}"
