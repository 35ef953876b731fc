"""Once only and in time: over a real Redis, with threads, with processes, without Redis (features row A1)."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest
import redis

from bot.deliveries import APOLOGY, BUSY, Deliveries
from bot.delivery_store import connect
from bot.messages import SILENCE, Choice, Incoming, Reply

SENT_AT = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
WAIT_SECONDS = 20.0
PATIENT = 30.0  # a deadline that a healthy test never reaches
HURRIED = 0.2


def message(number: int = 1, openid: str = "oA", kind: str = "text", event: str = "") -> Incoming:
    return Incoming(f"wx:{openid}:{number}", openid, SENT_AT, kind, f"第{number}条", event)  # type: ignore[arg-type]


def no_late(incoming: Incoming, _reply: Reply) -> None:
    raise AssertionError(f"late: {incoming.key}")


def until(true: Callable[[], bool]) -> None:
    """Wait for a state that is sure to come."""
    end = time.monotonic() + WAIT_SECONDS
    while not true():
        assert time.monotonic() < end
        time.sleep(0.005)


class Counter:
    """A turn that counts its calls and can be held up."""

    def __init__(self, *, held: bool = False) -> None:
        self.keys: list[str] = []
        self.gate = threading.Event()
        self.begun = threading.Event()
        if not held:
            self.gate.set()

    def __call__(self, incoming: Incoming) -> Reply:
        self.keys.append(incoming.key)
        self.begun.set()
        assert self.gate.wait(WAIT_SECONDS)
        return Reply(f"第{len(self.keys)}次：{incoming.text}", (Choice("好", "好的"),))


class LateBox:
    def __init__(self) -> None:
        self.replies: list[tuple[str, Reply]] = []
        self.arrived = threading.Event()

    def __call__(self, incoming: Incoming, reply: Reply) -> None:
        self.replies.append((incoming.key, reply))
        self.arrived.set()


Make = Callable[..., Deliveries]


@pytest.fixture
def make(redis_url: str) -> Iterator[Make]:
    """Makes guards, each as if in a process of its own; they share one Redis."""
    made: list[tuple[Deliveries, redis.Redis]] = []

    def build(url: str = redis_url, **limits: int) -> Deliveries:
        client = connect(url)
        made.append((Deliveries(client, **limits), client))
        return made[-1][0]

    yield build
    for guard, client in made:
        guard.close()
        client.close()


def test_a_later_duplicate_gets_the_same_reply(make: Make) -> None:
    work, first, second = Counter(), make(), make()
    replies = [guard.answer(message(), work=work, late=no_late) for guard in (first, first, second)]
    assert len(work.keys) == 1
    assert replies == [Reply("第1次：第1条", (Choice("好", "好的"),))] * 3


def test_concurrent_duplicates_in_two_guards_work_once(make: Make) -> None:
    work, guards = Counter(held=True), (make(), make())
    with ThreadPoolExecutor(12) as threads:
        answers = [
            threads.submit(
                guards[number % 2].answer, message(), work=work, late=no_late, timeout_seconds=PATIENT
            )
            for number in range(12)
        ]
        assert work.begun.wait(WAIT_SECONDS)
        work.gate.set()
        replies = {answer.result() for answer in answers}
    assert len(work.keys) == 1
    assert replies == {Reply("第1次：第1条", (Choice("好", "好的"),))}


def test_different_messages_are_different(make: Make) -> None:
    work, guard = Counter(), make()
    for number in range(5):
        guard.answer(message(number), work=work, late=no_late)
    assert len(work.keys) == 5


def test_slow_work_is_silent_and_its_reply_comes_late_once(make: Make) -> None:
    work, box, first, second = Counter(held=True), LateBox(), make(), make()
    assert first.answer(message(), work=work, late=box, timeout_seconds=HURRIED) == SILENCE
    for guard in (first, second):
        assert guard.answer(message(), work=work, late=box, timeout_seconds=HURRIED) == SILENCE
    assert box.replies == []
    work.gate.set()
    assert box.arrived.wait(WAIT_SECONDS)
    first.close()
    assert [key for key, _ in box.replies] == [message().key]
    assert box.replies[0][1].text == "第1次：第1条"
    assert second.answer(message(), work=work, late=box) == SILENCE
    assert len(work.keys) == 1


def test_silence_is_not_sent_late(make: Make) -> None:
    gate, box, guard = threading.Event(), LateBox(), make()

    def work(_incoming: Incoming) -> Reply:
        gate.wait(WAIT_SECONDS)
        return SILENCE

    assert guard.answer(message(), work=work, late=box, timeout_seconds=HURRIED) == SILENCE
    gate.set()
    guard.close()
    assert box.replies == []


def test_a_turn_that_fails_apologises_to_every_delivery(make: Make) -> None:
    calls: list[str] = []

    def broken(incoming: Incoming) -> Reply:
        calls.append(incoming.key)
        raise RuntimeError("no database")

    first, second = make(), make()
    for guard in (first, first, second):
        assert guard.answer(message(), work=broken, late=no_late) == APOLOGY
    assert len(calls) == 1


def test_a_turn_that_fails_late_apologises_late(make: Make) -> None:
    gate, box, guard = threading.Event(), LateBox(), make()

    def broken(_incoming: Incoming) -> Reply:
        gate.wait(WAIT_SECONDS)
        raise RuntimeError("no database")

    assert guard.answer(message(), work=broken, late=box, timeout_seconds=HURRIED) == SILENCE
    gate.set()
    guard.close()
    assert [reply for _, reply in box.replies] == [APOLOGY]


def test_a_late_reply_that_cannot_be_handed_over_harms_nothing_else(make: Make) -> None:
    work, guard = Counter(held=True), make()
    assert guard.answer(message(), work=work, late=no_late, timeout_seconds=HURRIED) == SILENCE
    work.gate.set()
    assert guard.answer(message(2), work=work, late=no_late, timeout_seconds=PATIENT).text


def test_when_all_threads_are_taken_the_answer_is_busy_and_nothing_is_done(make: Make) -> None:
    work, guard, box = Counter(held=True), make(threads=1), LateBox()
    assert guard.answer(message(1, "oA"), work=work, late=box, timeout_seconds=HURRIED) == SILENCE
    assert work.begun.wait(WAIT_SECONDS)
    assert guard.answer(message(2, "oB"), work=work, late=no_late, timeout_seconds=HURRIED) == BUSY
    assert make().answer(message(2, "oB"), work=work, late=no_late) == BUSY
    work.gate.set()
    guard.close()
    assert work.keys == [message(1, "oA").key]


def test_an_event_is_never_turned_away(make: Make) -> None:
    work, guard = Counter(held=True), make(threads=1, waiting_limit=1)
    box = LateBox()
    event = message(2, "oB", "event", "unsubscribe")
    assert guard.answer(message(1, "oA"), work=work, late=box, timeout_seconds=HURRIED) == SILENCE
    assert work.begun.wait(WAIT_SECONDS)
    assert guard.answer(event, work=work, late=box, timeout_seconds=HURRIED) == SILENCE
    work.gate.set()
    guard.close()
    assert work.keys == [message(1, "oA").key, event.key]


def test_a_full_waiting_room_turns_away_at_once(make: Make) -> None:
    work, guard, box = Counter(held=True), make(threads=1, waiting_limit=1), LateBox()
    with ThreadPoolExecutor(1) as threads:
        assert guard.answer(message(1, "oA"), work=work, late=box, timeout_seconds=HURRIED) == SILENCE
        assert work.begun.wait(WAIT_SECONDS)
        waiting = threads.submit(guard.answer, message(2, "oB"), work=work, late=box, timeout_seconds=PATIENT)
        until(lambda: guard._client.llen("zg:line:oB") == 1)
        assert guard.answer(message(3, "oC"), work=work, late=box, timeout_seconds=PATIENT) == BUSY
        work.gate.set()
        assert waiting.result().text


def test_turns_of_one_member_keep_their_order_and_never_overlap(make: Make) -> None:
    lock, running, order = threading.Lock(), 0, []
    guards = (make(), make())

    def work(incoming: Incoming) -> Reply:
        nonlocal running
        with lock:
            running += 1
            assert running == 1
            order.append(incoming.key)
        time.sleep(0.02)
        with lock:
            running -= 1
        return Reply("好")

    client = guards[0]._client  # the line is looked at to know that a message has arrived before the next
    with ThreadPoolExecutor(8) as threads:
        first = Counter(held=True)
        answers = [
            threads.submit(guards[0].answer, message(0), work=first, late=no_late, timeout_seconds=PATIENT)
        ]
        assert first.begun.wait(WAIT_SECONDS)
        for number in range(1, 7):
            guard = guards[number % 2]
            answers.append(
                threads.submit(
                    guard.answer, message(number), work=work, late=no_late, timeout_seconds=PATIENT
                )
            )
            until(lambda length=number + 1: client.llen("zg:line:oA") == length)
        first.gate.set()
        for answer in answers:
            assert answer.result().text
    assert order == [message(number).key for number in range(1, 7)]
    assert client.llen("zg:line:oA") == 0


def test_two_members_do_not_wait_for_each_other(make: Make) -> None:
    slow, quick, guard, box = Counter(held=True), Counter(), make(threads=2), LateBox()
    assert guard.answer(message(1, "oA"), work=slow, late=box, timeout_seconds=HURRIED) == SILENCE
    assert guard.answer(message(1, "oB"), work=quick, late=no_late, timeout_seconds=PATIENT).text
    slow.gate.set()


def test_one_member_cannot_take_all_threads(make: Make) -> None:
    slow, quick, guard, box = Counter(held=True), Counter(), make(threads=2, member_limit=4), LateBox()
    for number in range(4):
        guard.answer(message(number, "oA"), work=slow, late=box, timeout_seconds=0.05)
    assert guard.answer(message(1, "oB"), work=quick, late=no_late, timeout_seconds=PATIENT).text
    slow.gate.set()


def test_closing_finishes_what_is_waiting(make: Make) -> None:
    work, guard, box = Counter(held=True), make(threads=2), LateBox()
    for number in range(3):
        assert guard.answer(message(number), work=work, late=box, timeout_seconds=0.05) == SILENCE
    closing = threading.Thread(target=guard.close)
    closing.start()
    until(lambda: guard._pool._shutdown)
    work.gate.set()
    closing.join(WAIT_SECONDS)
    assert [key for key, _ in box.replies] == work.keys == [message(number).key for number in range(3)]


def closed_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_without_redis_the_work_is_done_and_duplicates_here_are_known(make: Make) -> None:
    guard, work = make(f"redis://127.0.0.1:{closed_port()}/0"), Counter()
    replies = {guard.answer(message(), work=work, late=no_late) for _ in range(3)}
    assert len(work.keys) == 1
    assert replies == {Reply("第1次：第1条", (Choice("好", "好的"),))}


def test_a_redis_that_does_not_answer_costs_no_reply(make: Make) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen(16)
        guard, work = make(f"redis://127.0.0.1:{silent.getsockname()[1]}/0"), Counter()
        for number in range(3):
            assert guard.answer(message(number), work=work, late=no_late).text
        guard.close()
    assert len(work.keys) == 3


def test_redis_that_goes_and_comes_back(make: Make, redis_url: str, tmp_path: Path) -> None:
    guard, work = make(), Counter()
    guard.answer(message(1), work=work, late=no_late)
    client = redis.Redis.from_url(redis_url)
    client.flushall()  # a cache that lost everything
    assert guard.answer(message(2), work=work, late=no_late).text == "第2次：第2条"
    client.execute_command("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
    assert guard.answer(message(3), work=work, late=no_late).text == "第3次：第3条"
    assert make().answer(message(3), work=work, late=no_late).text == "第3次：第3条"
    client.close()


OWNER = """
import sys, time
from datetime import UTC, datetime
from bot.deliveries import Deliveries
from bot.delivery_store import connect
from bot.messages import Incoming, Reply

