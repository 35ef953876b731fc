"""A campaign as its owner reads it before it runs: when, for whom, how often, why this member (row E2)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from shop import holidays, texts
from shop.days import when_text
from shop.model import Campaign, Category, Entry, Level, Shop
from shop.model.campaigns import CampaignTrigger
from shop.money import short_fen

_NEVER = frozenset({"redemptions", "redeemed"})  # none at all is said in other words than at most so many


def trigger_text(shop: Shop, campaign: Campaign) -> str:
    """When: 60 天没来消费; 生日前 3 天."""
    trigger = campaign.trigger
    hours = trigger.hours if trigger.hours is not None else (24 if trigger.on == "joined" else 0)
    minimum = short_fen(trigger.minimum_fen or 0)
    reached = texts.say(shop, "campaign_reached", minimum=minimum) if trigger.minimum_fen else ""
    return texts.say(
        shop,
        f"campaign_when_{trigger.on}",
        hours=hours,
        days=trigger.days or 90,
        months=trigger.months or 3,
        minimum=minimum,
        maximum=short_fen(trigger.maximum_fen or 0),
        reached=reached,
        after=texts.say(shop, "campaign_after" if hours else "campaign_at_once", hours=hours),
        ahead=texts.say(shop, "campaign_before" if trigger.days else "campaign_that_day", days=trigger.days),
        holiday=_holiday_text(shop, trigger),
        days_of=when_text(trigger.when),
    )


def _holiday_text(shop: Shop, trigger: CampaignTrigger) -> str:
    """中秋; 店庆（6月18日）."""
    if trigger.year_day is None:
        return holidays.name(trigger)
    month, day = trigger.year_day
    return texts.say(shop, "campaign_own_day", name=holidays.name(trigger), month=month, day=day)


def segment_text(shop: Shop, campaign: Campaign) -> str:
    """For whom: 价格敏感，90 天来 4 次以上; 所有会员."""
    of, said = campaign.segment, list[str]()
    said += _either(shop, "campaign_levels", of.levels, shop.levels)
    said += _either(shop, "campaign_stores", of.stores, shop.stores)
    said += _either(shop, "campaign_categories", of.favourite_categories, shop.categories)
    said += _either(shop, "campaign_items", of.favourite_items, (*shop.services, *shop.goods))
    for name, low, high in (
        ("balance", of.balance_from_fen, of.balance_to_fen),
        ("spent", of.spent_from_fen, of.spent_to_fen),
    ):
        said += _bounds(shop, name, low and short_fen(low), high and short_fen(high))
    said += _bounds(shop, "visits", of.visits_from, of.visits_to)
    said += _bounds(shop, "redemptions", of.redemptions_from, of.redemptions_to)
    said += _bounds(shop, "redeemed", of.redeemed_from, of.redeemed_to)
    if of.no_top_up_days is not None:
        said.append(texts.say(shop, "campaign_no_top_up", days=of.no_top_up_days))
    if of.coupons is not None:
        said.append(texts.say(shop, f"campaign_coupons_{of.coupons}"))
    said += [texts.say(shop, f"tag_{tag}", category=texts.say(shop, "tag_some_category")) for tag in of.tags]
    return "，".join(said) or texts.say(shop, "campaign_everybody")


def _either(
    shop: Shop, text: str, wanted: Iterable[str], entries: Iterable[Entry | Level | Category]
) -> list[str]:
    names = {each.id: each.name for each in entries}
    found = [names[each] for each in wanted]
    return [texts.say(shop, text, names="、".join(found))] if found else []


def _bounds(shop: Shop, name: str, low: object, high: object) -> list[str]:
    if high == 0 and name in _NEVER:
        return [texts.say(shop, f"campaign_{name}_never")]
    if low is not None and high is not None:
        return [texts.say(shop, f"campaign_{name}_between", low=low, high=high)]
    said = [texts.say(shop, f"campaign_{name}_from", low=low)] if low is not None else []
    return said + ([texts.say(shop, f"campaign_{name}_to", high=high)] if high is not None else [])


def limit_text(shop: Shop, campaign: Campaign) -> str:
    """How often: 每位 60 天最多一次，每天最多 100 位; "" without a limit."""
    limit = campaign.limit
    parts = (
        ("campaign_limit_member", limit.per_member),
        ("campaign_limit_every", limit.every_days),
        ("campaign_limit_day", limit.per_day),
        ("campaign_limit_total", limit.in_total),
    )
    return "，".join(texts.say(shop, name, most=most) for name, most in parts if most is not None)


def facts_text(shop: Shop, campaign: Campaign, facts: Mapping[str, object]) -> str:
    """Why this member, from the plain values that were kept: 45 天没来，余额 ¥320，常做肩颈调理."""
    named: tuple[Entry | Level | Category, ...] = (
        *shop.services,
        *shop.goods,
        *shop.categories,
        *shop.levels,
    )
    names = {each.id: each.name for each in named}
    on, said = campaign.trigger.on, list[str]()
    category = names.get(str(facts.get("category")), "")
    if "days" in facts:
        since = on if on in ("no_first_purchase", "category_missed") else "away"
        said.append(texts.say(shop, f"campaign_fact_{since}", days=facts["days"], category=category))
    for key, name in (("paid_fen", "paid"), ("balance_fen", "balance")):
        if isinstance(fen := facts.get(key), int):
            said.append(texts.say(shop, f"campaign_fact_{name}", amount=short_fen(fen)))
    if item := names.get(str(facts.get("item")), ""):
        is_service = any(each.id == facts["item"] for each in shop.services)
        said.append(texts.say(shop, f"campaign_fact_{'service' if is_service else 'good'}", item=item))
    if level := names.get(str(facts.get("level")), ""):
        said.append(texts.say(shop, "campaign_fact_level", level=level))
    return "，".join(said)
