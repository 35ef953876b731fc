"""People who are counted by being named: 我和我妈, 我带两个朋友, 一大一小, 就我自己."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from nlu.values.numbers import read_count

_FIGURE = r"[0-9一二两俩仨三四五六七八九十]{1,2}"
_KIN = (
    r"(?:(?:男|女)朋友|朋友|闺蜜|姐妹|姊妹|兄弟|同事|同学|室友|阿?妈妈?|老妈|阿?爸爸?|老爸|婆婆|公公|奶奶|外婆|姥姥|"
    r"爷爷|小姑子|小姨子|小叔子|弟媳|亲戚|妯娌|老公|老婆|先生|太太|媳妇|对象|爱人|女儿|闺女|儿子|(?:表|堂|大|二|小)?(?:姐姐?|妹妹?|哥哥?|弟弟?)|嫂子|"
    r"小?姨妈?|姑姑|妹子|女生)(?!们|店|价|卡|说|推荐|介绍|友)"
)
_JOIN = r"\s?(?:和|跟|同埋?|与|、|还有|加上?|以及|\+|,)\s?"
_LISTED = re.compile(
    rf"(?P<first>我(?=\s?(?:和|跟|同|与|、|还有|加|\+|,))|(?:我的?)?{_KIN})"
    rf"(?P<others>(?:(?:{_JOIN})(?:{_FIGURE}(?:个|位|名)?)?(?:我的?)?{_KIN}(?:我{_KIN})*)+)(?!\s?带)"
)
_ONE_OTHER = re.compile(rf"(?:(?P<count>{_FIGURE})(?:个|位|名)?)?(?:我的?)?{_KIN}")
_BROUGHT = re.compile(
    rf"带(?:上|了)?(?:我的?)?(?:(?P<count>{_FIGURE})\s?(?:个|位|名)?|(?P<one>个|位))\s?(?:我的?)?(?:{_KIN}|人(?!民|气))"
)
_WITH_CHILDREN = re.compile(
    rf"带(?:上|了)?(?:着)?(?:我的?)?(?:(?P<count>{_FIGURE})\s?(?:个|位)?|(?P<one>个))\s?"
    r"(?:孩子?|小孩|小朋友|娃|宝宝|女儿|儿子)"
)
_GROWN_AND_SMALL = re.compile(
    rf"(?:(?P<a>{_FIGURE})个?大人?[带和加,， ]?(?P<b>{_FIGURE})个?(?:小(?:孩子?|朋友|的)?|孩子|娃|宝宝)"
    rf"|大人(?P<c>{_FIGURE})个?[,， ]?(?:小(?:孩子?|朋友)|孩子)(?P<d>{_FIGURE})个?"
    rf"|(?P<e>{_FIGURE})个?[男女](?:士|生|的|孩)?[,， 和]?(?P<f>{_FIGURE})个?[男女](?:士|生|的|孩)?)"
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


def find_companions(folded: str) -> Iterator[Counted]:
    """Every group of people that is told by who they are; the speaker belongs to it where he says so."""
    for match in _GROWN_AND_SMALL.finditer(folded):
        grown = _number(match["a"] or match["c"] or match["e"])
        small = _number(match["b"] or match["d"] or match["f"])
        if grown and small:
            yield _exactly(grown + small, match)
    yield from _brought(folded)
    for match in _LISTED.finditer(folded):
        others = [_number(one["count"] or "一") for one in _ONE_OTHER.finditer(match["others"])]
        if others and all(others):
            yield _exactly(1 + sum(others), match)
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
        brought = 1 if match["one"] else _number(match["count"])
        if brought:
            yield _exactly(1 + brought, match)


def _one_more_or_not(count: int, match: re.Match[str]) -> Iterator[Counted]:
    if count:
        yield Counted(count, count + 1, match.start(), match.end())


def _exactly(count: int, match: re.Match[str]) -> Counted:
    return Counted(count, count, match.start(), match.end())


def _number(said: str) -> int:
    return {"俩": 2, "仨": 3}.get(said) or read_count(said) or 0
