"""Messages through the webhook: signed, sealed, parsed, understood, answered from the book.

`python bench/webhook.py [--seconds N] [--clients N] [--members N] [--no-nlu]`

Real PostgreSQL and Redis, `zhanggui serve` with two processes, the trained model unless --no-nlu. The clients
share the machine with everything they measure. Each case is also given as a ratio of `/healthz` in the same
run, which is the HTTP server and Flask alone.
"""

from __future__ import annotations

import argparse
import itertools
import random
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import requests
from rich.console import Console
from rich.table import Table

sys.path[0] = str(Path(__file__).resolve().parents[1])
sys.path.append(str(Path(__file__).resolve().parents[1] / "tests" / "e2e"))

from town import ACCOUNT, Town  # noqa: E402

from bot.bootstrap import make_engine  # noqa: E402
from bot.embedded import processes  # noqa: E402
from bot.embedded.postgres import PostgresServer  # noqa: E402
from bot.embedded.redis_server import RedisServer  # noqa: E402
from ledger import migrations  # noqa: E402
from ledger.records import members  # noqa: E402
from nlu import service  # noqa: E402
from nlu.rasa_client import RasaClient  # noqa: E402
from webhook.standin.crypto import MessageCipher, signature  # noqa: E402

GH_ID = "gh_standin00001"
QUESTIONS = (
    "我卡里还有多少钱",
    "帮我查一下余额",
    "看看我卡上剩多少",
    "余额还有多少呀",
    "我还剩多少钱",
    "查下卡里余额",
    "卡里的钱还够不够",
    "我的储值还有多少",
)
Body = Callable[[int, str], str]


def text_body(words: str) -> str:
    return f"<MsgType><![CDATA[text]]></MsgType><Content><![CDATA[{words}]]></Content>"


def asked_before(number: int, _openid: str) -> str:
    return text_body(QUESTIONS[number % len(QUESTIONS)])


def never_asked(number: int, _openid: str) -> str:
    """A sentence the cache has not seen, so that each one is parsed by the model."""
    return text_body(f"我是{number}号会员，{QUESTIONS[number % len(QUESTIONS)]}")


def menu_tap(_number: int, _openid: str) -> str:
    event = "<MsgType><![CDATA[event]]></MsgType><Event><![CDATA[CLICK]]></Event>"
    return event + "<EventKey><![CDATA[BALANCE]]></EventKey>"


