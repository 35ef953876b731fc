"""Things named by their worth: 二十块的抵用券 and 抵用券要五十的 are the rewards of that worth."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from nlu.name_forms import Amount, Form, Hit, NameIndex, Said, in_characters
from nlu.name_ways import FULL

_NUMBER = r"(?:[0-9]{1,5}|[一二两三四五六七八九十百千零]{1,6})"
_YUAN = r"(?:元|块钱?|蚊|圆)"


@dataclass(frozen=True)
class Worth:
    """The rewards meant by their worth, and the places where another worth is said than any has."""

    hits: list[Hit]
    foreign: list[tuple[int, int]]

    def forbids(self, hit: Hit) -> bool:
        """Whether the hit is a reward whose words stand beside a worth that is not its own."""
        if hit.form.kind != "reward":
            return False
        return any(start < hit.end and hit.start < end for start, end in self.foreign)


def by_worth(said: Said, index: NameIndex) -> Worth:
    """What the sentence says of the things that are named by their worth."""
    if not index.amounts:
        return Worth([], [])
    found = Worth([], [])
    for pattern in _patterns(frozenset(amount.tail for amount in index.amounts)):
        for match in pattern.finditer(said.words):
            worth = [a for a in index.amounts if _is_worth(match["n"], a) and _has_tail(a, match)]
            if worth:
                found.hits.extend(_hit(amount, match) for amount in worth)
            elif "tail" in match.re.groupindex and (match["unit"] or match["of"]):
                found.foreign.append(match.span())
    return found


@lru_cache(maxsize=16)
def _patterns(tails: frozenset[str]) -> list[re.Pattern[str]]:
    """20元抵用券, 抵用券20元的, 20元和50元的抵用券, 换20的."""
    tail = "|".join(re.escape(one) for one in sorted(tails, key=len, reverse=True))
    number = rf"(?<![0-9零一二两三四五六七八九十百千万点.减满返])(?P<n>{_NUMBER})"
    return [
        re.compile(rf"{number}(?P<unit>{_YUAN}?)(?:面值)?(?P<of>的?)(?:那[个种张])?(?P<tail>{tail})"),
        re.compile(
            rf"(?P<tail>{tail})[,，]?的?我?(?:[要换来拿兑选][一]?[张个]?)?{number}"
            rf"(?P<unit>{_YUAN}?)(?P<of>的?)(?<=[元块钱蚊圆的])"
        ),
        re.compile(
            rf"{number}{_YUAN}?的?(?:[和跟、或]|或者|还是|还有)(?={_NUMBER}{_YUAN}?(?:面值)?的?(?:{tail}))"
        ),
        re.compile(rf"(?:{tail})(?:还是|或者|[和跟或]){number}{_YUAN}?的"),
        re.compile(
            rf"[换兑抵张个来要]{number}{_YUAN}?(?:的|那[个种张]|的那[个种张])(?=$|[^\u4e00-\u9fff]|[来换两一吧行可])"
        ),
    ]


def _is_worth(said: str, amount: Amount) -> bool:
    return said in (str(amount.yuan), in_characters(str(amount.yuan)))


def _has_tail(amount: Amount, match: re.Match[str]) -> bool:
    return "tail" not in match.re.groupindex or match["tail"] == amount.tail


def _hit(amount: Amount, match: re.Match[str]) -> Hit:
    form = Form(match.group(), amount.form.id, amount.form.kind, FULL)
    return Hit(form, match.start("n") if match.re.groups == 1 else match.start(), match.end(), 0)
