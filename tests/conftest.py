"""Servers of the run: a real PostgreSQL, a real Redis; databases are copies of a template, used again."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
import redis
import structlog
from database_kit import Database, Databases
from sqlalchemy import Engine
from workers_kit import Scheduling, place

from bot.embedded import processes
from bot.embedded.postgres import PostgresServer
from bot.embedded.redis_server import RedisServer
from nlu import service
from nlu.rasa_client import RasaClient

TEMPLATE = "template_zhanggui"
# Nothing of the run's server is kept, so it need not write what only a crash would ask for.
THROW_AWAY = {
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
}


def pytest_configure() -> None:
    # structlog as it comes draws all variables of a traceback: a second for every error that a test wants.
    structlog.dev.ConsoleRenderer.get_active().exception_formatter = structlog.dev.plain_traceback


def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> Scheduling:
    config.option.loadscopereorder = False  # our own order, not by number of tests
    return Scheduling(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: place(item.nodeid))


class RasaServer(NamedTuple):
    """Where the run's language server is."""

    url: str
    token: str


@pytest.fixture(scope="session")
def scratch_dir() -> Iterator[Path]:
    """A short path: Unix sockets have room for 108 bytes."""
    path = Path(tempfile.mkdtemp(prefix="zg-"))
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres_server(scratch_dir: Path) -> Iterator[PostgresServer]:
    """The run's PostgreSQL, with a migrated template database."""
    server = PostgresServer(scratch_dir / "pg", THROW_AWAY | {"max_connections": "200"})
    server.start()
    server.ensure_database(TEMPLATE)
    from ledger.migrations import upgrade

    upgrade(server.url(TEMPLATE))
    yield server
    server.stop()


@pytest.fixture(scope="session")
def databases(postgres_server: PostgresServer) -> Iterator[Databases]:
    made = Databases(postgres_server, TEMPLATE)
    yield made
    made.close()


@pytest.fixture
def database(databases: Databases) -> Iterator[Database]:
    """A migrated database of the test's own, without a row."""
    with databases.one() as database:
        yield database


@pytest.fixture
def database_url(database: Database) -> str:
    return database.url


@pytest.fixture
def engine(database: Database) -> Engine:
    """Connections to the test's database."""
    return database.engine


@pytest.fixture(scope="session")
def redis_server(scratch_dir: Path) -> Iterator[RedisServer]:
    server = RedisServer(scratch_dir / "redis", persistent=False)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def redis_url(redis_server: RedisServer) -> str:
    """The run's Redis, emptied before the test."""
    client = redis.Redis.from_url(redis_server.url())
    client.flushall()
    client.close()
    return redis_server.url()


@pytest.fixture(scope="session")
def rasa_server() -> Iterator[RasaServer]:
    """The trained model, served for the whole run; environment and model are those of the demo.

    Skips, saying why, on a machine without Python 3.10.
    """
    data_dir = Path(os.environ.get("ZHANGGUI_DATA_DIR", "var"))
    try:
        model = service.prepare(data_dir, lambda _message: None)
    except service.NoPython310Error as error:
        pytest.skip(str(error))
    token, port = service.new_token(), service.free_port()
    command = service.serve_command(data_dir, model, port=port, token=token)
    with Path(os.devnull).open("ab") as nowhere:
        process = processes.start(command.arguments, env=command.env, cwd=command.cwd, log=nowhere)
    server = RasaServer(f"http://127.0.0.1:{port}", token)
    client = RasaClient(server.url, token)
    deadline = time.monotonic() + 240
    while not client.is_ready():
        assert process.poll() is None, "the language server ended at start"
        assert time.monotonic() < deadline, "the language server did not answer"
        time.sleep(0.2)
    yield server
    processes.stop(process)
