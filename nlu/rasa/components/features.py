"""What the classifier looks at: characters as written, syllables as spoken, words as meant."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

from pypinyin import lazy_pinyin

from components import concepts, outside


def _apps_normalise() -> ModuleType:
    """The app's own module, by its path: `nlu` cannot be imported here, its folder holds one named rasa."""
    spec = spec_from_file_location("zhanggui_normalise", Path(__file__).parents[2] / "normalise.py")
    assert spec is not None and spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


normalise = _apps_normalise().normalise

_DIGITS = re.compile(r"\d+(?:[.,:]\d+)*")
_NUMERAL = "零一二两三四五六七八九十百千万俩仨壹贰叁肆伍陆柒捌玖拾佰仟"
_NUMBER = re.compile(rf"[{_NUMERAL}]{{2,}}|[{_NUMERAL}](?=[块元个点次位人号张节份天周月毛分])")
_PUNCTUATION = re.compile(r"[\s,。.!?、;:~…·\-—_\"'()\[\]{}<>《》「」“”‘’/\\|@#$%^&*+=]+")
_FAREWELL = re.compile(r"\W*(?:886?|3166)(?=\W*[~啦了咯喽哈哟嘞哦拜]\W*$)")
"""Numbers that say goodbye (88, 886), where something is said with them: alone they may be an amount."""
WINDOW = 16
_TOKEN = re.compile(r"[a-z]+|\S")
_LATIN = re.compile(r"[a-z]+")

_INITIALS = ("zh", "ch", "sh", *"bpmfdtnlgkhjqxrzcsyw", "")
_FINALS = (
    "iang iong uang ueng ang eng ing ong ian iao uai uan van ai ei ao ou an en er ia ie iu in ua uo ui un ue ve "
    "a o e i u v"
).split()
_SYLLABLE = re.compile("|".join(f"(?:{i}{f})" for i in _INITIALS for f in _FINALS))


def _syllables(word: str) -> list[str]:
    """Split a Latin word into pinyin syllables when it is nothing but pinyin (chongzhi → chong zhi)."""
    if len(word) < 2:
        return [word]
    best: list[list[str] | None] = [[]] + [None] * len(word)
    for end in range(1, len(word) + 1):
        for start in range(max(0, end - 6), end):
            before = best[start]
            if before is not None and _SYLLABLE.fullmatch(word, start, end):
                found = [*before, word[start:end]]
                current = best[end]
                if current is None or len(found) < len(current):
                    best[end] = found
    return best[-1] or [word]


def canonical(text: str) -> str:
    """The app's normal form, lower case, names of other businesses and numbers as one mark, punctuation as one space."""
    text = outside.NAMES.sub(outside.OUTSIDE, normalise(text).lower())
    if said := _FAREWELL.match(text):
        text = "拜拜" + text[said.end() :]
    text = _DIGITS.sub("0", text)
    text = _NUMBER.sub("0", text)
    return _PUNCTUATION.sub(" ", text).strip()


@lru_cache(maxsize=20_000)
def _sound(character: str) -> str:
    """The usual reading. Of one character at a time: a word's own reading would be rarer, and costs ten times more."""
    return _sounds_alike(lazy_pinyin(character)[0])


def _spoken(text: str) -> list[str]:
    said: list[str] = []
    for token in _TOKEN.findall(text):
        if _LATIN.fullmatch(token):
            said.extend(_sounds_alike(syllable) for syllable in _syllables(token))
        else:
            said.append(_sound(token))
    return said


def _sounds_alike(syllable: str) -> str:
    """Fold the sounds that southern speakers and voice typing mix: zh/z, ch/c, sh/s, ng/n."""
    folded = re.sub(r"^([zcs])h", r"\1", syllable)
    return re.sub(r"(?<=[aei])ng$", "n", folded)


def _together(line: str) -> Iterator[str]:
    """Characters that stand near each other in either order, each pair once: 改…时间, 时间…改."""
    return iter(
        {
            f"b{one}{other}" if one < other else f"b{other}{one}"
            for place, one in enumerate(line)
            for other in line[place + 1 : place + WINDOW]
            if one != other
        }
    )


def features(line: str) -> Iterator[str]:
    """Every feature of one canonical line, repeated as often as it occurs."""
    marked = f"^{line.replace(' ', '')}$"
    for size in (1, 2, 3):
        for start in range(len(marked) - size + 1):
            yield f"c{marked[start : start + size]}"
    yield from _together(marked[1:-1])
    sounds = ["^", *_spoken(line), "$"]
    for size in (1, 2, 3):
        for start in range(len(sounds) - size + 1):
            yield "p" + " ".join(sounds[start : start + size])
    yield from concepts.features(line)


def pairs(line: str) -> list[str]:
    """Neighbouring characters of a canonical line; a single character stands for itself."""
    line = line.replace(" ", "")
    return [line[place : place + 2] for place in range(len(line) - 1)] or [line]
