"""Member levels: what they ask for, what they give, how long they last (row D1)."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from shop.fields import Frozen, Id, Line, Months, Name, Percent, PositiveFen
from shop.model.gifts import Gifts


class Conditions(Frozen):
    """What a level asks for. `match`: any one of the named figures, or all of them.

    Figures count the last `within_days` days or `within_months` months and today; the whole time without.
    """

    match: Literal["any", "all"] = "any"
    visits: Annotated[int, Field(ge=1)] | None = None
    spent_fen: PositiveFen | None = Field(alias="spent", default=None)
    topped_up_fen: PositiveFen | None = Field(alias="topped_up", default=None)
    within_days: Annotated[int, Field(ge=1, le=3650)] | None = None
    within_months: Months | None = None


class Level(Frozen):
    """One level; the list goes from the lowest, which asks for nothing, to the highest. Row D1.

    `valid_months`: judged anew after so long, None: kept once reached. `grace_days`: kept so long after that
    by who no longer meets the conditions.
    """

    id: Id
    name: Name
    conditions: Conditions | None = None
    member_price_percent: Annotated[int, Field(ge=1, le=100)] = 100
    points_rate_percent: Percent = 100
    benefits: tuple[Line, ...] = ()
    valid_months: Months | None = None
    grace_days: Annotated[int, Field(ge=0, le=365)] = 0
    on_reaching: Gifts | None = None
    monthly: Gifts | None = None
    birthday: Gifts | None = None
