"""Amounts, counts and dates typed in pinyin, in characters: chong wubai kuai, liang ge ren, 5 yue 4 hao.

Only where the letters are nothing else: a numeral needs a place (bai, qian) or a unit (kuai, hao) beside it.
"""

from __future__ import annotations

import re

from nlu.values.numbers import read_number

UP_TO_TEN = {
    "yi": "一", "er": "二", "liang": "两", "san": "三", "si": "四", "wu": "五", "liu": "六", "qi": "七",
    "ba": "八", "jiu": "九", "shi": "十",
}  # fmt: skip
_NUMERALS = UP_TO_TEN | {"ling": "零", "bai": "百", "qian": "千", "wan": "万"}
_MONEY = {"kuai": "块", "yuan": "元"}
_MEASURES = {
    "ge": "个", "ren": "人", "wei": "位", "gen": "根", "zhang": "张", "bei": "杯", "ping": "瓶", "he": "盒",
    "ci": "次", "jie": "节", "zhi": "支", "bao": "包", "dai": "袋", "tiao": "条", "jian": "件", "tao": "套",
    "fen": "份",
}  # fmt: skip
_VERBS = {
    "chong": "充", "chongzhi": "充值", "cun": "存", "tui": "退", "yong": "用", "huan": "换", "na": "拿",
    "kou": "扣", "dui": "兑",
}  # fmt: skip
_SAID = "|".join(sorted(_NUMERALS, key=len, reverse=True))
_ONE = rf"(?:[0-9]+|{_SAID})"
_NUMBER = rf"(?P<number>{_ONE}(?:\s?{_ONE})*)"
_NOT_BEFORE = r"(?<![a-z0-9])(?<!zhou )(?<!xingqi )(?<!libai )(?<!qi )(?<!di )(?<!chu )(?<!hao )(?<!xia )"
_NOT_AFTER = (
    r"(?!\s?(?:[0-9]|(?:dian|hao|yue|nian|tian|ri|zhong|xiaoshi|xingqi|zhou|shang|cheng|le|du|ge|shi|bai|qian"
    r"|wan)(?![a-z])))"
)
_AMOUNT = re.compile(
    rf"{_NOT_BEFORE}(?:(?P<verb>chong\s?zhi|{'|'.join(_VERBS)})\s?)?{_NUMBER}"
    rf"(?:\s?(?P<money>kuai|yuan)(?:\s?(?P<half>ban))?(?:\s?qian)?|\s?(?P<measure>ge\s?ren|{'|'.join(_MEASURES)})(?!\s?(?:ma(?![a-z])|(?<=he)\s(?:{_SAID}))))?"
    rf"(?![a-z0-9]){_NOT_AFTER}"
)
_DATE = re.compile(
    rf"(?<![a-z0-9])(?:(?P<year>{_ONE}(?:\s?{_ONE})*)\s?nian\s?)?(?P<month>{_ONE}(?:\s?{_ONE})*)\s?yue\s?"
    rf"(?P<day>{_ONE}(?:\s?{_ONE})*)(?P<said>\s?(?:hao|ri))?(?![a-z0-9])"
)
_WORD = re.compile(rf"[0-9]+|{_SAID}")
_LETTERS = re.compile(r"[a-z]{2}")
_AROUND = {
    "huo": "或", "he": "和",
    "huozhe": "或者", "haishi": "还是", "zuoyou": "左右", "duo": "多", "dao": "到", "dagai": "大概",
    "da gai": "大概", "chabuduo": "差不多", "bie": "别", "bu yao": "不要", "buyao": "不要", "bu": "不",
    "budui": "不对", "bu dui": "不对", "bushi": "不是", "bu shi": "不是", "song": "送",
    "gaicheng": "改成", "gai cheng": "改成", "shengxia": "剩下", "haisheng": "还剩", "you": "有",
    "cuole": "错了", "cuo le": "错了", "de quan": "的券", "quan": "券",
}  # fmt: skip
_AROUND_RE = re.compile(
    rf"(?:(?<=[a-z])\s|(?<![a-z])\s?)(?P<word>{'|'.join(sorted(_AROUND, key=len, reverse=True))})(?![a-z])\s?"
)
"""Words that change which amount is meant, or how surely."""
_OF_MONEY = re.compile(r"(?<![a-z])(?:chong|tui)(?![a-z])|[0-9]\s?(?:kuai|yuan)(?![a-z])")
_BEYOND_REASON = 1_000_000


