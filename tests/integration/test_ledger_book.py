"""The everyday events of the book on real PostgreSQL: what they post, refuse, replay."""

from __future__ import annotations

import psycopg
import pytest
from ledger_support import DAY, NOW, header, line, new_member, posted, postings
from sqlalchemy import Connection, text
from sqlalchemy.exc import DatabaseError

from ledger.book import (
    Balances,
    EntitlementBalance,
    EntitlementGrant,
    EntitlementUse,
    KeyConflict,
    Posted,
    Refused,
    balances,
    expiring,
    grant_points,
    purchase,
    spend_points,
    statement,
    top_up,
)


def test_top_up_posts_everything_in_one_transfer(connection: Connection, member_id: int) -> None:
    done = top_up(
        connection,
        header("k1", member_id),
        paid_fen=30000,
        payment_method="wechat",
        gift_fen=3000,
        gift_expires_at=NOW + 365 * DAY,
        points=300,
        points_expires_at=NOW + 365 * DAY,
        entitlements=[EntitlementGrant("facial", "times", 2)],
    )
    assert posted(done) == Balances(1, 30000, 3000, 300, (EntitlementBalance("facial", "times", 2),))
    assert posted(done).stored_fen == 33000
    assert postings(connection, done) == {
        "member/paid_in": 30000,
        "s1/cash/wechat": -30000,
        "member/gift": 3000,
        "s1/gift_cost": -3000,
        "member/points": 300,
        "s1/points_cost": -300,
        "member/entitlement/facial": 2,
        "s1/entitlement_issued/facial": -2,
    }


def test_purchase_in_another_store_is_settled(connection: Connection, member_id: int) -> None:
    top_up(connection, header("k1", member_id), paid_fen=30000, payment_method="wechat", gift_fen=3000)
    done = purchase(
        connection,
        header("k2", member_id, store_id="s2"),
        lines=[line(40000, 50000)],
        stored_fen=32000,
        spending_order="paid_in_first",
        outside_fen=8000,
        payment_method="alipay",
        points_earned=40,
    )
    assert posted(done) == Balances(2, 0, 1000, 40, ())
    assert postings(connection, done) == {
        "member/paid_in": -30000,
        "s2/revenue/paid_in": 30000,
        "member/gift": -2000,
        "s2/revenue/gift": 2000,
        "s1/settlement/s2": 30000,
        "s2/settlement/s1": -30000,
        "s2/cash/alipay": -8000,
        "s2/revenue/outside": 8000,
        "member/points": 40,
        "s2/points_cost": -40,
    }


@pytest.mark.parametrize(
    ("order", "left"),
    [("paid_in_first", (9000, 3000)), ("gift_first", (12000, 0)), ("pro_rata", (10910, 1090))],
)
def test_order_of_spending(connection: Connection, member_id: int, order: str, left: tuple[int, int]) -> None:
    top_up(connection, header("k1", member_id), paid_fen=30000, payment_method="cash", gift_fen=3000)
    done = purchase(
        connection,
        header("k2", member_id),
        lines=[line(21000)],
        stored_fen=21000,
        spending_order=order,  # type: ignore[arg-type]
    )
    assert (posted(done).paid_in_fen, posted(done).gift_fen) == left


def test_a_refusal_is_kept(connection: Connection, member_id: int) -> None:
    ask = {"lines": [line(500)], "stored_fen": 500, "spending_order": "gift_first"}
    first = purchase(connection, header("k1", member_id), **ask)  # type: ignore[arg-type]
    assert first == Refused("insufficient", {"what": "stored", "needed": 500, "available": 0}, replayed=False)
    top_up(connection, header("k2", member_id), paid_fen=1000, payment_method="cash")
    again = purchase(connection, header("k1", member_id), **ask)  # type: ignore[arg-type]
    assert again == Refused("insufficient", {"what": "stored", "needed": 500, "available": 0}, replayed=True)
    assert balances(connection, member_id, now=NOW).stored_fen == 1000


