"""Codes of vouchers: read as they are said, and never mistaken for anything else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.settings import EXAMPLE_SHOP
from bot.staff import vouchers
from bot.staff.command import Complaint
from bot.staff.vouchers import Verify
from shop import voucher_codes
from shop.files import load

SHOP = load(EXAMPLE_SHOP)


@given(st.text("0123456789", min_size=24, max_size=24))
def test_a_code_is_read_however_it_is_written(digits: str) -> None:
    code = voucher_codes.make(digits)
    assert len(code) == 8
    assert not code.isdigit()
    shown = voucher_codes.shown(code)
    full_width = "".join(chr(ord(c) + 0xFEE0) for c in code)
    for written in (code, shown, shown.lower(), f" {code[:4]} {code[4:]} ", full_width):
        assert voucher_codes.read(written) == code


def test_other_digits_make_other_codes() -> None:
    made = {voucher_codes.make(str(number).zfill(24)) for number in range(20_000)}
    assert len(made) == 20_000


@pytest.mark.parametrize(
    "said",
    ["", "12345678", "K7P2", "K7P29QRTX", "O7P29QRT", "K7P2 9QR1", "换护手霜啦啦啦啦", "K7P29QR\u0000"],
)
def test_what_is_no_code(said: str) -> None:
    assert voucher_codes.read(said) is None


@pytest.mark.parametrize(
    ("rest", "meant"),
    [
        ("K7P2-9QRT", Verify("K7P29QRT", None)),
        ("k7p2 9qrt", Verify("K7P29QRT", None)),
        ("券码:K7P29QRT", Verify("K7P29QRT", None)),
        ("K7P29QRT 国贸店", Verify("K7P29QRT", "guomao")),
        ("K7P2 9QRT 国贸", Verify("K7P29QRT", "guomao")),
    ],
)
def test_the_command_reads_a_code_and_a_store(rest: str, meant: Verify) -> None:
    assert vouchers.parse(SHOP, rest) == meant


@pytest.mark.parametrize(
    ("rest", "code"),
    [("", "staff_usage_voucher"), ("123", "voucher_bad_code"), ("国贸店", "voucher_bad_code")],
)
def test_the_command_complains(rest: str, code: str) -> None:
    complaint = vouchers.parse(SHOP, rest)
    assert isinstance(complaint, Complaint)
    assert complaint.code == code
