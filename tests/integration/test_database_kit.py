"""What the other tests stand on: a database that is given again has nothing of the one before."""

from __future__ import annotations

from collections.abc import Callable

import psycopg
import pytest
from database_kit import MOST_ROWS, Database, Databases
from ledger_support import header, new_member
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.exc import DBAPIError

from ledger.book import top_up

INSERT = """
    INSERT INTO procrastinate_jobs (task_name, queue_name) SELECT 'x', 'x' FROM generate_series(1, :rows)
"""
TABLES = """
    SELECT c.oid::regclass::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind = 'r' AND n.nspname = 'public'
"""


def run(database: Database, *statements: str, **values: object) -> None:
    with database.engine.begin() as connection:
        for statement in statements:
            connection.execute(text(statement), values)


def counts(database: Database) -> dict[str, int]:
    with database.engine.connect() as connection:
        names = connection.execute(text(TABLES)).scalars().all()
        return {
            name: int(connection.execute(text(f"SELECT count(*) FROM {name}")).scalar_one()) for name in names
        }


def backend(database: Database) -> int:
    with database.engine.connect() as connection:
        return int(connection.execute(text("SELECT pg_backend_pid()")).scalar_one())


def test_rows_and_numbers_begin_anew_on_the_same_connection(databases: Databases) -> None:
    seen = []
    for _turn in range(2):
        with databases.one() as database:
            assert {name for name, count in counts(database).items() if count} == {"alembic_version"}
            with database.engine.begin() as connection:
                member_id = new_member(connection)
                done = top_up(connection, header("k", member_id), paid_fen=500, payment_method="cash")
            seen.append((database.name, backend(database), member_id, done))
    assert seen[0] == seen[1]


def disable_a_trigger(database: Database) -> None:
    run(database, "ALTER TABLE posting DISABLE TRIGGER append_only")


def replace_a_function(database: Database) -> None:
    run(database, "CREATE FUNCTION one() RETURNS int LANGUAGE sql AS 'SELECT 1'")


def rename_a_table(database: Database) -> None:
    run(database, "ALTER TABLE rules RENAME TO gone", "ALTER TABLE gone RENAME TO rules")


def change_the_version(database: Database) -> None:
    run(database, "UPDATE alembic_version SET version_num = 'x'")


def write_very_much(database: Database) -> None:
    run(database, INSERT, rows=MOST_ROWS + 1)


def keep_a_connection(database: Database) -> Connection:
    return database.engine.connect()


def lose_the_connections(database: Database) -> None:
    number = backend(database)
    other = create_engine(database.url)
    with other.connect() as connection:
        connection.execute(text("SELECT pg_terminate_backend(:number, 10000)"), {"number": number})
    other.dispose()


@pytest.mark.parametrize(
    "change",
    [
        disable_a_trigger,
        replace_a_function,
        rename_a_table,
        change_the_version,
        write_very_much,
        keep_a_connection,
        lose_the_connections,
    ],
)
def test_what_cannot_be_brought_back_is_not_given_again(
    databases: Databases, change: Callable[[Database], Connection | None]
) -> None:
    with databases.one() as first:
        kept = change(first)
    with databases.one() as second:
        assert second.name != first.name
        assert {name for name, count in counts(second).items() if count} == {"alembic_version"}
    with pytest.raises(psycopg.OperationalError, match="does not exist"):
        psycopg.connect(first.url.replace("+psycopg", ""))
    if kept is not None:
        kept.invalidate()
        kept.close()


def test_a_session_begins_anew(databases: Databases) -> None:
    with databases.one() as first, first.engine.connect() as connection:
        for statement in (
            "SET statement_timeout = 1234",
            "CREATE TEMP TABLE posting (id int)",
            "SELECT pg_advisory_lock(7)",
        ):
            connection.execute(text(statement))
        connection.commit()
    with databases.one() as second, second.engine.connect() as connection:
        assert second.name == first.name
        asked = "SELECT current_setting('statement_timeout'), to_regclass('pg_temp.posting')"
        assert connection.execute(text(asked)).one() == ("0", None)
        locks = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'"
        assert connection.execute(text(locks)).scalar_one() == 0


def test_who_is_left_behind_is_cut_off(databases: Databases) -> None:
    with databases.one() as first:
        left = create_engine(first.url).connect()
        left.execute(text("SELECT 1"))
    with databases.one() as second:
        assert second.name == first.name
        with pytest.raises(DBAPIError, match="terminating connection"):
            left.execute(text("SELECT 1"))
    left.invalidate()
    left.close()
