"""From the outbox to the platform: transactions, verdicts, retries, what waits for a member (rows E1, E5)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import requests
from sqlalchemy import Connection, Engine, text
from wechatpy.exceptions import WeChatClientException

from bot.outreach.queue import defer_message, deferring, pending_for, release_waiting, worker_is_alive
from bot.outreach.sending import OutreachContext, deliver, sweep
from bot.outreach.wechat.markup import TEXT_LIMIT_BYTES
from ledger.records import messages

START = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
OPENID = "oDEMO_user_0000000000000001"


class Channel:
    """Stands for the channel's client: keeps what was sent, or fails as told."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, str]] = []
        self.error: Exception | None = None

    def send_text(self, openid: str, text: str) -> None:
        if self.error is not None:
            raise self.error
        self.sent.append((openid, text))


class Clock:
    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now

    def move(self, **by: float) -> None:
        self.now += timedelta(**by)


@pytest.fixture
def channel() -> Channel:
    return Channel()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def context(engine: Engine, channel: Channel, clock: Clock) -> OutreachContext:
    return OutreachContext(engine, channel, clock)


def put(connection: Connection, key: str = "k1", words: str = "充值到账", due_at: datetime = START) -> int:
    message_id = messages.enqueue(
        connection,
        key=key,
        openid=OPENID,
        member_id=None,
        kind="receipt",
        text=words,
        due_at=due_at,
        created_at=START,
    )
    assert message_id is not None
    return message_id


def state(engine: Engine) -> tuple[str, int, str]:
    with engine.connect() as connection:
        (record,) = messages.of_openid(connection, OPENID)
    return record.state, record.attempts, record.last_error


def jobs(engine: Engine) -> list[tuple[int, datetime | None]]:
    query = "SELECT (args->>'message_id')::int, scheduled_at FROM procrastinate_jobs ORDER BY id"
    with engine.connect() as connection:
        return [(row[0], row[1]) for row in connection.execute(text(query))]


def test_the_job_lives_and_dies_with_the_transaction(engine: Engine) -> None:
    with engine.connect() as connection:
        with connection.begin():
            kept = put(connection, "kept")
            defer_message(connection, kept)
        with connection.begin() as transaction:
            defer_message(connection, put(connection, "gone"))
            transaction.rollback()
    assert jobs(engine) == [(kept, None)]


def test_a_job_for_later_waits_as_long_as_the_shops_clock_says(engine: Engine) -> None:
    before = datetime.now(UTC)
    with engine.begin() as connection:
        message_id = put(connection)
        defer_message(connection, message_id, START + timedelta(hours=2), now=START)
        defer_message(connection, message_id, START - timedelta(hours=2), now=START)
    (_, scheduled), (_, at_once) = jobs(engine)
    assert scheduled is not None
    assert before + timedelta(hours=2) <= scheduled <= datetime.now(UTC) + timedelta(hours=2)
    assert at_once is None


def test_with_a_moved_clock_now_is_still_now(engine: Engine) -> None:
    ahead = datetime.now(UTC) + timedelta(days=2)
    with engine.begin() as connection:
        deferring(lambda: ahead)(connection, put(connection), ahead)
    assert jobs(engine)[0][1] is None


def test_a_message_is_sent_once(engine: Engine, context: OutreachContext, channel: Channel) -> None:
    with engine.begin() as connection:
        message_id = put(connection)
    assert [deliver(context, message_id) for _ in range(3)] == ["sent", "gone", "gone"]
    assert channel.sent == [(OPENID, "充值到账")]
    assert state(engine) == ("sent", 1, "")


def test_a_message_that_is_not_due_or_not_there_is_left(engine: Engine, context: OutreachContext) -> None:
    with engine.begin() as connection:
        message_id = put(connection, due_at=START + timedelta(minutes=1))
    assert deliver(context, message_id) == "gone"
    assert deliver(context, 10**9) == "gone"


