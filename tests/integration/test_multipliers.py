"""More points for a time: given by a campaign, counted in quotes, told, ended (rows B3, E2)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime, timedelta

import pytest
from campaign_support import shop_with
from rules_kit import local
from rules_support import CASHIER, LIN, LIN_PHONE, MANAGER, Scene, sound
from sqlalchemy import Engine, text

from actions import campaign_reports, campaigns
from actions.counter import pack_sales, plain, purchases, refunds, reversals, top_up_booking, top_ups
from actions.counter.pack_sales import SaleQuote, SaleRequest
from actions.counter.packs import PackReceipt
from actions.counter.purchases import Bound, PurchaseQuote, PurchaseReceipt, PurchaseRequest
from actions.counter.refunds import RefundQuote, RefundReceipt, RefundRequest
from actions.counter.reversals import ReversalQuote, ReversalReceipt, ReversalRequest
from actions.counter.top_up_booking import Booking
from actions.counter.top_ups import TopUpQuote, TopUpReceipt, TopUpRequest
from actions.membership import cards
from actions.membership.cards import Card
from actions.reminders import sending
from actions.review.reviewed import Changed
from ledger import book
from ledger.book import Posted
from ledger.book.driver import single_statements
from ledger.records import campaigns as chosen_records
from ledger.records import multipliers, persons, reasons
from ledger.records.merging import move_what_is_open
from ledger.records.multipliers import Multiplier
from shop.campaigns import Cost

NOW = local(2026, 10, 20, 12)
RULES = """
- {id: born, name: 生日周, trigger: {on: birthday, days: 3}, held_out_percent: 0,
   gives: {multiplier: {times: 2, days: 7}}, text: "{name}，送您{gifts}，到{until}。"}
- {id: thanks, name: 谢谢, trigger: {on: top_up, minimum: 100}, held_out_percent: 0,
   gives: {multiplier: {times: 3, days: 14, earned_by: purchases}}, text: "送您{gifts}"}
- {id: more, name: 多谢, trigger: {on: top_up, minimum: 800}, held_out_percent: 0,
   gives: {points: 40, multiplier: {times: 2, days: 14}}, text: "送您{gifts}"}
