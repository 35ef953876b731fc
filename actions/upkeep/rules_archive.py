"""Every version of shop.yml in use is kept, so that an old entry can be explained by its rules (row C4)."""

from __future__ import annotations

import structlog
from sqlalchemy.exc import SQLAlchemyError

from actions.house import House
from ledger.records import rules

log = structlog.get_logger()

_kept: set[tuple[str, str]] = set()  # (database, version): asked once a process


def keep(house: House) -> int:
    """Keep the version that this process works with; 1 when it was new to the database, else 0."""
    key = (house.engine.url.render_as_string(), house.shop.version)
    if key in _kept:
        return 0
    with house.engine.begin() as connection:
        is_new = rules.archive(
            connection,
            version=house.shop.version,
            content=house.shop.model_dump(mode="json"),
            now=house.clock(),
        )
    _kept.add(key)
    if is_new:
        log.info("rules.kept", version=house.shop.version)
    return int(is_new)


def keep_if_possible(house: House) -> None:
    """As `keep`, at the start of a process: the database may not be there yet, and the worker tries again."""
    try:
        keep(house)
    except SQLAlchemyError as error:
        log.warning("rules.not_kept", error=type(error).__name__)
