"""What understanding costs: training, ready after the start, memory, a parse by the model and from the cache.

`python bench/understanding.py [--train]`

The trained model and the environment of ZHANGGUI_DATA_DIR are used (`zhanggui nlu train` makes both); a Redis
of its own keeps the cache. Every sentence of the split `test` is parsed by the model, and once again from the
cache, values included. Times are also given as a multiple of the server's answer to GET /status in the same
run, which is what HTTP costs by itself.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path

import redis
from rich.console import Console
from rich.table import Table

sys.path[0] = str(Path(__file__).resolve().parents[1])

from bot.embedded.redis_server import RedisServer  # noqa: E402
from nlu import service  # noqa: E402
from nlu.engine import Nlu  # noqa: E402
from nlu.evaluation import read_split  # noqa: E402
from nlu.running import running_server  # noqa: E402
from shop.files import load  # noqa: E402

BEAUTY = Path(__file__).resolve().parents[1] / "shop" / "examples" / "beauty.yml"
CACHED_TEXT_LIMIT = 40


def milliseconds(run: Callable[[str], object], texts: Iterable[str]) -> list[float]:
    taken = []
    for text in texts:
        began = time.perf_counter()
        run(text)
        taken.append((time.perf_counter() - began) * 1000)
    return taken


def train(data: Path) -> float:
    """Seconds by the clock, as `zhanggui nlu train` does it with the environment there."""
    with tempfile.TemporaryDirectory() as folder:
        command = [str(service.python_of(data)), "train.py", "--out", f"{folder}/model.tar.gz"]
        began = time.monotonic()
        subprocess.run(
            command,
            cwd=service.PROJECT,
            env=service.child_env(),
            check=True,
            capture_output=True,
            timeout=600,
        )
        return time.monotonic() - began


def megabytes(child_of: int) -> int:
    """Resident memory of the newest child process."""
    children = Path(f"/proc/{child_of}/task/{child_of}/children").read_text().split()
    status = Path(f"/proc/{children[-1]}/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0]) // 1024


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--train", action="store_true", help="also train from nothing")
    given = parser.parse_args()
    console, table = Console(width=100), Table("what", "p50", "p99", "times GET /status")
    data = Path(os.environ.get("ZHANGGUI_DATA_DIR", "var"))
    if given.train:
        console.print(f"training from nothing: {train(data):.1f} s by the clock")
    model = service.prepare(data, console.print)
    texts = [
        text for _, text in read_split(service.PROJECT / "data" / "test") if len(text) <= CACHED_TEXT_LIMIT
    ]
    now = datetime.now(UTC)
    with tempfile.TemporaryDirectory() as folder:
        server = RedisServer(Path(folder))
        server.start()
        try:
            began = time.monotonic()
            with running_server(data, model) as client:
                console.print(f"ready after {time.monotonic() - began:.1f} s")
                nlu = Nlu(
                    rasa=client, cache=redis.Redis.from_url(server.url()), catalogue=load(BEAUTY).catalogue()
                )
                nlu.warm()
                plain = milliseconds(lambda _: client.is_ready(), texts[:500])
                runs = {
                    "one parse of the model over HTTP": milliseconds(client.parse, texts),
                    "understood anew, values included": milliseconds(
                        lambda text: nlu.parse(text, now=now), texts
                    ),
                    "understood from the cache, values included": milliseconds(
                        lambda text: nlu.parse(text, now=now), texts
                    ),
                }
                console.print(f"memory of the server {megabytes(os.getpid())} MB")
        finally:
            server.stop()
    for what, taken in {"GET /status": plain, **runs}.items():
        p50, p99 = statistics.median(taken), statistics.quantiles(taken, n=100)[98]
        table.add_row(what, f"{p50:.2f} ms", f"{p99:.2f} ms", f"{p50 / statistics.median(plain):.2f}")
    console.print(f"{len(texts)} sentences, model {model.name}")
    console.print(table)


if __name__ == "__main__":
    main()
