"""The calendar's arithmetic, and the small numbers and years of which dates are said."""

from __future__ import annotations

import calendar
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, timedelta

from nlu.values.numbers import DIGITS, read_count

NUM = (
    "(?:[0-9]{1,2}(?![0-9])|三十一?|[一二]?十[一二三四五六七八九]?|二十[一二三四五六七八九]|"
    "廿[一二三四五六七八九]?|[零一二两三四五六七八九])"
)
"""A number of up to two digits, for months, days, hours and minutes."""

STEP_BEGINS = "(?<![一马])"
"""Before 下周 and 上个月: the 下 of 一下 (约一下周四) and the 上 of 马上 (马上月底) belong to other words."""


@dataclass(frozen=True)
class DaysSaid:
    """The days `first` to `last` (both included) that the words at `start`:`end` of the folded text mean."""

    first: date
    last: date
    start: int
    end: int
    loose_week: bool = False
    """A weekday without 这 or 下: when its hour is over, the next week is meant."""
    fixed_week: bool = False
    """A weekday with 这 or 下: one that follows it (下周二或周四) is in the same week."""
    today: bool = False
    bare_month_day: bool = False
    listed: bool = False
    """One of several days said in one breath (周一三五下午): the hour of the last is that of all."""

    def length(self) -> int:
        """How many days."""
        return (self.last - self.first).days + 1


def small(said: str) -> int | None:
    """A number from 0 to 99 as said in dates and hours (二十三, 廿三, 零五, 05)."""
    if said.isascii():
        return int(said) if said.isdigit() else None
    said = said.replace("廿", "二十")
    return 0 if said == "零" else read_count(said.lstrip("零"))


def read_year(said: str | None, today: date) -> int | None:
    """The year of 2026, 26, 二零二六, 今, 明, 去 (年); two digits lie at most five years ahead."""
    if not said:
        return None
    step = {"今": 0, "明": 1, "后": 2, "去": -1, "前": -2, "大前": -3}.get(said)
    if step is not None:
        return today.year + step
    value = int("".join(str(DIGITS.get(character, character)) for character in said))
    if value < 100 and len(said) == 2:
        return value + (1900 if value > today.year % 100 + 5 else 2000)
    return value


def make_day(year: int, month: int, day: int) -> date | None:
    """The date, or None where there is none (30 February)."""
    if 1 <= month <= 12 and 1900 <= year <= 2199 and 1 <= day <= calendar.monthrange(year, month)[1]:
        return date(year, month, day)
    return None


def shift_month(year: int, month: int, by: int) -> tuple[int, int]:
    """Year and month, `by` months later."""
    index = year * 12 + month - 1 + by
    return index // 12, index % 12 + 1


def month_end(year: int, month: int) -> date:
    """The last day of a month."""
    return date(year, month, calendar.monthrange(year, month)[1])


def shift_day_by_months(day: date, by: int) -> date:
    """The same day `by` months later, or that month's last."""
    year, month = shift_month(day.year, day.month, by)
    return min(month_end(year, month), date(year, month, 1) + timedelta(days=day.day - 1))


def one_day(day: date | None) -> DaysSaid | None:
    """A single day; its place in the text is filled in by the caller."""
    return DaysSaid(day, day, 0, 0) if day else None


def days_between(first: date, last: date) -> DaysSaid:
    """A stretch of days; its place in the text is filled in by the caller."""
    return DaysSaid(first, last, 0, 0)


def apart(match: re.Match[str], days: list[DaysSaid]) -> tuple[DaysSaid, ...]:
    """Several days in one match, each with a place of its own within it, in the order said."""
    last = len(days) - 1
    return tuple(
        replace(
            day,
            start=match.start() + index,
            end=match.end() if index == last else match.start() + index + 1,
            listed=index < last,
        )
        for index, day in enumerate(days)
    )


Rule = Callable[[re.Match[str], date, bool], "DaysSaid | tuple[DaysSaid, ...] | None"]
"""Reads a match, from today, as coming or (True) as past days: one stretch, or several in their places."""
