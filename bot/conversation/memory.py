"""What a conversation remembers between two messages, kept in Redis. Nothing of value lives only here.

Losing it means that a question has to be asked again; money is safe without it, since a confirmation books
under the key of its quote.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

import redis

KEEP_SECONDS = 7 * 24 * 3600


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
    """The last confirmed thing, so that a second yes gets a true answer."""

    number: int
    until: datetime


@dataclass
class Form:
    """A running form: which one, what is filled, which slot is asked."""

    name: str
    slot: str
    filled: dict[str, str] = field(default_factory=dict)
    tries: int = 0


@dataclass
class Heard:
    """The last sentence that the language model read, so that “不是，我要…” can be learned from."""

    text: str
    intent: str


@dataclass
class Conversation:
    """The memory of one person's chat; mutable during a turn, saved at its end."""

    pending: Pending | None = None
    done: Done | None = None
    form: Form | None = None
    misses: int = 0
    heard: Heard | None = None

    @property
    def is_empty(self) -> bool:
        return self == Conversation()


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
            return _from_json(raw)
        except (KeyError, TypeError, ValueError):
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
                self._redis.set(self._key(openid), _to_json(conversation), ex=KEEP_SECONDS)
        except redis.RedisError as error:
            raise MemoryUnavailableError from error

    @staticmethod
    def _key(openid: str) -> str:
        return f"conversation:{openid}"


def _to_json(conversation: Conversation) -> str:
    return json.dumps(asdict(conversation), ensure_ascii=False, default=datetime.isoformat)


def _from_json(raw: bytes) -> Conversation:
    data = json.loads(raw)
    pending, done, form, heard = data["pending"], data["done"], data["form"], data["heard"]
    return Conversation(
        pending=Pending(**{**pending, "expires_at": datetime.fromisoformat(pending["expires_at"])})
        if pending
        else None,
        done=Done(done["number"], datetime.fromisoformat(done["until"])) if done else None,
        form=Form(**form) if form else None,
        misses=data["misses"],
        heard=Heard(**heard) if heard else None,
    )
