"""`zhanggui demo`: one command, a page, a conversation; stopped, started again, kept apart from others."""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path

import requests
from demo_run import DemoRun
from town import LIN_PHONE, wait_for

from nlu.service import free_port


def test_the_page_and_the_parts(demo: DemoRun) -> None:
    page = requests.get(demo.origin, timeout=10)
    assert page.status_code == 200
    assert "text/html" in page.headers["Content-Type"]
    ready = requests.get(f"{demo.origin}/readyz", timeout=10).json()
    assert ready["ready"] is True
    assert "keywords" in ready["parts"]["nlu"]


def test_the_scene_and_the_second_start(demo: DemoRun) -> None:
    before = demo.say("小林", "我的余额")
    assert "小林" in before
    assert "¥" in before
    assert "请核对" in demo.say("王芳", f"充值 {LIN_PHONE} 500 微信")
    assert "已入账" in demo.say("王芳", "1")
    wait_for(lambda: any("充值到账 ¥500.00" in text for text in demo.received("小林")), "the receipt")
    after = demo.say("小林", "我的余额")
    assert after != before
    assert demo.interrupt() == 0
    demo.start()
    assert demo.say("小林", "我的余额") == after
    assert any("充值到账 ¥500.00" in text for text in demo.received("小林"))


def test_a_second_demo_on_the_same_folder_says_so(demo: DemoRun) -> None:
    second = [*demo.command[:-1], str(free_port())]
    done = subprocess.run(second, env=demo.env, capture_output=True, text=True, timeout=110, check=False)
    assert done.returncode != 0
    assert "is in use by process" in done.stderr


def test_a_taken_port_is_named(demo: DemoRun, tmp_path: Path) -> None:
    env = {**demo.env, "ZHANGGUI_DATA_DIR": str(tmp_path / "var")}
    done = subprocess.run(demo.command, env=env, capture_output=True, text=True, timeout=110, check=False)
    assert done.returncode != 0
    assert "is taken" in done.stderr
    assert "--port" in done.stderr


def test_a_real_account_is_refused(demo: DemoRun) -> None:
    real = {"APP_ID": "wx0123456789abcdef", "APP_SECRET": "s", "TOKEN": "t", "AES_KEY": "a" * 43}
    env = {**demo.env, **{f"ZHANGGUI_WECHAT_{name}": value for name, value in real.items()}}
    done = subprocess.run(demo.command, env=env, capture_output=True, text=True, timeout=110, check=False)
    assert done.returncode != 0
    assert "does not touch a real account" in done.stderr


def test_nothing_outlives_the_demo_even_after_kill_9(tmp_path: Path) -> None:
    run = DemoRun(tmp_path / "demo", free_port())
    run.start()
    children = subprocess.run(
        ["ps", "-o", "pid=", "--ppid", str(run.process.pid)], capture_output=True, text=True, check=True
    ).stdout.split()
    assert len(children) >= 4  # PostgreSQL, Redis, web, worker
    os.kill(run.process.pid, signal.SIGKILL)
    run.process.wait()
    wait_for(lambda: not any(Path(f"/proc/{pid}").exists() for pid in children), "the children to end")
