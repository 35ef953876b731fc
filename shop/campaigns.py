"""What a campaign decides without a database: who is held out, the cost, the words (rows E2 to E6)."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from shop import giving, holidays, points, texts
from shop.days import holds
from shop.model import Campaign, CampaignGifts, CouponKind, Gifts, Shop
from shop.money import format_fen, short_fen
from shop.periods import last_day
from shop.words import short_date

CATCH_UP_DAYS = 3  # a night that did not run is made good for so long
EVENTS = frozenset({"purchase", "top_up", "level_up"})
# Rules about how a member stands: they hold tomorrow too, so they can leave room to another campaign today.
STATES = frozenset({
    "no_first_purchase", "dormant", "idle_balance", "low_balance", "month_spent", "category_missed",
})  # fmt: skip


def held_out(campaign_id: str, member_id: int, percent: int) -> bool:
    """Whether the member gets nothing of that campaign, so that the others can be compared; always the same.

    The database computes the same (`ledger.records.campaigns`): the first eight hex digits of an MD5.
    """
    digest = hashlib.md5(f"{campaign_id}:{member_id}".encode(), usedforsecurity=False).hexdigest()
    return int(digest[:8], 16) % 100 < percent


def runs_on(campaign: Campaign, day: date) -> bool:
    """Whether the campaign may choose members on that day of the shop."""
    return campaign.running and holds(campaign.when, day)


def birthdays_due(campaign: Campaign, today: date) -> tuple[tuple[int, int], ...]:
    """(month × 100 + day of birth, year of the birthday) to speak about today, with the nights missed.

    Who was born on 29 February has the 28th in other years.
    """
    ahead = campaign.trigger.days or 0
    found = []
    for back in range(CATCH_UP_DAYS):
        day = today + timedelta(days=ahead - back)
        found.append((day.month * 100 + day.day, day.year))
        if (day.month, day.day) == (2, 28) and (day + timedelta(days=1)).month == 3:
            found.append((229, day.year))
    return tuple(found)


def holiday_due(campaign: Campaign, today: date) -> date | None:
    """The holiday to speak about today, with the nights missed; never one that is over."""
    day = holidays.coming(campaign.trigger, today)
    if day is None:
        return None
    first = day - timedelta(days=campaign.trigger.days or 0)
    return day if first <= today < first + timedelta(days=CATCH_UP_DAYS) else None


@dataclass(frozen=True)
class Cost:
    """What a campaign gives to one member, in fen: at most, if everything is used. `open`: not computable.

    A percentage without a cap, a multiplier of points, and points that are worth no money in this shop, are
    `open`.
    """

    fen: int = 0
    open: bool = False

    def __add__(self, other: Cost) -> Cost:
        return Cost(self.fen + other.fen, self.open or other.open)

    def times(self, count: int) -> Cost:
        return Cost(self.fen * count, self.open and count > 0)


def cost(shop: Shop, gifts: CampaignGifts) -> Cost:
    """What the gifts cost at most: points at their cash value, packs at their price."""
    total = points_cost(shop, gifts.points) + Cost(0, open=gifts.multiplier is not None)
    for coupon in gifts.coupons:
        total += coupon_cost(shop, shop.coupon(coupon.coupon)).times(coupon.count)
    for gift in gifts.entitlements:
        pack = shop.pack(gift.pack)
        total += Cost(pack.price_fen * gift.amount // pack.amount)
    return total


def points_cost(shop: Shop, points: int) -> Cost:
    value = shop.points.cash_value
    if value is None:
        return Cost(0, open=points > 0)
    return Cost(points * 100 // value.points_per_yuan)


def coupon_cost(shop: Shop, kind: CouponKind) -> Cost:
    """What one coupon takes off at most. Doubling only lets gift money out that the member has already."""
    if kind.kind == "amount":
        return Cost(kind.off_fen or 0)
    if kind.kind == "percent":
        return Cost(kind.cap_fen or 0, open=kind.cap_fen is None)
    if kind.kind == "item":
        sold = (*shop.services, *shop.goods)
        prices = [each.list_fen for each in sold if each.id in kind.items or each.category in kind.categories]
        return Cost(max((price - (kind.price_fen or 0) for price in prices), default=0))
    if kind.kind == "top_up":
        return Cost(kind.gift_fen or 0) + points_cost(shop, kind.points)
    return Cost()


def message(
    shop: Shop, campaign: Campaign, *, name: str, facts: Mapping[str, object], ends_at: datetime | None = None
) -> str:
    """What the member reads.

    Args:
        facts: why he was chosen, as kept with him: days, balance_fen, category, item, level; those that are
            known. A category or an item that is not known reads as 项目.
        ends_at: of the multiplier that was given, if one was.
    """
    hints = _hints(shop, campaign)
    if campaign.hints.suggest or "{suggestion}" in campaign.text:
        hints["suggestion"] = _suggestion(shop, campaign, facts)
    values = {
        "name": name,
        "shop": shop.name,
        "gifts": giving.listed(shop, giving.of_gifts(campaign.gives, ends_at)),
        "balance": _fen(facts.get("balance_fen")),
        "days": str(facts.get("days", "")),
        "category": _named(shop, "category", facts.get("category")),
        "item": _named(shop, "item", facts.get("item")),
        "until": short_date(last_day(ends_at, shop.zone)) if ends_at else "",
        "level": _named(shop, "level", facts.get("level")),
        "holiday": holidays.name(campaign.trigger),
        **hints,
    }
    said = campaign.text.format(**values)
    extra = [hint for place, hint in hints.items() if hint and f"{{{place}}}" not in campaign.text]
    return "\n".join((said, *extra))


def _suggestion(shop: Shop, campaign: Campaign, facts: Mapping[str, object]) -> str:
    """您喜欢面部护理，补水面膜也值得试试。 "" for who has no favourite yet."""
    item = suggested(shop, campaign, facts)
    if item is None:
        return ""
    category = _named(shop, "category", facts.get("category"))
    return texts.say(shop, "campaign_suggestion", category=category, item=_named(shop, "item", item))


def suggested(shop: Shop, campaign: Campaign, facts: Mapping[str, object]) -> str | None:
    """What to name to who likes that category, an item's id: the shop's choice, else another thing of it."""
    category, usual = facts.get("category"), facts.get("item")
    for each in campaign.hints.suggest:
        if each.category == category:
            return each.item
    others = (each for each in (*shop.services, *shop.goods) if each.category == category)
    return next((each.id for each in others if each.id != usual), None)


def _hints(shop: Shop, campaign: Campaign) -> dict[str, str]:
    hints = campaign.hints
    said = {"top_up": "", "referral": ""}
    if hints.tier:
        tier, more = shop.tier(hints.tier), campaign.gives.multiplier
        times = more.times if more and more.earned_by != "purchases" else 1
        worth = giving.Giving(gift_fen=tier.gift_fen, points=points.multiplied(shop, tier.points, times))
        gives = giving.pieces(shop, worth)
        text = "campaign_top_up_reward" if hints.reward else "campaign_top_up"
        said["top_up"] = texts.say(
            shop,
            text,
            amount=short_fen(tier.amount_fen),
            gives="、".join(gives),
            reward=shop.reward(hints.reward).name if hints.reward else "",
        )
    if hints.referral:
        inviter, newcomer = shop.referral.inviter, shop.referral.newcomer
        said["referral"] = texts.say(
            shop,
            "campaign_referral",
            inviter=_side(shop, inviter, inviter.gift_fen),
            newcomer=_side(shop, newcomer, newcomer.gift_fen),
        )
    return said


def _side(shop: Shop, gifts: Gifts, gift_fen: int) -> str:
    gives = giving.Giving(gift_fen, (), gifts.points, gifts.coupons, gifts.entitlements)
    return giving.listed(shop, gives) or texts.say(shop, "campaign_nothing")


def _fen(value: object) -> str:
    return format_fen(value) if isinstance(value, int) else ""


def _named(shop: Shop, kind: str, wanted: object) -> str:
    entries: dict[str, str] = {}
    if kind == "category":
        entries = {each.id: each.name for each in shop.categories}
    elif kind == "item":
        entries = {each.id: each.name for each in (*shop.services, *shop.goods)}
    elif kind == "level":
        entries = {each.id: each.name for each in shop.levels}
    return entries.get(str(wanted)) or texts.say(shop, "campaign_something")
