"""The night's care of the book: alone, twice, with a broken book, and through the worker's queue."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from procrastinate.testing import InMemoryConnector
from sqlalchemy import Engine, text

from actions.upkeep.nightly import Night, care_for_book
from bot.outreach import jobs
from bot.outreach.jobs import OutreachContext
from ledger import book
from ledger.book import Header
from ledger.records import members

NOW = datetime(2026, 3, 7, 20, 17, tzinfo=UTC)


@pytest.fixture
def member_id(engine: Engine) -> int:
    """A member with ¥300 paid in, and ¥30 of gift money that ends tonight."""
    with engine.begin() as connection:
        made = members.create(
            connection, name="小林", home_store_id="guomao", level="newcomer", joined_at=NOW
        )
        header = Header(
            key="top-up",
            store_id="guomao",
            actor="staff:1",
            member_id=made,
            occurred_at=NOW - timedelta(days=30),
            recorded_at=NOW - timedelta(days=30),
        )
        book.top_up(
            connection,
            header,
            paid_fen=30_000,
            payment_method="cash",
            gift_fen=3_000,
            gift_expires_at=NOW - timedelta(hours=1),
        )
    return made


def night(engine: Engine) -> Night:
    return care_for_book(engine, lambda: NOW)


def test_what_is_due_expires_and_the_book_is_sealed(engine: Engine, member_id: int) -> None:
    done = night(engine)
    assert done.expired_lots == 1
    assert done.findings == ()
    with engine.connect() as connection:
        assert book.balances(connection, member_id, now=NOW).gift_fen == 0
        sealed = book.last_seal(connection)
    assert sealed is not None
    assert sealed.root.hex() == done.root


def test_a_second_night_expires_nothing_twice(engine: Engine, member_id: int) -> None:
    night(engine)
    again = night(engine)
    assert again.expired_lots == 0
    with engine.connect() as connection:
        expiries = connection.execute(
            text("SELECT count(*) FROM transfer WHERE kind = 'expiry'")
        ).scalar_one()
    assert expiries == 1


def test_a_touched_balance_is_found(engine: Engine, member_id: int) -> None:
    with engine.begin() as connection:
        connection.execute(
            text("UPDATE account SET balance = balance + 1 WHERE member_id = :id AND kind = 'paid_in'"),
            {"id": member_id},
        )
    assert night(engine).findings != ()


def test_the_worker_runs_it_from_its_queue(engine: Engine, member_id: int) -> None:
    class Nobody:
        def send_text(self, openid: str, text: str) -> None:
            raise AssertionError("nothing is to be sent")

    context = OutreachContext(engine=engine, client=Nobody(), clock=lambda: NOW)
    nights: list[Night] = []
    duties = jobs.Duties(nightly=lambda: nights.append(night(engine)))
    app = jobs.make_app(engine.url.render_as_string(hide_password=False), context, duties)
    crons = [task.cron for task in app.periodic_registry.periodic_tasks.values()]
    assert crons == [jobs.NIGHTLY_CRON, jobs.FREQUENT_CRON]

    async def work() -> None:
        with app.replace_connector(InMemoryConnector()) as replaced:
            await replaced.configure_task(jobs.NIGHTLY, queue=jobs.QUEUE).defer_async(timestamp=0)
            await replaced.run_worker_async(wait=False, queues=[jobs.QUEUE], install_signal_handlers=False)

    # In a thread of its own: the browser tests leave an event loop in the main one.
    with ThreadPoolExecutor(1) as pool:
        pool.submit(asyncio.run, work()).result(timeout=60)
    with engine.connect() as connection:
        assert book.last_seal(connection) is not None
