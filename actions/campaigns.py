"""Campaigns choose their members: at night those about how members stand, all day those after an event.

Choosing is set-wise and writes rows; giving is `actions.campaign_grants` (rows E2 to E4). Both may run twice,
in two schedulers, and be killed anywhere: the database keeps one effect a member, rule and occasion.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime, time, timedelta

import structlog
from sqlalchemy import Connection

from actions import campaign_grants
from actions.house import House
from ledger import book
from ledger.records import campaigns as records
from ledger.reports import campaign_audience, campaign_facts
from ledger.reports.campaign_audience import Audience, Chosen, Condition, Span
from ledger.reports.campaign_facts import Named, Part
from ledger.reports.campaign_triggers import LATE_DAYS
from shop import campaigns as rules
from shop import tags
from shop.days import holds, local_day
from shop.model import Campaign, Shop, Tag

log = structlog.get_logger()

FINAL_TIMEOUT_SECONDS = 5.0
# Found as soon as it happens, not only at night.
FREQUENT = rules.EVENTS | {"joined"}
MANY = 10_000  # so many rows at once change the plan of what is chosen next
_MISSED_DAYS, _MISSED_MONTHS = 90, 3
_TAGS_NEED: dict[Tag, set[Part]] = {
    "price_sensitive": {"purchases", "lines"},
    "quality_seeking": {"purchases", "lines"},
    "coupon_sensitive": {"purchases", "coupons"},
    "favourite_category": {"lines"},
}


def sweep(house: House) -> int:
    """Nightly: choose for each campaign about how members stand, give what is due; how many were chosen."""
    wanted = [each for each in by_priority(house.shop) if each.trigger.on not in FREQUENT]
    done = choose_all(house, wanted, house.clock())
    campaign_grants.give_due(house)
    return done


def sweep_events(house: House) -> int:
    """Choose after what has happened since the last time, and give what is due; how many were chosen."""
    wanted = [each for each in by_priority(house.shop) if each.trigger.on in FREQUENT]
    ends = _ends(house) if any(each.trigger.on in rules.EVENTS for each in wanted) else _Ends(0, 0)
    done = 0
    for campaign in wanted:
        done += _choose_after_events(house, campaign, house.clock(), ends)
    return done + campaign_grants.give_due(house)


@dataclass(frozen=True)
class _Ends:
    """Up to which number all transfers, and all levels, are committed or will never be."""

    transfers: int
    levels: int


def _ends(house: House) -> _Ends:
    with house.engine.connect() as connection, connection.begin():
        levels = records.newest_level(connection)  # first: then all before it has ended as well
        transfers = book.final_upto(connection, timeout_seconds=FINAL_TIMEOUT_SECONDS)
    # A transaction is open for long: nothing is looked at, the next time is soon.
    return _Ends(0, 0) if transfers is None else _Ends(transfers, levels)


def by_priority(shop: Shop) -> list[Campaign]:
    """The highest in front: it leaves fewer to the others (`rest_days`)."""
    return sorted(shop.campaigns, key=lambda each: -each.priority)


def choose_all(house: House, campaigns: list[Campaign], now: datetime) -> int:
    """One transaction a campaign, over one table of facts that is computed once."""
    shop = house.shop
    due = [(each, values) for each in campaigns if (values := trigger_values(shop, each, now)) is not None]
    if not due:
        return 0
    chosen = 0
    with house.engine.connect() as connection:
        with patiently(connection):
            gather(connection, shop, [each for each, _ in due], now)
        try:
            for campaign, values in due:
                with patiently(connection):
                    chosen += total(choose(connection, shop, campaign, values, now))
        finally:
            with patiently(connection):
                campaign_facts.forget(connection)
    return chosen


@contextmanager
def patiently(connection: Connection) -> Iterator[None]:
    """A transaction whose statements may take minutes, and that waits for the other scheduler's."""
    with connection.begin():
        campaign_facts.prepare(connection)
        connection.exec_driver_sql("SET LOCAL lock_timeout = '10min'")
        yield