@pytest.mark.parametrize(
    "error", [WeChatClientException(-1, "system error"), requests.ReadTimeout("slow"), RuntimeError("odd")]
)
def test_a_passing_failure_is_tried_again_after_a_pause(
    engine: Engine, context: OutreachContext, channel: Channel, clock: Clock, error: Exception
) -> None:
    with engine.begin() as connection:
        message_id = put(connection)
    channel.error = error
    assert deliver(context, message_id) == "retry"
    assert deliver(context, message_id) == "gone"
    assert len(jobs(engine)) == 1
    clock.move(seconds=1)
    assert deliver(context, message_id) == "retry"
    channel.error = None
    clock.move(seconds=4)
    assert deliver(context, message_id) == "gone"
    clock.move(seconds=1)
    assert deliver(context, message_id) == "sent"
    assert state(engine) == ("sent", 3, "")


@pytest.mark.parametrize(("code", "seconds"), [(45011, 60), (40164, 600), (45009, 6 * 3600 + 60)])
def test_pauses_follow_the_code(
    engine: Engine, context: OutreachContext, channel: Channel, clock: Clock, code: int, seconds: int
) -> None:
    with engine.begin() as connection:
        message_id = put(connection)
    channel.error = WeChatClientException(code, "x")
    assert deliver(context, message_id) == "retry"
    channel.error = None
    clock.move(seconds=seconds - 1)
    assert deliver(context, message_id) == "gone"
    clock.move(seconds=1)
    assert deliver(context, message_id) == "sent"


def test_trying_comes_to_an_end(
    engine: Engine, context: OutreachContext, channel: Channel, clock: Clock
) -> None:
    with engine.begin() as connection:
        message_id = put(connection)
    channel.error = WeChatClientException(-1, "system error")
    results = []
    for _ in range(38):  # every two hours: three days are over at the 37th
        results.append(deliver(context, message_id))
        clock.move(hours=2)
    assert results == ["retry"] * 36 + ["failed", "gone"]
    assert state(engine)[0] == "failed"


@pytest.mark.parametrize("code", [40003, 43004, 45002, 47001, 45168])
def test_a_lasting_failure_ends_it_with_its_reason(
    engine: Engine, context: OutreachContext, channel: Channel, code: int
) -> None:
    with engine.begin() as connection:
        message_id = put(connection)
    channel.error = WeChatClientException(code, f"refused {OPENID}")
    assert deliver(context, message_id) == "failed"
    what, tries, reason = state(engine)
    assert (what, tries) == ("failed", 1)
    assert reason.startswith(f"{code} ")
    assert OPENID not in reason
    assert jobs(engine) == []


def test_a_message_the_platform_already_has_counts_as_sent(
    engine: Engine, context: OutreachContext, channel: Channel
) -> None:
    with engine.begin() as connection:
        message_id = put(connection)
    channel.error = WeChatClientException(45065, "clientmsgid exist")
    assert deliver(context, message_id) == "sent"


@pytest.mark.parametrize("code", [45015, 45047])
def test_a_closed_window_waits_for_the_members_next_message(
    engine: Engine, context: OutreachContext, channel: Channel, clock: Clock, code: int
) -> None:
    with engine.begin() as connection:
        message_id = put(connection)
    channel.error = WeChatClientException(code, "response out of time limit")
    assert deliver(context, message_id) == "waiting"
    channel.error = None
    clock.move(days=3)
    assert sweep(context) == 0
    with engine.begin() as connection:
        assert pending_for(connection, OPENID, now=clock()) == ("充值到账",)
        assert release_waiting(connection, "oOTHER", now=clock()) == 0
        assert release_waiting(connection, OPENID, now=clock()) == 1
        assert release_waiting(connection, OPENID, now=clock()) == 0
    assert [job[0] for job in jobs(engine)] == [message_id]
    assert deliver(context, message_id) == "sent"


