"""Top-ups recorded by staff: quoted, echoed, then booked with the receipt (features A5, C1, E1)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from actions import rights
from actions.house import Denied, House
from ledger import book
from ledger.book import Balances, Header, Refused
from ledger.records import members, persons, receipts
from ledger.records.members import Member
from ledger.records.staff import Staff
from shop import points as points_rules
from shop import texts, tiers, words
from shop.money import format_fen


@dataclass(frozen=True)
class TopUpRequest:
    """What the staff member typed; the store is his own when none is named."""

    phone: str
    amount_fen: int
    payment_method_id: str
    store_id: str | None = None


@dataclass(frozen=True)
class TopUpQuote:
    """What will be booked if the staff member says yes, bound to the state of the wallet it was made from."""

    member_id: int
    member_name: str
    phone: str
    store_id: str
    payment_method_id: str
    amount_fen: int
    gift_fen: int
    points: int
    wallet_version: int
    stored_after_fen: int
    shop_version: str


@dataclass(frozen=True)
class TopUpReceipt:
    """The booked top-up; `replayed` when the same confirmation had been booked before."""

    transfer_id: int
    quote: TopUpQuote
    balances: Balances
    member_told: bool
    replayed: bool


@dataclass(frozen=True)
class QuoteChanged:
    """The member's account moved after the quote was made: here is the new one, nothing was booked."""

    quote: TopUpQuote


def quote_top_up(house: House, *, staff_openid: str, request: TopUpRequest) -> TopUpQuote | Denied:
    """Check rights and limits and work out what the member would get. Changes nothing."""
    with house.engine.begin() as connection:
        return _quote(house, connection, staff_openid, request)


def record_top_up(
    house: House, *, staff_openid: str, quote: TopUpQuote, key: str
) -> TopUpReceipt | QuoteChanged | Denied:
    """Book a quoted top-up and queue the member's receipt, in one transaction.

    Args:
        key: idempotency key of the quote; the same quote confirmed twice is booked once.
    """
    now = house.clock()
    with house.engine.begin() as connection:
        found, member = persons.staff_and_member(connection, staff_openid, quote.member_id)
        acting = rights.allowed(found)
        if isinstance(acting, Denied):
            return acting
        if member is None:
            return Denied("no_such_member", {"phone": quote.phone})
        denied = _check_rights(house, acting, member, quote)
        if denied is not None:
            return denied
        outcome = _post(house, connection, acting, quote, key, now)
        if isinstance(outcome, Refused):
            return _after_refusal(house, connection, staff_openid, quote, outcome)
        if not outcome.replayed:
            _sign_and_tell(house, connection, acting, member, quote, outcome, key, now)
        return TopUpReceipt(
            transfer_id=outcome.transfer_id,
            quote=quote,
            balances=outcome.balances,
            member_told=member.openid is not None,
            replayed=outcome.replayed,
        )


def _quote(
    house: House, connection: Connection, staff_openid: str, request: TopUpRequest
) -> TopUpQuote | Denied:
    acting = rights.require_staff(connection, staff_openid)
    if isinstance(acting, Denied):
        return acting
    store_id = rights.acting_store(house, acting, request.store_id)
    if isinstance(store_id, Denied):
        return store_id
    member = members.by_phone(connection, request.phone)
    if member is None:
        return Denied("no_such_member", {"phone": request.phone})
    balances = book.balances(connection, member.id, now=house.clock())
    denied = _check_limits(house, acting, member, balances, request.amount_fen)
    if denied is not None:
        return denied
    tier = tiers.best_tier(house.shop, store_id, request.amount_fen)
    gift_fen = tier.gift_fen if tier else 0
    return TopUpQuote(
        member_id=member.id,
        member_name=member.name,
        phone=request.phone,
        store_id=store_id,
        payment_method_id=request.payment_method_id,
        amount_fen=request.amount_fen,
        gift_fen=gift_fen,
        points=points_rules.for_top_up(house.shop, store_id, request.amount_fen),
        wallet_version=balances.version,
        stored_after_fen=balances.stored_fen + request.amount_fen + gift_fen,
        shop_version=house.shop.version,
    )


def _check_rights(house: House, acting: Staff, member: Member, quote: TopUpQuote) -> Denied | None:
    """Who may is asked again at booking: the store, his own card and his role's limit (features B10, C2)."""
    store_id = rights.acting_store(house, acting, quote.store_id)
    if isinstance(store_id, Denied):
        return store_id
    return _own_card(acting, member) or _over_role_limit(house, acting, quote.amount_fen)


