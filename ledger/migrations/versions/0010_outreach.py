"""Reminders and campaigns."""

from __future__ import annotations

from alembic import op

from ledger.migrations import run_sql_file

revision = "0010"
down_revision: str | None = "0009"


def upgrade() -> None:
    run_sql_file(op.get_bind(), "0010_outreach.sql")
