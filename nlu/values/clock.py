"""Hours and parts of the day: 三点半, 差一刻五点, 15:30, 傍晚; opening hours decide whether 三点 is 15:00."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from nlu.values.dates import NUM, small
from nlu.values.numbers import DIGITS
from shop.catalogue import OpeningHours

DAWN, MORNING, NOON, AFTERNOON, DUSK, EVENING, NIGHT = (
    "dawn",
    "morning",
    "noon",
    "afternoon",
    "dusk",
    "evening",
    "night",
)
PART_HOURS = {
    DAWN: (0, 6),
    MORNING: (6, 12),
    NOON: (11, 13),
    AFTERNOON: (13, 18),
    DUSK: (17, 19),
    EVENING: (18, 24),
    NIGHT: (22, 24),
}
"""Hours in which each part of the day begins and ends; 下午 from 13, as who says it does not mean noon."""
_PART_WORDS = {
    DAWN: "凌晨|拂晓|天亮前",
    MORNING: "大清早|清早|清晨|一大早|大早|一早|大早上|早上|早晨|早间|早起|上午|上半天|头晌|午前",
    NOON: "中午|正午|午间|晌午|大中午|午休",
    AFTERNOON: "下午|午后|下半天|后晌|下晌",
    DUSK: "傍晚|黄昏|傍黑",
    EVENING: "晚上|晚间|夜里|夜晚|晚饭后|下班后|下班以后|下班之后|下了班|夜间",
    NIGHT: "半夜|深夜|午夜|大半夜|三更半夜|后半夜",
}
_PART_OF_WORD = {word: part for part, words in _PART_WORDS.items() for word in words.split("|")} | {
    "早": MORNING,
    "晚": EVENING,
    "夜": EVENING,
}
_HOUR_AHEAD = rf"(?=\s?(?:{NUM}\s?[点:时]|[0-9]{{1,2}}\s?(?:[-~到至]\s?[0-9]{{1,2}}\s?)[点:]))"
DAY_SAID = "\ue000"
"""Stands in the text where a day has been read, so that its figures are no hour (3/21十四点)."""
_NO_EARLIER = "(?!点|些|一点|退|晚|餐)"
PART_RE = re.compile(
    "(?P<part>"
    + "|".join(
        f"(?<![周期拜]){word}" if word.startswith("一") else word
        for word in sorted((w for ws in _PART_WORDS.values() for w in ws.split("|")), key=len, reverse=True)
    )
    + rf"|(?<=[今明昨后{DAY_SAID}])早{_NO_EARLIER}|(?<=[今明昨{DAY_SAID}])[晚夜]{_NO_EARLIER}|"
    rf"(?:早|晚){_HOUR_AHEAD}(?!一点(?![半钟整一三0-9])))"
    r"(?!茶|餐|饭|安|好(?![像吗么约停]|不好)|报|霜|会服)"
)

_MINUTE = (
    r"(?:\s?(?P<minute>[0-5]?[0-9]|[二三四五]?十[一二三四五六七八九]?|[五六七八九])\s?分(?!钟)|"
    r"(?:过|零|0)(?P<past>[0-9]|[一二三四五六七八九十])分?|"
    r"(?P<tens>[0-5][0-9]|[二三四五]?十[一二三四五六七八九]?)(?![0-9个人位次块元月号天分岁]))"
)
# 三点三, 三点踏九, 两点三个字: Cantonese counts fives of minutes
_FIVES = (
    r"(?:[踏搭沓](?P<fives>[一二三四五六七八九十])|(?P<characters>[一二三四五六七八九十])个字|"
    r"(?P<bare>[一二三四五六七八九])(?=$|[\s，,。!?吧呢得有可行]))"
)
_NO_NUMERAL_BEFORE = "(?<![0-9.:第零一二两三四五六七八九十百千])"
# 周一两点: the 一 belongs to the week
_HOUR_WORD = rf"{_NO_NUMERAL_BEFORE}(?P<hour>(?<![周期拜]){NUM}|[0-9]{{1,2}}(?=点))"
_CLOCK = re.compile(
    rf"(?:(?<![0-9.:第])差(?P<short>[0-9]{{1,2}}分?|一刻|{NUM}分?)(?:钟)?(?:到|就)?)?"
    rf"{_HOUR_WORD}\s?(?:点钟?|时(?![候间长期光尚候常代差]))"
    rf"(?:\s?(?P<half>半(?!个|小时))|(?P<quarter>[一三13])(?:刻(?:钟)?|个骨)|[差欠](?P<minus>[0-9]{{1,2}}分?|一刻|"
    rf"{NUM}分?)|"
    rf"(?P<sharp>[踏搭沓]?(?:整|正(?![常好式在规]))|[踏搭沓]正)|{_MINUTE}|{_FIVES})?"
)
_DIGITAL = re.compile(
    r"(?<![0-9.:/])(?P<hour>[01]?[0-9]|"
    r"2[0-4])\s?[:;]\s?(?P<minute>[0-5][0-9])(?::[0-5][0-9])?(?![0-9:])\s?(?P<noon>am|pm|a\.m\.|"
    r"p\.m\.)?"
)
# 15.30, 下午3.30: a point for the colon, where a day, a part of the day or the hour itself shows it
_DOTTED = re.compile(
    r"(?<![0-9.:/¥])(?P<hour>[01]?[0-9]|2[0-3])[.·。](?P<minute>[0-5][0-9])(?![0-9.])"
    r"(?!\s?(?:元|块|折|分(?!钟)|积分|[wk万千百%倍寸克斤]|小时|公里|减|的(?:项目|套餐|券|活动|卡)))"
)
_DOTTED_AFTER = re.compile(
    rf"(?:{DAY_SAID}的?\s?|[上下中]午\s?|[早晚]上\s?|[早晚]\s?|傍晚\s?|夜里\s?|"
    r"[0-9][.·。][0-9]{2}\s?[-~到至]\s?)$"
)
_DOTTED_ALONE = re.compile(r"^\s?(?:$|[，,。!?\s可有行吧吗到左约来去过之以])")
_ENGLISH = re.compile(
    r"(?<![0-9.:])(?P<hour>1[0-2]|0?[1-9])\s?(?P<noon>am|pm|a\.m\.|p\.m\.|a\.m|p\.m)(?![a-z])"
)
_OPEN_RANGE = re.compile(
    rf"(?<![0-9.:第月/\-周期拜])(?P<hour>{NUM}|[0-9]{{1,2}})(?=\s?(?:到|至|-|~|、|或者?|"
    rf"还是)\s?(?:早上|上午|中午|"
    rf"下午|傍晚|晚上)?\s?(?:{NUM}|[0-9]{{1,2}})\s?(?:点|时|:[0-5][0-9]))"
)
_TWO_HOURS = re.compile(
    r"(?:(?<=[周期拜][一二三四五六日天])|(?<![0-9零一二两三四五六七八九十第周期拜]))"
    r"(?P<ten>十)?(?P<first>[一二两三四五六七八九])(?P<second>[两二三四五六七八九十])点"
    r"(?:钟|来钟|左右)?(?![0-9一二两三四五六七八九])"
)
_TWO_HOURS_APART = re.compile(
    r"(?<![0-9.:/])(?P<first>1?[0-9])\s?[.,，、 ]\s?(?P<second>1?[0-9])\s?点(?![0-9一二三四五])"
)
_NAMED = re.compile(r"(?P<midday>正午12点|正午|十二点正午)|(?P<midnight>午夜零点|零点)")
_NOT_ONE_O_CLOCK_BEFORE = re.compile(
    r"(?:有|差|早|晚|快|慢|多|少|好|大|小|近|远|便宜|贵|点|高|低|松|紧|轻|重|热|冷|靠前|靠后|"
    r"提前|推迟|往后|往前|没|再|留|充|加|给|吃|喝|弄|搞|优惠|半)$"
)
_FIGURE_OF_SPEECH = re.compile(
    r"一点(?:儿|点|也|都|不|没|用|意思|钱|小|事|问题|建议|啊|心意|那个|积分|优惠|余额|吧便宜)"
)
_REMARKS = re.compile(
    r"(?:[0-9一二三四五六七八九]{1,2}折|意见|建议|问题|要求|疑问|想法|原因|不满|不同|感受|说明|理由|积分|"
    r"五折|多好|好评|式|水(?!光|疗)|一线)"
)
_COUNTED_BEFORE = re.compile(r"(?:满|够|加|扣|攒|以上)$")
"""满三点送…: points, not hours."""


@dataclass(frozen=True)
class Clock:
    """An hour said: `hour` 0 to 24 as said, and `minute`."""

    hour: int
    minute: int
    exact: bool
    """Minutes were said."""
    full_day: bool
    """24-hour notation (15:00, 03:30, 零点): no afternoon reading."""
    start: int
    end: int
    part: str | None = None
    other_hour: int | None = None
    """The second hour of 两三点."""


def find_parts(folded: str) -> list[tuple[str, int, int]]:
    """Parts of the day with their places."""
    return [(_PART_OF_WORD[m.group("part")], m.start(), m.end()) for m in PART_RE.finditer(folded)]


def find_clocks(folded: str) -> list[Clock]:
    """Every hour said, left to right, the longest reading first."""
    found = [
        clock
        for reader in (
            _digital,
            _dotted,
            _english,
            _two_hours,
            _two_hours_apart,
            _spoken,
            _open_ranges,
            _named,
        )
        for clock in reader(folded)
    ]
    chosen: list[Clock] = []
    for clock in sorted(found, key=lambda c: (c.start - c.end, c.start)):
        if all(clock.end <= other.start or clock.start >= other.end for other in chosen):
            chosen.append(clock)
    return sorted(chosen, key=lambda c: c.start)


def _digital(folded: str) -> Iterator[Clock]:
    for match in _DIGITAL.finditer(folded):
        hour, minute = int(match.group("hour")), int(match.group("minute"))
        full = hour > 12 or hour == 0 or match.group("hour").startswith("0")
        if hour < 24 or minute == 0:
            yield Clock(
                hour, minute, True, full, match.start(), match.end(), _english_part(match.group("noon"))
            )


def _english(folded: str) -> Iterator[Clock]:
    for match in _ENGLISH.finditer(folded):
        yield Clock(
            int(match.group("hour")),
            0,
            False,
            False,
            match.start(),
            match.end(),
            _english_part(match.group("noon")),
        )


def _english_part(said: str | None) -> str | None:
    return None if not said else "am" if said.startswith("a") else "pm"


def _dotted(folded: str) -> Iterator[Clock]:
    for match in _DOTTED.finditer(folded):
        hour, before = int(match.group("hour")), folded[: match.start()]
        alone = hour >= 13 and re.search(r"(?:^|[\s，,约到改])$", before[-1:])
        if _DOTTED_AFTER.search(before[-6:]) or (alone and _DOTTED_ALONE.match(folded[match.end() :])):
            yield Clock(hour, int(match.group("minute")), True, hour > 12, match.start(), match.end())


def _two_hours(folded: str) -> Iterator[Clock]:
    for match in _TWO_HOURS.finditer(folded):
        first, second = DIGITS[match.group("first")], small(match.group("second")) or 0
        if second - first == 1:
            more = 10 if match.group("ten") else 0
            full = more + first > 12
            yield Clock(more + first, 0, False, full, match.start(), match.end(), other_hour=more + second)


def _two_hours_apart(folded: str) -> Iterator[Clock]:
    """3 4点, 3.4点: the hours before and after the blank follow each other."""
    for match in _TWO_HOURS_APART.finditer(folded):
        first, second = int(match.group("first")), int(match.group("second"))
        if second - first == 1 and second <= 24:
            yield Clock(first, 0, False, first > 12, match.start(), match.end(), other_hour=second)


def _spoken(folded: str) -> Iterator[Clock]:
    for match in _CLOCK.finditer(folded):
        hour = small(match.group("hour"))
        if hour is None or not 0 <= hour <= 24 or not _is_an_hour(folded, match):
            continue
        minutes = _minutes(match)
        if minutes is None or minutes >= 60:
            continue
        total = hour * 60 + minutes
        if not 0 <= total <= 24 * 60:
            continue
        exact = any(match.group(name) for name in _EXACT)
        full = hour > 12 or hour == 0 or match.group("hour").startswith("0")
        yield Clock(total // 60, total % 60, exact, full, match.start(), match.end())


_FIVES_GROUPS = ("fives", "characters", "bare")
_EXACT = ("short", "half", "quarter", "minus", "sharp", "minute", "past", "tens", *_FIVES_GROUPS)


def _minutes(match: re.Match[str]) -> int | None:
    """Minutes after (or, negative, before) the hour."""
    if match.group("half"):
        return 30
    if match.group("quarter"):
        return 15 if match.group("quarter") in "一1" else 45
    before = match.group("short") or match.group("minus")
    if before:
        taken = 15 if before == "一刻" else small(before.removesuffix("分"))
        return None if taken is None or taken >= 60 else -taken
    fives = next((match.group(name) for name in _FIVES_GROUPS if match.group(name)), None)
    if fives:
        return 5 * (small(fives) or 0)
    said = match.group("minute") or match.group("past") or match.group("tens")
    return small(said) if said else 0


def _is_an_hour(folded: str, match: re.Match[str]) -> bool:
    """一点 and 两点 are also “a little” and “two things”."""
    before = folded[max(0, match.start("hour") - 3) : match.start("hour")]
    if before.endswith("之") or (match.group("bare") and match.group("hour") == "零"):
        return False
    if _REMARKS.match(folded, match.end()) or _COUNTED_BEFORE.search(before):
        return False
    if match.group("hour") not in ("一", "1") or match.end() - match.start("hour") > 2:
        return True
    if _FIGURE_OF_SPEECH.match(folded, match.start("hour")):
        return False
    if _NOT_ONE_O_CLOCK_BEFORE.search(before):
        return False
    return match.group("hour") == "1" or bool(
        re.search(rf"(?:[午上晨晚天号日约订定到在至一二三四五六末换成是就\-~,， {DAY_SAID}]|预约|^)$", before)
        or re.match(r"(?:到店?|过[来去]|来|左右|[之以]?[前后])(?![了些])", folded[match.end() :])
    )


def _open_ranges(folded: str) -> Iterator[Clock]:
    for match in _OPEN_RANGE.finditer(folded):
        hour = small(match.group("hour"))
        if hour is not None and hour <= 24:
            yield Clock(hour, 0, False, hour > 12 or hour == 0, match.start(), match.end())


def _named(folded: str) -> Iterator[Clock]:
    for match in _NAMED.finditer(folded):
        if match.group("midnight"):
            yield Clock(0, 0, False, True, match.start(), match.end())


def hour_options(clock: Clock, part: str | None, opening: OpeningHours) -> list[int]:
    """The minutes after midnight that a said hour can mean, best first; above 1440 it is the next day's.

    Without a part of the day the shop's opening hours decide; two are returned where they leave both open.
    """
    if clock.part or part:
        return [_with_part(clock.hour, clock.part or part or "") * 60 + clock.minute]
    if clock.hour == 12:
        noon = 720 + clock.minute
        return [noon if is_open(noon, opening) or not is_open(noon + 720, opening) else noon + 720]
    if clock.full_day:
        return [clock.hour * 60 + clock.minute]
    early, late = clock.hour * 60 + clock.minute, (clock.hour + 12) * 60 + clock.minute
    inside = [minutes for minutes in (early, late) if is_open(minutes, opening)]
    if len(inside) == 1:
        return inside
    if not inside:
        last = _minutes_of(opening.closes)
        if late == last:
            return [late]
        return [late] if clock.hour <= 6 else [early]
    if clock.hour in (6, 7, 8):
        return [early, late]
    return [late] if clock.hour < 6 else [early]


def is_open(minutes: int, opening: OpeningHours) -> bool:
    """Whether the shop is open so many minutes after midnight; it may close past midnight or never."""
    opens, closes = _minutes_of(opening.opens), _minutes_of(opening.closes)
    minutes %= 1440
    if opens == closes:
        return True
    return opens <= minutes < closes if opens < closes else minutes >= opens or minutes < closes


def _minutes_of(moment: time) -> int:
    return moment.hour * 60 + moment.minute


def _with_part(hour: int, part: str) -> int:
    if hour > 12:
        return hour
    if part in ("am", DAWN):
        return hour % 12
    if part == "pm":
        return hour % 12 + 12
    if part == MORNING:
        return hour
    if part == NOON:
        return hour + 12 if 1 <= hour <= 4 else hour
    if part in (AFTERNOON, DUSK):
        return hour + 12 if 1 <= hour < 12 else hour
    # 晚上12点 and 半夜2点 belong to the night that begins on the day named
    if hour in (0, 12):
        return 24
    return hour + 24 if hour <= 4 else hour + 12


def part_bounds(part: str, day: date, opening: OpeningHours, now: datetime) -> tuple[datetime, datetime]:
    """Beginning and end of a part of a day, cut to the opening hours where they meet."""
    first, last = (hour * 60 for hour in PART_HOURS[part])
    opens, closes = _minutes_of(opening.opens), _minutes_of(opening.closes)
    if opens < closes and max(first, opens) < min(last, closes):
        first, last = max(first, opens), min(last, closes)
    return at(day, first, now), at(day, last, now)


def at(day: date, minutes: int, now: datetime) -> datetime:
    """So many minutes after the midnight that begins the day, in the zone of `now`."""
    return datetime.combine(day, time(), tzinfo=now.tzinfo) + timedelta(minutes=minutes)
