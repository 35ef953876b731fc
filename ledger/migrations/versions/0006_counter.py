"""Approvals and day closes."""

from __future__ import annotations

from alembic import op

from ledger.migrations import run_sql_file

revision = "0006"
down_revision: str | None = "0005"


def upgrade() -> None:
    run_sql_file(op.get_bind(), "0006_counter.sql")
