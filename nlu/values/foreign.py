"""English and pinyin words for time, rewritten to Chinese: 3pm tmr, next wed, half past 3, xiazhousan."""

from __future__ import annotations

import re
from collections.abc import Callable

from nlu.values.pinyin import UP_TO_TEN

_WEEKDAYS = {"mon": "一", "tue": "二", "wed": "三", "thu": "四", "fri": "五", "sat": "六", "sun": "日"}
_WEEKDAY = (
    r"(?P<weekday>mon(?:day)?|tue(?:s|sday)?|wed(?:s|nesday)?|thu(?:r|rs|rsday)?|fri(?:day)?|sat(?:urday)?|"
    r"sun(?:day)?)(?![a-z]|\s?-?(?:screen|block|burn|care|spot|protect))"
)
_STEP = {"this": "这", "next": "下", "last": "上", "coming": "这"}
_STRETCH = {"weekend": "周末", "week": "周", "month": "个月", "year": "年"}
_YEARS = {"这年": "今年", "下年": "明年", "上年": "去年"}
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = (
    r"(?P<{0}>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|"
    r"oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)"
)
_COUNTS = {
    "a": "1", "an": "1", "one": "1", "two": "2", "three": "3", "four": "4", "five": "5", "six": "6",
    "ten": "10",
}  # fmt: skip
_COUNT = r"([0-9]{1,3}|half an?|an?|one|two|three|four|five|six|ten)"
_UNITS = {"h": "小时", "m": "分钟", "d": "天", "w": "周"}
_UNIT = r"(hours?|hrs?|h|minutes?|mins?|days?|weeks?|months?)(?![a-z])"
_DAY_NUMBER = r"(3[01]|[12][0-9]|0?[1-9])(?:st|nd|rd|th)?(?![0-9a-z:])"
_HOUR = r"(1[0-2]|0?[1-9])(?![0-9])"
_TIME = r"([0-9]{1,2}(?:[:.][0-9]{2})?\s?(?:am|pm)?)(?![0-9a-z])"


def _count(said: str) -> str:
    return "半" if said.startswith("half") else _COUNTS.get(said, said)


def _unit(said: str) -> str:
    return "个月" if said.startswith("mo") else _UNITS[said[0]]


def _weekday(match: re.Match[str]) -> str:
    return _STEP.get(match.group("step") or "", "") + "周" + _WEEKDAYS[match.group("weekday")[:3]]


def _stretch(match: re.Match[str]) -> str:
    said = _STEP[match.group(1)] + _STRETCH[match.group(2)]
    return _YEARS.get(said, said)


def _month_day(match: re.Match[str]) -> str:
    month = match.group("month") or match.group("month2")
    return f"{_MONTHS.index(month[:3]) + 1}月{match.group(2) or match.group(3)}号"


_Say = str | Callable[[re.Match[str]], str]
_ENGLISH: tuple[tuple[re.Pattern[str], _Say], ...] = tuple(
    (re.compile(rf"(?<![a-z]){pattern}"), say)
    for pattern, say in (
        (r"(?:the )?day after (?:tomorrow|tmrw?|tmw)(?![a-z])", "后天"),
        (r"(?:tomorrow|tommorow|tomorow|tommorrow|tmrw?|tmw)(?![a-z])", "明天"),
        (r"(?:tonight|tonite)(?![a-z])", "今天晚上"),
        (r"today(?![a-z])", "今天"),
        (r"yesterday(?![a-z])", "昨天"),
        (
            rf"(?:in|of|for) {_MONTH.format('month')}(?![a-z]| ?[0-9])",
            lambda m: f"{_MONTHS.index(m.group('month')[:3]) + 1}月",
        ),
        (r"(this|next|last) (weekend|week|month|year)(?![a-z])", _stretch),
        (rf"(?:on )?(?:(?P<step>this|next|last|coming) )?{_WEEKDAY}", _weekday),
        (r"weekend(?![a-z])", "周末"),
        (rf"(?:last|past) ([0-9]{{1,3}}) {_UNIT}", lambda m: f"最近{m.group(1)}{_unit(m.group(2))}"),
        (rf"in {_COUNT}\s?{_UNIT}", lambda m: f"{_count(m.group(1))}{_unit(m.group(2))}后"),
        (rf"{_COUNT}\s?{_UNIT} later", lambda m: f"{_count(m.group(1))}{_unit(m.group(2))}后"),
        (
            rf"(?:(?:on )?{_MONTH.format('month')}\.? ?{_DAY_NUMBER}"
            rf"|{_DAY_NUMBER} (?:of )?{_MONTH.format('month2')}(?![a-z]))",
            _month_day,
        ),
        (rf"half past {_HOUR}", r"\1点半"),
        (rf"quarter past {_HOUR}", r"\1点一刻"),
        (rf"quarter to {_HOUR}", r"差一刻\1点"),
        (r"([0-9]{1,2})\s?o['’]?\s?clock", r"\1点"),
        (rf"(?:after|from) {_TIME}(?!\s?(?:-|to|~|until))", r"\1以后 "),
        (rf"(?:before|until|by) {_TIME}", r"\1以前 "),
        (r"([0-9]{1,2})\.([0-5][0-9])\s?(am|pm)(?![a-z])", r"\1:\2\3"),
        (
            r"([0-9]{1,2})\s?(?:-|~|to)\s?([0-9]{1,2})\s?(am|pm)(?![a-z])",
            lambda m: f"{_half(m.group(3))}{m.group(1)}点到{m.group(2)}点",
        ),
        (r"(?<=[0-9ap]m) to (?=[0-9])", "到"),
        (r"(?:at|around) ([0-9]{1,2})(?![0-9:.]|\s?[a-z点:时])", r"\1点"),
        (
            r"(?<![0-9])(?<![0-9] )(am|pm)\s?(?=[0-9]{1,2}(?:[:点时]|\.[0-9]{2}|(?![0-9.])))",
            lambda m: _half(m.group(1)),
        ),
        (r"since ([昨前]天|[上这]?周[一二三四五六日]?|[上这]个月|[0-9]+月(?:[0-9]+号)?)", r"\1以来"),
        (r"(?:at )?(?:12 )?noon(?![a-z])", "中午12点"),
        (r"(?<!good )(?:in the )?morning(?![a-z])", "早上"),
        (r"(?<!good )(?:in the )?afternoon(?![a-z])", "下午"),
        (r"(?<!good )(?:(?:in the )?evening|at night|night)(?![a-z])", "晚上"),
    )
)


