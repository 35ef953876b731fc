"""Top-ups recorded by staff: quoted, echoed, then booked with the receipt (features A5, B2, C1, C2, E1)."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from actions import rights
from actions.counter import entries, top_up_booking, top_up_terms
from actions.counter.entries import Card
from actions.counter.top_up_booking import Booking, CouponGone
from actions.counter.top_up_terms import TopUpQuote
from actions.house import Denied, House
from actions.loyalty import referral
from actions.review import reviewed
from actions.review.approvals import Filed, Requoted
from actions.review.reviewed import Changed
from ledger import book
from ledger.book import Balances, Posted, Refused
from ledger.book.driver import single_statements
from ledger.records import members, persons
from ledger.records.staff import Staff
from ledger.reports import single_entries
from shop import texts
from shop.money import format_fen
from shop.overrides import for_store
from shop.words import masked_phone

__all__ = [
    "TopUpQuote",
    "TopUpReceipt",
    "TopUpRequest",
    "execute_approved",
    "quote_top_up",
    "record_top_up",
]

KIND = "top_up"


@dataclass(frozen=True)
class TopUpRequest:
    """What the staff member typed; the store is his own when none is named.

    `member_id`: the member, when he was found by another word than the phone; `phone` is then as it is shown.
    """

    phone: str
    amount_fen: int
    payment_method_id: str
    store_id: str | None = None
    member_id: int | None = None


@dataclass(frozen=True)
class TopUpReceipt:
    """The booked top-up; `replayed` when the same confirmation had been booked before."""

    transfer_id: int
    quote: TopUpQuote
    balances: Balances
    member_told: bool
    replayed: bool


def quote_top_up(house: House, *, staff_openid: str, request: TopUpRequest) -> TopUpQuote | Denied:
    """Check rights and limits and work out what the member would get. Changes nothing."""
    with house.engine.begin() as connection:
        acting = rights.require_staff(connection, staff_openid)
        if isinstance(acting, Denied):
            return acting
        return _quote(house, connection, acting, request)


def record_top_up(
    house: House, *, staff_openid: str, quote: TopUpQuote, key: str
) -> TopUpReceipt | Changed[TopUpQuote] | Filed | Denied:
    """Book a quoted top-up and queue the member's receipt, in one transaction.

    What is above the role's limit is not booked but filed for a second person (row C2).

    Args:
        key: idempotency key of the quote; the same quote confirmed twice is booked once.
    """
    now = house.clock()
    done = _as_quoted(house, staff_openid, quote, key, now) or _looked_at(
        house, staff_openid, quote, key, now
    )
    if isinstance(done, Denied):
        return done
    booking, outcome = done
    if isinstance(outcome, Filed):
        return outcome
    if isinstance(outcome, Refused) and outcome.code != "changed":
        return Denied(outcome.code, outcome.detail)
    if not isinstance(outcome, Posted):
        return _requote(house, booking.acting, quote)
    return _receipt(booking, outcome)


def execute_approved(
    house: House, connection: Connection, requester: Staff, _approver: Staff, data: dict[str, Any], key: str
) -> TopUpReceipt | Requoted | Denied:
    """Book a top-up that a second person approved; where it gives something else now, he is shown that."""
    known = {field.name for field in fields(TopUpQuote)}
    filed = TopUpQuote(**{name: value for name, value in data.items() if name in known})
    request = _request_of(filed)
    fresh = _quote(house, connection, requester, request)
    member = members.by_id(connection, filed.member_id)
    if isinstance(fresh, Denied) or member is None:
        return fresh if isinstance(fresh, Denied) else Denied("no_such_member", {"phone": filed.phone})
    if _what_was_shown(fresh) == _what_was_shown(filed):
        booking = Booking(house, requester, member, fresh, key, house.clock())
        try:
            with connection.begin_nested():
                outcome = top_up_booking.in_steps(booking, connection)
            if isinstance(outcome, book.Posted):
                return _receipt(booking, outcome)
            if outcome.code != "changed":
                return Denied(outcome.code, outcome.detail)
        except CouponGone:
            pass
        again = _quote(house, connection, requester, request)
        if isinstance(again, Denied):
            return again
        fresh = again
    return Requoted(asdict(fresh), summary(house, fresh))


def summary(house: House, quote: TopUpQuote) -> str:
    """The top-up in one line, for the second person."""
    shop = house.shop
    given = top_up_terms.gives_text(shop, quote.store_id, quote, house.clock()).strip().replace("\n", "，")
    return texts.say(
        shop,
        "top_up_summary",
        name=quote.member_name,
        phone=masked_phone(quote.phone),
        amount=format_fen(quote.amount_fen),
        gives=f"，{given}" if given else "",
        method=shop.payment_method(quote.payment_method_id).name,
        store=shop.store(quote.store_id).name,
    )


def _what_was_shown(quote: TopUpQuote) -> tuple[object, ...]:
    return (quote.gift_fen, quote.points, quote.tier_id, quote.coupon_kind, quote.shop_version)


def _receipt(booking: Booking, posted: book.Posted) -> TopUpReceipt:
    return TopUpReceipt(
        transfer_id=posted.transfer_id,
        quote=booking.quote,
        balances=posted.balances,
        member_told=booking.member.openid is not None,
        replayed=posted.replayed,
    )


def _may_need_review(booking: Booking) -> bool:
    """Whether the role has a limit that this entry may exceed; what the day has seen only `limits` knows."""
    role = booking.house.shop.role_limit(booking.acting.role)
    over = role.per_entry_fen is not None and booking.quote.amount_fen > role.per_entry_fen
    return over or role.per_day_fen is not None


def _is_stale(booking: Booking) -> bool:
    """The shop's rules changed since the quote: what it promised may not be theirs any more."""
    return booking.quote.shop_version != booking.house.shop.version


