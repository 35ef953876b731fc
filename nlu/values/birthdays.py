"""Birthdays: 1990年3月5日, 90年3月5号, 3月5号, 圣诞节, 农历1990年八月十五 (its solar date).

The shop keeps the solar date. A day of the lunar calendar falls on another solar one every year, so that
without the year of birth there is none to keep: the member is asked.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import date, datetime
from datetime import date as Date  # noqa: N812 - a field below is called date

from lunar_python import Lunar, LunarYear

from nlu.values import festivals
from nlu.values.birthday_forms import CALENDAR, LUNAR, SOLAR, DayWritten, days_written, read_year
from nlu.values.pinyin import dates_in_characters
from nlu.values.revised import standing
from nlu.values.text import LONGEST_TEXT, fold

UNSAID_YEAR = 4
"""The year of a birthday said without one: a leap year in which no member was born."""


@dataclass(frozen=True)
class BirthdaySaid:
    """The birthday meant, or None and the readings in doubt; a year of `UNSAID_YEAR` was not said.

    `lunar` is the month (negative: a leap month) and day of a birthday said by the lunar calendar; without
    a `date` its solar date cannot be told, most often for want of the year.
    """

    date: Date | None = None
    candidates: tuple[Date, ...] = ()
    lunar: tuple[int, int] | None = None


_PLAIN_YEAR = r"(?:19|20)[0-9]{2}|[0-9]{2}|[零一二三四五六七八九]{4}|[零一二三四五六七八九]{2}"
_YEAR_APART = re.compile(
    rf"(?<![0-9零一二三四五六七八九])(?P<year>{_PLAIN_YEAR})年(?:的|生|出生|属)"
    rf"|(?:^|(?<=[,， 是我日号]))(?P<alone>{_PLAIN_YEAR})年(?=$|[,， ])"
)
_YEAR_ONLY = re.compile(
    r"\s*(?:我|是|属[\u4e00-\u9fff]|的|出生|[,， ])*(?P<year>(?:19|20)[0-9]{2}|[0-9]{2}"
    r"|[零一二三四五六七八九]{2,4}|"
    r"[两二]千(?:零[一二三四五六七八九])?)\s?年?(?:的|出?生|人|啊|呢|属[\u4e00-\u9fff]|[。.,， ])*"
)
_MOVING = re.compile(
    r"(?P<year>(?:19|20)[0-9]{2}|[0-9]{2}|[零一二三四五六七八九]{2,4})年?的?(?P<words>母亲节|父亲节|感恩节|清明节?)"
)
_CORRECTED_BEFORE = re.compile(
    r"(?:改成|改为|换成|改到|应该是?|而是|其实是|实际是?|更正为|是)(?:阳历|公历|新历)?\s?$"
)
_REFUSED_BEFORE = re.compile(r"(?:不是|写错了?|原来是?|填成了?|登记成了?|错写成|写成了?)\s?$")
_RECORDED_BEFORE = re.compile(r"(?:填的|登记的|写的|显示(?:的|是)?|系统里是?)\s?$")
_OF_ANOTHER = re.compile(
    r"(?:宝宝|孩子|娃|[儿女]子|[女闺][儿女]|老公|老婆|妈妈?|爸爸?|[他她])的?(?:生日)?(?:是|在|:)?\s?$"
)
"""Beside one's own birthday that of somebody else: 我是3月8，宝宝是2月10."""
_CALENDAR_SAID = re.compile(
    rf"(?P<refused>(?:不是|不过|非|没有?|不用|不按|别按)(?:按|过)?)?(?P<name>{CALENDAR})"
)
_LEADS_TO = re.compile(r"(?:年|的|生日|是|过|每年|:|\s)*")
_FOLLOWS = re.compile(r"[(（,，\s]*(?:生日|是|过|按|我|的|这是|算)*\s?$")


def find_birthday(text: str, now: datetime) -> BirthdaySaid:
    """The birthday in a text as a solar date; a lunar one without its year is named as such and no date."""
    folded, today = dates_in_characters(fold(text[:LONGEST_TEXT])), now.date()
    found = sorted(days_written(folded, today), key=lambda one: one.start)
    found = _calendars(folded, [_with_year_apart(folded, one, today) for one in found])
    kept = _meant(folded, found)
    days = tuple(dict.fromkeys(day for one in kept if (day := _solar_day(one, today))))
    of_solar = tuple(day for one in kept if one.calendar == SOLAR and (day := _solar_day(one, today)))
    days = tuple(dict.fromkeys(of_solar)) or days or _moving(folded, today)
    lunar = None if of_solar else _lunar_said(kept)
    return BirthdaySaid(days[0], lunar=lunar) if len(days) == 1 else BirthdaySaid(None, days[:4], lunar)


