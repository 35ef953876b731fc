"""Starts the demo, watches over its processes, and stops them in order."""

from __future__ import annotations

import os
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import click
import requests
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from bot.clock import real_clock
from bot.demo import account as accounts
from bot.demo.cast import CAST, Person, store_of
from bot.embedded import processes, servers
from bot.settings import Settings
from ledger import migrations
from nlu.rasa_client import RasaClient
from shop.files import load
from shop.model import Shop

HISTORY_MARK = "history-written"
WEB_READY_SECONDS = 30
CHECK_EVERY_SECONDS = 0.5
RESTART_PAUSE_SECONDS = 1.0
MAX_RESTARTS = 20

console = Console()


@dataclass
class Child:
    """One process of the demo; started again when it dies by itself."""

    name: str
    command: list[str]
    env: Mapping[str, str]
    log_file: Path
    restart: bool = True
    process: subprocess.Popen[bytes] | None = None
    restarts: int = 0

    def start(self) -> None:
        with self.log_file.open("ab") as log:
            self.process = processes.start(self.command, log=log, env=self.env)

    def stop(self) -> None:
        if self.process is not None:
            processes.stop(self.process)

    @property
    def is_running(self) -> bool:
        return self.process is not None and self.process.poll() is None


@dataclass
class Demo:
    """The demo's parts and its folder."""

    settings: Settings
    host: str
    port: int
    members: int
    with_nlu: bool
    children: list[Child] = field(default_factory=list)
    stopping: threading.Event = field(default_factory=threading.Event)

    @property
    def origin(self) -> str:
        return f"http://{self.host}:{self.port}"

    @property
    def data_dir(self) -> Path:
        return self.settings.data_dir.resolve()

    def run(self) -> None:
        """Start everything, watch until interrupted, stop everything."""
        shop = load(self.settings.shop)
        _check_port(self.host, self.port)
        with ExitStack() as stack:
            stack.enter_context(servers.lock_data_dir(self.data_dir))
            with console.status("Starting the database and Redis …"):
                addresses = stack.enter_context(servers.running(self.settings))
                migrations.upgrade(addresses.database_url)
            console.print("[green]✓[/] database and Redis")
            stack.callback(self._stop_children)
            metrics_dir = stack.enter_context(tempfile.TemporaryDirectory(prefix="zhanggui-metrics-"))
            env = self._environment(addresses, Path(metrics_dir))
            first_start = not (self.data_dir / HISTORY_MARK).exists()
            if first_start:  # the model takes longest on a fresh clone, and nothing waits for it
                self._start_nlu(env)
            self._write_history(addresses, shop)
            self._start_program(env, shop)
            if not first_start:
                self._start_nlu(env)
            console.print(f"\n  [bold]Open {self.origin}/[/] and be 小林, a newcomer or the cashier.")
            console.print("  Ctrl-C stops everything; the next start finds all as you left it.\n")
            self._watch()

    # -- history --------------------------------------------------------------------------------------------

    def _write_history(self, addresses: servers.Addresses, shop: Shop) -> None:
        """The year before the visitor came, on the first start of a data folder."""
        mark = self.data_dir / HISTORY_MARK
        if mark.exists():
            console.print("[green]✓[/] members and history are there")
            return
        # Imported only here: a second start is quicker without the actions and all they need.
        from bot.bootstrap import make_engine, make_house  # noqa: PLC0415
        from bot.demo.history import History  # noqa: PLC0415
        from ledger.reports.totals import member_count  # noqa: PLC0415

        # A story that can be told again need not reach the disk entry by entry.
        engine = make_engine(addresses.database_url, pool_size=2, durable=False)
        try:
            with engine.connect() as connection:
                empty = member_count(connection) == 0
            if not empty:
                console.print("[green]✓[/] this database has members of its own; no history is added")
                return
            bar = Progress(
                TextColumn("  A year of {task.description} …"),
                BarColumn(),
                MofNCompleteColumn(),
                TimeElapsedColumn(),
                console=console,
            )
            with bar:
                task = bar.add_task(f"{shop.name}", total=None)
                house = make_house(engine, shop, clock=real_clock)
                history = History(
                    house,
                    now=real_clock(),
                    members=self.members,
                    report=lambda done, total: bar.update(task, completed=done, total=total),
                )
                entries = history.write()
            mark.touch()
            console.print(f"[green]✓[/] {self.members} members, {entries} ledger entries")
        finally:
            engine.dispose()

    # -- processes ------------------------------------------------------------------------------------------

    def _environment(self, addresses: servers.Addresses, metrics_dir: Path) -> dict[str, str]:
        account = accounts.load_or_make(self.data_dir / "account.json")
        nlu_url = self.settings.nlu_url or f"http://127.0.0.1:{_free_port()}"
        return {
            **os.environ,
            **account.environment(),
            "ZHANGGUI_DATABASE_URL": addresses.database_url,
            "ZHANGGUI_REDIS_URL": addresses.redis_url,
            "ZHANGGUI_SHOP": str(self.settings.shop.resolve()),
            "ZHANGGUI_DATA_DIR": str(self.data_dir),
            "ZHANGGUI_NLU_URL": nlu_url,
            "ZHANGGUI_WECHAT_API_ORIGIN": self.origin,
            "ZHANGGUI_CLOCK_FILE": str(self.data_dir / "clock"),
            "ZHANGGUI_DEMO_ORIGIN": self.origin,
            "ZHANGGUI_PUBLIC_ORIGIN": self.origin,
            **_sms_account(self.origin),
            "PROMETHEUS_MULTIPROC_DIR": str(metrics_dir),
        }

    def _start_program(self, env: Mapping[str, str], shop: Shop) -> None:
        web = [sys.executable, "-m", "bot.demo.web", "--host", self.host, "--port", str(self.port)]
        self._start("web", web, env)
        with console.status("Starting the web application …"):
            _wait_for(f"{self.origin}/healthz", self.children[-1])
        _introduce_people(self.origin, shop)
        self._start("worker", [sys.executable, "-m", "bot.cli", "worker"], env)
        _run_once([sys.executable, "-m", "bot.cli", "wechat", "menu"], env)
        console.print("[green]✓[/] web application, worker, stand-in for WeChat")

    def _start_nlu(self, env: Mapping[str, str]) -> None:
        if not self.with_nlu or self.settings.nlu_url:
            return
        port = env["ZHANGGUI_NLU_URL"].rsplit(":", 1)[1]
        self._start("nlu", [sys.executable, "-m", "bot.cli", "nlu", "serve", "--port", port], env)
        self.children[-1].restart = False
        console.print("… the language model is being prepared; keywords answer until it is up")
        rasa = RasaClient(env["ZHANGGUI_NLU_URL"], env["ZHANGGUI_NLU_TOKEN"])
        threading.Thread(target=self._report_nlu, args=(self.children[-1], rasa), daemon=True).start()

    def _report_nlu(self, child: Child, rasa: RasaClient) -> None:
        """Say on the terminal when the model is up, or why it will not come up."""
        while child.is_running:
            if rasa.is_ready():
                console.print("[green]✓[/] language model")
                child.restart = True
                return
            time.sleep(1)
        if self.stopping.is_set():
            return
        lines = child.log_file.read_text(errors="replace").strip().splitlines()
        console.print("[yellow]![/] the language model is not up; keywords go on answering")
        console.print("  " + (lines[-1] if lines else f"see {child.log_file}"), markup=False)

    def _start(self, name: str, command: list[str], env: Mapping[str, str]) -> None:
        logs = self.data_dir / "logs"
        logs.mkdir(exist_ok=True)
        child = Child(name, command, env, logs / f"{name}.log")
        child.start()
        self.children.append(child)

    def _watch(self) -> None:
        for signal_number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(signal_number, lambda *_: self.stopping.set())
        while not self.stopping.wait(CHECK_EVERY_SECONDS):
            for child in self.children:
                if child.is_running or not child.restart:
                    continue
                child.restarts += 1
                if child.restarts > MAX_RESTARTS:
                    raise click.ClickException(f"{child.name} keeps dying; see {child.log_file}")
                console.print(f"[yellow]![/] {child.name} died; starting it again")
                time.sleep(RESTART_PAUSE_SECONDS)
                child.start()

    def _stop_children(self) -> None:
        self.stopping.set()
        console.print("Stopping …")
        for child in reversed(self.children):
            child.stop()


