"""The book does what the model does, whatever the order of events."""

from __future__ import annotations

from ledger_model import run_model
from ledger_support import database
from sqlalchemy import create_engine

from bot.embedded.postgres import PostgresServer


def test_the_book_does_what_the_model_does(postgres_server: PostgresServer) -> None:
    with database(postgres_server) as url:
        engine = create_engine(url)
        run_model(engine, examples=12, steps=15)
        engine.dispose()
