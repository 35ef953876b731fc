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
from ledger.records.campaigns import Candidate
from shop import campaign_words as words
from shop import giving
from shop.campaigns import EVENTS, Cost
from shop.files import load
from shop.model import Campaign, CampaignGifts, Shop, UnknownIdError
from shop.money import short_fen
from shop.words import full_date

T = TypeVar("T")


@click.group()
def campaign() -> None:
    """Campaigns: the rules by which the shop speaks first."""


@campaign.command("list")
def list_campaigns() -> None:
    """The campaigns of shop.yml, the highest priority in front."""
    shop = load(load_settings().shop)
    for each in sorted(shop.campaigns, key=lambda one: -one.priority):
        when, whom = words.trigger_text(shop, each), words.segment_text(shop, each)
        mark = "" if each.running else "  （没开）"
        click.echo(f"{each.priority:>3}  {each.id}  {each.name}：{when}；{whom}{mark}")
    if not shop.campaigns:
        click.echo("shop.yml 里还没有 campaigns。")


@campaign.command()
@click.argument("name")
@click.pass_context
def preview(ctx: click.Context, name: str) -> None:
    """Say who would get what, why, and what it costs; nothing is sent or given."""
    house = _house(ctx)
    found = _asked(lambda: reports.preview(house, name))
    for line in (*_rule(house.shop, found.campaign), "", *_outcome(house.shop, found)):
        click.echo(line)
    if not house.shop.campaign(name).running:
        click.echo("\n这条规则还没开：shop.yml 里写着 running: false。")


def _rule(shop: Shop, rule: Campaign) -> list[str]:
    """The rule in words, so that the owner sees what he wrote."""
    gives = giving.listed(shop, giving.of_gifts(rule.gives))
    lines = [
        f"{rule.name}（{rule.id}）",
        f"什么时候：{words.trigger_text(shop, rule)}",
        f"给谁：{words.segment_text(shop, rule)}",
        f"给什么：{gives or '只说一声，不送东西'}",
    ]
    limit = words.limit_text(shop, rule)
    return [*lines, f"次数：{limit}"] if limit else lines


def _outcome(shop: Shop, found: reports.Preview) -> list[str]:
    """Who would get it, what it costs, and what the first of them reads."""
    if not found.speaks_today:
        when = f"下次是 {full_date(found.next_day)}" if found.next_day else "一年里也没有这样的日子"
        return [f"今天不发，不是这个活动的日子；{when}。"]
    when = "过去一天里" if found.campaign.trigger.on in EVENTS else "现在"
    if not found.shown:
        return [f"{when}没有会员符合。"]
    lines = [f"{when}有 {found.treated + found.held_out} 位符合：发给 {found.treated} 位。"]
    if found.held_out:
        lines.append(f"另外 {found.held_out} 位留作对照，先不发，过后比一比才知道活动带来多少。")
    if found.campaign.gives != CampaignGifts():
        lines.append(_costs(found.each, found.cost))
    lines += ["", *(_candidate(shop, found, each) for each in found.shown)]
    left = found.treated + found.held_out - len(found.shown)
    if left:
        lines.append(f"  ……还有 {left} 位")
    return [*lines, "", "会员收到的话：", found.message] if found.message else lines


def _candidate(shop: Shop, found: reports.Preview, each: Candidate) -> str:
    facts = words.facts_text(shop, found.campaign, each.facts)
    own = "、".join(found.tags.get(each.member_id, ()))
    what = "，".join(part for part in (facts, own) if part)
    return f"  {'对照' if each.held_out else '发给'}  {each.name}（会员号 {each.member_id}）  {what}".rstrip()


@campaign.command("dry-run")
@click.argument("name")
@click.option("--days", default=365, show_default=True, type=click.IntRange(1, reports.MAX_DAYS))
@click.pass_context
def dry_run(ctx: click.Context, name: str, days: int) -> None:
    """Let the rule choose on each of the past days, as it would have; nothing is sent or given."""
    house = _house(ctx)
    click.echo("正在一天一天地试算，会员多的店要等几分钟……", err=True)
    found = _asked(lambda: reports.dry_run(house, name, days=days))
    for line in (*_rule(house.shop, found.campaign), ""):
        click.echo(line)
    if not found.months:
        click.echo(f"过去 {days} 天没有会员符合。")
        return
    click.echo("要是一年前就开着：" if days == 365 else f"要是 {days} 天前就开着：")
    for month in found.months:
        members = f"（{month.members} 位会员）" if month.members < month.treated + month.held_out else ""
        click.echo(f"  {month.month}  发 {month.treated} 次，对照 {month.held_out} 次{members}")
    click.echo(f"合计发 {found.treated} 次。")
    if found.campaign.gives != CampaignGifts():
        click.echo(_costs(found.each, found.cost))


@campaign.command()
@click.argument("name")
@click.option("--picture", type=click.Path(dir_okay=False, path_type=Path), help="Write the picture (SVG).")
@click.pass_context
def report(ctx: click.Context, name: str, picture: Path | None) -> None:
    """What was sent and used, what it cost, and what it brought against the hold-out."""
    house = _house(ctx)
    found = _asked(lambda: reports.report(house, name))
    figures = found.figures
    if not figures.treated.members + figures.held_out.members:
        click.echo(f"{found.campaign.name}：还没有选过会员。会发给谁：zhanggui campaign preview {name}")
        return
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


def _costs(each: Cost, total: Cost) -> str:
    """What can be computed beforehand; uncapped discounts and multiplied points follow what is bought."""
    if not each.open:
        return f"每位最多花 {short_fen(each.fen)}，一共最多 {short_fen(total.fen)}。"
    if not each.fen:
        return "花多少要看会员消费多少，事先算不出来。"
    known = f"每位最多花 {short_fen(each.fen)}，一共最多 {short_fen(total.fen)}"
    return f"{known}；不封顶的折扣和多给的积分要看消费多少，没算在里面。"


def _cost(cost: Cost) -> str:
    return short_fen(cost.fen) + ("（不封顶的折扣和多给的积分没算）" if cost.open else "")