def _own_card(acting: Staff, member: Member) -> Denied | None:
    own = member.openid is not None and member.openid == acting.openid
    return Denied("own_card") if own else None


def _over_role_limit(house: House, acting: Staff, amount_fen: int) -> Denied | None:
    limit_fen = house.shop.role_limit(acting.role).per_entry_fen
    if limit_fen is None or amount_fen <= limit_fen:
        return None
    return Denied("over_role_limit", {"limit": format_fen(limit_fen)})


def _check_limits(
    house: House, acting: Staff, member: Member, balances: Balances, amount_fen: int
) -> Denied | None:
    """The role's limit, the shop's smallest and largest top-up, the law's cap on a card (features B10)."""
    shop = house.shop
    own_card = _own_card(acting, member)
    if own_card is not None:
        return own_card
    checks = (
        (amount_fen < shop.top_up.minimum_fen, "top_up_too_small", shop.top_up.minimum_fen),
        (amount_fen > shop.top_up.maximum_fen, "top_up_too_large", shop.top_up.maximum_fen),
    )
    for failed, code, limit in checks:
        if failed:
            return Denied(code, {"limit": format_fen(limit)})
    over_role_limit = _over_role_limit(house, acting, amount_fen)
    if over_role_limit is not None:
        return over_role_limit
    cap_fen = shop.law.card_cap_fen
    if balances.paid_in_fen + amount_fen > cap_fen:
        room_fen = max(0, cap_fen - balances.paid_in_fen)
        return Denied("over_card_cap", {"cap": format_fen(cap_fen), "room": format_fen(room_fen)})
    return None


def _post(
    house: House, connection: Connection, acting: Staff, quote: TopUpQuote, key: str, now: datetime
) -> book.Outcome:
    header = Header(
        key=key,
        store_id=quote.store_id,
        actor=f"staff:{acting.id}",
        member_id=quote.member_id,
        occurred_at=now,
        recorded_at=now,
        memo="",
    )
    return book.top_up(
        connection,
        header,
        paid_fen=quote.amount_fen,
        payment_method=quote.payment_method_id,
        gift_fen=quote.gift_fen,
        gift_expires_at=points_rules.gift_expires_at(house.shop, now),
        points=quote.points,
        points_expires_at=points_rules.expires_at(house.shop, now),
        expected_version=quote.wallet_version,
    )


def _after_refusal(
    house: House, connection: Connection, staff_openid: str, quote: TopUpQuote, refused: Refused
) -> QuoteChanged | Denied:
    if refused.code != "changed":
        return Denied(refused.code, refused.detail)
    request = TopUpRequest(quote.phone, quote.amount_fen, quote.payment_method_id, quote.store_id)
    fresh = _quote(house, connection, staff_openid, request)
    return fresh if isinstance(fresh, Denied) else QuoteChanged(fresh)


def _sign_and_tell(
    house: House,
    connection: Connection,
    acting: Staff,
    member: Member,
    quote: TopUpQuote,
    posted: book.Posted,
    key: str,
    now: datetime,
) -> None:
    if member.openid is None:
        rights.sign(
            connection,
            acting,
            "top_up",
            at=now,
            key=key,
            member_id=member.id,
            transfer_id=posted.transfer_id,
        )
        return
    receipts.write(
        connection,
        staff_id=acting.id,
        store_id=acting.store_id,
        origin=acting.openid or "",
        what="top_up",
        key=key,
        member_id=member.id,
        transfer_id=posted.transfer_id,
        openid=member.openid,
        kind="top_up_receipt",
        text=_receipt_text(house, quote, posted, now),
        at=now,
    )


def _receipt_text(house: House, quote: TopUpQuote, posted: book.Posted, now: datetime) -> str:
    return texts.say(
        house.shop,
        "top_up_receipt",
        shop=house.shop.name,
        amount=format_fen(quote.amount_fen),
        gives=texts.on_a_line(texts.gives(house.shop, gift_fen=quote.gift_fen, points=quote.points)),
        total=format_fen(posted.balances.stored_fen),
        paid_in=format_fen(posted.balances.paid_in_fen),
        gift=format_fen(posted.balances.gift_fen),
        points=posted.balances.points,
        store=house.shop.store(quote.store_id).name,
        method=house.shop.payment_method(quote.payment_method_id).name,
        time=words.moment(now, house.shop.zone),
        number=book.transfer_number(posted.transfer_id),
    )
