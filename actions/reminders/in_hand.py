"""Coupons and vouchers in hand that are about to expire (row E1).

A coupon is an offer of the shop, so its reminder is marketing (wechat-protocol §4.2); a voucher was paid for
with points and is the member's own.
"""

from __future__ import annotations

from datetime import datetime

from actions.reminders.kind import Kind, Sending, Untrue, Words
from ledger.records import reminder_sweeps


def _coupon(sending: Sending) -> Words | Untrue:
    return _still_there(sending, "coupon", "reminder_coupon_expiring")


def _voucher(sending: Sending) -> Words | Untrue:
    return _still_there(sending, "voucher", "reminder_voucher_expiring")


def _still_there(sending: Sending, table: reminder_sweeps.InHand, name: str) -> Words | Untrue:
    expires_at = datetime.fromisoformat(sending.reminder.subject["expires_at"])
    if expires_at <= sending.now:
        return Untrue("it has expired")
    names = reminder_sweeps.open_names(
        sending.connection, table, sending.member.id, by=expires_at, now=sending.now
    )
    if not names:
        return Untrue("it has been used or taken back")
    what = names[0] + (sending.say("reminder_more", count=len(names)) if len(names) > 1 else "")
    day = sending.day(expires_at)
    return Words(sending.say(name, name=sending.name, what=what, day=day), {"what": what, "day": day})


KINDS = (
    Kind("coupon_expiring", "marketing", _coupon),
    Kind("voucher_expiring", "service", _voucher, own_money=True, in_complaint=True),
)
