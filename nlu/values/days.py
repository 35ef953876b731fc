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
    days_between,
    make_day,
    month_end,
    one_day,
    read_year,
    shift_day_by_months,
    shift_month,
    small,
)
from nlu.values.numbers import read_count
from nlu.values.weeks import WEEK_RULES

_YEAR = (
    "(?:(?P<year>[0-9]{4}|[0-9]{2}|[零一二三四五六七八九]{4}|[零一二三四五六七八九]{2}|今|明|后|去|前)年的?)?"
)
_NOT_A_DAY = (
    "(?!技师|线|店|楼|房|门|床|员工|老师|师傅|美容|理发|发型|桌|馆|街|路|柜|机|院|出口|码|卡|色|仓|"
    "车|位|包|套餐|选手|厅|坑|游|子|常|元|本|式|均|落|用|语|料|剧|系)"
)


def find_days(folded: str, today: date, *, past: bool = False) -> list[DaysSaid]:
    """Every stretch of days said, left to right; bare dates mean the coming ones, or the last if `past`."""
    found: list[DaysSaid] = []
    for pattern, read in _RULES:
        for match in pattern.finditer(folded):
            said = read(match, today, past)
            if said is not None and FIRST_DAY <= said.first <= said.last <= LAST_DAY:
                found.append(replace(said, start=match.start(), end=match.end()))
    chosen: list[DaysSaid] = []
    for said in sorted(found, key=lambda s: (s.start - s.end, s.start)):
        if all(said.end <= other.start or said.start >= other.end for other in chosen):
            chosen.append(said)
    return sorted(chosen, key=lambda s: s.start)


FIRST_DAY, LAST_DAY = date(1900, 1, 1), date(2199, 12, 31)
_Reader = Callable[[re.Match[str], date, bool], DaysSaid | None]


