"""What a member can do in the chat, an hour after his card is there, once for each card (row E1).

Who joins in the chat is told then. Whoever was registered at the counter cannot be reached before the card is
bound to a WeChat account: the guide comes with the card's first binding, however much later; following alone
does not say whose card it is.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection

from actions.house import House
from actions.reminders.kind import Kind, Sending, Untrue, Words
from ledger.records import reminders
from shop import texts

AFTER = timedelta(hours=1)


def plan_guide(
    house: House, connection: Connection, member_id: int, *, now: datetime, bound: bool = False
) -> bool:
    """Plan the guide in the transaction in which a card comes into the chat; False: it was planned before.

    Args:
        bound: the card was there already, opened at the counter; else it has just been made.
    """
    return reminders.plan(
        connection,
        key=f"new_member_guide:{member_id}",
        member_id=member_id,
        kind="new_member_guide",
        subject={"bound": bound},
        due_at=now + AFTER,
        category="service",
        reason=texts.say(house.shop, f"why_guide_{_came(bound)}", shop=house.shop.name),
    )


def _came(bound: bool) -> str:
    return "bound" if bound else "joined"


def _compose(sending: Sending) -> Words | Untrue:
    shop = sending.house.shop
    if sending.now - sending.reminder.due_at > timedelta(days=2):
        return Untrue("knows the chat for days by now")
    name = "reminder_guide" if any(s.bookable for s in shop.services) else "reminder_guide_plain"
    hello = sending.say(f"guide_{_came(bool(sending.reminder.subject.get('bound')))}", shop=shop.name)
    return Words(sending.say(name, hello=hello))


KINDS = (Kind("new_member_guide", "service", _compose),)
