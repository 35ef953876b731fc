"""An intent classifier of our own for Rasa: n-grams of characters and syllables, a linear model, calibrated."""

from __future__ import annotations

import json
import math
import os
from collections import defaultdict
from itertools import count
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
from scipy.sparse import csr_matrix
from sklearn.svm import LinearSVC

from components.features import canonical, features, pairs
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.classifiers.classifier import IntentClassifier
from rasa.shared.nlu.constants import INTENT, INTENT_NAME_KEY, INTENT_RANKING_KEY, PREDICTED_CONFIDENCE_KEY, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData
from sentences import BETWEEN_PATTERNS, taught_sentences

OUT_OF_SCOPE = "out_of_scope"
RANKING_LENGTH = 5
REST_TEMPERATURE = 0.2
TOLERANCE = 0.05
"""Where the solver stops; 0.01 moves no figure of 4,264 sentences and takes a fifth longer."""
MOST_PROCESSES = 4
"""Each lays the data out for the solver, 140 MB."""
SHORTEST = 1e-6
LONG = 20
"""Character pairs; the length of a sentence says no more beyond."""


_given: tuple[csr_matrix, np.ndarray, np.ndarray, float]
"""What a process of `_separate` learns from."""


def _learn_from(*given: Any) -> None:
    global _given  # noqa: PLW0603 - the way to give a forked process its data without copying them
    _given = given


def _against_the_rest(intent: str) -> tuple[np.ndarray, float]:
    values, intents, weights, regularisation = _given
    model = LinearSVC(C=regularisation, tol=TOLERANCE, random_state=1)
    model.fit(values, intents == intent, sample_weight=weights)
    return model.coef_[0].astype(np.float32), float(model.intercept_[0])