def find_birth_year(text: str, now: datetime) -> int | None:
    """The year in an answer that names nothing else: 1990, 90年, 我是九零年的."""
    match = _YEAR_ONLY.fullmatch(fold(text[:LONGEST_TEXT]))
    return read_year(match["year"], now.date()) if match else None


def lunar_birthday(year: int, month: int, day: int) -> Date | None:
    """The solar date of a lunar day of birth; a negative month is a leap month. None where there is none."""
    if month > 0:
        return festivals.lunar_day(year, month, day)
    if LunarYear.fromYear(year).getLeapMonth() != -month or not 1 <= day <= 29:
        return None
    solar = Lunar.fromYmd(year, month, day).getSolar()
    return date(solar.getYear(), solar.getMonth(), solar.getDay())


def _lunar_said(kept: list[DayWritten]) -> tuple[int, int] | None:
    for one in kept:
        if one.calendar == LUNAR and 1 <= one.month <= 12 and one.day <= 30:
            return -one.month if one.leap else one.month, one.day
    return None


def _meant(folded: str, found: list[DayWritten]) -> list[DayWritten]:
    kept = [one for one in found if not _REFUSED_BEFORE.search(folded, max(0, one.start - 6), one.start)]
    if len(kept) > 1:
        recorded = [o for o in kept if not _RECORDED_BEFORE.search(folded, max(0, o.start - 6), o.start)]
        kept = recorded or kept
    own = [one for one in kept if not _OF_ANOTHER.search(folded, max(0, one.start - 8), one.start)]
    kept = standing(folded, own or kept)
    corrected = [o for o in kept[1:] if _CORRECTED_BEFORE.search(folded, max(0, o.start - 8), o.start)]
    return corrected[-1:] or kept


def _with_year_apart(folded: str, one: DayWritten, today: date) -> DayWritten:
    """我是92年的，5月20号生日: the year stands by itself."""
    apart = _YEAR_APART.search(folded) if one.year is None else None
    return replace(one, year=read_year(apart["year"] or apart["alone"], today)) if apart else one


def _calendars(folded: str, found: list[DayWritten]) -> list[DayWritten]:
    """The calendar of each date: named before or behind it, in its own words, or anywhere in the text."""
    names = [match for match in _CALENDAR_SAID.finditer(folded) if not match["refused"]]
    claimed: dict[int, str] = {}
    free = []
    for match in names:
        index = next(
            (
                i
                for i, one in enumerate(found)
                if one.start <= match.start() < one.end
                or (one.start >= match.end() and _LEADS_TO.fullmatch(folded, match.end(), one.start))
            ),
            None,
        )
        if index is None:
            free.append(match)
        else:
            claimed[index] = _kind(match)
    for match in free:
        for index, one in enumerate(found):
            behind = one.end <= match.start() and _FOLLOWS.fullmatch(folded, one.end, match.start())
            if behind and index not in claimed:
                claimed[index] = _kind(match)
    feasts = {(one.month, one.day) for one in found if one.calendar == LUNAR}
    for index, one in enumerate(found):
        if one.calendar is None and (one.month, one.day) in feasts:
            claimed.setdefault(index, LUNAR)  # 八月十五中秋节
    anywhere = {_kind(match) for match in free}
    otherwise = LUNAR if anywhere == {LUNAR} and not claimed else SOLAR
    return [
        replace(one, calendar=one.calendar or claimed.get(index) or otherwise)
        for index, one in enumerate(found)
    ]


def _kind(match: re.Match[str]) -> str:
    return SOLAR if match["name"][0] in "阳公新国西" else LUNAR


def _solar_day(one: DayWritten, today: date) -> date | None:
    """The date to keep; None for an impossible one, one to come, and a lunar one without its year."""
    try:
        if one.calendar == LUNAR:
            month = -one.month if one.leap else one.month
            day = lunar_birthday(one.year, month, one.day) if one.year else None
        else:
            day = date(one.year or UNSAID_YEAR, one.month, one.day)
    except ValueError:
        return None
    return day if day and day <= today else None


def _moving(folded: str, today: date) -> tuple[date, ...]:
    """92年母亲节: a festival whose date depends on the year."""
    match = _MOVING.search(folded)
    year = read_year(match["year"], today) if match else None
    named = festivals.FESTIVAL_RE.match(match["words"]) if match else None
    day = festivals.festival_of(named).of(year) if named and year else None
    return (day,) if day and day <= today else ()
