"""What was acknowledged is there, what was not is there whole or not at all: kill -9, a few rounds."""

from __future__ import annotations

from pathlib import Path

from ledger_killing import kill_client_rounds, kill_server_rounds
from ledger_support import database

from bot.embedded.postgres import PostgresServer


def test_clients_killed(postgres_server: PostgresServer) -> None:
    with database(postgres_server) as url:
        assert kill_client_rounds(url, 2) == []


def test_server_killed(scratch_dir: Path) -> None:
    assert kill_server_rounds(scratch_dir / "killed", 2) == []
