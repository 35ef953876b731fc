"""Codes, top-up orders, tickets, wishes about data."""

from __future__ import annotations

from alembic import op

from ledger.migrations import run_sql_file

revision = "0009"
down_revision: str | None = "0008"


def upgrade() -> None:
    run_sql_file(op.get_bind(), "0009_service.sql")
