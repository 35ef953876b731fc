"""A confirmed top-up goes into the book: at once where it is plain, else step by step in one transaction.

Plain is what gives money and points only, to a member who is reached and whose wallet stands as it was
quoted: then posting, act, reasons, receipt and its job are one statement. All else adds its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from sqlalchemy import Connection

from actions.counter import entries, gifts, instalments, top_up_terms
from actions.counter.entries import Card
from actions.counter.top_up_terms import TopUpQuote
from actions.house import House
from actions.membership import levels
from ledger import book
from ledger.book import Balances, Header, Posted
from ledger.book.driver import Single
from ledger.records import reasons, receipts
from ledger.records.coupons import Lost
from ledger.records.coupons import use as use_coupons
from ledger.records.staff import Staff
from shop import points as points_rules
from shop import texts, words
from shop.giving import Giving
from shop.money import format_fen


class CouponGone(Exception):  # noqa: N818 - a fact about the coupon; rolls the booking back
    """The coupon of the quote was used, reserved or taken back meanwhile."""


@dataclass(frozen=True)
class Booking:
    """A top-up that may be booked: who, for whom, what, under which key, when."""

    house: House
    acting: Staff
    member: Card
    quote: TopUpQuote
    key: str
    now: datetime

    @cached_property
    def header(self) -> Header:
        return entries.header(
            self.acting, self.quote.member_id, key=self.key, store_id=self.quote.store_id, now=self.now
        )

    @cached_property
    def giving(self) -> Giving:
        return top_up_terms.what_it_gives(self.house.shop, self.quote.store_id, self.quote, self.now)

    @property
    def is_plain(self) -> bool:
        """Nothing but money and points is given, and no level can change with it."""
        quote = self.quote
        return quote.coupon_id is None and not quote.wins_level and self.giving.is_plain


def at_once(booking: Booking, connection: Single | Connection) -> book.Outcome | None:
    """Everything in one statement, the receipt's text among it; None: nothing was done, it needs a look.

    The posting asks for the quoted version again, under the wallet's lock: then what was quoted as
    standing on the card after it stands there, or nothing is told.
    """
    quote, openid = booking.quote, booking.member.openid
    after = _after(quote)
    if openid is None or after is None:
        return None
    return receipts.top_up(
        connection,
        booking.header,
        _given(booking),
        expected_version=quote.wallet_version,
        signed_by=receipts.Signature(
            booking.acting.id, booking.acting.store_id, booking.acting.openid or "", booking.acting.role
        ),
        openid=openid,
        text=_receipt_text(booking, after, receipts.NUMBER_MARK),
        explained=receipts.Explained(quote.shop_version, quote.reasons),
    )


def _after(quote: TopUpQuote) -> Balances | None:
    """Money and points as they will stand; what else is on the card no receipt of a top-up tells."""
    if quote.paid_in_after_fen is None or quote.gift_after_fen is None or quote.points_after is None:
        return None
    return Balances(
        version=quote.wallet_version + 1,
        paid_in_fen=quote.paid_in_after_fen,
        gift_fen=quote.gift_after_fen,
        points=quote.points_after,
        entitlements=(),
    )


def in_steps(booking: Booking, connection: Connection) -> book.Outcome:
    """Post, give what else belongs to it, sign, explain and tell, in the caller's transaction.

    Raises:
        CouponGone: roll back and quote anew.
    """
    outcome = _post(booking, connection)
    if isinstance(outcome, Posted) and not outcome.replayed:
        _give_extras(booking, connection, outcome.transfer_id)
        reasons.write(
            connection,
            transfer_id=outcome.transfer_id,
            rules_version=booking.quote.shop_version,
            reasons=top_up_terms.reasons_of(booking.quote),
        )
        _sign_and_tell(booking, connection, outcome)
        _settle_level(booking, connection, outcome.transfer_id)  # told after the receipt
    return outcome


def _given(booking: Booking) -> book.Grant:
    quote, shop = booking.quote, booking.house.shop
    return book.Grant(
        paid_fen=quote.amount_fen,
        payment_method=quote.payment_method_id,
        gift_fen=quote.gift_fen,
        gift_expires_at=points_rules.gift_expires_at(shop, booking.now),
        points=quote.points,
        points_expires_at=points_rules.expires_at(shop, booking.now),
    )


def _post(booking: Booking, connection: Connection) -> book.Outcome:
    given = _given(booking)
    return book.top_up(
        connection,
        booking.header,
        paid_fen=given.paid_fen,
        payment_method=given.payment_method,
        gift_fen=given.gift_fen,
        gift_expires_at=given.gift_expires_at,
        points=given.points,
        points_expires_at=given.points_expires_at,
        entitlements=gifts.grants(booking.house.shop, booking.giving.entitlements, booking.now),
        expected_version=booking.quote.wallet_version,
    )


def _give_extras(booking: Booking, connection: Connection, transfer_id: int) -> None:
    house, quote, given = booking.house, booking.quote, booking.giving
    if quote.coupon_id is not None:
        used = use_coupons(
            connection,
            [quote.coupon_id],
            member_id=quote.member_id,
            transfer_id=transfer_id,
            at=booking.now,
        )
        if isinstance(used, Lost):
            raise CouponGone
    gifts.issue_coupons(
        house,
        connection,
        member_id=quote.member_id,
        store_id=quote.store_id,
        gifts=given.coupons,
        key=booking.key,
        now=booking.now,
        source_transfer_id=transfer_id,
    )
    if given.later:
        instalments.promise(
            connection,
            member_id=quote.member_id,
            transfer_id=transfer_id,
            store_id=quote.store_id,
            later=given.later,
        )


def _settle_level(booking: Booking, connection: Connection, transfer_id: int) -> None:
    """The tier's level where it is more than the member's own, else what the top-up wins him."""
    house, quote, given = booking.house, booking.quote, booking.giving
    change = None
    if given.level is not None:
        change = levels.give(
            house,
            connection,
            quote.member_id,
            level_id=given.level.level,
            months=given.level.months,
            now=booking.now,
            cause={"by": "tier", "tier": quote.tier_id, "transfer": transfer_id},
        )
    if change is None and quote.wins_level:
        cause = {"by": "top_up", "transfer": transfer_id}
        levels.reassess(house, connection, quote.member_id, booking.now, cause)


def _sign_and_tell(booking: Booking, connection: Connection, posted: Posted) -> None:
    acting, member = booking.acting, booking.member
    receipt = _receipt_text(booking, posted.balances, book.transfer_number(posted.transfer_id))
    entries.finish(
        connection,
        acting,
        member,
        booking.header,
        what="top_up",
        transfer_id=posted.transfer_id,
        receipt=receipt,
    )


def _receipt_text(booking: Booking, balances: Balances, number: str) -> str:
    """What the member is told; `balances` are those right after the top-up."""
    shop, quote = booking.house.shop, booking.quote
    return texts.say(
        shop,
        "top_up_receipt",
        shop=shop.name,
        amount=format_fen(quote.amount_fen),
        gives=top_up_terms.given_text(shop, quote, booking.giving),
        total=format_fen(balances.stored_fen),
        paid_in=format_fen(balances.paid_in_fen),
        gift=format_fen(balances.gift_fen),
        points=balances.points,
        store=shop.store(quote.store_id).name,
        method=shop.payment_method(quote.payment_method_id).name,
        time=words.moment(booking.now, shop.zone),
        number=number,
    )
