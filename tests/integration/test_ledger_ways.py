"""The short ways: a top-up by `ledger_grant`, posting and receipt in one statement, the pool's own look."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import pytest
from ledger_support import DAY, NOW, header, new_member, posted, postings
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError, IntegrityError

from bot.bootstrap import make_engine
from ledger.book import Grant, KeyConflict, Outcome, Posted, Refused, grant_points, top_up
from ledger.book.driver import Single, single_statements
from ledger.book.posting import Plan, post, top_up_content
from ledger.book.verify import verify
from ledger.records import members, receipts, staff

GIVEN = Grant(10_000, "cash", 1_000, NOW + 90 * DAY, 100, NOW + 365 * DAY)


def short(connection: Connection, key: str, member_id: int, at: datetime = NOW) -> Outcome:
    return top_up(
        connection,
        header(key, member_id, at=at),
        paid_fen=GIVEN.paid_fen,
        payment_method=GIVEN.payment_method,
        gift_fen=GIVEN.gift_fen,
        gift_expires_at=GIVEN.gift_expires_at,
        points=GIVEN.points,
        points_expires_at=GIVEN.points_expires_at,
    )


def long(connection: Connection, key: str, member_id: int) -> Outcome:
    def item(kind: str, unit: str, amount: int, against: str, code: str, until: datetime | None) -> Plan:
        shop = {"against": against, "against_code": code}
        return {"kind": kind, "code": "", "unit": unit, "amount": amount, "expires_at": until, **shop}

    grants = [
        item("paid_in", "fen", GIVEN.paid_fen, "cash", "cash", None),
        item("gift", "fen", GIVEN.gift_fen, "gift_cost", "", GIVEN.gift_expires_at),
        item("points", "points", GIVEN.points, "points_cost", "", GIVEN.points_expires_at),
    ]
    return post(connection, header(key, member_id), "top_up", top_up_content(GIVEN), {"grants": grants})


def rows(connection: Connection, outcome: Outcome) -> list[tuple[object, ...]]:
    assert isinstance(outcome, Posted)
    query = text("""
        SELECT a.kind, p.unit, p.amount, p.balance_after, l.amount, l.remaining, l.expires_at, l.store_id
        FROM posting p JOIN account a ON a.id = p.account_id
        LEFT JOIN lot l ON l.transfer_id = p.transfer_id AND l.account_id = a.id
        WHERE p.transfer_id = :id ORDER BY a.kind
    """)
    return [tuple(row) for row in connection.execute(query, {"id": outcome.transfer_id})]


def test_both_ways_write_the_same(connection: Connection) -> None:
    one, other = new_member(connection, "a"), new_member(connection, "b")
    by_short, by_long = short(connection, "k1", one), long(connection, "k2", other)
    assert posted(by_short) == posted(by_long)
    assert rows(connection, by_short) == rows(connection, by_long)
    wallets = connection.execute(text("SELECT version, seq, next_expiry FROM wallet")).all()
    assert wallets == [(1, 1, NOW + 90 * DAY)] * 2


def test_the_first_to_expire_is_remembered_whichever_it_is(connection: Connection, member_id: int) -> None:
    for number, (gift_days, points_days, first_days) in enumerate(
        ((90, 60, 60), (50, 300, 50), (200, 200, 50))
    ):
        outcome = top_up(
            connection,
            header(f"k{number}", member_id),
            paid_fen=100,
            payment_method="cash",
            gift_fen=10,
            gift_expires_at=NOW + gift_days * DAY,
            points=10,
            points_expires_at=NOW + points_days * DAY,
        )
        assert isinstance(outcome, Posted)
        hint = connection.execute(
            text("SELECT next_expiry FROM wallet WHERE member_id = :m"), {"m": member_id}
        )
        assert hint.scalar_one() == NOW + first_days * DAY


def test_what_is_recorded_later_is_never_earlier(connection: Connection, member_id: int) -> None:
    """A clock that goes back: the chain's moments do not."""
    short(connection, "k1", member_id, at=NOW)
    short(connection, "k2", member_id, at=NOW - DAY)
    moments = connection.execute(text("SELECT occurred_at, recorded_at FROM transfer ORDER BY id")).all()
    assert [tuple(each) for each in moments] == [(NOW, NOW), (NOW - DAY, NOW)]
    assert verify(connection) == []