def test_a_replay_has_the_first_answer_and_no_effect(connection: Connection, member_id: int) -> None:
    first = top_up(connection, header("k1", member_id), paid_fen=1000, payment_method="cash")
    top_up(connection, header("k2", member_id), paid_fen=5, payment_method="cash")
    later = header("k1", member_id, at=NOW + DAY)
    again = top_up(connection, later, paid_fen=1000, payment_method="cash", gift_expires_at=NOW + DAY)
    assert isinstance(first, Posted)
    assert again == Posted(first.transfer_id, True, first.balances)
    assert balances(connection, member_id, now=NOW).paid_in_fen == 1005


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"paid_fen": 999}, "paid_fen"),
        ({"payment_method": "wechat"}, "payment_method"),
        ({"gift_fen": 1}, "gift_fen"),
        ({"entitlements": [EntitlementGrant("facial", "times", 1)]}, "entitlements"),
    ],
)
def test_same_key_other_content(
    connection: Connection, member_id: int, change: dict[str, object], field: str
) -> None:
    ask: dict[str, object] = {"paid_fen": 1000, "payment_method": "cash"}
    top_up(connection, header("k1", member_id), **ask)  # type: ignore[arg-type]
    with pytest.raises(KeyConflict) as conflict:
        top_up(connection, header("k1", member_id), **{**ask, **change})  # type: ignore[arg-type]
    assert conflict.value.field == field
    assert balances(connection, member_id, now=NOW).paid_in_fen == 1000


def test_same_key_other_header(connection: Connection, member_id: int) -> None:
    other = new_member(connection, "阿芳")
    top_up(connection, header("k1", member_id), paid_fen=1000, payment_method="cash")
    for changed, field in [
        (header("k1", other), "member"),
        (header("k1", member_id, store_id="s2"), "store"),
        (header("k1", member_id, memo="x"), "memo"),
    ]:
        with pytest.raises(KeyConflict) as conflict:
            top_up(connection, changed, paid_fen=1000, payment_method="cash")
        assert conflict.value.field == field
    with pytest.raises(KeyConflict) as conflict:
        grant_points(connection, header("k1", member_id), points=1, expires_at=None, reason="gift")
    assert conflict.value.field == "kind"


def test_a_quote_is_bound_to_its_version(connection: Connection, member_id: int) -> None:
    version = balances(connection, member_id, now=NOW).version
    top_up(connection, header("k1", member_id), paid_fen=1000, payment_method="cash")
    late = top_up(
        connection, header("k2", member_id), paid_fen=5, payment_method="cash", expected_version=version
    )
    assert late == Refused("changed", {"expected_version": 0, "version": 1}, replayed=False)
    assert posted(
        top_up(connection, header("k3", member_id), paid_fen=5, payment_method="cash", expected_version=1)
    )


def test_due_lots_expire_inside_the_spend(connection: Connection, member_id: int) -> None:
    grant_points(connection, header("k1", member_id), points=100, expires_at=NOW + DAY, reason="birthday")
    grant_points(connection, header("k2", member_id), points=10, expires_at=NOW + 9 * DAY, reason="birthday")
    later = NOW + DAY
    quoted = balances(connection, member_id, now=later)
    assert (quoted.points, quoted.version) == (10, 3)
    refused = spend_points(
        connection, header("k3", member_id, at=later), points=50, reward_id="cup", expected_version=3
    )
    assert refused == Refused(
        "insufficient", {"what": "points", "code": "", "needed": 50, "available": 10}, replayed=False
    )
    done = spend_points(
        connection, header("k4", member_id, at=later), points=10, reward_id="pen", expected_version=3
    )
    assert posted(done).points == 0
    kinds = [entry.kind for entry in statement(connection, member_id, start=NOW, end=later + DAY)]
    assert kinds == ["points_spend", "expiry", "points_grant", "points_grant"]


def test_first_to_expire_goes_first(connection: Connection, member_id: int) -> None:
    for key, points, expires_at in [("a", 10, None), ("b", 20, NOW + 9 * DAY), ("c", 30, NOW + 5 * DAY)]:
        grant_points(connection, header(key, member_id), points=points, expires_at=expires_at, reason="gift")
    spend_points(connection, header("d", member_id), points=35, reward_id="cup")
    left = connection.execute(text("SELECT remaining FROM lot ORDER BY id")).scalars().all()
    assert left == [10, 15, 0]
    [lot] = expiring(connection, member_id, NOW + 30 * DAY, NOW)
    assert (lot.kind, lot.amount, lot.expires_at) == ("points", 15, NOW + 9 * DAY)


