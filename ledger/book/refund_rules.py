"""How much of a top-up is to be paid back: 法释〔2025〕4号 (wechat-protocol.md §9.2), on plain values, no
I/O.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal

RefundRule = Literal["seven_days", "consumer", "operator"]
COOLING_OFF = timedelta(days=7)
DAYS_OF_YEAR = 365
PER_MILLION = 1_000_000


@dataclass(frozen=True)
class Consumption:
    """What one purchase took of one top-up: at the price paid, and that share at list price."""

    transfer_id: int
    paid_fen: int
    list_fen: int


@dataclass(frozen=True)
class PaidIn:
    """One top-up as it stands: what was paid and given, what was consumed, what is left of it.

    `otherwise_gone_fen`: paid-in money that left it other than by purchases (an adjustment).
    """

    transfer_id: int
    occurred_at: datetime
    store_id: str
    paid_fen: int
    gift_fen: int
    consumed: Sequence[Consumption]
    otherwise_gone_fen: int
    paid_left_fen: int
    gift_left_fen: int


@dataclass(frozen=True)
class RefundLine:
    """The refund of one top-up, and why it is that much.

    Attributes:
        deducted_fen: value already consumed, counted by the rule.
        refund_fen: to be paid out, without interest; never below zero (art. 20).
        difference_fen: what the member gives up beyond the payout (what he consumed at list price is worth
        more
            than what left his paid-in money); negative: what the shop adds.
        reason: the rule's words, for the quote ("art. 19: 300.00 at list price").
    """

    transfer_id: int
    store_id: str
    paid_fen: int
    gift_fen: int
    deducted_fen: int
    refund_fen: int
    interest_fen: int
    paid_left_fen: int
    gift_taken_back_fen: int
    difference_fen: int
    reason: str


@dataclass(frozen=True)
class Interest:
    """Simple interest from the day the contract ended (art. 16, 17); the rate is the shop's setting.

    `annual_rate_ppm`: parts per million a year: 15,000 is 1.5 %.
    """

    annual_rate_ppm: int
    since: date


def refund_line(top_up: PaidIn, rule: RefundRule, *, on: date, interest: Interest | None) -> RefundLine:
    """The refund of one top-up.

    consumer (art. 19): consumed value counts at list price. seven_days (art. 14): the same, and no interest.
    operator (art. 18): it counts at the price paid, in the ratio paid ÷ (paid + gift).
    """
    deducted, reason = _deducted(top_up, rule)
    paid_fen = top_up.paid_fen - top_up.otherwise_gone_fen
    refund = max(0, paid_fen - deducted)
    due = 0 if interest is None or rule == "seven_days" else interest_fen(refund, interest, on)
    return RefundLine(
        transfer_id=top_up.transfer_id,
        store_id=top_up.store_id,
        paid_fen=paid_fen,
        gift_fen=top_up.gift_fen,
        deducted_fen=deducted,
        refund_fen=refund,
        interest_fen=due,
        paid_left_fen=top_up.paid_left_fen,
        gift_taken_back_fen=top_up.gift_left_fen,
        difference_fen=top_up.paid_left_fen - refund,
        reason=reason,
    )


def _deducted(top_up: PaidIn, rule: RefundRule) -> tuple[int, str]:
    at_price_paid = sum(part.paid_fen for part in top_up.consumed)
    if rule == "operator":
        whole = top_up.paid_fen + top_up.gift_fen
        counted = half_up(at_price_paid * top_up.paid_fen, whole)
        return counted, f"art. 18: {at_price_paid} fen used × {top_up.paid_fen} ÷ {whole}"
    counted = sum(part.list_fen for part in top_up.consumed)
    article = "art. 14" if rule == "seven_days" else "art. 19"
    return counted, f"{article}: {counted} fen used at list price"


def at_list_price(part_fen: int, lines_paid_fen: int, lines_list_fen: int) -> int:
    """The list price of that part of a purchase which cost `part_fen` (all its lines: paid, list)."""
    return part_fen if lines_paid_fen == 0 else half_up(part_fen * lines_list_fen, lines_paid_fen)


def interest_fen(principal_fen: int, interest: Interest, on: date) -> int:
    days = max(0, (on - interest.since).days)
    return half_up(principal_fen * interest.annual_rate_ppm * days, PER_MILLION * DAYS_OF_YEAR)


def within_cooling_off(paid_at: datetime, now: datetime) -> bool:
    """Art. 14: within seven days of payment."""
    return now - paid_at <= COOLING_OFF


def half_up(dividend: int, divisor: int) -> int:
    """Rounded to the nearest whole, a half upwards; for values that are not negative."""
    return (2 * dividend + divisor) // (2 * divisor)
