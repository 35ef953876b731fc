"""What was not understood waits, masked, for a person's word."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import redis
from click.testing import CliRunner

from bot.cli import main
from bot.delivery_store import connect
from bot.embedded.redis_server import RedisServer
from nlu import service
from nlu.commands import nlu
from nlu.inbox import KEPT, KEY, Inbox, Waiting, learn


@pytest.fixture
def store(redis_url: str) -> Iterator[redis.Redis]:
    client = redis.Redis.from_url(redis_url)
    yield client
    client.close()


def test_is_masked_bounded_newest_first_and_without_repetition(store: redis.Redis) -> None:
    box = Inbox(store)
    box.keep("我的电话13800138000能改吗", "fallback")
    box.keep("这是啥", "fallback")
    box.keep("我的电话13900139000能改吗", "fallback")
    assert box.waiting() == [
        Waiting("我的电话00000000000能改吗", "fallback"),
        Waiting("这是啥", "fallback"),
    ]
    box.keep("", "fallback")
    box.keep("长" * 81, "fallback")
    for number in range(KEPT + 5):
        box.keep(f"第{number}句", "fallback")
    assert store.llen(KEY) == KEPT
    assert box.waiting()[0].text == f"第{KEPT + 4}句"


def test_a_dead_store_loses_a_lesson_and_no_message(scratch_dir: Path) -> None:
    nowhere = connect(f"unix://{scratch_dir / 'no.sock'}")
    Inbox(nowhere).keep("这是啥", "fallback")
    nowhere.close()


def test_labelling_from_the_command_line(
    monkeypatch: pytest.MonkeyPatch, redis_url: str, store: redis.Redis, tmp_path: Path
) -> None:
    (tmp_path / "data" / "said").mkdir(parents=True)
    (tmp_path / "domain.yml").write_text("intents: [topup, deny]\n", encoding="utf-8")
    monkeypatch.setattr(service, "PROJECT", tmp_path)
    monkeypatch.setenv("ZHANGGUI_REDIS_URL", redis_url)
    box = Inbox(store)
    for text in ("给卡里弄点钱", "啊这", "不弄咯"):
        box.keep(text, "fallback")
    run = CliRunner().invoke
    assert "1  不弄咯  (fallback)" in run(nlu, ["inbox"]).output
    assert run(nlu, ["inbox", "--label", "3", "topup", "--label", "1", "deny"]).exit_code == 0
    learned = tmp_path / "data" / "said" / "learned.txt"
    assert learned.read_text(encoding="utf-8") == "## topup\n给卡里弄点钱\n## deny\n不弄咯\n"
    assert box.waiting() == [Waiting("啊这", "fallback")]
    assert run(nlu, ["inbox", "--drop", "1"]).exit_code == 0
    assert box.waiting() == []


@pytest.mark.parametrize("arguments", [["--label", "1", "topup"], ["--label", "x", "deny"], ["--drop", "7"]])
def test_what_is_not_there_is_said(
    monkeypatch: pytest.MonkeyPatch, redis_url: str, arguments: list[str]
) -> None:
    monkeypatch.setenv("ZHANGGUI_REDIS_URL", redis_url)
    done = CliRunner().invoke(nlu, ["inbox", *arguments])
    assert done.exit_code == 1
    assert "no sentence" in done.output


def test_an_unknown_intent_and_words_that_teach_nothing(
    monkeypatch: pytest.MonkeyPatch, redis_url: str, store: redis.Redis, tmp_path: Path
) -> None:
    monkeypatch.setenv("ZHANGGUI_REDIS_URL", redis_url)
    box = Inbox(store)
    box.keep("这是啥", "fallback")
    done = CliRunner().invoke(nlu, ["inbox", "--label", "1", "dance"])
    assert "no intent 'dance'" in done.output
    box.keep("# #", "fallback")
    done = CliRunner().invoke(nlu, ["inbox", "--label", "1", "deny"])
    assert done.exit_code == 1
    assert "nothing in it" in done.output
    learned = tmp_path / "learned.txt"
    learn("# 充(一|二)百?\n还是{不}充", "topup", learned)
    assert learned.read_text(encoding="utf-8") == "## topup\n充(一|二)百? 还是{不}充\n"


def test_the_running_programs_private_redis_is_found(
    monkeypatch: pytest.MonkeyPatch, scratch_dir: Path
) -> None:
    monkeypatch.delenv("ZHANGGUI_REDIS_URL", raising=False)
    home = scratch_dir / "inbox"
    monkeypatch.setenv("ZHANGGUI_DATA_DIR", str(home))
    run = CliRunner().invoke
    refused = run(main, ["nlu", "inbox"])
    assert refused.exit_code == 1
    assert "ZHANGGUI_REDIS_URL" in refused.output
    server = RedisServer(home / "redis")
    server.start()
    try:
        client = redis.Redis.from_url(server.url())
        Inbox(client).keep("给卡里弄点钱", "fallback")
        client.close()
        assert "1  给卡里弄点钱  (fallback)" in run(main, ["nlu", "inbox"]).output
    finally:
        server.stop()
