"""What a speaker takes back: 500 不对 600, 不是五百是六百, 三个人改成四个人; for every kind of value."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Protocol, TypeVar

_UNIT = r"(?:块钱?|元|蚊|的|分|积分|个人?|位|盒|张|份)?"
_CORRECTED = re.compile(
    r"改(?![天日期约])|换(?:成|为|到)|变为|应该(?:是|充|为)|而是|是说|错|不对|不不|算了|更正|口误|sorry|等等|等一下"
    r"|不,|不，|[\s,，]不\s|[,，\s]我?(?:还是)?先(?=[充冲存退换兑来要])|[啊哦呃噢喔哎欸唉额]不(?!是不是)|(?<!是)不是|要不(?!要)|吧[,，\s]*[哎唉嗯呃]?[,，\s]*还是|现在|这次|这回"
    rf"|^{_UNIT}\s?(?:太|有点|有些)[少多贵高低]|^{_UNIT}\s?不(?:够|划算|合适)"
)
_NEGATED_BEFORE = re.compile(
    r"(?:(?<![是啊哦呃噢喔哎唉额.…])不是|(?<!要)不要|(?<!用)不用|(?<!想)不想|(?<![是要用想能可不啊哦呃噢喔哎额])不(?!\s)|别|(?<!有)没有?|甭)"
    r"(?:说|想|打算)?(?:要|再)?(?:充|冲|存|退|换)?(?:值)?(?:了)?\s?$"
)
_REFUSED_AFTER = re.compile(
    rf"{_UNIT}\s?(?:(?:太|有点|有些)[少多贵高低]|不(?:够|划算|合适)|就?不要了|就?算了|免了)"
)


class Spot(Protocol):
    """Where something stands in the folded text."""

    @property
    def start(self) -> int:
        """Its first character."""

    @property
    def end(self) -> int:
        """Behind its last character."""


S = TypeVar("S", bound=Spot)


def standing(folded: str, said: Sequence[S]) -> list[S]:
    """Those of the values, in the order of the text, that the speaker has not refused or replaced."""
    left = [s for s in said if not _NEGATED_BEFORE.search(folded, max(0, s.start - 6), s.start)]
    for index in range(len(left) - 1, 0, -1):
        if _CORRECTED.search(folded[left[index - 1].end : left[index].start]):
            left = left[index:]
            break
    kept = [s for s in left if not _REFUSED_AFTER.match(folded, s.end)]
    return kept or left
