"""`zhanggui shop rules`: the versions of shop.yml that were in use, kept for ever (row C4)."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from rules_kit import RICH, changed
from rules_support import Scene
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError

from actions.upkeep import rules_archive
from bot.commands_shop import shop as command
from shop.files import loads


def run(engine: Engine, *arguments: str) -> Result:
    return CliRunner().invoke(command, ["rules", *arguments], obj={"engine": lambda: engine})


@pytest.fixture(autouse=True)
def shop_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    file = tmp_path / "shop.yml"
    file.write_text(RICH, encoding="utf-8")
    monkeypatch.setenv("ZHANGGUI_SHOP", str(file))
    monkeypatch.setenv("ZHANGGUI_DATA_DIR", str(tmp_path))
    return file


def test_every_version_is_listed_and_can_be_printed(engine: Engine) -> None:
    assert "No rules were in use" in run(engine).output
    first = Scene(engine)
    second = Scene(engine, loads(changed("gift: 120,", "gift: 130,")))
    for scene in (first, second, first):
        rules_archive.keep(scene.house)
    listed = run(engine).output.splitlines()
    assert len(listed) == 2
    assert any(first.shop.version in line and "← now" in line for line in listed)
    assert any(second.shop.version in line and "← now" not in line for line in listed)
    printed = json.loads(run(engine, second.shop.version).output)
    gifts = {tier["id"]: tier["gift_fen"] for tier in printed["top_up"]["tiers"]}
    assert gifts["big"] == 13_000


def test_a_version_that_never_was_is_told(engine: Engine) -> None:
    done = run(engine, "0123456789ab")
    assert done.exit_code == 1
    assert "no version 0123456789ab was in use" in done.output


def test_a_process_without_a_database_starts_all_the_same(engine: Engine) -> None:
    scene = Scene(engine)
    with engine.begin() as connection:
        connection.execute(text("ALTER TABLE rules RENAME TO gone"))
    rules_archive.keep_if_possible(scene.house)
    with engine.begin() as connection:
        connection.execute(text("ALTER TABLE gone RENAME TO rules"))
    assert rules_archive.keep(scene.house) == 1


def test_what_is_kept_cannot_be_changed(engine: Engine) -> None:
    rules_archive.keep(Scene(engine).house)
    for statement in ("UPDATE rules SET version = '0123456789ab'", "DELETE FROM rules", "TRUNCATE rules"):
        with pytest.raises(DBAPIError, match="append-only"), engine.begin() as connection:
            connection.execute(text(statement))
