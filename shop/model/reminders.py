"""Speaking first: when, how often, about what, and through which of WeChat's templates (rows E1, E5)."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from shop.fields import Fen, Frozen

Hour = Annotated[int, Field(ge=0, le=23)]
Days = Annotated[int, Field(ge=1, le=30)]
ReminderKind = Literal[
    "booking_tomorrow",
    "booking_soon",
    "low_balance",
    "lot_expiring",
    "coupon_expiring",
    "voucher_expiring",
    "new_member_guide",
    "campaign",
]
FieldText = Annotated[str, Field(min_length=1, max_length=60)]


class ReminderTemplate(Frozen):
    """One template, as it was made at mp.weixin.qq.com or at the SMS provider, for one kind of reminder.

    `fields`: the template's field (thing1, time2 …) and what stands in it, with the kind's {…} in it.
    """

    kind: ReminderKind
    channel: Literal["template", "subscription", "sms"] = "template"
    template_id: Annotated[str, Field(min_length=1, max_length=60)]
    fields: Annotated[dict[str, FieldText], Field(min_length=1, max_length=10)]


class ReminderRules(Frozen):
    """The manners of speaking first.

    Nothing is sent from `quiet_from` until `quiet_until`, full hours in the shop's zone; the same hour twice
    means that there is no quiet. `send_at`: the hour for what the night found. `low_balance_fen`: below it a
    member is told what it still buys, 0 is never. `days_before`: how long before something expires.
    `silent`: kinds that this shop does not send. Marketing: at most so many a day and a month to one member.
    """

    quiet_from: Hour = 21
    quiet_until: Hour = 9
    send_at: Hour = 10
    low_balance_fen: Fen = Field(alias="low_balance", default=10_000)
    days_before: Annotated[tuple[Days, ...], Field(min_length=1, max_length=3)] = (7, 1)
    silent: tuple[ReminderKind, ...] = ()
    marketing_per_day: Annotated[int, Field(ge=0, le=3)] = 1
    marketing_per_month: Annotated[int, Field(ge=0, le=30)] = 4
    templates: tuple[ReminderTemplate, ...] = ()
