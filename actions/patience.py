"""More time for what sums up a day or a month: an answer that comes late is sent late, not lost."""

from __future__ import annotations

from sqlalchemy import Connection, text

SECONDS = 60


def patient(connection: Connection, *, seconds: int = SECONDS) -> None:
    """Let the statements of this transaction run so long each, instead of the seconds of a chat's answer."""
    set_timeout = text("SELECT set_config('statement_timeout', :timeout, true)")
    connection.execute(set_timeout, {"timeout": f"{int(seconds)}s"})