def _half(said: str) -> str:
    return "上午" if said == "am" else "下午"


_PINYIN = {
    "dahoutian": "大后天", "jintian": "今天", "mingtian": "明天", "houtian": "后天", "zuotian": "昨天",
    "qiantian": "前天", "jinwan": "今晚", "mingwan": "明晚", "mingzao": "明早", "zuowan": "昨晚",
    "shangwu": "上午", "xiawu": "下午", "zhongwu": "中午", "wanshang": "晚上", "zaoshang": "早上",
    "bangwan": "傍晚", "zhoumo": "周末", "zhou": "周", "xingqi": "星期", "libai": "礼拜", "xiage": "下个",
    "shangge": "上个", "zhege": "这个", "geyue": "个月", "ge": "个", "benyue": "本月", "jinnian": "今年",
    "qunian": "去年", "dian": "点", "ban": "半", "yike": "一刻", "hao": "号", "yue": "月", "xia": "下",
    "shang": "上", "zhe": "这", "ri": "日", "tian": "天", "zhong": "钟", "dao": "到",
} | UP_TO_TEN  # fmt: skip
_SYLLABLES = "|".join(sorted(_PINYIN, key=len, reverse=True))
# Possessive: a run of letters can be cut in many ways, and only the longest words first are tried
_ALL_PINYIN = re.compile(rf"(?>{_SYLLABLES})++")
_SYLLABLE = re.compile(_SYLLABLES)
_LATIN_RUN = re.compile(r"[a-z]+")
_SPACED_RUN = re.compile(r"(?<![a-z])[a-z]{1,6}(?: [a-z]{1,6})+(?![a-z])")
_ANCHOR = re.compile(
    r"[今明后昨前]天|[今明昨][早晚]|[上下中]午|[早晚]上|傍晚|周末|(?:周|星期|礼拜)[一二三四五六日天]|"
    r"[下上这](?:个?)(?:周|星期|礼拜)|[下上这本]个?月|[今去]年|[一二两三四五六七八九十]点|"
    r"[一二三四五六七八九十][号月]"
)
_AFTER_A_DIGIT = re.compile(r"点(?:半|钟|一刻)?|号|月")
_LONGEST_STRETCH = 12
"""Words; 明天下午三点半到五点 has as many syllables."""


def _from_spaced_pinyin(match: re.Match[str]) -> str:
    """ming tian xia wu, also among other words (yuyue ming tian san dian): each stretch of such words."""
    words, said, at = match.group().split(" "), [], 0
    while at < len(words):
        ends = range(min(len(words), at + _LONGEST_STRETCH), at, -1)
        stretches = ((end, _of_time("".join(words[at:end]))) for end in ends)
        end, stretch = next((found for found in stretches if found[1]), (at + 1, words[at]))
        said.append(stretch)
        at = end
    return " ".join(said)


def _in_characters(letters: str) -> str:
    """Letters that are nothing but words for time, in characters; "" for others."""
    if not _ALL_PINYIN.fullmatch(letters):
        return ""
    return _SYLLABLE.sub(lambda m: _PINYIN[m.group()], letters)


def _of_time(letters: str) -> str:
    """The same where they say at least one day, part or hour."""
    said = _in_characters(letters)
    return said if _ANCHOR.search(said) else ""


def _from_pinyin(match: re.Match[str]) -> str:
    """A run of letters that says a time, or what follows the figure before it (3dian)."""
    run, start = match.group(), match.start()
    if start > 0 and match.string[start - 1].isdigit() and _AFTER_A_DIGIT.fullmatch(_in_characters(run)):
        return _in_characters(run)
    return _of_time(run) or run


def from_latin(folded: str) -> str:
    """English and pinyin words for days, hours and stretches in Chinese; all else as it stands."""
    if not _LATIN_RUN.search(folded):
        return folded
    for pattern, say in _ENGLISH:
        folded = pattern.sub(say, folded)
    return _LATIN_RUN.sub(_from_pinyin, _SPACED_RUN.sub(_from_spaced_pinyin, folded))
