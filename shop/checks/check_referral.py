"""Referral: what it gives exists, and it stays within what the platform and the law allow (row D3)."""

from __future__ import annotations

from collections.abc import Iterator

from shop.checks.findings import Finding, unknown, warning
from shop.model import ReferralReward, Shop
from shop.money import short_fen

GENEROUS_FEN = 20_000  # beyond this the reward, not the shop, would be the reason to come


def check(shop: Shop) -> Iterator[Finding]:
    rules = shop.referral
    for side, reward in (("inviter", rules.inviter), ("newcomer", rules.newcomer)):
        coupons = [gift.coupon for gift in reward.coupons]
        yield from unknown(
            ("referral", side, "coupons"), coupons, [kind.id for kind in shop.coupons], "coupon"
        )
        packs = [gift.pack for gift in reward.entitlements]
        yield from unknown(
            ("referral", side, "entitlements"), packs, [pack.id for pack in shop.packs], "pack"
        )
        yield from _generous(side, reward)
    if rules.per_month < rules.per_day:
        message = "the cap of a month is below the cap of a day"
        yield Finding(("referral", "per_month"), message, "Raise per_month, or lower per_day.")
    if rules.is_on and not rules.minimum_fen and not rules.after_refund_window:
        message = "the smallest payment earns the reward at once, so it invites abuse"
        remedy = "Write minimum, or after_refund_window: true; or keep it if that is what you mean."
        yield warning(("referral",), message, remedy)


def _generous(side: str, reward: ReferralReward) -> Iterator[Finding]:
    if reward.gift_fen > GENEROUS_FEN:
        message = f"gift money of {short_fen(reward.gift_fen)} for one friend reads like pay for recruiting"
        remedy = "WeChat closes accounts for that, and the law forbids it: keep the gift small."
        yield warning(("referral", side, "gift"), message, remedy)
