"""Settlement between stores: received here and spent there, netted into few payments (features B9)."""

from __future__ import annotations

from collections import Counter as Tally
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from review_support import Counter, counter
from sqlalchemy import Engine

from ledger import book
from ledger.book import Header, Line
from ledger.reports.settlement import Flow, Payment, Settlement, netting, settlement


@given(st.lists(st.integers(-(10**9), 10**9), min_size=1, max_size=12))
def test_payments_settle_every_position_and_are_few(amounts: list[int]) -> None:
    amounts.append(-sum(amounts))
    owed = {f"s{n:02}": amount for n, amount in enumerate(amounts)}
    payments = netting(owed)
    paid: Tally[str] = Tally()
    for each in payments:
        assert each.amount_fen > 0
        paid[each.payer] += each.amount_fen
        paid[each.payee] -= each.amount_fen
    assert {store: paid[store] for store in owed} == owed
    assert len(payments) <= max(0, sum(1 for amount in amounts if amount) - 1)


def test_positions_that_do_not_sum_to_zero_are_refused() -> None:
    with pytest.raises(ValueError, match="sum to zero"):
        netting({"a": 5, "b": -4})


@pytest.fixture
def at(engine: Engine) -> Counter:
    return counter(engine)


def top_up(at: Counter, amount_fen: int, *, store: str, key: str) -> None:
    with at.house.engine.begin() as connection:
        done = book.top_up(
            connection, head(at, store, key), paid_fen=amount_fen, payment_method="cash", gift_fen=1000
        )
        assert isinstance(done, book.Posted)


def spend(at: Counter, amount_fen: int, *, store: str, key: str) -> int:
    with at.house.engine.begin() as connection:
        done = book.purchase(
            connection,
            head(at, store, key),
            lines=[Line("x", "护理", "facial", 1, amount_fen, amount_fen)],
            stored_fen=amount_fen,
            spending_order="paid_in_first",
        )
        assert isinstance(done, book.Posted)
        return done.transfer_id


def head(at: Counter, store: str, key: str) -> Header:
    now = at.clock()
    return Header(key, store, "staff:1", at.member_id, now, now)


def month(at: Counter) -> Settlement:
    start = datetime(2026, 11, 1, tzinfo=at.house.shop.zone)
    with at.house.engine.connect() as connection:
        return settlement(connection, start=start, end=datetime(2026, 12, 1, tzinfo=at.house.shop.zone))


def test_spent_elsewhere_is_owed_and_netted(at: Counter) -> None:
    top_up(at, 10_000, store="guomao", key="t1")
    top_up(at, 5_000, store="wangjing", key="t2")
    spend(at, 12_000, store="wudaokou", key="p1")  # 10,000 of 国贸店's and 2,000 of 望京店's
    spend(at, 1_000, store="guomao", key="p2")  # of 望京店's
    spend(at, 500, store="wangjing", key="p3")  # its own
    found = month(at)
    assert found.flows == (
        Flow("guomao", "wudaokou", 10_000, 1),
        Flow("wangjing", "guomao", 1_000, 1),
        Flow("wangjing", "wudaokou", 2_000, 1),
    )
    assert dict(found.positions) == {"guomao": 9_000, "wangjing": 3_000, "wudaokou": -12_000}
    assert found.payments == (Payment("guomao", "wudaokou", 9_000), Payment("wangjing", "wudaokou", 3_000))


def test_gift_money_is_not_settled(at: Counter) -> None:
    top_up(at, 1_000, store="guomao", key="t1")
    spend(at, 2_000, store="wangjing", key="p1")
    assert month(at).payments == (Payment("guomao", "wangjing", 1_000),)


def test_what_is_undone_owes_nothing(at: Counter) -> None:
    top_up(at, 10_000, store="guomao", key="t1")
    number = spend(at, 4_000, store="wangjing", key="p1")
    spend(at, 1_500, store="wangjing", key="p2")
    with at.house.engine.begin() as connection:
        book.reverse(connection, head(at, "wangjing", "r1"), transfer_id=number, reason="记错")
    found = month(at)
    assert found.payments == (Payment("guomao", "wangjing", 1_500),)
    assert [(flow.received_at, flow.amount_fen) for flow in found.flows] == [("guomao", 1_500)]


def test_both_ways_even_out(at: Counter) -> None:
    top_up(at, 1_000, store="guomao", key="t1")
    spend(at, 1_000, store="wangjing", key="p1")
    top_up(at, 1_000, store="wangjing", key="t2")
    spend(at, 1_000, store="guomao", key="p2")
    found = month(at)
    assert len(found.flows) == 2
    assert found.payments == ()
    assert dict(found.positions) == {"guomao": 0, "wangjing": 0}


def test_months_are_apart_and_together_all(at: Counter) -> None:
    top_up(at, 10_000, store="guomao", key="t1")
    spend(at, 300, store="wangjing", key="p1")
    at.clock.now += timedelta(days=30)
    spend(at, 700, store="wangjing", key="p2")
    assert month(at).payments == (Payment("guomao", "wangjing", 300),)
    with at.house.engine.connect() as connection:
        zone = at.house.shop.zone
        later = settlement(
            connection, start=datetime(2026, 12, 1, tzinfo=zone), end=datetime(2027, 1, 1, tzinfo=zone)
        )
    assert later.payments == (Payment("guomao", "wangjing", 700),)
