"""Weekdays, weekends and weeks: 周三, 下下周五, 这周末, 周三四, 下周."""

from __future__ import annotations

import re
from datetime import date, timedelta

from nlu.values.dates import STEP_BEGINS, DaysSaid, Rule, apart, days_between, one_day

_WEEK = "(?:周|星期|礼拜)"
_WEEK_STEP = {"下下下": 3, "下下": 2, "下": 1, "这": 0, "本": 0, "今": 0, "上": -1, "上上": -2}
_WEEKDAY = re.compile(
    rf"(?:{STEP_BEGINS}(?P<step>下下下|下下|下|这|本|今|上上|上)(?:一)?个?{_WEEK}的?{_WEEK}?|"
    rf"(?:(?<=[周期拜][一二三四五六日天])|"
    rf"(?<![一二两三四五六七八九十0-9每半几周]))(?<!第[一二三四五]个)(?<!最后一个){_WEEK})"
    rf"(?:(?P<both>[六6][、和跟到至\-~]?{_WEEK}?[日天7](?![0-9])|末)|(?P<day>[一二三四五六日天]|"
    rf"[1-7](?![0-9个次天]))(?!次|个月|直|起|福(?!利)|大福))"
)
_TWO_WEEKDAYS = re.compile(
    rf"{STEP_BEGINS}(?P<step>下下|下|这|本)?个?(?<!每){_WEEK}"
    rf"(?P<day>[一二三四五])(?P<next>[二三四五六])(?=都|也|可以|行|或|吧|[，,。 ]|$)"
)
_WHOLE_WEEK = re.compile(
    rf"{STEP_BEGINS}(?P<step>下下|下|这|本|今(?=个)|上上|上)(?:一)?个?{_WEEK}"
    r"(?![一二三四五六日天末1-7年岁])(?:之?内)?"
)


def _weekday(match: re.Match[str], today: date, past: bool) -> DaysSaid | None:
    monday = today - timedelta(days=today.weekday())
    step = _WEEK_STEP.get(match.group("step") or "")
    if match.group("both"):
        if step is None:
            step = 0
            if past and today.weekday() < 5:
                step = -1
            elif not past and today.weekday() == 6:
                step = 1
        saturday = monday + timedelta(days=7 * step + 5)
        sunday = saturday + timedelta(days=1)
        return days_between(sunday if not past and sunday == today else saturday, sunday)
    said = match.group("day")
    weekday = int(said) - 1 if said.isdigit() else "一二三四五六日".index(said.replace("天", "日"))
    if step is not None:
        day = monday + timedelta(days=7 * step + weekday)
        if step == 0 and day < today and not past and match.group("step") != "本":
            day = day if today.weekday() < 6 else day + timedelta(days=7)
        return DaysSaid(day, day, 0, 0, fixed_week=True)
    ahead = (weekday - today.weekday()) % 7
    day = today - timedelta(days=-ahead % 7) if past else today + timedelta(days=ahead)
    return DaysSaid(day, day, 0, 0, loose_week=True)


def _two_weekdays(match: re.Match[str], today: date, past: bool) -> DaysSaid | None:
    """周三四: two days that follow each other."""
    first, second = ("一二三四五六".index(match.group(name)) for name in ("day", "next"))
    if second != first + 1 or past:
        return None
    monday = today - timedelta(days=today.weekday())
    day = monday + timedelta(days=first + 7 * _WEEK_STEP.get(match.group("step") or "", 0))
    if not match.group("step") and day < today:
        day += timedelta(days=7)
    return days_between(day, day + timedelta(days=1))


def _whole_week(match: re.Match[str], today: date, past: bool) -> DaysSaid | None:
    monday = today - timedelta(days=today.weekday()) + timedelta(days=7 * _WEEK_STEP[match.group("step")])
    first, last = monday, monday + timedelta(days=6)
    if monday <= today <= last:
        first, last = (first, today) if past else (today, last)
    return days_between(first, last)


_DAY = "[一二三四五六日天1-7]"
_STEP = rf"(?:{STEP_BEGINS}(?P<step>下下|下|这|本|上上|上)(?:一)?个?|(?<![每两几个]))"
_NO_HOUR = "(?![0-9点时半:个号月次人位一二两三四五六七八九十福])"
_WEEKDAY_LIST = re.compile(
    rf"{_STEP}{_WEEK}(?P<days>{_DAY}(?:(?:[、,，/]|或者?|和|跟|还是){_DAY})+|"
    rf"[一二三四五六][二三四五六日天]{{2,5}})"
    rf"{_NO_HOUR}"
)
_WEEKDAY_RANGE = re.compile(rf"{_STEP}{_WEEK}(?P<day>{_DAY})(?:到|至|-|~){_WEEK}?(?P<last>{_DAY}){_NO_HOUR}")
_SAME_WEEKDAY = re.compile(rf"{STEP_BEGINS}(?P<step>下下|下|上上|上)(?:一)?个?{_WEEK}的?今天")


def _number(said: str) -> int:
    return int(said) - 1 if said.isdigit() else "一二三四五六日".index(said.replace("天", "日"))


def _on_weekday(match: re.Match[str], weekday: int, today: date, *, past: bool) -> date:
    """In the week named, or the nearest such day."""
    step = match.group("step")
    if step is None:
        return today + timedelta(
            days=-((today.weekday() - weekday) % 7) if past else (weekday - today.weekday()) % 7
        )
    return today + timedelta(days=7 * _WEEK_STEP[step] + weekday - today.weekday())


def _weekday_list(match: re.Match[str], today: date, past: bool) -> tuple[DaysSaid, ...] | None:
    """周一三五, 周二、四: several days, in the order of a week."""
    said = [_number(c) for c in match.group("days") if re.match(_DAY, c)]
    if len(said) == len(match.group("days")) and said != sorted(set(said)):
        return None
    days = [_on_weekday(match, weekday, today, past=past) for weekday in said]
    loose = match.group("step") is None
    return apart(match, [DaysSaid(day, day, 0, 0, loose_week=loose) for day in days])


def _weekday_range(match: re.Match[str], today: date, past: bool) -> DaysSaid | None:
    """周一至五. A past one lies in the week before if it has not begun."""
    first, last = _number(match.group("day")), _number(match.group("last"))
    begins = _on_weekday(match, first, today, past=past)
    return days_between(begins, begins + timedelta(days=(last - first) % 7))


def _same_weekday(match: re.Match[str], today: date, _past: bool) -> DaysSaid | None:
    """下周今天."""
    return one_day(today + timedelta(days=7 * _WEEK_STEP[match.group("step")]))


WEEK_RULES: tuple[tuple[re.Pattern[str], Rule], ...] = (
    (_WEEKDAY, _weekday),
    (_TWO_WEEKDAYS, _two_weekdays),
    (_WHOLE_WEEK, _whole_week),
    (_WEEKDAY_LIST, _weekday_list),
    (_WEEKDAY_RANGE, _weekday_range),
    (_SAME_WEEKDAY, _same_weekday),
)
"""Patterns and their readers, as `nlu.values.days` tries them."""
