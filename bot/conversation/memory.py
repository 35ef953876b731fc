"""What a conversation remembers between two messages, kept in Redis. Nothing of value lives only here.

Losing it means that a question has to be asked again; money is safe without it, since a confirmation books
under the key of its quote.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import redis
import structlog
from pydantic import TypeAdapter

log = structlog.get_logger()

KEEP_SECONDS = 7 * 24 * 3600
LINES_KEPT = 10  # of what was said lately, for whoever takes over
LINES_SECONDS = 24 * 3600
LONGEST_LINE = 200


class MemoryUnavailableError(Exception):
    """Redis cannot be reached: reading goes on, anything that needs a confirmation has to wait."""


@dataclass
class Pending:
    """A quote that waits for an explicit yes.

    Attributes:
        key: the idempotency key under which a yes is booked: the key of the message that made the quote.
        kind: which flow made it, e.g. "top_up".
        data: the quote's plain values.
        echo: the words that were shown, for saying them again.
        command: what the person would type to start anew.
    """

    key: str
    kind: str
    data: dict[str, Any]
    echo: str
    command: str
    expires_at: datetime


@dataclass
class Done:
    """The last confirmed thing, so that a second yes gets a true answer. `what`: “单号 T000012”."""

    what: str
    until: datetime


@dataclass
class Form:
    """A running form: which one, which slot is asked, what is filled.

    Attributes:
        slot: the slot that was asked last; "" when the form waits for the yes to its quote.
        filled: plain JSON values by slot.
        options: what the last question offered, as [what a tap sends, value]; a number picks one of them.
        tries: answers to this question that were none.
        heard_at: when it last moved on; a form left alone for long is set aside.
    """

    name: str
    slot: str = ""
    filled: dict[str, Any] = field(default_factory=dict)
    options: list[tuple[str, Any]] = field(default_factory=list)
    tries: int = 0
    heard_at: datetime | None = None


@dataclass
class Heard:
    """The last sentence that the language model read, so that “不是，我要…” can be learned from."""

    text: str
    intent: str


@dataclass
class Conversation:
    """The memory of one person's chat; mutable during a turn, saved at its end.

    Attributes:
        suspended: forms that another form interrupted, the last one on top; they come back.
        wishes: what was wished for in the same sentence and is done when the first wish is.
        guessed: what a yes says, after “您是想充值吗？”.
        with_person: a ticket may be open, so that what is not understood goes to the shop's people.
        last: the last service, technician, booking … by kind, for “刚才那个”.
    """

    pending: Pending | None = None
    done: Done | None = None
    form: Form | None = None
    misses: int = 0
    heard: Heard | None = None
    suspended: list[Form] = field(default_factory=list)
    wishes: list[str] = field(default_factory=list)
    last: dict[str, str] = field(default_factory=dict)
    with_person: bool = False
    guessed: str = ""

    @property
    def is_empty(self) -> bool:
        return self == Conversation()


_STORED = TypeAdapter(Conversation)


class ConversationStore:
    """Conversations by openid, in Redis as JSON."""

    def __init__(self, client: redis.Redis) -> None:
        self._redis = client

    def load(self, openid: str) -> Conversation:
        """The conversation so far; a fresh one when there is none or its stored form is of an older version.

        Raises:
            MemoryUnavailableError: Redis cannot be reached.
        """
        try:
            raw = self._redis.get(self._key(openid))
        except redis.RedisError as error:
            raise MemoryUnavailableError from error
        if not isinstance(raw, bytes):
            return Conversation()
        try:
            return _STORED.validate_json(raw)
        except ValueError:
            return Conversation()

    def save(self, openid: str, conversation: Conversation) -> None:
        """Keep the conversation for a week.

        Raises:
            MemoryUnavailableError: Redis cannot be reached.
        """
        try:
            if conversation.is_empty:
                self._redis.delete(self._key(openid))
            else:
                self._redis.set(self._key(openid), _STORED.dump_json(conversation), ex=KEEP_SECONDS)
        except redis.RedisError as error:
            raise MemoryUnavailableError from error

    def note(self, openid: str, said: str, answered: str) -> None:
        """Keep the last lines of what was said and answered for a day; not while Redis is away."""
        lines = [
            json.dumps([who, text[:LONGEST_LINE]])
            for who, text in (("member", said), ("assistant", answered))
            if text
        ]
        if not lines:
            return
        try:
            with self._redis.pipeline(transaction=False) as pipe:
                pipe.rpush(self._lines_key(openid), *lines)
                pipe.ltrim(self._lines_key(openid), -LINES_KEPT, -1)
                pipe.expire(self._lines_key(openid), LINES_SECONDS)
                pipe.execute()
        except redis.RedisError:
            log.warning("memory.lines_not_kept", openid=openid)

    def lately(self, openid: str) -> list[tuple[str, str]]:
        """(who, words) of the last lines, oldest first; [] while Redis is away."""
        try:
            raw = self._redis.lrange(self._lines_key(openid), 0, -1)
        except redis.RedisError:
            return []
        return [(who, words) for who, words in map(json.loads, raw)]

    @staticmethod
    def _lines_key(openid: str) -> str:
        return f"lines:{openid}"

    @staticmethod
    def _key(openid: str) -> str:
        return f"conversation:{openid}"
