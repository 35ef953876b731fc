"""Top-ups with everything a tier can give, through the action, over a real book that is verified (row B2)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, replace
from datetime import timedelta

import pytest
from rules_kit import changed, local
from rules_support import CASHIER, LIN_PHONE, MANAGER, Scene, sound
from sqlalchemy import Engine, text

from actions.counter import coupons, instalments, top_up_booking, top_up_terms
from actions.counter.instalments import InstalmentNight
from actions.counter.top_ups import (
    TopUpQuote,
    TopUpReceipt,
    TopUpRequest,
    quote_top_up,
    record_top_up,
)
from actions.house import Denied
from actions.membership import levels
from actions.review import limits
from actions.review.approvals import Filed
from actions.review.reviewed import Changed
from ledger.records import instalments as instalment_records
from ledger.records import reasons, rules
from shop.files import loads


@pytest.fixture
def scene(engine: Engine) -> Iterator[Scene]:
    with sound(engine):
        yield Scene(engine)


@pytest.fixture
def member_id(scene: Scene) -> int:
    return scene.hire()


def quoted(scene: Scene, yuan: int, by: str = CASHIER) -> TopUpQuote:
    quote = quote_top_up(scene.house, staff_openid=by, request=TopUpRequest(LIN_PHONE, yuan * 100, "wechat"))
    assert isinstance(quote, TopUpQuote), quote
    return quote


def booked(scene: Scene, quote: TopUpQuote, key: str, by: str = CASHIER) -> TopUpReceipt:
    """Booked from the quote as it comes back from the conversation's memory: plain JSON."""
    remembered = TopUpQuote(**json.loads(json.dumps(asdict(quote))))
    receipt = record_top_up(scene.house, staff_openid=by, quote=remembered, key=key)
    assert isinstance(receipt, TopUpReceipt), receipt
    return receipt


def top_up(scene: Scene, yuan: int, key: str, by: str = CASHIER) -> TopUpReceipt:
    return booked(scene, quoted(scene, yuan, by), key, by)


def why(scene: Scene, receipt: TopUpReceipt) -> reasons.Explained:
    with scene.engine.connect() as connection:
        found = reasons.of_transfer(connection, receipt.transfer_id)
    assert found is not None
    return found


def test_everything_a_tier_gives_is_booked_explained_and_told(scene: Scene, member_id: int) -> None:
    quote = quoted(scene, 1600)
    assert (quote.tier_id, quote.gift_fen, quote.points) == ("top", 10_034, 2200 + 800)
    assert quote.stored_after_fen == 160_000 + 10_034
    receipt = booked(scene, quote, "k1")
    held = receipt.balances
    assert (held.paid_in_fen, held.gift_fen, held.points) == (160_000, 10_034, 3000)
    assert [(e.code, e.unit, e.amount) for e in held.entitlements] == [("facial_10", "times", 2)]
    with scene.engine.connect() as connection:
        in_hand = coupons.held(connection, member_id, scene.now)
        promised = instalment_records.open_of(connection, member_id)
        level = levels.current(connection, scene.shop, member_id, scene.now)
    assert [coupon.kind.id for coupon in in_hand] == ["off20"] * 3
    assert [(part.number, part.gift_fen, part.due_at) for part in promised] == [
        (2, 10_033, local(2026, 11, 20)),
        (3, 10_033, local(2026, 12, 20)),
    ]
    assert level.id == "mature"
    explained = why(scene, receipt)
    assert explained.rules_version == scene.shop.version
    assert [reason.code for reason in explained.reasons] == ["tier", "points_by_amount"]
    assert explained.reasons[0].values["tier"] == "top"
    told = scene.messages("top_up_receipt")
    assert len(told) == 1
    assert (
        "充值到账 ¥1,600.00\n送 ¥301.00（分 3 个月到账，首期 ¥100.34） + 3000 积分"
        " + 20元券 3 张 + 做脸十次 2次 + 成熟会员 6 个月\n" in told[0]
    )
    assert scene.messages("level")[0].startswith("送您成熟会员身份，2027年4月20日前有效。")


