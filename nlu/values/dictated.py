"""Figures as they are dictated: 幺三七四个八六五二九 (8888), 1380000后面四个6, 一八零嗯七五八四….

What is said between figures (嗯, 那个, 后面) is a blank, and a counted figure stands as often as said.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from nlu.values.numbers import DIGITS

_FIGURES = "0-9零一二三四五六七八九幺妖洞拐勾两"
_TIMES = r"(?:[2-9二两三四五六七八]\s?个\s?|俩|仨)"
_COUNTED = rf"(?P<times>{_TIMES})(?P<figure>[{_FIGURES}])(?![0-9]?(?:个|[折位号月日年点块元百千万十]))"
_WORDS = r"嗯+|啊|呃+|额+|哦|那个|空格?|横?杠|然后|接着|再|后[面边]?|最后|中间|末尾|是|都是|全是|还有|就是"
_FILLER = rf"(?<=[{_FIGURES}])[\s,，。]*(?:(?:{_WORDS})[\s,，。]*)+(?=[{_FIGURES}俩仨])"
_DICTATED = re.compile(rf"(?P<filler>{_FILLER})|{_COUNTED}")
Place = tuple[int, int]


def written_out(folded: str) -> tuple[str, list[Place]] | None:
    """The figures one by one with the place of each character; None where nothing is dictated."""
    if not _DICTATED.search(folded):
        return None
    pieces = list(_pieces(folded))
    return "".join(text for text, _ in pieces), [place for text, place in pieces for _ in text]


def _pieces(folded: str) -> Iterator[tuple[str, Place]]:
    at = 0
    for match in _DICTATED.finditer(folded):
        yield from ((folded[i], (i, i + 1)) for i in range(at, match.start()))
        if match["filler"]:
            yield " ", match.span()
        else:
            yield match["figure"] * _times(match["times"]), match.span()
        at = match.end()
    yield from ((folded[i], (i, i + 1)) for i in range(at, len(folded)))


def _times(said: str) -> int:
    first = said[0]
    return {"俩": 2, "仨": 3}.get(first) or DIGITS.get(first) or int(first)
