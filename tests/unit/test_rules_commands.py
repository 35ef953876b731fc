"""`zhanggui shop check` on files an owner got wrong, as he meets it."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner
from rules_kit import RICH, changed

from shop.commands import shop
from shop.files import load

EXAMPLES = sorted((Path(__file__).parents[2] / "shop" / "examples").glob("*.yml"))


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("gift: 144", "gift: 400", "Write ¥96 to ¥144: ±20 % of ¥120."),
        (", services: [facial], lifetime_months", ", lifetime_months", "Write services:"),
        ("amount: 800, gift: 120", "amount: -800, gift: 120", "no minus sign"),
        ("coupon: off20, count: 2", "coupon: off2, count: 2", "Use one of: off20."),
        ("grace_days: 30", "grace_day: 30", "Do you mean “grace_days”?"),
        ("multiplier: 2,", "multiplyer: 2,", "Do you mean “multiplier”?"),
    ],
)
def test_the_line_and_the_remedy_are_shown(tmp_path: Path, old: str, new: str, said: str) -> None:
    file = tmp_path / "shop.yml"
    file.write_text(changed(old, new), encoding="utf-8")
    done = CliRunner().invoke(shop, ["check", str(file)])
    line = RICH[: RICH.index(old)].count("\n") + 1
    assert done.exit_code == 1
    assert f"{file}:{line}:" in done.output
    assert said in done.output


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_every_example_is_in_order_and_uses_the_rules(example: Path) -> None:
    done = CliRunner().invoke(shop, ["check", str(example)])
    assert done.exit_code == 0
    assert "error" not in done.output
    assert "warning" not in done.output
    definition = load(example)
    tiers = definition.top_up.tiers
    assert any(tier.instalments > 1 for tier in tiers)
    assert any(tier.coupons for tier in tiers)
    assert any(tier.entitlements for tier in tiers)
    assert any(tier.level for tier in tiers)
    assert any(tier.segment for tier in tiers)
    assert len(definition.levels) >= 4
    assert definition.packs
    assert definition.points.campaigns
