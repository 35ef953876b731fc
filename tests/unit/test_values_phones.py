"""Mobile numbers against the table phones.txt."""

from __future__ import annotations

import pytest
from corpora.reader import Row, rows, several
from hypothesis import given
from hypothesis import strategies as st

from nlu.values.phones import find_phone, find_phones

MOBILES = st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True)


@pytest.mark.parametrize("row", rows("phones.txt") + rows("phones_spoken.txt"), ids=lambda row: row.text)
def test_phone(row: Row) -> None:
    phone, candidates = find_phone(row.text)
    assert (phone or several(candidates)) == row.expected


@given(MOBILES, st.sampled_from(["{}", "+86{}", "0086 {}", "我的号码是{}，谢谢", "充500 {} 微信", "{}😊"]))
def test_any_mobile_in_any_dress(mobile: str, dress: str) -> None:
    assert find_phones(dress.format(mobile)) == (mobile,)


@given(MOBILES, st.lists(st.sampled_from([" ", "-", ""]), min_size=10, max_size=10))
def test_blanks_and_dashes_may_stand_anywhere(mobile: str, gaps: list[str]) -> None:
    assert find_phones("".join(a + b for a, b in zip(mobile, [*gaps, ""], strict=True))) == (mobile,)


@given(MOBILES)
def test_said_in_characters(mobile: str) -> None:
    assert find_phones("手机" + mobile.translate(str.maketrans("0123456789", "零幺二三四五六七八九"))) == (
        mobile,
    )


@given(st.from_regex(r"[0-9]{1,30}", fullmatch=True).filter(lambda d: len(d) not in (11, 13, 14, 15)))
def test_other_lengths_are_no_phone(digits: str) -> None:
    assert find_phones(digits) == ()
