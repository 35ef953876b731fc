"""Campaigns: whom they chose, on which occasion, and what came of it."""

from __future__ import annotations

from alembic import op

from ledger.migrations import run_sql_file

revision = "0011"
down_revision: str | None = "0010"


def upgrade() -> None:
    run_sql_file(op.get_bind(), "0011_campaigns.sql")
