"""Text → Understanding: the model when it is there, sure phrases otherwise, values from our own grammars."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial

import redis

from nlu import keywords
from nlu.normalise import TEXT_LIMIT, normalise
from nlu.rasa_client import RasaClient, RasaIntent, RasaUnavailableError
from nlu.refusals import wanted_instead
from nlu.understanding import Engine, Entities, Understanding
from nlu.values.text import fold
from shop.catalogue import Catalogue

FALLBACK = "fallback"
OUT_OF_SCOPE = "out_of_scope"
"""The training data's name for everything a shop is not asked for."""

# Chosen from the reliability curve: nlu/README.md, "Thresholds".
LEAST_CONFIDENCE = 0.40
LEAST_CONFIDENCE_FOR_VALUE = 0.80
LEAST_CONFIDENCE_TO_ASK = 0.30
"""A refused guess from here on is worth a question (“您是想充值吗？”); it is never acted on."""
SURE_CONFIDENCE = 0.85
"""From here on the bot need not ask whether it understood; money still needs an explicit yes."""

SURE_FALLBACK = 0.97
"""A fallback surer than this is not looked at again."""

SURELY_FOREIGN = 0.98
"""A fallback surer than this is no answer to a form, though it names a day (明天有雨吗: 0.997). A bare answer
(后天不下雨的话下午, 除了周一都行) is foreign to the model as well, but with at most 0.9."""

FAMILIAR = {"store": "你们店", "service": "美甲", "technician": "王老师", "reward": "面膜"}
"""What stands in a name's place at the second look: words that the training data know."""

_OURS_ALONE = frozenset({"service", "reward"})
"""Names that other people's business hardly has; a technician may be anybody's 小王, a store is a place."""

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

_NO_WISHES = frozenset({FALLBACK, "affirm", "deny", "thanks", "goodbye", "greet"})
"""The half after a refusal that is one of these says nothing new: 不改了，就这样吧 stays what it is whole."""

_GIVE_BACK = "退"
_SHORT = 5
"""Characters, without blanks and punctuation."""
_WHAT_TO_GIVE_BACK = re.compile(r"[款钱费卡余额值金钞银充存课号约位订单元块十百千万\d]")

_NOT_SAID = re.compile(r"[\W_]+")

_SAID_AFTER_A_STORE = re.compile(r"^(?:那家|这家|那个|那边)?(?:分?店|门店)?")

CACHED_TEXT_LIMIT = 40
CACHE_SECONDS = 600

Extract = Callable[..., Entities]


def _default_extract() -> Extract:
    from nlu.values.extract import extract  # noqa: PLC0415 - the grammars load calendars; not every caller needs them

    return extract


@dataclass(frozen=True)
class _Reading:
    """What one look at a sentence gave; `guess` is the model's intent, also where it was too unsure."""

    intent: str
    confidence: float
    engine: Engine
    guess: str | None


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
        read = self._intent(line)
        if read.intent == FALLBACK and read.confidence < SURE_FALLBACK:
            read = self._in_familiar_words(line, read) or read
        if read.intent == FALLBACK:
            return Understanding(text, FALLBACK, read.confidence, Entities(), read.engine, read.guess)
        entities = self._extract(line, intent=read.intent, now=now)
        return Understanding(text, read.intent, read.confidence, entities, read.engine)

    def values(self, text: str, *, intent: str, now: datetime) -> Entities:
        """The values that a text holds if it is meant as `intent`: what a running form asks for is known."""
        line = normalise(text[: TEXT_LIMIT * 4])
        if not line or len(line) > TEXT_LIMIT or len(text) > TEXT_LIMIT * 4:
            return Entities()
        return self._extract(line, intent=intent, now=now)

    def _in_familiar_words(self, line: str, first: _Reading) -> _Reading | None:
        """A second look at a sentence that names things of ours, with everyday words in the names' places.

        The training data cannot know a shop's names, and a strange name makes a sentence look like another
        domain. What touches value is begun on such a reading only if the first said the same, less surely, or
        saw nothing in it while a service or reward of ours is named and the reading is sure: members say
        哥儿几个约单车, and of 5,198 foreign sentences three shops' names are in none that reads so.
        """
        from nlu.names import find_names  # noqa: PLC0415 - the pinyin tables take half a second to load

        found = find_names(line, self._catalogue)
        if not found.spans:
            return None
        familiar = fold(line)
        for (start, end), kind in sorted(zip(found.spans, found.kinds, strict=True), reverse=True):
            rest = familiar[end:]
            if kind == "store":
                rest = _SAID_AFTER_A_STORE.sub("", rest, count=1)
            familiar = familiar[:start] + FAMILIAR[kind] + rest
        second = self._intent(familiar)
        if second.intent in VALUE_INTENTS and second.intent != first.guess:
            names_ours = first.guess is None and not _OURS_ALONE.isdisjoint(found.kinds)
            return second if names_ours and second.confidence >= SURE_CONFIDENCE else None
        return None if second.intent == FALLBACK else second

    def warm(self) -> None:
        """Load calendars and pinyin tables now, rather than in front of the first member."""
        self._extract("你好", intent=FALLBACK, now=datetime.now(UTC))

    def status(self) -> Engine:
        """What answers at the moment, as far as the last message showed."""
        return "keywords" if self._rasa is None or self._rasa.is_resting() else "rasa"

    def _intent(self, line: str) -> _Reading:
        if self._rasa is not None:
            try:
                return self._by_model(self._rasa, line)
            except RasaUnavailableError:
                pass
        return _Reading(*keywords.match(line), "keywords", None)

    def _by_model(self, rasa: RasaClient, line: str) -> _Reading:
        """The model's reading; of 不是问积分，是问券 that of its second half, where that is a wish."""
        instead = wanted_instead(line)
        for said in (instead, line) if instead else (line,):
            found = self._ask(rasa, said)
            read = _Reading(*decide(found, said), "rasa", _guess(found))
            if said == line or read.intent not in _NO_WISHES:
                break
        return read

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


def decide(found: RasaIntent, line: str) -> tuple[str, float]:
    """The model against the thresholds: (intent, confidence) of a line, `fallback` where it is too unsure."""
    if found.name == OUT_OF_SCOPE:
        return FALLBACK, found.confidence
    if found.name in VALUE_INTENTS and _gives_back_who_knows_what(line):
        return FALLBACK, 1 - found.confidence
    needed = LEAST_CONFIDENCE_FOR_VALUE if found.name in VALUE_INTENTS else LEAST_CONFIDENCE
    if found.confidence < needed:
        return FALLBACK, 1 - found.confidence
    return found.name, found.confidence


def _gives_back_who_knows_what(line: str) -> bool:
    """退点, 给我退了: money, a booking? So short a word is asked back, however sure the model is."""
    said = _NOT_SAID.sub("", line)
    return _GIVE_BACK in said and len(said) <= _SHORT and not _WHAT_TO_GIVE_BACK.search(said)


def _guess(found: RasaIntent) -> str | None:
    worth_asking = found.name != OUT_OF_SCOPE and found.confidence >= LEAST_CONFIDENCE_TO_ASK
    return found.name if worth_asking else None


def _cache_key(model_id: str, line: str) -> str:
    digest = hashlib.blake2b(line.encode(), digest_size=12).hexdigest()
    return f"zhanggui:nlu:{model_id[:12]}:{digest}"
