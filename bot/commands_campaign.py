"""`zhanggui campaign …`: whom a rule would choose, what it costs, what it brought (rows E2, E6)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar, cast

import click
from sqlalchemy import Engine

from actions import campaign_reports as reports
from actions.house import House
from bot.bootstrap import make_house
from bot.clock import make_clock
from bot.settings import load_settings
from shop.campaigns import Cost
from shop.files import load
from shop.model import UnknownIdError
from shop.money import short_fen

T = TypeVar("T")


@click.group()
def campaign() -> None:
    """Campaigns: the rules by which the shop speaks first."""


@campaign.command("list")
def list_campaigns() -> None:
    """The campaigns of shop.yml, the highest priority in front."""
    shop = load(load_settings().shop)
    for each in sorted(shop.campaigns, key=lambda one: -one.priority):
        mark = "" if each.running else "  (not running)"
        click.echo(f"{each.id}  {each.name}  {each.trigger.on}  priority {each.priority}{mark}")
    if not shop.campaigns:
        click.echo("No campaigns in shop.yml.")


@campaign.command()
@click.argument("name")
@click.pass_context
def preview(ctx: click.Context, name: str) -> None:
    """Say who would get what, why, and what it costs; nothing is sent or given."""
    house = _house(ctx)
    found = _asked(lambda: reports.preview(house, name))
    rule = found.campaign
    click.echo(f"{rule.name}：{reports.why(house.shop, rule)}")
    if not found.speaks_today:
        click.echo("今天不发（不在活动日子里）。")
        return
    click.echo(f"会发给 {found.treated} 位，另有 {found.held_out} 位留作对照不发。")
    click.echo(f"每位最多 {_cost(found.each)}，一共最多 {_cost(found.cost)}。")
    for each in found.shown:
        group = "对照" if each.held_out else "发"
        click.echo(f"  {group}  {each.name}  {_facts(each.facts)}")
    if found.message:
        click.echo(f"\n第一位会收到：\n{found.message}")


@campaign.command("dry-run")
@click.argument("name")
@click.option("--days", default=365, show_default=True, type=click.IntRange(1, reports.MAX_DAYS))
@click.pass_context
def dry_run(ctx: click.Context, name: str, days: int) -> None:
    """Let the rule choose on each of the past days, as it would have; nothing is sent or given."""
    house = _house(ctx)
    found = _asked(lambda: reports.dry_run(house, name, days=days))
    for month in found.months:
        click.echo(f"{month.month}  发 {month.treated} 次（{month.members} 位），对照 {month.held_out}")
    click.echo(f"过去 {days} 天一共会发 {found.treated} 次，最多花 {_cost(found.cost)}。")


@campaign.command()
@click.argument("name")
@click.option("--picture", type=click.Path(dir_okay=False, path_type=Path), help="Write the picture (SVG).")
@click.pass_context
def report(ctx: click.Context, name: str, picture: Path | None) -> None:
    """What was sent and used, what it cost, and what it brought against the hold-out."""
    house = _house(ctx)
    found = _asked(lambda: reports.report(house, name))
    figures = found.figures
    click.echo(f"{found.campaign.name}：{found.in_words}")
    click.echo(
        f"给了 {figures.granted} 位，等着 {figures.waiting} 位，没给成 {figures.dropped} 位；"
        f"消息发出 {figures.sent} 条，送到 {figures.delivered} 条。"
    )
    click.echo(
        f"券 {figures.coupons} 张，用了 {sum(figures.used.values())} 张；到现在花了 {_cost(found.spent)}。"
    )
    for title, group in (("发了的", figures.treated), ("对照", figures.held_out)):
        each = short_fen(round(group.mean_fen))
        click.echo(f"{title}：{group.members} 位，{group.buyers} 位来消费过，人均 {each}。")
    click.echo(f"算的是选中后 {found.campaign.measure_days} 天内的消费，冲正的不算。")
    if picture is not None:
        from bot.pictures.campaign import draw  # noqa: PLC0415

        picture.write_text(draw(found, colour=house.shop.brand_colour), encoding="utf-8")
        click.echo(str(picture))


def _house(ctx: click.Context) -> House:
    settings = load_settings()
    engine = cast("Callable[[], Engine]", ctx.obj["engine"])()
    return make_house(engine, load(settings.shop), make_clock(settings.clock_file))


def _asked(ask: Callable[[], T]) -> T:
    try:
        return ask()
    except UnknownIdError as error:
        raise click.ClickException(f"{error.args[0]}; `zhanggui campaign list` names them") from error


def _cost(cost: Cost) -> str:
    return short_fen(cost.fen) + ("（不封顶的折扣没算）" if cost.open else "")


def _facts(facts: object) -> str:
    """Why this member, from the plain values that were kept."""
    if not isinstance(facts, dict):
        return ""
    said = []
    if "days" in facts:
        said.append(f"{facts['days']} 天没来")
    if "balance_fen" in facts:
        said.append(f"余额 {short_fen(int(facts['balance_fen']))}")
    if "item" in facts:
        said.append(f"常做 {facts['item']}")
    if "paid_fen" in facts:
        said.append(f"这笔 {short_fen(int(facts['paid_fen']))}")
    return "，".join(said)
