"""The command line: `zhanggui …`. Every command wires itself through `bot.bootstrap`."""

from __future__ import annotations

import importlib
import os
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from typing import TYPE_CHECKING, TypeVar, cast

import click
from sqlalchemy import Engine

from bot.embedded import servers
from bot.settings import SettingsError, load_settings, require_wechat
from shop.files import ShopFileError

if TYPE_CHECKING:
    from ledger.records.staff import Role

T = TypeVar("T")


class _CleanErrors(click.Group):
    """What an operator can mend is told in one message, without a traceback."""

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except (SettingsError, servers.DataDirInUseError, ShopFileError) as error:
            raise click.ClickException(str(error)) from error

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        return super().get_command(ctx, cmd_name) or _room_command(cmd_name)

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted({*super().list_commands(ctx), *ROOMS_COMMANDS})


# The commands that the other rooms bring, imported only when they are asked for.
ROOMS_COMMANDS = {
    "campaign": "bot.commands_campaign",
    "export": "bot.commands_export",
    "ledger": "ledger.commands",
    "nlu": "nlu.commands",
    "parse": "nlu.commands",
    "shop": "bot.commands_shop",
}


def _room_command(name: str) -> click.Command | None:
    if name not in ROOMS_COMMANDS:
        return None
    command: click.Command = getattr(importlib.import_module(ROOMS_COMMANDS[name]), name)
    return command


@click.group(cls=_CleanErrors)
@click.version_option(package_name="zhanggui")
@click.pass_context
def main(ctx: click.Context) -> None:
    """Zhanggui 掌柜, the member assistant that keeps the book."""
    ctx.ensure_object(dict)
    ctx.obj["engine"] = lambda: _engine_for_command(ctx)
    ctx.obj["redis_url"] = lambda: servers.running_redis(load_settings())


def _engine_for_command(ctx: click.Context) -> Engine:
    """An engine for a short command, on the operator's database or on the data folder's own server."""
    from bot.bootstrap import make_engine  # noqa: PLC0415

    settings = load_settings()
    addresses = ctx.with_resource(servers.running(settings))
    engine = make_engine(addresses.database_url, pool_size=2)
    ctx.call_on_close(engine.dispose)
    return engine


@main.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8000, show_default=True)
@click.option("--workers", default=2, show_default=True, help="Web processes.")
@click.option("--threads", default=16, show_default=True, help="Threads of each process.")
def serve(host: str, port: int, workers: int, threads: int) -> None:
    """Serve the WeChat webhook and the pages."""
    settings = load_settings()
    require_wechat(settings)
    with ExitStack() as stack:
        if settings.database_url is None or settings.redis_url is None:
            stack.enter_context(servers.lock_data_dir(settings.data_dir))
        addresses = stack.enter_context(servers.running(settings))
        _export(addresses)
        _ensure_migrated(addresses.database_url)
        metrics_dir = stack.enter_context(tempfile.TemporaryDirectory(prefix="zhanggui-metrics-"))
        os.environ.setdefault("PROMETHEUS_MULTIPROC_DIR", metrics_dir)
        run_web("webhook.main:make_app", host=host, port=port, workers=workers, threads=threads)


def run_web(target: str, *, host: str, port: int, workers: int, threads: int) -> None:
    """Run granian over a factory named by text: the web room is above this one and is not imported here."""
    from granian import Granian  # noqa: PLC0415
    from granian.constants import Interfaces  # noqa: PLC0415

    Granian(
        target,
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        factory=True,
        workers=workers,
        blocking_threads=threads,
        respawn_failed_workers=True,
        log_access=False,
    ).serve()


@main.command()
@click.option("--concurrency", default=4, show_default=True, help="Messages sent at the same time.")
def worker(concurrency: int) -> None:
    """Send what is due: receipts, late replies, reminders."""
    from bot.worker import run  # noqa: PLC0415

    settings = load_settings()
    require_wechat(settings)
    with ExitStack() as stack:
        addresses = stack.enter_context(servers.running(settings, may_start=False))
        run(settings, addresses, concurrency=concurrency)