def amounts_in_characters(folded: str) -> str:
    """Folded text with amounts and counts in characters; 五百吧 as well as 五百八 stays a choice of both."""
    if not _LETTERS.search(folded):
        return folded
    said = _AMOUNT.sub(_amount, folded)
    return (
        said
        if said == folded and not _OF_MONEY.search(folded)
        else _AROUND_RE.sub(lambda match: _AROUND[match["word"]], said)
    )


def dates_in_characters(folded: str) -> str:
    """Folded text with days of a month in characters: shengri 5 yue 4 hao is 生日 5月4号."""
    if not _LETTERS.search(folded):
        return folded
    return _DATE.sub(_date, folded.replace("shengri", "生日").replace("sheng ri", "生日"))


def _in_characters(letters: str) -> str:
    return "".join(_NUMERALS.get(word, word) for word in _WORD.findall(letters))


def _amount(match: re.Match[str]) -> str:
    said, unit = match["number"], match["money"] or match["measure"]
    number = _in_characters(said)
    if not (unit or re.search("[十百千万]", number)) or (number.isdigit() and match["verb"] and not unit):
        return match.group()
    led = re.match(r"(?:shi|jiu)\s?(?=[a-z0-9])", said)
    lead = ""
    if read_number(number) is None and led:  # 就五百, 是五百
        lead, number = {"shi": "是", "jiu": "就"}[led.group().strip()], number[1:]
    bounds = read_number(number)
    if bounds is None or bounds[1] >= _BEYOND_REASON or number[0] in "百千万":
        return match.group()
    verb = match["verb"] or ""
    tail = _tail(match, of_points=bounds[0] >= 100)
    blank = " " if match.group()[len(verb) :].startswith(" ") else ""
    return f"{_VERBS.get(verb.replace(' ', ''), '')}{blank}{lead}{_or_particle(match, number)}{tail}"


def _tail(match: re.Match[str], *, of_points: bool) -> str:
    """The unit in characters; fen are points behind a large number and pieces behind a small one."""
    if match["money"]:
        return _MONEY[match["money"]] + ("半" if match["half"] else "")
    measure = (match["measure"] or "").replace(" ", "")
    if measure == "fen" and of_points:
        return "分"
    return "个人" if measure == "geren" else _MEASURES.get(measure, "")


def _or_particle(match: re.Match[str], number: str) -> str:
    """A last word ba may be 吧, and jiu before other words 就: 五百 or 五百八."""
    if match["money"] or match["measure"] or len(number) < 3 or number[-2] not in "百千万":
        return number
    apart = re.search(r"\s(?:ba|jiu)$", match["number"])
    last = number[-1]
    if apart and (last == "八" or (last == "九" and match.string[match.end() :].strip())):
        return f"{number[:-1]}或者{number}"
    return number


def _date(match: re.Match[str]) -> str:
    year, month, day = (_in_characters(match[name] or "") for name in ("year", "month", "day"))
    if not match["said"] and re.search(r"\s(?:ba|jiu)$", match["day"]):
        return match.group()
    said = f"{day}{'号' if match['said'] else ''}"
    before = f"{year}年" if year else ""
    led = re.match(r"shi\s", match["month"]) if not year else None
    rest = month[1:]
    if not led or not rest:
        return f"{before}{month}月{said}"
    if month in ("十一", "十二"):  # 十二月, or 是二月
        return f"{month}月{said}或者{rest}月{said}"
    return f"是{rest}月{said}"