def test_a_second_yes_gives_nothing_twice(scene: Scene, member_id: int) -> None:
    quote = quoted(scene, 1600)
    first = booked(scene, quote, "k1")
    points = scene.balances(member_id).points  # with those for the level
    scene.now += timedelta(minutes=3)
    second = booked(scene, quote, "k1")
    assert (first.replayed, second.replayed) == (False, True)
    assert first.balances == second.balances
    assert scene.balances(member_id).points == points
    with scene.engine.connect() as connection:
        assert len(coupons.held(connection, member_id, scene.now)) == 3
        assert len(instalment_records.open_of(connection, member_id)) == 2
    assert len(scene.messages("top_up_receipt")) == 1


def test_a_plain_top_up_keeps_its_reason_too(scene: Scene, member_id: int) -> None:
    top_up(scene, 900, "first")
    plain = top_up(scene, 300, "second", MANAGER)  # a manager has no day limit: everything in one statement
    explained = why(scene, plain)
    assert explained.rules_version == scene.shop.version
    assert explained.reasons[0].values == {
        "amount_fen": 30_000,
        "store": "main",
        "tier": "small",
        "threshold_fen": 30_000,
        "passed_over": ["first:first_top_up", "back:dormant_days"],
    }
    assert scene.balances(member_id).points == 1000 + 450 + 300 + 150


