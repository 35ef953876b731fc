"""Holidays on which a campaign may speak, with the lunar ones computed (row E2)."""

from __future__ import annotations

from calendar import isleap
from collections.abc import Callable
from datetime import date, timedelta
from functools import lru_cache

from lunar_python import Lunar, Solar

from shop.model.campaigns import CampaignTrigger, HolidayName


def _solar(month: int, day: int) -> Callable[[int], date]:
    return lambda year: date(year, month, day)


def _lunar(month: int, day: int) -> Callable[[int], date]:
    return lambda year: _date(Lunar.fromYmd(year, month, day).getSolar())


def _nth_sunday(month: int, nth: int) -> Callable[[int], date]:
    def of(year: int) -> date:
        first = date(year, month, 1)
        return first + timedelta(days=(6 - first.weekday()) % 7 + 7 * (nth - 1))

    return of


def _qingming(year: int) -> date:
    return _date(Solar.fromYmd(year, 4, 10).getLunar().getJieQiTable()["清明"])


def _new_year_eve(year: int) -> date:
    return _lunar(1, 1)(year) - timedelta(days=1)


def _date(solar: Solar) -> date:
    return date(solar.getYear(), solar.getMonth(), solar.getDay())


_DAYS: dict[HolidayName, tuple[str, Callable[[int], date]]] = {
    "new_year": ("元旦", _solar(1, 1)),
    "lantern": ("元宵节", _lunar(1, 15)),
    "valentine": ("情人节", _solar(2, 14)),
    "womens_day": ("女神节", _solar(3, 8)),
    "qingming": ("清明", _qingming),
    "labour_day": ("五一", _solar(5, 1)),
    "mothers_day": ("母亲节", _nth_sunday(5, 2)),
    "may_20": ("520", _solar(5, 20)),
    "childrens_day": ("六一", _solar(6, 1)),
    "fathers_day": ("父亲节", _nth_sunday(6, 3)),
    "dragon_boat": ("端午", _lunar(5, 5)),
    "qixi": ("七夕", _lunar(7, 7)),
    "teachers_day": ("教师节", _solar(9, 10)),
    "mid_autumn": ("中秋", _lunar(8, 15)),
    "national_day": ("国庆", _solar(10, 1)),
    "double_ninth": ("重阳节", _lunar(9, 9)),
    "double_eleven": ("双十一", _solar(11, 11)),
    "christmas": ("圣诞节", _solar(12, 25)),
    "spring_festival_eve": ("除夕", _new_year_eve),
    "spring_festival": ("春节", _lunar(1, 1)),
}


def name(trigger: CampaignTrigger) -> str:
    """中秋, 店庆: as members read it; "" when the trigger names no holiday."""
    return _DAYS[trigger.holiday][0] if trigger.holiday else trigger.called or ""


@lru_cache(maxsize=256)
def in_year(holiday: HolidayName, year: int) -> date:
    """Its date in that (Gregorian) year; lunar ones for 1901 to 2099."""
    return _DAYS[holiday][1](year)


def coming(trigger: CampaignTrigger, today: date) -> date | None:
    """The next one, today's included; None when the trigger names none."""
    this_year = _of_trigger(trigger, today.year)
    if this_year is None or this_year >= today:
        return this_year
    return _of_trigger(trigger, today.year + 1)


def _of_trigger(trigger: CampaignTrigger, year: int) -> date | None:
    """A day of the shop's own on 29 February is on the 28th in other years."""
    if trigger.holiday is not None:
        return in_year(trigger.holiday, year)
    if trigger.year_day is None:
        return None
    month, day = trigger.year_day
    return date(year, 2, 28) if (month, day) == (2, 29) and not isleap(year) else date(year, month, day)
