"""The member's own money: what is running low, and what would be lost (rows B4, E1)."""

from __future__ import annotations

from datetime import datetime

from actions.reminders.kind import Kind, Sending, Untrue, Words
from ledger import book
from ledger.records import reminder_sweeps
from shop.model import Shop, UnknownIdError
from shop.money import format_fen


def _low_balance(sending: Sending) -> Words | Untrue:
    line_fen = sending.house.shop.reminders.low_balance_fen
    member_id = sending.member.id
    stored_fen = book.balances(sending.connection, member_id, now=sending.now).stored_fen
    newest = reminder_sweeps.last_top_up(sending.connection, member_id)
    if newest != sending.reminder.subject["top_up"]:
        return Untrue("topped up meanwhile")
    if stored_fen >= line_fen:
        return Untrue("the balance is not below the line any more")
    if stored_fen <= 0:
        return Untrue("the balance is used up")
    service = dearest_within(sending.house.shop, stored_fen)
    buys = sending.say("reminder_buys", service=service) if service else ""
    amount = format_fen(stored_fen)
    text = sending.say("reminder_low_balance", name=sending.name, amount=amount, buys=buys)
    return Words(text, {"amount": amount, "what": service or ""})


def dearest_within(shop: Shop, stored_fen: int) -> str | None:
    """The name of the best that a balance still pays for by itself, at list price."""
    within = [service for service in shop.services if 0 < service.list_fen <= stored_fen]
    return max(within, key=lambda service: service.list_fen).name if within else None


def _lot_expiring(sending: Sending) -> Words | Untrue:
    subject = sending.reminder.subject
    expires_at = datetime.fromisoformat(subject["expires_at"])
    if expires_at <= sending.now:
        return Untrue("it has expired")
    lots = book.expiring(sending.connection, sending.member.id, by=expires_at, now=sending.now)
    mine = [lot for lot in lots if (lot.kind, lot.code) == (subject["kind"], subject["code"])]
    amount = sum(lot.amount for lot in mine)
    if not amount:
        return Untrue("it has been used")
    what = _what(sending, subject["kind"], subject["code"], mine[0].unit, amount)
    first = min(lot.expires_at for lot in mine if lot.expires_at is not None)
    day = sending.day(first)
    text = sending.say("reminder_lot_expiring", name=sending.name, what=what, day=day)
    return Words(text, {"what": what, "day": day})


def _what(sending: Sending, kind: str, code: str, unit: str, amount: int) -> str:
    if kind == "gift":
        return sending.say("reminder_what_gift", amount=format_fen(amount))
    if kind == "points":
        return sending.say("reminder_what_points", amount=amount)
    try:
        name = sending.house.shop.pack(code).name
    except UnknownIdError:
        name = code
    return sending.say(
        "reminder_what_entitlement", name=name, amount=amount, unit=sending.say(f"unit_{unit}")
    )


KINDS = (
    Kind("low_balance", "service", _low_balance),
    Kind("lot_expiring", "service", _lot_expiring, own_money=True, in_complaint=True),
)
