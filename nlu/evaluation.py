"""How well intents are understood, on sentences that were never trained on. The server is the caller's."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from nlu.engine import FALLBACK, OUT_OF_SCOPE, VALUE_INTENTS, decide
from nlu.normalise import normalise
from nlu.rasa_client import RasaIntent

BINS = 10


@dataclass(frozen=True)
class Judged:
    """One sentence: what it was meant to be, what the model said, what the engine made of it."""

    text: str
    meant: str
    raw: RasaIntent
    decided: str

    @property
    def right(self) -> bool:
        return self.decided == self.meant


@dataclass(frozen=True)
class IntentScore:
    intent: str
    count: int
    precision: float
    recall: float

    @property
    def f1(self) -> float:
        total = self.precision + self.recall
        return 2 * self.precision * self.recall / total if total else 0.0


@dataclass(frozen=True)
class Bin:
    """Sentences whose confidence fell between `low` and `high`."""

    low: float
    high: float
    count: int
    mean_confidence: float
    accuracy: float


@dataclass(frozen=True)
class Summary:
    own: int
    own_right: float
    """Share of the shop's sentences understood after thresholds."""
    own_wrong: float
    """Share understood as something else (the rest was asked back)."""
    macro_f1: float
    foreign: int
    foreign_fallback: float
    foreign_value: float
    """Share of foreign sentences that would start something that changes anything."""
    calibration_error: float
    """Mean distance between confidence and accuracy over the bins, weighted by their counts."""


def read_split(folder: Path) -> list[tuple[str, str]]:
    """(intent, sentence) pairs of all files of a split."""
    return [pair for path in sorted(folder.glob("*.txt")) for pair in read_file(path)]


def read_file(path: Path) -> list[tuple[str, str]]:
    """(intent, sentence) pairs of one plain text file; intents stand in `## ` headings."""
    pairs: list[tuple[str, str]] = []
    intent = ""
    for raw in path.read_text(encoding="utf-8").splitlines():
        line = raw.strip()
        if line.startswith("## "):
            intent = line[3:].strip()
        elif line and not line.startswith("#"):
            pairs.append((intent, line))
    return pairs


def judge(pairs: Iterable[tuple[str, str]], ask: Callable[[str], RasaIntent]) -> list[Judged]:
    """Ask the model for every sentence and apply the engine's thresholds."""
    judged = []
    for intent, text in pairs:
        raw = ask(text)
        meant = FALLBACK if intent == OUT_OF_SCOPE else intent
        judged.append(Judged(text, meant, raw, decide(raw, normalise(text))[0]))
    return judged


def scores(judged: Sequence[Judged]) -> list[IntentScore]:
    """Precision and recall of every intent that occurs, weakest first."""
    meant = Counter(one.meant for one in judged)
    decided = Counter(one.decided for one in judged)
    right = Counter(one.meant for one in judged if one.right)
    found = [
        IntentScore(
            intent,
            meant[intent],
            right[intent] / max(1, decided[intent]),
            right[intent] / max(1, meant[intent]),
        )
        for intent in meant.keys() | decided.keys()
    ]
    return sorted(found, key=lambda score: (score.f1, score.intent))


def confusions(judged: Sequence[Judged]) -> list[tuple[str, str, int]]:
    """(meant, decided, how often), most often first."""
    pairs = Counter((one.meant, one.decided) for one in judged if not one.right)
    return [(meant, decided, count) for (meant, decided), count in pairs.most_common()]


def reliability(judged: Sequence[Judged]) -> list[Bin]:
    """The model's own answers, before thresholds, by confidence.

    A calibrated model is right as often as it says.
    """
    bins: list[Bin] = []
    for place in range(BINS):
        low, high = place / BINS, (place + 1) / BINS
        inside = [one for one in judged if min(int(one.raw.confidence * BINS), BINS - 1) == place]
        if inside:
            right = sum(_raw_label(one.raw) == one.meant for one in inside) / len(inside)
            mean = sum(one.raw.confidence for one in inside) / len(inside)
            bins.append(Bin(low, high, len(inside), mean, right))
    return bins


def _raw_label(raw: RasaIntent) -> str:
    return FALLBACK if raw.name == OUT_OF_SCOPE else raw.name


def summarise(judged: Sequence[Judged]) -> Summary:
    own = [one for one in judged if one.meant != FALLBACK]
    foreign = [one for one in judged if one.meant == FALLBACK]
    of_intents = [score.f1 for score in scores(judged) if score.count]
    bins = reliability(judged)
    return Summary(
        own=len(own),
        own_right=_share(one.right for one in own),
        own_wrong=_share(not one.right and one.decided != FALLBACK for one in own),
        macro_f1=sum(of_intents) / max(1, len(of_intents)),
        foreign=len(foreign),
        foreign_fallback=_share(one.right for one in foreign),
        foreign_value=_share(one.decided in VALUE_INTENTS for one in foreign),
        calibration_error=sum(one.count * abs(one.accuracy - one.mean_confidence) for one in bins)
        / max(1, len(judged)),
    )


def _share(hits: Iterable[bool]) -> float:
    all_hits = list(hits)
    return sum(all_hits) / max(1, len(all_hits))


def threshold_table(
    judged: Sequence[Judged], steps: Sequence[float]
) -> list[tuple[float, float, float, float]]:
    """For each threshold: (threshold, own understood, own misunderstood, foreign let in), all as shares.

    The thresholds of the engine are read off this table: nlu/README.md.
    """
    own = [one for one in judged if one.meant != FALLBACK]
    foreign = [one for one in judged if one.meant == FALLBACK]
    return [
        (
            step,
            _share(_raw_label(one.raw) == one.meant and one.raw.confidence >= step for one in own),
            _share(
                _raw_label(one.raw) not in (one.meant, FALLBACK) and one.raw.confidence >= step for one in own
            ),
            _share(_raw_label(one.raw) != FALLBACK and one.raw.confidence >= step for one in foreign),
        )
        for step in steps
    ]
