"""Campaigns over a million members: a lighter index on what was chosen lately."""

from __future__ import annotations

from alembic import op

from ledger.migrations import run_sql_file

revision = "0013"
down_revision: str | None = "0012"


def upgrade() -> None:
    run_sql_file(op.get_bind(), "0013_sweep.sql")
