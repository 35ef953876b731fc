"""Mainland mobile numbers, typed or said: 138 0013 8000, +86-138…, 一三八零零幺三八零零零."""

from __future__ import annotations

import re

from nlu.values.text import fold

_SPOKEN = str.maketrans("零一二三四五六七八九幺", "01234567891")
_GROUP = r"[0-9零一二三四五六七八九幺]{1,24}"
_RUN = re.compile(
    rf"(?<![0-9零一二三四五六七八九幺a-z_*])\(?\+?\s?{_GROUP}"
    rf"(?:[ .·)(\-]{{1,3}}{_GROUP}){{0,40}}(?![0-9a-z_*])"
)
_PIECE = re.compile(_GROUP)
_MOBILE = re.compile(r"(?:0086|086|86)?(1[3-9][0-9]{9})")
_CORRECTED = re.compile(r"(?:改成|换成|改为|改到|变成|新号码?|新的|现在用|现在是|而是|应该是)[^0-9]{0,8}$")
_OLD = re.compile(r"(?:原来|以前|旧|老号码?|老|之前|原)[^0-9改换新现]{0,8}$")


def find_phones(text: str) -> tuple[str, ...]:
    """The mobile numbers in a text, eleven digits each, in order and once; landlines are none."""
    return tuple(dict.fromkeys(number for number, _ in phone_spans(fold(text))))


def find_phone(text: str) -> tuple[str | None, tuple[str, ...]]:
    """The number meant and, when several are said and none of them is named as the new one, all of them."""
    folded = fold(text)
    spans = phone_spans(folded)
    numbers = tuple(dict.fromkeys(number for number, _ in spans))
    if len(numbers) <= 1:
        return (numbers[0] if numbers else None), ()
    for number, (start, _) in spans:
        if _CORRECTED.search(folded[max(0, start - 16) : start]):
            return number, ()
    current = [number for number, (start, _) in spans if not _OLD.search(folded[max(0, start - 16) : start])]
    return (current[0], ()) if len(set(current)) == 1 else (None, numbers)


def phone_spans(folded: str) -> list[tuple[str, tuple[int, int]]]:
    """Every mobile number of a folded text with the place where it stands."""
    found = []
    for run in _RUN.finditer(folded):
        groups = [
            (m.group().translate(_SPOKEN), run.start() + m.start(), run.start() + m.end())
            for m in _PIECE.finditer(run.group())
        ]
        found += _numbers_of(folded, groups)
    return found


def _numbers_of(folded: str, groups: list[tuple[str, int, int]]) -> list[tuple[str, tuple[int, int]]]:
    """Numbers made of whole groups of digits, the longest run from the left; a dash never cuts one off."""
    found = []
    first = 0
    while first < len(groups):
        joined, matched = "", None
        for last in range(first, min(first + 14, len(groups))):
            joined += groups[last][0]
            if len(joined) > 15:
                break
            mobile = _MOBILE.fullmatch(joined)
            if mobile and _free(folded, groups, first, last):
                matched = (mobile.group(1), last)
        if matched:
            found.append((matched[0], (groups[first][1], groups[matched[1]][2])))
            first = matched[1] + 1
        else:
            first += 1
    return found


def _free(folded: str, groups: list[tuple[str, int, int]], first: int, last: int) -> bool:
    """Blanks may separate a number from its neighbours; a dash or dot makes it part of a longer figure."""
    left = folded[groups[first - 1][2] : groups[first][1]] if first else " "
    right = folded[groups[last][2] : groups[last + 1][1]] if last + 1 < len(groups) else " "
    return not left.strip(" (+") and not right.strip(" (+)")
