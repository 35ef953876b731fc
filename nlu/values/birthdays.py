"""Birthdays: 1990年3月5日, 90年3月5号, 一九九零年三月五日, 19900305, 3月5号, 0305, 农历1990年八月十五."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from datetime import date as Date  # noqa: N812 - a field below is called date

from nlu.values import festivals
from nlu.values.dates import NUM, small
from nlu.values.numbers import DIGITS
from nlu.values.text import LONGEST_TEXT, fold

UNSAID_YEAR = 4
"""The year of a birthday said without one: a leap year in which no member was born."""
OLDEST_YEARS = 120


@dataclass(frozen=True)
class BirthdaySaid:
    """The birthday meant, or None and the readings in doubt; a year of `UNSAID_YEAR` was not said."""

    date: Date | None = None
    candidates: tuple[Date, ...] = ()


_YEAR = r"(?P<year>(?:19|20)[0-9]{2}|[0-9]{2}|[零一二三四五六七八九]{4}|[零一二三四五六七八九]{2}|[今去前])"
_FULL = (
    re.compile(
        rf"(?<![0-9零一二三四五六七八九]){_YEAR}年的?\s?(?P<month>{NUM})月(?:份)?\s?(?P<day>{NUM})(?:号|日)?"
    ),
    re.compile(
        r"(?<![0-9])(?P<year>(?:19|"
        r"20)[0-9]{2})\s?[-/.、]\s?(?P<month>[0-9]{1,2})\s?[-/.、]\s?(?P<day>[0-9]{1,2})(?![0-9])"
    ),
    re.compile(r"(?<![0-9])(?P<year>(?:19|20)[0-9]{2})(?P<month>[0-9]{2})(?P<day>[0-9]{2})(?![0-9])"),
    re.compile(
        r"(?<![0-9./-])(?P<year>[0-9]{2})[-/.](?P<month>[0-9]{1,2})[-/.](?P<day>[0-9]{1,2})(?![0-9./-])"
    ),
)
_SHORT = (
    re.compile(rf"(?<![0-9零一二三四五六七八九十年])(?P<month>{NUM})月(?:份)?\s?(?P<day>{NUM})(?:号|日)?"),
    re.compile(
        r"(?<![0-9./\-])(?P<month>1[0-2]|0?[1-9])\s?[/.\-]\s?(?P<day>3[01]|[12][0-9]|"
        r"0?[1-9])(?![0-9./\-])(?:号|日)?"
    ),
    re.compile(r"(?<![0-9])(?P<month>1[0-2]|0[1-9])(?P<day>3[01]|[12][0-9]|0[1-9])(?![0-9])"),
)
_YEAR_APART = re.compile(rf"(?<![0-9零一二三四五六七八九]){_YEAR}年(?:的|生|出生|属)")
_YEARS_BACK = {"今": 0, "去": 1, "前": 2}
_CORRECTED_BEFORE = re.compile(r"(?:改成|改为|换成|改到|应该是|而是|其实是|更正为|是)(?:阳历|公历|新历)?\s?$")
_REFUSED_BEFORE = re.compile(r"(?:不是|写错了?|原来是?|填成了?|登记成了?|错写成|写成了?)\s?$")
_LUNAR_BEFORE = re.compile(r"(?:农历|阴历|旧历)(?:生日|的)?(?:是)?\s?$")


def find_birthday(text: str, now: datetime) -> BirthdaySaid:
    """The birthday in a text; a lunar one as its solar date when the year is said, none otherwise."""
    folded, today = fold(text[:LONGEST_TEXT]), now.date()
    found: list[tuple[int, int, date]] = []
    for start, end, day in _all(folded, today):
        if all(end <= other[0] or start >= other[1] for other in found):
            found.append((start, end, day))
    found.sort()
    kept = [f for f in found if not _REFUSED_BEFORE.search(folded[max(0, f[0] - 6) : f[0]])]
    corrected = [f for f in kept[1:] if _CORRECTED_BEFORE.search(folded[max(0, f[0] - 8) : f[0]])]
    days = tuple(
        dict.fromkeys(_with_year_apart(folded, day, today) for _, _, day in (corrected[-1:] or kept))
    )
    return BirthdaySaid(days[0]) if len(days) == 1 else BirthdaySaid(candidates=days[:4])


def _with_year_apart(folded: str, day: date, today: date) -> date:
    """我是92年的，5月20号生日: the year stands by itself."""
    apart = _YEAR_APART.search(folded) if day.year == UNSAID_YEAR else None
    year = _year(apart.group("year"), today) if apart else None
    try:
        return day.replace(year=year) if year else day
    except ValueError:
        return day


def _all(folded: str, today: date) -> Iterator[tuple[int, int, date]]:
    """Every date, lunar ones and those with a year first; impossible days still hide what stands in them."""
    lunar_places = []
    for match in festivals.LUNAR_RE.finditer(folded):
        if festivals.is_lunar(match) or _LUNAR_BEFORE.search(
            folded[max(0, match.start() - 8) : match.start()]
        ):
            lunar_places.append(match.span())
            day = _lunar(match, today)
            if day:
                yield match.start(), match.end(), day
    taken = list(lunar_places)
    for patterns, with_year in ((_FULL, True), (_SHORT, False)):
        for pattern in patterns:
            for match in pattern.finditer(folded):
                if any(match.start() < end and match.end() > start for start, end in taken):
                    continue
                if _LUNAR_BEFORE.search(folded[max(0, match.start() - 8) : match.start()]):
                    taken.append(match.span())
                    continue
                taken.append(match.span())
                day = _solar(match, today, with_year=with_year)
                if day:
                    yield match.start(), match.end(), day


def _solar(match: re.Match[str], today: date, *, with_year: bool) -> date | None:
    year = _year(match.group("year"), today) if with_year else UNSAID_YEAR
    month, day = small(match.group("month")), small(match.group("day"))
    if year is None or month is None or day is None:
        return None
    try:
        found = date(year, month, day)
    except ValueError:
        return None
    return found if found <= today else None


def _lunar(match: re.Match[str], today: date) -> date | None:
    said = match.group("lyear")
    year = _year(said, today) if said and said not in "明后" else None
    if year is None:
        return None
    found = festivals.lunar_day(
        year, festivals.read_lunar_month(match.group("lmonth")), festivals.read_lunar_day(match.group("lday"))
    )
    return found if found and found <= today else None


def _year(said: str, today: date) -> int | None:
    """The year of birth: two digits are the latest year that is not in the future."""
    if said in _YEARS_BACK:
        return today.year - _YEARS_BACK[said]
    value = int("".join(str(DIGITS.get(character, character)) for character in said))
    if len(said) == 2:
        value += 2000 if value <= today.year % 100 else 1900
    return value if today.year - OLDEST_YEARS <= value <= today.year else None
