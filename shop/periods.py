"""Terms in days and months, as the Civil Code counts them (articles 201 to 203).

The day on which something is granted does not count; a term of months ends with the day of the same number in
the last month, or with that month's last day where there is none; the last day counts in full.
"""

from __future__ import annotations

import calendar
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo


@lru_cache(maxsize=256)
def add_months(day: date, months: int) -> date:
    """The same day of the month, or the month's last: 31 January + 1 = 28 February, 29 February + 12 = 28."""
    index = day.year * 12 + day.month - 1 + months
    year, month = divmod(index, 12)
    last = calendar.monthrange(year, month + 1)[1]
    return date(year, month + 1, min(day.day, last))


def end_of_months(granted_at: datetime, months: int, zone: ZoneInfo) -> datetime:
    """The first moment after a term of months: midnight after its last day, in the shop's zone. Aware."""
    return _midnight_after(add_months(_local_day(granted_at, zone), months), zone)


def end_of_days(granted_at: datetime, days: int, zone: ZoneInfo) -> datetime:
    """As `end_of_months`, for a term of days."""
    return _midnight_after(_local_day(granted_at, zone) + timedelta(days=days), zone)


def last_day(expires_at: datetime, zone: ZoneInfo) -> date:
    """The last day on which something can be used that expires at that moment: what a member is told."""
    return (expires_at.astimezone(zone) - timedelta(microseconds=1)).date()


def _local_day(moment: datetime, zone: ZoneInfo) -> date:
    if moment.tzinfo is None:
        raise ValueError("a moment without a time zone")
    return moment.astimezone(zone).date()


def _midnight_after(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day + timedelta(days=1), time.min, tzinfo=zone)