def _choose_after_events(house: House, campaign: Campaign, now: datetime, ends: _Ends) -> int:
    shop = house.shop
    values = trigger_values(shop, campaign, now)
    if values is None:
        return 0
    with house.engine.connect() as connection, connection.begin():
        span = _new_events(connection, campaign, now, ends)
        if span is None:
            return 0
        named = campaign_audience.named_by(audience(shop, campaign, values, now), at=now, span=span)
        gather(connection, shop, [campaign], now, scope=named)
        chosen = choose(connection, shop, campaign, values, now, span=span)
        if campaign.trigger.on in rules.EVENTS:
            records.move_watermark(connection, campaign.id, span.upto, at=now)
        campaign_facts.forget(connection)
    return total(chosen)


def _new_events(connection: Connection, campaign: Campaign, now: datetime, ends: _Ends) -> Span | None:
    """What happened since the campaign looked last; None: nothing. Locks the campaign.

    A campaign that is new begins with what happens from now on.
    """
    since = now - timedelta(days=LATE_DAYS)
    records.lock(connection, campaign.id)
    if campaign.trigger.on not in rules.EVENTS:
        return Span(0, 0, since)
    upto = ends.levels if campaign.trigger.on == "level_up" else ends.transfers
    after = records.watermark(connection, campaign.id)
    if after is None and ends.transfers:
        records.move_watermark(connection, campaign.id, upto, at=now)
    return None if after is None or after >= upto else Span(after, upto, since)


def gather(
    connection: Connection,
    shop: Shop,
    campaigns: list[Campaign],
    now: datetime,
    *,
    scope: Named | None = None,
    as_of: bool = False,
) -> None:
    """What these campaigns need to know of the members; `scope`: of those only."""
    parts = frozenset(part for each in campaigns for part in needs(each))
    campaign_facts.gather(
        connection,
        at=now,
        month_start=month_start(shop, now),
        parts=parts,
        missed_days=max((_missed_window(each) for each in campaigns), default=0),
        scope=scope,
        as_of=as_of,
    )


def _missed_window(campaign: Campaign) -> int:
    """How many days back its trigger looks for months with a purchase."""
    trigger = campaign.trigger
    if trigger.on != "category_missed":
        return 0
    return (trigger.days or _MISSED_DAYS) + 31 * ((trigger.months or _MISSED_MONTHS) + 3)


def needs(campaign: Campaign) -> set[Part]:
    """Which facts its trigger, its conditions and its words ask for."""
    of, on, found = campaign.segment, campaign.trigger.on, set[Part]()
    if on in ("no_first_purchase", "dormant", "idle_balance", "low_balance"):
        found.add("purchases")
    if of.visits_from is not None or of.visits_to is not None or of.no_top_up_days is not None:
        found.add("purchases")
    if (
        on in ("month_spent", "category_missed")
        or of.spent_from_fen is not None
        or of.spent_to_fen is not None
    ):
        found.add("lines")
    if of.favourite_categories or of.favourite_items or _names_a_favourite(campaign):
        found.add("lines")
    asks_balance = of.balance_from_fen is not None or of.balance_to_fen is not None
    if asks_balance or on in ("idle_balance", "low_balance") or "{balance}" in campaign.text:
        found.add("balance")
    if of.coupons is not None:
        found.add("coupons")
    redeemed = (of.redemptions_from, of.redemptions_to, of.redeemed_from, of.redeemed_to)
    if any(each is not None for each in redeemed):
        found.add("redemptions")
    for tag in of.tags:
        found |= _TAGS_NEED[tag]
    return found


def _names_a_favourite(campaign: Campaign) -> bool:
    places = ("{item}", "{category}", "{suggestion}")
    return bool(campaign.hints.suggest) or any(place in campaign.text for place in places)


