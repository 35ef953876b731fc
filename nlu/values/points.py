"""Numbers of points as members say them: 500积分, 两千六的积分, 扣我600, 一千五换面膜."""

from __future__ import annotations

import re
from dataclasses import dataclass

from nlu.values.measures import PIECES
from nlu.values.money import linked, vague
from nlu.values.numbers import Number, find_numbers
from nlu.values.pinyin import amounts_in_characters
from nlu.values.revised import standing
from nlu.values.text import fold

_NAMED_AFTER = re.compile(
    r"[多来]?\s?(?:的|个)?\s?(?:点?积分|jifen|points?(?![a-z])|分(?!之|钱|店|钟|析|享|开|别|期|次|批|给(?!我[整换兑来拿弄搞])|成|摊|熟|满意|好评))"
)
_POINTS_OF_OLD = re.compile(r"点(?=能|可以|换|兑|够)")
_NAMED_BEFORE = re.compile(r"(?:积|的)分\s?(?:是|有|还有|还剩|够|快到|攒到|攒了|一共|总共|共|:|,|，)?\s?$")
_REWARD_BEFORE = re.compile(r"\ufffc[\s,，]$")
_APART = re.compile(r"\s*(?:$|[,，。!?\s])")
_SPENT_BEFORE = re.compile(r"(?:用|扣|拿|出|使|花|凭|攒够|攒了|攒到)(?:了|掉|我|我的)?\s?$")
_TRADED_AFTER = re.compile(r"(?:了[,，]?)?(?:能|可以|够|来|去)?(?:换|兑)(?!成|钱)|\s?\ufffc")
"""What is traded for stands behind: a reward that was read already is \ufffc."""
_ENDS = re.compile(r"\s*(?:$|[,，。!?吧呀啊哈了\ufffc]|换|兑)")
_COUNTED_AFTER = re.compile(rf"\s?(?:[个次元块毛蚊折点号日月年天位人的%x*]|[{PIECES}])")
_OTHER_BEFORE = re.compile(
    r"(?:第|尾号|卡号|手机号?|电话|号码|编号|密码|周|星期|礼拜|百分之|会员|打|评|服务|态度|满意度?|(?:卡里|卡上|余额)的?|点|¥|(?<![0-9分百千万])-|负)\s?$"
)
_LOOSE_BEFORE = re.compile(
    r"(?:大概|大约|约莫|差不多|估计|最少|至少|超过(?<!不超过)|不到|将近|接近|快|快到)(?:有"
    r"|要)?\s?$"
)
_LOOSE_AFTER = re.compile(r"[多来](?!少)|\s?(?:个|点)?(?:积分|分)?(?:左右|上下|以上)")
_OWNED_BEFORE = re.compile(
    r"(?:(?<!没)有|还剩|剩下?|余额|攒够?|总共|一共|共|余)(?:了|下|着|的|是|大概|差不多|积分|:)*\s?$"
)
_HALF = re.compile(r"一半")
MOST_POINTS = 10**9


@dataclass(frozen=True)
class PointsSaid:
    """What the words say about a number of points: `points`, or None and the numbers in doubt."""

    points: int | None = None
    candidates: tuple[int, ...] = ()


def find_points(text: str) -> PointsSaid:
    """Points to be spent (用500积分, 一千分, 600换护手霜)."""
    folded = amounts_in_characters(fold(text))
    numbers = [number for number in find_numbers(folded) if _may_be(folded, number)]
    named = [_are_points(folded, number) for number in numbers]
    for index in range(len(numbers) - 1, 0, -1):
        # 500或者800积分, 不是600是800分: the unit holds for both
        joined = linked(folded, numbers[index - 1], numbers[index])
        named[index - 1] = named[index - 1] or (named[index] and joined)
    left = standing(folded, [number for number, are in zip(numbers, named, strict=True) if are])
    left = _spent(folded, left)
    values = tuple(dict.fromkeys(int(value) for number in left for value in (number.low, number.high)))
    in_doubt = _HALF.search(folded) or any(_loose(folded, number) for number in left)
    if len(values) == 1 and not in_doubt:
        return PointsSaid(values[0])
    return PointsSaid(candidates=values[:8])


def _spent(folded: str, said: list[Number]) -> list[Number]:
    """我有八千分，用五千分换: what one has, or keeps, is not what is spent."""
    if len(said) < 2:
        return said
    owned = [n for n in said if _OWNED_BEFORE.search(folded, max(0, n.start - 10), n.start)]
    others = [n for n in said if n not in owned]
    return others or said


def _may_be(folded: str, number: Number) -> bool:
    """A whole number within reason that is nothing else."""
    if number.low.denominator != 1 or number.high.denominator != 1 or not 0 < number.high <= MOST_POINTS:
        return False
    return not _OTHER_BEFORE.search(folded, max(0, number.start - 6), number.start) and not vague(
        folded, number
    )


def _are_points(folded: str, number: Number) -> bool:
    """Called points, or spent and traded as such without a measure word behind the figure."""
    start = max(0, number.start - 6)
    if number.low >= 100 and _POINTS_OF_OLD.match(folded, number.end):
        return True
    if number.text != "十" and _NAMED_AFTER.match(folded, number.end):
        return True
    if _COUNTED_AFTER.match(folded, number.end):
        return False
    if _NAMED_BEFORE.search(folded, start, number.start):
        return True
    if number.low < 100 or len(number.text) > 7:
        return False
    spent = _SPENT_BEFORE.search(folded, start, number.start) and _ENDS.match(folded, number.end)
    priced = _REWARD_BEFORE.search(folded, start, number.start) and _APART.match(folded, number.end)
    return bool(spent or priced or _TRADED_AFTER.match(folded, number.end))


def _loose(folded: str, number: Number) -> bool:
    before = _LOOSE_BEFORE.search(folded, max(0, number.start - 8), number.start)
    return bool(before or _LOOSE_AFTER.match(folded, number.end))