class Platform:
    """Signs and seals pushes as WeChat does."""

    def __init__(self) -> None:
        self._cipher = MessageCipher(ACCOUNT["ZHANGGUI_WECHAT_AES_KEY"], ACCOUNT["ZHANGGUI_WECHAT_APP_ID"])
        self._token = ACCOUNT["ZHANGGUI_WECHAT_TOKEN"]
        self._numbers = itertools.count(time.time_ns() // 1000)

    def push(self, openid: str, inside: str) -> tuple[str, bytes]:
        number = next(self._numbers)
        moment = str(int(time.time()) + number % 100_000)  # events are told apart by their second
        plain = (
            f"<xml><ToUserName><![CDATA[{GH_ID}]]></ToUserName><FromUserName><![CDATA[{openid}]]>"
            f"</FromUserName><CreateTime>{moment}</CreateTime>{inside}<MsgId>{number}</MsgId></xml>"
        )
        sealed = self._cipher.encrypt(plain)
        now, nonce = str(int(time.time())), "1514711492"
        query = (
            f"signature={signature(self._token, now, nonce)}&timestamp={now}&nonce={nonce}"
            f"&encrypt_type=aes&msg_signature={signature(self._token, now, nonce, sealed)}"
        )
        body = (
            f"<xml><ToUserName><![CDATA[{GH_ID}]]></ToUserName><Encrypt><![CDATA[{sealed}]]></Encrypt></xml>"
        )
        return query, body.encode()


@dataclass(frozen=True)
class Result:
    name: str
    per_second: float
    p50_ms: float
    p99_ms: float


def load(name: str, call: Callable[[requests.Session, int], None], seconds: float, clients: int) -> Result:
    """`clients` threads calling one after the other for `seconds`."""
    times: list[float] = []
    failed: list[BaseException] = []
    numbers = itertools.count(1)
    end = time.monotonic() + seconds

    def client() -> None:
        session = requests.Session()
        session.trust_env = False
        try:
            while time.monotonic() < end:
                started = time.perf_counter()
                call(session, next(numbers))
                times.append(time.perf_counter() - started)
        except BaseException as error:  # noqa: BLE001 - told by the main thread
            failed.append(error)

    threads = [threading.Thread(target=client) for _ in range(clients)]
    started = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failed:
        raise failed[0]
    cuts = statistics.quantiles(times, n=100)
    return Result(name, len(times) / (time.monotonic() - started), cuts[49] * 1000, cuts[98] * 1000)


def make_members(database_url: str, count: int) -> list[str]:
    """Members bound to WeChat accounts, with empty cards."""
    engine = make_engine(database_url, pool_size=1, durable=False)
    openids = [f"oBENCH_{number:021d}" for number in range(count)]
    now = datetime.now(UTC)
    with engine.begin() as connection:
        for openid in openids:
            member_id = members.create(
                connection, name="会员", home_store_id="guomao", level="newcomer", joined_at=now
            )
            members.bind(connection, member_id=member_id, openid=openid, at=now)
    engine.dispose()
    return openids


@contextmanager
def language_server(data_dir: Path, model: Path) -> Iterator[tuple[str, str]]:
    token, port = service.new_token(), service.free_port()
    command = service.serve_command(data_dir, model, port=port, token=token)
    process = processes.start(command.arguments, env=command.env, cwd=command.cwd)
    client = RasaClient(f"http://127.0.0.1:{port}", token)
    try:
        while not client.is_ready():
            if process.poll() is not None:
                raise RuntimeError("the language server ended at start")
            time.sleep(0.2)
        yield f"http://127.0.0.1:{port}", token
    finally:
        processes.stop(process)


@contextmanager
def town_of(with_nlu: bool) -> Iterator[Town]:
    """Servers, model and web processes in a folder of their own."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="zg-bench-")))
        postgres, redis = PostgresServer(folder / "pg"), RedisServer(folder / "redis")
        for server in (postgres, redis):
            server.start()
            stack.callback(server.stop)
        postgres.ensure_database("zhanggui")
        migrations.upgrade(postgres.url())
        nlu = None
        if with_nlu:
            data_dir = Path("var")
            model = service.prepare(data_dir, lambda message: print(message, file=sys.stderr))
            nlu = stack.enter_context(language_server(data_dir, model))
        town = Town(folder / "town", postgres.url(), redis.url(), nlu=nlu)
        stack.callback(town.close)
        town.open()
        yield town


def run(seconds: float, clients: int, count: int, with_nlu: bool) -> list[Result]:
    platform = Platform()
    with town_of(with_nlu) as town:
        openids = make_members(town.database_url, count)

        def ask(make: Body, expected: str) -> Callable[[requests.Session, int], None]:
            def call(session: requests.Session, number: int) -> None:
                openid = random.choice(openids)
                query, body = platform.push(openid, make(number, openid))
                answer = session.post(f"{town.web}/wechat?{query}", data=body, timeout=10)
                if answer.status_code != 200 or expected not in answer.text:
                    raise RuntimeError(f"unexpected answer: {answer.status_code} {answer.text[:200]}")

            return call

        def healthz(session: requests.Session, _number: int) -> None:
            session.get(f"{town.web}/healthz", timeout=10)

        cases: list[tuple[str, Callable[[requests.Session, int], None]]] = [
            ("healthz", healthz),
            ("menu tap: my balance", ask(menu_tap, "Encrypt")),
            ("balance question, asked before", ask(asked_before, "Encrypt")),
        ]
        if with_nlu:
            cases.append(("balance question, never asked", ask(never_asked, "Encrypt")))
        results = []
        for name, call in cases:
            load(name, call, min(seconds, 2), clients)
            results.append(load(name, call, seconds, clients))
        return results


def main() -> None:
    parser = argparse.ArgumentParser(description="Messages per second through the webhook")
    parser.add_argument("--seconds", type=float, default=8)
    parser.add_argument("--clients", type=int, default=4)
    parser.add_argument("--members", type=int, default=500)
    parser.add_argument("--no-nlu", action="store_true")
    options = parser.parse_args()
    results = run(options.seconds, options.clients, options.members, not options.no_nlu)
    base = results[0].per_second
    table = Table("case", "messages/s", "p50 ms", "p99 ms", "of healthz")
    for result in results:
        table.add_row(
            result.name,
            f"{result.per_second:.0f}",
            f"{result.p50_ms:.1f}",
            f"{result.p99_ms:.1f}",
            f"{result.per_second / base:.2f}",
        )
    Console().print(table)


if __name__ == "__main__":
    main()
