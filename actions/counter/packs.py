"""Packs of times, minutes or lessons drawn down (features B5); sold in `pack_sales`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from actions import rights
from actions.counter import entries
from actions.house import Denied, House
from actions.review.reviewed import Changed
from ledger import book
from ledger.book import Balances, EntitlementUse, Line, Refused
from ledger.records.members import Member
from ledger.records.staff import Staff
from shop import texts
from shop.model import Service

KIND = "pack_use"
MAX_AT_ONCE = 100


@dataclass(frozen=True)
class UseRequest:
    """A unit of an item taken from a pack; `amount` None: as much as `count` units take."""

    member_id: int
    phone: str
    item_id: str
    count: int = 1
    pack_id: str | None = None
    store_id: str | None = None


@dataclass(frozen=True)
class UseQuote:
    """What is taken from which pack, and what remains of it."""

    request: UseRequest
    member_name: str
    store_id: str
    pack_id: str
    unit: str
    amount: int
    left_after: int
    wallet_version: int
    shop_version: str


@dataclass(frozen=True)
class SeveralPacks:
    """The member holds more than one pack that is good for the item: (pack id, name, left, unit)."""

    packs: tuple[tuple[str, str, int, str], ...]


@dataclass(frozen=True)
class PackReceipt:
    transfer_id: int
    balances: Balances
    member_told: bool
    replayed: bool


def quote_use(house: House, *, staff_openid: str, request: UseRequest) -> UseQuote | SeveralPacks | Denied:
    """Which pack of the member pays for the item, and what remains of it. Changes nothing."""
    with house.engine.begin() as connection:
        acting = rights.require_staff(connection, staff_openid)
        return acting if isinstance(acting, Denied) else _quote(house, connection, acting, request)


def record_use(
    house: House, *, staff_openid: str, quote: UseQuote, key: str
) -> PackReceipt | Changed[UseQuote] | Denied:
    """Draw a pack down and tell the member what remains. No money moves, so no limit is asked."""
    with house.engine.begin() as connection:
        acting = rights.require_staff(connection, staff_openid)
        if isinstance(acting, Denied):
            return acting
        member = entries.member_of(connection, acting, quote.request.member_id, quote.request.phone)
        if isinstance(member, Denied):
            return member
        done = _book(house, connection, acting, member, quote, key)
        if isinstance(done, PackReceipt):
            return done
        fresh = _quote(house, connection, acting, quote.request)
        if isinstance(fresh, SeveralPacks):
            return Denied("pack_changed")
        return fresh if isinstance(fresh, Denied) else Changed(fresh)


def _quote(
    house: House, connection: Connection, acting: Staff, request: UseRequest
) -> UseQuote | SeveralPacks | Denied:
    store_id = rights.acting_store(house, acting, request.store_id)
    if isinstance(store_id, Denied):
        return store_id
    member = entries.member_of(connection, acting, request.member_id, request.phone)
    if isinstance(member, Denied):
        return member
    balances = book.balances(connection, member.id, now=house.clock())
    held = {each.code: each for each in balances.entitlements}
    fitting = [pack for pack in house.shop.packs if pack.id in held and request.item_id in pack.items]
    if request.pack_id is not None:
        fitting = [pack for pack in fitting if pack.id == request.pack_id]
    item = house.shop.item(request.item_id)
    if not fitting:
        return Denied(
            "pack_none", {"name": member.name, "item": item.name, "held": _held_text(house, balances)}
        )
    if len(fitting) > 1:
        return SeveralPacks(tuple((p.id, p.name, held[p.id].amount, held[p.id].unit) for p in fitting))
    pack = fitting[0]
    amount = request.count * (
        item.duration_minutes if pack.unit == "minutes" and isinstance(item, Service) else 1
    )
    left = held[pack.id].amount
    if left < amount:
        unit = entries.unit(pack.unit)
        return Denied(
            "pack_not_enough", {"pack": pack.name, "left": f"{left} {unit}", "needed": f"{amount} {unit}"}
        )
    return UseQuote(
        request=request,
        member_name=member.name,
        store_id=store_id,
        pack_id=pack.id,
        unit=pack.unit,
        amount=amount,
        left_after=left - amount,
        wallet_version=balances.version,
        shop_version=house.shop.version,
    )


def _held_text(house: House, balances: Balances) -> str:
    held = [
        f"{entries.pack_name(house, e.code)} {e.amount} {entries.unit(e.unit)}" for e in balances.entitlements
    ]
    return "、".join(held) or texts.say(house.shop, "packs_held_none")


def _book(
    house: House, connection: Connection, acting: Staff, member: Member, quote: UseQuote, key: str
) -> PackReceipt | Refused | None:
    item = next((i for i in (*house.shop.services, *house.shop.goods) if i.id == quote.request.item_id), None)
    if item is None:
        return None
    count = quote.request.count
    header = entries.header(
        acting, member.id, key=key, store_id=quote.store_id, now=house.clock(), memo=item.name
    )
    outcome = book.purchase(
        connection,
        header,
        lines=[Line(item.id, item.name, item.category, count, item.list_fen * count, 0)],
        stored_fen=0,
        spending_order=house.shop.stored_value.spending_order,
        entitlement_uses=[EntitlementUse(quote.pack_id, quote.amount)],
        expected_version=quote.wallet_version,
    )
    if isinstance(outcome, Refused):
        return outcome
    if not outcome.replayed:
        receipt = _receipt(house, quote, item.name, outcome, header.recorded_at)
        entries.finish(
            connection, acting, member, header, what=KIND, transfer_id=outcome.transfer_id, receipt=receipt
        )
    return PackReceipt(outcome.transfer_id, outcome.balances, member.openid is not None, outcome.replayed)


def _receipt(house: House, quote: UseQuote, item_name: str, posted: book.Posted, now: datetime) -> str:
    left = next((e.amount for e in posted.balances.entitlements if e.code == quote.pack_id), 0)
    return texts.say(
        house.shop,
        "pack_use_receipt",
        shop=house.shop.name,
        pack=entries.pack_name(house, quote.pack_id),
        item=item_name if quote.request.count == 1 else f"{item_name} ×{quote.request.count}",
        used=f"{quote.amount} {entries.unit(quote.unit)}",
        remaining=f"{left} {entries.unit(quote.unit)}",
        foot=entries.foot_text(house, store_id=quote.store_id, transfer_id=posted.transfer_id, at=now),
    )
