"""Compare pipelines on `test`: `python compare.py ours logistic diet`; every row of the table in nlu/README.md.

Each pipeline is trained and then judged in a process of its own, so that start-up and memory are its own. DIET needs TensorFlow:
`uv sync --group compare` in an environment made for it. Judged are raw answers, before the app's thresholds; since a threshold suits one
pipeline only, `understood` is read where each lets exactly the same share of the foreign sentences in.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
import warnings
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

os.environ.setdefault("RASA_TELEMETRY_ENABLED", "false")
os.environ.setdefault("SQLALCHEMY_SILENCE_UBER_WARNING", "1")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
warnings.filterwarnings("ignore")

import trimmed  # noqa: E402

trimmed.install()

import numpy as np  # noqa: E402
import yaml  # noqa: E402

from components.features import canonical  # noqa: E402
from sentences import read_sentences, read_taught, taught_sentences  # noqa: E402

HERE = Path(__file__).parent
DATA = HERE / "data"
OUT_OF_SCOPE = "out_of_scope"
FOREIGN_LET_IN = 0.02
"""Share of the foreign sentences that each pipeline may let in where `understood` is read."""
SURE = 0.80
STEP_TIMEOUT_SECONDS = 7200


_CHARACTERS: list[dict[str, Any]] = [
    {"name": "WhitespaceTokenizer"},
    {"name": "CountVectorsFeaturizer", "analyzer": "char", "min_ngram": 1, "max_ngram": 3, "min_df": 2},
]
_DIET: dict[str, Any] = {
    "name": "DIETClassifier",
    "entity_recognition": False,
    "random_seed": 1,
    "BILOU_flag": False,
    "batch_size": [64, 256],
    "epochs": 5,
    "number_of_transformer_layers": 0,
}
PIPELINES: dict[str, list[dict[str, Any]]] = {
    "ours": [],  # config.yml, as it is
    "logistic": [*_CHARACTERS, {"name": "LogisticRegressionClassifier", "max_iter": 100}],
    "diet": [*_CHARACTERS, _DIET],
}


def written_for(name: str) -> Callable[[str], str]:
    """What a pipeline reads of a text: all of them our normal form (simplified script, numbers as one mark)."""
    return str if name == "ours" else canonical


def write_training(name: str, folder: Path) -> tuple[Path, Path]:
    """Rasa's own files for one pipeline: (configuration, training data)."""
    config, data = folder / "config.yml", folder / "nlu.yml"
    config.write_text(
        yaml.safe_dump({"recipe": "default.v1", "assistant_id": "compare", "language": "en", "pipeline": PIPELINES[name]})
    )
    by_intent: dict[str, list[str]] = {}
    write = written_for(name)
    for intent, text in taught_sentences(read_taught(DATA), DATA):
        by_intent.setdefault(intent, []).append(write(text))
    examples = [{"intent": intent, "examples": "\n".join(f"- {text}" for text in said)} for intent, said in by_intent.items()]
    data.write_text(yaml.safe_dump({"version": "3.1", "nlu": examples}, allow_unicode=True), encoding="utf-8")
    return config, data


def train(name: str, model: Path) -> None:
    if name == "ours":
        subprocess.run(
            [sys.executable, "train.py", "--out", str(model)], cwd=HERE, check=True, timeout=STEP_TIMEOUT_SECONDS
        )
        return
    from rasa.model_training import train_nlu

    with tempfile.TemporaryDirectory() as scratch:
        os.environ["RASA_CACHE_DIRECTORY"] = f"{scratch}/cache"
        config, data = write_training(name, Path(scratch))
        written = train_nlu(
            config=str(config), nlu_data=str(data), output=scratch, fixed_model_name="made", domain=str(HERE / "domain.yml")
        )
        model.write_bytes(Path(str(written)).read_bytes())


