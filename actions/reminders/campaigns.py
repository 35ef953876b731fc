"""The message of a campaign: made when it leaves, if what it was planned for still holds (rows E2 to E4)."""

from __future__ import annotations

from datetime import date, timedelta

from actions import campaign_grants
from actions.reminders.kind import Kind, Sending, Untrue, Words
from ledger import book
from ledger.records import campaigns as records
from ledger.records import multipliers
from ledger.records.campaigns import ChosenMember
from shop import campaigns as rules
from shop import giving, holidays
from shop.days import local_day
from shop.model import Campaign

# Triggers about a pause: whoever came meanwhile is no more spoken to.
_PAUSES = frozenset({"dormant", "idle_balance", "no_first_purchase", "category_missed"})


def _compose(sending: Sending) -> Words | Untrue:
    shop = sending.house.shop
    chosen = records.by_id(sending.connection, int(sending.reminder.subject["chosen_id"]))
    if chosen is None:
        return Untrue("nobody was chosen")
    campaign = campaign_grants.campaign_of(sending.house, chosen.campaign)
    if campaign is None or not campaign.running:
        return Untrue("the rule was taken away")
    held = book.balances(sending.connection, sending.member.id, now=sending.now)
    balance_fen = held.paid_in_fen + held.gift_fen
    why = _untrue(sending, campaign, chosen, balance_fen)
    if why is not None:
        return Untrue(why)
    facts = {**chosen.facts, "balance_fen": balance_fen}
    until = multipliers.ends_at(sending.connection, chosen.key) if campaign.gives.multiplier else None
    text = rules.message(shop, campaign, name=sending.name, facts=facts, ends_at=until)
    return Words(
        text,
        {
            "campaign": campaign.name,
            "gifts": giving.listed(shop, giving.of_gifts(campaign.gives, until)),
            "channels": ",".join(campaign.channels),
        },
    )


def _untrue(sending: Sending, campaign: Campaign, chosen: ChosenMember, balance_fen: int) -> str | None:
    trigger, today = campaign.trigger, local_day(sending.house.shop, sending.now)
    if chosen.undone:
        return "the entry was undone"
    if campaign.gives.multiplier and not multipliers.is_held(sending.connection, chosen.key, sending.now):
        return "the multiplier of points is over"
    if trigger.on in _PAUSES and _bought_since(sending, chosen, trigger.on):
        return "came back meanwhile"
    if trigger.on == "low_balance" and balance_fen > (trigger.maximum_fen or 0):
        return "topped up meanwhile"
    if trigger.on == "idle_balance" and balance_fen < (trigger.minimum_fen or 0):
        return "the balance was used meanwhile"
    if trigger.on == "holiday" and date.fromisoformat(chosen.occasion) < today:
        return f"{holidays.name(trigger)} is over"
    if trigger.on == "member_day" and date.fromisoformat(chosen.occasion) < today - timedelta(days=1):
        return "the member day is over"
    return None


def _bought_since(sending: Sending, chosen: ChosenMember, trigger_on: str) -> bool:
    """A purchase after the member was chosen; he was chosen for having made none."""
    category = str(chosen.facts["category"]) if trigger_on == "category_missed" else None
    return records.bought_since(sending.connection, sending.member.id, chosen.planned_at, category=category)


KINDS = (Kind("campaign", "marketing", _compose),)
