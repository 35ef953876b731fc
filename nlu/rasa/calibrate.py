"""Fit the confidence: `python calibrate.py`, then copy the numbers into config.yml.

The writers of `data/said` are dealt into four parts; the sentences of each part are judged by a model that learnt the patterns and
the other three, so every judged sentence is by somebody whom its model never read. A logistic regression then learns from the evidence of
`LinearIntentClassifier` whether the answer was right. The curve it prints says what each threshold of the app would do to
the judged sentences.
"""

from __future__ import annotations

import random
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import trimmed

trimmed.install()

import numpy as np  # noqa: E402
import yaml  # noqa: E402
from sklearn.linear_model import LogisticRegression  # noqa: E402

from components.features import canonical  # noqa: E402
from components.linear import LinearIntentClassifier  # noqa: E402
from sentences import AS_SAID, file_patterns, read_patterns, taught_sentences  # noqa: E402

DATA = Path(__file__).parent / "data"
PARTS = 4
OUT_OF_SCOPE = "out_of_scope"
THRESHOLDS = (0.3, 0.35, 0.4, 0.45, 0.5, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9)


def configuration() -> dict[str, Any]:
    """The classifier's own part of config.yml."""
    return dict(yaml.safe_load((DATA.parent / "config.yml").read_text(encoding="utf-8"))["pipeline"][0])


@dataclass(frozen=True)
class Judged:
    """One sentence of a writer that the model never read."""

    meant: str
    said: str
    evidence: list[float]

    @property
    def right(self) -> bool:
        return self.meant == self.said


def judge(writers: list[list[tuple[str, str]]], others: list[list[tuple[str, str]]]) -> list[Judged]:
    """What a model that learnt the patterns and the other writers says of these writers' sentences."""
    said = ((intent, AS_SAID + text) for pairs in others for intent, text in pairs)
    taught = taught_sentences([*read_patterns(DATA / "train"), *said], DATA)
    model = LinearIntentClassifier(configuration(), None, None)  # type: ignore[arg-type]
    model.fit([text for _, text in taught], [intent for intent, _ in taught], list(taught.values()))
    known = {text for _, text in taught}
    judged = []
    for intent, text in (pair for pairs in writers for pair in pairs):
        if text not in known:
            line = canonical(text)
            scores = model.scores(line)
            judged.append(Judged(intent, model._intents[int(scores.argmax())], model.evidence(line, scores)))
    return judged


def held_out() -> list[Judged]:
    """Every sentence of every writer, judged by a model that did not read that writer."""
    files = [list(file_patterns(path)) for path in sorted((DATA / "said").glob("*.txt"))]
    random.Random(3).shuffle(files)  # noqa: S311 - a fixed deal is wanted
    judged: list[Judged] = []
    for part in range(PARTS):
        others = [pairs for place, pairs in enumerate(files) if place % PARTS != part]
        judged += judge(files[part::PARTS], others)
        print(f"part {part + 1} of {PARTS}", file=sys.stderr)
    return judged


def fit(judged: list[Judged], foreign: bool) -> list[float]:
    """The factors of `evidence` and the constant, where "out of scope" wins or where it does not."""
    chosen = [one for one in judged if (one.said == OUT_OF_SCOPE) == foreign]
    fitted = LogisticRegression(C=100, max_iter=1000).fit(
        np.array([one.evidence for one in chosen]), [one.right for one in chosen]
    )
    return [round(float(number), 2) for number in (*fitted.coef_[0], fitted.intercept_[0])]


def confidence(one: Judged, numbers: list[float]) -> float:
    return float(1 / (1 + np.exp(-(np.dot(numbers[:-1], one.evidence) + numbers[-1]))))


def curve(judged: list[Judged], numbers: list[float], changing: list[str]) -> None:
    """For each threshold, of intents that change something and of those that only answer: how many are right and wrong."""
    own = sum(one.meant != OUT_OF_SCOPE for one in judged)
    print(f"{own} own sentences, {len(judged) - own} foreign")
    print("changes | threshold | own right | own wrong | foreign let in")
    for change in (True, False):
        claims = [(one, confidence(one, numbers)) for one in judged if one.said != OUT_OF_SCOPE and (one.said in changing) == change]
        for threshold in THRESHOLDS:
            taken = [one for one, sure in claims if sure >= threshold]
            foreign = sum(one.meant == OUT_OF_SCOPE for one in taken)
            right = sum(one.right for one in taken)
            print(f"{change!s:7} | {threshold:.2f} | {right} | {len(taken) - right - foreign} | {foreign}")


def main() -> None:
    judged = held_out()
    numbers = {foreign: fit(judged, foreign) for foreign in (False, True)}
    for foreign, name in ((False, "calibration"), (True, "foreign_calibration")):
        of = [one.right for one in judged if (one.said == OUT_OF_SCOPE) == foreign]
        print(f"{name}: {numbers[foreign]}  # {len(of)} sentences, {np.mean(of):.1%} right")
    curve(judged, numbers[False], configuration()["never_in_doubt"])


if __name__ == "__main__":
    main()
