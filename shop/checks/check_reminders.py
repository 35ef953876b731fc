"""Reminders: their templates can be filled, and advertising stays out of template messages (row E5)."""

from __future__ import annotations

from collections.abc import Iterator

from shop.checks.findings import Finding, warning
from shop.model import ReminderKind, ReminderTemplate, Shop
from shop.template_fields import fit, placeholders, type_of

_BOOKING = frozenset({"shop", "time", "service", "store", "number"})
PARTS: dict[ReminderKind, frozenset[str]] = {
    "booking_tomorrow": _BOOKING,
    "booking_soon": _BOOKING,
    "low_balance": frozenset({"shop", "amount", "what"}),
    "lot_expiring": frozenset({"shop", "what", "day"}),
    "coupon_expiring": frozenset({"shop", "what", "day"}),
    "voucher_expiring": frozenset({"shop", "what", "day"}),
    "new_member_guide": frozenset({"shop"}),
    "campaign": frozenset({"shop", "campaign", "gifts"}),
}
MARKETING: frozenset[ReminderKind] = frozenset({"coupon_expiring", "campaign"})


def check(shop: Shop) -> Iterator[Finding]:
    rules = shop.reminders
    if rules.marketing_per_month < rules.marketing_per_day:
        message = "the cap of a month is below the cap of a day"
        yield Finding(("reminders", "marketing_per_month"), message, "Raise it, or lower marketing_per_day.")
    quiet_hours = (rules.quiet_until - rules.quiet_from) % 24
    if 0 < (rules.send_at - rules.quiet_from) % 24 < quiet_hours or (
        quiet_hours and rules.send_at == rules.quiet_from
    ):
        message = f"send_at {rules.send_at} is within the quiet hours, so it waits for {rules.quiet_until}"
        yield warning(("reminders", "send_at"), message)
    for index, template in enumerate(rules.templates):
        yield from _template(("reminders", "templates", index), template)


def _template(path: tuple[str | int, ...], template: ReminderTemplate) -> Iterator[Finding]:
    if template.kind in MARKETING and template.channel != "subscription":
        message = f"{template.kind} is advertising, which must not go out as a {template.channel} message"
        yield Finding((*path, "channel"), message, "Write channel: subscription, or leave it out.")
    known = PARTS[template.kind]
    for field, text in template.fields.items():
        where = (*path, "fields", field)
        if template.channel != "sms" and type_of(field) is None:
            yield Finding(
                where, f"no template has a field “{field}”", "Copy its name from mp.weixin.qq.com: thing1."
            )
            continue
        try:
            named = placeholders(text)
        except ValueError:
            yield Finding(where, "a brace stands alone", "Write {what} with both braces.")
            continue
        for name in named:
            if name not in known:
                listed = ", ".join(sorted(known))
                yield Finding(where, f"{template.kind} has no {{{name}}}", f"Use one of: {listed}.")
        if template.channel != "sms" and not named and fit(field, text) is None:
            yield Finding(where, f"“{text}” cannot stand in {field}", "See WeChat's rule for that field.")
