"""Running `zhanggui demo` as a person does, on a folder of its own."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from typing import Any

import requests
from town import wait_for

from bot.demo.cast import CAST
from bot.embedded import processes

OPENID = {person.name: person.openid for person in CAST}
MEMBERS = 6


class DemoRun:
    """One run of the command on a data folder."""

    def __init__(self, folder: Path, port: int) -> None:
        self.folder = folder
        self.origin = f"http://127.0.0.1:{port}"
        self.env = {name: value for name, value in os.environ.items() if not name.startswith("ZHANGGUI_")}
        self.env["ZHANGGUI_DATA_DIR"] = str(folder / "var")
        self.command = [sys.executable, "-m", "bot.cli", "demo", "--no-nlu"]
        self.command += ["--members", str(MEMBERS), "--port", str(port)]

    def start(self) -> None:
        self.folder.mkdir(exist_ok=True)
        with (self.folder / "out.log").open("ab") as log:
            self.process = processes.start(self.command, env=self.env, log=log)
        wait_for(self._is_up, "the demo")

    def _is_up(self) -> bool:
        assert self.process.poll() is None, (self.folder / "out.log").read_text()
        return "Ctrl-C stops everything" in (self.folder / "out.log").read_text()

    def interrupt(self) -> int:
        """Ctrl-C."""
        (self.folder / "out.log").write_text("")
        return processes.stop(self.process, with_signal=signal.SIGINT, timeout_seconds=30)

    def say(self, who: str, words: str) -> str:
        url = f"{self.origin}/standin/api/people/{OPENID[who]}/say"
        answer: dict[str, Any] = requests.post(url, json={"text": words, "wait": True}, timeout=30).json()
        return str(answer.get("reply") or "")

    def received(self, who: str) -> list[str]:
        url = f"{self.origin}/standin/api/people/{OPENID[who]}/chat"
        messages = requests.get(url, timeout=10).json()["messages"]
        return [str(m.get("text", "")) for m in messages if m["from"] == "account"]
