"""What a check of shop.yml says about referral (row D3)."""

from __future__ import annotations

import pytest

from bot.settings import EXAMPLE_SHOP
from shop.checks import check_referral
from shop.files import load
from shop.model import ReferralRules

SHOP = load(EXAMPLE_SHOP)


def findings(**written: object) -> list[tuple[str, str]]:
    shop = SHOP.model_copy(update={"referral": ReferralRules.model_validate(written)})
    return [(".".join(map(str, f.path)), f.severity) for f in check_referral.check(shop)]


def test_the_example_is_fine_and_none_at_all_is_too() -> None:
    assert list(check_referral.check(SHOP)) == []
    assert findings() == []
    assert not ReferralRules().is_on


@pytest.mark.parametrize(
    ("written", "found"),
    [
        (
            {"inviter": {"coupons": ({"coupon": "no_such"},)}, "minimum": 10},
            [("referral.inviter.coupons.0", "error")],
        ),
        (
            {"newcomer": {"entitlements": ({"pack": "no_such", "amount": 1},)}, "minimum": 10},
            [("referral.newcomer.entitlements.0", "error")],
        ),
        ({"per_day": 10, "per_month": 9}, [("referral.per_month", "error")]),
        ({"inviter": {"gift": 300}, "minimum": 10}, [("referral.inviter.gift", "warning")]),
        ({"inviter": {"points": 1}}, [("referral", "warning")]),
        ({"inviter": {"points": 1}, "after_refund_window": True}, []),
    ],
)
def test_what_is_found(written: dict[str, object], found: list[tuple[str, str]]) -> None:
    assert findings(**written) == found
