"""When a shop may speak first, and how often (row E5): pure of I/O but for what is counted."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from sqlalchemy import Connection

from actions.reminders.kind import Kind, Sending
from ledger.records import preferences, reminders, tickets
from shop.model import Shop

MOST_POSTPONED = 3


def after_quiet(shop: Shop, at: datetime) -> datetime:
    """The moment itself, or the end of the quiet hours it falls into; they may go over midnight."""
    rules = shop.reminders
    local = at.astimezone(shop.zone)
    if not _is_quiet(rules.quiet_from, rules.quiet_until, local.hour):
        return at
    day = local.date()
    if local.hour >= rules.quiet_until:  # the part of the evening: quiet goes on into the next day
        day += timedelta(days=1)
    return datetime.combine(day, time(rules.quiet_until), shop.zone)


def _is_quiet(first: int, last: int, hour: int) -> bool:
    if first <= last:
        return first <= hour < last
    return hour >= first or hour < last


def next_day(shop: Shop, now: datetime) -> datetime:
    """Tomorrow at the shop's hour for what it says by itself."""
    tomorrow = now.astimezone(shop.zone).date() + timedelta(days=1)
    return after_quiet(shop, datetime.combine(tomorrow, time(shop.reminders.send_at), shop.zone))


def unwanted(sending: Sending, kind: Kind) -> str | None:
    """Why this member is not told of it, or None: what he said, and whether he can be reached at all."""
    member, reminder = sending.member, sending.reminder
    if member.merged_into is not None:
        return "the card was merged into another"
    if member.openid is None:
        return "no WeChat account is bound"
    if not member.following:
        return "does not follow"
    if kind.name in sending.house.shop.reminders.silent:
        return "the shop does not send this kind any more"
    if member.muted and not kind.own_money:
        return "wants no reminders"
    refused = preferences.refused(sending.connection, member.id)
    if refused & {kind.name, reminder.category, f"campaign:{reminder.campaign}"}:
        return "does not want this kind"
    if not kind.in_complaint:
        ticket = tickets.open_of(sending.connection, member.openid)
        if ticket is not None and ticket.kind == "complaint":
            return "a complaint is open"
    return None


def enough(connection: Connection, shop: Shop, sending: Sending) -> str | None:
    """Which cap a marketing message would break, or None. Days and months are the shop's."""
    now, member_id = sending.now, sending.member.id
    today = datetime.combine(now.astimezone(shop.zone).date(), time.min, shop.zone)
    rules = shop.reminders
    for since, most, why in (
        (today.replace(day=1), rules.marketing_per_month, "the month's cap"),
        (today, rules.marketing_per_day, "the day's cap"),
    ):
        if reminders.sent_count(connection, member_id, category="marketing", since=since) >= most:
            return why
    return None
