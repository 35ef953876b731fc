"""`zhanggui campaign …` as an owner runs it, and the picture (rows E2, E6)."""

from __future__ import annotations

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
    assert "back  回来吧  dormant  priority 0" in run(town, "list").output
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
