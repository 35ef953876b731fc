"""What a booking costs: a pack, a deposit or the price at the counter, fixed when it is held (A8, B6)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import Connection

from actions.house import Denied, House
from ledger import book
from ledger.book import Balances
from ledger.records import bookings as records
from ledger.records.members import Member
from shop import levels, texts
from shop.model import Level, Pack, Service, UnknownIdError
from shop.money import format_fen


@dataclass(frozen=True)
class Terms:
    """Kept with the booking, so that what was shown is what holds.

    Attributes:
        price_fen: the member's price for all who come, as it stood; the counter's quote decides.
        pack_id: the pack a visit will be taken from on arrival, `pack_amount` in its unit; "" without.
        deposit_fen: put down from stored value at the yes.
    """

    price_line: str
    price_fen: int
    pack_id: str = ""
    pack_amount: int = 0
    deposit_fen: int = 0

    def as_json(self) -> dict[str, object]:
        return asdict(self)


def make(
    house: House,
    connection: Connection,
    member: Member,
    service: Service,
    people: int,
    *,
    now: datetime,
    without: int | None,
) -> Terms | Denied:
    """The terms for this member now.

    Args:
        without: a booking that is given up for this one; its visit and its deposit count as free again.
    """
    claimed = records.claims(connection, member.id, now=now, without=without)
    balances = book.balances(connection, member.id, now=now)
    price_fen = levels.member_price_fen(house.shop, _level(house, member), service) * people
    pack = _pack(house, service, people, balances, claimed)
    if pack is not None:
        return _by_pack(house, service, people, price_fen, pack, balances)
    if service.pack_only:
        return Denied("booking_needs_pack", {"service": service.name})
    price = texts.say(house.shop, "booking_price", service=service.name, price=_price_text(price_fen, people))
    deposit_fen = 0 if member.level in house.shop.booking.deposit_free_levels else service.deposit_fen
    if not deposit_fen:
        return Terms(price, price_fen)
    returned_fen = _deposit_of(connection, without)
    if balances.stored_fen + returned_fen < deposit_fen:
        return deposit_short(service, deposit_fen, balances.stored_fen)
    line = texts.say(
        house.shop, "booking_price_deposit", price=price, deposit=format_fen(deposit_fen)
    ) + _deposit_rule(house)
    return Terms(line, price_fen, deposit_fen=deposit_fen)


def deposit_short(service: Service, deposit_fen: int, available_fen: int) -> Denied:
    return Denied(
        "booking_deposit_short",
        {
            "service": service.name,
            "deposit": format_fen(deposit_fen),
            "available": format_fen(available_fen),
        },
    )


def _deposit_rule(house: House) -> str:
    rules = house.shop.booking
    if not rules.keep_late_deposits:
        return ""
    return texts.say(house.shop, "booking_deposit_rule", hours=rules.cancel_hours)


def _deposit_of(connection: Connection, booking_id: int | None) -> int:
    row = records.by_id(connection, booking_id) if booking_id is not None else None
    return int(row.terms.get("deposit_fen", 0)) if row is not None and row.deposit_transfer_id else 0


def _price_text(price_fen: int, people: int) -> str:
    return format_fen(price_fen) if people == 1 else f"{format_fen(price_fen)}（{people} 位）"


def _level(house: House, member: Member) -> Level:
    try:
        return house.shop.level(member.level)
    except UnknownIdError:
        return house.shop.levels[0]


def promised(claimed: Sequence[records.Terms], pack_id: str) -> int:
    """What bookings ahead will take of a pack."""
    return sum(int(str(one["pack_amount"])) for one in claimed if one.get("pack_id") == pack_id)


def _needed(pack: Pack, service: Service, people: int) -> int:
    return people * (service.duration_minutes if pack.unit == "minutes" else 1)


def _pack(
    house: House, service: Service, people: int, balances: Balances, claimed: Sequence[records.Terms]
) -> Pack | None:
    """The first pack for the service of which enough is left besides what other bookings will take."""
    held = {each.code: each.amount for each in balances.entitlements}
    for pack in house.shop.packs:
        if service.id not in pack.services:
            continue
        if held.get(pack.id, 0) - promised(claimed, pack.id) >= _needed(pack, service, people):
            return pack
    return None


def _by_pack(
    house: House, service: Service, people: int, price_fen: int, pack: Pack, balances: Balances
) -> Terms:
    amount = _needed(pack, service, people)
    left = next(each.amount for each in balances.entitlements if each.code == pack.id)
    line = texts.say(
        house.shop,
        "booking_price_pack",
        service=service.name,
        pack=pack.name,
        amount=f" {amount} ",
        unit=texts.say(house.shop, f"unit_{pack.unit}"),
        left=f" {left} ",
    )
    return Terms(line, price_fen, pack_id=pack.id, pack_amount=amount)
