"""Entries that may have to wait for a second person: weighed, filed or booked, quoted anew (features C2)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, Protocol, TypeVar

from sqlalchemy import Connection

from actions import rights
from actions.counter import entries, plain
from actions.house import Denied, House
from actions.review import approvals, limits
from actions.review.approvals import Filed, Requoted
from ledger.records.members import Member
from ledger.records.staff import Staff
from ledger.reports import single_entries


class Request(Protocol):
    """Whose card it is, and the phone as this staff member is shown it."""

    @property
    def member_id(self) -> int: ...

    @property
    def phone(self) -> str: ...


class Quote(Protocol):
    """What was shown: plain values, with the request that they answer."""

    @property
    def request(self) -> Request: ...

    @property
    def store_id(self) -> str: ...


AnyQuote = TypeVar("AnyQuote")
QuoteT = TypeVar("QuoteT", bound=Quote)
ReceiptT = TypeVar("ReceiptT")


@dataclass(frozen=True)
class Changed(Generic[AnyQuote]):
    """The card, the price or the rules moved after the quote: here is the new one, nothing was booked."""

    quote: AnyQuote


def file_if_needed(
    house: House,
    connection: Connection,
    acting: Staff,
    quote: object,
    *,
    kind: str,
    summary: Callable[[], str],
    amount_fen: int,
    store_id: str,
    member_id: int,
    key: str,
    now: datetime,
    occurred_at: datetime | None = None,
    cashier_reason: str = "",
) -> Filed | None:
    """Let the entry wait when the role may not book it alone; None: it may be, or it is booked already.

    Call it where `limits.weigh` may be called: in the transaction that books, before the book is touched.

    Args:
        quote: a dataclass of plain values, what the executor of `kind` will be given.
        summary: the entry in one line; asked for only when it is filed.
        occurred_at: when it happened, if that is not `now`.
        cashier_reason: the name of the reason for which a cashier's always waits.
    """
    review = limits.weigh(
        house,
        connection,
        acting,
        kind=kind,
        amount_fen=amount_fen,
        occurred_at=occurred_at or now,
        now=now,
        also=(cashier_reason,) if cashier_reason and acting.role == "cashier" else (),
    )
    if review is None or single_entries.by_key(connection, key) is not None:
        return None
    return approvals.file(
        house,
        connection,
        acting,
        kind=kind,
        data=plain.pack(quote),
        summary=summary(),
        review=review,
        key=key,
        member_id=member_id,
        now=now,
        amount_fen=amount_fen,
        store_id=store_id,
    )


@dataclass(frozen=True)
class Reviewed(Generic[QuoteT, ReceiptT]):
    """One kind of entry on a member's card that is booked at a yes, or filed and booked at a second one.

    Attributes:
        kind: of the entry, as in `approvals_executors`.
        quotes: the class of its quotes.
        amount_fen: the money that counts against the limits.
        summary: the entry in one line, for the second person.
        requote: the same request answered by what is true now.
        book: post, sign and tell; None: what was shown is no longer so, and nothing was booked.
        cashier_reason: as in `file_if_needed`.
    """

    kind: str
    quotes: type[QuoteT]
    amount_fen: Callable[[QuoteT], int]
    summary: Callable[[House, QuoteT], str]
    requote: Callable[[House, Connection, Staff, QuoteT], QuoteT | Denied]
    book: Callable[[House, Connection, Staff, Member, QuoteT, str, datetime], ReceiptT | Denied | None]
    cashier_reason: str = ""

    def record(
        self, house: House, connection: Connection, staff_openid: str, quote: QuoteT, key: str
    ) -> ReceiptT | Changed[QuoteT] | Filed | Denied:
        """Book a confirmed quote under `key`, or file it; in the caller's transaction."""
        now = house.clock()
        acting = rights.require_staff(connection, staff_openid)
        if isinstance(acting, Denied):
            return acting
        member = entries.member_of(connection, acting, quote.request.member_id, quote.request.phone)
        if isinstance(member, Denied):
            return member
        filed = file_if_needed(
            house,
            connection,
            acting,
            quote,
            kind=self.kind,
            summary=lambda: self.summary(house, quote),
            amount_fen=self.amount_fen(quote),
            store_id=quote.store_id,
            member_id=member.id,
            key=key,
            now=now,
            cashier_reason=self.cashier_reason,
        )
        if filed is not None:
            return filed
        done = self.book(house, connection, acting, member, quote, key, now)
        if done is not None:
            return done
        fresh = self.requote(house, connection, acting, quote)
        return fresh if isinstance(fresh, Denied) else Changed(fresh)

    def execute_approved(
        self,
        house: House,
        connection: Connection,
        requester: Staff,
        _approver: Staff,
        data: dict[str, object],
        key: str,
    ) -> ReceiptT | Requoted | Denied:
        """Book what a second person approved; what is no longer so is shown to him anew."""
        quote = plain.unpack(self.quotes, data)
        member = entries.member_of(connection, requester, quote.request.member_id, quote.request.phone)
        if isinstance(member, Denied):
            return member
        done = self.book(house, connection, requester, member, quote, key, house.clock())
        if done is not None:
            return done
        fresh = self.requote(house, connection, requester, quote)
        return fresh if isinstance(fresh, Denied) else Requoted(plain.pack(fresh), self.summary(house, fresh))
