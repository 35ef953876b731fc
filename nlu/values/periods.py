"""Past stretches of days for statements: 上个月, 最近三个月, 今年以来, 双十一那天, 从3月1号到3月15号."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise

from nlu.understanding import Period
from nlu.values.dates import month_end, read_year, shift_day_by_months, shift_month
from nlu.values.days import find_days
from nlu.values.festivals import FESTIVAL_RE, days_from_festival, festival_of
from nlu.values.numbers import read_count
from nlu.values.text import LONGEST_TEXT, fold
from nlu.values.wording import plain

LONGEST_YEARS = 20


@dataclass(frozen=True)
class PeriodSaid:
    """The period meant, or None and the readings in doubt."""

    period: Period | None = None
    candidates: tuple[Period, ...] = ()


@dataclass(frozen=True)
class _Stretch:
    first: date
    last: date
    start: int
    end: int
    bare_day: bool = False


_COUNT = r"(?P<count>[0-9]{1,3}|[一二两三四五六七八九十]{1,3}|半)"
_UNIT = r"(?:天|日(?!元|本)|个?(?:周|星期|礼拜)(?![一二三四五六日天末])|个月|月(?!份)|年|个?季度)"
_LAST = re.compile(
    rf"(?:最近|近来|近|过去|之前|以前|往前|前(?!两天)|这(?!一个?(?:周|星期|礼拜))|"
    rf"头(?!两天))的?这?{_COUNT}\s?(?P<unit>{_UNIT})(?P<half>半)?(?:之内|以内|内|以来|里)?"
    rf"|(?<![第0-9年月])(?P<within>[0-9]{{1,3}}|[一二两三四五六七八九十]{{1,3}}|"
    rf"半)(?P<unit2>{_UNIT.replace('|月(?!份)', '')})(?P<half2>半)?(?:之内|以内|内|以来|"
    rf"来(?![了不得店过做年]))"
)
_RECENT_UNIT = re.compile(r"(?:最近|近)(?P<unit>周|月|年)(?![0-9一二三四五六七八九十])")
_AGO = re.compile(rf"(?<![第0-9]){_COUNT}(?P<unit>天|周|个?星期|个?礼拜|个月|年)(?:之前|以前|前(?!台))")
_WHOLE_YEAR = re.compile(
    r"(?P<year>今|去|大?前|20[0-9]{2}|二零[一二三][零一二三四五六七八九]|"
    r"(?<![0-9])[12][0-9])年(?:度|的)?(?:全年|一整年|整年)?(?!前|后|内|卡|以内|级|轻|[春夏秋冬]|三伏|[暑寒]假)"
    r"|(?P<this>本年度?|全年|这一整年|年内)"
)
_HALF_YEAR = re.compile(r"(?:(?P<year>今|去|前|20[0-9]{2}|[12][0-9])年的?)?(?P<half>上|下)半年")
_QUARTER = re.compile(
    r"(?:(?P<year>今|去|前|20[0-9]{2}|[12][0-9])年的?)?(?:第?(?P<nth>[一二三四1-4])个?季度|"
    r"q(?P<q>[1-4])(?![0-9])|(?P<step>上上|上|这|本)(?:一)?个?季度)"
)
_MONTHS = re.compile(
    r"(?:(?P<year>今|去|前|20[0-9]{2}|[12][0-9])年的?)?(?<![0-9])(?P<from>1[0-2]|[1-9]|"
    r"十[一二]?|[一二三四五六七八九])(?:月份?)?\s?(?:到|至|-|~)\s?(?P<to>1[0-2]|[1-9]|十[一二]?|"
    r"[一二三四五六七八九])月(?:份)?(?![0-9一二三四五六七八九十])"
)
# 一二月份, 1、2月: months said in one breath
_MONTH_LIST = re.compile(
    r"(?:(?P<year>今|去|前|20[0-9]{2}|[12][0-9])年的?)?(?<![0-9一二三四五六七八九十第])"
    r"(?:(?P<first>1[0-2]|[1-9]|十[一二]?|[一二三四五六七八九])月?[、,，/和跟](?P<last>1[0-2]|[1-9]|"
    r"十[一二]?|[一二三四五六七八九])|"
    r"(?P<one>[一二三四五六七八九])(?P<two>[二三四五六七八九]|"
    r"十(?=月)))月(?:份)?(?![0-9一二三四五六七八九十])"
)
_SINCE = re.compile(
    r"^\s?(?:份)?(?:以来|至今|到今天|到现在|到目前|到如今|以后|之后|开始|起|过后|后(?!天|面))"
)
_OPEN_BEFORE = re.compile(r"^\s?(?:份|号|日)?(?:以前|之前|前(?!台|面|天|边))")
"""2月1号之前 has no beginning."""
_BETWEEN = re.compile(r"^\s?(?:份|号|日)?\s?(?:到|至|~|-{1,2})\s?$")
_UNTIL_NOW = re.compile(r"^\s?(?:到|至|~|-)\s?(?:今天|现在|目前|如今|今日|今)")
_AND = re.compile(r"^(?:和|跟|还有|以及|、|加|与|及)?$")
_CORRECTED = re.compile(
    r"不对|说错|搞错|打错|口误|更正|[哦噢啊诶呃额嗯]\s?不|应该是|而是|改成|不是|(?<!还)是"
)
_REFUSED_BEFORE = re.compile(r"(?:不是|不要|除了|别看|不看)\s?$")
_DAY_OF_FESTIVAL = re.compile(r"那天|当天|当日|那日")


def find_period(text: str, now: datetime) -> PeriodSaid:
    """The past period a member names, whole days up to today at most; `now` is aware, in the shop's zone."""
    folded, today = plain(fold(text[:LONGEST_TEXT])), now.date()
    stretches = _joined(folded, _stretches(folded, today), today)
    kept = [s for s in stretches if not _REFUSED_BEFORE.search(folded[max(0, s.start - 4) : s.start])]
    for earlier, later in pairwise(kept):
        if _CORRECTED.search(folded[earlier.end : later.start]):
            kept = [s for s in kept if s.start >= later.start]
    periods = tuple(dict.fromkeys(Period(s.first, min(s.last, today)) for s in kept if s.first <= today))
    return PeriodSaid(periods[0]) if len(periods) == 1 else PeriodSaid(candidates=periods[:6])