@DefaultV1Recipe.register([DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER], is_trainable=True)
class LinearIntentClassifier(IntentClassifier, GraphComponent):
    """One linear separation an intent (its hinge loss learns in 3 s what logistic loss does in 40, and no worse).

    The confidence of the winner is a logistic function of nine things that tell a right answer from a wrong one:
    its margin; its lead over the second, over "out of scope", and that of the shop's first over the shop's second
    intent; the shares of the sentence's character pairs that the winner's own training sentences never had, that
    nobody's had, and that only foreign ones had; the length; whether the winner changes anything. The shares stop
    "给煤气卡充两百", which has all the right verbs. `calibrate.py` fits the ten numbers on held-out writers, for "out of scope" apart: there foreign words speak for the winner.
    """

    @classmethod
    def required_components(cls) -> list[type]:
        return []

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """All but what `calibrate.py` fits: `calibration` and `foreign_calibration`, the nine factors of `evidence` in their
        order and the constant (the second where "out of scope" wins: there a foreign word speaks for the winner), stand in config.yml alone.
        """
        return {
            "regularisation": 2.5,
            "min_count": 3,
            # how much a sentence that is not for the shop counts beside one that is
            "foreign_weight": 3.0,
            "data": "data",
            # taken off the margin of "out of scope" where the best of the shop's intents only answers
            "benefit_of_doubt": 0.3,
            "never_in_doubt": [],
        }

    def __init__(self, config: dict[str, Any], model_storage: ModelStorage, resource: Resource) -> None:
        self._config = {**self.get_default_config(), **config}
        self._model_storage = model_storage
        self._resource = resource
        self._columns: dict[str, int] = {}
        self._rarity = np.zeros(0, dtype=np.float32)
        self._weights = np.zeros((0, 0), dtype=np.float32)
        self._bias = np.zeros(0, dtype=np.float32)
        self._intents: list[str] = []
        self._familiar: dict[str, set[str]] = {}
        self._familiar_to_shop: set[str] = set()
        self._foreign_only: set[str] = set()

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> LinearIntentClassifier:
        return cls(config, model_storage, resource)

    # -- training ---------------------------------------------------------------------------------------

    def train(self, training_data: TrainingData) -> Resource:
        """Learn from Rasa's examples, each of which is a bundle of patterns (`write_rasa_yaml` says why)."""
        patterns = (
            (message.get(INTENT), pattern)
            for message in training_data.intent_examples
            for pattern in message.get(TEXT).split(BETWEEN_PATTERNS)
        )
        taught = taught_sentences(patterns, Path(self._config["data"]))
        self.fit([text for _, text in taught], [intent for intent, _ in taught], list(taught.values()))
        self._persist()
        return self._resource

    def fit(self, texts: list[str], intents: list[str], weights: list[float]) -> None:
        """Learn vocabulary, rarity and weights.

        Args:
            weights: how much each sentence counts (`sentences.weighted`); their scale does not matter.
        """
        lines = [canonical(text) for text in texts]
        counts = self._learn_vocabulary(lines)
        self._intents = sorted(set(intents))
        self._separate(self._matrix(counts), np.array(intents), self._balanced(intents, weights))
        self._familiar = {}
        for line, intent in zip(lines, intents):
            self._familiar.setdefault(intent, set()).update(pairs(line))
        self._note_familiar()

    def _balanced(self, intents: list[str], weights: list[float]) -> np.ndarray:
        """The weights with `foreign_weight`, around 1."""
        foreign = np.array([intent == OUT_OF_SCOPE for intent in intents])
        balanced = np.array(weights) * np.where(foreign, self._config["foreign_weight"], 1.0)
        return balanced / np.mean(balanced)

    def _separate(self, values: csr_matrix, intents: np.ndarray, weights: np.ndarray) -> None:
        """One line between each intent and all others, the intents shared by the processors.

        By processes, not threads: the solver draws from a state of its process, and threads that shared it made another
        model of the same data every time. Forked, they need no copy of the data.
        """
        given = (values, intents, weights, self._config["regularisation"])
        processes = min(os.cpu_count() or 1, MOST_PROCESSES)
        with get_context("fork").Pool(processes, _learn_from, given) as pool:
            found = pool.map(_against_the_rest, self._intents, chunksize=1)
        self._weights = np.ascontiguousarray(np.vstack([weights for weights, _ in found]).T, dtype=np.float32)
        self._bias = np.array([bias for _, bias in found], dtype=np.float32)

    def _note_familiar(self) -> None:
        """Which character pairs the shop's intents had in training, and which only "out of scope" had."""
        own = (known for intent, known in self._familiar.items() if intent != OUT_OF_SCOPE)
        self._familiar_to_shop = set().union(*own)
        self._foreign_only = self._familiar.get(OUT_OF_SCOPE, set()) - self._familiar_to_shop

    def _learn_vocabulary(self, lines: list[str]) -> csr_matrix:
        """How often each line has each feature that `min_count` lines have; their columns and rarity."""
        numbers: defaultdict[str, int] = defaultdict(count().__next__)
        number = numbers.__getitem__
        said = [np.fromiter(map(number, features(line)), dtype=np.int32) for line in lines]
        starts = np.cumsum([0, *(len(sentence) for sentence in said)])
        ones = np.ones(starts[-1], dtype=np.float32)
        counts = csr_matrix((ones, np.concatenate(said), starts), shape=(len(said), len(numbers)))
        counts.sum_duplicates()
        frequency = np.bincount(counts.indices, minlength=len(numbers))
        kept = np.flatnonzero(frequency >= self._config["min_count"])
        names = list(numbers)
        self._columns = {names[place]: column for column, place in enumerate(kept)}
        self._rarity = (np.log((1 + len(lines)) / (1 + frequency[kept])) + 1).astype(np.float32)
        return counts[:, kept]

    def _matrix(self, counts: csr_matrix) -> csr_matrix:
        """TF-IDF values of all lines, each line scaled to length 1: what `_row` does for one."""
        values = (1 + np.log(counts.data)) * self._rarity[counts.indices]
        line = np.repeat(np.arange(counts.shape[0]), np.diff(counts.indptr))
        lengths = np.sqrt(np.bincount(line, weights=values**2, minlength=counts.shape[0]))
        values /= np.maximum(lengths[line], SHORTEST)
        return csr_matrix((values, counts.indices, counts.indptr), shape=counts.shape)

    def _row(self, sentence: list[str]) -> tuple[np.ndarray, np.ndarray]:
        """Columns and TF-IDF values of one sentence, scaled to length 1."""
        counts: dict[str, int] = {}
        for name in sentence:
            counts[name] = counts.get(name, 0) + 1
        known = {self._columns[name]: n for name, n in counts.items() if name in self._columns}
        columns = np.fromiter(known.keys(), dtype=np.int32, count=len(known))
        values = 1 + np.log(np.fromiter(known.values(), dtype=np.float32, count=len(known)))
        values *= self._rarity[columns]
        return columns, values / max(float(np.linalg.norm(values)), SHORTEST)

    def _persist(self) -> None:
        with self._model_storage.write_to(self._resource) as folder:
            names = {
                "features": list(self._columns),
                "intents": self._intents,
                "familiar": {intent: sorted(known) for intent, known in self._familiar.items()},
            }
            (folder / "names.json").write_text(json.dumps(names, ensure_ascii=False), encoding="utf-8")
            np.savez(folder / "weights.npz", rarity=self._rarity, weights=self._weights.astype(np.float16), bias=self._bias)

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> LinearIntentClassifier:
        made = cls(config, model_storage, resource)
        with model_storage.read_from(resource) as folder:
            names = json.loads((folder / "names.json").read_text(encoding="utf-8"))
            made._columns = {name: column for column, name in enumerate(names["features"])}
            made._intents = names["intents"]
            made._familiar = {intent: set(known) for intent, known in names["familiar"].items()}
            made._note_familiar()
            with np.load(folder / "weights.npz") as arrays:
                made._rarity, made._bias = arrays["rarity"], arrays["bias"]
                made._weights = arrays["weights"].astype(np.float32)
        return made

    # -- use --------------------------------------------------------------------------------------------

    def process(self, messages: list[Message]) -> list[Message]:
        for message in messages:
            ranking = self.rank(message.get(TEXT) or "")
            message.set(INTENT, ranking[0], add_to_output=True)
            message.set(INTENT_RANKING_KEY, ranking[:RANKING_LENGTH], add_to_output=True)
        return messages

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        self.process(training_data.training_examples)
        return training_data

    def scores(self, line: str) -> np.ndarray:
        """The margin of every intent, in the order of `self._intents`, for a canonical line.

        A question about the shop that is taken for foreign costs its member an answer, a foreign one taken for
        the shop's costs nothing: so "out of scope" has to win by more there than against what changes something.
        """
        columns, values = self._row(list(features(line)))
        scores = values @ self._weights[columns] + self._bias
        if OUT_OF_SCOPE in self._intents:
            foreign = self._intents.index(OUT_OF_SCOPE)
            best = self._intents[int(np.where(np.arange(len(scores)) == foreign, -np.inf, scores).argmax())]
            if best not in self._config["never_in_doubt"]:
                scores[foreign] -= self._config["benefit_of_doubt"]
        return scores

    def evidence(self, line: str, scores: np.ndarray) -> list[float]:
        """What the confidence in the winner is made of."""
        best, second = np.sort(scores)[::-1][:2]
        winner = self._intents[int(scores.argmax())]
        of_shop = np.array([intent != OUT_OF_SCOPE for intent in self._intents])
        first_of_shop, next_of_shop = np.sort(scores[of_shop])[::-1][:2]
        foreign = second if of_shop.all() else scores[~of_shop][0]
        said = pairs(line)
        never_here = sum(pair not in self._familiar[winner] for pair in said)
        only_foreign = sum(pair in self._foreign_only for pair in said)
        nowhere = sum(pair not in self._familiar_to_shop for pair in said) - only_foreign
        shares = [count / max(1, len(said)) for count in (never_here, nowhere, only_foreign)]
        length = min(len(said), LONG) / LONG
        leads = [best, best - second, best - foreign, first_of_shop - next_of_shop]
        return [*map(float, leads), *shares, length, float(winner in self._config["never_in_doubt"])]

    def rank(self, text: str) -> list[dict[str, Any]]:
        """Every intent with its probability, most probable first; the others share what the winner leaves."""
        line = canonical(text)
        scores = self.scores(line)
        is_foreign = self._intents[int(scores.argmax())] == OUT_OF_SCOPE
        *factors, constant = self._config["foreign_calibration" if is_foreign else "calibration"]
        logit = float(np.dot(factors, self.evidence(line, scores))) + constant
        confidence = 1 / (1 + math.exp(-logit))
        order = np.argsort(-scores)
        rest = np.exp((scores[order[1:]] - scores[order[0]]) / REST_TEMPERATURE)
        shares = [confidence, *((1 - confidence) * rest / rest.sum())]
        return [
            {INTENT_NAME_KEY: self._intents[place], PREDICTED_CONFIDENCE_KEY: float(share)}
            for place, share in zip(order, shares)
        ]
