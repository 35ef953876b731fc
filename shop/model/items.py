"""What is sold, and who does it: categories, services, goods, technicians."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from shop.fields import Fen, Frozen, Hours, Id, Line, Name
from shop.model.base import Entry
from shop.model.stores import Week


class Category(Frozen):
    id: Id
    name: Name


class MemberPrice(Frozen):
    """A price set by hand for one level; it goes before the level's percentage."""

    level: Id
    price_fen: Fen = Field(alias="price")


class Item(Entry):
    """Something sold. `fixed_price` items have no level percentage; a `member_prices` entry still counts."""

    category: Id
    list_fen: Fen = Field(alias="price")
    member_prices: tuple[MemberPrice, ...] = ()
    fixed_price: bool = False


Buffer = Annotated[int, Field(ge=0, le=240)]


class Service(Item):
    """`technicians` empty: any technician does it; `staffed` false: none is needed (a room, a table).

    `people`: how many one technician serves at once. The buffers keep technician and resources busy before
    and after. `resources`: ids of rooms or machines it needs, one of each. `deposit_fen` is put down for each
    booking; `pack_only`: booked by those who hold a pack for it.
    """

    duration_minutes: Annotated[int, Field(ge=5, le=720)]
    technicians: tuple[Id, ...] = ()
    bookable: bool = True
    staffed: bool = True
    people: Annotated[int, Field(ge=1, le=50)] = 1
    buffer_before_minutes: Buffer = 0
    buffer_after_minutes: Buffer = 0
    resources: tuple[Id, ...] = ()
    deposit_fen: Fen = Field(alias="deposit", default=0)
    pack_only: bool = False


class Good(Item):
    """Something taken home."""


class Roster(Week):
    """When a technician works in `store` (None: in each of their stores), by weekday, with daily breaks.

    Opening hours and special days of the store still hold: nobody works while it is closed.
    """

    store: Id | None = None
    breaks: Hours = ()


class Technician(Entry):
    """`rosters` empty: they work whenever their stores are open."""

    title: Line = ""
    stores: Annotated[tuple[Id, ...], Field(min_length=1)]
    rosters: tuple[Roster, ...] = ()
