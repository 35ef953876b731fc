"""Servers shared by the whole run: one real PostgreSQL, one real Redis; databases come from a template."""

from __future__ import annotations

import itertools
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import psycopg
import pytest
import redis
from sqlalchemy import Engine, create_engine

from bot.embedded import processes
from bot.embedded.postgres import PostgresServer
from bot.embedded.redis_server import RedisServer
from nlu import service
from nlu.rasa_client import RasaClient

TEMPLATE = "template_zhanggui"


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
    server = PostgresServer(scratch_dir / "pg", {"fsync": "off", "max_connections": "200"})
    server.start()
    server.ensure_database(TEMPLATE)
    from ledger.migrations import upgrade

    upgrade(server.url(TEMPLATE))
    yield server
    server.stop()


_numbers = itertools.count(1)


@pytest.fixture
def database_url(postgres_server: PostgresServer) -> Iterator[str]:
    """A fresh, migrated database of the test's own."""
    name = f"test_{next(_numbers)}"
    with psycopg.connect(postgres_server.conninfo(), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {TEMPLATE}")
    yield postgres_server.url(name)
    with psycopg.connect(postgres_server.conninfo(), autocommit=True) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    made = create_engine(database_url)
    yield made
    made.dispose()


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
