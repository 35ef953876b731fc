"""Bookings, rosters and waiting lists."""

from __future__ import annotations

from alembic import op

from ledger.migrations import run_sql_file

revision = "0007"
down_revision: str | None = "0006"


def upgrade() -> None:
    run_sql_file(op.get_bind(), "0007_booking.sql")