def work(incoming):
    print("working", flush=True)
    time.sleep(600)
    return Reply("never")

guard = Deliveries(connect(sys.argv[1]))
incoming = Incoming(sys.argv[2], "oA", datetime(2026, 11, 22, 10, 0, tzinfo=UTC), "text", "x")
guard.answer(incoming, work=work, late=lambda *_: None, timeout_seconds=600)
"""


def test_another_process_takes_over_from_a_killed_one(make: Make, redis_url: str) -> None:
    owner = subprocess.Popen(
        [sys.executable, "-c", OWNER, redis_url, message().key], stdout=subprocess.PIPE, text=True
    )
    assert owner.stdout is not None
    try:
        assert owner.stdout.readline() == "working\n"
        work, guard = Counter(), make()
        assert guard.answer(message(), work=work, late=no_late, timeout_seconds=HURRIED) == SILENCE
        assert work.keys == []
        owner.send_signal(signal.SIGKILL)
        owner.wait(WAIT_SECONDS)
        # Its sign of life runs out after seconds; here it is taken away so that the test need not wait.
        for name in guard._client.scan_iter("zg:alive:*"):
            if f":{owner.pid}-".encode() in name:
                guard._client.delete(name)
        reply = guard.answer(message(), work=work, late=no_late, timeout_seconds=PATIENT)
        assert reply.text == "第1次：第1条"
    finally:
        owner.kill()
        owner.wait()
        owner.stdout.close()


RACER = """
import json, sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from bot.deliveries import Deliveries
from bot.delivery_store import connect
from bot.messages import Incoming, Reply

client = connect(sys.argv[1])
guard = Deliveries(client)

def work(incoming):
    return Reply(f"{incoming.key}:{client.incr('effects:' + incoming.key)}")

def one(number):
    incoming = Incoming(f"k{number % 40}", f"o{number % 7}", datetime(2026, 11, 22, tzinfo=UTC), "text", "x")
    return guard.answer(incoming, work=work, late=lambda *_: None, timeout_seconds=60).text

sys.stdin.readline()
with ThreadPoolExecutor(8) as threads:
    print(json.dumps(list(threads.map(one, range(120)))), flush=True)
guard.close()
"""


def test_three_processes_racing_have_each_effect_once(redis_url: str) -> None:
    environment = {**os.environ, "PYTHONWARNINGS": "error"}
    command = [sys.executable, "-c", RACER, redis_url]
    racers = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment)
        for _ in range(3)
    ]
    for racer in racers:
        assert racer.stdin is not None
        racer.stdin.write("go\n")
        racer.stdin.flush()
    outputs = [racer.communicate(timeout=60)[0] for racer in racers]
    replies = [json.loads(output) for output in outputs]
    assert {text for process in replies for text in process} == {f"k{number}:1" for number in range(40)}
