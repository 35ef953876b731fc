"""Days and stretches of a month: 3号, 下个月十五, 5、6号, 7到9号, 月底, 这个月最后一天, 下个月第一个周六."""

from __future__ import annotations

import re
from datetime import date, timedelta

from nlu.values.dates import (
    NUM,
    STEP_BEGINS,
    DaysSaid,
    Rule,
    apart,
    days_between,
    make_day,
    month_end,
    one_day,
    read_year,
    shift_day_by_months,
    shift_month,
    small,
)

YEAR = (
    "(?:(?P<year>[0-9]{4}|[0-9]{2}|[零一二三四五六七八九]{4}|[零一二三四五六七八九]{2}|今|明|后|去|前)年的?)?"
)
NOT_A_DAY = (
    "(?!技师|线|店|楼|房|门|床|员工|老师|师傅|美容|理发|发型|桌|馆|街|路|柜|机|院|出口|码|卡|色|仓|"
    "车|位|包|套餐|项目|会员|客人|顾客|师妹|选手|厅|坑|游|子|常|元|本|式|均|落|用(?![了掉的过去在微支余])|语|料|剧|系)"
)

_MONTH_STEP = {"下下": 2, "下": 1, "这": 0, "本": 0, "当": 0, "上": -1, "上上": -2}
_NAMED_MONTH = (
    rf"(?:{STEP_BEGINS}(?P<step>下下|下|这|本|当|上上|上)(?:一)?个?月|"
    rf"{YEAR}(?<![0-9零一二三四五六七八九十第])(?P<month>1[0-2]|0?[1-9]|十[一二]?|"
    rf"[一二三四五六七八九])月)(?:份)?的?"
)
_STEP = rf"{STEP_BEGINS}(?P<step>下下|下|这|本|当|上上|上)(?:一?个)?月的?"
_NOT_COUNTED = r"(?!\s?[0-9点:.时个次天年月人位块元折分岁百千万笔张套份%多几来名家种])"
# 下个月十五 without 号: two figures or characters, so that 这个月一共 is none
_DAY_OF_MONTH = re.compile(
    rf"{_STEP}(?:初?(?P<day>{NUM})(?:号{NOT_A_DAY}|日)|"
    rf"(?P<figure>[12][0-9]|3[01]|二?十[一二三四五六七八九]|[二三]十|三十一){_NOT_COUNTED})"
)
_LAST_OF_MONTH = re.compile(rf"(?:{_NAMED_MONTH}|月底的?)(?P<which>最后|第)一天")
_NTH_WEEKDAY = re.compile(
    rf"{_NAMED_MONTH}(?:第(?P<nth>[一二三四五1-5])|最后一|头一)个?(?:周|星期|礼拜)(?P<weekday>[一二三四五六日天末])"
)
# 上个月前十天, 二月最后三天
_EDGE_OF_MONTH = re.compile(rf"{_NAMED_MONTH}(?P<edge>前|头|最后|后)(?P<count>{NUM})天")
_SAME_DAY = re.compile(rf"{_STEP}今天")
_TENTH_OF_MONTH = re.compile(r"(?<!月)(?P<part>[上中下]旬)")
_IN_MONTH = rf"(?:{_STEP}|{YEAR}(?<![0-9零一二三四五六七八九十])(?P<month>{NUM})月(?:份)?的?)?"
_BEFORE_DAY = r"(?<![0-9零一二三四五六七八九十第/.\-农历])"
# 5、6号, 28或29号, 七八号, 二十五六号
_DAY_LIST = re.compile(
    rf"{_IN_MONTH}(?:{_BEFORE_DAY}|(?<=月))(?:(?P<first>{NUM})(?:[号日]?(?:[、,，/ ]|或者?|和|跟|还是))"
    rf"(?:(?P<middle>{NUM})[、,，/])?(?P<last>{NUM})|"
    rf"(?P<tens>[二三]?十)?(?P<one>[一二三四五六七八])(?P<two>[二三四五六七八九]))(?:号{NOT_A_DAY}|"
    rf"(?<=[0-9])日)"
)
_DAY_RANGE = re.compile(
    rf"{_IN_MONTH}(?:{_BEFORE_DAY}|(?<=月))(?P<first>{NUM})[号日]?\s?(?:到|至|-{{1,2}}|~)\s?(?P<last>{NUM})"
    rf"(?:号{NOT_A_DAY}|(?<=[0-9])日)"
)
_PART_OF_MONTH = re.compile(
    rf"(?:{_NAMED_MONTH}月?(?P<part>底|末|初(?![一二三四五六七八九十])|中(?!秋|午|旬)|中旬|上旬|下旬|头(?!一)|尾))"
)
_PART_OF_THIS_MONTH = re.compile(
    r"(?<![个下上这本当0-9一二三四五六七八九十半])月(?P<part>底|末|初|中(?!秋|午|旬|国)|尾|头)"
)
_WHOLE_MONTH = re.compile(
    rf"{_NAMED_MONTH}(?![0-9]{{1,2}}(?![0-9月])|[底末初中旬上下头尾]|"
    rf"[一二三四五六七八九十]+[号日]|球|饼|亮|子|卡|经|嫂|"
    rf"供|会员卡)(?:之?内|整月)?"
)
_YEAR_AND_MONTH = re.compile(
    r"(?<![0-9.\-/])(?P<year>20[0-9]{2})(?:[-/.](?P<month>1[0-2]|0?[1-9])|(?P<glued>1[0-2]|0[1-9]))"
    r"(?![0-9]|[-/.][0-9])"
)
_BARE_DAY = re.compile(
    rf"(?<![0-9零一二三四五六七八九十第月/.\-年初农历间床桌柜牌尾])(?P<day>{NUM})(?:号{NOT_A_DAY}|"
    rf"(?<=[0-9])日{NOT_A_DAY})"
)
_PART_OF_YEAR = re.compile(
    r"(?:(?P<year>今|明|去|前)年?的?)?年(?P<part>底|末|初|的?最后一天|的?第一天)(?!一|二|三|四|五|六|七|"
    r"八|九|十)"
)


