"""Speaking first (rows E1, E5): reminders that arrive once, at the right time, and are still true then.

`ledger.records.reminders.plan` writes one in the transaction that causes it; `send_due` looks at it again
when it is due; `plan_nightly` finds what runs low and what expires.
"""

from actions.reminders.nightly import drop_unheard, plan_missed, plan_nightly
from actions.reminders.refresh import FRESH_FOR, Later, refresh
from actions.reminders.sending import send_due
from actions.reminders.wishes import Explained, coming, refuse_last, refuse_marketing, was_asked, why_last

__all__ = [
    "FRESH_FOR",
    "Explained",
    "Later",
    "coming",
    "drop_unheard",
    "plan_missed",
    "plan_nightly",
    "refresh",
    "refuse_last",
    "refuse_marketing",
    "send_due",
    "was_asked",
    "why_last",
]
