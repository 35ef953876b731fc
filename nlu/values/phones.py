"""Mainland mobile numbers, typed or said: 138 0013 8000, +86-138…, 幺三八洞洞…, 一八八，六六六六，零零零零.

The letters O, l and I are read as 0 and 1 where they stand among figures; 洞 拐 勾 两 are 0, 7, 9 and 2.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from nlu.values.dictated import written_out
from nlu.values.revised import standing
from nlu.values.text import fold

_WORDS = "零一二三四五六七八九幺妖洞拐勾钩两壹贰叁肆伍陆柒捌玖oli"
_SPOKEN = str.maketrans(_WORDS, "01234567891107992123456789011")
_YAO = r"(?<![怎那这什多要])么(?=[零一二三四五六七八九洞])"
_GROUP = rf"(?:[0-9{_WORDS}]|{_YAO}){{1,24}}"
_NAMED = "".join(
    f"|(?<={word})" for word in ("tel", "phone", "mobile", "shouji", "jihao", "dianhua", "haoma")
)
_RUN = re.compile(
    rf"(?:(?<![0-9{_WORDS}a-z_*]){_NAMED})\(?\+?\s?{_GROUP}"
    rf"(?:[ .·)(\-,，、。/]{{1,4}}{_GROUP}){{0,40}}(?![0-9a-z_*])"
)
_PIECE = re.compile(_GROUP)
_PARTS = {(3, 4, 4), (4, 3, 4), (4, 4, 3), (3, 8), (7, 4), (3, 3, 5), (3, 5, 3), (5, 6), (6, 5)}
_MOBILE = re.compile(r"(?:0086|086|86)?(1[3-9][0-9]{9})")
_WHOLE = re.compile(r"[^0-9a-z]+(?P<after>1[3-9][0-9]{9})|(?P<before>1[3-9][0-9]{9})[^0-9a-z]+")
"""周一13800138000, 13800138000两个人: figures that a word of the sentence touches."""
_CORRECTED = re.compile(
    r"(?:(?:改成|换成|改为|改到|换到|变成|新号码?|新手机号?|新电话|新的|现在用|现在是|而是|应该是)[^0-9]{0,8}|[换改])\s?$"
)
_OLD = re.compile(r"(?:原来|以前|旧|老(?![公婆妈爸师板])|之前|原)[^0-9改换新现]{0,8}$")
_GONE_AFTER = re.compile(r"\s?(?:这个|那个)?(?:已经)?(?:不用|没用|换|停|停机|停用|注销|作废|丢)了?")

_PART_CORRECTED = re.compile(
    rf"[\s,，。啊哦呃额]*我?(?:打|写|说|报|输)?(?:错|不对)[了啦]?[^0-9{_WORDS}]{{0,6}}[0-9{_WORDS}]"
    rf"(?:[0-9{_WORDS}个 ]{{0,9}})(?!\s?[月年])"
)
"""18758203316 错了 最后是61: which figures change is left to ask."""


@dataclass(frozen=True)
class _Said:
    number: str
    start: int
    end: int


@dataclass(frozen=True)
class _Group:
    """Figures without a break, as digits; `letters` of them were typed as letters."""

    digits: str
    start: int
    end: int
    letters: int


def find_phones(text: str) -> tuple[str, ...]:
    """The mobile numbers in a text, eleven digits each, in order and once; landlines are none."""
    return tuple(dict.fromkeys(number for number, _ in phone_spans(fold(text))))


def find_phone(text: str) -> tuple[str | None, tuple[str, ...]]:
    """The number meant and, when several are said and none of them is named as the new one, all of them."""
    folded = fold(text)
    spans = phone_spans(folded)
    numbers = tuple(dict.fromkeys(number for number, _ in spans))
    if len(numbers) == 1 and _PART_CORRECTED.match(folded, spans[-1][1][1]):
        return None, numbers
    if len(numbers) <= 1:
        return (numbers[0] if numbers else None), ()
    for number, (start, _) in spans:
        if _CORRECTED.search(folded[max(0, start - 16) : start]):
            return number, ()
    left = standing(folded, [_Said(number, *place) for number, place in spans])
    current = {
        said.number
        for said in left
        if not _OLD.search(folded[max(0, said.start - 16) : said.start])
        and not _GONE_AFTER.match(folded, said.end)
    }
    return (current.pop(), ()) if len(current) == 1 else (None, numbers)


def phone_spans(folded: str) -> list[tuple[str, tuple[int, int]]]:
    """Every mobile number of a folded text with the place where it stands."""
    found = _typed(folded)
    hidden = folded
    for _, (start, end) in found:
        hidden = hidden[:start] + "\ufffc" * (end - start) + hidden[end:]
    dictated = written_out(hidden)
    if dictated:
        text, places = dictated
        found += [(number, (places[a][0], places[b - 1][1])) for number, (a, b) in _typed(text)]
    return sorted(found, key=lambda one: one[1])


def _typed(folded: str) -> list[tuple[str, tuple[int, int]]]:
    found = []
    for run in _RUN.finditer(folded):
        groups = [
            _group(folded, run.start() + m.start(), run.start() + m.end()) for m in _PIECE.finditer(run[0])
        ]
        found += _numbers_of(folded, groups)
    return found


def _group(folded: str, start: int, end: int) -> _Group:
    whole = _WHOLE.fullmatch(folded, start, end)
    if whole:
        name = "after" if whole["after"] else "before"
        return _Group(whole[name], *whole.span(name), 0)
    said = folded[start:end].replace("么", "幺")
    return _Group(said.translate(_SPOKEN), start, end, sum(said.count(letter) for letter in "oli"))


def _numbers_of(folded: str, groups: list[_Group]) -> list[tuple[str, tuple[int, int]]]:
    """Numbers made of whole groups of digits, the longest run from the left; a dash never cuts one off."""
    found = []
    first = 0
    while first < len(groups):
        joined, matched = "", None
        for last in range(first, min(first + 14, len(groups))):
            joined += groups[last].digits
            if len(joined) > 15:
                break
            mobile = _MOBILE.fullmatch(joined)
            if mobile and _free(folded, groups, first, last) and _is_one(folded, groups[first : last + 1]):
                matched = (mobile.group(1), last)
        if matched:
            found.append((matched[0], (groups[first].start, groups[matched[1]].end)))
            first = matched[1] + 1
        else:
            first += 1
    return found


def _free(folded: str, groups: list[_Group], first: int, last: int) -> bool:
    """Blanks and commas part a number from its neighbours; a dash or dot makes it part of a longer one."""
    left = folded[groups[first - 1].end : groups[first].start] if first else " "
    right = folded[groups[last].end : groups[last + 1].start] if last + 1 < len(groups) else " "
    return not left.strip(" (+,，、。/") and not right.strip(" (+),，、。/")


def _is_one(folded: str, groups: list[_Group]) -> bool:
    """Whether the groups are one number, and not a list of sums, a date, or mostly letters."""
    if sum(group.letters for group in groups) > 5:
        return False
    if len(groups) == 1:
        return True
    if not _dictated(folded, groups):
        return False
    lengths = [len(group.digits) for group in groups]
    written = groups[0].digits if lengths[0] == 8 else "".join(group.digits.zfill(2) for group in groups[:3])
    one_by_one = max(lengths[1:]) == 1  # 1900 1 1 0 0 0 0 0
    dated = lengths[0] == 8 or (lengths[0] == 4 and max(lengths[1:3]) <= 2 and not one_by_one)
    return not (dated and _is_date(written))


def _dictated(folded: str, groups: list[_Group]) -> bool:
    """Whether commas part the figures as a phone is dictated (3-4-4), not a list of sums (150，200，500)."""
    parts = [len(groups[0].digits)]
    commas = False
    for before, group in pairwise(groups):
        if re.search("[,，、。/]", folded[before.end : group.start]):
            commas = True
            parts.append(len(group.digits))
        else:
            parts[-1] += len(group.digits)
    without_country = parts[1:] if parts[0] in (2, 4) and sum(parts) > 11 else parts
    return not commas or tuple(without_country) in _PARTS


def _is_date(digits: str) -> bool:
    try:
        return len(digits) == 8 and date(int(digits[:4]), int(digits[4:6]), int(digits[6:])).year >= 1900
    except ValueError:
        return False
