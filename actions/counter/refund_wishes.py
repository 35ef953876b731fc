"""A member asks for his money back: what the law gives is said, the store is told (features A10, B7).

Nothing is paid out here: staff do that (`actions.counter.refunds`), with the member's yes before them.
"""

from __future__ import annotations

from dataclasses import dataclass

from actions.house import Denied, House
from ledger import book
from ledger.book import RefundRule
from ledger.records import members
from ledger.records.members import Member


@dataclass(frozen=True)
class RefundEstimate:
    """What would be paid out today.

    Attributes:
        paid_left_fen: paid-in money on the card; gift money is never paid out.
        rule: the one that gives more: "seven_days" or "consumer" (法释〔2025〕4号 art. 14, 19).
    """

    member: Member
    payout_fen: int
    paid_left_fen: int
    gift_back_fen: int
    rule: RefundRule


def estimate(house: House, *, openid: str) -> RefundEstimate | Denied:
    """What the card bound to this account would be paid. Changes nothing."""
    now = house.clock().astimezone(house.shop.zone)
    with house.engine.begin() as connection:
        member = members.by_openid(connection, openid)
        if member is None:
            return Denied("not_member")
        paid_left_fen = book.balances(connection, member.id, now=now).paid_in_fen
        if paid_left_fen == 0:
            return Denied("refund_wish_nothing")
        rules: tuple[RefundRule, ...] = ("seven_days", "consumer")
        quotes = [book.quote_refund(connection, member.id, rule=rule, now=now) for rule in rules]
        best = max(quotes, key=lambda quote: quote.payout_fen)
    return RefundEstimate(
        member=member,
        payout_fen=best.payout_fen,
        paid_left_fen=paid_left_fen,
        gift_back_fen=sum(line.gift_taken_back_fen for line in best.lines),
        rule=best.rule,
    )
