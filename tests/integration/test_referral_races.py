"""Referral under pressure: opposite pairs, the last place under a cap, faults at a bad moment (row D3)."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import pytest
from racing_kit import at_once
from rewards_support import Place
from sqlalchemy import Connection, create_engine, text

from actions.loyalty import referral, referral_undoing
from actions.membership import people
from ledger import book
from ledger.book import Busy, verify
from ledger.records import messages, referral_codes, referrals
from shop.model import ReferralReward


@pytest.fixture
def place(database_url: str) -> Iterator[Place]:
    engine = create_engine(database_url, pool_size=24)
    made = Place(engine)
    made.with_referral(
        inviter=ReferralReward(points=300),
        newcomer=ReferralReward.model_validate({"gift": 30, "points": 200}),
    )
    yield made
    with engine.connect() as connection:
        assert verify.verify(connection) == []
    engine.dispose()


def scene(place: Place, openid: str) -> str:
    queued = referral.send_poster(place.house, openid=openid, key=f"poster:{openid}")
    assert isinstance(queued, referral.PosterQueued)
    with place.engine.connect() as connection:
        member_id = connection.execute(
            text("SELECT member_id FROM binding WHERE openid = :openid"), {"openid": openid}
        ).scalar_one()
        code = referral_codes.of_member(connection, member_id)
    assert code is not None
    return code.scene


def newcomer(place: Place, openid: str, by_scene: str) -> int:
    assert people.note_follow(place.house, openid=openid, scene=by_scene) is not None
    return place.member(openid, name="王小明")


def pay(place: Place, member_id: int, transfer_id: int, amount_fen: int = 30_000) -> None:
    referral.after_paid(
        place.house, member_id=member_id, kind="top_up", amount_fen=amount_fen, transfer_id=transfer_id
    )


def states(place: Place) -> list[str]:
    with place.engine.connect() as connection:
        return list(connection.execute(text("SELECT state FROM referral ORDER BY id")).scalars())


def test_opposite_pairs_pay_at_once_and_nobody_waits_for_the_other(place: Place) -> None:
    """Inviter with the lower id and newcomer with the higher, and the other way round, many at a time."""
    pairs = []
    for number in range(8):
        first, second = f"oA_{number:025d}", f"oB_{number:025d}"
        low = place.member(first)
        pairs.append((newcomer(place, second, scene(place, first)), low))
    # The newcomer of one is the inviter of the next, in the other direction of ids.
    chained = []
    for number in range(8):
        openid = f"oC_{number:025d}"
        assert (
            people.note_follow(place.house, openid=openid, scene=scene(place, f"oB_{number:025d}"))
            is not None
        )
        chained.append((place.member(openid), pairs[number][0]))
    payments = [(invitee, place.top_up(invitee, 30_000)) for invitee, _ in (*pairs, *chained)]
    at_once([partial(pay, place, *payment) for payment in payments])
    referral.earn_missed(place.house)
    assert set(states(place)) == {"granted"}
    assert place.count("referral_grant") == 2 * len(payments)


def test_a_payment_seen_many_times_at_once_rewards_once(place: Place) -> None:
    inviter = place.member("oINVITER")
    member_id = newcomer(place, "oNEW", scene(place, "oINVITER"))
    transfer_id = place.top_up(member_id, 30_000)
    at_once([partial(pay, place, member_id, transfer_id)] * 8)
    assert place.points(inviter) == 300
    assert place.points(member_id) == 200


def test_the_last_place_under_the_cap_is_given_once(place: Place) -> None:
    place.with_referral(per_day=3, burst_per_hour=100)
    inviter = place.member("oINVITER")
    code = scene(place, "oINVITER")
    payments = []
    for number in range(8):
        member_id = newcomer(place, f"oNEW_{number}", code)
        payments.append((member_id, place.top_up(member_id, 30_000)))
    at_once([partial(pay, place, *payment) for payment in payments])
    referral.earn_missed(place.house)
    assert place.points(inviter) == 900
    assert place.count("referral_grant", "side = 'newcomer'") == 8
    place.later(days=1)
    later = newcomer(place, "oNEW_9", code)
    pay(place, later, place.top_up(later, 30_000))
    assert place.points(inviter) == 1200


def test_the_cap_of_a_month(place: Place) -> None:
    place.with_referral(per_day=2, per_month=3, burst_per_hour=100)
    inviter = place.member("oINVITER")
    code = scene(place, "oINVITER")
    for day in range(4):
        member_id = newcomer(place, f"oNEW_{day}", code)
        pay(place, member_id, place.top_up(member_id, 30_000))
        place.later(days=1)
    assert place.points(inviter) == 900
    place.later(days=8)
    member_id = newcomer(place, "oNEW_9", code)
    pay(place, member_id, place.top_up(member_id, 30_000))
    assert place.points(inviter) == 1200


def test_a_busy_wallet_fails_no_payment_and_the_sweep_makes_up_for_it(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    inviter = place.member("oINVITER")
    member_id = newcomer(place, "oNEW", scene(place, "oINVITER"))
    transfer_id = place.top_up(member_id, 30_000)

    def busy(_connection: Connection, _member_ids: list[int]) -> None:
        raise Busy("locked")

    with monkeypatch.context() as patched:
        patched.setattr(book, "lock_wallets", busy)
        pay(place, member_id, transfer_id)
    assert states(place) == ["pending"]
    assert referral.earn_missed(place.house) == 1
    assert referral.earn_missed(place.house) == 0
    assert place.points(inviter) == 300


def test_the_sweep_knows_what_counts(place: Place) -> None:
    place.with_referral(on="purchase", minimum_fen=10_000)
    place.member("oINVITER")
    member_id = newcomer(place, "oNEW", scene(place, "oINVITER"))
    place.top_up(member_id, 30_000)
    assert referral.earn_missed(place.house) == 0
    place.with_referral(on="any", minimum_fen=30_001)
    assert referral.earn_missed(place.house) == 0
    place.with_referral(minimum_fen=30_000)
    assert referral.earn_missed(place.house) == 1


def test_a_refund_takes_the_reward_back_by_itself(place: Place) -> None:
    inviter = place.member("oINVITER")
    member_id = newcomer(place, "oNEW", scene(place, "oINVITER"))
    pay(place, member_id, place.top_up(member_id, 30_000))
    assert place.points(inviter) == 300
    with place.engine.begin() as connection:
        quoted = book.quote_refund(connection, member_id, rule="seven_days", now=place.now)
        book.refund(connection, place.header(connection, member_id), quote=quoted, payment_method="wechat")
    place.later(days=60)
    assert referral_undoing.settle_due(place.house) == 0
    assert referral_undoing.settle_old(place.house) == 1
    assert states(place) == ["taken_back"]
    assert place.points(inviter) == 0
    assert place.points(member_id) == 0


EVERYTHING = {
    "gift": 10,
    "points": 50,
    "coupons": ({"coupon": "over_300", "count": 2}, {"coupon": "any_20"}),
    "entitlements": ({"pack": "facial_course", "amount": 1},),
}


def test_a_reward_of_everything_is_given_told_and_taken_back(place: Place) -> None:
    place.with_referral(
        inviter=ReferralReward.model_validate({"coupons": ({"coupon": "any_20"},)}),
        newcomer=ReferralReward.model_validate(EVERYTHING),
    )
    place.member("oINVITER")
    member_id = newcomer(place, "oNEW", scene(place, "oINVITER"))
    transfer_id = place.top_up(member_id, 30_000)
    pay(place, member_id, transfer_id)
    with place.engine.connect() as connection:
        held = book.balances(connection, member_id, now=place.now)
        told = messages.of_openid(connection, "oNEW")[0].text
    assert (held.gift_fen, held.points) == (1000, 50)
    assert [(one.code, one.amount) for one in held.entitlements] == [("facial_course", 1)]
    for piece in ("¥10.00", "50 积分", "满300减40", "20元无门槛券", "补水疗程"):
        assert piece in told
    assert place.count("coupon", "state = 'open'") == 4
    found = referral.friends(place.house, openid="oINVITER")
    assert isinstance(found, referral.Friends)
    assert "20元无门槛券" in found.earned
    with place.engine.begin() as connection:
        book.reverse(connection, place.header(connection, member_id), transfer_id=transfer_id, reason="test")
    undone = referral_undoing.after_undone(place.house, transfer_id=transfer_id, actor="staff:1")
    assert undone is not None
    assert sorted(undone.taken) == ["inviter", "newcomer"]
    assert place.count("coupon", "state = 'open'") == 0
    assert place.points(member_id) == 0


def test_a_coupon_that_was_used_stays_and_is_named(place: Place) -> None:
    place.with_referral(
        inviter=ReferralReward.model_validate({"points": 50, "coupons": ({"coupon": "any_20"},)}),
        newcomer=ReferralReward(),
    )
    inviter = place.member("oINVITER")
    member_id = newcomer(place, "oNEW", scene(place, "oINVITER"))
    transfer_id = place.top_up(member_id, 30_000)
    pay(place, member_id, transfer_id)
    spent = place.top_up(inviter, 10_000)
    with place.engine.begin() as connection:
        connection.execute(
            text("UPDATE coupon SET state = 'used', used_transfer_id = :spent"), {"spent": spent}
        )
        book.reverse(connection, place.header(connection, member_id), transfer_id=transfer_id, reason="test")
    undone = referral_undoing.after_undone(place.house, transfer_id=transfer_id, actor="staff:1")
    assert undone is not None
    assert undone.kept == (("inviter", {"coupons_used": 1}),)
    assert referral_undoing.after_undone(place.house, transfer_id=transfer_id, actor="staff:1") is None
    assert place.points(inviter) == 0


def test_a_card_merged_into_another_goes_on_inviting(place: Place) -> None:
    old, new = place.member("oINVITER"), place.member("oINVITER_2")
    code = scene(place, "oINVITER")
    with place.engine.begin() as connection:
        book.merge(connection, place.header(connection, old, "merge"), into_member_id=new)
        connection.execute(
            text("UPDATE member SET merged_into = :new WHERE id = :old"), {"new": new, "old": old}
        )
    member_id = newcomer(place, "oNEW", code)
    pay(place, member_id, place.top_up(member_id, 30_000))
    assert place.points(new) == 300


def test_whom_a_card_brought_goes_along_with_it(place: Place) -> None:
    old, new = place.member("oINVITER"), place.member("oOTHER")
    code = scene(place, "oINVITER")
    newcomer(place, "oNEW", code)
    with place.engine.begin() as connection:
        assert referrals.move_inviter(connection, from_member_id=old, into_member_id=new) == 1
    friends = referral.friends(place.house, openid="oOTHER")
    assert isinstance(friends, referral.Friends)
    assert friends.count == 1


def test_two_people_cannot_bring_each_other(place: Place) -> None:
    place.member("oA")
    newcomer(place, "oB", scene(place, "oA"))
    with place.engine.begin() as connection:
        assert referrals.brought_by(connection, openid="oA", inviter_id=_member(connection, "oB"))
    assert people.note_scan(place.house, openid="oA", scene=scene(place, "oB")) is None


def _member(connection: Connection, openid: str) -> int:
    return int(
        connection.execute(
            text("SELECT member_id FROM binding WHERE openid = :openid"), {"openid": openid}
        ).scalar_one()
    )


@pytest.mark.parametrize("strange", ["", "ref.", "ref.0", "store:07", "ref.' OR 1=1 --", "ref." + "9" * 60])
def test_strange_scenes_bring_nobody(place: Place, strange: str) -> None:
    assert people.note_follow(place.house, openid="oNEW", scene=strange) is None
