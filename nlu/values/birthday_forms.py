"""How a day of birth is written: 1990年3月5日, 民国79年…, 19900305, 八月初五, 圣诞节, March 5 1990."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta

from nlu.values.dates import NUM, small
from nlu.values.numbers import DIGITS

OLDEST_YEARS = 120
_C = "零一二三四五六七八九"
_YEAR = (
    rf"(?P<year>民国(?:{NUM}|[{_C}十]{{2,3}})|(?:19|20)[0-9]{{2}}|[0-9]{{2}}|[{_C}]{{4}}|[{_C}]{{2}}"
    rf"|[两二]千(?:零[{_C}])?|千禧|[今去前])"
)
CALENDAR = r"(?:[农阴][历里力立厉]|[旧老古夏]历|nongli|lunar|[阳公新国西]历)"
_DATES = (
    re.compile(
        rf"(?<![0-9{_C}])(?:{_YEAR}\s?年\s?(?:的|生|出生)?\s?(?:{CALENDAR}的?\s?)?|(?P<bare>[一二][九零][{_C}]{{2}}))"
        rf"(?P<leap>闰)?(?P<month>正|腊|冬|{NUM})\s?月(?:份)?\s?(?P<day>初(?:10|[1-9一二三四五六七八九十])|{NUM})(?![0-9{_C}十o])(?:\s?(?P<said>号|日))?"
    ),
    re.compile(
        rf"(?<![0-9{_C}]){_YEAR}\s?年\s?(?P<month>[0-9]{{1,2}})[-/.](?P<day>[0-9]{{1,2}})(?![0-9./-])"
    ),
    re.compile(
        r"(?<![0-9])(?P<year>(?:19|20)[0-9]{2})\s?[-/.、]\s?(?P<month>[0-9]{1,2})\s?[-/.、]\s?(?P<day>[0-9]{1,2})(?![0-9])"
    ),
    re.compile(r"(?<![0-9])(?P<year>(?:19|20)[0-9]{2})(?P<month>[0-9]{2})(?P<day>[0-9]{2})(?![0-9])"),
    re.compile(
        r"(?<![0-9./-])(?P<year>[0-9]{2})[-/.](?P<month>[0-9]{1,2})[-/.](?P<day>[0-9]{1,2})(?![0-9./-])"
    ),
    re.compile(
        rf"(?<![0-9{_C}十])(?:(?<!年)(?<!年的)|(?<=每年))(?P<leap>闰)?(?P<month>正|腊|冬|{NUM})\s?月(?:份)?\s?"
        rf"(?P<day>初(?:10|[1-9一二三四五六七八九十])|{NUM})(?![0-9{_C}十o])(?:\s?(?P<said>号|日))?"
    ),
    re.compile(
        r"(?<![0-9./\-])(?P<month>1[0-2]|0?[1-9])\s?[/.\-]\s?(?P<day>3[01]|[12][0-9]|"
        r"0?[1-9])(?![0-9./\-])(?P<said>号|日)?"
    ),
    re.compile(r"(?<![0-9])(?P<month>1[0-2]|0[1-9])(?P<day>3[01]|[12][0-9]|0[1-9])(?![0-9])"),
)
_BORN = r"(?:身份证上?的?是?|生日|出生(?:日期|年月日?)?|生于)(?:是|在|:|改成|改为|填)?\s?"
_SIX = re.compile(rf"{_BORN}(?P<year>[0-9]{{2}})(?P<month>[0-9]{{2}})(?P<day>[0-9]{{2}})(?![0-9])")
_THREE = re.compile(rf"{_BORN}(?P<figures>[0-9]{{3}})(?![0-9.年月日号岁])")
_MONTHS = {
    "jan": 1,
    "feb": 2,
    "mar": 3,
    "apr": 4,
    "may": 5,
    "jun": 6,
    "jul": 7,
    "aug": 8,
    "sep": 9,
    "oct": 10,
    "nov": 11,
    "dec": 12,
}
_MONTH = rf"(?P<name>{'|'.join(_MONTHS)})[a-z]{{0,6}}\.?"
_NTH = r"(?P<day>[0-9]{1,2})(?:st|nd|rd|th)?"
_LAST = r"(?:,?\s(?P<year>(?:19|20)[0-9]{2}))?(?![0-9a-z])"
_ENGLISH = (
    re.compile(rf"(?<![a-z]){_MONTH}\s{_NTH}{_LAST}"),
    re.compile(rf"(?<![0-9]){_NTH}\s{_MONTH}{_LAST}"),
)
_NEAR = {"前天": -2, "昨天": -1, "今天": 0, "明天": 1, "后天": 2}
_NEAR_DAY = re.compile(
    r"(?:生日(?:就|是|在|即)*(?P<after>[前昨今明后]天)|(?P<before>[前昨今明后]天)(?:就|是|过|刚好|正好)*(?:我|我的|本人)*(?:过)?生日)"
)
_BESIDE = re.compile(rf"(?:节|那天)?的?(?:前|后|再过)(?:{NUM}|几)天|(?:节|那天)?(?:前后|左右|前夕)")
"""平安夜前一天 is another day than the one named."""
_THIS_MONTH = re.compile(rf"(?P<which>这个?月|本月|下个?月|上个?月)(?P<day>{NUM})(?:[号日]|(?=生日))")
SOLAR, LUNAR = "solar", "lunar"
_NO_FIGURE = rf"(?<![0-9{_C}十])"
_NAMED_DAYS = (
    (SOLAR, r"元旦", 1, 1),
    (SOLAR, r"(?<!白色)(?<!七夕)情人节", 2, 14),
    (SOLAR, rf"{_NO_FIGURE}三八节?|妇女节|女神节|女王节", 3, 8),
    (SOLAR, r"植树节", 3, 12),
    (SOLAR, r"白色情人节", 3, 14),
    (SOLAR, r"愚人节", 4, 1),
    (SOLAR, rf"{_NO_FIGURE}五一|劳动节", 5, 1),
    (SOLAR, rf"{_NO_FIGURE}五四青年节|青年节", 5, 4),
    (SOLAR, r"护士节", 5, 12),
    (SOLAR, rf"{_NO_FIGURE}六一|儿童节", 6, 1),
    (SOLAR, r"建党节", 7, 1),
    (SOLAR, r"建军节", 8, 1),
    (SOLAR, r"教师节", 9, 10),
    (SOLAR, r"国庆", 10, 1),
    (SOLAR, r"万圣节", 10, 31),
    (SOLAR, r"双十一|双11|光棍节", 11, 11),
    (SOLAR, r"双十二|双12", 12, 12),
    (SOLAR, r"平安夜", 12, 24),
    (SOLAR, r"圣诞", 12, 25),
    (SOLAR, r"跨年", 12, 31),
    (LUNAR, r"春节", 1, 1),
    (LUNAR, r"元宵", 1, 15),
    (LUNAR, r"龙抬头", 2, 2),
    (LUNAR, r"端午", 5, 5),
    (LUNAR, r"七夕", 7, 7),
    (LUNAR, r"中元节|鬼节", 7, 15),
    (LUNAR, r"中秋", 8, 15),
    (LUNAR, r"重阳", 9, 9),
    (LUNAR, r"腊八", 12, 8),
    (LUNAR, r"小年(?!轻)", 12, 0),
    (LUNAR, r"除夕|年三十|大年30", 12, 0),
)
_NAMED_RE = re.compile(
    rf"(?:(?<![0-9{_C}]){_YEAR}\s?年的?\s?)?(?:"
    + "|".join(f"(?P<n{index}>{words})" for index, (_, words, _, _) in enumerate(_NAMED_DAYS))
    + rf"|(?:大年|过年|春节)(?P<new>初[一二三四五六七八九十]))(?![0-9{_C}月])"
)


@dataclass(frozen=True)
class DayWritten:
    """A day as it stands in the text; `day` 0 is a name that fits several days (小年, 除夕)."""

    start: int
    end: int
    month: int
    day: int
    year: int | None = None
    calendar: str | None = None
    """What the words themselves say: solar, lunar, or nothing."""
    leap: bool = False


def days_written(folded: str, today: date) -> Iterator[DayWritten]:
    """Every date, those with a year first; impossible ones (day 99) still hide what stands in them."""
    taken: list[tuple[int, int]] = []
    for one in _all(folded, today):
        if all(one.end <= start or one.start >= end for start, end in taken):
            taken.append((one.start, one.end))
            beside = _BESIDE.match(folded, one.end)
            yield replace(one, month=0, day=99) if beside else one


def _all(folded: str, today: date) -> Iterator[DayWritten]:
    for pattern in (_SIX, *_DATES[:5]):
        for match in pattern.finditer(folded):
            yield _of(match, today)
    yield from _named(folded, today)
    for pattern in (*_DATES[5:], *_ENGLISH):
        for match in pattern.finditer(folded):
            yield _of(match, today)
    yield from _three_figures(folded)
    yield from _near(folded, today)


def _of(match: re.Match[str], today: date) -> DayWritten:
    groups = match.groupdict()
    said_year = groups.get("year") or groups.get("bare")
    year = read_year(said_year, today) if said_year else None
    start = match.start("year") if groups.get("year") else match.start()
    month = _MONTHS[groups["name"]] if "name" in groups else _month(groups["month"])
    day = small(groups["day"].removeprefix("初"))
    if month is None or day is None or (said_year and year is None):
        return DayWritten(start, match.end(), 0, 99)
    leap = bool(groups.get("leap"))
    by_nature = leap or groups.get("month", "") in ("正", "腊", "冬") or groups["day"].startswith("初")
    by_nature = by_nature or (groups["day"].startswith("廿") and not groups.get("said"))
    return DayWritten(start, match.end(), month, day, year, LUNAR if by_nature else None, leap)


def _month(said: str) -> int | None:
    return {"正": 1, "冬": 11, "腊": 12}.get(said) or small(said)


def _named(folded: str, today: date) -> Iterator[DayWritten]:
    """Festivals, where the sentence speaks of a birth or of that very day."""
    for match in _NAMED_RE.finditer(folded):
        year = read_year(match["year"], today) if match["year"] else None
        dated = re.search(rf"[0-9{_C}十号日]\s?$", folded[: match.start()])
        if year is None and not dated and not re.search(r"生|[那当]天|历", folded):
            continue
        index = next((i for i in range(len(_NAMED_DAYS)) if match[f"n{i}"]), None)
        if index is None:
            day = small(match["new"].removeprefix("初")) or 0
            yield DayWritten(match.start(), match.end(), 1, day, year, LUNAR)
        else:
            calendar, _, month, day = _NAMED_DAYS[index]
            yield DayWritten(match.start(), match.end(), month, day, year, calendar)


def _three_figures(folded: str) -> Iterator[DayWritten]:
    """生日520; 101 is 1 January as well as 1 October."""
    for match in _THREE.finditer(folded):
        figures = match["figures"]
        for month, day in ((figures[:1], figures[1:]), (figures[:2], figures[2:])):
            if 1 <= int(month) <= 12 and 1 <= int(day) <= 31:
                start = match.start("figures") + (len(month) - 1)
                yield DayWritten(start, start + 1, int(month), int(day))


def _near(folded: str, today: date) -> Iterator[DayWritten]:
    for match in _NEAR_DAY.finditer(folded):
        day = today + timedelta(days=_NEAR[match["after"] or match["before"]])
        yield DayWritten(*match.span(), day.month, day.day)
    if "生日" in folded:
        for match in _THIS_MONTH.finditer(folded):
            step = {"下": 1, "上": -1}.get(match["which"][0], 0)
            month = (today.month - 1 + step) % 12 + 1
            yield DayWritten(*match.span(), month, small(match["day"]) or 99)


def read_year(said: str, today: date) -> int | None:
    """The year of birth: two digits are the latest year that is not in the future; 民国79 is 1990."""
    back = {"今": 0, "去": 1, "前": 2}.get(said)
    if back is not None:
        return today.year - back
    if said.startswith("民国"):
        value = 1911 + (small(said.removeprefix("民国")) or 0)
    elif said[0] in "两二" and said[1:2] == "千":
        value = 2000 + (DIGITS[said[-1]] if len(said) > 2 else 0)
    elif said == "千禧":
        value = 2000
    else:
        value = int("".join(str(DIGITS.get(character, character)) for character in said))
        if len(said) == 2:
            value += 2000 if value <= today.year % 100 else 1900
    return value if today.year - OLDEST_YEARS <= value <= today.year else None
