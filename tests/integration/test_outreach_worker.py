"""Worker processes that are killed, stopped, doubled and cut off: every receipt arrives, once (row E1)."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest
from sqlalchemy import Connection, Engine, text
from wechat_kit import OK, Answer, Call, ScriptedPlatform, scripted_platform

from bot.outreach.queue import defer_message, worker_is_alive
from ledger.records import messages

WAIT_SECONDS = 110.0

WORKER = """
import sys
from datetime import UTC, datetime
from sqlalchemy import create_engine
from bot.delivery_store import connect
from bot.logs import setup_logging
from bot.outreach.jobs import run_worker
from bot.outreach.sending import OutreachContext
from bot.outreach.wechat.client import WeChat

database_url, redis_url, origin = sys.argv[1:]
setup_logging()
engine = create_engine(database_url)
client = WeChat("wxdemo", "s3cret", connect(redis_url), origin=origin)
run_worker(OutreachContext(engine, client, lambda: datetime.now(UTC)), database_url)
print("ended well", flush=True)
"""


def until(true: Callable[[], bool]) -> None:
    """Wait for a state that is sure to come."""
    end = time.monotonic() + WAIT_SECONDS
    while not true():
        assert time.monotonic() < end
        time.sleep(0.02)


class Workers:
    """Starts worker processes; whatever a test leaves running is ended with it."""

    def __init__(self, *urls: str) -> None:
        self.urls = urls
        self.started: list[subprocess.Popen[str]] = []

    def start(self, platform: ScriptedPlatform) -> subprocess.Popen[str]:
        command = [sys.executable, "-c", WORKER, *self.urls, platform.origin]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self.started.append(process)
        return process

    def end(self) -> None:
        for process in self.started:
            process.kill()
            process.communicate()


@pytest.fixture
def workers(database_url: str, redis_url: str) -> Iterator[Workers]:
    made = Workers(database_url, redis_url)
    yield made
    made.end()


def put(connection: Connection, key: str) -> int:
    now = datetime.now(UTC)
    message_id = messages.enqueue(
        connection,
        key=key,
        openid="oA",
        member_id=None,
        kind="receipt",
        text=key,
        due_at=now,
        created_at=now,
    )
    assert message_id is not None
    return message_id


def commit_message(engine: Engine, key: str = "receipt") -> None:
    with engine.begin() as connection:
        defer_message(connection, put(connection, key))


def sent_texts(platform: ScriptedPlatform) -> list[str]:
    with platform.lock:
        bodies = [call.json for call in platform.calls if call.path.endswith("send")]
    return sorted(body["text"]["content"] for body in bodies)  # type: ignore[index]


def states(engine: Engine) -> set[str]:
    with engine.connect() as connection:
        return {record.state for record in messages.of_openid(connection, "oA")}


def jobs(engine: Engine) -> list[str]:
    with engine.connect() as connection:
        return list(connection.execute(text("SELECT status::text FROM procrastinate_jobs")).scalars())


def all_done(engine: Engine) -> bool:
    return states(engine) == {"sent"} and jobs(engine) == []


def has_worker(engine: Engine) -> bool:
    with engine.connect() as connection:
        return worker_is_alive(connection)


def count_workers(engine: Engine) -> int:
    with engine.connect() as connection:
        return int(connection.execute(text("SELECT count(*) FROM procrastinate_workers")).scalar_one())


def age_heartbeats(engine: Engine) -> None:
    """As if the seconds had gone by until a dead worker's heartbeat counts as lost."""
    with engine.begin() as connection:
        connection.execute(
            text("UPDATE procrastinate_workers SET last_heartbeat = now() - interval '1 hour'")
        )


def age_claims(engine: Engine) -> None:
    """As if the minute had gone by after which what a dead sender had claimed may be taken over."""
    with engine.begin() as connection:
        connection.execute(text("UPDATE message SET claimed_at = claimed_at - interval '1 minute'"))


def cut_connections(engine: Engine) -> None:
    """What a restart of the database does to everyone else."""
    query = (
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    engine.dispose()  # ours are no part of it
    with engine.begin() as connection:
        connection.execute(text(query))


def stop_well(process: subprocess.Popen[str]) -> None:
    process.send_signal(signal.SIGTERM)
    output, _ = process.communicate(timeout=WAIT_SECONDS)
    assert process.returncode == 0, output
    assert output.endswith("ended well\n"), output


def test_killed_between_commit_and_send_it_still_arrives_once(engine: Engine, workers: Workers) -> None:
    with scripted_platform() as platform:
        first = workers.start(platform)
        until(lambda: has_worker(engine))
        with engine.begin() as connection:
            message_id = put(connection, "receipt")
        with engine.begin() as holder:  # the worker takes the job, and cannot go on to claim the message
            holder.execute(text("LOCK TABLE message IN SHARE ROW EXCLUSIVE MODE"))
            with engine.begin() as connection:
                defer_message(connection, message_id)
            until(lambda: jobs(engine) == ["doing"])
            first.send_signal(signal.SIGKILL)
            first.wait(WAIT_SECONDS)
        assert sent_texts(platform) == []
        age_heartbeats(engine)
        second = workers.start(platform)
        until(lambda: all_done(engine))
        stop_well(second)
        assert sent_texts(platform) == ["receipt"]


def test_killed_while_the_platform_had_not_yet_answered(engine: Engine, workers: Workers) -> None:
    """The one case of doubt: it is sent again, once the claim of the dead sender has run out."""
    called, answer_now = threading.Event(), threading.Event()

    def script(_call: Call) -> Answer:
        called.set()
        answer_now.wait(WAIT_SECONDS)
        return OK

    with scripted_platform(script) as platform:
        first = workers.start(platform)
        until(lambda: has_worker(engine))
        commit_message(engine)
        assert called.wait(WAIT_SECONDS)
        first.send_signal(signal.SIGKILL)
        first.wait(WAIT_SECONDS)
        answer_now.set()
        age_heartbeats(engine)
        age_claims(engine)
        second = workers.start(platform)
        until(lambda: all_done(engine))
        stop_well(second)
        assert sent_texts(platform) == ["receipt", "receipt"]


def test_cut_connections_cost_nothing_and_sigterm_finishes_what_is_in_hand(
    engine: Engine, workers: Workers
) -> None:
    called, answer_now = threading.Event(), threading.Event()

    def script(call: Call) -> Answer:
        if call.json["text"] == {"content": "in hand"}:
            called.set()
            answer_now.wait(WAIT_SECONDS)
        return OK

    with scripted_platform(script) as platform:
        worker = workers.start(platform)
        until(lambda: has_worker(engine))
        cut_connections(engine)
        commit_message(engine, "after the cut")
        until(lambda: all_done(engine))
        until(lambda: has_worker(engine))
        commit_message(engine, "in hand")
        assert called.wait(WAIT_SECONDS)
        worker.send_signal(signal.SIGTERM)
        answer_now.set()
        stop_well(worker)
        assert states(engine) == {"sent"}
        assert sent_texts(platform) == ["after the cut", "in hand"]


def test_two_workers_share_the_work_and_send_each_message_once(engine: Engine, workers: Workers) -> None:
    keys = [f"receipt-{number:02}" for number in range(12)]
    with scripted_platform() as platform:
        pair = [workers.start(platform) for _ in range(2)]
        until(lambda: count_workers(engine) == len(pair))  # one that is still starting knows no SIGTERM
        for key in keys:
            commit_message(engine, key)
        until(lambda: all_done(engine))
        for worker in pair:
            stop_well(worker)
        assert sent_texts(platform) == keys
