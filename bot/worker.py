"""The worker's process: sends what is due."""

from __future__ import annotations

from functools import partial

from actions.reminders import refresh
from bot.bootstrap import Program, build, duties_of, sms_provider
from bot.embedded.servers import Addresses
from bot.logs import setup_logging
from bot.outreach.channels.channel import Channel
from bot.outreach.channels.customer_service import CustomerService
from bot.outreach.channels.sms import ShortMessages
from bot.outreach.channels.subscription import Subscriptions
from bot.outreach.channels.template import Templates
from bot.outreach.jobs import OutreachContext, run_worker
from bot.outreach.router import Router
from bot.outreach.studio import Studio
from bot.outreach.wechat.client import WeChat
from bot.pictures.shelf import Shelf
from bot.settings import Settings, SettingsError


def channels_of(program: Program, client: WeChat, studio: Studio) -> list[Channel]:
    """The ways that this account has; short messages where the operator has set up a provider."""
    engine, shop, settings = program.engine, program.shop, program.settings
    channels: list[Channel] = [
        CustomerService(engine, client, studio),
        Templates(shop, client),
        Subscriptions(engine, shop, client, program.clock),
    ]
    provider = sms_provider(settings)
    if provider is not None:
        channels.append(ShortMessages(engine, shop, provider))
    return channels


def context_of(program: Program) -> OutreachContext:
    """What the worker works with.

    Raises:
        SettingsError: no account is set.
    """
    client, engine = program.client, program.engine
    if client is None:
        raise SettingsError("a worker needs a WeChat account")
    shelf = Shelf(program.settings.data_dir / "pictures")
    studio = Studio(engine, program.shop, client, program.redis, shelf, program.clock)
    router = Router(engine, channels_of(program, client, studio), program.clock)
    return OutreachContext(engine, client, program.clock, studio, router, partial(refresh, program.house))


def run(settings: Settings, addresses: Addresses, *, concurrency: int) -> None:
    """Work until SIGTERM."""
    setup_logging(level=settings.log_level.upper())
    program = build(settings, addresses)
    try:
        run_worker(
            context_of(program),
            addresses.database_url,
            duties=duties_of(program.house),
            concurrency=concurrency,
        )
    finally:
        program.close()