_Match = re.Match[str]


def _month_named(match: _Match, today: date, past: bool) -> tuple[int, int] | None:
    if match.group("step"):
        return shift_month(today.year, today.month, _MONTH_STEP[match.group("step")])
    month, year = small(match.group("month")), read_year(match.group("year"), today)
    if month is None:
        return None
    if year is None:
        year = today.year
        year += 1 if not past and month < today.month else -1 if past and month > today.month else 0
    return (year, month) if 1900 <= year <= 2199 else None


def _day_of_month(match: _Match, today: date, _past: bool) -> DaysSaid | None:
    year, month = shift_month(today.year, today.month, _MONTH_STEP[match.group("step")])
    return one_day(make_day(year, month, small(match.group("day") or match.group("figure")) or 0))


def _last_of_month(match: _Match, today: date, past: bool) -> DaysSaid | None:
    """这个月最后一天, 下个月第一天."""
    named = (today.year, today.month) if match.group().startswith("月") else _month_named(match, today, past)
    if named is None:
        return None
    return one_day(month_end(*named) if match.group("which") == "最后" else date(*named, 1))


def _nth_weekday(match: _Match, today: date, past: bool) -> DaysSaid | None:
    """下个月第一个周六, 这个月最后一个周五."""
    named = _month_named(match, today, past)
    if named is None:
        return None
    weekday = "一二三四五六日末".index(match.group("weekday").replace("天", "日"))
    weekend = weekday == 7
    weekday = 5 if weekend else weekday
    if "最后" in match.group():
        last = month_end(*named) - timedelta(days=1 if weekend else 0)
        day: date | None = last - timedelta(days=(last.weekday() - weekday) % 7)
    else:
        first, nth = date(*named, 1), small(match.group("nth") or "一") or 1
        day = make_day(*named, (weekday - first.weekday()) % 7 + 7 * nth - 6)
    return days_between(day, day + timedelta(days=1)) if day and weekend else one_day(day)


def _edge_of_month(match: _Match, today: date, past: bool) -> DaysSaid | None:
    named, count = _month_named(match, today, past), small(match.group("count"))
    if named is None or not count or count > 28:
        return None
    first, last = date(*named, 1), month_end(*named)
    if match.group("edge") in ("前", "头"):
        return days_between(first, first + timedelta(days=count - 1))
    return days_between(last - timedelta(days=count - 1), last)


def _same_day(match: _Match, today: date, _past: bool) -> DaysSaid | None:
    """下个月今天."""
    return one_day(shift_day_by_months(today, _MONTH_STEP[match.group("step")]))


def _day_in(match: _Match, day: int | None, today: date, past: bool) -> date | None:
    """A day of the month that the match names, else the nearest such day."""
    if day is None:
        return None
    if match.group("step") or match.group("month"):
        named = _month_named(match, today, past)
        return make_day(*named, day) if named else None
    said = nearest_day(day, today, past)
    return said.first if said else None


