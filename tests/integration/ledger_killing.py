"""Kill -9 in the middle of a load: of the client, and of the server with all its processes.

Run as a program it is the client: it tops up for ever and prints each key once its commit was acknowledged.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import psycopg
from sqlalchemy import create_engine, text
from sqlalchemy.exc import SQLAlchemyError

from bot.embedded.postgres import PostgresServer
from ledger.book import Header, purchase, top_up
from ledger.book.values import Line
from ledger.book.verify import verify
from ledger.migrations import upgrade
from ledger.records import members

CLIENTS = 2


def client(url: str, run: str) -> None:
    """Top-ups and purchases by turns, until killed (or until the server is)."""
    engine = create_engine(url)
    with engine.begin() as connection:
        member_id = members.create(
            connection, name=run, home_store_id="s1", level="x", joined_at=datetime.now(UTC)
        )
    number = 0
    while True:
        number += 1
        key = f"{run}-{number}"
        now = datetime.now(UTC)
        header = Header(key, "s1", "staff:1", member_id, now, now)
        with engine.begin() as connection:
            if number % 2:
                top_up(connection, header, paid_fen=300, payment_method="cash", gift_fen=30, points=3)
            else:
                sold = [Line("i", "护理", "care", 1, 330, 310)]
                purchase(connection, header, lines=sold, stored_fen=310, spending_order="pro_rata")
        print(key, flush=True)


def _start_clients(url: str, run: str) -> list[subprocess.Popen[str]]:
    command = [sys.executable, __file__, url]
    return [
        subprocess.Popen(
            [*command, f"{run}-{n}"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        for n in range(CLIENTS)
    ]


def _acknowledged(clients: list[subprocess.Popen[str]]) -> list[str]:
    """What was printed before the end; a line cut short was not yet acknowledged to anybody."""
    keys: list[str] = []
    for process in clients:
        printed = process.communicate(timeout=30)[0]
        keys += [printed_line for printed_line in printed.split("\n")[:-1] if printed_line]
    return keys


def _wait_for_work(clients: list[subprocess.Popen[str]]) -> None:
    """Until every client has had its first commit acknowledged; that line is not counted afterwards."""
    for process in clients:
        assert process.stdout is not None
        assert process.stdout.readline(), "the client did not start"


def _missing(url: str, acknowledged: list[str]) -> list[str]:
    """Acknowledged keys that are not there once, and everything that is unsound."""
    engine = create_engine(url)
    with engine.connect() as connection:
        known = set(connection.execute(text("SELECT key FROM transfer WHERE refused IS NULL")).scalars())
        lost = [f"{key} was acknowledged and is lost" for key in acknowledged if key not in known]
        connection.rollback()
        unsound = [str(finding) for finding in verify(connection)]
    engine.dispose()
    return lost + unsound


def kill_client_rounds(url: str, rounds: int) -> list[str]:
    """Kill clients after a random while; returns what is wrong."""
    wrong: list[str] = []
    for number in range(rounds):
        clients = _start_clients(url, f"c{number}")
        _wait_for_work(clients)
        time.sleep(random.uniform(0, 0.2))
        for process in clients:
            process.send_signal(signal.SIGKILL)
        wrong += _missing(url, _acknowledged(clients))
    return wrong


def kill_server_rounds(data_dir: Path, rounds: int) -> list[str]:
    """Kill PostgreSQL with all its processes, start it again on the same files; returns what is wrong."""
    server = PostgresServer(data_dir)
    server.start()
    server.ensure_database("killed")
    url = server.url("killed")
    upgrade(url)
    wrong: list[str] = []
    for number in range(rounds):
        clients = _start_clients(url, f"k{number}")
        _wait_for_work(clients)
        time.sleep(random.uniform(0, 0.2))
        _kill_server(server)
        acknowledged = _acknowledged(clients)  # they end by themselves: their connection is gone
        server = PostgresServer(data_dir)
        _start_again(server)
        wrong += _missing(url, acknowledged)
    server.stop()
    return wrong


def _kill_server(server: PostgresServer) -> None:
    assert server.process is not None
    postmaster = server.process.pid
    children = [
        int(pid) for pid in Path(f"/proc/{postmaster}/task/{postmaster}/children").read_text().split()
    ]
    for pid in [postmaster, *children]:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue
    server.process.wait(timeout=30)


def _start_again(server: PostgresServer) -> None:
    """The killed processes may hold the shared memory for a moment longer."""
    for attempt in range(20):
        try:
            server.start()
        except (RuntimeError, psycopg.Error):
            if attempt == 19:
                raise
            time.sleep(0.3)
        else:
            return


if __name__ == "__main__":
    try:
        client(sys.argv[1], sys.argv[2])
    except SQLAlchemyError:
        sys.exit(1)
    except psycopg.Error:
        sys.exit(1)