def test_each_way_of_paying_has_its_own_till(connection: Connection, member_id: int) -> None:
    for number, method in enumerate(("cash", "wechat", "cash", "wechat")):
        outcome = top_up(connection, header(f"k{number}", member_id), paid_fen=100, payment_method=method)
        assert postings(connection, outcome) == {"member/paid_in": 100, f"s1/cash/{method}": -100}


@pytest.mark.parametrize("memo", ["两\n行", "反\\斜", "\\n", "平常"])
def test_any_memo_is_chained_as_it_stands(connection: Connection, member_id: int, memo: str) -> None:
    outcome = top_up(connection, header("k", member_id, memo=memo), paid_fen=100, payment_method="cash")
    assert isinstance(outcome, Posted)
    assert verify(connection) == []


def test_either_way_answers_for_the_other(connection: Connection, member_id: int) -> None:
    first = short(connection, "k", member_id)
    again = long(connection, "k", member_id)
    assert isinstance(first, Posted)
    assert isinstance(again, Posted)
    assert (again.transfer_id, again.replayed) == (first.transfer_id, True)
    with pytest.raises(KeyConflict) as conflict:
        grant_points(connection, header("k", member_id), points=1, expires_at=None, reason="gift")
    assert conflict.value.field == "kind"


def test_the_short_way_leaves_what_is_due_to_the_long_one(connection: Connection, member_id: int) -> None:
    short(connection, "k1", member_id)
    after = posted(short(connection, "k2", member_id, at=NOW + 100 * DAY))
    assert (after.gift_fen, after.version) == (
        0 + 1_000,
        3,
    )  # the first gift expired before, in its own transfer


def test_a_grant_of_points_alone(connection: Connection, member_id: int) -> None:
    outcome = grant_points(connection, header("k", member_id), points=5, expires_at=None, reason="gift")
    assert postings(connection, outcome) == {"member/points": 5, "s1/points_cost": -5}


@pytest.mark.parametrize(
    "legs",
    [
        [(1, "fen", 5), (1, "fen", -4)],
        [(1, "fen", 5), (1, "points", -5)],  # sums to zero over all units, and in none
        [(1, "fen", 5), (2, "fen", -5)],  # sums to zero over two transfers, and in neither
        [(1, "times:facial", 5), (1, "fen", -5)],
        [(1, "times:facial", 5), (1, "times:massage", -5)],
    ],
)
def test_the_database_refuses_what_does_not_balance(
    connection: Connection, member_id: int, legs: list[tuple[int, str, int]]
) -> None:
    values = ", ".join(f"({n}, {10_000 + leg[0]}, '{leg[1]}', {leg[2]})" for n, leg in enumerate(legs, 1))
    with pytest.raises(IntegrityError, match="do not sum to zero"), connection.begin_nested():
        connection.execute(
            text("INSERT INTO posting (account_id, transfer_id, unit, amount) VALUES " + values)
        )


@pytest.fixture
def pooled(module_engine: Engine) -> Iterator[Engine]:
    engine = make_engine(module_engine.url.render_as_string(hide_password=False), pool_size=1)
    yield engine
    engine.dispose()


def reached(connection: Connection) -> int:
    """A member with a WeChat account."""
    member_id = new_member(connection)
    assert members.bind(connection, openid=f"oMember{member_id}", member_id=member_id, at=NOW)
    return member_id


def cashier(connection: Connection) -> int:
    found = staff.by_openid(connection, "oStaff")
    if found is not None:
        return found.id
    return staff.create(
        connection, name="小王", role="cashier", store_id="s1", created_at=NOW, openid="oStaff"
    )


def told(
    connection: Single | Connection,
    staff_id: int,
    member_id: int,
    key: str,
    version: int,
    words: str = f"单号 {receipts.NUMBER_MARK}",
) -> Outcome | None:
    return receipts.top_up(
        connection,
        header(key, member_id),
        GIVEN,
        expected_version=version,
        signed_by=receipts.Signature(staff_id, "s1", "oStaff", "cashier"),
        openid=f"oMember{member_id}",
        text=words,
        explained=receipts.Explained("v1", "[]"),
    )


