"""The loader of the bench makes a sound book: what is measured on it is measured on the real thing."""

from __future__ import annotations

import psycopg
from ledger_support import database
from rich.console import Console
from sqlalchemy import create_engine
from sqlalchemy.pool import NullPool

from bench.ledger_load import load
from bot.embedded.postgres import PostgresServer
from ledger.book.verify import verify

_INDEXES = "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY 1"


def test_the_loaded_book_is_sound(postgres_server: PostgresServer) -> None:
    with database(postgres_server) as url:
        conninfo = url.replace("+psycopg", "")
        with psycopg.connect(conninfo) as connection:
            before = connection.execute(_INDEXES).fetchall()
        load(conninfo, 12, Console(quiet=True))
        with psycopg.connect(conninfo) as connection:
            assert connection.execute(_INDEXES).fetchall() == before
            counted = connection.execute("SELECT count(*) FROM posting").fetchone()
            assert counted == (12 * 20,)
        with create_engine(url, poolclass=NullPool).begin() as connection:
            assert verify(connection) == []
