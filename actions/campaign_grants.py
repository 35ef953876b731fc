"""What campaigns give: in small batches, the message planned in the same transaction (rows E2, E4)."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import structlog
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from actions.counter import gifts
from actions.house import House
from ledger import book
from ledger.book import Busy
from ledger.records import campaigns as records
from ledger.records import members, reminders
from ledger.records.campaigns import ChosenMember
from ledger.records.members import Member
from shop import campaigns as rules
from shop import giving, texts
from shop.days import local_day
from shop.model import Campaign, CampaignGifts, UnknownIdError
from shop.words import morning

log = structlog.get_logger()

BATCH = 20  # the wallets of one batch are locked together, and a counter may wait for one of them
MAX_BATCHES = 100_000  # an end to a loop gone wrong
MOST_FAILURES = 5
FAILURE_PAUSE = timedelta(minutes=10)


class _NotWholeError(Exception):
    """A part of the gifts could not be given: all is rolled back, since the message would promise it."""


def give_due(house: House) -> int:
    """Give to all who were chosen and are due; how many got it. Safe in several workers at once."""
    given = 0
    for _ in range(MAX_BATCHES):
        now = house.clock()
        with house.engine.begin() as connection:
            batch = records.claim(connection, now, BATCH)
            given += sum(settle(house, connection, chosen, now) for chosen in batch)
        if len(batch) < BATCH:
            break
    return given


def settle(house: House, connection: Connection, chosen: ChosenMember, now: datetime) -> bool:
    """Give to one, drop him with the reason, or put him off if it failed; whether he got it."""
    try:
        with connection.begin_nested():
            return _give(house, connection, chosen, now)
    except _NotWholeError as missing:
        _drop(house, connection, chosen, str(missing), now)
    except (DBAPIError, Busy, ValueError, RuntimeError) as error:
        if isinstance(error, DBAPIError) and error.connection_invalidated:
            raise
        log.exception("campaign.failed", campaign=chosen.campaign, chosen_id=chosen.id)
        if chosen.failures + 1 >= MOST_FAILURES:
            _drop(house, connection, chosen, f"failed: {type(error).__name__}", now)
        else:
            due_at = now + FAILURE_PAUSE
            records.later(connection, chosen.id, due_at=due_at, reason=type(error).__name__)
    return False


def _give(house: House, connection: Connection, chosen: ChosenMember, now: datetime) -> bool:
    member = members.by_id(connection, chosen.member_id)
    campaign = campaign_of(house, chosen.campaign)
    if chosen.transfer_id is not None:
        book.lock_wallets(connection, [chosen.member_id])  # from here on a reversal of the event waits
        chosen = replace(chosen, undone=records.is_undone(connection, chosen.transfer_id))
    why = _lost(house, campaign, member, chosen, now)
    if why is not None or campaign is None or member is None:
        _drop(house, connection, chosen, why or "no such rule", now)
        return False
    coupon_ids = _gifts(house, connection, campaign, member, chosen, now)
    records.settle(
        connection,
        chosen.id,
        state="granted",
        now=now,
        rules_version=house.shop.version,
        coupon_ids=coupon_ids,
    )
    _tell(house, connection, campaign, chosen, now)
    return True


def campaign_of(house: House, campaign_id: str) -> Campaign | None:
    """The rule as it is now; None: the owner took it away."""
    try:
        return house.shop.campaign(campaign_id)
    except UnknownIdError:
        return None


def _lost(
    house: House, campaign: Campaign | None, member: Member | None, chosen: ChosenMember, now: datetime
) -> str | None:
    """Why nothing is given any more, or None."""
    if campaign is None or not rules.runs_on(campaign, local_day(house.shop, chosen.due_at)):
        return "the rule was taken away"
    if member is None or member.merged_into is not None:
        return "the card was merged into another"
    if member.muted:
        return "wants no reminders"
    if chosen.undone:
        return "the entry was undone"
    if chosen.due_at < records.late(now):
        return "too late by days"
    return None


def _gifts(
    house: House,
    connection: Connection,
    campaign: Campaign,
    member: Member,
    chosen: ChosenMember,
    now: datetime,
) -> tuple[int, ...]:
    """Post and issue all of it, or raise _NotWholeError; the coupons."""
    if campaign.gives == CampaignGifts():
        return ()
    done = gifts.give(
        house,
        connection,
        member_id=member.id,
        store_id=member.home_store_id,
        giving=giving.of_gifts(campaign.gives),
        key=chosen.key,
        reason="campaign",
        now=now,
        cause_transfer_id=chosen.transfer_id,
    )
    if not done:
        raise _NotWholeError("nothing could be given: a limit of the coupon, or the card is closed")
    coupon_ids = records.coupons_of(connection, chosen.key)
    if len(coupon_ids) != sum(gift.count for gift in campaign.gives.coupons):
        raise _NotWholeError("a coupon could not be given: its limit is reached, or it is over")
    return coupon_ids


def _tell(
    house: House, connection: Connection, campaign: Campaign, chosen: ChosenMember, now: datetime
) -> None:
    why = texts.say(house.shop, f"campaign_why_{campaign.trigger.on}")
    reminders.plan(
        connection,
        key=chosen.key,
        member_id=chosen.member_id,
        kind="campaign",
        subject={"chosen_id": chosen.id},
        due_at=now if campaign.trigger.on in rules.EVENTS else morning(now, house.shop.zone),
        category="marketing",
        reason=texts.say(house.shop, "campaign_reason", campaign=campaign.name, why=why),
        campaign=campaign.id,
        priority=campaign.priority,
    )


def _drop(house: House, connection: Connection, chosen: ChosenMember, why: str, now: datetime) -> None:
    records.settle(
        connection, chosen.id, state="dropped", now=now, rules_version=house.shop.version, reason=why
    )
    log.info("campaign.dropped", campaign=chosen.campaign, chosen_id=chosen.id, why=why)
