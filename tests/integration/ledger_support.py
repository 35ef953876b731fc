"""Shared by the ledger's tests: a database for a whole module, members, headers, lines, readable postings."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import psycopg
from sqlalchemy import Connection, text

from bot.embedded.postgres import PostgresServer
from ledger.book import Balances, Header, Line, Posted
from ledger.records import members

NOW = datetime(2026, 3, 1, 10, tzinfo=UTC)
DAY = timedelta(days=1)

_numbers = itertools.count(1)


@contextmanager
def database(server: PostgresServer, template: str = "template_zhanggui") -> Iterator[str]:
    """The URL of a fresh, migrated database."""
    name = f"ledger_{next(_numbers)}"
    with psycopg.connect(server.conninfo(), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
    yield server.url(name)
    with psycopg.connect(server.conninfo(), autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


def new_member(connection: Connection, name: str = "小林") -> int:
    return members.create(connection, name=name, home_store_id="s1", level="silver", joined_at=NOW)


def header(
    key: str,
    member_id: int,
    *,
    store_id: str = "s1",
    at: datetime = NOW,
    memo: str = "",
    actor: str = "staff:1",
) -> Header:
    return Header(
        key=key,
        store_id=store_id,
        actor=actor,
        member_id=member_id,
        occurred_at=at,
        recorded_at=at,
        memo=memo,
    )


def line(paid_fen: int, list_fen: int | None = None) -> Line:
    return Line("facial", "面部护理", "care", 1, paid_fen if list_fen is None else list_fen, paid_fen)


def posted(outcome: object) -> Balances:
    assert isinstance(outcome, Posted), outcome
    return outcome.balances


def postings(connection: Connection, outcome: object) -> dict[str, int]:
    """What a transfer posted: {"member/paid_in": 100, "s1/cash/wechat": -100}."""
    assert isinstance(outcome, Posted), outcome
    rows = connection.execute(
        text("""
            SELECT concat_ws('/', CASE WHEN a.member_id IS NULL THEN nullif(a.store_id, '') ELSE 'member' END,
                             a.kind, nullif(a.code, '')), p.amount
            FROM posting p JOIN account a ON a.id = p.account_id WHERE p.transfer_id = :id
        """),
        {"id": outcome.transfer_id},
    )
    return {row[0]: row[1] for row in rows}
