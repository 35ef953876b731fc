"""Purchases recorded by staff: stored value first, the rest by outside money (features B3, C1)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from actions import notices, rights
from actions.house import Denied, House
from ledger import book
from ledger.book import Balances, Header, Line, Refused
from ledger.records import members
from ledger.records.members import Member
from ledger.reports.totals import member_totals
from shop import levels, points, texts, words
from shop.model import Level
from shop.money import format_fen

MAX_LINES = 50


@dataclass(frozen=True)
class Basket:
    """What was bought: (item id, quantity) pairs."""

    items: tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class PurchaseReceipt:
    transfer_id: int
    paid_fen: int
    stored_fen: int
    outside_fen: int
    points_earned: int
    balances: Balances
    replayed: bool


@dataclass(frozen=True)
class _Bill:
    """The priced basket: the level that priced it, what stored value covers, what outside money must."""

    lines: tuple[Line, ...]
    level: Level
    stored_fen: int
    outside_fen: int

    @property
    def total_fen(self) -> int:
        return self.stored_fen + self.outside_fen


def record_purchase(
    house: House, *, staff_openid: str, phone: str, basket: Basket, payment_method_id: str, key: str
) -> PurchaseReceipt | Denied:
    """Book a purchase at the member's price and queue the receipt, in one transaction.

    Args:
        payment_method_id: how the part is paid that stored value does not cover.
    """
    now = house.clock()
    with house.engine.begin() as connection:
        acting = rights.require_staff(connection, staff_openid)
        if isinstance(acting, Denied):
            return acting
        store_id = rights.acting_store(house, acting, None)
        if isinstance(store_id, Denied):
            return store_id
        member = members.by_phone(connection, phone)
        if member is None:
            return Denied("no_such_member", {"phone": phone})
        balances = book.balances(connection, member.id, now=now)
        bill = _price(house, connection, member, basket, balances)
        earned = points.earned(
            house.shop, bill.level, stored_fen=bill.stored_fen, outside_fen=bill.outside_fen
        )
        header = Header(
            key=key,
            store_id=store_id,
            actor=f"staff:{acting.id}",
            member_id=member.id,
            occurred_at=now,
            recorded_at=now,
            memo="、".join(line.name for line in bill.lines)[:200],
        )
        outcome = book.purchase(
            connection,
            header,
            lines=bill.lines,
            stored_fen=bill.stored_fen,
            spending_order=house.shop.stored_value.spending_order,
            outside_fen=bill.outside_fen,
            payment_method=payment_method_id if bill.outside_fen else None,
            points_earned=earned,
            points_expires_at=points.expires_at(house.shop, now),
        )
        if isinstance(outcome, Refused):
            return Denied(outcome.code, outcome.detail)
        if not outcome.replayed:
            rights.sign(
                connection,
                acting,
                "purchase",
                at=now,
                key=key,
                member_id=member.id,
                transfer_id=outcome.transfer_id,
            )
            _send_receipt(house, connection, member, bill, earned, outcome, store_id, now)
        return PurchaseReceipt(
            transfer_id=outcome.transfer_id,
            paid_fen=bill.total_fen,
            stored_fen=bill.stored_fen,
            outside_fen=bill.outside_fen,
            points_earned=earned,
            balances=outcome.balances,
            replayed=outcome.replayed,
        )


def _price(house: House, connection: Connection, member: Member, basket: Basket, balances: Balances) -> _Bill:
    totals = member_totals(connection, member.id)
    level = levels.level_for(house.shop, totals.visits, totals.spent_fen, totals.topped_up_fen)
    lines = tuple(_line(house, level, item_id, quantity) for item_id, quantity in basket.items[:MAX_LINES])
    total_fen = sum(line.paid_fen for line in lines)
    stored_fen = min(total_fen, balances.stored_fen)
    return _Bill(lines, level, stored_fen, total_fen - stored_fen)


def _line(house: House, level: Level, item_id: str, quantity: int) -> Line:
    item = house.shop.item(item_id)
    return Line(
        item_id=item.id,
        name=item.name,
        category=item.category,
        quantity=quantity,
        list_fen=item.list_fen * quantity,
        paid_fen=levels.member_price_fen(house.shop, level, item) * quantity,
    )


def _paid_by(house: House, bill: _Bill) -> str:
    parts = []
    if bill.stored_fen:
        parts.append(texts.say(house.shop, "paid_stored", amount=format_fen(bill.stored_fen)))
    if bill.outside_fen:
        parts.append(texts.say(house.shop, "paid_outside", amount=format_fen(bill.outside_fen)))
    return " · ".join(parts)


def _send_receipt(
    house: House,
    connection: Connection,
    member: Member,
    bill: _Bill,
    earned: int,
    posted: book.Posted,
    store_id: str,
    now: datetime,
) -> None:
    text = texts.say(
        house.shop,
        "purchase_receipt",
        shop=house.shop.name,
        amount=format_fen(bill.total_fen),
        items="、".join(line.name for line in bill.lines),
        paid_by=_paid_by(house, bill),
        earned=texts.on_a_line(texts.say(house.shop, "points_earned", points=earned) if earned else ""),
        total=format_fen(posted.balances.stored_fen),
        paid_in=format_fen(posted.balances.paid_in_fen),
        gift=format_fen(posted.balances.gift_fen),
        points=posted.balances.points,
        store=house.shop.store(store_id).name,
        time=words.moment(now, house.shop.zone),
        number=book.transfer_number(posted.transfer_id),
    )
    notices.notify_member(
        house,
        connection,
        key=f"receipt:{posted.transfer_id}",
        member_id=member.id,
        kind="purchase_receipt",
        text=text,
        now=now,
    )
