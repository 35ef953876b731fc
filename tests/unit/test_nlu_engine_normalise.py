"""One way of writing for the same words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlu.normalise import normalise, simplified


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("查 詢 餘 額", "查 询 余 额"),
        ("充５００元", "充500元"),
        ("  你好\n\t在吗  ", "你好 在吗"),
        ("余\u200b额\ufeff", "余额"),
        ("余额\x00\x07", "余额"),
        ("多少???", "多少?"),
        ("預約週六下午３點", "预约周六下午3点"),
        ("會員卡裡還有多少錢", "会员卡里还有多少钱"),
        ("點數可以換什麼", "点数可以换什么"),
        ("", ""),
        ("\ud800", ""),
    ],
)
def test_normal_form(written: str, expected: str) -> None:
    assert normalise(written) == expected


def test_simplified_keeps_length_and_simplified_script() -> None:
    assert simplified("余额和积分,后天下午约里面") == "余额和积分,后天下午约里面"
    assert len(simplified("這裡還剩幾個優惠券")) == len("這裡還剩幾個優惠券")


@given(st.text(max_size=600))
def test_is_idempotent_and_never_raises(text: str) -> None:
    once = normalise(text)
    assert normalise(once) == once
    assert "\n" not in once
