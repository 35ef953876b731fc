"""`zhanggui shop …`: the commands of `shop.commands`, and those that need the database."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import cast
from zoneinfo import ZoneInfo

import click
from sqlalchemy import Engine

from bot.settings import load_settings
from ledger.records import rules as records
from shop.commands import shop
from shop.files import load

__all__ = ["shop"]


@shop.command()
@click.argument("version", required=False)
@click.pass_context
def rules(context: click.Context, version: str | None) -> None:
    """List the versions of the rules that were in use, or print VERSION as JSON (money in fen)."""
    engine = cast("Callable[[], Engine]", context.obj["engine"])()
    with engine.connect() as connection:
        if version is not None:
            content = records.content_of(connection, version)
            if content is None:
                raise click.ClickException(
                    f"no version {version} was in use here; `zhanggui shop rules` lists them"
                )
            click.echo(json.dumps(content, ensure_ascii=False, indent=2))
            return
        listed = records.listed(connection)
    definition = load(load_settings().shop)
    for each in listed:
        mark = "  ← now" if each.version == definition.version else ""
        first = each.first_used_at.astimezone(ZoneInfo(definition.timezone))
        click.echo(
            f"{each.version}  since {first:%Y-%m-%d %H:%M}  {each.transfers} entries explained by it{mark}"
        )
    if not listed:
        click.echo("No rules were in use here yet.")