def test_a_plain_top_up_is_one_reading_and_one_writing(
    scene: Scene, member_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    top_up(scene, 900, "first")  # wins the level that he keeps
    quote = quoted(scene, 300, MANAGER)

    def never(*_: object, **__: object) -> None:
        raise AssertionError("a plain top-up went the long way")

    monkeypatch.setattr(top_up_booking, "in_steps", never)
    monkeypatch.setattr(limits, "weigh", never)
    receipt = booked(scene, quote, "plain", MANAGER)
    assert why(scene, receipt).reasons[0].values["tier"] == "small"


def test_two_counters_at_once_give_a_limited_tier_once(scene: Scene, member_id: int) -> None:
    scene.now = local(2026, 11, 3, 12)
    one, other = quoted(scene, 800), quoted(scene, 800, MANAGER)
    assert one.tier_id == other.tier_id == "festival"
    booked(scene, one, "k1")
    result = record_top_up(scene.house, staff_openid=MANAGER, quote=other, key="k2")
    assert isinstance(result, Changed)
    assert result.quote.tier_id == "big"


def test_the_first_top_up_and_the_next(scene: Scene, member_id: int) -> None:
    assert quoted(scene, 300).tier_id == "first"
    first = top_up(scene, 300, "k1")
    assert quoted(scene, 300).tier_id == "small"
    scene.reverse(member_id, first.transfer_id)
    assert quoted(scene, 300).tier_id == "first"  # what was reversed does not count


def test_a_limit_counts_what_stands_in_this_month_of_the_shop(scene: Scene, member_id: int) -> None:
    scene.now = local(2026, 11, 30, 23)
    scene.shop = loads(changed("when: {month_days: [8, 29]}", "when: {month_days: [30, 1]}"))
    scene.__post_init__()
    one = top_up(scene, 800, "k1")
    assert one.quote.tier_id == "member_day"
    assert quoted(scene, 800).tier_id == "big"
    scene.now = local(2026, 12, 1, 0, 0)
    assert quoted(scene, 800).tier_id == "member_day"
    scene.now = local(2026, 11, 30, 23, 30)
    scene.reverse(member_id, one.transfer_id)
    assert quoted(scene, 800).tier_id == "member_day"


def test_instalments_come_when_they_are_due_and_once(scene: Scene, member_id: int) -> None:
    top_up(scene, 1600, "k1")
    scene.now = local(2026, 11, 19, 23, 59)
    assert instalments.post_due(scene.house) == InstalmentNight(0, 0)
    scene.now = local(2026, 11, 20, 4, 17)
    assert instalments.post_due(scene.house) == InstalmentNight(1, 0)
    assert instalments.post_due(scene.house) == InstalmentNight(0, 0)
    assert scene.balances(member_id).gift_fen == 10_034 + 10_033
    scene.now = local(2027, 3, 1, 4, 17)  # the nights between were missed
    assert instalments.post_due(scene.house) == InstalmentNight(1, 0)
    assert scene.balances(member_id).gift_fen == 30_100
    said = scene.messages("instalment")
    assert said[0] == "【小店】赠送金到账 ¥100.33（第 2 期，共 3 期）\n现余额 ¥1,800.67"
    assert scene.due("instalment")[0] == local(2026, 11, 20, 9, 30)


def test_a_reversed_top_up_takes_everything_back(scene: Scene, member_id: int) -> None:
    receipt = top_up(scene, 1600, "k1")
    scene.now = local(2026, 11, 20, 4, 17)
    instalments.post_due(scene.house)
    with scene.engine.connect() as connection:
        caused = instalments.caused_by(connection, receipt.transfer_id)
    assert len(caused) == 2  # the second instalment, and the gift for the level that came with the tier
    for transfer_id in (*caused, receipt.transfer_id):
        reversal = scene.reverse(member_id, transfer_id)
    with scene.engine.begin() as connection:
        assert instalments.cancel(connection, receipt.transfer_id, scene.now) == 10_033
        change = levels.reassess(
            scene.house, connection, member_id, scene.now, {"by": "reversal", "transfer": reversal}
        )
    assert change is not None
    assert (change.level.id, change.move) == ("fresh", "withdrawn")
    held = scene.balances(member_id)
    assert (held.stored_fen, held.points, held.entitlements) == (0, 0, ())
    scene.now = local(2027, 3, 1)
    assert instalments.post_due(scene.house) == InstalmentNight(0, 0)


def test_the_night_itself_finds_that_the_top_up_is_gone(scene: Scene, member_id: int) -> None:
    receipt = top_up(scene, 1600, "k1")
    scene.reverse(member_id, receipt.transfer_id)  # and nobody cancelled
    scene.now = local(2026, 12, 20, 4)
    assert instalments.post_due(scene.house) == InstalmentNight(0, 2)
    with scene.engine.connect() as connection:
        states = connection.execute(text("SELECT state FROM instalment ORDER BY id")).scalars().all()
    assert states == ["cancelled", "cancelled"]


def test_a_quote_is_void_when_the_shops_rules_changed(scene: Scene, member_id: int) -> None:
    quote = quoted(scene, 800)
    later = Scene(scene.engine, loads(changed("amount: 800, gift: 120", "amount: 800, gift: 130")), scene.now)
    result = record_top_up(later.house, staff_openid=CASHIER, quote=quote, key="k1")
    assert isinstance(result, Changed)
    assert (result.quote.gift_fen, result.quote.shop_version) == (13_000, later.shop.version)
    assert scene.balances(member_id).stored_fen == 0
    done = booked(scene, quote, "k2")
    again = record_top_up(later.house, staff_openid=CASHIER, quote=quote, key="k2")
    assert isinstance(again, TopUpReceipt)  # it was booked before the change: the first answer again
    assert (again.replayed, again.transfer_id) == (True, done.transfer_id)


def test_a_quote_made_before_midnight_holds_for_its_minutes(scene: Scene, member_id: int) -> None:
    scene.now = local(2026, 11, 11, 23, 58)
    quote = quoted(scene, 800)
    assert quote.tier_id == "festival"
    scene.now = local(2026, 11, 12, 0, 5)
    assert booked(scene, quote, "k1").balances.gift_fen == 20_000
    assert quoted(scene, 800).tier_id == "big"


TOP_UP_COUPON = """\
coupons:
  - {id: more, name: 充500再送30, kind: top_up, over: 500, gift: 30, points: 50, valid_days: 30}
"""


@pytest.fixture
def with_coupon(scene: Scene, member_id: int) -> Scene:
    """The member holds one coupon for top-ups from ¥500 on."""
    scene.shop = loads(changed("coupons:\n", TOP_UP_COUPON))
    scene.__post_init__()
    with scene.engine.begin() as connection:
        coupons.issue(
            scene.house,
            connection,
            member_id=member_id,
            kind=scene.shop.coupon("more"),
            count=1,
            source_key="test",
            at=scene.now,
            store_id="main",
        )
    return scene


def test_a_coupon_for_top_ups_is_used_once(with_coupon: Scene, member_id: int) -> None:
    assert quoted(with_coupon, 499).coupon_id is None
    quote = quoted(with_coupon, 500)
    assert (quote.gift_fen, quote.points) == (6000 + 3000, 300 + 250 + 50)
    said = top_up_terms.gives_text(with_coupon.shop, "main", quote, with_coupon.now)
    assert said == "\n送 ¥90.00 + 600 积分\n用 1 张“充500再送30”"
    receipt = booked(with_coupon, quote, "k1")
    assert receipt.balances.gift_fen == 9000
    assert [reason.code for reason in why(with_coupon, receipt).reasons][-1] == "coupon"
    assert quoted(with_coupon, 500).coupon_id is None


def test_a_coupon_that_is_gone_at_the_yes_is_a_new_quote(with_coupon: Scene, member_id: int) -> None:
    quote = quoted(with_coupon, 500)
    with with_coupon.engine.begin() as connection:
        connection.execute(text("UPDATE coupon SET state = 'expired'"))
    result = record_top_up(with_coupon.house, staff_openid=CASHIER, quote=quote, key="k1")
    assert isinstance(result, Changed)
    assert (result.quote.gift_fen, result.quote.coupon_id) == (6000, None)
    assert with_coupon.balances(member_id).stored_fen == 0
    assert with_coupon.messages("top_up_receipt") == []


def test_a_store_has_its_own_minimum(scene: Scene, member_id: int) -> None:
    request = TopUpRequest(LIN_PHONE, 15_000, "wechat", store_id="east")
    scene.shop = loads(changed("- {id: owner, name: 老板}", "- {id: owner, name: 老板}"))
    with scene.engine.begin() as connection:
        connection.execute(text("UPDATE staff SET role = 'head_office', store_id = NULL WHERE name = '李静'"))
    denied = quote_top_up(scene.house, staff_openid=MANAGER, request=request)
    assert isinstance(denied, Denied)
    assert (denied.code, denied.detail) == ("top_up_too_small", {"limit": "¥200.00"})
    allowed = quote_top_up(scene.house, staff_openid=MANAGER, request=replace(request, store_id="main"))
    assert isinstance(allowed, TopUpQuote)


def test_many_small_entries_of_one_cashier_are_added_up(scene: Scene, member_id: int) -> None:
    text_with_limit = changed("per_entry: 2000}", "per_entry: 2000, per_day: 1000}")
    scene.shop = loads(text_with_limit)
    scene.__post_init__()
    for number in range(3):
        top_up(scene, 300, f"k{number}")
    quote = quoted(scene, 300)
    filed = record_top_up(scene.house, staff_openid=CASHIER, quote=quote, key="k9")
    assert isinstance(filed, Filed)
    assert record_top_up(scene.house, staff_openid=CASHIER, quote=quote, key="k9") == replace(
        filed, replayed=True
    )
    assert scene.balances(member_id).paid_in_fen == 90_000
    scene.now = local(2026, 10, 21)
    top_up(scene, 300, "tomorrow")


def test_the_rules_of_an_entry_can_be_read_again(scene: Scene, member_id: int) -> None:
    from actions.upkeep import rules_archive

    assert (rules_archive.keep(scene.house), rules_archive.keep(scene.house)) == (1, 0)
    receipt = top_up(scene, 800, "k1")
    with scene.engine.connect() as connection:
        version = why(scene, receipt).rules_version
        kept = rules.content_of(connection, version)
        (listed,) = rules.listed(connection)
    assert kept is not None
    assert kept["top_up"]["tiers"][3]["gift_fen"] == 12_000
    assert (listed.version, listed.transfers) == (version, 1)
