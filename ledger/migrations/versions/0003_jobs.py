"""The job queue's own tables, as procrastinate defines them."""

from __future__ import annotations

from alembic import op
from procrastinate.schema import SchemaManager

from ledger.migrations import run_script

revision = "0003"
down_revision: str | None = "0002"


def upgrade() -> None:
    run_script(op.get_bind(), SchemaManager.get_schema())
