"""Several rows by one prepared statement on the driver's connection; `ledger.book.driver.call` is for one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import LiteralString

import psycopg
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from ledger.book.driver import Row, driver
from ledger.book.values import Busy

_BUSY = (
    psycopg.errors.LockNotAvailable,
    psycopg.errors.QueryCanceled,
    psycopg.errors.DeadlockDetected,
    psycopg.errors.SerializationFailure,
)


def rows(connection: Connection, statement: LiteralString, parameters: Sequence[object]) -> list[Row]:
    """Run one statement (with %s for parameters); all its rows.

    Raises:
        Busy: a lock was not to be had in time, or a deadlock was broken.
        sqlalchemy.exc.DBAPIError: anything else, in SQLAlchemy's class for it.
    """
    try:
        return driver(connection).execute(statement, parameters).fetchall()
    except _BUSY as error:
        raise Busy(str(error)) from error
    except psycopg.Error as error:
        raise DBAPIError.instance(statement, None, error, psycopg.Error) from error
