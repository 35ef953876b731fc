"""The money and the units of a booking when its state changes; inside the caller's transaction (A8, B6)."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection

from actions.booking import bookings_shared as shared
from actions.booking.bookings_terms import deposit_short
from actions.house import Denied, House
from ledger import book
from ledger.book import Header, Posted, Refused, stored_deposits
from ledger.records import booking_units, bookings
from ledger.records.bookings import BookingRow
from shop.model import Service


def order_id(booking_id: int) -> str:
    """Under which the deposit of a booking is kept in the book."""
    return f"booking:{booking_id}"


def is_late(house: House, row: BookingRow, now: datetime) -> bool:
    """After the moment until which the shop lets a member give it up."""
    return now > row.starts_at - timedelta(hours=house.shop.booking.cancel_hours)


def take_deposit(
    house: House, connection: Connection, row: BookingRow, service: Service, *, actor: str, now: datetime
) -> Denied | None:
    """Set the deposit aside, where the terms ask for one; Denied when stored value does not suffice."""
    amount_fen = int(row.terms.get("deposit_fen", 0))
    if not amount_fen:
        return None
    outcome = stored_deposits.set_aside(
        connection,
        _header(row, f"{order_id(row.id)}:deposit", actor, now, memo=f"{service.name} 定金"),
        order_id=order_id(row.id),
        amount_fen=amount_fen,
        spending_order=house.shop.stored_value.spending_order,
    )
    if isinstance(outcome, Refused):
        available = int(str(outcome.detail.get("available", 0)))
        return deposit_short(service, amount_fen, available)
    bookings.set_deposit(connection, row.id, outcome.transfer_id)
    return None


def settle_deposit(
    connection: Connection, row: BookingRow, *, keep: bool, actor: str, now: datetime
) -> tuple[int, int]:
    """Give the deposit back or keep it; what was returned and what was kept, in fen."""
    amount_fen = int(row.terms.get("deposit_fen", 0))
    if row.deposit_transfer_id is None or not amount_fen:
        return 0, 0
    header = _header(row, f"{order_id(row.id)}:settled", actor, now, memo="预约定金")
    outcome: book.Outcome
    if keep:
        outcome = stored_deposits.keep_deposit(
            connection, header, order_id=order_id(row.id), amount_fen=amount_fen
        )
    else:
        outcome = book.reverse(connection, header, transfer_id=row.deposit_transfer_id, reason="预约定金退回")
    if not isinstance(outcome, Posted):
        raise RuntimeError(f"the deposit of booking {row.id} cannot be settled: {outcome.code}")
    return (0, amount_fen) if keep else (amount_fen, 0)


def give_up_for(
    house: House, connection: Connection, old: BookingRow, new: BookingRow, *, actor: str, now: datetime
) -> None:
    """The old booking makes room for the new one: shared units change hands, the others are free again."""
    settle_deposit(connection, old, keep=False, actor=actor, now=now)
    booking_units.lock(connection, old.resources)
    booking_units.hand_over(connection, old.id, new.id, new.resources, shared.taken_by(new))
    bookings.set_state(connection, old.id, "moved")
    bookings.note(connection, old.id, "moved", at=now, actor=actor, detail={"to": new.id})
    shared.free(house, connection, old, now=now)


def _header(row: BookingRow, key: str, actor: str, now: datetime, *, memo: str) -> Header:
    return Header(
        key=key,
        store_id=row.store_id,
        actor=actor,
        member_id=row.member_id,
        occurred_at=now,
        recorded_at=now,
        memo=memo,
    )