def judge(model: Path, write: Callable[[str], str]) -> dict[str, float]:
    """Start-up, times and figures of one trained model on `test`; `write` makes of a text what the model reads."""
    began = time.monotonic()
    from rasa.core.agent import Agent

    agent = Agent.load(model)
    loop = asyncio.new_event_loop()
    loop.run_until_complete(agent.parse_message("你好"))
    start_up = time.monotonic() - began
    answers, seconds = [], []
    for meant, text in read_sentences(DATA / "test"):
        began = time.monotonic()
        intent = loop.run_until_complete(agent.parse_message(write(text)))["intent"]
        seconds.append(time.monotonic() - began)
        answers.append((meant, str(intent["name"]), float(intent["confidence"])))
    p50, p99 = np.percentile(seconds, [50, 99]) * 1000
    return {
        **figures(answers),
        "p50_ms": float(p50),
        "p99_ms": float(p99),
        "start_up_seconds": start_up,
        "megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


def figures(answers: list[tuple[str, str, float]]) -> dict[str, float]:
    """Of (meant, answered, confidence): what the table says, as shares, counts where the name says so."""
    own = [(meant, said, sure) for meant, said, sure in answers if meant != OUT_OF_SCOPE]
    foreign = [(said, sure) for meant, said, sure in answers if meant == OUT_OF_SCOPE]
    let_in = sorted((sure for said, sure in foreign if said != OUT_OF_SCOPE), reverse=True)
    may = int(FOREIGN_LET_IN * len(foreign))
    threshold = let_in[may] if may < len(let_in) else 0.0
    changing = set(yaml.safe_load((HERE / "config.yml").read_text(encoding="utf-8"))["pipeline"][0]["never_in_doubt"])
    return {
        "own_right": sum(meant == said for meant, said, _ in own) / len(own),
        "macro_f1": macro_f1([(meant, said) for meant, said, _ in answers]),
        "foreign_let_in": len(let_in) / len(foreign),
        "understood": sum(meant == said and sure > threshold for meant, said, sure in own) / len(own),
        "misunderstood": sum(meant != said != OUT_OF_SCOPE and sure > threshold for meant, said, sure in own) / len(own),
        "start_a_change_count": sum(said in changing and sure >= SURE for said, sure in foreign),
    }


def macro_f1(pairs: list[tuple[str, str]]) -> float:
    meant, said = Counter(one for one, _ in pairs), Counter(one for _, one in pairs)
    right = Counter(one for one, other in pairs if one == other)
    return sum(2 * right[intent] / (meant[intent] + said[intent]) for intent in meant) / len(meant)


def step(*arguments: str) -> tuple[str, float, float]:
    """Run this file again: (what it printed, seconds by the clock, seconds of CPU)."""
    began, before = time.monotonic(), resource.getrusage(resource.RUSAGE_CHILDREN)
    ran = subprocess.run(
        [sys.executable, __file__, *arguments], cwd=HERE, check=True, stdout=subprocess.PIPE, text=True, timeout=STEP_TIMEOUT_SECONDS
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return ran.stdout, time.monotonic() - began, cpu


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pipelines", nargs="*", choices=[*PIPELINES, []], default=[])
    parser.add_argument("--train", metavar="NAME", help=argparse.SUPPRESS)
    parser.add_argument("--judge", metavar="NAME", help=argparse.SUPPRESS)
    parser.add_argument("--model", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.train:
        train(given.train, given.model)
    elif given.judge:
        print(json.dumps(judge(given.model, written_for(given.judge))))
    for name in given.pipelines:
        with tempfile.TemporaryDirectory() as folder:
            model = f"{folder}/model.tar.gz"
            _, clock, cpu = step("--train", name, "--model", model)
            printed, *_ = step("--judge", name, "--model", model)
        row = {"pipeline": name, **json.loads(printed.splitlines()[-1])}
        row |= {"training_seconds": clock, "training_cpu_seconds": cpu}
        print(json.dumps({key: round(one, 4) if isinstance(one, float) else one for key, one in row.items()}))


if __name__ == "__main__":
    main()
