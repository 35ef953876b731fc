"""SQL texts are parsed once: SQLAlchemy would look for the parameters of a text anew at every call."""

from __future__ import annotations

from functools import lru_cache

from sqlalchemy import TextClause, text


@lru_cache(maxsize=256)
def sql(statement: str) -> TextClause:
    return text(statement)
