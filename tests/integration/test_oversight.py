"""The owner hears of large and unusual entries, of each once (features C2)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from review_support import SHOP, Counter, counter, decide, file, post_top_up
from sqlalchemy import Engine

from actions import rights
from actions.review import oversight
from ledger import book
from ledger.records import messages

RULES = SHOP.oversight.model_copy(update={"large_entry_fen": 300_000, "reversals_a_day": 3})


@pytest.fixture
def at(engine: Engine) -> Counter:
    return counter(engine, SHOP.model_copy(update={"oversight": RULES}))


def told(at: Counter) -> list[str]:
    with at.house.engine.connect() as connection:
        return [m.text for m in messages.of_openid(connection, at.openid("owner")) if m.kind == "oversight"]


def top_up(at: Counter, amount_fen: int, *, by: str = "cashier", key: str = "k") -> int:
    with at.house.engine.begin() as connection:
        done = post_top_up(
            at.house, connection, at.people[by], member_id=at.member_id, amount_fen=amount_fen, key=key
        )
        assert done is not None
        return done.transfer_id


def undo(at: Counter, transfer_id: int) -> None:
    with at.house.engine.begin() as connection:
        by, now = at.people["manager"], at.clock()
        header = book.Header(f"undo:{transfer_id}", "guomao", f"staff:{by.id}", at.member_id, now, now)
        done = book.reverse(connection, header, transfer_id=transfer_id, reason="记错")
        assert isinstance(done, book.Posted)
        rights.sign(connection, by, "reversal", at=now, member_id=at.member_id, transfer_id=done.transfer_id)


def test_a_large_entry_is_told_once_to_the_fen(at: Counter) -> None:
    top_up(at, 299_999, key="k1")
    number = top_up(at, 300_000, key="k2")
    assert oversight.look(at.house) == 1
    at.clock.now += timedelta(minutes=1)
    assert oversight.look(at.house) == 0
    (message,) = told(at)
    assert "大额" in message
    assert "充值 ¥3,000.00" in message
    assert book.transfer_number(number) in message
    assert "cashier（收银员） · 国贸店" in message


def test_what_is_approved_by_another_is_told_too(at: Counter) -> None:
    decide(at, file(at, amount_fen=400_000).number)
    assert oversight.look(at.house) == 1


@pytest.mark.parametrize(
    ("hour_utc", "expected"),
    [(14, 0), (15, 1), (18, 1), (21, 1), (22, 0)],  # 22:30, 23:30, 2:30, 5:30, 6:30 in the shop
)
def test_entries_at_night(at: Counter, hour_utc: int, expected: int) -> None:
    at.clock.now = datetime(2026, 11, 21, hour_utc, 30, tzinfo=UTC)
    top_up(at, 100)
    assert oversight.look(at.house) == expected
    assert sum("夜间入账" in each for each in told(at)) == expected


def test_many_reversals_by_one_person_in_a_day(at: Counter) -> None:
    numbers = [top_up(at, 100, key=f"k{n}") for n in range(4)]
    for number in numbers[:2]:
        undo(at, number)
    assert oversight.look(at.house) == 0
    undo(at, numbers[2])
    assert oversight.look(at.house) == 1
    assert "manager今天已冲正 3 笔" in told(at)[0]
    at.clock.now += timedelta(days=1)
    undo(at, numbers[3])
    assert oversight.look(at.house) == 0


def test_a_worker_that_was_away_overlooks_nothing(at: Counter) -> None:
    oversight.look(at.house)
    at.clock.now += timedelta(minutes=5)
    top_up(at, 500_000)
    at.clock.now += timedelta(hours=10)
    assert oversight.look(at.house) == 1


def test_the_owner_is_not_told_of_himself(at: Counter) -> None:
    top_up(at, 500_000, by="owner")
    assert oversight.look(at.house) == 0


def test_look_closes_what_lapsed(at: Counter) -> None:
    file(at)
    at.clock.now += timedelta(hours=25)
    oversight.look(at.house)
    assert at.count("approval", "state = 'expired'") == 1
