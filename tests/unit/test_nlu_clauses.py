"""Two wishes in one sentence against clauses.txt; whatever the text, nothing is lost and nothing raised."""

from __future__ import annotations

import pytest
from corpora.reader import rows
from hypothesis import given
from hypothesis import strategies as st

from nlu.clauses import LONGEST, MOST_WISHES, split_wishes


@pytest.mark.parametrize(("text", "expected"), [(row.text, row.expected) for row in rows("clauses.txt")])
def test_wishes(text: str, expected: str) -> None:
    wanted = (text,) if expected == "-" else tuple(expected.split(" | "))
    assert split_wishes(text) == wanted


def test_there_are_enough_rows_of_both_kinds() -> None:
    whole = [row.expected == "-" for row in rows("clauses.txt")]
    assert whole.count(True) >= 40
    assert whole.count(False) >= 40


@given(
    st.text(max_size=80) | st.text("充值余额积分约再和，然后顺便另外还有不如果取消改到周六 。", max_size=60)
)
def test_any_text_is_cut_into_words_of_its_own(text: str) -> None:
    wishes = split_wishes(text)
    assert 1 <= len(wishes) <= MOST_WISHES
    place = 0
    for wish in wishes:
        assert text.find(wish, place) >= place
        place = text.find(wish, place) + len(wish)
    assert wishes == (text,) or all(wish.strip() for wish in wishes)


def test_a_long_text_stays_whole() -> None:
    text = "查余额，然后充五百。" * (LONGEST // 10 + 1)
    assert split_wishes(text) == (text,)
