"""Fit the confidence: `python calibrate.py`, then copy the numbers into config.yml.

The patterns of the training data are dealt into four parts; each part is judged by a model that learnt the
other three, so every judged sentence has a form that its model never saw. A logistic regression then learns
from the evidence of `LinearIntentClassifier` whether the answer was right.
"""

from __future__ import annotations

import random
import sys
from pathlib import Path
from typing import Any

import trimmed

trimmed.install()

import numpy as np  # noqa: E402
import yaml  # noqa: E402
from sklearn.linear_model import LogisticRegression  # noqa: E402

from components.features import canonical  # noqa: E402
from components.linear import LinearIntentClassifier  # noqa: E402
from sentences import expand, measured_texts, read_patterns, read_slots, weighted  # noqa: E402

DATA = Path(__file__).parent / "data"
PARTS = 4
JUDGED = 3
"""Sentences of a held-out pattern that are judged: they are alike, and no pattern shall speak for twenty."""
OUT_OF_SCOPE = "out_of_scope"


def configuration() -> dict[str, Any]:
    """The classifier's own part of config.yml."""
    return dict(yaml.safe_load((DATA.parent / "config.yml").read_text(encoding="utf-8"))["pipeline"][0])


Judged = tuple[bool, list[float], bool]


def held_out() -> list[Judged]:
    """(did "out of scope" win, evidence, was it right) of every sentence of a held-out pattern."""
    slots = read_slots(DATA / "train" / "slots.txt")
    measured = measured_texts(DATA)
    patterns = list(read_patterns(DATA / "train"))
    random.Random(3).shuffle(patterns)  # noqa: S311 - a fixed deal is wanted
    groups = [
        [(intent, text, weight) for text, weight in weighted(expand(pattern, slots))] for intent, pattern in patterns
    ]
    judged: list[Judged] = []
    for part in range(PARTS):
        taught = [
            one for place, group in enumerate(groups) if place % PARTS != part for one in group
            if one[1] not in measured
        ]  # fmt: skip
        known = {text for _, text, _ in taught}
        model = LinearIntentClassifier(configuration(), None, None)  # type: ignore[arg-type]
        intents, texts, weights = map(list, zip(*taught))
        model.fit(texts, intents, weights)
        for intent, text, _ in (one for group in groups[part::PARTS] for one in group[:JUDGED]):
            line = canonical(text)
            scores = model.scores(line)
            winner = model._intents[int(scores.argmax())]
            if text not in known:
                judged.append((winner == OUT_OF_SCOPE, model.evidence(line, scores), winner == intent))
        print(f"part {part + 1} of {PARTS}", file=sys.stderr)
    return judged


def main() -> None:
    judged = held_out()
    for name, foreign in (("calibration", False), ("foreign_calibration", True)):
        evidence = [one for won, one, _ in judged if won == foreign]
        right = [was for won, _, was in judged if won == foreign]
        fitted = LogisticRegression(C=100, max_iter=1000).fit(np.array(evidence), right)
        numbers = [round(float(number), 2) for number in (*fitted.coef_[0], fitted.intercept_[0])]
        print(f"{name}: {numbers}  # {len(right)} sentences, {np.mean(right):.1%} right")


if __name__ == "__main__":
    main()
