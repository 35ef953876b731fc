"""Databases for tests: copies of a migrated template, used again once they are as they were.

A copy, its first connections and the first run of every function cost several times what most tests then do.
So a database goes back to its first rows and sequences and serves the next test, connections and all. Where
a test did something else (changed the schema, kept a connection, wrote very many rows) it ends with the test.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import psycopg
from sqlalchemy import Engine, create_engine
from sqlalchemy.exc import SQLAlchemyError

from actions.upkeep import rules_archive
from bot.embedded.postgres import PostgresServer

MOST_USES = 50  # deleted rows stay in the files, and every look at a table passes them
MOST_ROWS = 2_000

# All that DISCARD ALL ends, but plans: they are what makes a connection warm.
_END_SESSION = """
    RESET SESSION AUTHORIZATION; RESET ALL; CLOSE ALL; UNLISTEN *; SELECT pg_advisory_unlock_all();
    DISCARD TEMP; DISCARD SEQUENCES
"""
_END_OTHERS = """
    SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity
    WHERE datname = current_database() AND backend_type = 'client backend' AND NOT pid = ANY(%s)
"""
_FIRST_OF_OURS = 16384  # below are the server's own objects
_CATALOGUE = {  # no pg_namespace: the first temporary table of a session leaves a schema
    "pg_attrdef": "oid",
    "pg_attribute": "attrelid",
    "pg_class": "oid",
    "pg_constraint": "oid",
    "pg_index": "indexrelid",
    "pg_policy": "oid",
    "pg_proc": "oid",
    "pg_sequence": "seqrelid",
    "pg_trigger": "oid",
    "pg_type": "oid",
}
Connection = psycopg.Connection[tuple[object, ...]]


@dataclass
class Database:
    """One copy of the template, with the connections that are kept for it."""

    name: str
    url: str
    engine: Engine
    uses: int = 0


class Databases:
    """Gives out databases that are as the template is."""

    def __init__(self, server: PostgresServer, template: str) -> None:
        self._server = server
        self._template = template
        self._numbers = itertools.count(1)
        self._free: list[Database] = []
        with psycopg.connect(server.conninfo(template)) as connection:
            self._first = _First(connection)

    @contextmanager
    def one(self) -> Iterator[Database]:
        """A database of one's own for as long as the context lasts."""
        database = self._free.pop() if self._free else self._copy()
        database.uses += 1
        try:
            yield database
        finally:
            if database.uses < MOST_USES and self._first.brought_back(database):
                self._free.append(database)
            else:
                self._drop(database)

    def close(self) -> None:
        for database in self._free:
            self._drop(database)

    def _copy(self) -> Database:
        name = f"test_{next(self._numbers)}"
        self._execute(f"CREATE DATABASE {name} TEMPLATE {self._template}")
        url = self._server.url(name)
        return Database(name, url, create_engine(url))

    def _drop(self, database: Database) -> None:
        database.engine.dispose()
        self._execute(f"DROP DATABASE IF EXISTS {database.name} WITH (FORCE)")

    def _execute(self, statement: str) -> None:
        with psycopg.connect(self._server.conninfo(), autocommit=True) as connection:
            connection.execute(statement)


class _First:
    """How the template is, and how a copy of it becomes so again."""

    def __init__(self, connection: Connection) -> None:
        tables = _names(connection, "relkind IN ('r', 'p')")
        self._filled = [name for name in tables if _has_rows(connection, name)]
        empty = [name for name in tables if name not in self._filled]
        self._look = " UNION ALL ".join(f"(SELECT '{name}' FROM {name} LIMIT 1)" for name in empty)
        sequences = [
            (name, *_row(connection, f"SELECT last_value, is_called FROM {name}"))
            for name in _names(connection, "relkind = 'S'")
        ]
        self._rewind = "SELECT " + ", ".join(f"setval('{n}', {v}, {called})" for n, v, called in sequences)
        self._print = self._fingerprint(connection)

    def brought_back(self, database: Database) -> bool:
        """Bring a copy back to the template's state; False when it cannot be."""
        rules_archive._kept.clear()  # a process remembers what it has written to a database
        engine = database.engine
        if engine.pool.checkedout():
            return False
        try:
            pooled = [engine.raw_connection() for _ in range(engine.pool.checkedin() or 1)]
        except SQLAlchemyError:
            return False
        try:
            return self._emptied([each.driver_connection for each in pooled])
        except psycopg.Error:
            return False
        finally:
            for each in pooled:
                each.close()

    def _emptied(self, connections: list[Connection]) -> bool:
        for connection in connections:
            connection.autocommit = True
            connection.execute(_END_SESSION)
        first = connections[0]
        ours = [each.info.backend_pid for each in connections]
        if first.execute(_END_OTHERS, [ours]).rowcount and first.execute(_END_OTHERS, [ours]).rowcount:
            return False  # they come again
        if self._fingerprint(first) != self._print:
            return False
        with first.transaction():
            few = self._deleted(first) <= MOST_ROWS
        for connection in connections:
            connection.autocommit = False
        return few

    def _deleted(self, connection: Connection) -> int:
        """Delete every row that the template has not; how many there were."""
        connection.execute("SET LOCAL session_replication_role = replica")  # no trigger forbids or follows it
        tables = [str(name) for (name,) in connection.execute(self._look).fetchall()]
        rows = sum(connection.execute(f"DELETE FROM {name}").rowcount for name in tables)
        connection.execute(self._rewind)
        return rows

    def _fingerprint(self, connection: Connection) -> tuple[object, ...]:
        """The versions of our rows in the system's catalogue, and the rows that the template has."""
        schema = [
            f"(SELECT sum(hashtext(concat({key}, ' ', xmin))) FROM {table} WHERE {key} >= {_FIRST_OF_OURS})"
            for table, key in _CATALOGUE.items()
        ]
        rows = [f"(SELECT string_agg(t::text, ' ' ORDER BY t::text) FROM {name} t)" for name in self._filled]
        return _row(connection, "SELECT " + ", ".join(schema + rows))


def _names(connection: Connection, which: str) -> list[str]:
    rows = connection.execute(
        "SELECT c.oid::regclass::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
        f"WHERE n.nspname NOT IN ('pg_catalog', 'information_schema') AND {which} ORDER BY 1"
    )
    return [str(name) for (name,) in rows.fetchall()]


def _has_rows(connection: Connection, table: str) -> bool:
    return connection.execute(f"SELECT 1 FROM {table} LIMIT 1").fetchone() is not None


def _row(connection: Connection, statement: str, *parameters: object) -> tuple[object, ...]:
    row = connection.execute(statement, parameters or None).fetchone()
    assert row is not None
    return row
