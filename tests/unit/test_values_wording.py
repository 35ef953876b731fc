"""Dialect, English and pinyin words for time rewritten to the usual ones."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlu.values.text import fold
from nlu.values.wording import plain


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("聽日下晝", "明天下午"),
        ("明仔載下晡", "明天下午"),
        ("后儿头午", "后天上午"),
        ("明朝那些事儿", "明朝那些事儿"),
        ("以后日子", "以后日子"),
        ("3pm tmr", "3pm 明天"),
        ("next wed 2:30pm", "下周三 2:30pm"),
        ("half past 3", "3点半"),
        ("good morning", "good morning"),
        ("sun screen", "sun screen"),
        ("xiazhousan", "下周三"),
        ("ming tian xia wu san dian", "明天下午三点"),
        ("zhouna", "zhouna"),
        ("shangwushangwuq", "shangwushangwuq"),
    ],
)
def test_wording(text: str, expected: str) -> None:
    assert plain(fold(text)) == expected


@given(st.text(alphabet="明后听日天下晝朝周星期三点半 amptr3", max_size=40))
def test_what_is_said_in_the_usual_words_is_left_alone(text: str) -> None:
    usual = plain(plain(plain(fold(text))))
    assert plain(usual) == usual
