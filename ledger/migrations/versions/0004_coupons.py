"""Coupons given to members."""

from __future__ import annotations

from alembic import op

from ledger.migrations import run_sql_file

revision = "0004"
down_revision: str | None = "0003"


def upgrade() -> None:
    run_sql_file(op.get_bind(), "0004_coupons.sql")
