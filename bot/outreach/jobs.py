"""The worker: takes jobs from the queue and sends (design §2, row "jobs").

Three things keep a message from being lost. The job is written with the change that caused it (`queue`);
jobs of a worker that died are taken up again when its heartbeat has stopped; and a sweep looks at the outbox
itself for what is due and has no living job.
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import Callable
from dataclasses import dataclass

import structlog
from procrastinate import App, PsycopgConnector
from procrastinate.exceptions import ConnectorException, UniqueViolation
from procrastinate.jobs import Status
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from sqlalchemy import make_url

from bot.outreach.queue import QUEUE, SEND_MESSAGE, defer_message
from bot.outreach.sending import OutreachContext, deliver, sweep

__all__ = ["Duties", "OutreachContext", "conninfo", "defer_message", "make_app", "run_worker"]

log = structlog.get_logger(__name__)

NIGHTLY = "nightly"
NIGHTLY_CRON = "17 20 * * *"  # UTC: 04:17 in the shops
FREQUENT = "frequent"
FREQUENT_CRON = "* * * * *"
HEARTBEAT_SECONDS = 2.0
STALLED_SECONDS = 8.0
SWEEP_SECONDS = 3.0
POLL_SECONDS = 0.1  # how long a receipt may wait for a worker that has nothing to do
RESTART_PAUSE_SECONDS = 1.0
GRACE_SECONDS = 20.0  # a send has time-outs of 8 s, and may be tried twice


@dataclass(frozen=True)
class Duties:
    """What the worker does besides sending: once a night, and every minute."""

    nightly: Callable[[], None] = lambda: None
    frequent: Callable[[], None] = lambda: None


def conninfo(database_url: str) -> str:
    """SQLAlchemy's URL as libpq wants it."""
    url = make_url(database_url)
    parts = url.translate_connect_args(username="user", database="dbname")
    query = {name: value if isinstance(value, str) else ",".join(value) for name, value in url.query.items()}
    return make_conninfo(**{**parts, **query})


def make_app(database_url: str, context: OutreachContext, duties: Duties, *, concurrency: int = 4) -> App:
    """The queue with its tasks bound to `context`."""
    # What a crash of the database may lose here are steps of the queue, not messages: a job is at worst done
    # again, and the claim in the outbox, which waits for the disk, finds it sent.
    lazily = make_conninfo(conninfo(database_url), options=_with_lazy_commits(database_url))
    connector = PsycopgConnector(conninfo=lazily, min_size=2, max_size=concurrency + 3)
    app = App(connector=connector)

    @app.task(name=SEND_MESSAGE, queue=QUEUE)
    def send_message(message_id: int) -> str:
        return deliver(context, message_id)

    @app.periodic(cron=NIGHTLY_CRON, periodic_id=NIGHTLY)
    @app.task(name=NIGHTLY, queue=QUEUE, queueing_lock=NIGHTLY)
    def nightly(timestamp: int) -> None:  # noqa: ARG001 - the queue passes the due moment
        duties.nightly()

    @app.periodic(cron=FREQUENT_CRON, periodic_id=FREQUENT)
    @app.task(name=FREQUENT, queue=QUEUE, queueing_lock=FREQUENT)
    def frequent(timestamp: int) -> None:  # noqa: ARG001 - the queue passes the due moment
        duties.frequent()

    return app


def _with_lazy_commits(database_url: str) -> str:
    options = conninfo_to_dict(conninfo(database_url)).get("options") or ""
    return f"{options} -c synchronous_commit=off".strip()


def run_worker(
    context: OutreachContext,
    database_url: str,
    *,
    duties: Duties = Duties(),
    concurrency: int = 4,
) -> None:
    """Work until SIGTERM or SIGINT; then finish the messages in hand and return.

    Call it from the main thread of a process of its own. A lost database is waited for.
    """
    asyncio.run(
        _serve(lambda: make_app(database_url, context, duties, concurrency=concurrency), context, concurrency)
    )


async def _serve(make: Callable[[], App], context: OutreachContext, concurrency: int) -> None:
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    sweeping = asyncio.create_task(_keep_sweeping(context, stopping))
    while not stopping.is_set():
        try:
            await _work(make(), stopping, concurrency)
        except Exception:
            log.exception("the worker lost its queue and begins anew")
        await _pause(stopping, RESTART_PAUSE_SECONDS)
    await sweeping
    log.info("worker stopped")


async def _work(app: App, stopping: asyncio.Event, concurrency: int) -> None:
    async with app.open_async():
        await _take_up_stalled(app)
        working = app.run_worker_async(
            queues=[QUEUE],
            concurrency=concurrency,
            install_signal_handlers=False,
            delete_jobs="always",  # the outbox keeps what became of each message
            fetch_job_polling_interval=POLL_SECONDS,
            listen_notify=False,  # nobody notifies: ledger/migrations/sql/0014_lean.sql
            update_heartbeat_interval=HEARTBEAT_SECONDS,
            stalled_worker_timeout=STALLED_SECONDS,
            shutdown_graceful_timeout=GRACE_SECONDS,
        )
        worker = asyncio.create_task(working)
        helpers = [asyncio.create_task(stopping.wait()), asyncio.create_task(_keep_taking_up(app))]
        log.info("worker started", queue=QUEUE, concurrency=concurrency)
        await asyncio.wait({worker, helpers[0]}, return_when=asyncio.FIRST_COMPLETED)
        for task in (worker, *helpers):
            task.cancel()
        results = await asyncio.gather(worker, *helpers, return_exceptions=True)
        if isinstance(results[0], Exception):
            raise results[0]


async def _keep_taking_up(app: App) -> None:
    while True:
        await asyncio.sleep(STALLED_SECONDS / 2)
        with contextlib.suppress(ConnectorException):
            await _take_up_stalled(app)


async def _take_up_stalled(app: App) -> None:
    """Put the jobs of dead workers back; the claim in the outbox decides whether anything is left to do.

    A duty that waits in the queue already is not put there a second time: the dead worker's is forgotten.
    """
    stalled = await app.job_manager.get_stalled_jobs(queue=QUEUE, seconds_since_heartbeat=STALLED_SECONDS)
    for job in stalled:
        with contextlib.suppress(ConnectorException):  # another worker was quicker
            try:
                await app.job_manager.retry_job(job)
            except UniqueViolation:
                await app.job_manager.finish_job(job, Status.FAILED, delete_job=True)
            log.warning("took up the job of a dead worker", job_id=job.id)


async def _keep_sweeping(context: OutreachContext, stopping: asyncio.Event) -> None:
    while not stopping.is_set():
        try:
            await asyncio.to_thread(sweep, context, stopping.is_set)
        except Exception:
            log.exception("a sweep of the outbox failed")
        await _pause(stopping, SWEEP_SECONDS)


async def _pause(stopping: asyncio.Event, seconds: float) -> None:
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(stopping.wait(), seconds)
