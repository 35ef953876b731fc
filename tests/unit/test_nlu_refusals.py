"""The half of a sentence that says what is wanted, after one that refuses."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlu.refusals import wanted_instead


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ("不是问积分,是问券", "问券"),
        ("不看余额,看分", "看分"),
        ("不是问钱,我是问分", "问分"),
        ("不看余额,看看积分", "看看积分"),
        ("不要退钱也不要优惠券,我就想问问你们凭什么", "我就想问问你们凭什么"),
        ("不是要退卡 就想看看还剩多少", "就想看看还剩多少"),
        ("别充两千了,就充五百", "就充五百"),
        ("我不是取消,是改时间", "是改时间"),
        ("不用了,谢谢", None),
        ("不是,我要充值", None),
        ("不用,帮我转人工", None),
        ("别每周都推送活动了,我看着闹心", None),
        ("别给我发短信了,我要睡觉", None),
        ("不是要退卡", None),
        ("余额多少,不看积分", None),
        ("", None),
    ],
)
def test_what_is_wanted_instead(line: str, wanted: str | None) -> None:
    assert wanted_instead(line) == wanted


@given(st.text("不是要别看问退充约,，。 我就是想查余额积分", max_size=40))
def test_it_is_always_the_end_of_the_line(line: str) -> None:
    wanted = wanted_instead(line)
    assert wanted is None or (line.endswith(wanted) and len(wanted) < len(line))
