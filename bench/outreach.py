"""From commit to phone: messages per second with 1 and with 4 workers, and how long one takes.

`python bench/outreach.py [--messages N] [--single N]`

Real PostgreSQL (durable) and Redis, `zhanggui worker` as processes, the stand-in for WeChat as a process of
its own behind granian, all sharing the machine's cores. Rate: so many messages, committed at once, until the
last is on a phone. Time: messages committed one by one, ten a second, until each is on its phone. For
comparison: what the stand-in takes by itself, from as many connections as four workers have.
"""

from __future__ import annotations

import argparse
import os
import random
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import requests

# This file's own name is that of a package it measures: look for packages in the project, not beside it.
ROOT = Path(__file__).resolve().parents[1]
sys.path[0] = str(ROOT)

from flask import jsonify  # noqa: E402
from sqlalchemy import Engine, text  # noqa: E402

from bot.bootstrap import make_engine  # noqa: E402
from bot.embedded import processes  # noqa: E402
from bot.embedded.postgres import PostgresServer  # noqa: E402
from bot.embedded.redis_server import RedisServer  # noqa: E402
from bot.outreach.queue import defer_message  # noqa: E402
from ledger import migrations  # noqa: E402
from ledger.records import contacts, messages  # noqa: E402
from nlu.service import free_port  # noqa: E402
from webhook.standin.app import StandIn, StandInConfig, create_app  # noqa: E402
from webhook.standin.people import Trigger  # noqa: E402

ACCOUNT = {
    "ZHANGGUI_WECHAT_APP_ID": "wxstandin000bench",
    "ZHANGGUI_WECHAT_APP_SECRET": "secret-of-the-stand-in",
    "ZHANGGUI_WECHAT_TOKEN": "tokenOfTheStandIn",
    "ZHANGGUI_WECHAT_AES_KEY": "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFA",
}
PEOPLE = [f"oBENCH_{number:021d}" for number in range(400)]
ROOM = 1_000_000  # a reply window that is never used up
CONNECTIONS = 16
TEXT = "【丽人坊】充值到账 ¥300.00，赠送 ¥30.00，现在余额 ¥1,234.50。第 {number} 条"


def phones() -> StandIn:
    """The stand-in with everybody's window open; /bench/arrivals tells what came when, and forgets it."""
    folder = Path(os.environ["BENCH_FOLDER"])
    app = create_app(
        StandInConfig(
            app_id=ACCOUNT["ZHANGGUI_WECHAT_APP_ID"],
            app_secret=ACCOUNT["ZHANGGUI_WECHAT_APP_SECRET"],
            token=ACCOUNT["ZHANGGUI_WECHAT_TOKEN"],
            aes_key=ACCOUNT["ZHANGGUI_WECHAT_AES_KEY"],
            webhook_url="http://127.0.0.1:9/wechat",
            database=folder / "standin.sqlite",
            clock_file=folder / "clock",
        )
    )
    for openid in PEOPLE:
        app.platform.people.create(name="客", openid=openid, follows=True)
        app.platform.people.allow(openid, Trigger(ROOM, ROOM))
    arrivals: list[tuple[str, float]] = []
    add = app.platform.chat.add

    def noted(openid: str, origin: Any, kind: str, body: Any) -> Any:
        shown = add(openid, origin, kind, body)
        arrivals.append((str(body["text"]), time.time()))
        return shown

    app.platform.chat.add = noted  # type: ignore[method-assign]

    @app.get("/bench/arrivals")
    def told() -> Any:
        taken, arrivals[:] = arrivals[:], []
        return jsonify(taken)

    return app


