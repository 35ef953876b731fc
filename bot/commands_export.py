"""`zhanggui export …`: the operator's way to the tables (features B8, B9)."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import cast

import click
from sqlalchemy import Engine

from actions.closing import exports
from actions.closing.export_files import TooManyRowsError
from actions.closing.exports import Format, Wanted, What
from bot.bootstrap import make_house
from bot.clock import make_clock
from bot.settings import load_settings
from shop.files import load
from shop.model import UnknownIdError

_MONTH = re.compile(r"\d{4}-\d{2}")


@click.command()
@click.argument("what", type=click.Choice(["day", "month", "settlement", "entries"]))
@click.option("--store", default=None, help="Id of the store; without it every store.")
@click.option(
    "--date", "written", default=None, help="A day, 2026-11-21, or a month, 2026-11. Default: today."
)
@click.option(
    "--format", "file_format", type=click.Choice(["xlsx", "csv"]), default="xlsx", show_default=True
)
@click.option(
    "--out", type=click.Path(dir_okay=False, path_type=Path), default=None, help="The file to write."
)
@click.pass_context
def export(
    ctx: click.Context, what: str, store: str | None, written: str | None, file_format: str, out: Path | None
) -> None:
    """Write a table: the day closes, a month's closes, the settlement between stores, every entry."""
    settings = load_settings()
    engine = cast("Callable[[], Engine]", ctx.obj["engine"])()
    house = make_house(engine, load(settings.shop), make_clock(settings.clock_file))
    today = house.clock().astimezone(house.shop.zone).date()
    first, last = _days(cast("What", what), written, today)
    path = out or Path(f"{what}-{first if first == last else f'{first:%Y-%m}'}.{file_format}")
    if not path.parent.is_dir():
        raise click.ClickException(f"there is no folder {path.parent}")
    wanted = Wanted(cast("What", what), first, last, store)
    try:
        files = exports.export(
            house, wanted, file_format=cast("Format", file_format), path=path, origin="command line"
        )
    except UnknownIdError as error:
        raise click.ClickException(str(error.args[0])) from error
    except TooManyRowsError as error:
        raise click.ClickException("more rows than Excel holds: use --format csv") from error
    for file in files:
        click.echo(str(file))


def _days(what: What, written: str | None, today: date) -> tuple[date, date]:
    try:
        if written is not None and _MONTH.fullmatch(written):
            return exports.month_of(date.fromisoformat(f"{written}-01"))
        day = today if written is None else date.fromisoformat(written)
    except ValueError as error:
        raise click.UsageError("--date is a day, 2026-11-21, or a month, 2026-11") from error
    return exports.month_of(day) if what in {"month", "settlement"} else (day, day)
