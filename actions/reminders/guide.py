"""What a new member can do here, an hour after joining (row E1)."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection

from actions.house import House
from actions.reminders.kind import Kind, Sending, Untrue, Words
from ledger.records import reminders
from shop import texts

AFTER = timedelta(hours=1)


def plan_guide(house: House, connection: Connection, member_id: int, *, now: datetime) -> bool:
    """Plan the guide in the transaction in which somebody becomes a member."""
    return reminders.plan(
        connection,
        key=f"new_member_guide:{member_id}",
        member_id=member_id,
        kind="new_member_guide",
        subject={},
        due_at=now + AFTER,
        category="service",
        reason=texts.say(house.shop, "why_guide", shop=house.shop.name),
    )


def _compose(sending: Sending) -> Words | Untrue:
    shop = sending.house.shop
    if sending.now - sending.member.joined_at > timedelta(days=2):
        return Untrue("a member for days by now")
    name = "reminder_guide" if any(s.bookable for s in shop.services) else "reminder_guide_plain"
    return Words(sending.say(name, shop=shop.name))


KINDS = (Kind("new_member_guide", "service", _compose),)
