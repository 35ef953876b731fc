"""The book: accounts, wallets, transfers, postings, lots, and the functions that write them."""

from __future__ import annotations

from alembic import op

from ledger.migrations import run_sql_file

revision = "0001"
down_revision: str | None = None


def upgrade() -> None:
    run_sql_file(op.get_bind(), "0001_book.sql")
    run_sql_file(op.get_bind(), "0001_functions.sql")
    run_sql_file(op.get_bind(), "0001_post.sql")
    run_sql_file(op.get_bind(), "0001_grant.sql")
