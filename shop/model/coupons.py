"""Kinds of coupons the shop gives, and how a price is found (rows C3, D2)."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, TypeAdapter, ValidationError

from shop.fields import Day, Fen, Frozen, Hours, Id, Line, Points, PositiveFen, refuse
from shop.model.base import Entry
from shop.model.gifts import When

CouponType = Literal["amount", "percent", "item", "doubling", "top_up"]
_HOURS: TypeAdapter[object] = TypeAdapter(Hours)


def _hours_text(written: str) -> str:
    """The text itself, when it is written as opening hours are."""
    if not written:
        return written
    try:
        _HOURS.validate_python(written)
    except ValidationError as errors:
        context = errors.errors()[0].get("ctx", {})
        raise refuse("hours", str(context["reason"]), str(context["remedy"])) from None
    return written


HoursText = Annotated[str, AfterValidator(_hours_text)]
Count = Annotated[int, Field(ge=1, le=10_000)]


class CouponKind(Entry):
    """One kind of coupon; each coupon given to a member is of a kind, as it was on the day it was given.

    Which figures count depends on `kind`. amount: `off` (over a threshold or none). percent: `percent` is
    what remains to pay (80 = 八折), at most `cap` off. item: one unit of what it covers at `price`, 0 is
    free. doubling (余额翻倍券): with `pay` of outside money in a purchase, `wake` of gift money pays with it.
    top_up: `gift` and `points` on top of a top-up of `over`. `over` counts what the coupon covers; of an
    item coupon, the whole purchase.
    """

    kind: CouponType
    off_fen: PositiveFen | None = Field(alias="off", default=None)
    over_fen: PositiveFen | None = Field(alias="over", default=None)
    percent: Annotated[int, Field(ge=1, le=99)] | None = None
    cap_fen: PositiveFen | None = Field(alias="cap", default=None)
    price_fen: Fen | None = Field(alias="price", default=None)
    pay_fen: PositiveFen | None = Field(alias="pay", default=None)
    wake_fen: PositiveFen | None = Field(alias="wake", default=None)
    gift_fen: PositiveFen | None = Field(alias="gift", default=None)
    points: Points = 0
    items: tuple[Id, ...] = ()
    categories: tuple[Id, ...] = ()
    not_items: tuple[Id, ...] = ()
    not_categories: tuple[Id, ...] = ()
    stores: tuple[Id, ...] = ()
    when: When | None = None
    hours: HoursText = ""
    valid_days: Annotated[int, Field(ge=1, le=3650)] | None = None
    valid_until: Day | None = None
    held_at_once: Count | None = None
    in_total: Count | None = None
    per_month: Count | None = None
    stacking: Literal["alone", "others"] = "alone"
    group: Id | None = None
    per_purchase: Annotated[int, Field(ge=1, le=5)] = 1
    with_member_price: bool = True
    with_points: bool = True
    text: Line = ""


class QuoteRules(Frozen):
    """How a price is put together (row C3).

    `coupons_at_most`: in one purchase. `packs_first`: what a member holds of a pack is used before money.
    `points`: pay part of the bill `on_request` of the member or `always` (needs points.cash_value).
    """

    coupons_at_most: Annotated[int, Field(ge=1, le=5)] = 3
    packs_first: bool = True
    points: Literal["on_request", "always"] = "on_request"
