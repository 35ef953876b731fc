"""The counter: payment methods, roles and their limits, the limits of the law (rows B10, C2)."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from shop.fields import Frozen, Name, PositiveFen
from shop.model.base import Entry

RoleId = Literal["cashier", "manager", "head_office", "owner"]


LAW_CARD_CAP_FEN = 500_000


class PaymentMethod(Entry):
    """Outside money, by the way it comes in; the ledger keeps one cash account per store and method."""


class Role(Frozen):
    """What a member of staff may book alone, per entry and per day; None is no limit. Row C2."""

    id: RoleId
    name: Name
    per_entry_fen: PositiveFen | None = Field(alias="per_entry", default=None)
    per_day_fen: PositiveFen | None = Field(alias="per_day", default=None)


class Oversight(Frozen):
    """Four eyes, and what the owner is told of without asking (row C2).

    `approval_hours`: how long an entry waits for a second person before it lapses. `large_entry_fen`: the
    owner is told of every entry from this amount on; None: of none. Night: entries from `night_from` until
    `night_until`, full hours in the shop's zone; the same hour twice means that there is no night.
    `reversals_a_day`: the owner is told when one person reverses so many entries in a day.
    """

    approval_hours: Annotated[int, Field(ge=1, le=168)] = 24
    large_entry_fen: PositiveFen | None = Field(alias="large_entry", default=None)
    night_from: Annotated[int, Field(ge=0, le=23)] = 23
    night_until: Annotated[int, Field(ge=0, le=23)] = 6
    reversals_a_day: Annotated[int, Field(ge=1, le=100)] = 3


class LawLimits(Frozen):
    """What the law sets (row B10); a shop may be stricter.

    `card_cap_fen`: most paid-in money on one named card, 5,000 yuan by article 18 of the Ministry of
    Commerce's measures for single-purpose prepaid cards (2012). `refund_days`: days in which a member may
    have the paid-in money back without a reason, seven by article 14 of the Supreme People's Court's
    interpretation on prepaid consumption (in force since 1 May 2025).
    """

    card_cap_fen: PositiveFen = Field(alias="card_cap", default=LAW_CARD_CAP_FEN)
    refund_days: Annotated[int, Field(ge=7, le=3650)] = 7
