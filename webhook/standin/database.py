"""The stand-in's own memory: one SQLite file, one connection, one writer at a time."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SCHEMA_VERSION = 1

_SCHEMA = """
CREATE TABLE person (
    openid TEXT PRIMARY KEY, name TEXT NOT NULL, label TEXT NOT NULL, colour TEXT NOT NULL,
    follows INTEGER NOT NULL, subscribed_at INTEGER NOT NULL, scene TEXT NOT NULL, came_by TEXT NOT NULL,
    read_seq INTEGER NOT NULL DEFAULT 0, allowance_left INTEGER NOT NULL DEFAULT 0,
    allowance_until INTEGER NOT NULL DEFAULT 0, position INTEGER NOT NULL
);
CREATE TABLE message (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, openid TEXT NOT NULL, origin TEXT NOT NULL, kind TEXT NOT NULL,
    body TEXT NOT NULL, at INTEGER NOT NULL
);
CREATE INDEX message_of_person ON message (openid, seq);
CREATE TABLE wire (
    id INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, direction TEXT NOT NULL, kind TEXT NOT NULL,
    openid TEXT NOT NULL, summary TEXT NOT NULL, verdict TEXT NOT NULL, attempt INTEGER NOT NULL,
    status INTEGER, milliseconds INTEGER NOT NULL, url TEXT NOT NULL, request_plain TEXT NOT NULL,
    request_wire TEXT NOT NULL, response_plain TEXT NOT NULL, response_wire TEXT NOT NULL
);
CREATE TABLE token (
    token TEXT PRIMARY KEY, endpoint TEXT NOT NULL, issued_at INTEGER NOT NULL, expires_at INTEGER NOT NULL,
    dead_at INTEGER
);
CREATE TABLE ticket (
    ticket TEXT PRIMARY KEY, code TEXT NOT NULL UNIQUE, scene TEXT NOT NULL, permanent INTEGER NOT NULL,
    expires_at INTEGER
);
CREATE TABLE media (
    media_id TEXT PRIMARY KEY, kind TEXT NOT NULL, content_type TEXT NOT NULL, content BLOB NOT NULL,
    created_at INTEGER NOT NULL
);
CREATE TABLE quota (
    api TEXT NOT NULL, period TEXT NOT NULL, used INTEGER NOT NULL, PRIMARY KEY (api, period)
);
CREATE TABLE note (name TEXT PRIMARY KEY, value TEXT NOT NULL);
"""


class Database:
    """SQLite behind a lock, shared by the threads of one process."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._lock = threading.RLock()
        self._depth = 0
        self._connection = sqlite3.connect(path, check_same_thread=False, isolation_level=None, timeout=10)
        self._connection.row_factory = sqlite3.Row
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA synchronous = NORMAL")
        self._create()

    def _create(self) -> None:
        (version,) = self._connection.execute("PRAGMA user_version").fetchone()
        if version == SCHEMA_VERSION:
            return
        if version:
            raise RuntimeError(
                f"the stand-in's memory has version {version}, not {SCHEMA_VERSION}; remove the file"
            )
        self._connection.executescript(f"BEGIN; {_SCHEMA} PRAGMA user_version = {SCHEMA_VERSION}; COMMIT;")

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """All or nothing; inner calls join the outer transaction."""
        with self._lock:
            if self._depth == 0:
                self._connection.execute("BEGIN IMMEDIATE")
            self._depth += 1
            try:
                yield self._connection
            except BaseException:
                self._depth -= 1
                if self._depth == 0:
                    self._connection.execute("ROLLBACK")
                raise
            self._depth -= 1
            if self._depth == 0:
                self._connection.execute("COMMIT")

    def rows(self, sql: str, *values: object) -> list[sqlite3.Row]:
        with self._lock:
            return self._connection.execute(sql, values).fetchall()

    def row(self, sql: str, *values: object) -> sqlite3.Row | None:
        found = self.rows(sql, *values)
        return found[0] if found else None

    def number(self, sql: str, *values: object) -> int:
        """The first column of the first row as an int, 0 when there is none."""
        found = self.row(sql, *values)
        return int(found[0] or 0) if found else 0

    def run(self, sql: str, *values: object) -> int:
        """Execute one statement; the number of rows it changed."""
        with self.transaction() as connection:
            return connection.execute(sql, values).rowcount

    def note(self, name: str) -> str:
        """A small value kept by name ("" when never written), such as the menu."""
        found = self.row("SELECT value FROM note WHERE name = ?", name)
        return str(found["value"]) if found else ""

    def write_note(self, name: str, value: str) -> None:
        self.run(
            "INSERT INTO note VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
            name,
            value,
        )

    def next_number(self, name: str, first: int) -> int:
        """A counter that never gives the same number twice, across restarts."""
        with self.transaction():
            number = int(self.note(name) or first)
            self.write_note(name, str(number + 1))
        return number

    def close(self) -> None:
        with self._lock:
            self._connection.close()
