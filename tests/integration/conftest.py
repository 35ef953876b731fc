"""What the ledger tests share: a database for a whole module, a connection that is rolled back, a member."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from ledger_support import database, new_member
from sqlalchemy import Connection, Engine, create_engine

from bot.embedded.postgres import PostgresServer
from ledger.book.verify import verify


@pytest.fixture(scope="module")
def module_engine(postgres_server: PostgresServer) -> Iterator[Engine]:
    with database(postgres_server) as url:
        engine = create_engine(url)
        yield engine
        engine.dispose()


@pytest.fixture
def connection(module_engine: Engine) -> Iterator[Connection]:
    """A connection whose book is verified at the end of every test, and rolled back."""
    with module_engine.connect() as connection:
        yield connection
        assert verify(connection) == []


@pytest.fixture
def member_id(connection: Connection) -> int:
    return new_member(connection)
