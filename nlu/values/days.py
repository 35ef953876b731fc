"""Days and stretches of days in a sentence: 大后天, 下下周三, 月底, 3/5, 二月二十九, 国庆, 三天后."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

from nlu.values import festivals
from nlu.values.dates import (
    NUM,
    DaysSaid,
    Rule,
    apart,
    days_between,
    make_day,
    one_day,
    read_year,
    shift_day_by_months,
    small,
)
from nlu.values.months import MONTH_RULES, NOT_A_DAY, YEAR
from nlu.values.numbers import read_count
from nlu.values.weeks import WEEK_RULES

FIRST_DAY, LAST_DAY = date(1900, 1, 1), date(2199, 12, 31)


def find_days(folded: str, today: date, *, past: bool = False) -> list[DaysSaid]:
    """Every stretch of days said, left to right; bare dates mean the coming ones, or the last if `past`."""
    found: list[tuple[int, int, tuple[DaysSaid, ...]]] = []
    for pattern, read in _RULES:
        for match in pattern.finditer(folded):
            said = read(match, today, past)
            if isinstance(said, DaysSaid):
                said = (replace(said, start=match.start(), end=match.end()),)
            if said and all(FIRST_DAY <= one.first <= one.last <= LAST_DAY for one in said):
                found.append((match.start(), match.end(), said))
    chosen: list[tuple[int, int, tuple[DaysSaid, ...]]] = []
    for start, end, said in sorted(found, key=lambda f: (f[0] - f[1], f[0])):
        if all(end <= other[0] or start >= other[1] for other in chosen):
            chosen.append((start, end, said))
    return [one for _, _, said in sorted(chosen, key=lambda f: f[0]) for one in said]


_RELATIVE_DAYS = {
    "大前": -3, "前": -2, "昨": -1, "今": 0, "明": 1, "听": 1, "后": 2, "大后": 3, "大大后": 4,
}  # fmt: skip
_RELATIVE = re.compile(
    r"(?P<day>大前|(?<!之)(?<!以)(?<!提)(?<!目)前(?=天|儿个)|昨|今|(?<!说)(?<!证)(?<!声)(?<!赶)明|听(?=日)|"
    r"大大后|大后|(?<![以之今日然时月])(?<![0-9一二两三四五六七八九十几半]天)后(?=天|儿))"
    r"(?:天(?!气|才|津|然|猫)|日(?!本|子)|儿个|儿|个儿|个(?=早|晚|上午|下午)|(?=早|晚|夜|上午|下午|中午)|"
    r"朝(?=早|晚|夜|上午|下午|中午|[0-9零一二两三四五六七八九十]))"
)
_BOTH_DAYS = re.compile(r"(?P<pair>今明|明后|昨今|前昨)(?:这?两)?天")


def _relative(match: re.Match[str], today: date, _past: bool) -> DaysSaid | None:
    offset = _RELATIVE_DAYS[match.group("day")]
    said = one_day(today + timedelta(days=offset))
    return replace(said, today=offset == 0) if said else None


def _both_days(match: re.Match[str], today: date, _past: bool) -> DaysSaid | None:
    first, last = (today + timedelta(days=_RELATIVE_DAYS[character]) for character in match.group("pair"))
    return days_between(first, last)


_MONTH_DAY = re.compile(
    rf"{YEAR}\s?(?<![0-9零一二三四五六七八九十])(?P<month>{NUM})月(?:份)?的?\s?(?P<day>零?{NUM})(?:号{NOT_A_DAY}|"
    rf"日|(?!\s?[点:时个次月天年人位块元折分岁]))"
)
_HOLIDAY_DAY = re.compile(
    rf"(?P<holiday>国庆节?|十一|五一节?)(?:期间|假期|长假|放假)?的?(?P<day>{NUM})(?:号{NOT_A_DAY}|日)"
)
_FULL_NUMERIC = re.compile(
    r"(?<![0-9])(?P<year>20[0-9]{2})(?:(?P<sep>[-/.年])(?P<month>1[0-2]|"
    r"0?[1-9])[-/.月](?P<day>3[01]|[12][0-9]|0?[1-9])|(?P<month2>1[0-2]|0[1-9])(?P<day2>3[01]|"
    r"[12][0-9]|0[1-9]))(?![0-9])(?:号|日)?"
)
# 5.20下午, 9.1到9.30: a point between month and day where the words around show that no decimal is meant
_AFTER_DOTTED = (
    r"[号日]|\s?(?:上午|下午|早上|晚上|中午|傍晚|周|星期|礼拜|那天)|"
    r"\s?[到至~\-]\s?[0-9]{1,2}\.[0-9]{1,2}(?![0-9个小])"
    r"|(?<=[到至~\-][0-9]\.[0-9])|(?<=[到至~\-][0-9]\.[0-9]{2})|(?<=[到至~\-][0-9]{2}\.[0-9])|"
    r"(?<=[到至~\-][0-9]{2}\.[0-9]{2})"
)
_SHORT_NUMERIC = re.compile(
    r"(?:(?<![0-9/.:])(?P<month>1[0-2]|0?[1-9])/(?P<day>3[01]|[12][0-9]|0?[1-9])(?![0-9/])"
    r"|(?<![0-9/.\-:])(?P<month2>1[0-2]|0[1-9])-(?P<day2>3[01]|[12][0-9]|0[1-9])(?![0-9\-点:])|"
    r"(?:(?<![0-9/.\-:])|(?<=[0-9]-))(?<![上下中]午)(?<![早晚]上)(?P<month3>1[0-2]|0?[1-9])\.(?P<day3>3[01]|[12][0-9]|0?[1-9])"
    rf"(?={_AFTER_DOTTED})(?![0-9])"
    r"|(?<![0-9/.\-:])(?P<month4>1[0-2]|[1-9])-(?P<day4>3[01]|2[0-9]|1[3-9]|"
    r"[1-9](?=[^0-9]+[0-9一二两三四五六七八九十]+[点:]))"
    r"(?=\s?(?:上午|下午|早上|晚上|中午|傍晚))"
    r"|(?<![0-9])(?P<month5>0[1-9])(?P<day5>0[1-9]|[12][0-9]|3[01])(?=\s?(?:上午|下午|早上|晚上|中午|傍晚|[号日])))"
    r"(?:号|日)?"
)


def _near(month: int, day: int, today: date, past: bool) -> date | None:
    """The next (or last) time that this month and day exist; 29 February may be years away."""
    years = range(today.year, today.year - 9, -1) if past else range(today.year, today.year + 9)
    for year in years:
        found = make_day(year, month, day)
        if found and (found <= today if past else found >= today):
            return found
    return None


def _month_day(match: re.Match[str], today: date, past: bool) -> DaysSaid | None:
    month, day = small(match.group("month")), small(match.group("day"))
    if month is None or day is None:
        return None
    year = read_year(match.group("year"), today)
    return one_day(make_day(year, month, day) if year else _near(month, day, today, past))


def _holiday_day(match: re.Match[str], today: date, past: bool) -> DaysSaid | None:
    """国庆3号."""
    return one_day(
        _near(5 if match.group("holiday")[0] == "五" else 10, small(match.group("day")) or 0, today, past)
    )


def _full_numeric(match: re.Match[str], _today: date, _past: bool) -> DaysSaid | None:
    month, day = match.group("month") or match.group("month2"), match.group("day") or match.group("day2")
    return one_day(make_day(int(match.group("year")), int(month), int(day)))


def _short_numeric(match: re.Match[str], today: date, past: bool) -> DaysSaid | None:
    groups = match.groupdict()
    month, day = (
        next(groups[name + n] for n in ("", "2", "3", "4", "5") if groups[name + n])
        for name in ("month", "day")
    )
    return one_day(_near(int(month), int(day), today, past))


def _festival(match: re.Match[str], today: date, past: bool) -> DaysSaid | None:
    festival, year = festivals.festival_of(match), read_year(match.group("year"), today)
    step = timedelta(days=festivals.days_from_festival(match))
    years = [year] if year else sorted(range(today.year - 1, today.year + 2), reverse=past)
    for candidate in years:
        day = festival.of(candidate)
        holiday = festival.holiday(candidate) if match.group("whole") else None
        first, last = holiday or (day, day)
        if first and last and (year or (first + step <= today if past else last + step >= today)):
            return days_between(first + step, last + step)
    return None


def _nearest(of: Callable[[int], date | None], today: date, past: bool) -> date | None:
    """The next (or last) day of those that `of` names in the years around."""
    for year in sorted(range(today.year - 2, today.year + 2), reverse=past):
        found = of(year)
        if found and (found <= today if past else found >= today):
            return found
    return None


_FOLK_DAY = re.compile(
    r"(?<![历月年十])(?P<month>二|三|五|七|八|九)月"
    r"(?P<day>(?<=二月)二|(?<=三月)三|(?<=五月)五|(?<=七月)七|(?<=八月)十五|(?<=九月)九)"
    r"(?![一二三四五六七八九十号日0-9中点个])"
)


def _folk_day(match: re.Match[str], today: date, past: bool) -> tuple[DaysSaid, ...] | None:
    """八月十五 and 二月二 in characters are solar days to some and lunar festivals to others."""
    month, said = small(match.group("month")) or 0, small(match.group("day")) or 0
    lunar = _nearest(lambda year: festivals.lunar_day(year, month, said), today, past)
    days = [day for day in (_near(month, said, today, past), lunar) if day]
    return apart(match, [DaysSaid(day, day, 0, 0) for day in days])


def _named_lunar(match: re.Match[str], today: date, past: bool) -> DaysSaid | None:
    """农历三月三."""
    month = festivals.read_lunar_month(match.group("lmonth"))
    day = festivals.read_lunar_day(match.group("lday"))
    return one_day(_nearest(lambda year: festivals.lunar_day(year, month, day), today, past))


def _year_end(match: re.Match[str], today: date, past: bool) -> DaysSaid | None:
    """年廿八: a day of the last lunar month."""
    day = festivals.read_lunar_day(match.group("lday"))
    return one_day(_nearest(lambda year: festivals.lunar_day(year, 12, day), today, past))


def _lunar_date(match: re.Match[str], today: date, past: bool) -> DaysSaid | None:
    if not festivals.is_lunar(match):
        return None
    month, day = (
        festivals.read_lunar_month(match.group("lmonth")),
        festivals.read_lunar_day(match.group("lday")),
    )
    year = read_year(match.group("lyear"), today)
    years = [year] if year else sorted(range(today.year - 1, today.year + 2), reverse=past)
    for candidate in years:
        found = festivals.lunar_day(candidate, month, day)
        if (month, day) == (12, 30):
            # 腊月三十 means New Year's Eve in years, too, whose last month has 29 days
            found = festivals.new_year_eve(candidate + 1)
        if found and (year or (found <= today if past else found >= today)):
            return one_day(found)
    return None


def _new_year_day(match: re.Match[str], today: date, past: bool) -> DaysSaid | None:
    day = festivals.read_lunar_day(match.group("lday"))
    named = read_year(match.groupdict().get("nyear"), today)
    years = [named] if named else sorted((today.year, today.year + (-1 if past else 1)), reverse=past)
    for year in years:
        found = festivals.lunar_day(year, 1, day)
        if found and (named or (found <= today if past else found >= today)):
            return one_day(found)
    return None


def _bare_new_year_day(match: re.Match[str], today: date, past: bool) -> DaysSaid | None:
    """初三 alone is a day of the new year only around it: from 40 days before it to its tenth day."""
    said = _new_year_day(match, today, past)
    return said if said and abs((said.first - today).days) <= 50 else None


_AMOUNT = "(?P<count>(?<![0-9])[0-9]{1,3}|(?<![一二两三四五六七八九十几])[一二两三四五六七八九十]{1,3}|半)"
_DAYS_AFTER = re.compile(
    rf"(?:(?P<over>再?过)(?!两天|几){_AMOUNT}(?P<unit>天|个?星期|个?礼拜|周|个?月|年)(?:之?后|以后)?"
    rf"|(?<![第0-9]){_AMOUNT.replace('count', 'count2')}(?P<unit2>天|个?星期|个?礼拜|周|"
    rf"个?月|年)(?:之后|以后|后(?!天|面|续))"
    r"(?:的今天|的?同一天|的?(?:周|星期|礼拜)(?P<weekday>[一二三四五六日天]))?)"
)


def _days_after(match: re.Match[str], today: date, _past: bool) -> DaysSaid | None:
    count, unit = match.group("count") or match.group("count2"), match.group("unit") or match.group("unit2")
    if count == "半":
        if unit == "年":
            return one_day(shift_day_by_months(today, 6))
        return one_day(today + timedelta(days=15)) if unit == "个月" else None
    number = read_count(count)
    if number is None or number > 400:
        return None
    if unit in ("个月", "月", "年"):
        # 3月后 is after March, 两月后 is in two months
        counted = unit != "月" or count == "两"
        return one_day(shift_day_by_months(today, number * (12 if unit == "年" else 1))) if counted else None
    weekday = match.group("weekday")
    if weekday is None or unit == "天":
        return one_day(today + timedelta(days=number * (1 if unit == "天" else 7)))
    monday = today + timedelta(days=7 * number - today.weekday())
    return one_day(monday + timedelta(days="一二三四五六日".index(weekday.replace("天", "日"))))


_RULES: tuple[tuple[re.Pattern[str], Rule], ...] = (
    (_FULL_NUMERIC, _full_numeric),
    (festivals.LUNAR_RE, _lunar_date),
    (festivals.NAMED_LUNAR_RE, _named_lunar),
    (festivals.YEAR_END_RE, _year_end),
    (festivals.NEW_YEAR_DAY_RE, _new_year_day),
    (festivals.FESTIVAL_RE, _festival),
    (_FOLK_DAY, _folk_day),
    (_HOLIDAY_DAY, _holiday_day),
    (_MONTH_DAY, _month_day),
    *MONTH_RULES,
    *WEEK_RULES,
    (_RELATIVE, _relative),
    (_BOTH_DAYS, _both_days),
    (_SHORT_NUMERIC, _short_numeric),
    (_DAYS_AFTER, _days_after),
    (festivals.BARE_NEW_YEAR_RE, _bare_new_year_day),
)
