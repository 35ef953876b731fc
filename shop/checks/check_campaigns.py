"""Campaigns: what each trigger needs, whom they are for, what they give and say (rows E2 to E4)."""

from __future__ import annotations

import string
from collections.abc import Iterator

from shop.checks.check_points import points_back_percent
from shop.checks.check_tiers import given_ids
from shop.checks.check_tiers import when as check_when
from shop.checks.findings import Finding, repeated, unknown, warning
from shop.model import Campaign, CampaignGifts, Shop
from shop.tree import Path

# By trigger: what must be written, and what may be.
_NEEDED = {
    "joined": set[str](),
    "no_first_purchase": {"days"},
    "dormant": {"days"},
    "idle_balance": {"days", "minimum"},
    "low_balance": {"maximum"},
    "purchase": set[str](),
    "top_up": set[str](),
    "level_up": set[str](),
    "birthday": set[str](),
    "holiday": set[str](),  # see `_holiday`
    "member_day": {"when"},
    "month_spent": {"minimum"},
    "category_missed": set[str](),
}
_ALLOWED = {
    "joined": {"hours"},
    "purchase": {"minimum", "hours"},
    "top_up": {"minimum", "hours"},
    "level_up": {"hours"},
    "birthday": {"days"},
    "holiday": {"holiday", "date", "called", "days"},
    "category_missed": {"months", "days"},
}
_FIELDS = {
    "hours": "hours",
    "days": "days",
    "months": "months",
    "minimum": "minimum_fen",
    "maximum": "maximum_fen",
    "holiday": "holiday",
    "date": "year_day",
    "called": "called",
    "when": "when",
}
PLACES = frozenset({
    "name", "shop", "gifts", "balance", "days", "category", "item", "suggestion", "until", "holiday", "level",
    "top_up", "referral",
})  # fmt: skip
# Places that only some triggers can fill.
_ONLY = {
    "days": {"dormant", "idle_balance", "no_first_purchase", "category_missed"},
    "holiday": {"holiday"},
    "level": {"level_up"},
}
MOST_DAYS_AHEAD = 60


def check(shop: Shop) -> Iterator[Finding]:
    ids: list[tuple[Path, str]] = [(("campaigns", n), each.id) for n, each in enumerate(shop.campaigns)]
    yield from repeated(ids, "Give every campaign an id of its own; an id that is in use must not change.")
    for index, campaign in enumerate(shop.campaigns):
        path: Path = ("campaigns", index)
        yield from _trigger(path, campaign)
        yield from check_when(path, campaign.when)
        yield from _segment(shop, path, campaign)
        yield from given_ids(shop, (*path, "gives"), campaign.gives.coupons, campaign.gives.entitlements)
        yield from _multiplier(shop, (*path, "gives", "multiplier"), campaign)
        yield from _hints(shop, path, campaign)
        yield from _text(path, campaign)
        yield from _sense(path, campaign)


def _trigger(path: Path, campaign: Campaign) -> Iterator[Finding]:
    trigger, on = campaign.trigger, campaign.trigger.on
    where: Path = (*path, "trigger")
    written = {name for name, field in _FIELDS.items() if getattr(trigger, field) is not None}
    for name in sorted(_NEEDED[on] - written):
        yield Finding(where, f"{campaign.name} has no {name}", f"Write {name}: the trigger {on} needs it.")
    allowed = _ALLOWED.get(on, _NEEDED[on])
    for name in sorted(written - allowed):
        choice = ", ".join(sorted(allowed)) or "nothing"
        yield Finding(
            (*where, name), f"the trigger {on} has no {name}", f"Delete it; this one has: {choice}."
        )
    if on == "holiday":
        yield from _holiday(where, campaign)
    yield from check_when(where, trigger.when)
    if on in ("birthday", "holiday") and (trigger.days or 0) > MOST_DAYS_AHEAD:
        message = f"{trigger.days} days before {on} is too early"
        yield Finding((*where, "days"), message, f"Write at most {MOST_DAYS_AHEAD}.")
    if on in ("no_first_purchase", "dormant", "idle_balance", "category_missed") and trigger.days == 0:
        yield Finding((*where, "days"), f"{campaign.name} would speak to everybody", "Write 1 or more.")


def _holiday(where: Path, campaign: Campaign) -> Iterator[Finding]:
    """A holiday that is known, or a day of the shop's own with its name."""
    trigger = campaign.trigger
    if trigger.holiday is None and trigger.year_day is None:
        remedy = 'Write holiday, or a date of your own: date: "06-18", called: 店庆.'
        yield Finding(where, f"{campaign.name} has no holiday", remedy)
    if trigger.holiday is not None and trigger.year_day is not None:
        yield Finding((*where, "date"), "a holiday and a date are two days", "Delete one of them.")
    if (trigger.year_day is None) != (trigger.called is None):
        remedy = "Write both of a day of your own: date, and called, as members read it."
        yield Finding(where, "a date of your own and its name go together", remedy)


