"""Appointments: the day before, and two hours before (row E1)."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection

from actions.house import House
from actions.reminders.kind import Kind, Sending, Untrue, Words
from ledger.records import bookings, reminders
from ledger.records.bookings import BookingRow
from shop import slots_text, texts, words
from shop.model import UnknownIdError

DAY_BEFORE = timedelta(hours=24)
SOON = timedelta(hours=2)
# Who has booked a moment ago needs no reminder.
FRESH = timedelta(hours=1)


def plan_for_booking(house: House, connection: Connection, row: BookingRow, *, now: datetime) -> int:
    """Plan both reminders in the transaction that books; how many are far enough ahead to make sense.

    Nothing has to be taken back when it is moved or cancelled: a reminder is checked when it is due.
    """
    reason = texts.say(house.shop, "why_booking", shop=house.shop.name)
    planned = 0
    for kind, before in (("booking_tomorrow", DAY_BEFORE), ("booking_soon", SOON)):
        due_at = row.starts_at - before
        if due_at < now + FRESH:
            continue
        planned += reminders.plan(
            connection,
            key=f"{kind}:{row.id}",
            member_id=row.member_id,
            kind=kind,
            subject={"booking_id": row.id},
            due_at=due_at,
            category="service",
            reason=reason,
        )
    return planned


def _compose(sending: Sending) -> Words | Untrue:
    row = bookings.by_id(sending.connection, int(sending.reminder.subject["booking_id"]))
    if row is None or row.state != "booked":
        return Untrue(f"the booking is {row.state if row else 'gone'}")
    if row.starts_at <= sending.now:
        return Untrue("the appointment has begun")
    if sending.reminder.kind == "booking_tomorrow" and row.starts_at - sending.now <= SOON:
        return Untrue("the reminder two hours before says it")
    if row.member_id != sending.member.id:
        return Untrue("the booking is another member's now")
    shop = sending.house.shop
    time = slots_text.moment_text(shop, row.starts_at, sending.now.astimezone(shop.zone).date())
    names = slots_text.technician_names(shop, row.technicians)
    technician = texts.say(shop, "booking_technician", name=names[0]) if names else ""
    service, store, address = row.service_id, row.store_id, ""
    try:
        service = shop.service(row.service_id).name
        place = shop.store(row.store_id)
        store, address = place.name, place.address
    except UnknownIdError:
        return Untrue("the shop has that service or store no longer")
    text = sending.say(
        f"reminder_{sending.reminder.kind}",
        name=sending.name,
        time=time,
        service=service,
        technician=technician,
        store=store,
        address=address,
    )
    local = row.starts_at.astimezone(shop.zone)
    detail = {
        "time": f"{words.full_date(local.date())} {words.clock_time(local, shop.zone)}",
        "service": service,
        "store": store,
        "number": f"Y{row.id:06d}",
    }
    return Words(text, detail)


KINDS = (
    Kind("booking_tomorrow", "service", _compose, in_complaint=True),
    Kind("booking_soon", "service", _compose, in_complaint=True),
)