@main.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8000, show_default=True)
@click.option("--members", default=200, show_default=True, help="Members with a year of history.")
@click.option("--nlu/--no-nlu", default=True, help="Prepare and start the language model.")
def demo(host: str, port: int, members: int, nlu: bool) -> None:
    """Start everything on this machine, with a stand-in for WeChat."""
    from bot.demo.run import run_demo  # noqa: PLC0415

    run_demo(load_settings(), host=host, port=port, members=members, with_nlu=nlu)


@main.group()
def db() -> None:
    """The database."""


@db.command()
def upgrade() -> None:
    """Bring the database to this version; safe to run again."""
    from ledger import migrations  # noqa: PLC0415

    settings = load_settings()
    with servers.running(settings) as addresses:
        migrations.upgrade(addresses.database_url)
        click.echo(f"The database is at version {migrations.current(addresses.database_url)}.")


@db.command()
@click.argument("role")
def grant(role: str) -> None:
    """Give ROLE, as which web and worker connect, what they need and nothing that changes the book."""
    from ledger.migrations import rights  # noqa: PLC0415

    settings = load_settings()
    with servers.running(settings) as addresses:
        try:
            rights.grant(addresses.database_url, role)
        except rights.NoSuchRoleError:
            raise click.ClickException(
                f'There is no role "{role}". Make it first, as the database\'s owner: '
                f"CREATE ROLE \"{role}\" LOGIN PASSWORD '…'"
            ) from None
        click.echo(f'"{role}" may read and write, and cannot change or delete what is in the book.')


@main.group()
def staff() -> None:
    """Staff."""


@staff.command()
@click.option("--role", required=True, type=click.Choice(["cashier", "manager", "head_office", "owner"]))
@click.option("--store", default=None, help="Id of the store; cashiers and managers need one.")
@click.option("--name", default="店员", show_default=True, help="Name shown to colleagues.")
@click.pass_context
def invite(ctx: click.Context, role: str, store: str | None, name: str) -> None:
    """Print a one-time code; the new colleague sends “绑定员工 CODE” to the account."""
    from actions.membership import staffing  # noqa: PLC0415
    from bot.bootstrap import make_house  # noqa: PLC0415
    from bot.clock import make_clock  # noqa: PLC0415
    from shop.files import load  # noqa: PLC0415
    from shop.model import UnknownIdError  # noqa: PLC0415

    if role in {"cashier", "manager"} and store is None:
        raise click.UsageError(f"a {role} works in a store: add --store")
    settings = load_settings()
    shop = load(settings.shop)
    house = make_house(ctx.obj["engine"](), shop, make_clock(settings.clock_file))
    try:
        code = staffing.invite(
            house, name=name, role=cast("Role", role), store_id=store, created_by="command line"
        )
    except UnknownIdError as error:
        raise click.ClickException(str(error.args[0])) from error
    click.echo(code)


@main.group()
def wechat() -> None:
    """The WeChat account."""


@wechat.command()
def menu() -> None:
    """Create the account's menu."""
    from bot.conversation.menu import menu as account_menu  # noqa: PLC0415

    _with_client(lambda client: client.create_menu(account_menu()))
    click.echo("The menu is created; phones show it within five minutes.")


def _with_client(use: Callable[..., T]) -> T:
    from bot import delivery_store  # noqa: PLC0415
    from bot.bootstrap import make_client  # noqa: PLC0415

    settings = load_settings()
    require_wechat(settings)
    with servers.running(settings) as addresses:
        client = make_client(settings, delivery_store.connect(addresses.redis_url))
        return use(client)


def _export(addresses: servers.Addresses) -> None:
    """Tell child processes where the servers are."""
    os.environ["ZHANGGUI_DATABASE_URL"] = addresses.database_url
    os.environ["ZHANGGUI_REDIS_URL"] = addresses.redis_url


def _ensure_migrated(database_url: str) -> None:
    from ledger import migrations  # noqa: PLC0415

    if not migrations.is_current(database_url):
        raise SettingsError("The database is not at this version. Run `zhanggui db upgrade` first.")


if __name__ == "__main__":
    main()
