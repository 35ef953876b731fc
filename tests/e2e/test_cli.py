"""The command line as an operator meets it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from bot.embedded.redis_server import RedisServer
from bot.settings import EXAMPLE_SHOP

ACCOUNT = {
    "ZHANGGUI_WECHAT_APP_ID": "wx0123456789abcdef",
    "ZHANGGUI_WECHAT_APP_SECRET": "secret",
    "ZHANGGUI_WECHAT_TOKEN": "token",
    "ZHANGGUI_WECHAT_AES_KEY": "a" * 43,
}


def zhanggui(
    *arguments: str, stdin: str = "", env: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("ZHANGGUI_")}
    return subprocess.run(
        [sys.executable, "-m", "bot.cli", *arguments],
        input=stdin,
        env=clean | (env or {}),
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )


@pytest.mark.parametrize("command", ["serve", "worker"])
def test_without_an_account_the_missing_settings_are_named(command: str, tmp_path: Path) -> None:
    done = zhanggui(command, env={"ZHANGGUI_DATA_DIR": str(tmp_path)})
    assert done.returncode == 1
    assert "ZHANGGUI_WECHAT_APP_ID" in done.stderr
    assert "make demo" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_worker_does_not_start_servers_of_its_own(tmp_path: Path) -> None:
    done = zhanggui("worker", env={**ACCOUNT, "ZHANGGUI_DATA_DIR": str(tmp_path / "var")})
    assert done.returncode == 1
    assert "zhanggui serve" in done.stderr
    assert not (tmp_path / "var" / "postgres").exists()


def test_a_wrong_setting_is_named_without_a_traceback() -> None:
    done = zhanggui("db", "upgrade", env={"ZHANGGUI_DATABASE_URL": "mysql://x", "ZHANGGUI_SHOP": "/nowhere"})
    assert done.returncode == 1
    assert "ZHANGGUI_DATABASE_URL" in done.stderr
    assert "ZHANGGUI_SHOP" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_database_of_another_version_is_refused_with_the_remedy(
    redis_server: RedisServer, tmp_path: Path
) -> None:
    env = {**ACCOUNT, "ZHANGGUI_REDIS_URL": redis_server.url(), "ZHANGGUI_DATA_DIR": str(tmp_path / "var")}
    done = zhanggui("serve", env=env)
    assert done.returncode == 1
    assert "zhanggui db upgrade" in done.stderr


def test_the_way_of_a_first_installation(
    database_url: str, redis_server: RedisServer, tmp_path: Path
) -> None:
    env = {
        "ZHANGGUI_DATABASE_URL": database_url,
        "ZHANGGUI_REDIS_URL": redis_server.url(),
        "ZHANGGUI_DATA_DIR": str(tmp_path),
    }
    for _ in range(2):
        done = zhanggui("db", "upgrade", env=env)
        assert done.returncode == 0, done.stderr
        assert "at version" in done.stdout
    invited = zhanggui("staff", "invite", "--role", "owner", "--name", "老板", env=env)
    assert invited.returncode == 0, invited.stderr
    assert invited.stdout.strip().isdigit()
    assert "--store" in zhanggui("staff", "invite", "--role", "cashier", env=env).stderr
    wrong = zhanggui("staff", "invite", "--role", "cashier", "--store", "nowhere", env=env)
    assert wrong.returncode == 1
    assert "nowhere" in wrong.stderr
    verified = zhanggui("ledger", "verify", env=env)
    assert verified.returncode == 0, verified.stdout + verified.stderr


def test_private_servers_start_for_a_command_and_end_with_it(tmp_path: Path) -> None:
    env = {"ZHANGGUI_DATA_DIR": str(tmp_path / "var")}
    assert zhanggui("db", "upgrade", env=env).returncode == 0
    assert not (tmp_path / "var" / "postgres" / "postmaster.pid").exists()


def test_shop_check_of_a_good_and_a_bad_file(tmp_path: Path) -> None:
    assert zhanggui("shop", "check", str(EXAMPLE_SHOP)).returncode == 0
    bad = tmp_path / "shop.yml"
    text = EXAMPLE_SHOP.read_text(encoding="utf-8")
    bad.write_text(re.sub(r"(?m)^( +price: )(\d)", r"\1-\2", text, count=1), encoding="utf-8")
    done = zhanggui("shop", "check", str(bad))
    assert done.returncode == 1
    assert "price" in done.stdout + done.stderr


def test_parse_writes_one_json_object_a_line(tmp_path: Path) -> None:
    env = {"ZHANGGUI_NLU_URL": "http://127.0.0.1:9", "ZHANGGUI_DATA_DIR": str(tmp_path)}
    lines = "查余额\n\n" + "😀" * 3 + "\n" + "a" * 10_000 + "\n"
    done = zhanggui("parse", "--now", "2026-03-05T10:00", "--shop", str(EXAMPLE_SHOP), stdin=lines, env=env)
    assert done.returncode == 0, done.stderr
    objects = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(objects) == 4
    assert objects[0]["intent"] == "query_balance"
    assert objects[0]["engine"] == "keywords"
    assert {item["intent"] for item in objects[1:]} == {"fallback"}
