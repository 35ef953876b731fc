"""The rights of the role that web and worker connect as: it may do what the program does, and nothing else.

The book is append-only for everybody, by triggers. A role with these rights could not change it even without
them, and cannot switch them off: the tables belong to the role that migrates (row B11).
"""

from __future__ import annotations

from sqlalchemy import Connection, create_engine, text
from sqlalchemy.pool import NullPool

# Which tables a change or a deletion is refused for, the triggers say.
_GUARDED = text("""
    SELECT c.relname, coalesce(bool_or(t.tgname = 'append_only'), false) AS append_only,
           coalesce(bool_or(t.tgname = 'never_deleted'), false) AS never_deleted
    FROM pg_class c LEFT JOIN pg_trigger t ON t.tgrelid = c.oid AND NOT t.tgisinternal
    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
      AND c.relname <> 'alembic_version'
    GROUP BY c.relname ORDER BY c.relname
""")


class NoSuchRoleError(LookupError):
    """The server has no role of that name."""


def grant(url: str, role: str) -> None:
    """Give a role what web and worker need in a database; safe to run again, and due after each upgrade.

    Args:
        url: for the role that migrates, which owns the tables.
        role: exists, and is not that one.

    Raises:
        NoSuchRoleError: make it first (`CREATE ROLE … LOGIN`).
    """
    engine = create_engine(url, poolclass=NullPool)
    with engine.begin() as connection:
        known = text("SELECT 1 FROM pg_roles WHERE rolname = :role")
        if connection.execute(known, {"role": role}).first() is None:
            raise NoSuchRoleError(role)
        name = connection.dialect.identifier_preparer.quote(role)
        for statement in _statements(connection, name):
            connection.execute(text(statement))


def _statements(connection: Connection, role: str) -> list[str]:
    quote = connection.dialect.identifier_preparer.quote
    statements = [
        f"REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {role}",
        f"GRANT USAGE ON SCHEMA public TO {role}",
        f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {role}",
        f"GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA public TO {role}",
        f"GRANT SELECT ON alembic_version TO {role}",
    ]
    for table, append_only, never_deleted in connection.execute(_GUARDED):
        rights = ["SELECT", "INSERT"]
        if not append_only:
            rights.append("UPDATE")
            if not never_deleted:
                rights.append("DELETE")
        statements.append(f"GRANT {', '.join(rights)} ON {quote(table)} TO {role}")
    return statements