def _stretches(folded: str, today: date) -> list[_Stretch]:
    """Every stretch said, the longest reading first where two overlap."""
    found = [
        s
        for reader in (_last, _recent, _ago, _year, _half, _quarter, _months, _month_list, _festivals)
        for s in reader(folded, today)
    ]
    found += [
        _Stretch(d.first, d.last, d.start, d.end, d.bare_month_day)
        for d in find_days(folded, today, past=True)
    ]
    chosen: list[_Stretch] = []
    for stretch in sorted(found, key=lambda s: s.start - s.end):
        if all(stretch.end <= other.start or stretch.start >= other.end for other in chosen):
            chosen.append(stretch)
    return sorted(chosen, key=lambda s: s.start)


def _joined(folded: str, stretches: list[_Stretch], today: date) -> list[_Stretch]:
    """Stretches with 到 between them made one, 以来 carried up to today, neighbours with 和 united."""
    joined: list[_Stretch] = []
    for stretch in stretches:
        previous = joined[-1] if joined else None
        between = folded[previous.end : stretch.start] if previous else ""
        if previous and _BETWEEN.match(between):
            joined[-1] = _from_to(previous, stretch)
        elif previous and len(between) <= 2 and _AND.match(between) and _touch(previous, stretch):
            joined[-1] = _united(previous, stretch, named_apart=bool(between))
        else:
            joined.append(stretch)
        after = folded[joined[-1].end : joined[-1].end + 6]
        if _SINCE.match(after) or _UNTIL_NOW.match(after):
            joined[-1] = _Stretch(joined[-1].first, today, joined[-1].start, joined[-1].end)
        elif _OPEN_BEFORE.match(after):
            joined.pop()
    return joined