def test_what_waited_is_released_within_the_windows_room_and_not_when_stale(
    engine: Engine, context: OutreachContext, channel: Channel, clock: Clock
) -> None:
    channel.error = WeChatClientException(45015, "x")
    with engine.begin() as connection:
        ids = [put(connection, f"k{number}", f"第{number}条") for number in range(6)]
    for message_id in ids:
        deliver(context, message_id)
    with engine.begin() as connection:
        assert pending_for(connection, OPENID, now=clock()) == ("第5条", "第4条", "第3条", "第2条")
        assert release_waiting(connection, OPENID, now=clock()) == 4
    assert [job[0] for job in jobs(engine)] == ids[2:]
    clock.move(days=8)
    with engine.begin() as connection:
        assert release_waiting(connection, OPENID, now=clock()) == 0


def test_other_failures_do_not_wait(engine: Engine, context: OutreachContext, channel: Channel) -> None:
    with engine.begin() as connection:
        message_id = put(connection)
    channel.error = WeChatClientException(43004, "require subscribe")
    deliver(context, message_id)
    with engine.begin() as connection:
        assert pending_for(connection, OPENID, now=START) == ()


def test_the_sweep_sends_what_has_no_job(
    engine: Engine, context: OutreachContext, channel: Channel, clock: Clock
) -> None:
    with engine.begin() as connection:
        put(connection, "now")
        put(connection, "tomorrow", "明天的提醒", START + timedelta(days=1))
    clock.move(seconds=5)
    assert sweep(context) == 1
    assert sweep(context) == 0
    clock.move(days=1)  # the demo's clock is moved: no job knows about it
    assert sweep(context) == 1
    assert [words for _, words in channel.sent] == ["充值到账", "明天的提醒"]


def test_the_sweep_takes_over_from_a_sender_that_died(
    engine: Engine, context: OutreachContext, channel: Channel, clock: Clock
) -> None:
    with engine.begin() as connection:
        message_id = put(connection)
        assert messages.claim_for_sending(connection, message_id, clock()) is not None
    clock.move(seconds=90)  # the shop's clock does not matter here
    assert sweep(context) == 0
    with engine.begin() as connection:
        connection.execute(text("UPDATE message SET claimed_at = claimed_at - interval '1 minute'"))
    assert sweep(context) == 1
    assert len(channel.sent) == 1


def test_a_sweep_stops_when_asked(engine: Engine, context: OutreachContext, clock: Clock) -> None:
    with engine.begin() as connection:
        put(connection)
    clock.move(seconds=5)
    assert sweep(context, lambda: True) == 0


def test_texts_over_the_platforms_limit_are_cut(
    engine: Engine, context: OutreachContext, channel: Channel
) -> None:
    with engine.begin() as connection:
        message_id = put(connection, words="长" * 2000)
    assert deliver(context, message_id) == "sent"
    assert len(channel.sent[0][1].encode()) <= TEXT_LIMIT_BYTES


def test_the_outcome_is_written_down_through_a_restart_of_the_database(
    engine: Engine, channel: Channel, clock: Clock
) -> None:
    class Cutting(Channel):
        """Sends well, and meanwhile every connection to the database is cut."""

        def send_text(self, openid: str, words: str) -> None:
            super().send_text(openid, words)
            with engine.connect() as connection:
                connection.execute(
                    text(
                        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
                    )
                )

    cutting = Cutting()
    with engine.begin() as connection:
        message_id = put(connection)
    with engine.connect() as one, engine.connect() as two:  # several pooled connections, all cut
        one.execute(text("SELECT 1"))
        two.execute(text("SELECT 1"))
    context = OutreachContext(engine, cutting, clock)
    assert deliver(context, message_id) == "sent"
    assert state(engine)[0] == "sent"


def test_no_worker_is_alive_in_an_empty_house(engine: Engine) -> None:
    with engine.connect() as connection:
        assert not worker_is_alive(connection)
