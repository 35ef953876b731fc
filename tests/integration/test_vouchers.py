"""Vouchers against a real database: once only, in every order of events (features A6)."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from rewards_support import Place
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.exc import DBAPIError

from actions.house import Denied
from actions.loyalty import rewards, voucher_desk
from actions.loyalty.rewards import RedeemChanged, Redeemed
from actions.loyalty.voucher_desk import VoucherSeen, VoucherUsed
from ledger import book
from ledger.book import Posted, verify
from ledger.records import messages, vouchers

LIN = "oLIN_000000000000000000000001"
GUOMAO, WANGJING = "oCASHIER_00000000000000000001", "oCASHIER_00000000000000000002"


@pytest.fixture
def place(database_url: str) -> Iterator[Place]:
    engine: Engine = create_engine(database_url, pool_size=16)
    made = Place(engine)
    made.hire(GUOMAO, "guomao")
    made.hire(WANGJING, "wangjing")
    yield made
    with engine.connect() as connection:
        assert verify.verify(connection) == []
    engine.dispose()


def use(place: Place, staff_openid: str, code: str, key: str) -> VoucherUsed | Denied:
    store_id = "guomao" if staff_openid == GUOMAO else "wangjing"
    return voucher_desk.use(place.house, staff_openid=staff_openid, code=code, store_id=store_id, key=key)


def test_the_same_yes_redeems_once(place: Place) -> None:
    place.member(LIN, points=2000)
    asked = rewards.quote(place.house, openid=LIN, reward_id="r_hand_cream", quantity=2)
    assert isinstance(asked, rewards.RedeemQuote)
    assert (asked.points, asked.points_after) == (1200, 800)
    barrier = threading.Barrier(6)

    def confirm() -> Redeemed:
        barrier.wait()
        done = rewards.redeem(place.house, openid=LIN, quote=asked, key="one yes")
        assert isinstance(done, Redeemed)
        return done

    with ThreadPoolExecutor(6) as pool:
        done = list(pool.map(lambda _: confirm(), range(6)))
    assert len({each.voucher.code for each in done if each.voucher}) == 1
    assert sum(not each.replayed for each in done) == 1
    assert place.count("voucher") == 1
    assert place.count("message_picture") == 1


def test_two_different_yeses_at_once_never_spend_what_is_not_there(place: Place) -> None:
    member_id = place.member(LIN, points=1000)
    quotes = [rewards.quote(place.house, openid=LIN, reward_id="r_hand_cream") for _ in range(2)]
    barrier = threading.Barrier(2)

    def confirm(number: int) -> object:
        barrier.wait()
        asked = quotes[number]
        assert isinstance(asked, rewards.RedeemQuote)
        return rewards.redeem(place.house, openid=LIN, quote=asked, key=f"yes {number}")

    with ThreadPoolExecutor(2) as pool:
        done = list(pool.map(confirm, range(2)))
    assert sum(isinstance(each, Redeemed) for each in done) == 1
    lost = next(each for each in done if not isinstance(each, Redeemed))
    assert isinstance(lost, Denied)
    assert lost.code == "redeem_short"
    assert place.points(member_id) == 400


def test_a_wallet_that_moved_means_a_new_quote(place: Place) -> None:
    member_id = place.member(LIN, points=2000)
    asked = rewards.quote(place.house, openid=LIN, reward_id="r_hand_cream")
    assert isinstance(asked, rewards.RedeemQuote)
    place.top_up(member_id, 10_000)
    changed = rewards.redeem(place.house, openid=LIN, quote=asked, key="k")
    assert isinstance(changed, RedeemChanged)
    assert place.count("voucher") == 0


def test_two_stores_in_the_same_second_one_wins(place: Place) -> None:
    place.member(LIN, points=1000)
    voucher = place.redeem(LIN).voucher
    assert voucher is not None
    barrier = threading.Barrier(8)

    def try_it(number: int) -> VoucherUsed | Denied:
        barrier.wait()
        return use(place, (GUOMAO, WANGJING)[number % 2], voucher.code, f"yes {number}")

    with ThreadPoolExecutor(8) as pool:
        done = list(pool.map(try_it, range(8)))
    won = [each for each in done if isinstance(each, VoucherUsed)]
    assert len(won) == 1
    assert {each.code for each in done if isinstance(each, Denied)} == {"voucher_used"}
    assert place.count("voucher_event", "what = 'used'") == 1
    assert place.count("message", "kind = 'voucher_receipt'") == 1


def test_the_same_confirmation_is_answered_the_same(place: Place) -> None:
    place.member(LIN, points=1000)
    voucher = place.redeem(LIN).voucher
    assert voucher is not None
    first, second = use(place, GUOMAO, voucher.code, "yes"), use(place, GUOMAO, voucher.code, "yes")
    assert isinstance(first, VoucherUsed)
    assert isinstance(second, VoucherUsed)
    assert (first.replayed, second.replayed) == (False, True)
    assert place.count("act", "what = 'voucher_use'") == 1


def test_a_member_of_staff_does_not_use_his_own(place: Place) -> None:
    place.member(GUOMAO, points=1000)
    voucher = place.redeem(GUOMAO).voucher
    assert voucher is not None
    for openid, code in ((GUOMAO, "voucher_own"), ("oSTRANGER", "not_staff")):
        seen = voucher_desk.look_at(place.house, staff_openid=openid, code=voucher.code)
        assert isinstance(seen, Denied)
        assert seen.code == code
    denied = use(place, GUOMAO, voucher.code, "yes")
    assert isinstance(denied, Denied)
    assert isinstance(
        voucher_desk.look_at(place.house, staff_openid=WANGJING, code=voucher.code.lower()), VoucherSeen
    )


@pytest.mark.parametrize("gives_back", [True, False])
def test_an_unused_voucher_ends_and_its_points_come_back_by_rule(place: Place, gives_back: bool) -> None:
    place.with_reward("r_hand_cream", refund_on_expiry=gives_back)
    member_id = place.member(LIN, points=1000)
    done = place.redeem(LIN)
    assert done.voucher is not None
    place.now = done.voucher.expires_at - (done.voucher.expires_at - place.now) / 1000
    assert voucher_desk.expire_vouchers(place.house) == 0
    place.now = done.voucher.expires_at
    assert voucher_desk.expire_vouchers(place.house) == 1
    assert voucher_desk.expire_vouchers(place.house) == 0
    assert place.points(member_id) == (1000 if gives_back else 400)
    with place.engine.connect() as connection:
        told = messages.of_openid(connection, LIN)[0].text
    assert ("600 积分已退回" in told) is gives_back
    late = use(place, GUOMAO, done.voucher.code, "yes")
    assert isinstance(late, Denied)
    assert late.code == "voucher_expired"


def test_a_voucher_used_while_it_expires_is_one_or_the_other(place: Place) -> None:
    """The look at due vouchers is old by the time they are ended: one that was used meanwhile stays used."""
    place.with_reward("r_hand_cream", refund_on_expiry=True)
    member_id = place.member(LIN, points=1000)
    done = place.redeem(LIN)
    assert done.voucher is not None
    place.now = done.voucher.expires_at
    stale = done.voucher
    with place.engine.begin() as connection:
        connection.execute(text("UPDATE voucher SET state = 'cancelled', ended_at = now()"))
    assert voucher_desk._expire(place.house, place.engine, stale) is False
    assert place.points(member_id) == 400
    assert place.count("message", "kind = 'voucher_expired'") == 0


def test_money_off_can_go_onto_the_card_at_once(place: Place) -> None:
    place.with_reward("r_cash_20", cash_as="gift_money")
    member_id = place.member(LIN, points=4000)
    done = place.redeem(LIN, "r_cash_20", 2)
    assert (done.voucher, done.quote.gift_fen, done.points_left) == (None, 4000, 400)
    with place.engine.connect() as connection:
        assert book.balances(connection, member_id, now=place.now).gift_fen == 4000


def test_money_off_as_a_voucher_names_its_worth(place: Place) -> None:
    place.member(LIN, points=4000)
    voucher = place.redeem(LIN, "r_cash_20", 2).voucher
    assert voucher is not None
    assert (voucher.kind, voucher.value_fen, voucher.quantity) == ("cash", 4000, 2)


def test_reversing_the_points_ends_an_open_voucher_and_is_refused_for_a_used_one(place: Place) -> None:
    member_id = place.member(LIN, points=2000)
    first, second = place.redeem(LIN), place.redeem(LIN)
    assert second.voucher is not None
    assert isinstance(use(place, GUOMAO, second.voucher.code, "yes"), VoucherUsed)
    for done, expected in ((first, None), (second, "voucher_used_so_kept")):
        with place.engine.begin() as connection:
            kept = voucher_desk.cancel_for_reversal(
                connection, done.transfer_id, member_id=member_id, actor="staff:1", now=place.now
            )
            assert (kept.code if kept else None) == expected
            if kept is None:
                header = place.header(connection, member_id)
                back = book.reverse(connection, header, transfer_id=done.transfer_id, reason="test")
                assert isinstance(back, Posted)
    assert place.points(member_id) == 1400
    assert place.count("voucher", "state = 'cancelled'") == 1


def test_a_voucher_goes_along_when_two_cards_become_one(place: Place) -> None:
    old, new = place.member(LIN, points=1000), place.member("oOTHER", points=1000)
    place.redeem(LIN)
    with place.engine.begin() as connection:
        assert vouchers.move(connection, from_member_id=old, into_member_id=new) == 1
        assert [v.member_id for v in vouchers.open_of(connection, new, now=place.now)] == [new]


def test_the_history_of_a_voucher_cannot_be_changed(place: Place) -> None:
    place.member(LIN, points=1000)
    place.redeem(LIN)
    for statement in (
        "UPDATE voucher_event SET actor = 'x'",
        "DELETE FROM voucher_event",
        "DELETE FROM voucher",
    ):
        with pytest.raises(DBAPIError, match="append-only"), place.engine.begin() as connection:
            connection.execute(text(statement))


def test_wrong_codes_at_the_same_moment_are_counted_one_by_one(place: Place) -> None:
    barrier = threading.Barrier(12)

    def guess(number: int) -> str:
        barrier.wait()
        denied = voucher_desk.look_at(
            place.house, staff_openid=GUOMAO, code=f"QQQQQQ{'ACDEFGHJKMNP'[number]}Q"
        )
        assert isinstance(denied, Denied)
        return denied.code

    with ThreadPoolExecutor(12) as pool:
        said = sorted(pool.map(guess, range(12)))
    assert said == ["voucher_tries"] * 2 + ["voucher_unknown"] * 10
