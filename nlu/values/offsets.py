"""Moments counted from now: 两小时后, 再过半小时, 四十分钟后, 现在."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from nlu.values.dates import small
from nlu.values.numbers import read_count

_COUNT = r"[0-9]{1,3}|[零一二两三四五六七八九十百]{1,5}"
_HOURS = r"(?:小时|钟头|钟(?!头)|h(?![a-z]))"
# 两三个小时后 says no moment, and the 十分钟后 in 四十分钟后 is not said by itself
_OFFSET = re.compile(
    rf"(?P<over>再?过|(?P<waits>再?等))?(?<![0-9.第零一二两三四五六七八九十百几])(?:"
    rf"(?P<mixed>{_COUNT})\s?个?半\s?{_HOURS}|"
    rf"(?P<hours>[0-9]{{1,2}}(?:\.5)?|{_COUNT}|半)\s?个?\s?{_HOURS}(?:零?(?P<and>{_COUNT})分钟?|"
    rf"(?P<half>半))?|"
    rf"(?P<minutes>{_COUNT})\s?分钟|(?P<quarters>[一三两1-3])刻钟)"
    r"(?:左右|的?样子|吧)?(?P<after>之后|以后|后(?!面|天|续)|过后|(?(waits)(?=再?(?:过[来去]|[来去到]))|"
    r"(?!)))?"
)
_A_DELAY = re.compile(r"(?:推迟|延后|延迟|晚|提前|早|做|按)(?:了|个)?$")
_NOW = re.compile(r"现在就?|马上|立刻|这会儿|此刻")


def find_offsets(folded: str, now: datetime) -> list[tuple[datetime, int, int]]:
    """Moments counted from now (两小时后, 再过半小时) with their places; a mere length of time is none."""
    found = []
    base = now.replace(second=0, microsecond=0)
    for match in _OFFSET.finditer(folded):
        over = match.group("over") and not match.group("waits")
        minutes = _minutes(match) if over or match.group("after") is not None else None
        if minutes is not None and not _A_DELAY.search(folded[max(0, match.start() - 3) : match.start()]):
            found.append((base + timedelta(minutes=minutes), match.start(), match.end()))
    return found


def _minutes(match: re.Match[str]) -> int | None:
    if match.group("mixed"):
        whole = read_count(match.group("mixed"))
        return None if whole is None else whole * 60 + 30
    if match.group("hours"):
        return _hours(match)
    if match.group("quarters"):
        return (small(match.group("quarters")) or 0) * 15
    return read_count(match.group("minutes"))


def _hours(match: re.Match[str]) -> int | None:
    said = match.group("hours")
    if said == "半":
        base: int | None = 30
    elif said.endswith(".5"):
        base = int(said[:-2]) * 60 + 30
    else:
        hours = read_count(said)
        base = None if hours is None else hours * 60
    extra = read_count(match.group("and")) if match.group("and") else 30 if match.group("half") else 0
    return None if base is None or extra is None else base + extra


def find_now(folded: str) -> list[tuple[int, int]]:
    """Places of 现在, 马上."""
    return [match.span() for match in _NOW.finditer(folded)]
