"""What a conversation remembers in Redis survives the way there and back, and old forms are forgotten."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from bot.conversation.memory import (
    Conversation,
    ConversationStore,
    Done,
    Form,
    MemoryUnavailableError,
    Pending,
)
from bot.delivery_store import connect

NOW = datetime(2026, 3, 7, 2, 0, tzinfo=UTC)


def test_there_and_back(redis_url: str) -> None:
    store = ConversationStore(connect(redis_url))
    full = Conversation(
        pending=Pending("quote:k", "top_up", {"amount_fen": 50000}, "请核对", "充值 …", NOW),
        done=Done("单号 T000012", NOW),
        form=Form("join", "code", {"phone": "13800138000"}, tries=1),
        misses=2,
    )
    store.save("o1", full)
    assert store.load("o1") == full
    assert store.load("o2") == Conversation()


def test_an_empty_conversation_leaves_nothing_behind(redis_url: str) -> None:
    client = connect(redis_url)
    store = ConversationStore(client)
    store.save("o1", Conversation(misses=1))
    store.save("o1", Conversation())
    assert client.keys("conversation:*") == []


def test_conversations_are_forgotten_after_a_week(redis_url: str) -> None:
    client = connect(redis_url)
    ConversationStore(client).save("o1", Conversation(misses=1))
    assert 6 * 24 * 3600 < int(client.ttl("conversation:o1")) <= 7 * 24 * 3600


@pytest.mark.parametrize(
    "stored", ["", "{}", "null", "[1]", '{"pending": 1, "done": null, "form": null}', "\xff"]
)
def test_what_an_older_version_stored_is_a_fresh_start(redis_url: str, stored: str) -> None:
    client = connect(redis_url)
    client.set("conversation:o1", stored)
    assert ConversationStore(client).load("o1") == Conversation()


def test_without_redis_it_says_so() -> None:
    store = ConversationStore(connect("unix:///tmp/no-such-redis.sock"))
    with pytest.raises(MemoryUnavailableError):
        store.load("o1")
    with pytest.raises(MemoryUnavailableError):
        store.save("o1", Conversation(misses=1))
