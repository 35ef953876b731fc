"""What the shop does by itself, every night and every few minutes; the worker calls it (features B4, E1).

A duty is a function of the house that may be repeated at any moment and returns how much it did. One that
fails is logged and stops none of the others: it comes round again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import structlog

from actions import campaigns, reminders
from actions.booking import bookings
from actions.counter import instalments
from actions.house import House
from actions.loyalty import codes, referral, referral_undoing, voucher_desk
from actions.membership import levels_nightly, tickets
from actions.review import oversight
from actions.upkeep import rules_archive
from actions.upkeep.nightly import care_for_book

log = structlog.get_logger()

Duty = Callable[[House], int]


def _care_for_book(house: House) -> int:
    return care_for_book(house.engine, house.clock).expired_lots


def _instalments(house: House) -> int:
    done = instalments.post_due(house)
    return done.posted + done.cancelled


def _levels(house: House) -> int:
    done = levels_nightly.care_for_levels(house)
    return done.changed + done.in_grace + done.monthly_gifts + done.birthday_gifts


# In this order: what ends or is granted at night is in the book before it is checked and sealed.
NIGHTLY: tuple[tuple[str, Duty], ...] = (
    ("vouchers", voucher_desk.expire_vouchers),
    ("referrals_old", referral_undoing.settle_old),
    ("pay_codes", codes.sweep),
    ("instalments", _instalments),
    ("levels", _levels),
    ("reminders_planned", reminders.plan_nightly),
    ("messages_unheard", reminders.drop_unheard),
    ("campaigns", campaigns.sweep),
    ("book", _care_for_book),
)
FREQUENT: tuple[tuple[str, Duty], ...] = (
    ("rules", rules_archive.keep),
    ("referrals_earned", referral.earn_missed),
    ("referrals_settled", referral_undoing.settle_due),
    ("held_bookings", bookings.release_expired),
    ("campaign_events", campaigns.sweep_events),
    ("reminders_made_good", reminders.plan_missed),
    ("reminders_sent", reminders.send_due),
    ("tickets", tickets.remind_waiting),
    ("oversight", oversight.look),
)


def run_nightly(house: House) -> None:
    """Everything that is due once a night."""
    _run(house, NIGHTLY)


def run_frequent(house: House) -> None:
    """Everything that cannot wait for the night."""
    _run(house, FREQUENT)


def _run(house: House, duties: Sequence[tuple[str, Duty]]) -> None:
    for name, duty in duties:
        try:
            done = duty(house)
        except Exception:
            log.exception("duty.failed", duty=name)
        else:
            if done:
                log.info("duty.done", duty=name, count=done)