def run_demo(settings: Settings, *, host: str, port: int, members: int, with_nlu: bool) -> None:
    """Run the demo until Ctrl-C."""
    if settings.has_wechat:
        raise click.ClickException(
            "A WeChat account is set (ZHANGGUI_WECHAT_APP_ID). The demo plays WeChat itself and does not "
            "touch a real account: unset the ZHANGGUI_WECHAT_ variables to see it, or run `zhanggui serve`."
        )
    Demo(settings, host, port, members, with_nlu).run()


def _sms_account(origin: str) -> dict[str, str]:
    """An account for short messages at the stand-in, where the code that proves a phone can be read."""
    return {
        "ZHANGGUI_SMS_KEY_ID": "demo",
        "ZHANGGUI_SMS_SECRET": secrets.token_hex(16),
        "ZHANGGUI_SMS_SIGN_NAME": "掌柜演示",
        "ZHANGGUI_SMS_CODE_TEMPLATE": "SMS_DEMO_CODE",
        "ZHANGGUI_SMS_ORIGIN": f"{origin}/standin/sms",
    }


def _check_port(host: str, port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise click.ClickException(
                f"Port {port} on {host} is taken ({error.strerror}). Is another demo running? "
                f"Stop it, or choose a port: zhanggui demo --port {port + 1}"
            ) from None


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_for(url: str, child: Child) -> None:
    deadline = time.monotonic() + WEB_READY_SECONDS
    while time.monotonic() < deadline:
        if not child.is_running:
            break
        try:
            if requests.get(url, timeout=2).ok:
                return
        except requests.RequestException:
            time.sleep(0.1)
    raise click.ClickException(f"{child.name} did not start; see {child.log_file}")


def _introduce_people(origin: str, shop: Shop) -> None:
    """Tell the stand-in who there is to be; it keeps those it knows already."""
    for person in CAST:
        body = {
            "openid": person.openid,
            "name": person.name,
            "label": _label(person, shop),
            "follows": person.part != "newcomer",
        }
        requests.post(f"{origin}/standin/api/people", json=body, timeout=5).raise_for_status()


def _label(person: Person, shop: Shop) -> str:
    if person.part == "staff":
        return f"{person.label} · {store_of(person, shop).name}"
    return person.label


def _run_once(command: list[str], env: Mapping[str, str]) -> None:
    done = subprocess.run(  # noqa: S603 - the commands are ours
        command, env=dict(env), capture_output=True, text=True, timeout=60, check=False
    )
    if done.returncode != 0:
        raise click.ClickException(done.stderr.strip() or f"failed: {' '.join(command)}")
