"""`zhanggui shop …`: commands about the shop's definition."""

from __future__ import annotations

import json
from pathlib import Path

import click
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from shop.files import Problem, inspect
from shop.model import Shop
from shop.money import short_fen
from shop.texts import TEXTS


@click.group()
def shop() -> None:
    """The definition of the shop (shop.yml)."""


@shop.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.pass_context
def check(context: click.Context, file: Path) -> None:
    """Check the definition in FILE: every problem with its line and what to write instead.

    Exit code 1 when the shop cannot be used; warnings do not count.
    """
    inspection = inspect(file)
    for problem in inspection.problems:
        click.echo(_problem_text(file, problem))
    errors = sum(problem.severity == "error" for problem in inspection.problems)
    if inspection.shop is None:
        click.echo(f"{file}: {errors} problem{'s' if errors > 1 else ''} to correct.")
        context.exit(1)
    Console().print(_summary(inspection.shop))
    click.echo(f"{file} is in order (version {inspection.shop.version}).")


@shop.command()
def texts() -> None:
    """List the texts a shop may put in its own words (texts.sentences), with their placeholders."""
    for name, wording in TEXTS.items():
        click.echo(f"{name}: {json.dumps(wording, ensure_ascii=False)}")


def _problem_text(file: Path, problem: Problem) -> str:
    """file:line:column, as editors understand it, then what is wrong and the remedy."""
    where = f"{file}:{problem.line}:{problem.column}"
    return f"{where}: {problem.severity}: {problem.field}: {problem.message}.\n    {problem.remedy}"


def _summary(definition: Shop) -> Table:
    table = Table(title=escape(definition.name), show_header=False)
    for label, value in _rows(definition):
        table.add_row(label, escape(value))
    return table


def _rows(definition: Shop) -> list[tuple[str, str]]:
    tiers = [f"{short_fen(tier.amount_fen)}+{short_fen(tier.gift_fen)}" for tier in definition.top_up.tiers]
    limits = [
        f"{role.name} {short_fen(role.per_entry_fen) if role.per_entry_fen else 'no limit'}"
        for role in definition.roles
    ]
    return [
        ("stores", ", ".join(store.name for store in definition.stores)),
        ("services", str(len(definition.services))),
        ("goods", str(len(definition.goods))),
        ("technicians", str(len(definition.technicians))),
        ("top-up tiers", ", ".join(tiers)),
        ("levels", " → ".join(level.name for level in definition.levels)),
        ("packs", ", ".join(f"{pack.name} {short_fen(pack.price_fen)}" for pack in definition.packs)),
        ("coupons", ", ".join(kind.name for kind in definition.coupons)),
        ("points campaigns", ", ".join(each.name for each in definition.points.campaigns)),
        ("rewards", ", ".join(f"{reward.name} {reward.points}" for reward in definition.rewards)),
        ("payment methods", ", ".join(method.name for method in definition.payment_methods)),
        ("per entry", ", ".join(limits)),
    ]