def _day_list(match: _Match, today: date, past: bool) -> tuple[DaysSaid, ...] | None:
    """Several days of one month; a blank alone parts only days that follow each other (3 4号)."""
    if match.group("one"):
        tens = small((match.group("tens") or "") + match.group("one"))
        numbers = [tens, None if tens is None else tens + 1]
        if small(match.group("two")) != (small(match.group("one")) or 0) + 1:
            return None
    else:
        numbers = [small(match.group(name)) for name in ("first", "middle", "last") if match.group(name)]
        if " " in match.group() and numbers[1] != (numbers[0] or 0) + 1:
            return None
    days = [_day_in(match, number, today, past) for number in numbers]
    said = [DaysSaid(day, day, 0, 0, bare_month_day=True) for day in days if day]
    return apart(match, said) if len(said) == len(numbers) else None


def _day_range(match: _Match, today: date, past: bool) -> DaysSaid | None:
    """7到9号: the last day of a coming stretch follows its first."""
    first, last = (_day_in(match, small(match.group(name)), today, past) for name in ("first", "last"))
    if first is None or last is None:
        return None
    if last < first and past:
        first = shift_day_by_months(first, -1)
    elif last < first:
        last = shift_day_by_months(last, 1)
    return days_between(first, last) if first <= last else None


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


def _part_of_month(match: _Match, today: date, past: bool) -> DaysSaid | None:
    named = _month_named(match, today, past)
    return _within_month(*named, match.group("part")) if named else None


def _part_of_this_month(match: _Match, today: date, past: bool) -> DaysSaid | None:
    said = _within_month(today.year, today.month, match.group("part"))
    if said and not past and said.last < today:
        return _within_month(*shift_month(today.year, today.month, 1), match.group("part"))
    if said and past and said.first > today:
        return _within_month(*shift_month(today.year, today.month, -1), match.group("part"))
    return said


def _whole_month(match: _Match, today: date, past: bool) -> DaysSaid | None:
    named = _month_named(match, today, past)
    if named is None:
        return None
    first, last = date(*named, 1), month_end(*named)
    if first <= today <= last:
        return days_between(first, today) if past else days_between(today, last)
    return days_between(first, last)


def _year_and_month(match: _Match, today: date, past: bool) -> DaysSaid | None:
    year, month = int(match.group("year")), int(match.group("month") or match.group("glued"))
    first, last = date(year, month, 1), month_end(year, month)
    if first <= today <= last:
        return days_between(first, today) if past else days_between(today, last)
    return days_between(first, last)


def _bare_day(match: _Match, today: date, past: bool) -> DaysSaid | None:
    day = small(match.group("day"))
    return None if day is None else nearest_day(day, today, past)


def nearest_day(day: int, today: date, past: bool) -> DaysSaid | None:
    """The next (or last) day with this number in its month."""
    for by in range(3):
        found = make_day(*shift_month(today.year, today.month, -by if past else by), day)
        if found and (found <= today if past else found >= today):
            return DaysSaid(found, found, 0, 0, bare_month_day=True)
    return None


def _part_of_year(match: _Match, today: date, past: bool) -> DaysSaid | None:
    year = read_year(match.group("year"), today) or today.year
    begins = "最后" not in match.group("part") and match.group("part").endswith(("初", "一天"))
    day = date(year, 1, 1) if begins else date(year, 12, 31)
    if not match.group("year") and not past and day < today:
        day = day.replace(year=year + 1)
    if not match.group("year") and past and day > today:
        day = day.replace(year=year - 1)
    return one_day(day)


MONTH_RULES: tuple[tuple[re.Pattern[str], Rule], ...] = (
    (_DAY_OF_MONTH, _day_of_month),
    (_LAST_OF_MONTH, _last_of_month),
    (_NTH_WEEKDAY, _nth_weekday),
    (_EDGE_OF_MONTH, _edge_of_month),
    (_SAME_DAY, _same_day),
    (_DAY_LIST, _day_list),
    (_DAY_RANGE, _day_range),
    (_PART_OF_MONTH, _part_of_month),
    (_PART_OF_THIS_MONTH, _part_of_this_month),
    (_TENTH_OF_MONTH, _part_of_this_month),
    (_PART_OF_YEAR, _part_of_year),
    (_YEAR_AND_MONTH, _year_and_month),
    (_WHOLE_MONTH, _whole_month),
    (_BARE_DAY, _bare_day),
)
"""Patterns and their readers, as `nlu.values.days` tries them."""
