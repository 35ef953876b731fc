"""Once only, and in time: what stands between WeChat's deliveries and the conversation.

WeChat delivers a message up to three times, 5 s apart, possibly to different processes, until one delivery is
answered (wechat-protocol §1.4). Here the first delivery works, every other one gets the same reply; work that
misses the deadline is answered with silence, and its reply goes out once by another way; turns of one member
run one after the other, in the order in which they arrived.

Redis carries this between processes. Without it each process goes on alone: a duplicate that reaches another
process then works a second time, which moves nothing twice, because every change of value is guarded by the
delivery's key in the ledger (design §3).
"""

from __future__ import annotations

import contextlib
import os
import secrets
import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import redis
import structlog

from bot import metrics
from bot.delivery_store import REPLY_SECONDS, DeliveryStore, UnavailableError
from bot.messages import SILENCE, Incoming, Reply

log = structlog.get_logger(__name__)

Work = Callable[[Incoming], Reply]
Late = Callable[[Incoming, Reply], None]

APOLOGY = Reply("抱歉，系统刚才出了点小问题，请稍后再试一次。如果涉及金额，请先查一下余额。")
BUSY = Reply("现在咨询的人有点多，您这条消息还没有处理，请过一会儿再发一次。")

DEADLINE_SECONDS = 4.5  # WeChat hangs up after 5
BREATH_SECONDS = 2.0
POLL_SECONDS = 0.03
TURN_PATIENCE_SECONDS = 10.0  # a neighbour's stuck turn must not silence a member for ever
SHORT_REPLY_SECONDS = 60  # apologies and "busy": long enough for the three deliveries, not for ever
REMEMBERED_JOBS = 2000
STRIPES = 64


@dataclass
class _Job:
    """One delivery key in this process, while it is worked on and for a while after."""

    incoming: Incoming
    work: Work
    late: Late
    token: str
    lock: threading.Lock = field(default_factory=threading.Lock)
    done: threading.Event = field(default_factory=threading.Event)
    reply: Reply | None = None
    first_in_line: bool = False
    started: bool = False
    cancelled: bool = False
    abandoned: bool = False  # its deliveries were answered with silence; the reply goes out late

    def begin(self) -> bool:
        with self.lock:
            self.started = not self.cancelled
            return self.started

    def settle(self, reply: Reply) -> bool:
        """Fix what deliveries get from now on. True: too late for `reply`, they get silence."""
        with self.lock:
            self.reply = SILENCE if self.abandoned else reply
            return self.abandoned

    def wait(self, deadline: float) -> Reply | None:
        self.done.wait(max(0.0, deadline - time.monotonic()))
        with self.lock:
            return self.reply


