"""Vouchers and referrals."""

from __future__ import annotations

from alembic import op

from ledger.migrations import run_sql_file

revision = "0008"
down_revision: str | None = "0007"


def upgrade() -> None:
    run_sql_file(op.get_bind(), "0008_rewards.sql")