def _weigh_and_book(booking: Booking) -> book.Outcome | Filed | None:
    """Book it in a transaction, or file it for a second person; None: the quote is void."""
    try:
        with booking.house.engine.begin() as connection:
            if _is_stale(booking) and not _is_known(connection, booking.key):
                return None
            filed = _file_if_needed(booking, connection)
            if filed is not None:
                return filed
            return top_up_booking.in_steps(booking, connection)
    except CouponGone:
        return None


def _is_known(connection: Connection, key: str) -> bool:
    return single_entries.by_key(connection, key) is not None


def _file_if_needed(booking: Booking, connection: Connection) -> Filed | None:
    house, quote = booking.house, booking.quote
    return reviewed.file_if_needed(
        house,
        connection,
        booking.acting,
        quote,
        kind=KIND,
        summary=lambda: summary(house, quote),
        amount_fen=quote.amount_fen,
        store_id=quote.store_id,
        member_id=quote.member_id,
        key=booking.key,
        now=booking.now,
    )


def _as_quoted(
    house: House, staff_openid: str, quote: TopUpQuote, key: str, now: datetime
) -> tuple[Booking, book.Outcome] | None:
    """Book a plain top-up as it was quoted, by whom and for whom it was quoted; None: it has to be looked at.

    That they still are who they were, and that nobody's reward hangs on it, the posting asks itself.
    """
    if quote.staff_id is None or quote.staff_role is None or quote.member_openid is None:
        return None
    acting = Staff(quote.staff_id, "", quote.staff_role, quote.staff_store_id, True, staff_openid)
    card = persons.Card(quote.member_id, quote.member_openid)
    booking = _may_book(house, acting, card, quote, key, now)
    if isinstance(booking, Denied) or not booking.is_plain or _may_need_review(booking) or _is_stale(booking):
        return None
    with single_statements(house.engine) as connection:
        outcome = top_up_booking.at_once(booking, connection)
    return None if outcome is None else (booking, outcome)