def test_posting_act_receipt_and_job_in_one_statement(pooled: Engine) -> None:
    with pooled.begin() as connection:
        member_id, staff_id = reached(connection), cashier(connection)
    with single_statements(pooled) as single:
        outcome = told(single, staff_id, member_id, "one", 0)
        again, changed = (told(single, staff_id, member_id, key, 0) for key in ("one", "two"))
    assert isinstance(outcome, Posted)
    assert isinstance(again, Posted)
    assert again.replayed
    assert isinstance(changed, Refused)
    assert changed.code == "changed"
    with pooled.begin() as connection:
        told_texts = connection.execute(text("SELECT key, text, openid FROM message")).all()
        number = f"T{outcome.transfer_id:06d}"
        assert told_texts == [(f"receipt:{outcome.transfer_id}", f"单号 {number}", f"oMember{member_id}")]
        acts = connection.execute(text("SELECT what, key, transfer_id, actor, store_id FROM act")).all()
        assert [tuple(act)[:3] for act in acts] == [("top_up", "one", outcome.transfer_id)]
        jobs = connection.execute(text("SELECT task_name, queue_name, args FROM procrastinate_jobs")).all()
        message_id = connection.execute(text("SELECT id FROM message")).scalar_one()
        assert jobs == [("send_message", "outreach", {"message_id": message_id})]
        assert verify(connection) == []


def test_a_statement_that_fails_leaves_nothing(pooled: Engine) -> None:
    with pooled.begin() as connection:
        member_id, staff_id = reached(connection), cashier(connection)
    with pytest.raises(DBAPIError), single_statements(pooled) as single:
        told(single, staff_id, member_id, "bad", 0, "长" * 2049)  # the message is refused, and all with it
    with pooled.begin() as connection:
        kept = connection.execute(text("SELECT count(*) FROM transfer WHERE key = 'bad'")).scalar_one()
        assert kept == 0
        assert connection.connection.driver_connection is not None


@pytest.mark.parametrize(
    "meanwhile",
    [
        "UPDATE staff SET active = false WHERE id = :staff",
        "UPDATE staff SET role = 'manager' WHERE id = :staff",
        "UPDATE staff SET store_id = 's2' WHERE id = :staff",
        "UPDATE staff SET store_id = NULL WHERE id = :staff",
        "UPDATE staff SET openid = 'oElse' WHERE id = :staff",
        "UPDATE binding SET unbound_at = bound_at WHERE member_id = :member",
        "UPDATE binding SET openid = 'oElse' WHERE member_id = :member",
        "UPDATE member SET merged_into = :inviter WHERE id = :member",
        "INSERT INTO referral (invitee_openid, inviter_id, followed_at)"
        " SELECT openid, :inviter, bound_at FROM binding WHERE member_id = :member",
    ],
)
def test_who_is_not_as_quoted_is_left_to_a_closer_look(connection: Connection, meanwhile: str) -> None:
    member_id, inviter_id, staff_id = reached(connection), new_member(connection, "老友"), cashier(connection)
    assert isinstance(told(connection, staff_id, member_id, "as quoted", 0), Posted)
    wanted = {"member": member_id, "inviter": inviter_id, "staff": staff_id}
    used = {name: value for name, value in wanted.items() if f":{name}" in meanwhile}
    connection.execute(text(meanwhile), used)
    assert told(connection, staff_id, member_id, "not as quoted", 1) is None
    written = "SELECT count(*) FROM transfer WHERE key = 'not as quoted'"
    assert connection.execute(text(written)).scalar_one() == 0
    assert verify(connection) == []


def test_the_pool_sees_that_the_server_has_hung_up(pooled: Engine, module_engine: Engine) -> None:
    with pooled.begin() as connection:
        first = connection.execute(text("SELECT pg_backend_pid()")).scalar_one()
    with module_engine.begin() as connection:
        connection.execute(text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": first})
    with pooled.begin() as connection:
        assert connection.execute(text("SELECT pg_backend_pid()")).scalar_one() != first
