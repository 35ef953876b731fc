"""Runs the cases in processes of their own on a private server, and prints the table."""

from __future__ import annotations

import argparse
import multiprocessing
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.synchronize import Barrier
from pathlib import Path

import psycopg
from rich.console import Console

from bench import ledger_cases, ledger_load
from bot.embedded.postgres import PostgresServer
from ledger.migrations import upgrade

# Durable: fsync and synchronous_commit are left on.
SERVER_SETTINGS = {"shared_buffers": "512MB", "max_wal_size": "8GB", "checkpoint_timeout": "30min"}
GROWTH_ROUNDS = 5
Case = Callable[[str, int, int], ledger_cases.Operation]
console = Console(stderr=True)


@dataclass(frozen=True)
class Result:
    tps: float
    p50_ms: float
    p99_ms: float


def main() -> None:
    options = _options()
    with _server(options.data_dir) as server:
        url = _database(server, "bench", options.wallets)
        if options.peer_sql:
            with psycopg.connect(server.conninfo("bench"), autocommit=True) as connection:
                connection.execute(options.peer_sql.read_bytes())
        print(_speed(url, options))
        if options.growth:
            _growth(server, url, options)
            print(_speed_line)


_speed_line = ""


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Speed of the ledger on a private, durable PostgreSQL.")
    parser.add_argument("--seconds", type=float, default=5, help="of each measurement (default 5)")
    parser.add_argument("--wallets", type=int, default=10_000)
    parser.add_argument("--processes", type=int, nargs="+", default=[1, 4])
    parser.add_argument("--data-dir", type=Path, help="keep the server's data here (default: thrown away)")
    parser.add_argument("--peer-sql", type=Path, help="a peer's SQL, run once before")
    parser.add_argument("--peer-call", help="its call, with %%(key)s, %%(member)s, %%(amount)s")
    parser.add_argument("--growth", action="store_true", help="then compare with many more wallets")
    parser.add_argument(
        "--growth-wallets", type=int, default=1_000_000, help="20 postings each (default a million)"
    )
    options = parser.parse_args()
    if bool(options.peer_sql) != bool(options.peer_call):
        parser.error("--peer-sql and --peer-call go together")
    return options


@contextmanager
def _server(data_dir: Path | None) -> Iterator[PostgresServer]:
    folder = data_dir or Path(tempfile.mkdtemp(prefix="zgb-"))
    server = PostgresServer(folder / "pg", SERVER_SETTINGS)
    server.start()
    try:
        yield server
    finally:
        server.stop()
        if data_dir is None:
            shutil.rmtree(folder, ignore_errors=True)


def _database(server: PostgresServer, name: str, wallets: int) -> str:
    with psycopg.connect(server.conninfo(), autocommit=True) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
    server.ensure_database(name)
    upgrade(server.url(name))
    ledger_load.load(server.conninfo(name), wallets, console)
    with psycopg.connect(server.conninfo(name), autocommit=True) as connection:
        connection.execute(ledger_cases.LIMIT_SQL)
        connection.execute("INSERT INTO bench_account SELECT n, 0 FROM generate_series(0, %s) n", (wallets,))
        connection.execute("VACUUM ANALYZE")
    return server.url(name)


def _speed(url: str, options: argparse.Namespace) -> str:
    cases: dict[str, Case] = {
        "limit": ledger_cases.limit,
        "posting": ledger_cases.posting,
        "topup": ledger_cases.whole_top_up,
    }
    if options.peer_call:
        cases["peer"] = ledger_cases.peer(options.peer_call)
    figures = {}
    for processes in options.processes:
        for name, case in cases.items():
            result = measure(case, url, processes, options.seconds)
            _print(f"{name}, {processes} processes", result)
            figures[name] = result.tps
    global _speed_line  # noqa: PLW0603 - printed again at the very end when other figures come between
    _speed_line = " ".join(f"{name}_tps={tps:.0f}" for name, tps in figures.items())
    return _speed_line


def _growth(server: PostgresServer, small_url: str, options: argparse.Namespace) -> None:
    large_url = _database(server, "bench_large", options.growth_wallets)
    for name, case in {
        "balance": ledger_cases.balance,
        "statement page": ledger_cases.statement_page,
        "whole top-up": ledger_cases.whole_top_up,
    }.items():
        small, large = _by_turns(case, small_url, large_url, options.seconds)
        _print(f"{name}, {options.wallets} wallets", small)
        _print(f"{name}, {options.growth_wallets} wallets", large)
        print(f"{name}: p99 × {large.p99_ms / small.p99_ms:.2f}")


def _by_turns(case: Case, small_url: str, large_url: str, seconds: float) -> tuple[Result, Result]:
    """Both sizes in turns, the median of each figure: what else the machine does hits both alike."""
    rounds = [
        (measure(case, small_url, 1, seconds), measure(case, large_url, 1, seconds))
        for _ in range(GROWTH_ROUNDS)
    ]
    small, large = (
        Result(
            *(
                statistics.median(getattr(each[side], name) for each in rounds)
                for name in Result.__dataclass_fields__
            )
        )
        for side in (0, 1)
    )
    return small, large


def _print(name: str, result: Result) -> None:
    print(
        f"{name:<36} {result.tps:8.0f}/s  p50 {result.p50_ms:7.2f} ms  p99 {result.p99_ms:7.2f} ms",
        flush=True,
    )


def measure(case: Case, url: str, processes: int, seconds: float) -> Result:
    """All processes start together and work for `seconds`; latencies are put together."""
    context = multiprocessing.get_context("fork")
    barrier = context.Barrier(processes)
    queue: multiprocessing.Queue[list[float]] = context.Queue()
    workers = [
        context.Process(target=_work, args=(case, url, number, processes, seconds, barrier, queue))
        for number in range(processes)
    ]
    for worker in workers:
        worker.start()
    latencies = [latency for _ in workers for latency in queue.get(timeout=seconds + 300)]
    for worker in workers:
        worker.join()
    cuts = statistics.quantiles(latencies, n=100)
    return Result(len(latencies) / seconds, cuts[49] * 1000, cuts[98] * 1000)


def _work(
    case: Case,
    url: str,
    worker: int,
    processes: int,
    seconds: float,
    barrier: Barrier,
    queue: multiprocessing.Queue[list[float]],
) -> None:
    try:
        operation = case(url, worker, processes)
        for _ in range(20):  # connections, prepared statements, caches
            operation()
        barrier.wait()
        queue.put(_repeat(operation, seconds))
    except Exception:  # noqa: BLE001 - shown, and the others are told
        sys.excepthook(*sys.exc_info())
        barrier.abort()
        queue.put([])


def _repeat(operation: ledger_cases.Operation, seconds: float) -> list[float]:
    latencies = []
    start = before = time.perf_counter()
    while before - start < seconds:
        operation()
        now = time.perf_counter()
        latencies.append(now - before)
        before = now
    return latencies