def _looked_at(
    house: House, staff_openid: str, quote: TopUpQuote, key: str, now: datetime
) -> tuple[Booking, book.Outcome | Filed | None] | Denied:
    """Book it, or file it, by what is known now of all who have to do with it."""
    with house.engine.connect() as connection:
        found = persons.staff_and_member(connection, staff_openid, quote.member_id)
    booking = _may_book(house, *found, quote, key, now)
    if isinstance(booking, Denied):
        return booking
    outcome = _weigh_and_book(booking)
    if isinstance(outcome, Posted):
        referral.after_paid(
            house,
            member_id=quote.member_id,
            kind="top_up",
            amount_fen=quote.amount_fen,
            transfer_id=outcome.transfer_id,
        )
    return booking, outcome


def _may_book(
    house: House, staff: Staff | None, member: Card | None, quote: TopUpQuote, key: str, now: datetime
) -> Booking | Denied:
    """Who may is asked again at booking: the store and his own card (features B10, C2)."""
    acting = rights.allowed(staff)
    if isinstance(acting, Denied):
        return acting
    if member is None:
        return Denied("no_such_member", {"phone": quote.phone})
    store_id = rights.acting_store(house, acting, quote.store_id)
    if isinstance(store_id, Denied):
        return store_id
    return _own_card(acting, member) or Booking(house, acting, member, quote, key, now)


def _requote(house: House, acting: Staff, quote: TopUpQuote) -> Changed[TopUpQuote] | Denied:
    with house.engine.begin() as connection:
        fresh = _quote(house, connection, acting, _request_of(quote))
    return fresh if isinstance(fresh, Denied) else Changed(fresh)


def _request_of(quote: TopUpQuote) -> TopUpRequest:
    return TopUpRequest(
        quote.phone, quote.amount_fen, quote.payment_method_id, quote.store_id, quote.member_id
    )


def _quote(house: House, connection: Connection, acting: Staff, request: TopUpRequest) -> TopUpQuote | Denied:
    store_id = rights.acting_store(house, acting, request.store_id)
    if isinstance(store_id, Denied):
        return store_id
    if request.member_id is not None:
        member = members.by_id(connection, request.member_id)
    else:
        member = members.by_phone(connection, request.phone)
    if member is None:
        return Denied("no_such_member", {"phone": request.phone})
    now = house.clock()
    balances = book.balances(connection, member.id, now=now)
    denied = _own_card(acting, member) or _check_limits(house, store_id, balances, request.amount_fen)
    if denied is not None:
        return denied
    terms = top_up_terms.work_out(house, connection, member, store_id, request.amount_fen, now)
    return TopUpQuote(
        **asdict(terms),
        member_id=member.id,
        member_name=member.name,
        phone=request.phone,
        store_id=store_id,
        payment_method_id=request.payment_method_id,
        amount_fen=request.amount_fen,
        wallet_version=balances.version,
        stored_after_fen=balances.stored_fen + request.amount_fen + terms.gift_fen,
        shop_version=house.shop.version,
        paid_in_after_fen=balances.paid_in_fen + request.amount_fen,
        gift_after_fen=balances.gift_fen + terms.gift_fen,
        points_after=balances.points + terms.points,
        staff_id=acting.id,
        staff_role=acting.role,
        staff_store_id=acting.store_id,
        member_openid=member.openid,
    )


def _own_card(acting: Staff, member: Card) -> Denied | None:
    return Denied("own_card") if entries.is_own(acting, member) else None


def _check_limits(house: House, store_id: str, balances: Balances, amount_fen: int) -> Denied | None:
    """The store's smallest and the shop's largest top-up, the law's cap on a card (features B10, C4)."""
    rules = for_store(house.shop, store_id).top_up
    checks = (
        (amount_fen < rules.minimum_fen, "top_up_too_small", rules.minimum_fen),
        (amount_fen > rules.maximum_fen, "top_up_too_large", rules.maximum_fen),
    )
    for failed, code, limit in checks:
        if failed:
            return Denied(code, {"limit": format_fen(limit)})
    cap_fen = house.shop.law.card_cap_fen
    if balances.paid_in_fen + amount_fen > cap_fen:
        room_fen = max(0, cap_fen - balances.paid_in_fen)
        return Denied("over_card_cap", {"cap": format_fen(cap_fen), "room": format_fen(room_fen)})
    return None
