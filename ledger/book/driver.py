"""The short way to the database for what runs at every event: the driver's own connection, one prepared call.

SQLAlchemy's compiled statements cost three times the CPU of a bare call (docs/ledger.md); the transaction is
the same one, and what goes wrong is raised as SQLAlchemy would.
"""

from __future__ import annotations

import contextlib
import select
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, LiteralString

import psycopg
from sqlalchemy import Connection, Engine, event
from sqlalchemy.exc import DBAPIError, InvalidatePoolError

from ledger.book.values import Busy

_BUSY = (
    psycopg.errors.LockNotAvailable,
    psycopg.errors.QueryCanceled,
    psycopg.errors.DeadlockDetected,
    psycopg.errors.SerializationFailure,
)
PING_AFTER_SECONDS = 5.0
Row = tuple[Any, ...]
Single = psycopg.Connection[Row]
"""A connection whose statements are transactions of their own, see `single_statements`."""


def driver(connection: Connection) -> psycopg.Connection[Row]:
    """The driver's connection under `connection`, within its transaction."""
    if not connection.in_transaction():
        connection.begin()  # else SQLAlchemy would not know that there is something to commit
    raw = connection.connection.driver_connection
    if not isinstance(raw, psycopg.Connection):
        raise TypeError("the ledger needs psycopg 3")
    return raw


def call(
    connection: Connection | Single,
    statement: LiteralString,
    parameters: Sequence[object] | Mapping[str, object],
) -> Row | None:
    """Run one statement (with %s or %(name)s for parameters); the first row.

    Raises:
        Busy: a lock was not to be had in time, or a deadlock was broken.
        sqlalchemy.exc.DBAPIError: anything else, in SQLAlchemy's class for it.
    """
    raw = driver(connection) if isinstance(connection, Connection) else connection
    try:
        return raw.execute(statement, parameters).fetchone()
    except _BUSY as error:
        raise Busy(str(error)) from error
    except psycopg.Error as error:
        raise DBAPIError.instance(statement, None, error, psycopg.Error) from error


@contextmanager
def single_statements(engine: Engine) -> Iterator[Single]:
    """A pooled connection without BEGIN and COMMIT: each statement is a transaction, durable when it returns.

    For an action that reads once and writes once; the two round trips it saves cost as much as the writing.
    """
    try:
        pooled = engine.raw_connection()
    except psycopg.Error as error:
        raise DBAPIError.instance("connect", None, error, psycopg.Error) from error
    try:
        raw = pooled.driver_connection
        if not isinstance(raw, psycopg.Connection):
            raise TypeError("the ledger needs psycopg 3")
        raw.autocommit = True
        try:
            yield raw
        finally:
            if raw.closed:
                pooled.invalidate()
            else:
                raw.autocommit = False
    finally:
        pooled.close()


def check_when_idle(engine: Engine) -> None:
    """Let the pool look at a connection before it is used, and ask the server only when there is reason to.

    SQLAlchemy's pre-ping asks at every use, a round trip as dear as a query. A server that was stopped closes
    its sockets, which is seen without asking; a network that fell silent is found by a ping of what was idle.
    """

    @event.listens_for(engine, "checkin")
    def returned(_connection: object, record: Any) -> None:
        record.info["returned"] = time.monotonic()

    @event.listens_for(engine, "checkout")
    def taken(connection: Any, record: Any, _proxy: object) -> None:
        since = record.info.get("returned")
        if since is None or (time.monotonic() - since < PING_AFTER_SECONDS and _is_quiet(record)):
            return
        with contextlib.suppress(psycopg.Error):
            if engine.dialect.do_ping(connection):
                return
        raise InvalidatePoolError


def _is_quiet(record: Any) -> bool:
    """Nothing waits to be read; a closed connection would have its end to say."""
    raw = record.driver_connection
    if not isinstance(raw, psycopg.Connection) or raw.closed:
        return False
    poll = select.poll()
    poll.register(raw.fileno(), select.POLLIN)
    return not poll.poll(0)
