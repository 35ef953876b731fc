"""Days on which a rule holds: `When` of the file against a day in the shop's zone."""

from __future__ import annotations

from datetime import date, datetime

from shop.model import Shop, When

_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_IN_WORDS = ("周一", "周二", "周三", "周四", "周五", "周六", "周日")


def holds(when: When | None, day: date) -> bool:
    """Whether the rule holds on that day; all that is written must be so, None always holds."""
    if when is None:
        return True
    return (
        (when.first_day is None or when.first_day <= day)
        and (when.last_day is None or day <= when.last_day)
        and (not when.weekdays or _WEEKDAYS[day.weekday()] in when.weekdays)
        and (not when.month_days or day.day in when.month_days)
    )


def local_day(shop: Shop, moment: datetime) -> date:
    """The shop's day at an aware moment."""
    if moment.tzinfo is None:
        raise ValueError("a moment without a time zone")
    return moment.astimezone(shop.zone).date()


def is_birthday(birthday: date | None, day: date) -> bool:
    """Whether it is the birthday; who was born on 29 February has it on 28 February in other years."""
    if birthday is None:
        return False
    if (birthday.month, birthday.day) == (2, 29) and not _is_leap(day.year):
        return (day.month, day.day) == (2, 28)
    return (day.month, day.day) == (birthday.month, birthday.day)


def _is_leap(year: int) -> bool:
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)


def may_meet(one: When | None, other: When | None) -> bool:
    """Whether there may be a day on which both hold; it is only said no where that is sure."""
    one, other = one or When(), other or When()
    starts = [each.first_day for each in (one, other) if each.first_day]
    ends = [each.last_day for each in (one, other) if each.last_day]
    if starts and ends and max(starts) > min(ends):
        return False
    weekdays = not one.weekdays or not other.weekdays or bool(set(one.weekdays) & set(other.weekdays))
    month_days = (
        not one.month_days or not other.month_days or bool(set(one.month_days) & set(other.month_days))
    )
    return weekdays and month_days


def when_text(when: When | None) -> str:
    """11月1日至11月15日、每周二、每月8日: for members, "" when it always holds."""
    if when is None:
        return ""
    parts = [_span_text(when.first_day, when.last_day)]
    if when.weekdays:
        named = sorted(when.weekdays, key=_WEEKDAYS.index)
        parts.append("每" + "、".join(_IN_WORDS[_WEEKDAYS.index(each)] for each in named))
    if when.month_days:
        parts.append("每月" + "、".join(f"{number}日" for number in sorted(when.month_days)))
    return " ".join(part for part in parts if part)


def _span_text(first: date | None, last: date | None) -> str:
    if first and last:
        return f"{_text(first)}至{_text(last)}" if first != last else _text(first)
    if last:
        return f"{_text(last)}前（含当天）"
    return f"{_text(first)}起" if first else ""


def _text(day: date) -> str:
    return f"{day.month}月{day.day}日"