def test_entitlements_are_sold_and_used(connection: Connection, member_id: int) -> None:
    top_up(connection, header("k1", member_id), paid_fen=100000, payment_method="cash")
    pack = EntitlementGrant("cupping", "times", 10, NOW + 90 * DAY)
    sold = purchase(
        connection,
        header("k2", member_id),
        lines=[line(98000)],
        stored_fen=98000,
        spending_order="gift_first",
        entitlements=[pack],
    )
    assert posted(sold).entitlements == (EntitlementBalance("cupping", "times", 10),)
    used = purchase(
        connection,
        header("k3", member_id),
        lines=[line(0, 12800)],
        stored_fen=0,
        spending_order="gift_first",
        entitlement_uses=[EntitlementUse("cupping", 3)],
    )
    assert posted(used).entitlements == (EntitlementBalance("cupping", "times", 7),)
    too_many = purchase(
        connection,
        header("k4", member_id),
        lines=[line(0, 12800)],
        stored_fen=0,
        spending_order="gift_first",
        entitlement_uses=[EntitlementUse("cupping", 8)],
    )
    assert isinstance(too_many, Refused)
    assert too_many.detail == {"what": "entitlement", "code": "cupping", "needed": 8, "available": 7}


def test_statement_shows_what_remained_and_pages(connection: Connection, member_id: int) -> None:
    for day, fen in enumerate([1000, 2000, 4000]):
        moment = NOW + day * DAY
        top_up(
            connection,
            header(f"k{day}", member_id, at=moment, memo=f"第{day}天"),
            paid_fen=fen,
            payment_method="cash",
            gift_fen=fen // 10,
            points=day,
        )
    period = {"start": NOW, "end": NOW + 2 * DAY}
    first = statement(connection, member_id, **period, limit=1)
    second = statement(connection, member_id, **period, limit=5, before_id=first[-1].transfer_id)
    lines = [
        (entry.memo, entry.paid_in_fen, entry.gift_fen, entry.points, entry.after.stored_fen)
        for entry in first + second
    ]
    assert lines == [("第1天", 2000, 200, 1, 3300), ("第0天", 1000, 100, 0, 1100)]


@pytest.mark.parametrize(
    "ask",
    [
        {"paid_fen": -1, "payment_method": "cash"},
        {"paid_fen": 0, "payment_method": "cash"},
        {"paid_fen": 10**13, "payment_method": "cash"},
        {"paid_fen": 1.5, "payment_method": "cash"},
        {"paid_fen": True, "payment_method": "cash"},
    ],
)
def test_impossible_amounts_never_reach_the_book(
    connection: Connection, member_id: int, ask: dict[str, object]
) -> None:
    with pytest.raises(ValueError, match=r"paid_fen|nothing"):
        top_up(connection, header("k1", member_id), **ask)  # type: ignore[arg-type]


def test_lines_must_add_up(connection: Connection, member_id: int) -> None:
    with pytest.raises(ValueError, match="add up"):
        purchase(
            connection, header("k1", member_id), lines=[line(100)], stored_fen=99, spending_order="gift_first"
        )


@pytest.mark.parametrize(
    "attack",
    [
        "UPDATE transfer SET memo = 'x'",
        "DELETE FROM transfer",
        "TRUNCATE posting",
        "UPDATE posting SET amount = amount + 1",
        "DELETE FROM posting",
        "DELETE FROM lot_use",
        "DELETE FROM lot",
        "DELETE FROM wallet",
        "UPDATE account SET balance = -1 WHERE kind = 'points'",
        "UPDATE lot SET remaining = amount + 1",
        "INSERT INTO posting VALUES (1, 999, 'fen', 5, 5)",
        "INSERT INTO posting VALUES (1, 999, 'fen', 5, 5), (2, 999, 'points', -5, 0)",
    ],
)
def test_the_database_refuses(connection: Connection, member_id: int, attack: str) -> None:
    top_up(connection, header("k1", member_id), paid_fen=1000, payment_method="cash", points=5)
    with pytest.raises(DatabaseError) as refused, connection.begin_nested():
        connection.execute(text(attack))
    assert isinstance(refused.value.orig, psycopg.errors.IntegrityError)


def test_what_is_rolled_back_never_was(connection: Connection, member_id: int) -> None:
    with connection.begin_nested() as savepoint:
        top_up(connection, header("k1", member_id), paid_fen=1000, payment_method="cash")
        savepoint.rollback()
    again = top_up(connection, header("k1", member_id), paid_fen=7, payment_method="cash")
    assert posted(again).paid_in_fen == 7
