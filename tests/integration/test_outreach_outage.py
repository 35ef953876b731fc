"""WeChat is away for a day, or its day's quota is used up: nothing lost, twice or stale (rows E1, E5).

The worker's own code, wired as its process wires it, against the stand-in over HTTP; one clock for both, that
the test moves.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from booking_support import SHOP, TUESDAY, at, slot
from reminders_support import Speaker
from sqlalchemy import Engine, text
from standin_kit import APP_ID, SECRET, TOKEN, config_in
from werkzeug.serving import make_server

from actions import notices
from actions import reminders as speaking
from actions.booking import bookings
from actions.house import Denied
from actions.membership import people
from bot.bootstrap import build, duties_of
from bot.embedded.servers import Addresses
from bot.outreach.queue import release_waiting
from bot.outreach.sending import sweep
from bot.settings import Settings
from bot.worker import context_of
from ledger.records import members
from nlu.service import free_port
from webhook.standin.app import create_app
from webhook.standin.people import MESSAGE
from webhook.standin.tokens import DAILY_QUOTAS

WEDNESDAY = TUESDAY + timedelta(days=1)
HOUR = timedelta(hours=1)
SEND = "message/custom/send"


class Street(Speaker):
    """The salon, its worker and the stand-in, whose address can go dead and come back."""

    def __init__(self, engine: Engine, redis_url: str, folder: Path, stack: ExitStack) -> None:
        super().__init__(engine)
        self.now = at(TUESDAY, "10:00")
        self.port = free_port()
        self.standin = create_app(config_in(folder), real=lambda: self.now)
        stack.callback(self.standin.close)
        url = engine.url.render_as_string(hide_password=False)
        settings = Settings(
            database_url=url.replace("postgresql+psycopg", "postgresql"),
            redis_url=redis_url,
            data_dir=folder,
            wechat_app_id=APP_ID,
            wechat_app_secret=SECRET,  # type: ignore[arg-type]
            wechat_token=TOKEN,  # type: ignore[arg-type]
            wechat_mode="plain",
            wechat_api_origin=f"http://127.0.0.1:{self.port}",
        )
        program = build(settings, Addresses(url, redis_url))
        stack.callback(program.close)
        program = replace(program, shop=SHOP, house=self.house, clock=lambda: self.now)
        self.duties, self.context = duties_of(self.house), context_of(program)

    @contextmanager
    def open(self) -> Iterator[None]:
        """WeChat answers; before and after, nobody does at that address."""
        server = make_server("127.0.0.1", self.port, self.standin, threaded=True)
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield
        finally:
            server.shutdown()
            server.server_close()
            thread.join()

    def person(self) -> str:
        """A member who has just written."""
        openid, _ = self.follower()
        self.standin.platform.people.create(name="客", openid=openid, follows=True)
        self.writes(openid)
        return openid

    def writes(self, openid: str) -> None:
        self.standin.platform.people.allow(openid, MESSAGE)
        people.note_occasion(self.house, openid=openid, occasion="message")
        with self.engine.begin() as connection:
            release_waiting(connection, openid, now=self.now)

    def receipt(self, openid: str, words: str) -> None:
        with self.engine.begin() as connection:
            member = members.by_openid(connection, openid)
            assert member is not None
            assert notices.notify_member(
                self.house,
                connection,
                key=words,
                member_id=member.id,
                kind="top_up",
                text=words,
                now=self.now,
            )

    def work(self, until: datetime) -> None:
        """What the worker does, every hour and at the end."""
        while self.now < until:
            self.now = min(self.now + HOUR, until)
            self.duties.frequent()
            while sweep(self.context):
                pass
            self.now += timedelta(seconds=5)  # past the grace of what was queued just now
            while sweep(self.context):
                pass

    def phone(self, openid: str) -> list[str]:
        chat = self.standin.platform.chat.since(openid, 0, 100)
        return [str(each["text"]) for each in chat if each["from"] == "account"]

    def ends(self) -> dict[str, int]:
        """How many messages came to which end."""
        with self.engine.connect() as connection:
            rows = connection.execute(text("SELECT state, count(*) FROM message GROUP BY state"))
            return {row[0]: row[1] for row in rows}

    def tries(self) -> dict[str, int]:
        """How often each was tried, by its key or its kind; the most of each."""
        with self.engine.connect() as connection:
            rows = connection.execute(
                text(
                    "SELECT CASE kind WHEN 'top_up' THEN key ELSE kind END, max(attempts)"
                    " FROM message GROUP BY 1"
                )
            )
            return {row[0]: row[1] for row in rows}


@pytest.fixture
def street(engine: Engine, redis_url: str, tmp_path: Path) -> Iterator[Street]:
    with ExitStack() as stack:
        yield Street(engine, redis_url, tmp_path, stack)


def cancel(street: Street, openid: str) -> None:
    mine = bookings.mine(street.house, openid=openid)
    assert not isinstance(mine, Denied)
    assert not isinstance(
        bookings.cancel(street.house, openid=openid, booking_id=mine[0].id, key="no"), Denied
    )


def test_wechat_is_away_for_a_day(street: Street) -> None:
    kept, cancels, silent = street.person(), street.person(), street.person()
    street.now = at(TUESDAY, "11:00")
    booked = street.book(kept, slot("15:00", day=WEDNESDAY)).booking
    away = street.book(cancels, slot("16:30", day=WEDNESDAY)).booking
    street.receipt(kept, "充值到账 300 元")
    street.receipt(silent, "充值到账 500 元")
    street.work(at(TUESDAY, "20:00"))
    cancel(street, cancels)
    street.work(at(WEDNESDAY, "11:00"))  # nobody answered at that address for a day
    assert street.count("message", "state = 'queued'") == 3
    street.standin.platform.people.unfollow(silent)  # and his window ended, which WeChat alone knows
    street.standin.platform.people.follow(silent)
    with street.open():
        street.work(at(WEDNESDAY, "18:00"))
        receipt, before, soon = street.phone(kept)
        assert receipt == "充值到账 300 元"
        assert "今天(11月25日)15:00" in before  # it was 明天 when it was put into the outbox
        assert "今天(11月25日)15:00" in soon
        assert street.outcome(f"booking_tomorrow:{booked.id}") == ("sent", "")
        assert street.outcome(f"booking_tomorrow:{away.id}") == ("sent", "the booking is cancelled")
        assert street.phone(cancels) == []
        assert street.phone(silent) == []
        street.writes(silent)
        street.work(street.now + HOUR)
        assert street.phone(silent) == ["充值到账 500 元"]
    assert street.ends() == {"sent": 4, "dropped": 1}


def test_wechat_comes_back_in_the_night(street: Street) -> None:
    """Nobody is woken by what is late; staff are told at any hour."""
    sleeps, works = street.person(), street.person()
    street.book(sleeps, slot("15:00", day=WEDNESDAY))
    street.receipt(sleeps, "充值到账 300 元")
    with street.engine.begin() as connection:
        assert notices.notify_openid(
            street.house,
            connection,
            key="asked",
            openid=works,
            member_id=None,
            kind="approval_asked",
            text="有一笔要您审",
            now=street.now,
        )
    street.work(at(TUESDAY, "23:00"))
    with street.open():
        street.work(at(WEDNESDAY, "03:00"))
        assert (street.phone(sleeps), street.phone(works)) == ([], ["有一笔要您审"])
        street.work(at(WEDNESDAY, "08:59"))
        assert street.phone(sleeps) == []
        street.work(at(WEDNESDAY, "10:00"))
        assert len(street.phone(sleeps)) == 2


def test_who_writes_in_the_night_is_awake(street: Street) -> None:
    openid = street.person()
    street.book(openid, slot("15:00", day=WEDNESDAY))
    street.standin.platform.people.unfollow(openid)  # WeChat has closed the window
    street.standin.platform.people.follow(openid)
    with street.open():
        street.receipt(openid, "充值到账 300 元")
        street.work(at(TUESDAY, "23:30"))
        assert street.ends() == {"waiting": 2}
        street.writes(openid)
        street.work(street.now + timedelta(minutes=1))
        receipt, before = street.phone(openid)
        assert receipt == "充值到账 300 元"
        assert "明天(11月25日)15:00" in before


def test_the_days_quota_is_used_up(street: Street) -> None:
    """45009: one try each, then silence until midnight in Beijing, and until the morning for who sleeps."""
    kept, cancels = street.person(), street.person()
    booked = street.book(kept, slot("15:00", day=WEDNESDAY)).booking
    street.book(cancels, slot("16:30", day=WEDNESDAY))
    quotas = street.standin.platform.quotas
    with street.open():
        street.receipt(kept, "充值到账 300 元")
        street.work(at(TUESDAY, "11:00"))
        assert street.phone(kept) == ["充值到账 300 元"]
        quotas.set_used(SEND, DAILY_QUOTAS[SEND])
        street.receipt(kept, "充值到账 500 元")
        street.work(at(TUESDAY, "20:00"))
        cancel(street, cancels)
        street.work(at(TUESDAY, "23:59"))
        assert street.tries() == {"充值到账 300 元": 1, "充值到账 500 元": 1, "booking_tomorrow": 1}
        assert quotas.left_today(SEND) == 0
        street.work(at(WEDNESDAY, "00:30"))
        assert quotas.left_today(SEND) == DAILY_QUOTAS[SEND]  # a new day, and nobody is woken
        street.work(at(WEDNESDAY, "12:00"))
        first, second, before = street.phone(kept)
        assert (first, second) == ("充值到账 300 元", "充值到账 500 元")
        assert "今天(11月25日)15:00" in before
        assert street.phone(cancels) == []
        assert street.outcome(f"booking_tomorrow:{booked.id}") == ("sent", "")
    assert street.ends() == {"sent": 3, "dropped": 1}


def test_what_waits_a_week_for_a_word_is_dropped_and_says_so(street: Street) -> None:
    openid = street.person()
    street.standin.platform.people.unfollow(openid)
    street.standin.platform.people.follow(openid)
    with street.open():
        street.receipt(openid, "充值到账 300 元")
        street.work(street.now + HOUR)
        assert street.ends() == {"waiting": 1}
        assert speaking.drop_unheard(street.house) == 0
        street.now += timedelta(days=7)
        assert speaking.drop_unheard(street.house) == 1
        street.standin.platform.people.allow(openid, MESSAGE)
        street.writes(openid)
        street.work(street.now + HOUR)
        assert street.phone(openid) == []
    assert street.ends() == {"dropped": 1}
    assert street.count("message", "last_error = 'no word from the member in a week'") == 1
