"""The migrations on an empty database, twice, and from two processes at once."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

import psycopg
import pytest

from bot.embedded.postgres import PostgresServer
from ledger.migrations import HERE, current, upgrade

NEWEST = max(file.name[:4] for file in (HERE / "versions").glob("0*.py"))


@pytest.fixture
def empty_url(postgres_server: PostgresServer) -> Iterator[str]:
    with psycopg.connect(postgres_server.conninfo(), autocommit=True) as connection:
        connection.execute("CREATE DATABASE migrated")
    yield postgres_server.url("migrated")
    with psycopg.connect(postgres_server.conninfo(), autocommit=True) as connection:
        connection.execute("DROP DATABASE migrated WITH (FORCE)")


def test_upgrade_twice(empty_url: str) -> None:
    assert current(empty_url) is None
    upgrade(empty_url)
    assert current(empty_url) == NEWEST
    upgrade(empty_url)
    assert current(empty_url) == NEWEST


def test_two_processes_at_once(empty_url: str) -> None:
    command = [
        sys.executable,
        "-c",
        "import sys; from ledger.migrations import upgrade; upgrade(sys.argv[1])",
        empty_url,
    ]
    running = [subprocess.Popen(command, stderr=subprocess.PIPE) for _ in range(2)]
    errors = [process.communicate(timeout=60)[1].decode() for process in running]
    assert [process.returncode for process in running] == [0, 0], errors
    assert current(empty_url) == NEWEST
