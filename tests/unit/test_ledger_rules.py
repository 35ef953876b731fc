"""The ledger's rules without a database: refunds by law, Merkle proofs, canonical bytes, opening files."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.book import chain
from ledger.book.opening import read_rows
from ledger.book.refund_rules import (
    Consumption,
    Interest,
    PaidIn,
    RefundRule,
    at_list_price,
    interest_fen,
    refund_line,
    within_cooling_off,
)
from ledger.book.seals import leaf, levels, node, path_to

NOW = datetime(2026, 3, 1, tzinfo=UTC)
SHANGHAI = ZoneInfo("Asia/Shanghai")


def paid_in(*consumed: Consumption, paid_left_fen: int = 70000, gift_left_fen: int = 20000) -> PaidIn:
    """1,000 yuan paid, 200 given."""
    return PaidIn(
        transfer_id=1,
        occurred_at=NOW,
        store_id="s1",
        paid_fen=100000,
        gift_fen=20000,
        consumed=consumed,
        otherwise_gone_fen=0,
        paid_left_fen=paid_left_fen,
        gift_left_fen=gift_left_fen,
    )


@pytest.mark.parametrize(
    ("rule", "refund"), [("operator", 75000), ("consumer", 70000), ("seven_days", 70000)]
)
def test_the_worked_example_of_the_interpretation(rule: RefundRule, refund: int) -> None:
    """Pays 1000, gets 200, consumes 300 (list price 300): 750 by art. 18, 700 by art. 19."""
    line = refund_line(paid_in(Consumption(2, 30000, 30000)), rule, on=NOW.date(), interest=None)
    assert line.refund_fen == refund
    assert line.difference_fen == 70000 - refund
    assert line.gift_taken_back_fen == 20000


def test_list_price_counts_when_the_consumer_leaves() -> None:
    """He paid 240 for what lists at 300: by art. 19 the 300 count, by art. 18 the 240 in the ratio."""
    used = Consumption(2, 24000, 30000)
    by_consumer = refund_line(paid_in(used, paid_left_fen=76000), "consumer", on=NOW.date(), interest=None)
    by_operator = refund_line(paid_in(used, paid_left_fen=76000), "operator", on=NOW.date(), interest=None)
    assert (by_consumer.refund_fen, by_consumer.difference_fen) == (70000, 6000)
    assert (by_operator.refund_fen, by_operator.difference_fen) == (80000, -4000)


def test_never_below_zero() -> None:
    """Art. 20: consumed more at list price than was paid."""
    line = refund_line(
        paid_in(Consumption(2, 110000, 150000), paid_left_fen=0, gift_left_fen=10000),
        "consumer",
        on=NOW.date(),
        interest=None,
    )
    assert (line.refund_fen, line.difference_fen) == (0, 0)


def test_interest_from_the_end_of_the_contract() -> None:
    interest = Interest(annual_rate_ppm=15_000, since=date(2026, 1, 1))
    assert interest_fen(100000, interest, date(2027, 1, 1)) == 1500
    assert interest_fen(100000, interest, date(2025, 1, 1)) == 0
    line = refund_line(paid_in(), "consumer", on=date(2027, 1, 1), interest=interest)
    assert (line.refund_fen, line.interest_fen) == (100000, 1500)
    assert refund_line(paid_in(), "seven_days", on=date(2027, 1, 1), interest=interest).interest_fen == 0


def test_seven_days() -> None:
    assert within_cooling_off(NOW, NOW + timedelta(days=7))
    assert not within_cooling_off(NOW, NOW + timedelta(days=7, seconds=1))


def test_part_of_a_purchase_at_list_price() -> None:
    assert at_list_price(15000, 20000, 30000) == 22500
    assert at_list_price(0, 0, 500) == 0


@given(st.lists(st.binary(min_size=32, max_size=32), min_size=1, max_size=40), st.data())
def test_every_leaf_proves_the_root(leaves: list[bytes], data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(leaves) - 1))
    current = leaves[place]
    for neighbour, at_left in path_to(leaves, place):
        current = node(neighbour, current) if at_left else node(current, neighbour)
    assert current == levels(leaves)[-1][0]


def test_a_leaf_is_no_node() -> None:
    """A node's bytes can never be passed off as a leaf's."""
    assert leaf(1, 1, bytes(32)) != node(bytes(32), bytes(16))
    assert levels([])[-1] == [bytes(32)]


def transfer(memo: str = "", actor: str = "staff:1") -> chain.ChainedTransfer:
    return chain.ChainedTransfer(
        id=7,
        key="k",
        fingerprint=bytes(32),
        kind="top_up",
        store_id="s1",
        actor=actor,
        member_id=3,
        occurred_at=NOW,
        recorded_at=NOW,
        memo=memo,
        reverses=None,
        result="{}",
        seq=1,
        uses=[(9, 1), (2, 5)],
        grants=[(4, 1, 10, None, "s1")],
        postings=[(2, "fen", -10, None), (1, "fen", 10, 10)],
    )


def test_canonical_bytes_are_fixed() -> None:
    """Version 1 for ever: changing these bytes breaks every book."""
    lines = "zhanggui-ledger-1,7,k,top_up,s1,staff:1,3,1,1772323200000000,1772323200000000,a\\nb,," + "0" * 64
    assert chain.canonical(transfer("a\nb")).decode().split("\n") == [
        *lines.split(","),
        "u 2 5",
        "u 9 1",
        "g 4 1 10  s1",
        "p 1 fen 10 10",
        "p 2 fen -10 ",
        "{}",
    ]


@given(st.text(), st.text(), st.text(), st.text())
def test_two_contents_never_share_their_bytes(memo: str, actor: str, memo2: str, actor2: str) -> None:
    same = chain.canonical(transfer(memo, actor)) == chain.canonical(transfer(memo2, actor2))
    assert same == ((memo, actor) == (memo2, actor2))


HEADER = "card_no,name,phone,paid_in,gift,gift_expires_on,points,points_expires_on,entitlements"


def test_an_opening_file_is_read() -> None:
    rows, errors = read_rows(
        [
            HEADER,
            "A1,林,13800138000,300.5,30,2026-12-31,100,,facial:times:3:2026-06-30; yoga:lessons:10",
            "A2,,,,,,,,",
        ],
        SHANGHAI,
    )
    assert errors == []
    first, second = rows
    assert (first.paid_in_fen, first.gift_fen, first.points) == (30050, 3000, 100)
    assert first.gift_expires_at == datetime(2027, 1, 1, tzinfo=SHANGHAI)
    assert [(e.code, e.unit, e.amount) for e in first.entitlements] == [
        ("facial", "times", 3),
        ("yoga", "lessons", 10),
    ]
    assert (second.name, second.phone, second.paid_in_fen) == ("A2", None, 0)


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (",林,,1,,,,,", "card_no is empty"),
        ("A1,林,138x,1,,,,,", "phone"),
        ("A1,林,,1.234,,,,,", "yuan"),
        ("A1,林,,-5,,,,,", "yuan"),
        ("A1,林,,1e9,,,,,", "yuan"),
        ("A1,林,,1,2,2026-13-01,,,", "month"),
        ("A1,林,,1,,,1.5,,", "points"),
        ("A1,林,,1,,,,,facial:3", "entitlement"),
        ("A0,林,,1,,,,,", "twice"),
    ],
)
def test_bad_rows_are_named_by_their_line(bad: str, message: str) -> None:
    rows, [error] = read_rows([HEADER, "A0,好,,1,,,,,", bad], SHANGHAI)
    assert len(rows) == 1
    assert error.line == 3
    assert message in error.message


def test_an_unknown_column_is_named() -> None:
    assert read_rows(["card_no,balance", "A,1"], SHANGHAI)[1][0].message == "unknown columns: balance"
    assert read_rows([""], SHANGHAI)[1][0].message == "no column card_no"
