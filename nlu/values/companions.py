"""People who are counted by being named: 我和我妈, 我带两个朋友, 一大一小, 就我自己."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from nlu.values.numbers import read_count

_FIGURE = r"[0-9一二两俩仨三四五六七八九十]{1,2}"
_CHILD = r"(?:孩子|小孩|小朋友|儿童|娃|宝宝|女儿|闺女|儿子)"
_KIN = (
    r"(?:[男女]朋友|[男女]友|朋友|闺蜜|小?姐妹|姊妹|兄弟|同事|同学|室友|阿?妈妈?|老妈|阿?爸爸?|老爸|婆婆|公公|奶奶|"
    r"外婆|姥姥|爷爷|小姑子|小姨子|小叔子|弟媳|亲戚|妯娌|老公|老婆|先生|太太|媳妇|对象|爱人|"
    r"[表堂大二小]?(?:姐姐?|妹妹?|哥哥?|弟弟?)|嫂子|小?姨妈?|姑姑|妹子|女生|孩子|小孩|女儿|闺女|儿子)"
    r"(?!们|店|价|卡|说|推荐|介绍|友)"
)
_COUNTED = rf"(?:{_FIGURE}(?:个|位|名)?)?(?:我的?)?{_KIN}"
_JOIN = r"\s?(?:和|跟|同埋?|与|、|还有|加上?|以及|\+|,)\s?"
_NOT_US = r"小时|钟|月|星期|礼拜|半|项目|疗程|技师|老师|师傅|教练"
_LISTED = re.compile(
    rf"(?P<brought>带(?:上|着|了)?)?(?P<first>我(?=\s?(?:和|跟|同|与|、|还有|加|\+|,))|(?:我的?)?{_KIN})"
    rf"(?P<others>(?:{_JOIN}{_COUNTED}(?:我{_KIN})*)+)(?!\s?带)(?P<in_all>\s?(?:一共|总共)?\s?(?![一1])(?P<all>{_FIGURE})\s?(?:[个位名](?!{_NOT_US})|人))?"
)
_ONE_OTHER = re.compile(rf"(?:(?P<count>{_FIGURE})(?:个|位|名)?)?(?:我的?)?{_KIN}")
_BROUGHT = re.compile(
    rf"(?:带(?:上|了)?(?:我的?)?(?:(?P<count>{_FIGURE})\s?(?:个|位|名)?|(?P<one>个|位))\s?(?:我的?)?"
    rf"(?:{_KIN}|人(?!民|气))|除了我(?:还有)?(?P<besides>{_FIGURE})(?:个人?|人|位))"
)
_WITH_CHILDREN = re.compile(
    rf"带(?:上|着|了)?(?:我的?)?(?:(?P<count>{_FIGURE})\s?(?:个|位)?|(?P<one>个))\s?{_CHILD}"
)
_GROWN, _SMALL = r"(?:大人|成人|成年人)", r"(?:小孩子?|小朋友|孩子|儿童|娃|宝宝)"
_MAN_OR_WOMAN = r"个?[男女](?:士|生|的|孩)?"
_SUMS = (
    re.compile(rf"(?P<a>{_FIGURE})个?(?:大|{_GROWN})[带和加,， ]?(?P<b>{_FIGURE})个?(?:{_SMALL}|小(?!时))"),
    re.compile(rf"{_GROWN}(?P<a>{_FIGURE})[个名位]?[,， ]?{_SMALL}(?P<b>{_FIGURE})[个名位]?"),
    re.compile(rf"(?P<a>{_FIGURE}){_MAN_OR_WOMAN}[,， 和]?(?P<b>{_FIGURE}){_MAN_OR_WOMAN}"),
)
_ALONE = re.compile(
    r"(?:就|得|只有)我(?:自己)?(?:一个人?|一人)?(?=$|[,，。!?~ ]|自己)|我自己一个人?|单人(?!间"
    r"|床)|(?<![给报帮算])我一个(?=$|[,， ])"
)
_MORE = re.compile(
    rf"(?:(?<!差不)(?<!最)多|再加|再添|加多?|多加)(?P<more>{_FIGURE})(?:个人|位|个(?=$"
    rf"|[,，。 ]))"
)


@dataclass(frozen=True)
class Counted:
    """A count, lowest and highest reading, and where it stands."""

    low: int
    high: int
    start: int
    end: int
    doubtful: bool = False
    """Asked back even where it is one number."""
    part: bool = False
    """One of those whom another count tells all of."""


def find_companions(folded: str) -> Iterator[Counted]:
    """Every group of people that is told by who they are; the speaker belongs to it where he says so."""
    for match in (found for pattern in _SUMS for found in pattern.finditer(folded)):
        first, second = _number(match["a"]), _number(match["b"])
        if first and second:
            yield _exactly(first + second, match)
    yield from _brought(folded)
    yield from _listed(folded)
    for match in _ALONE.finditer(folded):
        yield _exactly(1, match)
    for match in _MORE.finditer(folded):
        # whether the speaker himself is counted in is not said
        yield from _one_more_or_not(_number(match["more"]), match)


def _brought(folded: str) -> Iterator[Counted]:
    for match in _WITH_CHILDREN.finditer(folded):
        # whether the grown-up takes part as well is not said
        yield from _one_more_or_not(1 if match["one"] else _number(match["count"]), match)
    for match in _BROUGHT.finditer(folded):
        brought = 1 if match["one"] else _number(match["count"] or match["besides"])
        if brought:
            yield _exactly(1 + brought, match)


def _listed(folded: str) -> Iterator[Counted]:
    """我和我妈, 我跟两个朋友; a sum that follows (我和姐妹三个人) is what counts."""
    for match in _LISTED.finditer(folded):
        if match["in_all"]:
            yield _exactly(_number(match["all"]), match)
            continue
        others = [_number(one["count"] or "一") for one in _ONE_OTHER.finditer(match["others"])]
        if not all(others):
            continue
        if match["brought"]:
            yield from _one_more_or_not(1 + sum(others), match)
        else:
            yield _exactly(1 + sum(others), match)


def _one_more_or_not(count: int, match: re.Match[str]) -> Iterator[Counted]:
    if count:
        yield Counted(count, count + 1, match.start(), match.end())


def _exactly(count: int, match: re.Match[str]) -> Counted:
    return Counted(count, count, match.start(), match.end())


def _number(said: str) -> int:
    return {"俩": 2, "仨": 3}.get(said) or read_count(said) or 0
