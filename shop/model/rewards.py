"""What points buy (row A6)."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from shop.fields import Id, PositiveFen
from shop.model.base import Entry

RewardKind = Literal["goods", "service", "cash"]
CashAs = Literal["voucher", "gift_money"]


class Reward(Entry):
    """Something points buy (row A6): one unit of an item, or `value_fen` of money off.

    `refund_on_expiry`: the points of a voucher that nobody used come back. `cash_as`: a cash reward becomes a
    voucher for money off at the counter, or gift money on the card at once. `max_quantity`: at a time.
    """

    points: Annotated[int, Field(ge=1, le=10_000_000)]
    kind: RewardKind
    item: Id | None = None
    value_fen: PositiveFen | None = Field(alias="value", default=None)
    valid_days: Annotated[int, Field(ge=1, le=730)] = 30
    refund_on_expiry: bool = False
    cash_as: CashAs = "voucher"
    max_quantity: Annotated[int, Field(ge=1, le=100)] = 10
