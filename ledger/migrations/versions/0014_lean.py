"""What an entry at the counter need not do: docs/decisions/an-entry-does-only-what-is-read-again.md."""

from __future__ import annotations

from alembic import op

from ledger.migrations import run_sql_file

revision = "0014"
down_revision: str | None = "0013"


def upgrade() -> None:
    run_sql_file(op.get_bind(), "0014_lean.sql")
