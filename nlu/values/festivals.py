"""Days that have a name: holidays, lunar festivals, shopping days, and lunar dates such as 大年初三."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

from lunar_python import Lunar, LunarMonth, Solar

FIRST_YEAR, LAST_YEAR = 1901, 2099
"""The years for which the lunar calendar is computed."""


@lru_cache(maxsize=512)
def lunar_day(year: int, month: int, day: int) -> date | None:
    """The solar date of a lunar day; None when that month has no such day. Leap months are not meant."""
    if not FIRST_YEAR <= year <= LAST_YEAR or not 1 <= month <= 12:
        return None
    if not 1 <= day <= LunarMonth.fromYm(year, month).getDayCount():
        return None
    solar = Lunar.fromYmd(year, month, day).getSolar()
    return date(solar.getYear(), solar.getMonth(), solar.getDay())


@lru_cache(maxsize=512)
def _solar_term(name: str, year: int) -> date:
    # The table of a day runs from the winter solstice before its lunar year to the one that ends it
    solar = Solar.fromYmd(year, 7, 1).getLunar().getJieQiTable()[name]
    return date(solar.getYear(), solar.getMonth(), solar.getDay())


def _term(name: str) -> Callable[[int], date | None]:
    return lambda year: _solar_term(name, year)


def _solar(month: int, day: int) -> Callable[[int], date | None]:
    return lambda year: date(year, month, day)


def _lunar(month: int, day: int) -> Callable[[int], date | None]:
    return lambda year: lunar_day(year, month, day)


def new_year_eve(year: int) -> date | None:
    """除夕: the day before the first day of the lunar year that begins in `year`."""
    first = lunar_day(year, 1, 1)
    return first - timedelta(days=1) if first else None


def _nth_weekday(month: int, weekday: int, nth: int) -> Callable[[int], date | None]:
    def of(year: int) -> date | None:
        first = date(year, month, 1)
        return first + timedelta(days=(weekday - first.weekday()) % 7 + 7 * (nth - 1))

    return of


@dataclass(frozen=True)
class Festival:
    """One named day: the words for it, its date in a year, the length of its holiday (1: none)."""

    words: str
    of: Callable[[int], date | None]
    holiday_days: int = 1

    def holiday(self, year: int) -> tuple[date, date] | None:
        """First and last day off.

        Three days touch a weekend and one in the middle of a week stands alone, as the State Council sets
        元旦, 清明, 端午 and 中秋 every year.
        """
        day = self.of(year)
        if day is None:
            return None
        before, after = 0, self.holiday_days - 1
        if self.holiday_days == 3:
            before, after = ((2, 0), (2, 0), (0, 0), (0, 2), (0, 2), (0, 2), (1, 1))[day.weekday()]
        return day - timedelta(days=before), day + timedelta(days=after)


FESTIVALS = (
    Festival(r"元旦节?", _solar(1, 1), 3),
    Festival(r"西方情人节|(?<!白色)(?<!黑色)情人节", _solar(2, 14)),
    Festival(r"女生节", _solar(3, 7)),
    Festival(r"白色情人节", _solar(3, 14)),
    Festival(r"315(?=那天|当天|期间|活动)|消费者权益日", _solar(3, 15)),
    Festival(r"春分", _term("春分")),
    Festival(r"愚人节", _solar(4, 1)),
    Festival(
        r"三八妇女节|三八女神节|三八节|妇女节|女神节|女王节|3\.8(?=节|那天|当天|女)节?|38(?=节|那天|当天|"
        r"女)节?|"
        r"(?<![0-9零一二三四五六七八九十百千月第])三八(?![零一二三四五六七八九十百千万0-9块元折分点号个路婆线次])",
        _solar(3, 8),
    ),
    Festival(r"植树节", _solar(3, 12)),
    Festival(r"清明节?(?!上河)", _term("清明"), 3),
    Festival(
        r"五一劳动节|五一节?(?![零一二三四五六七八九十百千万路广块元分折])|劳动节|5\.1(?=节|假|长假|那天|"
        r"当天)",
        _solar(5, 1),
        5,
    ),
    Festival(r"五四青年节|五四(?=那天|节)|青年节", _solar(5, 4)),
    Festival(r"母亲节", _nth_weekday(5, 6, 2)),
    Festival(r"护士节", _solar(5, 12)),
    Festival(
        r"(?<=年)520(?!\s?[0-9块元])|520(?=那天|当天|那日|节|情人节|[上下中]午|晚|约)|五二零(?=那天|当天|"
        r"节|[上下]午|晚)|网络情人节",
        _solar(5, 20),
    ),
    Festival(r"521(?=那天|当天)", _solar(5, 21)),
    Festival(r"六一儿童节|六一节?(?![零一二三四五六七八九十百千万路块元分折])|儿童节", _solar(6, 1)),
    Festival(
        r"(?<=年)618(?!\s?[0-9块元])|618(?=那天|当天|大促|期间|活动|购物节|的时候)|六一八", _solar(6, 18)
    ),
    Festival(r"父亲节", _nth_weekday(6, 6, 3)),
    Festival(r"夏至", _term("夏至")),
    Festival(r"建党节|七一建党节?", _solar(7, 1)),
    Festival(r"八一建军节|建军节", _solar(8, 1)),
    Festival(r"立春", _term("立春")),
    Festival(r"立夏", _term("立夏")),
    Festival(r"秋分", _term("秋分")),
    Festival(r"立秋", _term("立秋")),
    Festival(r"教师节", _solar(9, 10)),
    Festival(
        r"国庆节?(?!路)|(?<![0-9零一二三四五六七八九十双周期拜月])十一(?=假期|期间|长假|黄金周|那天|当天|"
        r"放假|国庆|有空|有位|开门|营业)|十\.一(?=假|长假)",
        _solar(10, 1),
        7,
    ),
    Festival(r"万圣节(?:前夜|前夕)?", _solar(10, 31)),
    Festival(r"立冬", _term("立冬")),
    Festival(r"双十一|双11|双十1|光棍节", _solar(11, 11)),
    Festival(r"感恩节", _nth_weekday(11, 3, 4)),
    Festival(r"双十二|双12", _solar(12, 12)),
    Festival(r"平安夜|圣诞前[夜夕]|圣诞节前[夜夕]", _solar(12, 24)),
    Festival(r"圣[诞誕]节?", _solar(12, 25)),
    Festival(r"冬至", _term("冬至")),
    Festival(r"跨年夜?(?:那天)?", _solar(12, 31)),
    Festival(r"除夕夜?|大年夜|大年三十|年三十(?:晚(?!上))?|大年30", new_year_eve),
    Festival(
        r"春节|过年(?=期间|假期|那几天|的时候|时|放假|以来|那会|到)|新春|农历新年|农历春节", _lunar(1, 1), 7
    ),
    Festival(r"大年初一", _lunar(1, 1)),
    Festival(r"元宵节?|正月十五", _lunar(1, 15)),
    Festival(r"二月二龙抬头|龙抬头", _lunar(2, 2)),
    Festival(r"五月五端午节?|端午节?", _lunar(5, 5), 3),
    Festival(r"七月七七夕节?|七夕情人节|七夕节?", _lunar(7, 7)),
    Festival(r"中元节?|鬼节", _lunar(7, 15)),
    Festival(r"中秋节?|八月十五中秋", _lunar(8, 15), 3),
    Festival(r"九月九重阳节?|重阳节?", _lunar(9, 9)),
    Festival(r"腊八节?", _lunar(12, 8)),
    Festival(r"小年夜?(?!轻)", _lunar(12, 23)),
)

FESTIVAL_RE = re.compile(
    r"(?:(?P<year>今|明|去|前|后|20[0-9]{2})年?的?)?(?:"
    + "|".join(f"(?P<f{index}>{festival.words})" for index, festival in enumerate(FESTIVALS))
    + r")(?P<whole>假期|期间|长假|小长假|黄金周|放假|放假期间|节假期)?"
    r"(?:(?P<step>[前后]一[天日]|头一?天|第[二三四五六七]天|次日)|(?:那天|当天|当日|那日)?)"
)
_STEPS = {"前": -1, "头": -1, "后": 1, "次": 1}


def days_from_festival(match: re.Match[str]) -> int:
    """国庆前一天 → -1, 国庆第三天 → 2, 国庆 → 0."""
    step = match.group("step")
    if not step:
        return 0
    return "一二三四五六七".index(step[1]) if step[0] == "第" else _STEPS[step[0]]


def festival_of(match: re.Match[str]) -> Festival:
    """The festival that a match of FESTIVAL_RE names."""
    return next(FESTIVALS[i] for i in range(len(FESTIVALS)) if match.group(f"f{i}"))


_LUNAR_MONTHS = {
    "正": 1,
    "一": 1,
    "二": 2,
    "三": 3,
    "四": 4,
    "五": 5,
    "六": 6,
    "七": 7,
    "八": 8,
    "九": 9,
    "十": 10,
}
_LUNAR_MONTHS |= {"十一": 11, "冬": 11, "十二": 12, "腊": 12}
_TENS = "零一二三四五六七八九十"
_DAY = (
    r"(?P<lday>初[一二三四五六七八九十]|初(?:10|[1-9])(?![0-9])|十[一二三四五六七八九]?|"
    r"二十[一二三四五六七八九]?|廿[一二三四五六七八九]?|三十|[12][0-9]|30)"
)
LUNAR_RE = re.compile(
    rf"(?:(?P<lyear>[0-9]{{4}}|[0-9]{{2}}|[零一二三四五六七八九]{{4}}|"
    rf"[零一二三四五六七八九]{{2}}|今|明|去|后)年的?)?"
    rf"(?P<lcal>农历|阴历|旧历)?的?(?P<lmonth>正|腊|冬|十[一二]?|[一二三四五六七八九])月{_DAY}(?:号|日)?"
)
NEW_YEAR_DAY_RE = re.compile(
    r"(?:(?P<nyear>今|明|去|后)年的?)?(?:大年|过年|春节|新年|正月|(?<![0-9今明去后前每])年)"
    r"(?P<lday>初[一二三四五六七八九十]|初(?:10|[1-9])(?![0-9]))"
)
BARE_NEW_YEAR_RE = re.compile(r"(?<![月年期节最当起年份])(?P<lday>初[一二三四五六七八九十](?![0-9中高级年]))")


YEAR_END_RE = re.compile(
    r"(?<![0-9今明去后前])年(?P<lday>廿[一二三四五六七八九]|二十[四五六七八九])(?!号|岁)"
)
"""年廿八: the days before the new year, in Cantonese."""
NAMED_LUNAR_RE = re.compile(
    r"(?:农历|阴历|旧历)的?(?P<lmonth>十[一二]?|"
    r"[一二三四五六七八九])月(?P<lday>[一二三四五六七八九])(?:号|日)?(?!十)"
)
"""农历三月三: the day without 初."""


def read_lunar_day(said: str) -> int:
    """初三 → 3, 廿三 → 23, 三十 → 30, 15 → 15."""
    said = said.replace("初", "").replace("廿", "二十")
    if said.isdigit():
        return int(said)
    tens, _, ones = said.rpartition("十")
    if "十" not in said:
        return _TENS.index(said)
    return (_TENS.index(tens) if tens else 1) * 10 + (_TENS.index(ones) if ones else 0)


def read_lunar_month(said: str) -> int:
    """正 → 1, 腊 → 12."""
    return _LUNAR_MONTHS[said]


def is_lunar(match: re.Match[str]) -> bool:
    """Whether a match of LUNAR_RE is meant by the lunar calendar: named so, or 正月, 腊月, 初三."""
    return (
        bool(match.group("lcal"))
        or match.group("lmonth") in "正腊冬"
        or match.group("lday").startswith(("初", "廿"))
    )