def _segment(shop: Shop, path: Path, campaign: Campaign) -> Iterator[Finding]:
    of, where = campaign.segment, (*path, "for")
    known = {
        "levels": ([each.id for each in shop.levels], "level"),
        "stores": ([each.id for each in shop.stores], "store"),
        "favourite_categories": ([each.id for each in shop.categories], "category"),
        "favourite_items": ([each.id for each in (*shop.services, *shop.goods)], "service or goods"),
    }
    for name, (ids, kind) in known.items():
        yield from unknown((*where, name), getattr(of, name), ids, kind)
    bounds = (
        ("balance", of.balance_from_fen, of.balance_to_fen),
        ("visits", of.visits_from, of.visits_to),
        ("spent", of.spent_from_fen, of.spent_to_fen),
        ("redemptions", of.redemptions_from, of.redemptions_to),
        ("redeemed", of.redeemed_from, of.redeemed_to),
    )
    for name, low, high in bounds:
        if low is not None and high is not None and low > high:
            yield Finding((*where, f"{name}_to"), f"nobody has a {name} between these", "Swap the two.")


def _multiplier(shop: Shop, path: Path, campaign: Campaign) -> Iterator[Finding]:
    gift = campaign.gives.multiplier
    if gift is None:
        return
    if gift.times <= 1:
        message = f"{campaign.name} gives no more points than there are without it"
        yield Finding((*path, "times"), message, "Write more than 1, such as 2 or 1.5.")
    back = points_back_percent(shop, times=gift.times)
    if gift.earned_by != "top_ups" and back >= 100:
        message = f"with {campaign.name} a purchase would earn points worth {back:.0f} % of what was paid"
        yield Finding((*path, "times"), message, "Lower it.")
    by_top_ups = shop.points.per_yuan_top_up or any(tier.points for tier in shop.top_up.tiers)
    if gift.earned_by == "top_ups" and not by_top_ups:
        yield warning((*path, "earned_by"), "a top-up earns no points here, so nothing is multiplied")


def _hints(shop: Shop, path: Path, campaign: Campaign) -> Iterator[Finding]:
    hints, where = campaign.hints, (*path, "hints")
    tiers = {tier.id: tier for tier in shop.top_up.tiers}
    rewards = {reward.id: reward for reward in shop.rewards}
    if hints.tier:
        yield from unknown((*where, "tier"), [hints.tier], list(tiers), "tier", indexed=False)
    if hints.reward:
        yield from unknown((*where, "reward"), [hints.reward], list(rewards), "reward", indexed=False)
        if not hints.tier:
            message = "a reward is named, but no tier whose points buy it"
            yield Finding((*where, "reward"), message, "Write tier as well.")
    if hints.tier in tiers and hints.reward in rewards:
        tier, reward = tiers[hints.tier], rewards[hints.reward]
        if tier.points < reward.points:
            message = f"the {tier.points} points of {tier.name} do not buy {reward.name} ({reward.points})"
            yield Finding((*where, "reward"), message, "Name a cheaper reward or a higher tier.")
    categories = [each.id for each in shop.categories]
    items = [each.id for each in (*shop.services, *shop.goods)]
    for index, each in enumerate(hints.suggest):
        at = (*where, "suggest", index)
        yield from unknown((*at, "category"), [each.category], categories, "category", indexed=False)
        yield from unknown((*at, "item"), [each.item], items, "service or goods", indexed=False)
    if hints.referral and not shop.referral.is_on:
        yield Finding((*where, "referral"), "the shop rewards no referral", "Write referral, or delete this.")


def _text(path: Path, campaign: Campaign) -> Iterator[Finding]:
    where = (*path, "text")
    try:
        used = {name for _, name, _, _ in string.Formatter().parse(campaign.text) if name is not None}
    except ValueError:
        yield Finding(where, "a brace { or } stands alone", "Write {{ or }} for a brace that is shown.")
        return
    for name in sorted(used - PLACES):
        choice = ", ".join(f"{{{each}}}" for each in sorted(PLACES))
        yield Finding(where, f"{{{name}}} cannot be filled in here", f"This text can have: {choice}.")
    for name in sorted(used & _ONLY.keys()):
        if campaign.trigger.on not in _ONLY[name]:
            message = f"{{{name}}} is not known with the trigger {campaign.trigger.on}"
            yield Finding(where, message, f"Delete it, or use it with: {', '.join(sorted(_ONLY[name]))}.")
    yield from _without(where, campaign, used)


def _without(where: Path, campaign: Campaign, used: set[str]) -> Iterator[Finding]:
    """Places of the text that nothing fills, and what is given or suggested without a word."""
    hints = campaign.hints
    if "top_up" in used and not hints.tier:
        yield Finding(where, "{top_up} has no tier to speak of", "Write hints: {tier: …}.")
    if "until" in used and campaign.gives.multiplier is None:
        message = "{until} is the end of a multiplier, and none is given"
        yield Finding(where, message, "Write gives.multiplier.")
    if "referral" in used and not hints.referral:
        yield Finding(where, "{referral} says nothing", "Write hints: {referral: true}.")
    if "gifts" in used and campaign.gives == CampaignGifts():
        yield Finding(where, "{gifts} says nothing: the campaign gives nothing", "Write gives, or delete it.")
    untold = campaign.gives.model_copy(update={"multiplier": None} if "until" in used else {})
    if untold != CampaignGifts() and "gifts" not in used:
        yield warning(where, f"{campaign.name} does not say what it gives ({{gifts}})")


def _sense(path: Path, campaign: Campaign) -> Iterator[Finding]:
    if not campaign.held_out_percent:
        yield warning(
            (*path, "held_out_percent"), f"without a hold-out nobody knows what {campaign.name} brings"
        )
    limit = campaign.limit
    if limit.per_day and limit.in_total and limit.per_day > limit.in_total:
        yield Finding((*path, "limit", "per_day"), "more a day than in all", "Lower it.")
