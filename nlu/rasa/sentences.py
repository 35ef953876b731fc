"""The sentences we teach: plain text files with one sentence or pattern a line, under `## intent` headings.

`train` holds patterns, `said` sentences as people wrote them, the writers of one file in no other: what is learnt can be
judged on writers that the model never read (`calibrate.py`). There every character stands for itself. A pattern offers alternatives in brackets, `(帮我|)充(三百|500)`, and may nest; `(…)?`, `{…}?` and a single character before `?` may be left out, except
at the end, where `?` is a question mark; `{name}` takes from the list `name` of slots.txt. A pattern gives at most `PER_PATTERN` of its sentences, or as many as `*n` at its end says,
chosen evenly and always the same.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

PER_PATTERN = 12
PER_PLAIN_PATTERN = 4
"""For a pattern that only fills in names: the shop's words vary there, not the sentence."""
TRIES = 4
"""Draws for every sentence wanted; a pattern with few sentences gives fewer."""
BETWEEN_PATTERNS = "␞"
AS_SAID = "␟"
"""Before a sentence that is no pattern."""
PATTERNS_IN_A_BUNDLE = 500
_NO_ENTITY = "［"
"""In place of a bracket, which Rasa would read as the beginning of an entity; our normal form makes both the same."""
_INNERMOST = re.compile(r"\(([^()]*)\)")
_SLOT = re.compile(r"\{(\w+)\}")
_OPTIONAL_GROUP = re.compile(r"\)\?")
_OPTIONAL_SLOT = re.compile(r"(\{\w+\})\?")
_OPTIONAL_CHARACTER = re.compile(r"([\u4e00-\u9fff])\?(?=\S)")
_ALLOWED = re.compile(r"\s+\*(\d+)$")
_COMMENT = "#"


def read_slots(path: Path) -> dict[str, list[str]]:
    """`name: a b c` per line."""
    slots: dict[str, list[str]] = {}
    if path.exists():
        for line in path.read_text(encoding="utf-8").splitlines():
            name, _, values = line.partition(":")
            if values.strip():
                slots.setdefault(name.strip(), []).extend(values.split())
    return slots


def _one(pattern: str, slots: dict[str, list[str]], chance: random.Random) -> str:
    pattern = _OPTIONAL_SLOT.sub(r"(\1|)", _OPTIONAL_GROUP.sub("|)", pattern))
    while match := _INNERMOST.search(pattern):
        pattern = pattern[: match.start()] + chance.choice(match[1].split("|")) + pattern[match.end() :]
    return _SLOT.sub(lambda found: chance.choice(slots[found[1]]), pattern).strip()


def expand(pattern: str, slots: dict[str, list[str]], limit: int = PER_PATTERN) -> list[str]:
    """Sentences of one pattern, without repetition; a plain sentence gives itself."""
    if pattern.startswith(AS_SAID):
        return [pattern.removeprefix(AS_SAID)]
    allowed = _ALLOWED.search(pattern)
    if allowed:
        pattern, limit = pattern[: allowed.start()], int(allowed[1])
    pattern = _OPTIONAL_CHARACTER.sub(r"(\1|)", pattern)
    if not allowed and "(" not in pattern:
        limit = min(limit, PER_PLAIN_PATTERN)
    if "(" not in pattern and "{" not in pattern:
        return [pattern]
    chance = random.Random(pattern)  # noqa: S311 - a fixed choice is wanted
    found: dict[str, None] = {}
    for _ in range(limit * TRIES):
        sentence = _one(pattern, slots, chance)
        if sentence:
            found[sentence] = None
            if len(found) == limit:
                break
    return list(found)


def weighted(sentences: list[str]) -> Iterator[tuple[str, float]]:
    """Each sentence of one pattern with its weight: together they count as the root of their number.

    Sentences of a pattern are alike; at full weight twelve of them would drown another pattern's one.
    """
    for sentence in sentences:
        yield sentence, len(sentences) ** -0.5


def file_patterns(path: Path) -> Iterator[tuple[str, str]]:
    intent = ""
    for number, raw in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        line = raw.strip()
        if line.startswith("## "):
            intent = line[3:].strip()
        elif line and not line.startswith(_COMMENT):
            if not intent:
                raise ValueError(f"{path}:{number}: a sentence before the first heading")
            yield intent, line


def read_patterns(folder: Path) -> Iterator[tuple[str, str]]:
    """(intent, pattern) of a folder's text files, as written."""
    for path in sorted(folder.glob("*.txt")):
        if path.name != "slots.txt":
            yield from file_patterns(path)


def read_said(folder: Path) -> Iterator[tuple[str, str]]:
    """(intent, sentence) of the files of what people wrote, each marked `AS_SAID`."""
    for path in sorted(folder.glob("*.txt")):
        yield from ((intent, AS_SAID + text) for intent, text in file_patterns(path))


def read_taught(data: Path) -> list[tuple[str, str]]:
    """(intent, pattern) of everything that is taught."""
    return [*read_patterns(data / "train"), *read_said(data / "said")]


def taught_sentences(patterns: Iterable[tuple[str, str]], data: Path) -> dict[tuple[str, str], float]:
    """(intent, sentence) of the patterns given, with its weight; nothing that we measure with (`measured_texts`)."""
    slots, measured = read_slots(data / "train" / "slots.txt"), measured_texts(data)
    taught: dict[tuple[str, str], float] = {}
    for intent, pattern in patterns:
        for text, weight in weighted(expand(pattern, slots)):
            if text not in measured:
                taught.setdefault((intent, text), weight)
    return taught


def read_sentences(folder: Path, limit: int = PER_PATTERN) -> list[tuple[str, str]]:
    """All pairs of a folder's text files, without repetition, in a stable order."""
    slots = read_slots(folder / "slots.txt")
    pairs = {
        (intent, sentence): None
        for intent, pattern in read_patterns(folder)
        for sentence in expand(pattern, slots, limit)
    }
    return list(pairs)


def measured_texts(data: Path) -> set[str]:
    """What we measure with must not be learnt, also where the same short words came to mind twice."""
    return {text for part in ("dev", "calibration", "test") for _, text in read_sentences(data / part)}


def write_rasa_yaml(pairs: Iterable[tuple[str, str]], path: Path) -> None:
    """Rasa's own training format, with some hundred patterns to an example: Rasa copies, compares and hashes
    every example it holds, 1 ms each, which for all patterns would be half of the training.
    """
    by_intent: dict[str, list[str]] = {}
    for intent, pattern in pairs:
        by_intent.setdefault(intent, []).append(pattern)
    lines = ['version: "3.1"', "nlu:"]
    for intent, patterns in by_intent.items():
        lines += [f"- intent: {intent}", "  examples: |"]
        for start in range(0, len(patterns), PATTERNS_IN_A_BUNDLE):
            bundle = BETWEEN_PATTERNS.join(patterns[start : start + PATTERNS_IN_A_BUNDLE])
            lines.append(f"    - {bundle.replace('[', _NO_ENTITY)}")
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
