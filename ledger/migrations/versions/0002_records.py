"""The records around the book: members, staff, codes, messages, acts."""

from __future__ import annotations

from alembic import op

from ledger.migrations import run_sql_file

revision = "0002"
down_revision: str | None = "0001"


def upgrade() -> None:
    run_sql_file(op.get_bind(), "0002_records.sql")