def choose(
    connection: Connection,
    shop: Shop,
    campaign: Campaign,
    values: Mapping[str, object],
    now: datetime,
    *,
    span: Span | None = None,
) -> Chosen:
    """Choose for one campaign, in the caller's transaction and after `gather`."""
    records.lock(connection, campaign.id)
    midnight = datetime.combine(local_day(shop, now), time.min, shop.zone)
    limit = campaign.limit
    room = records.room(
        connection, campaign.id, since=midnight, per_day=limit.per_day, in_total=limit.in_total
    )
    if room == 0:
        return Chosen()
    wanted = audience(shop, campaign, values, now, room=room)
    chosen = campaign_audience.choose(connection, wanted, at=now, span=span)
    if total(chosen):
        records.note_run(
            connection,
            campaign=campaign.id,
            day=local_day(shop, now),
            rules_version=shop.version,
            treated=chosen.treated,
            held_out=chosen.held_out,
            at=now,
        )
        if total(chosen) >= MANY:
            records.take_statistics(connection)
        log.info("campaign.chosen", campaign=campaign.id, treated=chosen.treated, held_out=chosen.held_out)
    return chosen


def audience(
    shop: Shop, campaign: Campaign, values: Mapping[str, object], now: datetime, *, room: int | None = None
) -> Audience:
    """The campaign in the plain values of the database's side."""
    trigger, of, limit = campaign.trigger, campaign.segment, campaign.limit
    pauses = trigger.days if trigger.on in ("dormant", "idle_balance") else None
    return Audience(
        campaign=campaign.id,
        rules_version=shop.version,
        trigger=trigger.on,
        zone=shop.timezone,
        values=values,
        condition=Condition(
            levels=of.levels,
            lowest_level=shop.levels[0].id,
            stores=of.stores,
            balance_from=of.balance_from_fen,
            balance_to=of.balance_to_fen,
            categories=of.favourite_categories,
            items=of.favourite_items,
            visits_from=of.visits_from,
            visits_to=of.visits_to,
            spent_from=of.spent_from_fen,
            spent_to=of.spent_to_fen,
            redemptions_from=of.redemptions_from,
            redemptions_to=of.redemptions_to,
            redeemed_from=of.redeemed_from,
            redeemed_to=of.redeemed_to,
            no_top_up_since=now - timedelta(days=of.no_top_up_days) if of.no_top_up_days else None,
            coupon_used=None if of.coupons is None else of.coupons == "used",
            tags=of.tags,
            tag_limits=asdict(tags.limits(shop)) if of.tags else {},
        ),
        held_out_percent=campaign.held_out_percent,
        per_member=limit.per_member,
        every_days=limit.every_days or pauses,  # a visit that is reversed makes no second pause of the first
        room=room,
        rest_days=campaign.rest_days if trigger.on in rules.STATES else 0,
    )


def trigger_values(shop: Shop, campaign: Campaign, now: datetime) -> dict[str, object] | None:
    """What the trigger's SQL asks for at that moment; None: it does not speak today."""
    today, trigger = local_day(shop, now), campaign.trigger
    if not rules.runs_on(campaign, today):
        return None
    if trigger.on == "member_day" and not holds(trigger.when, today):
        return None
    holiday = rules.holiday_due(campaign, today)
    if trigger.on == "holiday" and holiday is None:
        return None
    born = rules.birthdays_due(campaign, today)
    missed = trigger.on == "category_missed"
    return {
        "hours": trigger.hours or (0 if trigger.on != "joined" else 24),
        "days": trigger.days or (_MISSED_DAYS if missed else 0),
        "months": trigger.months or _MISSED_MONTHS,
        "minimum": trigger.minimum_fen or 0,
        "maximum": trigger.maximum_fen or 0,
        "kind": trigger.on,
        "ranks": [level.id for level in shop.levels],
        "born": [number for number, _ in born],
        "years": [year for _, year in born],
        "day": str(holiday or today),
        "month": f"{today:%Y-%m}",
    }


def month_start(shop: Shop, now: datetime) -> datetime:
    return datetime.combine(local_day(shop, now).replace(day=1), time.min, shop.zone)


def total(chosen: Chosen) -> int:
    """All of them, the held out as well."""
    return chosen.treated + chosen.held_out
