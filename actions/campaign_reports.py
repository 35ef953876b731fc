"""What the owner reads of a campaign: before it runs, on the past year, and what it brought (rows E2, E6)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime, time, timedelta

from sqlalchemy import Connection

from actions import campaigns as sweeping
from actions.house import House
from ledger.records import campaigns as records
from ledger.records.campaigns import Candidate, MonthCount
from ledger.reports import campaign_audience, campaign_facts, campaign_figures, habits
from ledger.reports.campaign_audience import Span
from ledger.reports.campaign_figures import CampaignFigures
from shop import campaigns as rules
from shop import lift, points, tags
from shop.campaigns import Cost
from shop.days import local_day
from shop.lift import Lift, Sample
from shop.model import Campaign, Shop
from shop.tags import Habits

SHOWN = 20
MAX_DAYS = 1100
EVER = datetime(1970, 1, 1, tzinfo=UTC)
_ALL = 2**62


@dataclass(frozen=True)
class Preview:
    """Whom the campaign would choose now. For an event it is whom it would have chosen in the last day.

    `shown`: the first of them, `tags`: theirs in words, by member. `cost`: of all treated, at most, if
    everything is used. `message`: what the first who is not held out would read. `next_day`: on which it
    speaks, where today it does not; None: not within a year.
    """

    campaign: Campaign
    treated: int
    held_out: int
    each: Cost
    shown: tuple[Candidate, ...]
    message: str
    speaks_today: bool
    tags: Mapping[int, tuple[str, ...]] = field(default_factory=dict)
    next_day: date | None = None

    @property
    def cost(self) -> Cost:
        return self.each.times(self.treated)


def preview(house: House, campaign_id: str) -> Preview:
    """Choose as a sweep would, and take it all back. UnknownIdError for a campaign that the shop has not."""
    shop, now = house.shop, house.clock()
    campaign = _trial_of(shop.campaign(campaign_id))
    values = sweeping.trigger_values(shop, campaign, now)
    each = rules.cost(shop, campaign.gives)
    if values is None:
        coming = _next_day(shop, campaign, now)
        return Preview(campaign, 0, 0, each, (), "", speaks_today=False, next_day=coming)
    with house.engine.connect() as connection, _taken_back(connection):
        records.keep_recent(connection, EVER)
        _choose(connection, shop, campaign, now, since=now - timedelta(days=1), as_of=False)
        months = records.by_month(connection, campaign.id, shop.timezone)
        shown = records.chosen(connection, campaign.id, limit=SHOWN, only_new=True)
        kept = habits.of_members(connection, [each.member_id for each in shown], now)
    treated, held_out = sum(month.treated for month in months), sum(month.held_out for month in months)
    own = {member: names for member, row in kept.items() if (names := _tags(shop, row))}
    said = _first_message(shop, campaign, shown, now)
    return Preview(campaign, treated, held_out, each, shown, said, speaks_today=True, tags=own)


def _next_day(shop: Shop, campaign: Campaign, now: datetime) -> date | None:
    coming = (now + timedelta(days=ahead) for ahead in range(1, 367))
    found = (at for at in coming if sweeping.trigger_values(shop, campaign, at) is not None)
    first = next(found, None)
    return local_day(shop, first) if first else None


def _tags(shop: Shop, row: habits.HabitRow) -> tuple[str, ...]:
    return tags.named(shop, Habits(**asdict(row)))


def _first_message(shop: Shop, campaign: Campaign, shown: tuple[Candidate, ...], now: datetime) -> str:
    first = next((each for each in shown if not each.held_out), None)
    if first is None:
        return ""
    gift = campaign.gives.multiplier
    ends_at = points.multiplier_ends_at(shop, gift, now) if gift else None
    return rules.message(shop, campaign, name=first.name, facts=first.facts, ends_at=ends_at)


@dataclass(frozen=True)
class DryRun:
    """What the campaign would have done in the past days, month by month."""

    campaign: Campaign
    days: int
    months: tuple[MonthCount, ...]
    each: Cost

    @property
    def treated(self) -> int:
        return sum(month.treated for month in self.months)

    @property
    def cost(self) -> Cost:
        return self.each.times(self.treated)


def dry_run(house: House, campaign_id: str, *, days: int) -> DryRun:
    """Let the campaign choose on each of the past days, on what was known that day, and take it all back.

    Levels, complaints and who wants no messages are those of today: their past is not asked for.
    """
    if not 1 <= days <= MAX_DAYS:
        raise ValueError(f"1 to {MAX_DAYS} days")
    shop, now = house.shop, house.clock()
    campaign = _trial_of(shop.campaign(campaign_id))
    with house.engine.connect() as connection, _taken_back(connection):
        for back in range(days, -1, -1):
            day = local_day(shop, now) - timedelta(days=back)
            at = min(datetime.combine(day, time(23, 59), shop.zone), now)
            if sweeping.trigger_values(shop, campaign, at) is not None:
                _choose(connection, shop, campaign, at, since=at - timedelta(days=1), as_of=True)
        months = records.by_month(connection, campaign.id, shop.timezone)
    return DryRun(campaign, days, months, rules.cost(shop, campaign.gives))


def _trial_of(campaign: Campaign) -> Campaign:
    """The campaign as if it ran: a preview is for before that."""
    return campaign.model_copy(update={"running": True})


@contextmanager
def _taken_back(connection: Connection) -> Iterator[None]:
    """A transaction that chooses into a shadow and is rolled back."""
    transaction = connection.begin()
    try:
        campaign_facts.prepare(connection)
        records.shadow(connection)
        yield
    finally:
        transaction.rollback()


def _choose(
    connection: Connection, shop: Shop, campaign: Campaign, at: datetime, *, since: datetime, as_of: bool
) -> None:
    values = sweeping.trigger_values(shop, campaign, at)
    if values is None:
        return
    span = Span(0, _ALL, since)
    sweeping.gather(connection, shop, [campaign], at, as_of=as_of)
    room = records.room(
        connection,
        campaign.id,
        since=datetime.combine(local_day(shop, at), time.min, shop.zone),
        per_day=campaign.limit.per_day,
        in_total=campaign.limit.in_total,
    )
    audience = sweeping.audience(shop, campaign, values, at, room=room)
    campaign_audience.choose(connection, audience, at=at, span=span)


@dataclass(frozen=True)
class CampaignReport:
    """What a campaign did and brought. `spent`: what was given and used so far; `in_words`: the lift."""

    campaign: Campaign
    figures: CampaignFigures
    spent: Cost
    lift: Lift
    in_words: str


def report(house: House, campaign_id: str, *, since: datetime = EVER) -> CampaignReport:
    """All figures of a campaign. UnknownIdError for one that is not in the shop."""
    shop, campaign = house.shop, house.shop.campaign(campaign_id)
    with house.engine.connect() as connection:
        found = campaign_figures.figures(
            connection, campaign_id, since=since, at=house.clock(), measure_days=campaign.measure_days
        )
    brought = lift.lift(_sample(found.treated), _sample(found.held_out))
    return CampaignReport(
        campaign, found, _spent(shop, campaign, found), brought, lift.in_words(shop, brought)
    )


def _sample(group: campaign_figures.GroupFigures) -> Sample:
    return Sample(group.members, group.mean_fen, group.variance)


def _spent(shop: Shop, campaign: Campaign, found: CampaignFigures) -> Cost:
    """Coupons count when used, points when they came (those of a multiplier too), packs when given."""
    packs = campaign.gives.model_copy(update={"points": 0, "coupons": (), "multiplier": None})
    total = rules.points_cost(shop, found.points) + rules.cost(shop, packs).times(found.granted)
    kinds = {kind.id: kind for kind in shop.coupons}
    for kind_id, used in Counter(found.used).items():
        if kind_id in kinds:
            total += rules.coupon_cost(shop, kinds[kind_id]).times(used)
    return total
