"""Multipliers of points that a member holds for a time; what a campaign gave is found by its entry."""

from __future__ import annotations

from alembic import op

from ledger.migrations import run_sql_file

revision = "0012"
down_revision: str | None = "0011"


def upgrade() -> None:
    run_sql_file(op.get_bind(), "0012_multipliers.sql")
