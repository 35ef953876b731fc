"""Hours and parts of the day: 三点半, 差一刻五点, 15:30, 傍晚; opening hours decide whether 三点 is 15:00."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from nlu.values.dates import NUM, small
from nlu.values.numbers import DIGITS, read_count
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
    MORNING: "大清早|清早|清晨|一大早|一早|大早上|早上|早晨|早间|早起|上午|上半天|头晌|午前",
    NOON: "中午|正午|午间|晌午|大中午|午休",
    AFTERNOON: "下午|午后|下半天|后晌|下晌",
    DUSK: "傍晚|黄昏|傍黑",
    EVENING: "晚上|晚间|夜里|夜晚|晚饭后|下班后|夜间",
    NIGHT: "半夜|深夜|午夜|大半夜|三更半夜|后半夜",
}
_PART_OF_WORD = {word: part for part, words in _PART_WORDS.items() for word in words.split("|")} | {
    "早": MORNING,
    "晚": EVENING,
    "夜": EVENING,
}
_HOUR_AHEAD = rf"(?=\s?(?:{NUM}\s?[点:时]|[0-9]{{1,2}}\s?(?:[-~到至]\s?[0-9]{{1,2}}\s?)[点:]))"
PART_RE = re.compile(
    "(?P<part>"
    + "|".join(sorted((w for ws in _PART_WORDS.values() for w in ws.split("|")), key=len, reverse=True))
    + rf"|(?<=[今明昨后])早(?!点|些|一点|退)|(?<=[今明昨])[晚夜](?!点|些|一点)|"
    rf"(?<=[一二三四五六日天末])晚(?!点|些|一点)|(?:早|"
    rf"晚){_HOUR_AHEAD}(?!一点(?![半钟整一三0-9])))(?!茶|餐|饭|安|好(?!像)|报|霜|会服)"
)

_MINUTE = (
    r"(?:(?P<minute>[0-5]?[0-9]|[二三四五]?十[一二三四五六七八九]?)\s?分(?!钟)|(?:过|零|"
    r"0)(?P<past>[0-9]|[一二三四五六七八九十])分?|(?P<tens>[0-5][0-9]|"
    r"[二三四五]?十[一二三四五六七八九]?)(?![0-9个人位次块元月号天分岁]))"
)
# 周一两点: the 一 belongs to the week
_HOUR_WORD = rf"(?P<hour>(?<![周期拜]){NUM}|[0-9]{{1,2}}(?=点))"
_CLOCK = re.compile(
    rf"(?<![0-9.:第])(?:差(?P<short>[0-9]{{1,2}}分?|一刻|{NUM}分?)(?:钟)?(?:到|"
    rf"就)?)?{_HOUR_WORD}\s?(?:点钟?|时(?![候间长期光尚候常代差]))"
    rf"(?:(?P<half>半)|(?P<quarter>[一三13])刻(?:钟)?|差(?P<minus>[0-9]{{1,2}}分?|一刻|{NUM}分?)|"
    rf"(?P<sharp>整)|{_MINUTE})?"
)
_DIGITAL = re.compile(
    r"(?<![0-9.:/])(?P<hour>[01]?[0-9]|"
    r"2[0-4])\s?:\s?(?P<minute>[0-5][0-9])(?::[0-5][0-9])?(?![0-9:])\s?(?P<noon>am|pm|a\.m\.|"
    r"p\.m\.)?"
)
_ENGLISH = re.compile(
    r"(?<![0-9.:])(?P<hour>1[0-2]|0?[1-9])\s?(?P<noon>am|pm|a\.m\.|p\.m\.|a\.m|p\.m)(?![a-z])"
)
_OPEN_RANGE = re.compile(
    rf"(?<![0-9.:第月/\-周期拜])(?P<hour>{NUM}|[0-9]{{1,2}})(?=\s?(?:到|至|-|~|、|或者?|"
    rf"还是)\s?(?:早上|上午|中午|"
    rf"下午|傍晚|晚上)?\s?(?:{NUM}|[0-9]{{1,2}})\s?(?:点|时))"
)
_TWO_HOURS = re.compile(
    r"(?:(?<=[周期拜][一二三四五六日天])|"
    r"(?<![0-9零一二两三四五六七八九十第周期拜]))(?P<first>[一二两三四五六七八九])(?P<second>[两二三四五六七八九十])点(?:钟|"
    r""
    r"来钟|左右)?(?![0-9一二两三四五六七八九])"
)
_NAMED = re.compile(r"(?P<midday>正午12点|正午|十二点正午)|(?P<midnight>午夜零点|零点)")
_NOT_ONE_O_CLOCK_BEFORE = re.compile(
    r"(?:有|差|早|晚|快|慢|多|少|好|大|小|近|远|便宜|贵|点|高|低|松|紧|轻|重|热|冷|靠前|靠后|"
    r"提前|推迟|往后|往前|没|再|留|充|加|给|吃|喝|弄|搞|优惠|半)$"
)
_FIGURE_OF_SPEECH = re.compile(
    r"一点(?:儿|点|也|都|不|没|用|意思|钱|小|事|问题|建议|啊|心意|那个|积分|优惠|余额|吧便宜)"
)
_REMARKS = re.compile(r"(?:意见|建议|问题|要求|疑问|想法|原因|不满|不同|感受|说明|理由|积分|五折|多好)")


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
        for reader in (_digital, _english, _two_hours, _spoken, _open_ranges, _named)
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


def _two_hours(folded: str) -> Iterator[Clock]:
    for match in _TWO_HOURS.finditer(folded):
        first = DIGITS[match.group("first")]
        second = small(match.group("second")) or 0
        if second - first == 1:
            yield Clock(first, 0, False, False, match.start(), match.end(), other_hour=second)


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
        exact = any(
            match.group(name)
            for name in ("short", "half", "quarter", "minus", "sharp", "minute", "past", "tens")
        )
        full = hour > 12 or hour == 0 or match.group("hour").startswith("0")
        yield Clock(total // 60, total % 60, exact, full, match.start(), match.end())


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
    said = match.group("minute") or match.group("past") or match.group("tens")
    return small(said) if said else 0


def _is_an_hour(folded: str, match: re.Match[str]) -> bool:
    """一点 and 两点 are also “a little” and “two things”."""
    if _REMARKS.match(folded, match.end()):
        return False
    if match.group("hour") not in ("一", "1") or match.end() - match.start("hour") > 2:
        return True
    if _FIGURE_OF_SPEECH.match(folded, match.start("hour")):
        return False
    before = folded[max(0, match.start("hour") - 3) : match.start("hour")]
    if _NOT_ONE_O_CLOCK_BEFORE.search(before):
        return False
    return match.group("hour") == "1" or bool(
        re.search(r"(?:[午上晨晚天号日约订定到在至一二三四五六末换成是就\-~,， ]|预约|^)$", before)
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


_OFFSET = re.compile(
    rf"(?:(?P<over>再?过))?(?:(?P<mixed>[0-9]{{1,2}}|{NUM})个?半(?:小时|钟头)|"
    rf"(?P<hours>[0-9]{{1,2}}(?:\.5)?|{NUM}|半)个?(?:小时|钟头)(?:(?P<and>[0-9]{{1,2}}|"
    rf"{NUM})分钟?)?"
    rf"|(?P<minutes>[0-9]{{1,3}}|{NUM})分钟|(?P<quarters>[一三两1-3])刻钟)(?P<after>之后|以后|后|过后)?"
)
_NOW = re.compile(r"现在就?|马上|立刻|这会儿|此刻")


def find_offsets(folded: str, now: datetime) -> list[tuple[datetime, int, int]]:
    """Moments counted from now (两小时后, 再过半小时) with their places; a mere length of time is none."""
    found = []
    base = now.replace(second=0, microsecond=0)
    for match in _OFFSET.finditer(folded):
        minutes = _offset_minutes(match) if match.group("over") or match.group("after") else None
        if minutes is not None and not re.search(
            r"(?:推迟|延后|延迟|晚|提前|早)$", folded[: match.start()][-3:]
        ):
            found.append((base + timedelta(minutes=minutes), match.start(), match.end()))
    return found


def _offset_minutes(match: re.Match[str]) -> int | None:
    if match.group("mixed"):
        whole = small(match.group("mixed"))
        return None if whole is None else whole * 60 + 30
    if match.group("hours"):
        said = match.group("hours")
        if said == "半":
            base: int | None = 30
        elif said.endswith(".5"):
            base = int(said[:-2]) * 60 + 30
        else:
            hours = small(said)
            base = None if hours is None else hours * 60
        extra = small(match.group("and")) if match.group("and") else 0
        return None if base is None or extra is None else base + extra
    if match.group("quarters"):
        return (small(match.group("quarters")) or 0) * 15
    return read_count(match.group("minutes"))


def find_now(folded: str) -> list[tuple[int, int]]:
    """Places of 现在, 马上."""
    return [match.span() for match in _NOW.finditer(folded)]
