"""A debt that a reversal left, paid at the counter (features B7)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from actions import rights
from actions.counter import entries, plain
from actions.house import Denied, House
from actions.review import reviewed
from actions.review.approvals import Filed, Requoted
from ledger import book
from ledger.book import Balances, Refused
from ledger.records import persons
from ledger.records.members import Member
from ledger.records.staff import Staff
from shop import texts, words
from shop.money import format_fen

KIND = "debt_repaid"


@dataclass(frozen=True)
class RepayRequest:
    """`amount_fen` None: all that is owed."""

    member_id: int
    phone: str
    payment_method_id: str
    amount_fen: int | None = None
    store_id: str | None = None


@dataclass(frozen=True)
class RepayQuote:
    """What is paid and what is owed after it."""

    request: RepayRequest
    member_name: str
    store_id: str
    amount_fen: int
    left_fen: int


@dataclass(frozen=True)
class RepayReceipt:
    transfer_id: int
    balances: Balances
    member_told: bool
    replayed: bool


def quote_repayment(house: House, *, staff_openid: str, request: RepayRequest) -> RepayQuote | Denied:
    """How much the member owes in money, and what of it is paid. Changes nothing."""
    with house.engine.begin() as connection:
        staff, member = persons.staff_and_member(connection, staff_openid, request.member_id)
        acting = rights.allowed(staff)
        if isinstance(acting, Denied):
            return acting
        return _quote(house, connection, acting, member, request)


def record_repayment(
    house: House, *, staff_openid: str, quote: RepayQuote, key: str
) -> RepayReceipt | Filed | Denied:
    """Book the money that was paid towards the debt, with the member's receipt, in one transaction."""
    now = house.clock()
    with house.engine.begin() as connection:
        staff, member = persons.staff_and_member(connection, staff_openid, quote.request.member_id)
        acting = rights.allowed(staff)
        if isinstance(acting, Denied):
            return acting
        if member is None or entries.is_own(acting, member):
            return Denied("own_card_entry")
        filed = reviewed.file_if_needed(
            house,
            connection,
            acting,
            quote,
            kind=KIND,
            summary=lambda: summary(house, quote),
            amount_fen=quote.amount_fen,
            store_id=quote.store_id,
            member_id=member.id,
            key=key,
            now=now,
        )
        if filed is not None:
            return filed
        return _book(house, connection, acting, member, quote, key, now)


def execute_approved(
    house: House,
    connection: Connection,
    requester: Staff,
    _approver: Staff,
    data: dict[str, object],
    key: str,
) -> RepayReceipt | Requoted | Denied:
    """Book a repayment that a second person approved; more than is owed by now is refused."""
    quote = plain.unpack(RepayQuote, data)
    _, member = persons.staff_and_member(connection, requester.openid or "", quote.request.member_id)
    if member is None:
        return Denied("no_such_word", {"word": quote.request.phone})
    return _book(house, connection, requester, member, quote, key, house.clock())


def summary(house: House, quote: RepayQuote) -> str:
    """The repayment in one line, for the second person."""
    return texts.say(
        house.shop,
        "debt_summary",
        name=quote.member_name,
        phone=words.masked_phone(quote.request.phone),
        amount=format_fen(quote.amount_fen),
        method=entries.method_name(house, quote.request.payment_method_id),
    )


def _quote(
    house: House, connection: Connection, acting: Staff, found: Member | None, request: RepayRequest
) -> RepayQuote | Denied:
    store_id = rights.acting_store(house, acting, request.store_id)
    if isinstance(store_id, Denied):
        return store_id
    member = entries.bookable(acting, found, request.phone)
    if isinstance(member, Denied):
        return member
    owed_fen = book.balances(connection, member.id, now=house.clock()).debt_fen
    amount_fen = owed_fen if request.amount_fen is None else request.amount_fen
    if owed_fen == 0:
        return Denied("debt_none", {"name": member.name})
    if amount_fen > owed_fen:
        return _more_than_owed(member.name, owed_fen)
    return RepayQuote(request, member.name, store_id, amount_fen, owed_fen - amount_fen)


def _more_than_owed(name: str, owed_fen: int) -> Denied:
    return Denied("debt_more_than_owed", {"name": name, "owed": format_fen(owed_fen)})


def _book(
    house: House,
    connection: Connection,
    acting: Staff,
    member: Member,
    quote: RepayQuote,
    key: str,
    now: datetime,
) -> RepayReceipt | Denied:
    header = entries.header(acting, member.id, key=key, store_id=quote.store_id, now=now)
    method_id = quote.request.payment_method_id
    done = book.repay_debt(connection, header, paid_fen=quote.amount_fen, payment_method=method_id)
    if isinstance(done, Refused):
        return _more_than_owed(member.name, int(str(done.detail.get("owed", 0))))
    if not done.replayed:
        receipt = texts.say(
            house.shop,
            "debt_receipt",
            shop=house.shop.name,
            amount=format_fen(quote.amount_fen),
            method=entries.method_name(house, method_id),
            left=entries.left_text(house, done.balances),
            foot=entries.foot_text(house, store_id=quote.store_id, transfer_id=done.transfer_id, at=now),
        )
        entries.finish(
            connection, acting, member, header, what=KIND, transfer_id=done.transfer_id, receipt=receipt
        )
    return RepayReceipt(done.transfer_id, done.balances, member.openid is not None, done.replayed)
