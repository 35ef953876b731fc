"""Which of the names found are meant: the longest, told apart by what stands near, not refused."""

from __future__ import annotations

import re
from collections import defaultdict
from itertools import pairwise

from nlu.name_forms import KINDS, Hit, NameIndex, Said
from nlu.name_ways import FULL, PART, SPLIT, TITLED

_TOO_MANY = 6
"""A part of more names than this (护理) tells nothing."""
_NEAR = 6
"""Characters around a part in which a word may tell which of its names is meant."""


def longest(hits: list[Hit]) -> list[Hit]:
    """Longest first, exact before sound, full before part; equal places are kept together as candidates."""
    weight = {FULL: 0, SPLIT: 1, TITLED: 1, PART: 2}
    chosen: list[Hit] = []
    for hit in sorted(hits, key=lambda h: (h.start - h.end, h.rank, weight[h.form.strength], h.start)):
        rivals = [other for other in chosen if hit.overlaps(other)]
        same = all((o.start, o.end, o.rank) == (hit.start, hit.end, hit.rank) for o in rivals)
        full_already = any(o.form.strength == FULL for o in rivals) and hit.form.strength != FULL
        if not rivals or (same and not full_already):
            chosen.append(hit)
    return sorted(chosen, key=lambda h: h.start)


def told_apart(said: Said, index: NameIndex, hits: list[Hit]) -> list[Hit]:
    """Of a part that names share, those that other words nearby pick out: 美甲要纯色的, 腋下的脱毛."""
    groups: dict[tuple[int, int, str], list[Hit]] = defaultdict(list)
    for hit in hits:
        groups[hit.start, hit.end, hit.form.kind].append(hit)
    kept: list[Hit] = []
    for place, group in groups.items():
        others = [g for p, g in groups.items() if p != place and p[2] == place[2]]
        kept += _narrowed(said, index, group, others) if len({h.form.id for h in group}) > 1 else group
    return kept


def _narrowed(said: Said, index: NameIndex, group: list[Hit], others: list[list[Hit]]) -> list[Hit]:
    ids = {hit.form.id for hit in group}
    if group[0].form.strength == TITLED:
        return group
    if any({hit.form.id for hit in other} < ids for other in others):
        return []
    telling = {one: _shared(said, index, group[0], one) for one in ids}
    best = max(telling.values())
    if best:
        return [hit for hit in group if telling[hit.form.id] == best]
    is_part = group[0].form.strength == PART and group[0].form.words not in index.group_names
    return [] if is_part and len(ids) > _TOO_MANY else group


_BREAK = re.compile(r"[,，。.;；!?、+/]|然后|再|和|跟|加|还有|顺便|或")


_JOINED = re.compile(r"([\u4e00-\u9fff])[上边]$")


def _shared(said: Said, index: NameIndex, hit: Hit, one: str) -> int:
    """The length of the longest word near a hit that is in a name of `one`; one character if joined."""
    before = _BREAK.split(said.words[max(0, hit.start - _NEAR) : hit.start])[-1]
    after = _BREAK.split(said.words[hit.end : hit.end + _NEAR])[0]
    names = [form.words for form in index.forms if form.id == one and form.strength == FULL]
    for size in (4, 3, 2):
        for piece in (p for side in (before, after) for p in _pieces(side, size)):
            if any(piece in name for name in names):
                return size
    joined = _JOINED.search(before)
    return int(bool(joined) and any(joined[1] in name for name in names)) if joined else 0


def _pieces(side: str, size: int) -> list[str]:
    pieces = (side[at : at + size] for at in range(len(side) - size + 1))
    return [piece for piece in pieces if re.fullmatch("[\u4e00-\u9fff]+", piece)]


_REFUSED = re.compile(
    r"(?:不要|别找|不找|不想要|不想找|除了|不是|换掉|别约|不约|别给|不想约|不想做|(?<![不做上练按脱])不[做上练按脱]|别做|别安排|别排|别(?:给我|帮我)(?:排|约|找|安排)|"
    r"不去|别去|不想去|不喜欢|别让|不用|(?<!换)不换|(?<!兑)不兑)$"
)
_NOT = re.compile(r"(?:(?<![要能是好])不|别)$")
_VERBAL = re.compile(r"^[做换洗按种脱清修剪染烫卸]")
_REPLACED = re.compile(
    r"换成|改成|改为|改约|换到|改到|而是|不对|说错|应该是|不是|还是换|算了|不不|哦不|打错|写错|更正|算了还是"
)

_INSTEAD = re.compile("(?<![就或能再])[换改]$")


def not_refused(said: Said, hits: list[Hit]) -> list[Hit]:
    """Refused names left out, and of one kind those before 换成 or 不对."""
    words = said.words
    kept = [hit for hit in hits if not _is_refused(said, hit)]
    for kind in KINDS:
        mine = sorted((hit for hit in kept if hit.form.kind == kind), key=lambda hit: hit.start)
        for earlier, later in pairwise(mine):
            between = words[earlier.end : later.start]
            instead = kind != "reward" and _INSTEAD.search(between)
            if instead or _REPLACED.search(between) or (between.endswith("不") and later.start in said.apart):
                kept = [hit for hit in kept if hit.form.kind != kind or hit.start >= later.start]
    return kept


def _is_refused(said: Said, hit: Hit) -> bool:
    left = said.words[max(0, hit.start - 5) : hit.start]
    verbal = _VERBAL.match(hit.form.words) and hit.start not in said.apart
    return bool(_REFUSED.search(left) or (verbal and _NOT.search(left)))
