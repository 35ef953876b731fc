"""Campaigns: trigger, condition, action, channel (rows E2, E3, E4)."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from shop.fields import Frozen, Id, Name, Points, PositiveFen, YearDay
from shop.model.base import Entry
from shop.model.gifts import Gifts, MultiplierGift, When
from shop.model.tags import Tag

TriggerOn = Literal[
    "joined",
    "no_first_purchase",
    "dormant",
    "idle_balance",
    "low_balance",
    "purchase",
    "top_up",
    "level_up",
    "birthday",
    "holiday",
    "member_day",
    "month_spent",
    "category_missed",
]
HolidayName = Literal[
    "new_year",
    "lantern",
    "valentine",
    "womens_day",
    "qingming",
    "labour_day",
    "mothers_day",
    "may_20",
    "childrens_day",
    "fathers_day",
    "dragon_boat",
    "qixi",
    "teachers_day",
    "mid_autumn",
    "national_day",
    "double_ninth",
    "double_eleven",
    "christmas",
    "spring_festival_eve",
    "spring_festival",
]
CampaignChannel = Literal["chat", "subscription"]
Days = Annotated[int, Field(ge=1, le=3650)]
Visits = Annotated[int, Field(ge=0, le=10_000)]
MessageText = Annotated[str, Field(min_length=1, max_length=400)]


class CampaignTrigger(Frozen):
    """What makes the shop speak, `on` an event or a state of the member. Which figures count depends on it.

    joined: `hours` after. no_first_purchase: joined `days` ago and never bought. dormant: no purchase for
    `days`. idle_balance: dormant with a balance of `minimum` or more. low_balance: a balance above 0 and at
    most `maximum`, once until the next top-up. purchase, top_up: of `minimum` or more, `hours` after.
    level_up: `hours` after. birthday, holiday: `days` before; the holiday is a known one, or the shop's own:
    every year on `date`, `called` so to members. member_day: on the days of `when`. month_spent:
    `minimum` or more in this calendar month. category_missed: bought in `months` months running, and not
    since for as many days as `days`.
    """

    on: TriggerOn
    hours: Annotated[int, Field(ge=0, le=720)] | None = None
    days: Annotated[int, Field(ge=0, le=3650)] | None = None
    months: Annotated[int, Field(ge=2, le=12)] | None = None
    minimum_fen: PositiveFen | None = Field(alias="minimum", default=None)
    maximum_fen: PositiveFen | None = Field(alias="maximum", default=None)
    holiday: HolidayName | None = None
    year_day: YearDay | None = Field(alias="date", default=None)
    called: Name | None = None
    when: When | None = None


class CampaignSegment(Frozen):
    """For whom: every field that is written must be so of the member.

    Visits and spending are those of the last 90 days, favourites of the last 180 (what was bought most).
    `coupons`: used one in the last 90 days, or none. `redemptions` and `redeemed`: how many times in the last
    90 days points were spent, and how many points. `no_top_up_days`: did not top up for so long, or never.
    `tags`: has all of these, by `shop.tags`.
    """

    levels: tuple[Id, ...] = ()
    stores: tuple[Id, ...] = ()
    balance_from_fen: PositiveFen | None = Field(alias="balance_from", default=None)
    balance_to_fen: PositiveFen | None = Field(alias="balance_to", default=None)
    favourite_categories: tuple[Id, ...] = ()
    favourite_items: tuple[Id, ...] = ()
    visits_from: Visits | None = None
    visits_to: Visits | None = None
    spent_from_fen: PositiveFen | None = Field(alias="spent_from", default=None)
    spent_to_fen: PositiveFen | None = Field(alias="spent_to", default=None)
    redemptions_from: Visits | None = None
    redemptions_to: Visits | None = None
    redeemed_from: Points | None = None
    redeemed_to: Points | None = None
    no_top_up_days: Days | None = None
    coupons: Literal["used", "unused"] | None = None
    tags: tuple[Tag, ...] = ()


class Suggestion(Frozen):
    """Who likes that category is told of this service or goods."""

    category: Id
    item: Id


class CampaignHints(Frozen):
    """What else the message says: a tier worth topping up for, the reward its points buy, the referral.

    `suggest`: by the member's favourite category, what {suggestion} names; else another of the category.
    """

    tier: Id | None = None
    reward: Id | None = None
    referral: bool = False
    suggest: tuple[Suggestion, ...] = ()


class CampaignGifts(Gifts):
    """What a campaign gives: gifts, and for a time more points for what the member pays."""

    multiplier: MultiplierGift | None = None


class CampaignLimit(Frozen):
    """How often: of one member in all, not again for `every_days`; of all members a day and in all."""

    per_member: Annotated[int, Field(ge=1, le=1000)] | None = None
    every_days: Days | None = None
    per_day: Annotated[int, Field(ge=1, le=10_000_000)] | None = None
    in_total: Annotated[int, Field(ge=1, le=100_000_000)] | None = None


class Campaign(Entry):
    """One rule by which the shop speaks first. Each member gets it once an occasion.

    `rest_days`: rules about a state (dormant, balance, month, category) leave those alone to whom any other
    campaign came within so many days. `held_out_percent`: get nothing, so that the lift can be measured;
    always the same members. `measure_days`: what is bought within counts. `priority`: higher goes first.
    """

    trigger: CampaignTrigger
    segment: CampaignSegment = Field(alias="for", default=CampaignSegment())
    when: When | None = None
    gives: CampaignGifts = CampaignGifts()
    text: MessageText
    hints: CampaignHints = CampaignHints()
    channels: Annotated[tuple[CampaignChannel, ...], Field(min_length=1)] = ("chat", "subscription")
    limit: CampaignLimit = CampaignLimit()
    priority: Annotated[int, Field(ge=0, le=100)] = 0
    rest_days: Annotated[int, Field(ge=0, le=365)] = 7
    held_out_percent: Annotated[int, Field(ge=0, le=50)] = 10
    measure_days: Annotated[int, Field(ge=1, le=365)] = 30
    running: bool = True
