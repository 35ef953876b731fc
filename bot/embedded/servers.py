"""PostgreSQL and Redis for a run: the operator's own, else private ones in the data folder."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import psycopg
import redis

from bot.embedded.postgres import PostgresServer
from bot.embedded.redis_server import RedisServer
from bot.settings import Settings, SettingsError

DATABASE = "zhanggui"


class DataDirInUseError(Exception):
    """Another program of ours runs on this data folder."""


@dataclass(frozen=True)
class Addresses:
    """Where this run's database and Redis are."""

    database_url: str
    redis_url: str


@contextmanager
def lock_data_dir(data_dir: Path) -> Iterator[None]:
    """Own the data folder for the life of the context; the kernel lets go when the process dies.

    Raises:
        DataDirInUseError: somebody owns it already; names the process.
    """
    data_dir.mkdir(parents=True, exist_ok=True)
    with (data_dir / "lock").open("a+") as handle:
        _take(handle, data_dir)
        yield


def _take(handle: IO[str], data_dir: Path) -> None:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        handle.seek(0)
        owner = handle.read().strip() or "?"
        raise DataDirInUseError(
            f"The data folder {data_dir} is in use by process {owner}. Stop that one first, "
            "or set ZHANGGUI_DATA_DIR to another folder."
        ) from None
    handle.seek(0)
    handle.truncate()
    handle.write(str(os.getpid()))
    handle.flush()


@contextmanager
def running(settings: Settings, *, may_start: bool = True) -> Iterator[Addresses]:
    """Addresses that answer: given ones, private servers that run already, or servers started now.

    What this context starts it stops; a server started by another program of ours is only used.

    Args:
        may_start: False for a program that must not own the servers others use.

    Raises:
        SettingsError: an address is missing and nothing runs in the data folder.
    """
    started: list[PostgresServer | RedisServer] = []
    try:
        database_url = settings.database_url or _postgres(settings.data_dir, started, may_start=may_start)
        redis_url = settings.redis_url or _redis(settings.data_dir, started, may_start=may_start)
        yield Addresses(database_url, redis_url)
    finally:
        for server in reversed(started):
            server.stop()


def _postgres(data_dir: Path, started: list[PostgresServer | RedisServer], *, may_start: bool) -> str:
    server = PostgresServer(data_dir / "postgres")
    if not _postgres_answers(server):
        _check_may_start(may_start, data_dir, "DATABASE_URL")
        server.start()
        started.append(server)
    server.ensure_database(DATABASE)
    return server.url(DATABASE)


def _redis(data_dir: Path, started: list[PostgresServer | RedisServer], *, may_start: bool) -> str:
    server = RedisServer(data_dir / "redis")
    if not _redis_answers(server):
        _check_may_start(may_start, data_dir, "REDIS_URL")
        server.start()
        started.append(server)
    return server.url()


def running_redis(settings: Settings) -> str:
    """The address of the Redis that the running program uses; nothing is started.

    Raises:
        SettingsError: no address is set and no private server runs in the data folder.
    """
    return settings.redis_url or _redis(settings.data_dir, [], may_start=False)


def _check_may_start(may_start: bool, data_dir: Path, setting: str) -> None:
    if not may_start:
        raise SettingsError(
            f"ZHANGGUI_{setting} is not set and no private server runs in {data_dir}. "
            "Start `zhanggui serve` on this machine first, or set it."
        )


def _postgres_answers(server: PostgresServer) -> bool:
    try:
        psycopg.connect(server.conninfo(), connect_timeout=2).close()
    except psycopg.OperationalError:
        return False
    return True


def _redis_answers(server: RedisServer) -> bool:
    client = redis.Redis.from_url(server.url(), socket_timeout=2, socket_connect_timeout=2)
    try:
        return bool(client.ping())
    except redis.RedisError:
        return False
    finally:
        client.close()
