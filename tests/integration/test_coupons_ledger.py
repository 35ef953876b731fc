"""Coupons on real PostgreSQL: given once, used once, given back, taken back, expired (row D2)."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

import pytest
from ledger_support import DAY, NOW, database, header, line, new_member
from sqlalchemy import Connection, Engine, create_engine, text
from sqlalchemy.exc import DatabaseError

from bot.embedded.postgres import PostgresServer
from ledger import book
from ledger.book import Posted
from ledger.records import coupon_checks, coupons
from ledger.records.coupons import Limits, Lost, OverLimit, Used

CONTENT = {"id": "off_20", "name": "满100减20", "kind": "amount", "off": "20.00"}


@pytest.fixture(scope="module")
def module_engine(postgres_server: PostgresServer) -> Iterator[Engine]:
    with database(postgres_server) as url:
        engine = create_engine(url, pool_size=10)
        yield engine
        engine.dispose()


@pytest.fixture
def connection(module_engine: Engine) -> Iterator[Connection]:
    """Rolled back after each test, when nothing may be wrong."""
    with module_engine.connect() as connection:
        yield connection
        assert coupon_checks.verify(connection) == ()


def give(
    connection: Connection,
    member_id: int,
    count: int = 1,
    *,
    key: str = "",
    expires_at: datetime = NOW + 10 * DAY,
    at: datetime = NOW,
    limits: Limits | None = None,
    transfer_id: int | None = None,
) -> tuple[int, ...]:
    given = coupons.issue(
        connection,
        member_id=member_id,
        kind_id="off_20",
        content=CONTENT,
        count=count,
        source_key=key or f"gift-{member_id}",
        at=at,
        expires_at=expires_at,
        store_id="s1",
        limits=limits,
        source_transfer_id=transfer_id,
    )
    assert isinstance(given, tuple), given
    return given


def buy(connection: Connection, member_id: int, key: str) -> int:
    done = book.purchase(
        connection,
        header(key, member_id),
        lines=[line(100)],
        stored_fen=0,
        outside_fen=100,
        payment_method="cash",
        spending_order="paid_in_first",
    )
    assert isinstance(done, Posted)
    return done.transfer_id


def in_hand(connection: Connection, member_id: int, at: datetime = NOW) -> list[int]:
    return [each.id for each in coupons.held(connection, member_id, at)]


def events(connection: Connection, coupon_id: int) -> list[str]:
    rows = connection.execute(
        text("SELECT what FROM coupon_event WHERE coupon_id = :id ORDER BY id"), {"id": coupon_id}
    )
    return [row.what for row in rows]


def test_a_gift_is_given_once_and_keeps_its_terms(connection: Connection) -> None:
    member = new_member(connection)
    first = give(connection, member, 3)
    assert give(connection, member, 3) == first == give(connection, member, 5)
    held = coupons.held(connection, member, NOW)
    assert [each.id for each in held] == list(first)
    assert (held[0].content, held[0].expires_at) == (CONTENT, NOW + 10 * DAY)
    assert events(connection, first[0]) == ["issued"]
    with pytest.raises(ValueError, match="1 to 1000"):
        give(connection, member, 0)
    with pytest.raises(ValueError, match="not over"):
        give(connection, member, key="late", expires_at=NOW)


@pytest.mark.parametrize(
    ("limits", "over"),
    [
        (Limits(NOW, held_at_once=3), OverLimit("held_at_once", 2, 3)),
        (Limits(NOW, in_total=3), OverLimit("in_total", 2, 3)),
        (Limits(NOW, per_month=3), OverLimit("per_month", 2, 3)),
    ],
)
def test_a_members_limit_refuses_the_whole_gift(
    connection: Connection, limits: Limits, over: OverLimit
) -> None:
    member = new_member(connection)
    give(connection, member, 2, limits=limits)
    refused = coupons.issue(
        connection,
        member_id=member,
        kind_id="off_20",
        content=CONTENT,
        count=2,
        source_key="more",
        at=NOW,
        expires_at=NOW + DAY,
        store_id="s1",
        limits=limits,
    )
    assert refused == over
    assert len(in_hand(connection, member)) == 2
    assert len(give(connection, member, 1, key="one", limits=limits)) == 1


def test_last_months_and_used_ones_leave_room_where_the_limit_says_so(connection: Connection) -> None:
    member = new_member(connection)
    first = give(connection, member, 1)
    transfer = buy(connection, member, f"b{member}")
    coupons.use(connection, first, member_id=member, transfer_id=transfer, at=NOW)
    give(connection, member, 1, key="held", limits=Limits(NOW, held_at_once=1))
    later = NOW + timedelta(days=1)
    give(connection, member, 1, key="month", at=later, limits=Limits(later, per_month=1))


def test_used_once_and_only_by_its_member_before_it_ends(connection: Connection) -> None:
    member, other = new_member(connection), new_member(connection, "阿芳")
    one, two = give(connection, member, 2)
    first, second = buy(connection, member, f"b1-{member}"), buy(connection, member, f"b2-{member}")
    strange = coupons.use(connection, [one], member_id=other, transfer_id=first, at=NOW)
    assert strange == Lost(one, "not_his")
    late = coupons.use(connection, [one], member_id=member, transfer_id=first, at=NOW + 10 * DAY)
    assert late == Lost(one, "expired")
    used = coupons.use(connection, [one], member_id=member, transfer_id=first, at=NOW)
    assert used == Used((one,)) == coupons.use(connection, [one], member_id=member, transfer_id=first, at=NOW)
    both = coupons.use(connection, [two, one], member_id=member, transfer_id=second, at=NOW)
    assert both == Lost(one, "used")
    assert in_hand(connection, member) == [two]
    assert events(connection, one) == ["issued", "used"]


def test_a_reservation_keeps_others_away_until_it_lapses(connection: Connection) -> None:
    member = new_member(connection)
    (one,) = give(connection, member)
    until = NOW + timedelta(minutes=10)
    reserve = coupons.reserve
    assert reserve(connection, [one], member_id=member, reserved_for="a", until=until, at=NOW) == (one,)
    lost = reserve(connection, [one], member_id=member, reserved_for="b", until=until, at=NOW)
    assert lost == Lost(one, "reserved")
    assert in_hand(connection, member) == []
    assert in_hand(connection, member, until) == [one]
    transfer = buy(connection, member, f"b-{member}")
    assert coupons.use(connection, [one], member_id=member, transfer_id=transfer, at=NOW) == lost
    assert coupons.release(connection, reserved_for="a", at=NOW) == 1
    assert reserve(connection, [one], member_id=member, reserved_for="b", until=until, at=NOW) == (one,)
    used = coupons.use(connection, [one], member_id=member, transfer_id=transfer, at=NOW, reserved_for="b")
    assert used == Used((one,))
    assert events(connection, one) == ["issued", "reserved", "released", "reserved", "used"]


def test_a_reversal_gives_back_what_is_still_good_and_names_what_is_not(connection: Connection) -> None:
    member = new_member(connection)
    (short,) = give(connection, member, key=f"short-{member}", expires_at=NOW + DAY)
    (long,) = give(connection, member, key=f"long-{member}")
    transfer = buy(connection, member, f"b-{member}")
    coupons.use(connection, [short, long], member_id=member, transfer_id=transfer, at=NOW)
    undone = coupons.undo(connection, transfer, at=NOW + 2 * DAY)
    assert (undone.opened, undone.expired) == ((long,), (short,))
    assert coupons.undo(connection, transfer, at=NOW + 2 * DAY) == coupons.Undone()
    assert in_hand(connection, member, NOW + 2 * DAY) == [long]
    again = buy(connection, member, f"b2-{member}")
    assert coupons.use(connection, [long], member_id=member, transfer_id=again, at=NOW + 2 * DAY) == Used(
        (long,)
    )
    assert events(connection, long) == ["issued", "used", "given_back", "used"]


def test_what_gave_coupons_takes_the_unused_ones_back_and_names_the_used(connection: Connection) -> None:
    member = new_member(connection)
    giver = buy(connection, member, f"giver-{member}")
    one, two, three = give(connection, member, 3, transfer_id=giver)
    taker = buy(connection, member, f"taker-{member}")
    coupons.use(connection, [two], member_id=member, transfer_id=taker, at=NOW)
    assert coupons.counts_of(connection, (giver,)) == (2, 1)
    undone = coupons.undo(connection, giver, at=NOW)
    assert (undone.taken, undone.kept, undone.lapsed) == ((one, three), ((two, taker),), ())
    assert coupons.undo(connection, giver, at=NOW).lapsed == (one, three)
    assert in_hand(connection, member) == []
    give(connection, member, 3, key="by-word")
    assert len(coupons.take_back_of(connection, "by-word", at=NOW).taken) == 3
    lost = coupons.use(connection, [one], member_id=member, transfer_id=taker, at=NOW)
    assert lost == Lost(one, "taken_back")


def test_what_is_over_is_marked_a_piece_at_a_time(connection: Connection) -> None:
    member = new_member(connection)
    old = give(connection, member, 3, key=f"old-{member}", expires_at=NOW + DAY)
    (good,) = give(connection, member, key=f"good-{member}")
    assert coupons.expire_due(connection, NOW, limit=2) == 0
    marked = [coupons.expire_due(connection, NOW + DAY, limit=2) for _ in range(3)]
    assert marked == [2, 1, 0]
    assert in_hand(connection, member, NOW + DAY) == [good]
    assert events(connection, old[2]) == ["issued", "expired"]


def test_coupons_move_with_the_card(connection: Connection) -> None:
    old, new = new_member(connection), new_member(connection, "新卡")
    given = give(connection, old, 2)
    assert coupons.move(connection, from_member_id=old, to_member_id=new, at=NOW) == 2
    assert in_hand(connection, new) == list(given)
    assert events(connection, given[0]) == ["issued", "moved"]


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE coupon SET expires_at = expires_at + interval '1 year'",
        "UPDATE coupon SET kind_content = '{}'",
        "UPDATE coupon SET state = 'used'",
        "UPDATE coupon SET state = 'open'",
        "UPDATE coupon SET used_transfer_id = 1",
        "DELETE FROM coupon",
        "UPDATE coupon_event SET what = 'issued'",
        "DELETE FROM coupon_event",
        "UPDATE coupon SET state = 'used', used_transfer_id = 999999999",
    ],
)
def test_the_database_refuses_what_no_coupon_does(connection: Connection, change: str) -> None:
    give(connection, new_member(connection))
    with pytest.raises(DatabaseError), connection.begin_nested():
        connection.execute(text(change))


def test_the_check_finds_a_coupon_whose_booking_is_undone(connection: Connection) -> None:
    member = new_member(connection)
    (one,) = give(connection, member)
    transfer = buy(connection, member, f"b-{member}")
    coupons.use(connection, [one], member_id=member, transfer_id=transfer, at=NOW)
    undone = book.reverse(connection, header(f"r-{member}", member), transfer_id=transfer, reason="错")
    assert isinstance(undone, Posted)
    found = coupon_checks.verify(connection)
    assert [(each.member_id, each.transfer_id) for each in found] == [(member, transfer)]
    coupons.undo(connection, transfer, at=NOW)


def test_two_stores_in_the_same_second_and_one_wins(module_engine: Engine) -> None:
    for number in range(10):
        with module_engine.begin() as connection:
            member = new_member(connection)
            given = give(connection, member, 2, key=f"race-{number}")
            transfers = [buy(connection, member, f"race-{member}-{store}") for store in range(4)]
        outcomes = _race_for(module_engine, member, given, transfers)
        assert sorted(type(each).__name__ for each in outcomes) == ["Lost", "Lost", "Lost", "Used"]
    with module_engine.connect() as connection:
        assert coupon_checks.verify(connection) == ()


def _race_for(engine: Engine, member: int, given: tuple[int, ...], transfers: list[int]) -> list[Used | Lost]:
    """Four stores go for the same two coupons, named in either order; nothing else keeps them apart."""
    outcomes: list[Used | Lost] = []
    start = threading.Barrier(4)

    def go(store: int) -> None:
        start.wait()
        with engine.connect() as own:
            ids = given if store % 2 else given[::-1]
            outcome = coupons.use(own, ids, member_id=member, transfer_id=transfers[store], at=NOW)
            if isinstance(outcome, Used):
                own.commit()
            outcomes.append(outcome)

    _together(go, 4)
    return outcomes


def test_two_givers_cannot_pass_a_limit_together(module_engine: Engine) -> None:
    with module_engine.begin() as connection:
        member = new_member(connection)
    start = threading.Barrier(4)
    outcomes: list[tuple[int, ...] | OverLimit] = []

    def go(number: int) -> None:
        start.wait()
        with module_engine.begin() as own:
            outcomes.append(
                coupons.issue(
                    own,
                    member_id=member,
                    kind_id="off_20",
                    content=CONTENT,
                    count=1,
                    source_key=f"together-{number}",
                    at=NOW,
                    expires_at=NOW + DAY,
                    store_id="s1",
                    limits=Limits(NOW, in_total=1),
                )
            )

    _together(go, 4)
    assert sum(isinstance(each, tuple) for each in outcomes) == 1
    with module_engine.connect() as connection:
        assert len(in_hand(connection, member)) == 1


def _together(work: Callable[[int], None], number: int) -> None:
    threads = [threading.Thread(target=work, args=(index,)) for index in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
