"""The learning loop: sentences that were not understood wait, masked, until a person says what they mean.

They are kept in Redis as a bounded list, newest first, and leave it when they are labelled or dropped.
Labelled sentences go into `data/said/learned.txt`; nothing is trained on that nobody has read.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import redis
import yaml

from nlu.normalise import normalise

KEY = "zhanggui:nlu:inbox"
KEPT = 500
LONGEST = 80
"""Characters; longer texts teach little and may hold anything."""

_DIGITS = re.compile(r"\d{5,}")


@dataclass(frozen=True)
class Waiting:
    """A sentence and the intent that was guessed for it."""

    text: str
    guess: str


def masked(text: str) -> str:
    """The normalised sentence with long numbers (phones, cards, codes) as zeros, which teach as much."""
    return _DIGITS.sub(lambda found: "0" * len(found[0]), normalise(text))


class Inbox:
    """The waiting sentences; a Redis that is down loses a lesson, never a message."""

    def __init__(self, store: redis.Redis) -> None:
        self._store = store

    def keep(self, text: str, guess: str) -> None:
        """Remember a sentence that fell to fallback or was corrected by the member."""
        line = masked(text)
        if not line or len(line) > LONGEST:
            return
        value = json.dumps([line, guess], ensure_ascii=False)
        try:
            with self._store.pipeline() as batch:
                batch.lrem(KEY, 0, value)
                batch.lpush(KEY, value)
                batch.ltrim(KEY, 0, KEPT - 1)
                batch.execute()
        except redis.RedisError:
            return

    def waiting(self) -> list[Waiting]:
        """Newest first.

        Raises:
            redis.RedisError
        """
        kept = cast(list[bytes], self._store.lrange(KEY, 0, KEPT - 1))
        return [Waiting(*json.loads(value)) for value in kept]

    def drop(self, one: Waiting) -> None:
        """Forget it, after it was labelled or found useless."""
        self._store.lrem(KEY, 0, json.dumps([one.text, one.guess], ensure_ascii=False))


def intents(domain: Path) -> list[str]:
    """The intents that can be taught."""
    return list(yaml.safe_load(domain.read_text(encoding="utf-8"))["intents"])


def learn(text: str, intent: str, path: Path) -> None:
    """Append a sentence to what people said, under its intent; it stands there as it is, on one line.

    Raises:
        ValueError: nothing is left of it without blanks and the sign that begins a comment.
    """
    line = " ".join(masked(text).split()).lstrip("# ")
    if not line:
        raise ValueError("there is nothing in it that could be taught")
    with path.open("a", encoding="utf-8") as data:
        data.write(f"## {intent}\n{line}\n")
