"""The member's own page: everything the chat says about the card, with the whole statement (A4, F6)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from actions.house import Denied, House
from actions.membership import cards
from actions.membership.cards import Card
from ledger import book
from ledger.book import StatementLine

LINES_A_PAGE = 50
LONGEST_PERIOD_DAYS = 3660


@dataclass(frozen=True)
class MemberPage:
    """One page of it.

    Attributes:
        start, end: the first and the last day shown, in the shop's zone.
        older: the transfer before which the next page begins; None on the last page.
        sealed_at, seal: when the book was last sealed, and the root in hex; None before the first seal.
    """

    card: Card
    start: date
    end: date
    lines: tuple[StatementLine, ...]
    older: int | None
    sealed_at: datetime | None
    seal: str


def read(
    house: House, *, openid: str, start: date | None, end: date | None, before: int | None
) -> MemberPage | Denied:
    """The page of the card bound to this WeChat account; nobody reads another's.

    Args:
        start, end: days in the shop's zone; without them everything since joining. Turned round if need be.
        before: a transfer of the page before, whose older entries are wanted.
    """
    card = cards.read_card(house, openid=openid)
    if isinstance(card, Denied):
        return card
    zone = house.shop.zone
    today = house.clock().astimezone(zone).date()
    first = start or card.member.joined_at.astimezone(zone).date()
    last = end or today
    first, last = min(first, last), max(first, last)
    first = max(first, last - timedelta(days=LONGEST_PERIOD_DAYS))
    with house.engine.connect() as connection:
        lines = book.statement(
            connection,
            card.member.id,
            start=datetime.combine(first, time(), zone),
            end=datetime.combine(last, time(), zone) + timedelta(days=1),
            limit=LINES_A_PAGE + 1,
            before_id=before,
        )
        seal = book.last_seal(connection)
    more = len(lines) > LINES_A_PAGE
    shown = lines[:LINES_A_PAGE]
    return MemberPage(
        card=card,
        start=first,
        end=last,
        lines=shown,
        older=shown[-1].transfer_id if more else None,
        sealed_at=seal.sealed_at if seal else None,
        seal=seal.root.hex() if seal else "",
    )
