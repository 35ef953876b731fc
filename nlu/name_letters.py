"""Names in pinyin letters, alone, with other pinyin around, or with a part in characters: wang京店."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from rapidfuzz.distance import OSA

from nlu.name_forms import (
    Hit,
    Kind,
    NameIndex,
    Said,
    common_sounds,
    loose_sounds,
    loose_syllable,
    syllables,
)
from nlu.name_ways import PART

_LONGEST_SYLLABLE = 6
_LETTERS = re.compile("[a-z]+")
_SLIP_LETTERS = 7
"""A word of fewer letters is not read as a slip of a name."""

# Syllables that end the words before a name, and that begin the words after it.
_BEFORE_WORDS = """
wo yao xiang yue zhao zuo huan dui qu qv dao zai bang gei lai ge xia ci he gen you shi jiao rang qing wen men
yong tian wu shang dian ban yi liang san zhang zhi de hao fen cheng shuo ding nong gao bu jiu ling xi pao
"""
_AFTER_WORDS = """
duo ji zen jia gui ma you mei ming jin hou xia shang wan zao zhou xing li dian na zai di ting yi liang san ke
bu de he gen shi shou jie lao xiang guan kai zuo ba ne hao xian huan hai neng yue qu
"""
_BEFORE, _AFTER = frozenset(_BEFORE_WORDS.split()), frozenset(_AFTER_WORDS.split())


@dataclass(frozen=True)
class _Lattice:
    """All ways to read the letters of a sentence as syllables."""

    after: dict[int, list[tuple[int, str]]]
    """From a place: where the syllable ends, and the syllable."""
    before: dict[int, list[str]]
    """To a place: the syllables that end there."""


def by_letters(said: Said, index: NameIndex, wanted: frozenset[Kind]) -> list[Hit]:
    """Names of which at least one character is spelt."""
    if not _LETTERS.search(said.words):
        return []
    lattice = _read(said, index.literals)
    hits = list(_spelt(said, lattice, index, wanted))
    return [*_with_known_words_around(said, lattice, hits), *_slips(said, index, wanted)]


def _words_of(said: Said) -> Iterator[tuple[int, int]]:
    """The places of words of letters, as blanks divide them."""
    for run in _LETTERS.finditer(said.words):
        cuts = sorted({run.start(), run.end(), *(at for at in said.apart if run.start() < at < run.end())})
        yield from pairwise(cuts)


def _read(said: Said, literals: frozenset[str]) -> _Lattice:
    after: dict[int, list[tuple[int, str]]] = defaultdict(list)
    before: dict[int, list[str]] = defaultdict(list)
    for start, end in _words_of(said):
        for first, last, syllable in _edges(said.words, start, end, literals):
            after[first].append((last, syllable))
            before[last].append(syllable)
    return _Lattice(after, before)


def _edges(words: str, start: int, end: int, literals: frozenset[str]) -> list[tuple[int, int, str]]:
    """The syllables of one word that belong to a reading of the whole word."""
    known = syllables()
    longest = max(_LONGEST_SYLLABLE, *map(len, literals), 0)
    edges, reached = list[tuple[int, int, str]](), {start}
    for first in range(start, end):
        if first in reached:
            for last in range(first + 1, min(end, first + longest) + 1):
                syllable = words[first:last]
                if syllable in known or syllable in literals or loose_syllable(syllable) in known:
                    edges.append((first, last, syllable))
                    reached.add(last)
    useful, kept = {end}, list[tuple[int, int, str]]()
    for edge in reversed(edges):
        if edge[1] in useful:
            useful.add(edge[0])
            kept.append(edge)
    return kept


def _spelt(said: Said, lattice: _Lattice, index: NameIndex, wanted: frozenset[Kind]) -> Iterator[Hit]:
    starts: dict[int, set[str]] = defaultdict(set)
    for at, edges in lattice.after.items():
        starts[at] = {key for _, syllable in edges for key in (syllable, loose_syllable(syllable))}
        if at and "\u4e00" <= said.words[at - 1] <= "\u9fff":
            for back in range(max(0, at - 3), at):
                starts[back] |= loose_sounds(said.words[back])
    for at, keys in starts.items():
        for form in dict.fromkeys(form for key in keys for form in index.by_syllable.get(key, ())):
            if form.kind in wanted:
                for end in _ends(said.words, lattice, at, form.words):
                    yield Hit(form, at, end, 1)


@lru_cache(maxsize=8192)
def _mostly(character: str) -> frozenset[str]:
    return frozenset(loose_syllable(one) for one in common_sounds(character))


@lru_cache(maxsize=8192)
def _units(name: str) -> tuple[str, ...]:
    """Its characters, and its stretches of letters as one each."""
    return tuple(re.findall(r"[a-z]+|.", name))


def _ends(words: str, lattice: _Lattice, at: int, name: str) -> set[int]:
    """Where the name may end that begins at `at`, with a spelt syllable among its characters."""
    places = {(at, False)}
    for unit in _units(name):
        following = set[tuple[int, bool]]()
        for place, spelt in places:
            if words.startswith(unit, place):
                following.add((place + len(unit), spelt))
            if not unit.isascii():
                sound = loose_sounds(unit) if len(name) > 3 else _mostly(unit)
                following |= {
                    (end, True) for end, syl in lattice.after.get(place, ()) if loose_syllable(syl) in sound
                }
        if not following:
            return set()
        places = following
    return {place for place, spelt in places if spelt}


def _with_known_words_around(said: Said, lattice: _Lattice, hits: list[Hit]) -> list[Hit]:
    """Those before and after which the letters end, or go on with another name or a common word."""
    starts, ends = {hit.start for hit in hits}, {hit.end for hit in hits}

    def begins(at: int) -> bool:
        free = at in said.apart or not _is_letter(said.words, at - 1) or at in ends
        return free or not _BEFORE.isdisjoint(lattice.before.get(at, ()))

    def stops(at: int) -> bool:
        free = at in said.apart or not _is_letter(said.words, at) or at in starts
        return free or not _AFTER.isdisjoint(syllable for _, syllable in lattice.after.get(at, ()))

    return [hit for hit in hits if begins(hit.start) and stops(hit.end) and not _cuts(said, lattice, hit)]


def _cuts(said: Said, lattice: _Lattice, hit: Hit) -> bool:
    """Whether it takes a part of a word or of a syllable: yao yu in yao yuyue, an mo in quan mo.

    Two syllables alone may be anything: jia you is 加油, not a part of 甲油胶.
    """
    across = any(hit.start < at < hit.end for at in said.apart)
    if across and not all(
        at in said.apart or not _amid_letters(said.words, at) for at in (hit.start, hit.end)
    ):
        return True
    little = len(hit.form.words) == 2 and (hit.form.strength == PART or hit.form.kind == "reward")
    if across and little and {hit.start, hit.end} == {0, len(said.words)}:
        return True
    typed = said.words[hit.start : hit.end]
    doubled = len(hit.form.words) == 2 and hit.form.words[0] == hit.form.words[1]
    if doubled and typed[: len(typed) // 2] != typed[len(typed) // 2 :]:
        return True
    return any(
        first < at < last
        for at in (hit.start, hit.end)
        for first in range(at - _LONGEST_SYLLABLE, at)
        for last, _ in lattice.after.get(first, ())
    )


def _amid_letters(words: str, at: int) -> bool:
    return _is_letter(words, at - 1) and _is_letter(words, at)


def _is_letter(words: str, at: int) -> bool:
    return "a" <= words[at] <= "z"


def _slips(said: Said, index: NameIndex, wanted: frozenset[Kind]) -> Iterable[Hit]:
    """One slip of the keyboard in a long name that is spelt by itself: wudaokuo."""
    for start, end in _words_of(said):
        word = said.words[start:end]
        if len(word) < _SLIP_LETTERS:
            continue
        for meant, form in index.spelt:
            alike = meant[0] == word[0] and abs(len(meant) - len(word)) <= 1 and form.kind in wanted
            if alike and OSA.distance(word, meant, score_cutoff=1) == 1:
                yield Hit(form, start, end, 2)