"""


@pytest.fixture
def scene(engine: Engine) -> Iterator[Scene]:
    with sound(engine):
        yield Scene(engine, shop=shop_with(RULES), now=NOW)


@pytest.fixture
def member_id(scene: Scene) -> int:
    """A member who bought lately, so that no campaign of points for the away applies."""
    member_id = scene.hire()
    scene.buy(member_id, 1000)
    return member_id


def give(
    scene: Scene,
    member_id: int,
    *,
    percent: int = 200,
    earned_by: multipliers.EarnedBy = "all",
    starts_at: datetime | None = None,
    ends_at: datetime | None = None,
    key: str = "campaign:born:2026:1",
) -> bool:
    what = Multiplier(
        percent, earned_by, starts_at or scene.now, ends_at or scene.now + timedelta(days=7), key
    )
    with scene.engine.begin() as connection:
        return multipliers.give(connection, what, member_id=member_id, at=scene.now, source_transfer_id=None)


def top_up_quote(scene: Scene, yuan: int) -> TopUpQuote:
    request = TopUpRequest(LIN_PHONE, yuan * 100, "wechat")
    quote = top_ups.quote_top_up(scene.house, staff_openid=CASHIER, request=request)
    assert isinstance(quote, TopUpQuote), quote
    return quote


def topped_up(scene: Scene, quote: TopUpQuote, key: str) -> TopUpReceipt:
    remembered = TopUpQuote(**json.loads(json.dumps(asdict(quote))))
    done = top_ups.record_top_up(scene.house, staff_openid=CASHIER, quote=remembered, key=key)
    assert isinstance(done, TopUpReceipt), done
    return done


def price(scene: Scene, member_id: int) -> PurchaseQuote:
    request = PurchaseRequest(member_id, LIN_PHONE, (("facial", 1),), "wechat", use_stored=False)
    quote = purchases.quote_purchase(scene.house, staff_openid=CASHIER, request=request)
    assert isinstance(quote, PurchaseQuote), quote
    return quote


def bought(scene: Scene, bound: Bound, key: str) -> PurchaseReceipt | Changed[PurchaseQuote]:
    done = purchases.record_purchase(scene.house, staff_openid=CASHIER, bound=bound, key=key)
    assert isinstance(done, PurchaseReceipt | Changed), done
    return done


def reversed_by_manager(scene: Scene, transfer_id: int) -> ReversalQuote:
    request = ReversalRequest(transfer_id, "打错")
    quote = reversals.quote_reversal(scene.house, staff_openid=MANAGER, request=request)
    assert isinstance(quote, ReversalQuote), quote
    done = reversals.record_reversal(scene.house, staff_openid=MANAGER, quote=quote, key=f"r:{transfer_id}")
    assert isinstance(done, ReversalReceipt), done
    return quote


def card(scene: Scene) -> Card:
    found = cards.read_card(scene.house, openid=LIN)
    assert isinstance(found, Card)
    return found


def messages(scene: Scene, kind: str) -> list[str]:
    with scene.engine.connect() as connection:
        rows = connection.execute(text("SELECT text FROM message WHERE kind = :k ORDER BY id"), {"k": kind})
        return [row.text for row in rows]


def why(scene: Scene, transfer_id: int) -> dict[str, dict[str, object]]:
    with scene.engine.connect() as connection:
        kept = reasons.of_transfer(connection, transfer_id)
    assert kept is not None
    return {each.code: dict(each.values) for each in kept.reasons}


def born_and_following(scene: Scene, member_id: int) -> None:
    with scene.engine.begin() as connection:
        connection.exec_driver_sql(f"UPDATE member SET birthday = '1990-10-23' WHERE id = {member_id}")
        connection.execute(
            text(
                "INSERT INTO contact (openid, following, followed_at, heard_at) VALUES (:o, true, :at, :at)"
            ),
            {"o": LIN, "at": scene.now},
        )


def test_a_top_up_counts_double_with_its_tier_and_says_why(scene: Scene, member_id: int) -> None:
    plain = top_up_quote(scene, 1000)
    assert (plain.points, plain.multiplied) == (1000 + 500, {})
    give(scene, member_id)
    quote = top_up_quote(scene, 1000)
    assert quote.points == 2 * (1000 + 500)
    receipt = topped_up(scene, quote, "t1")
    assert receipt.balances.points == quote.points
    kept = why(scene, receipt.transfer_id)
    assert kept["points_by_multiplier"] == {
        "what": "积分翻倍",
        "times": "2",
        "points": 1500,
        "day": "10月27日",
        "source": "campaign:born:2026:1",
    }
    assert kept["points_by_amount"]["points"] == 500  # what it was without
    (told,) = messages(scene, "top_up_receipt")
    assert "积分翻倍（至10月27日）：多得 1500 积分" in told


def test_the_plain_top_up_stays_one_statement(scene: Scene, member_id: int) -> None:
    give(scene, member_id)
    topped_up(scene, top_up_quote(scene, 900), "first")  # the level that it wins is won
    quote = top_up_quote(scene, 300)
    assert quote.multiplied
    with single_statements(scene.engine) as single:
        with scene.engine.connect() as connection:
            acting, member = persons.staff_and_member(connection, CASHIER, member_id)
        assert member is not None
        assert acting is not None
        booking = Booking(scene.house, acting, member, quote, "second", scene.now)
        assert booking.is_plain
        done = top_up_booking.at_once(booking, single)
    assert isinstance(done, Posted)
    assert why(scene, done.transfer_id)["points_by_multiplier"]["points"] == quote.points // 2


def test_it_ends_at_its_moment_and_not_before_its_start(scene: Scene, member_id: int) -> None:
    ends_at = local(2026, 10, 28)
    give(scene, member_id, starts_at=NOW + timedelta(hours=1), ends_at=ends_at)
    for at, points in (
        (NOW + timedelta(minutes=59, seconds=59), 198),
        (NOW + timedelta(hours=1), 396),
        (ends_at - timedelta(microseconds=1), 396),
        (ends_at, 198),
    ):
        scene.now = at
        assert price(scene, member_id).quote.points_earned == points, at
        assert len(card(scene).multipliers) == (points == 396)


def test_a_purchase_that_is_confirmed_after_the_end_is_quoted_anew(scene: Scene, member_id: int) -> None:
    ends_at = local(2026, 10, 28)
    give(scene, member_id, ends_at=ends_at)
    scene.now = ends_at - timedelta(seconds=5)
    shown = price(scene, member_id)
    scene.now = ends_at
    again = bought(scene, shown.bound, "p1")
    assert isinstance(again, Changed)
    assert again.quote.quote.points_earned == 198
    assert isinstance(bought(scene, again.quote.bound, "p1"), PurchaseReceipt)


def test_best_or_stacked_as_the_shop_says(scene: Scene, member_id: int) -> None:
    scene.now = local(2026, 11, 8, 12)  # the shop's own double day
    scene.buy(member_id, 100)
    assert price(scene, member_id).quote.points_earned == 396
    give(scene, member_id, percent=300)
    assert price(scene, member_id).quote.points_earned == 594
    give(scene, member_id, percent=150, key="lower")
    assert price(scene, member_id).quote.points_earned == 594
    rules = scene.shop.points.model_copy(update={"multipliers": "stacked"})
    stacked = Scene(scene.engine, shop=scene.shop.model_copy(update={"points": rules}), now=scene.now)
    assert price(stacked, member_id).quote.points_earned == 198 * 6


def test_only_for_what_it_was_given(scene: Scene, member_id: int) -> None:
    give(scene, member_id, earned_by="purchases")
    assert top_up_quote(scene, 1000).points == 1500
    assert price(scene, member_id).quote.points_earned == 396
    give(scene, member_id, percent=300, earned_by="top_ups", key="other")
    assert top_up_quote(scene, 1000).points == 4500
    assert price(scene, member_id).quote.points_earned == 396


def test_a_campaign_gives_it_once_and_tells_until_when(scene: Scene, member_id: int) -> None:
    born_and_following(scene, member_id)
    for _ in range(2):
        campaigns.sweep(scene.house)
    (held,) = card(scene).multipliers
    assert (held.times, held.until) == (2, local(2026, 10, 28))
    scene.now += timedelta(minutes=1)
    sending.send_due(scene.house)
    with scene.engine.connect() as connection:
        said = [
            row.text for row in connection.execute(text("SELECT text FROM message WHERE kind = 'campaign'"))
        ]
    assert said == ["小林，送您积分翻倍（至10月27日），到10月27日。"]
    assert give(scene, member_id, key=held.source) is False


def test_the_report_counts_the_points_that_it_made(scene: Scene, member_id: int) -> None:
    campaigns.sweep_events(scene.house)
    topped_up(scene, top_up_quote(scene, 300), "t1")
    campaigns.sweep_events(scene.house)
    assert campaign_reports.report(scene.house, "thanks").figures.points == 0
    done = bought(scene, price(scene, member_id).bound, "p1")
    undone = bought(scene, price(scene, member_id).bound, "p2")
    assert isinstance(done, PurchaseReceipt)
    assert isinstance(undone, PurchaseReceipt)
    reversed_by_manager(scene, undone.transfer_id)
    found = campaign_reports.report(scene.house, "thanks")
    assert (done.points_earned, found.figures.points) == (594, 396)
    assert found.spent == Cost(396)  # at 100 points a yuan


def test_a_pack_that_is_sold_earns_more_and_says_why(scene: Scene, member_id: int) -> None:
    give(scene, member_id)
    request = SaleRequest(member_id, LIN_PHONE, "facial_10", "wechat")
    quote = pack_sales.quote_sale(scene.house, staff_openid=CASHIER, request=request)
    assert isinstance(quote, SaleQuote)
    assert (quote.points, quote.multiplied["points"]) == (3360, 1680)
    done = pack_sales.record_sale(scene.house, staff_openid=CASHIER, quote=quote, key="s1")
    assert isinstance(done, PackReceipt)
    assert why(scene, done.transfer_id)["points_by_multiplier"] == quote.multiplied


def test_what_is_over_is_not_promised(scene: Scene, member_id: int) -> None:
    born_and_following(scene, member_id)
    campaigns.sweep(scene.house)
    with scene.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE points_multiplier SET taken_back_at = now()")
    scene.now += timedelta(minutes=1)
    sending.send_due(scene.house)
    with scene.engine.connect() as connection:
        row = connection.execute(text("SELECT state, result FROM reminder WHERE kind = 'campaign'")).one()
    assert tuple(row) == ("dropped", "the multiplier of points is over")


@pytest.mark.parametrize("yuan", [300, 900])
def test_the_reversal_of_the_top_up_ends_what_came_of_it(scene: Scene, member_id: int, yuan: int) -> None:
    """With points it hangs on their entry, without on the top-up itself; what was earned meanwhile stays."""
    campaigns.sweep_events(scene.house)  # a new campaign begins with what happens from now on
    paid = topped_up(scene, top_up_quote(scene, yuan), "t1")
    campaigns.sweep_events(scene.house)
    assert len(card(scene).multipliers) == (1 if yuan == 300 else 2)
    earned = bought(scene, price(scene, member_id).bound, "p1")
    assert isinstance(earned, PurchaseReceipt)
    assert earned.points_earned == 3 * earned.paid_fen // 100
    shown = reversed_by_manager(scene, paid.transfer_id)
    assert shown.multipliers_taken == (1 if yuan == 300 else 2)
    assert len(shown.caused) == (0 if yuan == 300 else 1)
    left = card(scene)
    assert left.multipliers == ()
    assert left.balances.points == earned.points_earned
    assert price(scene, member_id).quote.points_earned == 198


def refunded(scene: Scene, member_id: int) -> RefundQuote:
    request = RefundRequest(member_id, LIN_PHONE, "consumer")
    quote = refunds.quote_refund(scene.house, staff_openid=MANAGER, request=request)
    assert isinstance(quote, RefundQuote), quote
    remembered = plain.unpack(RefundQuote, json.loads(json.dumps(plain.pack(quote))))
    done = refunds.record_refund(scene.house, staff_openid=MANAGER, quote=remembered, key="refund")
    assert isinstance(done, RefundReceipt), done
    return quote


@pytest.mark.parametrize("spent", [0, 15])
def test_the_refund_of_the_top_up_takes_back_what_a_campaign_gave_for_it(
    scene: Scene, member_id: int, spent: int
) -> None:
    campaigns.sweep_events(scene.house)
    before = card(scene).balances.points
    topped_up(scene, top_up_quote(scene, 900), "t1")
    by_tier = card(scene).balances.points - before
    campaigns.sweep_events(scene.house)
    if spent:
        with scene.engine.begin() as connection:
            header = book.Header("spent", "main", "system", member_id, scene.now, scene.now)
            used = book.spend_points(connection, header, points=by_tier + spent, reward_id="r")
            assert isinstance(used, Posted), used
    shown = refunded(scene, member_id)
    told = refunds.taken_back(scene.house, shown)
    assert shown.payout_fen == 90000
    assert shown.multipliers_end == 2
    assert "没到期的积分加倍" in told
    assert card(scene).multipliers == ()
    if spent:  # what is spent stays spent, and is said
        assert shown.points_back == 40 - spent + before
        assert f"已经用掉、不再收回：{by_tier + spent - before} 积分" in told
    else:
        assert shown.points_back == by_tier + 40
        assert "不再收回" not in told
        assert card(scene).balances.points == before
    with scene.engine.connect() as connection:
        ids = connection.execute(text("SELECT id FROM campaign_member ORDER BY id")).scalars().all()
        chosen = [chosen_records.by_id(connection, each) for each in ids]
    assert [each.undone for each in chosen if each] == [True, True]  # so the message is dropped


def test_a_refund_before_the_grant_leaves_nothing(scene: Scene, member_id: int) -> None:
    campaigns.sweep_events(scene.house)
    topped_up(scene, top_up_quote(scene, 900), "t1")
    refunded(scene, member_id)
    points = card(scene).balances.points
    campaigns.sweep_events(scene.house)
    assert card(scene).multipliers == ()
    assert card(scene).balances.points == points


def test_a_reversal_before_the_grant_leaves_nothing(scene: Scene, member_id: int) -> None:
    campaigns.sweep_events(scene.house)
    paid = topped_up(scene, top_up_quote(scene, 300), "t1")
    due = [each for each in scene.shop.campaigns if each.id == "thanks"]
    assert due
    reversed_by_manager(scene, paid.transfer_id)
    campaigns.sweep_events(scene.house)
    assert card(scene).multipliers == ()


def test_it_moves_with_the_card_and_is_never_changed(scene: Scene, member_id: int) -> None:
    give(scene, member_id)
    other = scene.house
    with other.engine.begin() as connection:
        stays = connection.execute(
            text(
                "INSERT INTO member (name, home_store_id, level, joined_at)"
                " VALUES ('小林', 'main', 'fresh', now()) RETURNING id"
            )
        ).scalar_one()
        move_what_is_open(connection, old=member_id, into=stays, at=scene.now)
    with scene.engine.connect() as connection:
        assert len(multipliers.held(connection, stays, scene.now)) == 1
        assert multipliers.held(connection, member_id, scene.now) == ()
    for change in ("factor_percent = 900", "ends_at = ends_at + interval '1 day'", "source_key = 'x'"):
        with pytest.raises(Exception, match="does not change"), scene.engine.begin() as connection:
            connection.exec_driver_sql(f"UPDATE points_multiplier SET {change}")
    with pytest.raises(Exception, match="points_multiplier"), scene.engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM points_multiplier")
