"""Packs of times, minutes or lessons that are sold and drawn down (row B5)."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from shop.fields import Fen, Id, Line, Months
from shop.model.base import Entry

PackUnit = Literal["times", "minutes", "lessons"]


class Pack(Entry):
    """What is sold at once and used bit by bit: `amount` of `unit`, good for the named services and goods.

    `id` is the entitlement's code in the ledger. `lifetime_months` None: it never expires.
    """

    price_fen: Fen = Field(alias="price")
    unit: PackUnit = "times"
    amount: Annotated[int, Field(ge=1, le=100_000)]
    services: tuple[Id, ...] = ()
    goods: tuple[Id, ...] = ()
    lifetime_months: Months | None = None
    text: Line = ""

    @property
    def items(self) -> tuple[str, ...]:
        """Ids of all it is good for."""
        return self.services + self.goods
