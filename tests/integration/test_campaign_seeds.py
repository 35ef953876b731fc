"""Every rule of the example shops over a real book, by the scenes of `campaign_scenes`."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from campaign_scenes import BEAUTY, GYM, SCENES, STORE, Scene, muted, tops_up
from campaign_support import Town
from rules_kit import local
from sqlalchemy import Engine

from actions import campaigns
from actions.counter import gifts
from actions.reminders import nightly, sending
from ledger.records import multipliers
from shop.giving import Giving
from shop.model import EntitlementGift, Shop


def alone(shop: Shop, campaign_id: str) -> Shop:
    """The shop with this one rule, and nobody held out."""
    rule = shop.campaign(campaign_id).model_copy(update={"held_out_percent": 0})
    return shop.model_copy(update={"campaigns": (rule,)})


def begin(town: Town) -> None:
    """A new rule counts what happens after its first look at a book that is not empty."""
    other = town.joins(days_ago=0)
    muted(town, other)
    town.tops_up(other, 100)
    campaigns.sweep_events(town.house)


def test_no_rule_of_the_examples_is_without_its_scene() -> None:
    written = {(shop.name, rule.id) for shop in (BEAUTY, STORE, GYM) for rule in shop.campaigns}
    assert written == {(scene.shop.name, scene.campaign) for scene in SCENES}


@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: f"{scene.shop.stores[0].id}-{scene.campaign}")
def test_it_fires_for_whom_it_means_and_says_so(engine: Engine, scene: Scene) -> None:
    town = Town(engine, alone(scene.shop, scene.campaign), now=scene.now)
    begin(town)
    hit, miss = (town.joins(days_ago=days, birthday=scene.birthday) for days in scene.joined)
    scene.fires(town, hit)
    scene.misses(town, miss)
    campaigns.sweep(town.house)
    town.now += timedelta(hours=scene.hours)
    campaigns.sweep_events(town.house)
    assert town.chosen(scene.campaign) == {hit: "granted"}
    town.now += timedelta(minutes=5)
    sending.send_due(town.house)
    ((told, said),) = town.all("SELECT member_id, text FROM message WHERE kind = 'campaign'")
    assert told == hit
    for piece in scene.says:
        assert piece in said
    assert "{" not in said
    gift = scene.shop.campaign(scene.campaign).gives.multiplier
    with engine.connect() as connection:
        assert len(multipliers.held(connection, hit, town.now)) == (gift is not None)


@pytest.mark.parametrize(
    ("shop", "campaign", "days"),
    [
        (BEAUTY, "mid_autumn_gift", (local(2026, 9, 21, 12), local(2026, 9, 26, 12))),
        (BEAUTY, "golden_week", (local(2026, 9, 28, 12), local(2026, 10, 2, 12))),
        (BEAUTY, "anniversary", (local(2027, 6, 14, 12), local(2027, 6, 19, 12))),
        (STORE, "spring_top_up", (local(2027, 1, 31, 12), local(2027, 2, 7, 12))),
        (BEAUTY, "member_day_note", (local(2026, 10, 17, 12), local(2026, 10, 19, 12))),
        (STORE, "coupon_friday", (local(2026, 10, 22, 12), local(2026, 10, 24, 12))),
    ],
)
def test_a_rule_of_a_day_is_silent_on_others(
    engine: Engine, shop: Shop, campaign: str, days: tuple[datetime, ...]
) -> None:
    town = Town(engine, alone(shop, campaign), now=days[0])
    tops_up(500, days=60)(town, town.joins())
    for town.now in days:
        campaigns.sweep(town.house)
        assert town.chosen(campaign) == {}


def test_the_guide_comes_with_the_first_top_up_only(engine: Engine) -> None:
    town = Town(engine, alone(BEAUTY, "first_top_up_guide"))
    begin(town)
    member = town.joins()
    for _ in range(2):
        town.tops_up(member, 30000)
        town.now += timedelta(hours=2)
        campaigns.sweep_events(town.house)
    assert town.count("campaign_member") == 1


def test_who_sleeps_with_much_hears_of_both_one_after_the_other(engine: Engine) -> None:
    """Three months: the doubling coupon; half a year: the service, and not both in one week."""
    rules = tuple(
        BEAUTY.campaign(each).model_copy(update={"held_out_percent": 0})
        for each in ("sleeping_1000", "sleeping_500")
    )
    town = Town(engine, BEAUTY.model_copy(update={"campaigns": rules}))
    member = town.joins()
    town.tops_up(member, 150000, days_ago=100)
    town.buys(member, 19800, days_ago=95)
    campaigns.sweep(town.house)
    assert (set(town.chosen("sleeping_500")), set(town.chosen("sleeping_1000"))) == ({member}, set())
    town.now += timedelta(days=86)
    campaigns.sweep(town.house)
    assert set(town.chosen("sleeping_1000")) == {member}


@pytest.mark.parametrize("shop", [BEAUTY, STORE, GYM], ids=lambda shop: shop.name)
def test_what_is_about_to_end_is_told_of_a_week_before(engine: Engine, shop: Shop) -> None:
    """s3: 储值赠送的服务 / 权益即将到期（还有 7 天）."""
    assert 7 in shop.reminders.days_before
    pack = next(each for each in shop.packs if each.lifetime_months)
    town = Town(engine, shop, now=local(2026, 3, 1, 12))
    member = town.joins()
    with engine.begin() as connection:
        assert gifts.give(
            town.house,
            connection,
            member_id=member,
            store_id=shop.stores[0].id,
            giving=Giving(entitlements=(EntitlementGift(pack=pack.id, amount=2),)),
            key="given",
            reason="test",
            now=town.now,
        )
    (ends_at,) = town.all("SELECT max(expires_at) FROM lot")[0]
    for days, told in ((8.5, 0), (7.5, 1)):  # noon of the eighth and of the seventh day before the last
        town.now = ends_at - timedelta(days=days)
        nightly.plan_nightly(town.house)
        town.now += timedelta(minutes=1)
        sending.send_due(town.house)
        found = town.all("SELECT text FROM message WHERE kind = 'lot_expiring'")
        assert len(found) == told
    assert f"您有 {pack.name}" in found[0].text
