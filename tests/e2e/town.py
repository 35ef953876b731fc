"""A small town for end-to-end tests: web processes, a worker and the stand-in, each a process of its own."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import requests
from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool

from bot.embedded import processes
from nlu.service import free_port

ACCOUNT = {
    "ZHANGGUI_WECHAT_APP_ID": "wxstandin0000e2e",
    "ZHANGGUI_WECHAT_APP_SECRET": "secret-of-the-stand-in",
    "ZHANGGUI_WECHAT_TOKEN": "tokenOfTheStandIn",
    "ZHANGGUI_WECHAT_AES_KEY": "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFA",
}
LIN_PHONE = "13800138000"
PATIENCE_SECONDS = 110.0
T = TypeVar("T")


def wait_for(look: Callable[[], T | None], what: str, patience_seconds: float = PATIENCE_SECONDS) -> T:
    """Look again and again until there is something; the test fails with `what` when there never is."""
    deadline = time.monotonic() + patience_seconds
    while time.monotonic() < deadline:
        found = look()
        if found:
            return found
        time.sleep(0.1)
    raise AssertionError(f"waited {patience_seconds:.0f} s for {what}")


@dataclass
class Town:
    """Processes and people. `mode` is WeChat's encryption mode."""

    folder: Path
    database_url: str
    redis_url: str
    mode: str = "safe"
    nlu: tuple[str, str] | None = None
    web_processes: int = 2
    env: dict[str, str] = field(default_factory=dict)
    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    people: dict[str, str] = field(default_factory=dict)

    def open(self) -> None:
        """Start the stand-in, the web processes and the worker; hire a cashier and make 小林 a member."""
        web_port, standin_port = free_port(), free_port()
        self.web = f"http://127.0.0.1:{web_port}"
        self.standin = f"http://127.0.0.1:{standin_port}"
        self.env = {name: value for name, value in os.environ.items() if not name.startswith("ZHANGGUI_")}
        self.env |= ACCOUNT | {
            "ZHANGGUI_DATABASE_URL": self.database_url,
            "ZHANGGUI_REDIS_URL": self.redis_url,
            "ZHANGGUI_WECHAT_MODE": self.mode,
            "ZHANGGUI_WECHAT_API_ORIGIN": self.standin,
            "ZHANGGUI_DATA_DIR": str(self.folder),
            "ZHANGGUI_CLOCK_FILE": str(self.folder / "standin" / "clock"),
        }
        if self.nlu is not None:
            self.env |= {"ZHANGGUI_NLU_URL": self.nlu[0], "ZHANGGUI_NLU_TOKEN": self.nlu[1]}
        self.start("standin", "-m", "webhook.standin", "--port", str(standin_port), *self._standin_options())
        self.start_web(web_port)
        self.start_worker()
        wait_for(lambda: self._answers(f"{self.standin}/standin/api/people"), "the stand-in")
        wait_for(lambda: self._answers(f"{self.web}/healthz"), "the web processes")
        self._settle_people()

    def _standin_options(self) -> list[str]:
        return [
            "--webhook", f"{self.web}/wechat", "--status", f"{self.web}/readyz",
            "--data", str(self.folder / "standin"), "--mode", self.mode, "--retry-spacing", "1",
        ]  # fmt: skip

    def start_web(self, port: int | None = None) -> None:
        port = port or int(self.web.rsplit(":", 1)[1])
        self.start("web", "-m", "bot.cli", "serve", "--port", str(port), "--workers", str(self.web_processes))

    def start_worker(self) -> None:
        self.start("worker", "-m", "bot.cli", "worker")

    def start(self, name: str, *arguments: str) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / f"{name}.log").open("ab") as log:
            self.running[name] = processes.start([sys.executable, *arguments], env=self.env, log=log)

    def kill(self, name: str) -> None:
        """kill -9, with everything it has started."""
        process = self.running.pop(name)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def close(self) -> None:
        for process in reversed(self.running.values()):
            processes.stop(process)

    def command(self, *arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "bot.cli", *arguments],
            env=self.env, capture_output=True, text=True, timeout=60, check=True,
        )  # fmt: skip
        return done.stdout.strip()

    # -- people ---------------------------------------------------------------------------------------------

    def _settle_people(self) -> None:
        for name, follows in (("小林", True), ("王芳", True), ("新客", False)):
            answer = self.api("POST", "people", {"name": name, "label": "", "follows": follows})
            self.people[name] = str(answer["person"]["openid"] if "person" in answer else answer["openid"])
        code = self.command("staff", "invite", "--role", "cashier", "--store", "guomao", "--name", "王芳")
        assert "绑定成功" in self.say("王芳", f"绑定员工 {code}")
        assert "已开卡" in self.say("王芳", f"开卡 {LIN_PHONE} 小林")
        self.say("小林", "加入会员")
        self.say("小林", LIN_PHONE)
        digits = re.search(r"\d{6}", self.say("王芳", f"验证 {LIN_PHONE}"))
        assert digits is not None
        assert "找到您的会员卡" in self.say("小林", digits.group())

    def api(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        response = requests.request(method, f"{self.standin}/standin/api/{path}", json=body, timeout=60)
        response.raise_for_status()
        answer: dict[str, Any] = response.json()
        return answer

    def act(self, who: str, what: str, **body: Any) -> dict[str, Any]:
        return self.api("POST", f"people/{self.people[who]}/{what}", {"wait": True, **body})

    def say(self, who: str, words: str, **body: Any) -> str:
        """Type words on somebody's phone and read the passive answer ("" when there is none)."""
        return str(self.act(who, "say", text=words, **body).get("reply") or "")

    def phone(self, who: str) -> list[str]:
        """What the account has written to somebody so far."""
        chat = self.api("GET", f"people/{self.people[who]}/chat?limit=500")
        return [str(m.get("text", "")) for m in chat["messages"] if m["from"] == "account"]

    def receipts(self, who: str = "小林") -> list[str]:
        return [text for text in self.phone(who) if "充值到账" in text]

    def scalar(self, query: str) -> Any:
        engine = create_engine(self.database_url, poolclass=NullPool)
        with engine.connect() as connection:
            return connection.execute(text(query)).scalar_one()

    @staticmethod
    def _answers(url: str) -> bool:
        try:
            return requests.get(url, timeout=2).ok
        except requests.RequestException:
            return False
