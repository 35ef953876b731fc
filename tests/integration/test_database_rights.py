"""The role that web and worker connect as: it does a shop's day, and cannot touch what is in the book."""

from __future__ import annotations

import os
from collections.abc import Iterator

import psycopg
import pytest
from ledger_support import database
from rules_support import CASHIER, LIN_PHONE, Scene
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.exc import ProgrammingError

from actions.counter.top_ups import TopUpQuote, TopUpReceipt, TopUpRequest, quote_top_up, record_top_up
from bot.embedded.postgres import PostgresServer
from ledger.book.verify import verify
from ledger.migrations import is_current, rights

ROLE = f"zhanggui_app_{os.getpid()}"


@pytest.fixture
def app_engine(postgres_server: PostgresServer) -> Iterator[Engine]:
    """A database as the restricted role sees it."""
    with psycopg.connect(postgres_server.conninfo(), autocommit=True) as connection:
        connection.execute(f"CREATE ROLE {ROLE} LOGIN")
    with database(postgres_server) as url:
        rights.grant(url, ROLE)
        rights.grant(url, ROLE)  # and again, as after each upgrade
        engine = create_engine(url.replace("postgres@", f"{ROLE}@"))
        yield engine
        engine.dispose()
        with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
            connection.execute(f"DROP OWNED BY {ROLE}")
    with psycopg.connect(postgres_server.conninfo(), autocommit=True) as connection:
        connection.execute(f"DROP ROLE {ROLE}")


def test_a_top_up_with_all_that_comes_with_it(app_engine: Engine) -> None:
    scene = Scene(app_engine)
    scene.hire()
    for key, yuan in (("plain", 100), ("rich", 1600)):
        quote = quote_top_up(
            scene.house, staff_openid=CASHIER, request=TopUpRequest(LIN_PHONE, yuan * 100, "wechat")
        )
        assert isinstance(quote, TopUpQuote)
        receipt = record_top_up(scene.house, staff_openid=CASHIER, quote=quote, key=key)
        assert isinstance(receipt, TopUpReceipt)
    with app_engine.begin() as connection:
        assert verify(connection) == []
        assert connection.execute(text("SELECT count(*) FROM procrastinate_jobs")).scalar_one() > 0
    assert is_current(app_engine.url.render_as_string(hide_password=False))


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE posting SET amount = 0",
        "DELETE FROM transfer",
        "TRUNCATE lot_use",
        "UPDATE act SET actor = ''",
        "DELETE FROM wallet",
        "DELETE FROM member",
        "ALTER TABLE posting DISABLE TRIGGER append_only",
        "DROP TRIGGER append_only ON transfer",
        "CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN END'",
        "SET session_replication_role = replica",
        "UPDATE alembic_version SET version_num = '0001'",
    ],
)
def test_what_it_may_not_do(app_engine: Engine, statement: str) -> None:
    with pytest.raises(ProgrammingError) as refused, app_engine.begin() as connection:
        connection.execute(text(statement))
    assert isinstance(refused.value.orig, psycopg.errors.InsufficientPrivilege)


def test_a_role_that_is_not_there(postgres_server: PostgresServer) -> None:
    with database(postgres_server) as url, pytest.raises(rights.NoSuchRoleError):
        rights.grant(url, "nobody_of_that_name")
