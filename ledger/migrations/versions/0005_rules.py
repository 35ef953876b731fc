"""The rules archive, reasons of transfers, instalments and levels."""

from __future__ import annotations

from alembic import op

from ledger.migrations import run_sql_file

revision = "0005"
down_revision: str | None = "0004"


def upgrade() -> None:
    run_sql_file(op.get_bind(), "0005_rules.sql")