class Deliveries:
    """Guards the turns of one process; every process of the shop shares one Redis.

    Args:
        client: made by `bot.delivery_store.connect`, so that a lost Redis costs little time.
        threads: turns worked on at once in this process.
        waiting_limit: turns waiting for a thread; beyond it messages are told that we are busy.
        member_limit: turns of one member waiting.
        prefix: of the keys in Redis.
    """

    def __init__(
        self,
        client: redis.Redis,
        *,
        threads: int = 16,
        waiting_limit: int = 200,
        member_limit: int = 8,
        prefix: str = "zg:",
    ) -> None:
        self._client = client
        self._threads = threads
        self._waiting_limit = waiting_limit
        self._member_limit = member_limit
        self._prefix = prefix
        self._start_lock = threading.Lock()
        self._pid = 0

    def answer(
        self, incoming: Incoming, *, work: Work, late: Late, timeout_seconds: float = DEADLINE_SECONDS
    ) -> Reply:
        """The reply to this delivery, within `timeout_seconds`; never raises.

        Args:
            work: one turn; called once for all deliveries of `incoming.key`, unless the process that works
                on it dies. What it raises is logged and answered with APOLOGY.
            late: takes the reply of a turn that missed its deadline, once; make it idempotent by the key.
        """
        deadline = time.monotonic() + timeout_seconds
        self._start()
        job, first = self._join(incoming, work, late)
        if not first:
            metrics.DUPLICATES.inc()
            return job.wait(deadline) or SILENCE
        elsewhere = self._claim(job, deadline)
        if elsewhere is not None:
            metrics.DUPLICATES.inc()
            self._forget(job, elsewhere)
            return elsewhere
        if not self._enqueue(job):
            if incoming.kind != "event":
                return self._turn_away(job)
            self._run(job)  # nobody can send an event again: the door's own thread takes it
        return job.wait(deadline) or self._give_up(job)

    def close(self) -> None:
        """Finish the turns that are under way and take the sign of life down."""
        if self._pid != os.getpid():
            return
        self._pool.shutdown(wait=True)
        self._stop.set()
        self._heart.join()
        with contextlib.suppress(UnavailableError):
            self._store.expire()
        self._pid = 0

    # -- one delivery -------------------------------------------------------------------------------------

    def _join(self, incoming: Incoming, work: Work, late: Late) -> tuple[_Job, bool]:
        with self._lock:
            job = self._jobs.get(incoming.key)
            if job is not None:
                return job, False
            self._count += 1
            job = _Job(incoming, work, late, f"{self._store.process_id}:{self._count}")
            self._jobs[incoming.key] = job
            while len(self._jobs) > REMEMBERED_JOBS and next(iter(self._jobs.values())).done.is_set():
                self._jobs.popitem(last=False)
            return job, True

    def _claim(self, job: _Job, deadline: float) -> Reply | None:
        """None when the work is ours; else another process's reply, or silence when it is still at it."""
        while True:
            try:
                claimed = self._store.claim(job.incoming.key, job.token)
            except UnavailableError:
                log.warning("redis is away: a delivery is guarded by this process alone")
                return None
            if isinstance(claimed, Reply):
                return claimed
            if claimed:
                return None
            if time.monotonic() >= deadline:
                return SILENCE
            time.sleep(POLL_SECONDS)

    def _forget(self, job: _Job, elsewhere: Reply) -> None:
        """Redis knows this delivery better: should its worker die, the next delivery must ask again."""
        with self._lock:
            self._jobs.pop(job.incoming.key, None)
        job.settle(elsewhere)
        job.done.set()

    def _turn_away(self, job: _Job) -> Reply:
        job.begin()
        return self._refuse(job)

    def _refuse(self, job: _Job) -> Reply:
        metrics.BUSY_REPLIES.inc()
        job.settle(BUSY)
        self._finish(job, BUSY, SHORT_REPLY_SECONDS)
        return BUSY

    def _give_up(self, job: _Job) -> Reply:
        """The deadline has come. Work not begun because all threads are taken is called off, honestly."""
        with self._lock:
            saturated = self._busy >= self._threads
        with job.lock:
            if job.reply is not None:
                return job.reply
            if job.started or not saturated or job.incoming.kind == "event":
                job.abandoned = True
                return SILENCE
            job.cancelled = True
        return self._refuse(job)

    # -- the turns of a member, one after the other --------------------------------------------------------

    def _enqueue(self, job: _Job) -> bool:
        """Into its member's line, here and in Redis in the same order; False when there is no room."""
        openid = job.incoming.openid
        with self._stripes[hash(openid) % STRIPES]:
            with self._lock:
                waiting = len(self._mailboxes.get(openid, ()))
                if self._waiting >= self._waiting_limit or waiting >= self._member_limit:
                    return False
                self._waiting += 1
            with contextlib.suppress(UnavailableError):
                job.first_in_line = self._store.stand_in_line(openid, job.token)
            with self._lock:
                idle = openid not in self._mailboxes
                self._mailboxes.setdefault(openid, deque()).append(job)
        if idle:
            self._schedule(openid)
        return True

    def _schedule(self, openid: str) -> None:
        try:
            self._pool.submit(self._drain, openid)
        except RuntimeError:  # the pool is closing: what has come in is still finished
            self._drain(openid)

    def _drain(self, openid: str) -> None:
        """One turn of this member; then back to the end of the pool's queue, so that nobody hogs a thread."""
        with self._lock:
            job = self._mailboxes[openid].popleft()
            self._waiting -= 1
            self._busy += 1
        try:
            if job.begin():
                self._wait_for_turn(job)
                self._run(job)
        except Exception:
            log.exception("a turn broke outside its work", key=job.incoming.key)
        with self._lock:
            self._busy -= 1
            more = bool(self._mailboxes[openid])
            if not more:
                del self._mailboxes[openid]
        if more:
            self._schedule(openid)

    def _wait_for_turn(self, job: _Job) -> None:
        if job.first_in_line:
            return
        patience = time.monotonic() + TURN_PATIENCE_SECONDS
        try:
            while not self._store.is_turn(job.incoming.openid, job.token):
                if time.monotonic() > patience:
                    log.warning("a turn goes ahead of one that is stuck", key=job.incoming.key)
                    return
                time.sleep(POLL_SECONDS)
        except UnavailableError:
            return

    def _run(self, job: _Job) -> None:
        keep_seconds = REPLY_SECONDS
        try:
            reply = job.work(job.incoming)
        except Exception:
            log.exception("a turn failed", key=job.incoming.key, kind=job.incoming.kind)
            reply, keep_seconds = APOLOGY, SHORT_REPLY_SECONDS
        if job.settle(reply):
            self._hand_over(job, reply)
            reply = SILENCE
        self._finish(job, reply, keep_seconds)

    def _finish(self, job: _Job, reply: Reply, keep_seconds: int) -> None:
        key, openid = job.incoming.key, job.incoming.openid
        with contextlib.suppress(UnavailableError):
            self._store.finish(key, openid, job.token, reply, keep_seconds)
        job.done.set()

    def _hand_over(self, job: _Job, reply: Reply) -> None:
        if not (reply.text or reply.choices):
            return
        metrics.LATE_REPLIES.inc()
        try:
            job.late(job.incoming, reply)
        except Exception:
            log.exception("a late reply was lost", key=job.incoming.key)

    # -- life of the process ------------------------------------------------------------------------------

    def _start(self) -> None:
        """Begin in the process that serves: threads made before a fork would not exist in the child."""
        if self._pid == os.getpid():
            return
        with self._start_lock:
            if self._pid == os.getpid():
                return
            process_id = f"{os.getpid()}-{secrets.token_hex(6)}"
            self._store = DeliveryStore(self._client, process_id, self._prefix)
            self._lock = threading.Lock()
            self._stripes = [threading.Lock() for _ in range(STRIPES)]
            self._jobs: OrderedDict[str, _Job] = OrderedDict()
            self._mailboxes: dict[str, deque[_Job]] = {}
            self._count = self._waiting = self._busy = 0
            self._pool = ThreadPoolExecutor(self._threads, thread_name_prefix="turn")
            self._stop = threading.Event()
            self._breathe()
            self._heart = threading.Thread(target=self._keep_breathing, name="breath", daemon=True)
            self._heart.start()
            self._pid = os.getpid()

    def _keep_breathing(self) -> None:
        while not self._stop.wait(BREATH_SECONDS):
            self._breathe()

    def _breathe(self) -> None:
        with contextlib.suppress(UnavailableError):
            self._store.breathe()
