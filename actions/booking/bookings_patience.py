"""Locks that were not to be had, and circles that the database broke, are tried again: nobody hears of them.

Holds alone never wait in a circle. Leave that takes its time back while somebody books may, now and then.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import ParamSpec, TypeVar

import structlog
from sqlalchemy.exc import OperationalError

from ledger.book import Busy

log = structlog.get_logger()

TRIES = 4
_DEADLOCK, _NO_LOCK = "40P01", "55P03"
P = ParamSpec("P")
T = TypeVar("T")


def patiently(action: Callable[P, T]) -> Callable[P, T]:
    """The action, begun anew when its transaction was rolled back for a lock; Busy only after four tries.

    Right for actions that are one transaction and do nothing else.
    """

    @functools.wraps(action)
    def tried(*args: P.args, **kwargs: P.kwargs) -> T:
        for attempt in range(1, TRIES):
            try:
                return action(*args, **kwargs)
            except (Busy, OperationalError) as error:
                if not is_about_locks(error):
                    raise
                log.info("booking.busy", action=action.__name__, attempt=attempt)
        return action(*args, **kwargs)

    return tried


def is_about_locks(error: Busy | OperationalError) -> bool:
    """Whether a transaction failed only because of others that ran at the same time."""
    if isinstance(error, Busy):
        return True
    return getattr(error.orig, "sqlstate", None) in (_DEADLOCK, _NO_LOCK)
