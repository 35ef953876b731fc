"""Text → Understanding: the model when it is there, sure phrases otherwise, values from our own grammars."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial

import redis

from nlu import keywords
from nlu.normalise import TEXT_LIMIT, normalise
from nlu.rasa_client import RasaClient, RasaIntent, RasaUnavailableError
from nlu.understanding import Engine, Entities, Understanding
from nlu.values.text import fold
from shop.catalogue import Catalogue

FALLBACK = "fallback"
OUT_OF_SCOPE = "out_of_scope"
"""The training data's name for everything a shop is not asked for."""

# Chosen from the reliability curve: nlu/README.md, "Thresholds".
LEAST_CONFIDENCE = 0.50
LEAST_CONFIDENCE_FOR_VALUE = 0.80
SURE_CONFIDENCE = 0.85
"""From here on the bot need not ask whether it understood; money still needs an explicit yes."""

SURE_FALLBACK = 0.90
"""A fallback surer than this is not looked at again."""

VALUE_INTENTS = frozenset(
    {
        "topup",
        "redeem",
        "refund",
        "pay_code",
        "book",
        "reschedule_booking",
        "cancel_booking",
        "join",
        "update_profile",
    }
)
"""Intents that move value, hold a place or change who a member is: only for words that leave little doubt."""

_SAID_AFTER_A_STORE = re.compile(r"^(?:那家|这家|那个|那边)?(?:分?店|门店)?")

CACHED_TEXT_LIMIT = 40
CACHE_SECONDS = 600

Extract = Callable[..., Entities]


def _default_extract() -> Extract:
    from nlu.values.extract import extract  # noqa: PLC0415 - the grammars load calendars; not every caller needs them

    return extract


class Nlu:
    """Understands one message at a time; never raises for what a member can write.

    Args:
        rasa: the NLU server, or None to work with keywords alone.
        cache: keeps the model's answers by normalised text; errors of Redis are treated as a miss.
        catalogue: names and opening hours of the shop.
        extract: finds the values; `nlu.values.extract.extract` unless a test says otherwise.
    """

    def __init__(
        self,
        *,
        rasa: RasaClient | None,
        cache: redis.Redis | None,
        catalogue: Catalogue,
        extract: Extract | None = None,
    ) -> None:
        self._rasa = rasa
        self._cache = cache
        self._catalogue = catalogue
        self._extract = partial(extract or _default_extract(), catalogue=catalogue)

    def parse(self, text: str, *, now: datetime) -> Understanding:
        """The intent by the names of the fixed list, or `fallback`; and the values said.

        Args:
            now: aware; what 明天 is counted from.
        """
        line = normalise(text[: TEXT_LIMIT * 4])
        if not line or len(line) > TEXT_LIMIT or len(text) > TEXT_LIMIT * 4:
            return Understanding(text, FALLBACK, 1.0, Entities(), self.status())
        intent, confidence, engine = self._intent(line)
        if intent == FALLBACK and confidence < SURE_FALLBACK:
            intent, confidence, engine = self._in_familiar_words(line) or (intent, confidence, engine)
        entities = Entities() if intent == FALLBACK else self._extract(line, intent=intent, now=now)
        return Understanding(text, intent, confidence, entities, engine)

    def _in_familiar_words(self, line: str) -> tuple[str, float, Engine] | None:
        """A second look at a sentence that names a store of ours, with 你们店 in the name's place.

        The training data cannot know a shop's names; a place name makes a sentence look like another domain.
        Nothing that touches value is begun on such a reading.
        """
        from nlu.names import find_names  # noqa: PLC0415 - the pinyin tables take half a second to load

        found = find_names(line, self._catalogue, ("store",))
        if not found.spans:
            return None
        familiar = fold(line)
        for start, end in sorted(found.spans, reverse=True):
            rest = _SAID_AFTER_A_STORE.sub("", familiar[end:], count=1)
            familiar = familiar[:start] + "你们店" + rest
        intent, confidence, engine = self._intent(familiar)
        return None if intent in VALUE_INTENTS or intent == FALLBACK else (intent, confidence, engine)

    def warm(self) -> None:
        """Load calendars and pinyin tables now, rather than in front of the first member."""
        self._extract("你好", intent=FALLBACK, now=datetime.now(UTC))

    def status(self) -> Engine:
        """What answers at the moment, as far as the last message showed."""
        return "keywords" if self._rasa is None or self._rasa.is_resting() else "rasa"

    def _intent(self, line: str) -> tuple[str, float, Engine]:
        if self._rasa is not None:
            try:
                return (*decide(self._ask(self._rasa, line)), "rasa")
            except RasaUnavailableError:
                pass
        return (*keywords.match(line), "keywords")

    def _ask(self, rasa: RasaClient, line: str) -> RasaIntent:
        cached = self._recall(rasa.model_id, line)
        if cached is not None:
            return cached
        found = rasa.parse(line)
        self._remember(found, line)
        return found

    def _recall(self, model_id: str, line: str) -> RasaIntent | None:
        if self._cache is None or not model_id or len(line) > CACHED_TEXT_LIMIT:
            return None
        try:
            kept = self._cache.get(_cache_key(model_id, line))
        except redis.RedisError:
            return None
        if not isinstance(kept, bytes | str):
            return None
        name, confidence = json.loads(kept)
        return RasaIntent(name, confidence, model_id)

    def _remember(self, found: RasaIntent, line: str) -> None:
        if self._cache is None or not found.model_id or len(line) > CACHED_TEXT_LIMIT:
            return
        value = json.dumps([found.name, round(found.confidence, 4)])
        try:
            self._cache.set(_cache_key(found.model_id, line), value, ex=CACHE_SECONDS)
        except redis.RedisError:
            return


def decide(found: RasaIntent) -> tuple[str, float]:
    """The model's answer against the thresholds: (intent, confidence), `fallback` where it is too unsure."""
    if found.name == OUT_OF_SCOPE:
        return FALLBACK, found.confidence
    needed = LEAST_CONFIDENCE_FOR_VALUE if found.name in VALUE_INTENTS else LEAST_CONFIDENCE
    if found.confidence < needed:
        return FALLBACK, 1 - found.confidence
    return found.name, found.confidence


def _cache_key(model_id: str, line: str) -> str:
    digest = hashlib.blake2b(line.encode(), digest_size=12).hexdigest()
    return f"zhanggui:nlu:{model_id[:12]}:{digest}"