def _touch(a: _Stretch, b: _Stretch) -> bool:
    return a.first <= b.last + timedelta(days=1) and b.first <= a.last + timedelta(days=1)


def _united(a: _Stretch, b: _Stretch, *, named_apart: bool) -> _Stretch:
    """7月8月 is both, 上个月和这个月 too, but 十月国庆 is the narrower one."""
    inner = b if a.first <= b.first and b.last <= a.last else a
    outer = b if inner is a else a
    if not named_apart and outer.first <= inner.first and inner.last <= outer.last:
        return _Stretch(inner.first, inner.last, a.start, b.end)
    return _Stretch(min(a.first, b.first), max(a.last, b.last), a.start, b.end)


def _from_to(first: _Stretch, second: _Stretch) -> _Stretch:
    """3月1号到15号: a bare day takes the month before it; what would run backwards began earlier."""
    last = second.last
    if second.bare_day and not first.bare_day:
        in_month = min(
            month_end(first.first.year, first.first.month),
            first.first.replace(day=1) + timedelta(days=last.day - 1),
        )
        last = in_month if in_month >= first.first else last
    begin = first.first
    if begin > last:
        begin = shift_day_by_months(begin, -1 if first.bare_day else -12)
    return (
        _Stretch(begin, last, first.start, second.end)
        if begin <= last
        else _Stretch(last, first.last, first.start, second.end)
    )


def _back(today: date, count: str, unit: str, *, half: bool) -> date | None:
    """The first day of the last so many days, weeks, months or years, today included."""
    if count == "半":
        days = {"月": 15}.get(unit)
        return (
            shift_day_by_months(today, -6)
            if unit == "年"
            else today - timedelta(days=days - 1)
            if days
            else None
        )
    number = read_count(count)
    if number is None or number < 1:
        return None
    if unit in ("天", "日"):
        return today - timedelta(days=number - 1)
    if unit in ("周", "星期", "礼拜"):
        return today - timedelta(days=7 * number - 1)
    months = number * {"月": 1, "季度": 3, "年": 12}[unit] + (6 if half and unit == "年" else 0)
    return shift_day_by_months(today, -months) if months <= 12 * LONGEST_YEARS else None


def _last(folded: str, today: date) -> list[_Stretch]:
    found = []
    for match in _LAST.finditer(folded):
        count, unit = (
            match.group("count") or match.group("within"),
            match.group("unit") or match.group("unit2"),
        )
        first = _back(
            today, count, unit.removeprefix("个"), half=bool(match.group("half") or match.group("half2"))
        )
        if first:
            found.append(_Stretch(first, today, match.start(), match.end()))
    return found


def _recent(folded: str, today: date) -> list[_Stretch]:
    found = []
    for match in _RECENT_UNIT.finditer(folded):
        first = _back(today, "1", match.group("unit"), half=False)
        if first:
            found.append(_Stretch(first, today, match.start(), match.end()))
    return found


def _ago(folded: str, today: date) -> list[_Stretch]:
    """三天前 is that day, 两个月前 that month, 一年前 that year."""
    found = []
    for match in _AGO.finditer(folded):
        number, unit = read_count(match.group("count")), match.group("unit")
        if number is None or number > 400:
            continue
        if unit == "个月":
            year, month = shift_month(today.year, today.month, -number)
            found.append(_Stretch(date(year, month, 1), month_end(year, month), *match.span()))
        elif unit == "年" and number <= LONGEST_YEARS:
            found.append(
                _Stretch(date(today.year - number, 1, 1), date(today.year - number, 12, 31), *match.span())
            )
        elif unit != "年":
            day = today - timedelta(days=number * (1 if unit == "天" else 7))
            found.append(_Stretch(day, day, *match.span()))
    return found


def _past_year(said: str | None, today: date) -> int | None:
    """The year named, if it is not in the future."""
    year = read_year(said, today)
    return year if year is None or today.year - LONGEST_YEARS <= year <= today.year else None


