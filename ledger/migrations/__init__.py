"""The database's versions: one file each, applied in order by `upgrade`."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.pool import NullPool

HERE = Path(__file__).parent
# Any fixed number will do: it only has to be the same in every process that migrates.
ADVISORY_LOCK = 0x7A68616E67677569  # "zhanggui"


def upgrade(url: str) -> None:
    """Bring the database at `url` to the newest version. Safe to run from several processes at once."""
    engine = create_engine(url, poolclass=NullPool)
    with engine.connect() as connection:
        connection.execute(text("SELECT pg_advisory_lock(:lock)"), {"lock": ADVISORY_LOCK})
        connection.commit()
        try:
            command.upgrade(_config(connection), "head")
        finally:
            connection.rollback()
            connection.execute(text("SELECT pg_advisory_unlock(:lock)"), {"lock": ADVISORY_LOCK})
            connection.commit()


def current(url: str) -> str | None:
    """The version of the database at `url`, None when it is empty."""
    engine = create_engine(url, poolclass=NullPool)
    with engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def is_current(url: str) -> bool:
    """Whether the database at `url` is at the newest version of this program."""
    return current(url) == ScriptDirectory(str(HERE)).get_current_head()


def run_sql_file(connection: Connection, name: str) -> None:
    """Run `sql/<name>` as it stands: several statements, no parameters, so `%` and `:` mean themselves."""
    script = (HERE / "sql" / name).read_text(encoding="utf-8")
    run_script(connection, script)


def run_script(connection: Connection, script: str) -> None:
    connection.exec_driver_sql("SELECT 1")  # make sure that SQLAlchemy's transaction has begun
    cursor = connection.connection.cursor()
    cursor.execute(script)
    cursor.close()


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(HERE))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config
