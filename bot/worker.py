"""The worker's process: sends what is due."""

from __future__ import annotations

from bot.bootstrap import build
from bot.embedded.servers import Addresses
from bot.logs import setup_logging
from bot.outreach.jobs import OutreachContext, run_worker
from bot.settings import Settings, SettingsError


def run(settings: Settings, addresses: Addresses, *, concurrency: int) -> None:
    """Work until SIGTERM."""
    setup_logging(level=settings.log_level.upper())
    program = build(settings, addresses)
    if program.client is None:
        raise SettingsError("a worker needs a WeChat account")
    context = OutreachContext(engine=program.engine, client=program.client, clock=program.clock)
    try:
        run_worker(context, addresses.database_url, concurrency=concurrency)
    finally:
        program.close()