def _year(folded: str, today: date) -> list[_Stretch]:
    found = []
    for match in _WHOLE_YEAR.finditer(folded):
        year = today.year if match.group("this") else _past_year(match.group("year"), today)
        if year is not None:
            found.append(_Stretch(date(year, 1, 1), date(year, 12, 31), *match.span()))
    return found


def _half(folded: str, today: date) -> list[_Stretch]:
    found = []
    for match in _HALF_YEAR.finditer(folded):
        first_half = match.group("half") == "上"
        year = _past_year(match.group("year"), today) or (
            today.year if first_half or today.month > 6 else today.year - 1
        )
        first, last = (
            (date(year, 1, 1), date(year, 6, 30)) if first_half else (date(year, 7, 1), date(year, 12, 31))
        )
        found.append(_Stretch(first, last, *match.span()))
    return found


def _quarter(folded: str, today: date) -> list[_Stretch]:
    found = []
    for match in _QUARTER.finditer(folded):
        step = match.group("step")
        if step:
            first_month = (today.month - 1) // 3 * 3 + 1
            year, month = shift_month(today.year, first_month, {"上上": -6, "上": -3}.get(step, 0))
        else:
            said = match.group("nth") or match.group("q")
            month = 3 * ((read_count(said) or 1) - 1) + 1
            year = _past_year(match.group("year"), today) or (
                today.year if month <= today.month else today.year - 1
            )
        found.append(_Stretch(date(year, month, 1), month_end(*shift_month(year, month, 2)), *match.span()))
    return found


def _months(folded: str, today: date) -> list[_Stretch]:
    """3到5月, 十一月到一月: the last time these months came."""
    found = []
    for match in _MONTHS.finditer(folded):
        first, last = read_count(match.group("from")), read_count(match.group("to"))
        if not first or not last:
            continue
        # 三月到五月 said in March is last year's: what is asked for is over, or has got to its last month
        over = last <= today.month and first <= last
        year = _past_year(match.group("year"), today) or (today.year if over else today.year - 1)
        end = month_end(year if first <= last else year + 1, last)
        found.append(_Stretch(date(year, first, 1), end, *match.span()))
    return found


def _month_list(folded: str, today: date) -> list[_Stretch]:
    """Two months: one stretch if they follow each other, else two readings with a place each."""
    found = []
    for match in _MONTH_LIST.finditer(folded):
        names = ("one", "two") if match.group("one") else ("first", "last")
        months = [read_count(match.group(name)) or 0 for name in names]
        if match.group("one") and months[1] != months[0] + 1:
            continue
        named = _past_year(match.group("year"), today)
        years = [named or (today.year if month <= today.month else today.year - 1) for month in months]
        places = ((match.start(), match.start() + 1), (match.start() + 1, match.end()))
        whole = [
            _Stretch(date(y, m, 1), month_end(y, m), *place)
            for y, m, place in zip(years, months, places, strict=True)
        ]
        if _touch(*whole):
            whole = [_Stretch(whole[0].first, whole[1].last, *match.span())]
        found += whole if whole[0].first <= whole[-1].last else []
    return found


def _festivals(folded: str, today: date) -> list[_Stretch]:
    """国庆 in a statement is its holiday week, 双十一 and 国庆那天 are days."""
    found = []
    for match in FESTIVAL_RE.finditer(folded):
        festival, year = festival_of(match), read_year(match.group("year"), today)
        step = timedelta(days=days_from_festival(match))
        single = bool(step) or bool(_DAY_OF_FESTIVAL.search(match.group()))
        whole = not single and bool(match.group("whole") or festival.holiday_days >= 5)
        for candidate in [year] if year else [today.year, today.year - 1]:
            day = festival.of(candidate)
            first, last = (festival.holiday(candidate) if whole else None) or (day, day)
            if first and last and first + step <= today:
                found.append(_Stretch(first + step, last + step, *match.span()))
                break
    return found
