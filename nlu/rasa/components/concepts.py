"""Words that mean the same to a shop (`concepts.txt`): what the classifier learns of one, it knows of all.

An n-gram that training never had says nothing; 倒腾到大后天 is understood because 倒腾 stands beside 挪 and 改到 in
the list. A concept is seen alone, with its neighbours, and with every other one of the sentence.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

_FILE = Path(__file__).with_name("concepts.txt")


def read(path: Path) -> dict[str, list[str]]:
    """word → its concepts; a line is `concept: word word …`, `#` begins a comment."""
    meant: dict[str, list[str]] = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        concept, colon, words = line.partition(":")
        if colon and not line.startswith("#"):
            for word in words.lower().split():
                meant.setdefault(word, []).append(concept)
    return meant


_MEANT = read(_FILE)
_WORD = re.compile("|".join(re.escape(word) for word in sorted(_MEANT, key=lambda word: (-len(word), word))))


def features(line: str) -> Iterator[str]:
    """The concepts of a canonical line, the longest word first where several fit."""
    found = [_MEANT[word] for word in _WORD.findall(line)]
    said = [concept for concepts in found for concept in concepts]
    yield from (f"k{concept}" for concept in said)
    for left, right in zip([["^"], *found], [*found, ["$"]]):
        yield from (f"n{one} {other}" for one in left for other in right)
    once = sorted(set(said))
    yield from (f"t{one} {other}" for place, one in enumerate(once) for other in once[place + 1 :])
