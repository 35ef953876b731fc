"""`zhanggui campaign …` as an owner runs it, and the picture (rows E2, E6)."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from xml.etree import ElementTree

import pytest
from campaign_support import NOW, Town, shop_with
from click.testing import CliRunner, Result
from rules_kit import RICH
from sqlalchemy import Engine

from actions import campaign_reports, campaigns
from bot import commands_campaign
from bot.pictures.campaign import draw
from shop import campaigns as campaign_rules

RULE = """
- id: back
  name: 回来吧
  trigger: {on: dormant, days: 30}
  gives: {points: 50, coupons: [{coupon: off20}]}
  held_out_percent: %d
  text: "{name}，送您{gifts}"
"""


@pytest.fixture
def town(engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Town:
    rules = RULE % 50
    lines = "\n".join(f"  {line}" for line in rules.strip("\n").splitlines())
    path = tmp_path / "shop.yml"
    path.write_text(f"{RICH}campaigns:\n{lines}\n", encoding="utf-8")
    monkeypatch.setenv("ZHANGGUI_SHOP", str(path))
    monkeypatch.setattr(commands_campaign, "make_clock", lambda _file: lambda: NOW)
    return Town(engine, shop_with(rules))


def run(town: Town, *arguments: str) -> Result:
    return CliRunner().invoke(commands_campaign.campaign, arguments, obj={"engine": lambda: town.engine})


def test_list_preview_dry_run_and_report(town: Town, tmp_path: Path) -> None:
    town.join_many(80)
    assert "  0  back  回来吧：30 天没来消费；所有会员" in run(town, "list").output
    shown = run(town, "preview", "back")
    assert shown.exit_code == 0, shown.output
    assert "每位最多花 ¥20.50，一共最多" in shown.output
    assert "小林，送您50 积分、20元券 1 张" in shown.output
    tried = run(town, "dry-run", "back", "--days", "60")
    assert "要是 60 天前就开着：\n  2026-08  发 " in tried.output
    campaigns.sweep(town.house)
    for member, stands in town.chosen("back").items():
        if stands == "granted":
            town.buys(member, 10000 + member * 10, days_ago=-0.01)
    picture = tmp_path / "lift.svg"
    told = run(town, "report", "back", "--picture", str(picture))
    assert told.exit_code == 0, told.output
    assert told.output.startswith("回来吧：")
    assert "位来消费过，人均" in told.output
    assert str(picture) in told.output
    assert run(town, "report", "nobody").exit_code == 1
    assert "no campaign" in run(town, "preview", "nobody").output


def test_the_picture_is_an_svg_that_says_it_in_words(town: Town) -> None:
    town.join_many(120)
    campaigns.sweep(town.house)
    for member, stands in town.chosen("back").items():
        town.buys(member, 20000 if stands == "granted" else 5000, days_ago=-1)
    late = campaign_reports.report(Town(town.engine, town.shop, now=NOW.replace(day=25)).house, "back")
    assert late.lift.verdict == "more"
    root = ElementTree.fromstring(draw(late, colour="#C8506E"))
    said = "".join(root.itertext())
    assert late.in_words in said
    assert "没发（对照）" in said
    few = campaign_reports.report(town.house, "back")
    assert few.figures.treated.buyers == 0  # nothing was bought yet by the clock of that day


def test_a_preview_says_rule_people_and_cost_in_an_owners_words(town: Town) -> None:
    away, regular = town.joins(name="小周", days_ago=50), town.joins(name="小林")
    for days in (95, 65, 35):
        town.buys(regular, 5000, days_ago=days)
    assert campaign_rules.held_out("back", away, 50)
    assert run(town, "preview", "back").output == (
        "回来吧（back）\n什么时候：30 天没来消费\n给谁：所有会员\n给什么：50 积分、20元券 1 张\n\n"
        "现在有 2 位符合：发给 1 位。\n另外 1 位留作对照，先不发，过后比一比才知道活动带来多少。\n"
        "每位最多花 ¥20.50，一共最多 ¥20.50。\n\n"
        "  对照  小周（会员号 1）  50 天没来\n  发给  小林（会员号 2）  35 天没来，偏爱护理\n\n"
        "会员收到的话：\n小林，送您50 积分、20元券 1 张\n"
    )
    assert run(town, "report", "back").output.startswith("回来吧：还没有选过会员。")
    assert town.count("campaign_member") == 0


def test_nobody_fits_and_another_day(town: Town) -> None:
    assert "现在没有会员符合。" in run(town, "preview", "back").output
    assert "过去 30 天没有会员符合。" in run(town, "dry-run", "back", "--days", "30").output
    rule = (
        "- {id: moon, name: 中秋, trigger: {on: holiday, holiday: mid_autumn, days: 3}, text: 好}\n"
        "- {id: past, name: 过去, trigger: {on: joined}, when: {until: 2026-01-01}, text: 好}"
    )
    house = Town(town.engine, shop_with(rule)).house
    assert campaign_reports.preview(house, "moon").next_day == date(2027, 9, 12)
    assert campaign_reports.preview(house, "past").next_day is None
