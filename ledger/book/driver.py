"""The short way to the database for what runs at every event: the driver's own connection, one prepared call.

SQLAlchemy's compiled statements cost three times the CPU of a bare call (docs/ledger.md); the transaction is
the same one, and what goes wrong is raised as SQLAlchemy would.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, LiteralString

import psycopg
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from ledger.book.values import Busy

_BUSY = (
    psycopg.errors.LockNotAvailable,
    psycopg.errors.QueryCanceled,
    psycopg.errors.DeadlockDetected,
    psycopg.errors.SerializationFailure,
)
Row = tuple[Any, ...]


def driver(connection: Connection) -> psycopg.Connection[Row]:
    """The driver's connection under `connection`, within its transaction."""
    if not connection.in_transaction():
        connection.begin()  # else SQLAlchemy would not know that there is something to commit
    raw = connection.connection.driver_connection
    if not isinstance(raw, psycopg.Connection):
        raise TypeError("the ledger needs psycopg 3")
    return raw


def call(connection: Connection, statement: LiteralString, parameters: Sequence[object]) -> Row | None:
    """Run one statement (with %s for parameters); the first row.

    Raises:
        Busy: a lock was not to be had in time, or a deadlock was broken.
        sqlalchemy.exc.DBAPIError: anything else, in SQLAlchemy's class for it.
    """
    try:
        return driver(connection).execute(statement, parameters).fetchone()
    except _BUSY as error:
        raise Busy(str(error)) from error
    except psycopg.Error as error:
        raise DBAPIError.instance(statement, None, error, psycopg.Error) from error