_RELATIVE_DAYS = {
    "大前": -3, "前": -2, "昨": -1, "今": 0, "明": 1, "听": 1, "后": 2, "大后": 3, "大大后": 4,
}  # fmt: skip
_RELATIVE = re.compile(
    r"(?P<day>大前|(?<!之)(?<!以)(?<!提)(?<!目)前(?=天|儿个)|昨|今|(?<!说)(?<!证)(?<!声)明|听(?=日)|"
    r"大大后|大后|(?<![以之今日然天时月])后(?=天|儿))"
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
    rf"{_YEAR}\s?(?<![0-9零一二三四五六七八九十])(?P<month>{NUM})月(?:份)?的?\s?(?P<day>{NUM})(?:号{_NOT_A_DAY}|"
    rf""
    rf""
    rf"日|(?!\s?[点:时个次月天年人位块元折分岁]))"
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
    r"(?:(?<![0-9/.\-:])|(?<=[0-9]-))(?P<month3>1[0-2]|0?[1-9])\.(?P<day3>3[01]|[12][0-9]|0?[1-9])"
    rf"(?={_AFTER_DOTTED})(?![0-9]))(?:号|日)?"
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


def _full_numeric(match: re.Match[str], _today: date, _past: bool) -> DaysSaid | None:
    month, day = match.group("month") or match.group("month2"), match.group("day") or match.group("day2")
    return one_day(make_day(int(match.group("year")), int(month), int(day)))


def _short_numeric(match: re.Match[str], today: date, past: bool) -> DaysSaid | None:
    groups = match.groupdict()
    month = groups["month"] or groups["month2"] or groups["month3"]
    day = groups["day"] or groups["day2"] or groups["day3"]
    return one_day(_near(int(month), int(day), today, past))


_MONTH_STEP = {"下下": 2, "下": 1, "这": 0, "本": 0, "当": 0, "上": -1, "上上": -2}
_NAMED_MONTH = (
    rf"(?:(?P<step>下下|下|这|本|当|上上|上)(?:一)?个?月|"
    rf"{_YEAR}(?<![0-9零一二三四五六七八九十第])(?P<month>1[0-2]|0?[1-9]|十[一二]?|"
    rf"[一二三四五六七八九])月)(?:份)?的?"
)
_DAY_OF_MONTH = re.compile(
    rf"(?P<step>下下|下|这|本|当|上上|上)(?:一)?个?月的?(?P<day>{NUM})(?:号{_NOT_A_DAY}|日)"
)
_PART_OF_MONTH = re.compile(rf"(?:{_NAMED_MONTH}(?P<part>底|末|初|中(?!秋|午|旬)|中旬|上旬|下旬|头|尾))")
_PART_OF_THIS_MONTH = re.compile(
    r"(?<![个下上这本当0-9一二三四五六七八九十半])月(?P<part>底|末|初|中(?!秋|午|旬|国)|尾|头)"
)
_WHOLE_MONTH = re.compile(
    rf"{_NAMED_MONTH}(?![0-9]{{1,2}}(?![0-9月])|[底末初中旬上下头尾]|"
    rf"[一二三四五六七八九十]+[号日]|饼|亮|子|卡|经|嫂|"
    rf"供)(?:之?内|整月)?"
)
_YEAR_AND_MONTH = re.compile(
    r"(?<![0-9.\-/])(?P<year>20[0-9]{2})[-/.](?P<month>1[0-2]|0?[1-9])(?![0-9]|[-/.][0-9])"
)
_BARE_DAY = re.compile(
    rf"(?<![0-9零一二三四五六七八九十第月/.\-年初农历])(?P<day>{NUM})(?:号{_NOT_A_DAY}|"
    rf"(?<=[0-9])日{_NOT_A_DAY})"
)
_PART_OF_YEAR = re.compile(
    r"(?:(?P<year>今|明|去|前)年?的?)?年(?P<part>底|末|初)(?!一|二|三|四|五|六|七|八|九|十)"
)


def _month_named(match: re.Match[str], today: date, past: bool) -> tuple[int, int] | None:
    if match.group("step"):
        return shift_month(today.year, today.month, _MONTH_STEP[match.group("step")])
    month, year = small(match.group("month")), read_year(match.group("year"), today)
    if month is None:
        return None
    if year is None:
        year = today.year
        year += 1 if not past and month < today.month else -1 if past and month > today.month else 0
    return (year, month) if 1900 <= year <= 2199 else None


def _day_of_month(match: re.Match[str], today: date, _past: bool) -> DaysSaid | None:
    year, month = shift_month(today.year, today.month, _MONTH_STEP[match.group("step")])
    return one_day(make_day(year, month, small(match.group("day")) or 0))


def _within_month(year: int, month: int, part: str) -> DaysSaid | None:
    last = month_end(year, month)
    if part in ("上旬", "中旬", "下旬"):
        start = {"上": 1, "中": 11, "下": 21}[part[0]]
        return days_between(
            date(year, month, start), last if part[0] == "下" else date(year, month, start + 9)
        )
    return one_day(
        {"底": last, "末": last, "尾": last, "中": date(year, month, 15)}.get(part, date(year, month, 1))
    )


def _part_of_month(match: re.Match[str], today: date, past: bool) -> DaysSaid | None:
    named = _month_named(match, today, past)
    return _within_month(*named, match.group("part")) if named else None


def _part_of_this_month(match: re.Match[str], today: date, past: bool) -> DaysSaid | None:
    said = _within_month(today.year, today.month, match.group("part"))
    if said and not past and said.last < today:
        return _within_month(*shift_month(today.year, today.month, 1), match.group("part"))
    if said and past and said.first > today:
        return _within_month(*shift_month(today.year, today.month, -1), match.group("part"))
    return said


def _whole_month(match: re.Match[str], today: date, past: bool) -> DaysSaid | None:
    named = _month_named(match, today, past)
    if named is None:
        return None
    first, last = date(*named, 1), month_end(*named)
    if first <= today <= last:
        return days_between(first, today) if past else days_between(today, last)
    return days_between(first, last)


def _year_and_month(match: re.Match[str], today: date, past: bool) -> DaysSaid | None:
    year, month = int(match.group("year")), int(match.group("month"))
    first, last = date(year, month, 1), month_end(year, month)
    if first <= today <= last:
        return days_between(first, today) if past else days_between(today, last)
    return days_between(first, last)


def _bare_day(match: re.Match[str], today: date, past: bool) -> DaysSaid | None:
    day = small(match.group("day"))
    if day is None:
        return None
    for by in range(3):
        found = make_day(*shift_month(today.year, today.month, -by if past else by), day)
        if found and (found <= today if past else found >= today):
            return DaysSaid(found, found, 0, 0, bare_month_day=True)
    return None


def _part_of_year(match: re.Match[str], today: date, past: bool) -> DaysSaid | None:
    year = read_year(match.group("year"), today) or today.year
    day = date(year, 1, 1) if match.group("part") == "初" else date(year, 12, 31)
    if not match.group("year") and not past and day < today:
        day = day.replace(year=year + 1)
    return one_day(day)


def _festival(match: re.Match[str], today: date, past: bool) -> DaysSaid | None:
    festival, year = festivals.festival_of(match), read_year(match.group("year"), today)
    length = festival.holiday_days if match.group("whole") else 1
    years = [year] if year else sorted(range(today.year - 1, today.year + 2), reverse=past)
    for candidate in years:
        day = festival.of(candidate)
        last = day + timedelta(days=length - 1) if day else None
        if day and last and (year or (day <= today if past else last >= today)):
            return days_between(day, last)
    return None


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


_AMOUNT = "(?P<count>[0-9]{1,3}|[一二两三四五六七八九十]{1,3}|半)"
_DAYS_AFTER = re.compile(
    rf"(?:(?P<over>再?过)(?!两天|几){_AMOUNT}(?P<unit>天|个?星期|个?礼拜|周|个月)(?:之?后|以后)?"
    rf"|(?<![第0-9]){_AMOUNT.replace('count', 'count2')}(?P<unit2>天|个?星期|个?礼拜|周|"
    rf"个月)(?:之后|以后|后(?!天|面|续|的)))"
)


def _days_after(match: re.Match[str], today: date, _past: bool) -> DaysSaid | None:
    count, unit = match.group("count") or match.group("count2"), match.group("unit") or match.group("unit2")
    if count == "半":
        return one_day(today + timedelta(days=15)) if unit == "个月" else None
    number = read_count(count)
    if number is None or number > 400:
        return None
    if unit == "个月":
        return one_day(shift_day_by_months(today, number))
    return one_day(today + timedelta(days=number * (1 if unit == "天" else 7)))


_RULES: tuple[tuple[re.Pattern[str], _Reader], ...] = (
    (_FULL_NUMERIC, _full_numeric),
    (festivals.LUNAR_RE, _lunar_date),
    (festivals.NEW_YEAR_DAY_RE, _new_year_day),
    (festivals.FESTIVAL_RE, _festival),
    (_MONTH_DAY, _month_day),
    (_DAY_OF_MONTH, _day_of_month),
    (_PART_OF_MONTH, _part_of_month),
    (_PART_OF_THIS_MONTH, _part_of_this_month),
    (_PART_OF_YEAR, _part_of_year),
    *WEEK_RULES,
    (_YEAR_AND_MONTH, _year_and_month),
    (_RELATIVE, _relative),
    (_BOTH_DAYS, _both_days),
    (_SHORT_NUMERIC, _short_numeric),
    (_WHOLE_MONTH, _whole_month),
    (_DAYS_AFTER, _days_after),
    (_BARE_DAY, _bare_day),
    (festivals.BARE_NEW_YEAR_RE, _bare_new_year_day),
)
