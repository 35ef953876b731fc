"""Every sentence a member or a staff member reads, in one room. A shop may replace any of them in shop.yml.

Placeholders are filled by name; money arrives as ¥1,234.50, times as 周六(3月7日)10:00, phones masked where
the reader may not know them. One file a part of the house; a name stands in one file only.
"""

from __future__ import annotations

from shop.model import Shop
from shop.money import format_fen
from shop.texts import (
    approvals,
    booking,
    campaign_words,
    campaigns,
    counter,
    coupons,
    forms,
    member,
    referral,
    reminders,
    rules,
    service,
)

_PARTS = (
    member.TEXTS,
    counter.TEXTS,
    coupons.TEXTS,
    booking.TEXTS,
    referral.TEXTS,
    rules.TEXTS,
    service.TEXTS,
    approvals.TEXTS,
    campaigns.TEXTS,
    campaign_words.TEXTS,
    reminders.TEXTS,
    forms.TEXTS,
)
TEXTS: dict[str, str] = {name: text for part in _PARTS for name, text in part.items()}


def say(shop: Shop, name: str, /, **values: object) -> str:
    """The named text, the shop's own wording if it has one, with its placeholders filled."""
    template = shop.texts.sentences.get(name) or TEXTS[name]
    return template.format(**values)


def gives(shop: Shop, *, gift_fen: int, points: int) -> str:
    """What comes on top, as a shop says it: “送 ¥30.00 + 300 积分”; "" when nothing does."""
    parts = []
    if gift_fen:
        parts.append(say(shop, "gives_gift", gift=format_fen(gift_fen)))
    if points:
        parts.append(say(shop, "gives_points", points=points))
    return say(shop, "gives", what=" + ".join(parts)) if parts else ""


def on_a_line(text: str) -> str:
    """The text on a line of its own, or nothing."""
    return f"\n{text}" if text else ""
