"""Amounts, counts and points against the tables money.txt and counts.txt."""

from __future__ import annotations

from fractions import Fraction

import pytest
from corpora.reader import Row, rows, several
from hypothesis import given
from hypothesis import strategies as st

from nlu.name_forms import in_characters
from nlu.values.counts import find_people, find_things
from nlu.values.money import LARGEST_AMOUNT_FEN, find_amount
from nlu.values.numbers import read_number
from nlu.values.points import find_points

COUNTS = rows("counts.txt") + rows("counts_spoken.txt")


@pytest.mark.parametrize("row", rows("money.txt") + rows("money_spoken.txt"), ids=lambda row: row.text)
def test_amount(row: Row) -> None:
    said = find_amount(row.text)
    found = several(said.candidates) if said.amount_fen is None else str(said.amount_fen)
    assert found == row.expected
    assert said.amount_fen is None or not said.candidates


@pytest.mark.parametrize("row", [r for r in COUNTS if r.section != "points"], ids=lambda row: row.text)
def test_count(row: Row) -> None:
    said = find_people(row.text) if row.section == "people" else find_things(row.text)
    assert (several(said.candidates) if said.count is None else str(said.count)) == row.expected


@pytest.mark.parametrize("row", [r for r in COUNTS if r.section == "points"], ids=lambda row: row.text)
def test_points(row: Row) -> None:
    said = find_points(row.text)
    assert (several(said.candidates) if said.points is None else str(said.points)) == row.expected


@pytest.mark.parametrize("text", ["300", "充300", "三百"])
def test_a_bare_number_is_an_amount_only_where_asked_for(text: str) -> None:
    assert find_amount(text).amount_fen == 30000
    assert find_amount(text, bare=False).amount_fen is None
    assert find_amount(text + "元", bare=False).amount_fen == 30000


@given(st.integers(min_value=1, max_value=9999))
def test_numbers_written_in_characters_are_read_back(number: int) -> None:
    assert read_number(in_characters(str(number))) == (number, number)


@given(st.integers(min_value=1, max_value=99_999_999))
def test_every_typed_amount_is_read_exactly(fen: int) -> None:
    yuan, rest = divmod(fen, 100)
    for text in (f"充{yuan}.{rest:02d}元", f"{yuan}.{rest:02d}块钱"):
        assert find_amount(text).amount_fen == fen
    if yuan < 100_000 or yuan % 1000 == 0:  # 300,500 is also a list of two amounts
        assert find_amount(f"充¥{yuan:,}.{rest:02d}").amount_fen == fen


@given(st.integers(min_value=LARGEST_AMOUNT_FEN // 100 + 1, max_value=10**40))
def test_an_amount_beyond_reason_is_none(yuan: int) -> None:
    assert find_amount(f"充{yuan}元").amount_fen is None


@given(st.integers(min_value=1, max_value=10**6), st.integers(min_value=1, max_value=999))
def test_parts_of_a_fen_are_never_rounded(yuan: int, part: int) -> None:
    value = Fraction(yuan) + Fraction(part, 10**5)
    said = find_amount(f"充{yuan}.{part:05d}元")
    assert said.amount_fen == (value * 100 if (value * 100).denominator == 1 else None)
