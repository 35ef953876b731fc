"""What a reversal does, as it is shown before a yes and told after it (features B7)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from actions.counter import entries
from actions.house import House
from ledger import book
from ledger.book import Balances
from shop import texts, words
from shop.money import format_fen


@dataclass(frozen=True)
class ReversalRequest:
    """`carry_debt`: what the member has spent of the grant becomes a debt of his; a manager decides it."""

    transfer_id: int
    reason: str = ""
    carry_debt: bool = False


@dataclass(frozen=True)
class Effect:
    """What a reversal does to one of the member's accounts: signed, in the account's unit."""

    kind: str
    code: str
    unit: str
    amount: int


@dataclass(frozen=True)
class ReversalQuote:
    """What is undone, bound to the state of the card.

    Attributes:
        cash: by payment method, fen that go back over the counter (negative: the member pays).
        caused: later entries that came of this one (an instalment, a gift for a level), undone with it.
        coupons_back, coupons_taken: used ones that the member gets back, granted ones that he loses.
        multipliers_taken: of points, that end with it.
        coupons_kept: granted ones that he has used meanwhile; only by a manager's decision.
        amount_fen: money that the undone entry had moved, for the limits.
    """

    request: ReversalRequest
    member_id: int
    member_name: str
    phone: str
    store_id: str
    kind: str
    occurred_at: datetime
    staff_name: str
    items: tuple[tuple[str, int], ...]
    cash: tuple[tuple[str, int], ...]
    effects: tuple[Effect, ...]
    caused: tuple[int, ...]
    coupons_back: int
    coupons_taken: int
    coupons_kept: int
    amount_fen: int
    wallet_version: int
    after: Balances = field(repr=False)
    multipliers_taken: int = 0


def summary(house: House, quote: ReversalQuote) -> str:
    """The reversal in one line, for the second person."""
    return texts.say(
        house.shop,
        "reversal_summary",
        number=book.transfer_number(quote.request.transfer_id),
        what=what_text(house, quote),
        name=quote.member_name,
        phone=words.masked_phone(quote.phone),
        reason=quote.request.reason or texts.say(house.shop, "reversal_no_reason"),
    )


def what_text(house: House, quote: ReversalQuote) -> str:
    """周六(11月21日)10:30 国贸店 消费 ¥198.00."""
    return texts.say(
        house.shop,
        "reversal_what",
        time=words.moment(quote.occurred_at, house.shop.zone),
        store=entries.store_name(house, quote.store_id),
        kind=texts.say(house.shop, f"kind_{quote.kind}"),
        amount=format_fen(quote.amount_fen),
    )


def effects_text(house: House, quote: ReversalQuote) -> str:
    """One line an account: 退回 本金 ¥198.00; 收回 396 积分; 记欠款 ¥30.00."""
    lines = []
    for effect in quote.effects:
        name = (
            "reversal_owes"
            if effect.kind == "debt" and effect.amount < 0
            else ("reversal_gives" if effect.amount > 0 else "reversal_takes")
        )
        what = entries.amount_text(house, effect.kind, effect.code, effect.unit, effect.amount)
        lines.append(texts.say(house.shop, name, what=what))
    for method_id, fen in quote.cash:
        name = "reversal_pay_out" if fen > 0 else "reversal_pay_in"
        method = entries.method_name(house, method_id)
        lines.append(texts.say(house.shop, name, method=method, amount=format_fen(abs(fen))))
    if quote.coupons_back:
        lines.append(texts.say(house.shop, "reversal_coupons_back", count=quote.coupons_back))
    if quote.coupons_taken:
        lines.append(texts.say(house.shop, "reversal_coupons_taken", count=quote.coupons_taken))
    if quote.coupons_kept:
        lines.append(texts.say(house.shop, "reversal_coupons_kept", count=quote.coupons_kept))
    if quote.multipliers_taken:
        lines.append(texts.say(house.shop, "reversal_multipliers_taken"))
    if quote.caused:
        lines.append(texts.say(house.shop, "reversal_caused", count=len(quote.caused)))
    return "\n".join(lines)
