"""How many people or pieces: 两个人, 我和我妈, 一大一小, 带两个朋友 (3), 三盒, 一打, 面膜x2."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise

from nlu.values.companions import Counted, find_companions
from nlu.values.measures import CUT_FROM, PIECES
from nlu.values.numbers import Number, find_numbers
from nlu.values.pinyin import amounts_in_characters
from nlu.values.revised import standing
from nlu.values.text import fold

MOST = 999
_WHO = (
    r"(?:女|男)?(?:朋友|同事|闺蜜|小?姐妹|生|士|的|孩子?)|大?(?:女|男)(?:人|仔)|娃|宝宝|细路|妹子|姑娘"
    r"|客人|老人|学生|大人|小孩|小朋友"
)
_PEOPLE = re.compile(
    rf"\s?(?:来|多)?(?:个(?:{_WHO})|个人(?!版|信|护|项|价)|(?<![多来])人(?!民|气|份|均|参|间|工|员|造|流|一)|"
    r"位(?!置|于)(?![男女]?(?:技师|老师|师傅|美容师))|口(?!红|碑|味|子)|名(?!字)|张床|ppl|people|persons?|pax"
    r"|个(?=位置|位子|位|名额|床位|床|座)|(?<![一1])个(?=$|[,，。!?~ 吧哈]))"
)
_US_BEFORE = re.compile(r"(?:我们|咱们?|我哋|阿拉|阮|俺们?|姐妹|兄弟|姊妹|夫妻|闺蜜|朋友)\s?$")
_OF_US = re.compile(r"个(?!小时|月|钟|星期|礼拜|半|项目|疗程)")
_NAMED_BEFORE = re.compile(r"(?:人数|party of|数量)\s?(?:是|:)?\s?$")
_THINGS = re.compile(
    rf"\s?[整小大]?(?:个(?!小时|月|钟|星期|礼拜|半|人|积分|点|分)|次(?!卡)|回(?![家来去头])|部(?!分)|[{PIECES}]|块(?={CUT_FROM}))"
    r"(?!半|(?:也|都)[不没])"
)
_DOZEN = re.compile(r"\s?打(?!折|扫|开|电|卡|个)")
_FOR_EACH = re.compile(r"[和跟][\u4e00-\u9fff]{1,6}各")
_EACH_BEFORE, _ENDS = re.compile(r"各(?:来|要|换)?\s?$"), re.compile(r"\s?(?:$|[,，。])")
_REDEEM_BEFORE = re.compile(r"(?:redeem|exchange|claim)\s$")
_ENGLISH_THING = re.compile(r"\s(?:(?!points?|pts|yuan|rmb|kuai|times)[a-z]|\ufffc)")
_NO_COUNT_BEFORE = re.compile(r"(?:第|[几好./]|少[来去]?)$|(?<![0-9一二两三四五六七八九])-$")
_LOOSE_BEFORE = re.compile(r"(?:大概|大约|差不多|最多|最少|至少|估计|可能)(?:有|是|要|能|可以)?换?\s?$")
_LOOSE_AFTER = re.compile(r"(?:来|多)(?=个|位|人)|(?:个?人|位|盒|张|份)?(?:左右|上下)")
_RANGE = re.compile(r"\s?(?:个?人?|位|张|盒|份)?\s?(?:到|至|-|~|或者?|还是)\s?")
_TIMES = re.compile(
    r"(?<=[\u4e00-\u9fff\ufffc])\s?[x×*]\s?(?P<after>[0-9]{1,3})(?![0-9a-z.])"
    r"|(?<![0-9a-z.])(?P<before>[0-9]{1,3})\s?[x×]\s?(?=[\u4e00-\u9fff\ufffc])"
)
_OF_TIME = r"(?!个?(?:小时|钟|(?:礼拜|星期|周)(?![一二三四五六日天末])|月|天|年)|点|百|千|万)"
"""俩点 is an hour, 俩礼拜 two weeks."""
_FIXED = re.compile(
    rf"(?P<f2>俩{_OF_TIME}|双份|双人|两口子|[小老]两口|一对(?=夫妻|情侣|夫妇|新人))|(?P<f3>仨{_OF_TIME})|(?P<f6>半打)"
)


@dataclass(frozen=True)
class CountSaid:
    """What the words say about how many: `count`, or None and the numbers in doubt."""

    count: int | None = None
    candidates: tuple[int, ...] = ()


def find_people(text: str) -> CountSaid:
    """How many people a booking is for: 两个人, 3位, 我们俩, 我和我妈, 带个朋友 (2)."""
    folded = amounts_in_characters(fold(text))
    told = list(find_companions(folded))
    return _choose(folded, [*told, *_fixed(folded), *_with_unit(folded, _is_people)])


def find_things(text: str, *, kinds: int = 0) -> CountSaid:
    """How many pieces: 换两个, 3份, 一双, 一打 (12), 面膜x2.

    `kinds`: how many different things are named. 各一 of one thing is for several people, so in doubt.
    """
    folded = amounts_in_characters(fold(text))
    times = [_at(int(match["after"] or match["before"]), match) for match in _TIMES.finditer(folded)]
    said = _choose(folded, [*times, *_fixed(folded), *_with_unit(folded, _is_thing)])
    if said.count and kinds == 1 and _FOR_EACH.search(folded):
        return CountSaid(candidates=(said.count, said.count * 2))
    return said


def _at(count: int, match: re.Match[str]) -> Counted:
    return Counted(count, count, match.start(), match.end())


def _fixed(folded: str) -> Iterator[Counted]:
    for match in _FIXED.finditer(folded):
        yield _at(int(str(match.lastgroup)[1:]), match)


def _is_people(folded: str, number: Number) -> int:
    """1 where the number counts people, 0 otherwise."""
    start = max(0, number.start - 9)
    by_name = _NAMED_BEFORE.search(folded, start, number.start)
    of_us = _US_BEFORE.search(folded, start, number.start) and _OF_US.match(folded, number.end)
    return int(bool(by_name or of_us or _PEOPLE.match(folded, number.end)))


def _is_thing(folded: str, number: Number) -> int:
    """How many pieces one of the unit is: 1, 12 for a dozen, 0 where no things are counted."""
    if _DOZEN.match(folded, number.end):
        return 12
    each = _EACH_BEFORE.search(folded, max(0, number.start - 3), number.start)
    named = _NAMED_BEFORE.search(folded, max(0, number.start - 9), number.start)
    if _REDEEM_BEFORE.search(folded, max(0, number.start - 9), number.start):
        named = named or _ENGLISH_THING.match(folded, number.end)
    return int(bool(named or _THINGS.match(folded, number.end) or (each and _ENDS.match(folded, number.end))))


def _with_unit(folded: str, unit: Callable[[str, Number], int]) -> Iterator[Counted]:
    numbers = [n for n in find_numbers(folded) if n.low.denominator == n.high.denominator == 1]
    sizes = [unit(folded, number) for number in numbers]
    for index, (first, second) in reversed(list(enumerate(pairwise(numbers)))):
        # 两到三个人: the unit holds for both
        if sizes[index + 1] and _RANGE.fullmatch(folded, first.end, second.start):
            sizes[index] = sizes[index + 1]
    for number, size in zip(numbers, sizes, strict=True):
        before = folded[max(0, number.start - 5) : number.start]
        if not size or _NO_COUNT_BEFORE.search(before):
            continue
        low, high = int(number.low) * size, int(number.high) * size
        loose = _LOOSE_BEFORE.search(before) or _LOOSE_AFTER.match(folded, number.end)
        if low >= 1 and high <= MOST:
            yield Counted(low, high, number.start, number.end, bool(loose), _one_of_them(folded, number))


def _one_of_them(folded: str, number: Number) -> bool:
    """两位，一位做脸一位美甲; 其中一个小孩: one of those already counted."""
    if number.low != 1:
        return False
    return bool(
        re.search(r"其中(?:有)?$", folded[: number.start][-3:])
        or re.match(r"(?:位|个人|人)(?:做|按|洗|免|付|出|美|修|要做)", folded[number.end :][:4])
    )


def _choose(folded: str, found: Iterable[Counted]) -> CountSaid:
    """The count meant; the first of two readings of the same words wins."""
    apart: list[Counted] = []
    for one in found:
        if all(one.end <= other.start or one.start >= other.end for other in apart):
            apart.append(one)
    if any(one.low > 1 for one in apart):
        apart = [one for one in apart if not one.part]
    left = standing(folded, sorted(apart, key=lambda one: one.start))
    values = tuple(dict.fromkeys(value for one in left for value in (one.low, one.high)))
    if len(values) == 1 and not any(one.doubtful for one in left):
        return CountSaid(values[0])
    return CountSaid(candidates=values[:8])