class Bench:
    """Servers, phones and workers in a folder of their own."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        postgres, redis = PostgresServer(folder / "pg"), RedisServer(folder / "redis")
        for server in (postgres, redis):
            server.start()
            stack.callback(server.stop)
        postgres.ensure_database("bench")
        migrations.upgrade(postgres.url("bench"))
        port = free_port()
        self.origin = f"http://127.0.0.1:{port}"
        self.env = {name: value for name, value in os.environ.items() if not name.startswith("ZHANGGUI_")}
        self.env |= ACCOUNT | {
            "PYTHONPATH": str(ROOT),
            "BENCH_FOLDER": str(folder),
            "ZHANGGUI_DATABASE_URL": postgres.url("bench").replace("postgresql+psycopg", "postgresql"),
            "ZHANGGUI_REDIS_URL": redis.url(),
            "ZHANGGUI_DATA_DIR": str(folder),
            "ZHANGGUI_WECHAT_API_ORIGIN": self.origin,
        }
        self.log = stack.enter_context((folder / "log").open("ab"))
        self.engine: Engine = make_engine(postgres.url("bench"))
        stack.callback(self.engine.dispose)
        serve = ("--interface", "wsgi", "--factory", "--workers", "1", "--blocking-threads", str(CONNECTIONS))
        command = [sys.executable, "-m", "granian", *serve, "--port", str(port), "bench.outreach:phones"]
        standin = processes.start(command, env=self.env, log=self.log, cwd=str(ROOT))
        stack.callback(processes.stop, standin)
        self._until(self._has_phones)
        self._open_windows()

    def _has_phones(self) -> bool:
        try:
            return requests.get(f"{self.origin}/bench/arrivals", timeout=5).ok
        except requests.RequestException:
            return False

    def _open_windows(self) -> None:
        now = datetime.now(UTC)
        with self.engine.begin() as connection:
            for openid in PEOPLE:
                until = now + timedelta(hours=48)
                contacts.open_window(connection, openid=openid, at=now, messages=ROOM, until=until)

    @contextmanager
    def workers(self, count: int) -> Iterator[None]:
        command = [sys.executable, "-m", "bot.cli", "worker"]
        started = [processes.start(command, env=self.env, log=self.log, cwd=str(ROOT)) for _ in range(count)]
        try:
            self._until(lambda: self._count_workers() == count)
            time.sleep(1)  # each has begun to listen
            yield
        finally:
            for process in started:
                processes.stop(process, timeout_seconds=30)
            with self.engine.begin() as connection:
                connection.execute(text("DELETE FROM procrastinate_workers"))

    def _count_workers(self) -> int:
        with self.engine.connect() as connection:
            return int(connection.execute(text("SELECT count(*) FROM procrastinate_workers")).scalar_one())

    def rate(self, count: int) -> float:
        """Messages a second, from the commit of all to the last on its phone."""
        texts = [TEXT.format(number=random.getrandbits(48)) for _ in range(count)]
        committed_at = self._commit(texts)
        arrivals = self._arrivals(count)
        return count / (max(arrivals.values()) - committed_at)

    def times_ms(self, count: int) -> list[float]:
        """From the commit of each to its phone."""
        committed: dict[str, float] = {}
        for _ in range(count):
            words = TEXT.format(number=random.getrandbits(48))
            committed[words] = self._commit([words])
            time.sleep(random.expovariate(10))
        arrivals = self._arrivals(count)
        return [(arrivals[words] - at) * 1000 for words, at in committed.items()]

    def _commit(self, texts: list[str]) -> float:
        now = datetime.now(UTC)
        with self.engine.begin() as connection:
            for number, words in enumerate(texts):
                message_id = messages.enqueue(
                    connection,
                    key=words,
                    openid=PEOPLE[number % len(PEOPLE)] if len(texts) > 1 else random.choice(PEOPLE),
                    member_id=None,
                    kind="top_up",
                    text=words,
                    due_at=now,
                    created_at=now,
                )
                if message_id is None:
                    raise RuntimeError("the key was there before")
                defer_message(connection, message_id)
        return time.time()

    def _arrivals(self, count: int) -> dict[str, float]:
        found: dict[str, float] = {}

        def all_there() -> bool:
            for words, at in requests.get(f"{self.origin}/bench/arrivals", timeout=30).json():
                if words in found:
                    raise RuntimeError("a message came twice")
                found[words] = at
            return len(found) >= count

        self._until(all_there)
        return found

    def alone(self, count: int) -> float:
        """What the stand-in takes by itself, a second."""
        token = requests.post(
            f"{self.origin}/cgi-bin/stable_token",
            json={
                "grant_type": "client_credential",
                "appid": ACCOUNT["ZHANGGUI_WECHAT_APP_ID"],
                "secret": ACCOUNT["ZHANGGUI_WECHAT_APP_SECRET"],
            },
            timeout=10,
        ).json()["access_token"]

        def post() -> None:
            with requests.Session() as session:
                for number in range(count // CONNECTIONS):
                    body = {
                        "touser": PEOPLE[number % len(PEOPLE)],
                        "msgtype": "text",
                        "text": {"content": "x"},
                    }
                    url = f"{self.origin}/cgi-bin/message/custom/send?access_token={token}"
                    session.post(url, json=body, timeout=30).raise_for_status()

        threads = [threading.Thread(target=post) for _ in range(CONNECTIONS)]
        started = time.time()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        rate = count / (time.time() - started)
        requests.get(f"{self.origin}/bench/arrivals", timeout=30)
        return rate

    @staticmethod
    def _until(true: Callable[[], bool]) -> None:
        end = time.monotonic() + 300
        while not true():
            if time.monotonic() > end:
                raise TimeoutError
            time.sleep(0.05)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--messages", type=int, default=2000)
    parser.add_argument("--single", type=int, default=300)
    options = parser.parse_args()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="zgo-")))
        bench = Bench(folder, stack)
        print(f"the stand-in alone: {bench.alone(options.messages):.0f} messages/s", flush=True)
        for workers in (1, 4):
            with bench.workers(workers):
                bench.rate(100)  # warm
                rate = bench.rate(options.messages)
                cuts = statistics.quantiles(bench.times_ms(options.single), n=100)
            print(
                f"{workers} worker{'s' * (workers > 1)}: {rate:.0f} messages/s; commit to phone "
                f"p50 {cuts[49]:.0f} ms, p99 {cuts[98]:.0f} ms",
                flush=True,
            )


if __name__ == "__main__":
    main()
