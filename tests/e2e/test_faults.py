"""PostgreSQL, Redis or the language server goes away between two messages: true answers, nothing doubled."""

from __future__ import annotations

import os
import signal
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from town import LIN_PHONE, Town, wait_for

from bot.embedded.postgres import PostgresServer
from bot.embedded.redis_server import RedisServer
from ledger import migrations
from nlu.service import free_port

COMMAND = f"充值 {LIN_PHONE} 500 微信"


class DeafServer:
    """A language server that takes connections and never says a word."""

    def __init__(self) -> None:
        self.port = free_port()
        self._listener = socket.create_server(("127.0.0.1", self.port))
        self._held: list[socket.socket] = []
        threading.Thread(target=self._hold, daemon=True).start()

    def _hold(self) -> None:
        try:
            while True:
                self._held.append(self._listener.accept()[0])
        except OSError:
            return

    def close(self) -> None:
        self._listener.close()
        for connection in self._held:
            connection.close()


@pytest.fixture(scope="module")
def postgres(scratch_dir: Path) -> Iterator[PostgresServer]:
    server = PostgresServer(scratch_dir / "faults-pg")
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def redis_of_town(scratch_dir: Path) -> Iterator[RedisServer]:
    server = RedisServer(scratch_dir / "faults-redis", persistent=True)
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def town(scratch_dir: Path, postgres: PostgresServer, redis_of_town: RedisServer) -> Iterator[Town]:
    """A town of its own servers, whose language server is deaf."""
    deaf = DeafServer()
    postgres.ensure_database("zhanggui")
    url = postgres.url()
    migrations.upgrade(url)
    nlu = (f"http://127.0.0.1:{deaf.port}", "token-of-the-deaf-server")
    made = Town(scratch_dir / "faults", url, redis_of_town.url(), mode="compatible", nlu=nlu)
    try:
        made.open()
        yield made
    finally:
        made.close()
        deaf.close()


def top_ups(town: Town) -> int:
    return int(town.scalar("SELECT count(*) FROM transfer WHERE kind = 'top_up' AND refused IS NULL"))


def balance_answers(town: Town) -> bool:
    return "小林" in town.say("小林", "我的余额")


def kill(server: PostgresServer | RedisServer) -> None:
    assert server.process is not None
    os.kill(server.process.pid, signal.SIGKILL)
    server.process.wait()
    server.process = None


def test_a_deaf_language_server_is_replaced_by_keywords(town: Town) -> None:
    assert "小林" in town.say("小林", "我卡里还有多少钱")
    parts = requests.get(f"{town.web}/readyz", timeout=10).json()["parts"]
    assert parts["nlu"].startswith("degraded")


def test_the_database_is_restarted_between_two_messages(town: Town, postgres: PostgresServer) -> None:
    assert balance_answers(town)
    postgres.stop()
    postgres.start()
    wait_for(lambda: balance_answers(town), "an answer after the restart")


def test_the_database_dies_before_the_yes(town: Town, postgres: PostgresServer) -> None:
    before = top_ups(town)
    assert "请核对" in town.say("王芳", COMMAND)
    kill(postgres)
    answer = town.say("王芳", "1")
    assert "没拿到入账结果" in answer
    assert "不会记两次" in answer
    postgres.start()
    wait_for(lambda: "已入账" in town.say("王芳", "1") or top_ups(town) > before, "the booking")
    assert top_ups(town) == before + 1
    assert "没有重复办" in town.say("王芳", "1")
    wait_for(lambda: len(town.receipts()) == 1, "the receipt")


def test_redis_dies_and_comes_back(town: Town, redis_of_town: RedisServer) -> None:
    before = top_ups(town)
    kill(redis_of_town)
    assert balance_answers(town)
    assert "没有入账" in town.say("王芳", COMMAND)
    assert "正在恢复" in town.say("王芳", "1")
    ready = requests.get(f"{town.web}/readyz", timeout=10)
    assert ready.status_code == 503
    assert "not reachable" in ready.json()["parts"]["redis"]
    assert top_ups(town) == before
    redis_of_town.start()
    wait_for(lambda: "请核对" in town.say("王芳", COMMAND), "an echo after Redis came back")
    assert "已入账" in town.say("王芳", "1")
    assert top_ups(town) == before + 1
