"""Kill -9 of a whole worker at a random moment of speaking first, again and again; what is true afterwards.

The worker is `zhanggui worker`, a process of its own; the phones are the stand-in's, over HTTP. Each round
has new members who topped up: a campaign chooses them, gives points and a coupon and plans a message; a
reminder and a receipt are due besides. The worker is killed while it chooses, gives, decides or sends.
"""

from __future__ import annotations

import random
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from campaign_support import Town
from rules_kit import RICH, local
from sqlalchemy import create_engine, text
from standin_kit import AES_KEY, APP_ID, SECRET, TOKEN, config_in
from werkzeug.serving import make_server

from actions import campaigns, notices
from actions.membership import people
from actions.reminders import guide
from bot.embedded import processes
from bot.outreach.queue import release_waiting
from ledger import book
from ledger.book.verify import verify
from shop.files import loads
from webhook.standin.app import StandIn, create_app
from webhook.standin.people import MESSAGE

SHOP = f"""{RICH}campaigns:
  - id: thanks
    name: 谢谢充值
    trigger: {{on: top_up, minimum: 100}}
    gives: {{points: 50, coupons: [{{coupon: off20}}]}}
    held_out_percent: 0
    text: "谢谢充值，送您{{gifts}}"
reminders: {{low_balance: 0}}
"""
WAIT_SECONDS = 100.0
MOMENTS = ("choosing", "giving", "deciding", "sending")


@dataclass
class Found:
    """What the kills left behind, and what was wrong at the end."""

    left: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    twice: int = 0


class Killing:
    """A shop, its phones, and workers that do not live long."""

    def __init__(
        self, database_url: str, redis_url: str, folder: Path, standin: StandIn, origin: str
    ) -> None:
        self.engine = create_engine(database_url)
        self.standin, self.folder, self.origin = standin, folder, origin
        clock = standin.platform.clock
        clock.set_to(local(2026, 10, 20, 10))
        self.town = Town(self.engine, loads(SHOP), clock.now())
        (folder / "shop.yml").write_text(SHOP, "utf-8")
        self.env = {
            "PATH": "/usr/bin:/bin",
            "PGAPPNAME": "worker",
            "ZHANGGUI_DATABASE_URL": database_url.replace("postgresql+psycopg", "postgresql"),
            "ZHANGGUI_REDIS_URL": redis_url,
            "ZHANGGUI_SHOP": str(folder / "shop.yml"),
            "ZHANGGUI_DATA_DIR": str(folder),
            "ZHANGGUI_CLOCK_FILE": str(folder / "clock"),
            "ZHANGGUI_WECHAT_APP_ID": APP_ID,
            "ZHANGGUI_WECHAT_APP_SECRET": SECRET,
            "ZHANGGUI_WECHAT_TOKEN": TOKEN,
            "ZHANGGUI_WECHAT_AES_KEY": AES_KEY,
            "ZHANGGUI_WECHAT_API_ORIGIN": origin,
        }
        self.members: list[int] = []
        self.doubts: Counter[int] = Counter()
        self.workers: list[subprocess.Popen[bytes]] = []
        self.town.tops_up(self.town.joins(), 10_000)  # from here on the campaign looks
        campaigns.sweep_events(self.town.house)

    # -- what is due ----------------------------------------------------------------------------------------

    def make_due(self, count: int) -> list[int]:
        """New members with a top-up, its receipt, and a reminder that is due."""
        self.town.now = self.standin.platform.clock.now()
        fresh = self.town.join_many(count, days_ago=0)
        house = self.town.house
        for member_id in fresh:
            self.standin.platform.people.create(name=str(member_id), openid=f"oC{member_id:06}", follows=True)
            self.town.tops_up(member_id, 30_000)
            with self.engine.begin() as connection:
                guide.plan_guide(house, connection, member_id, now=self.town.now - timedelta(hours=1))
                assert notices.notify_member(
                    house,
                    connection,
                    key=f"receipt:{member_id}",
                    member_id=member_id,
                    kind="top_up",
                    text=f"充值到账，会员{member_id}",
                    now=self.town.now,
                )
        self.members += fresh
        self._open_windows(self.members)
        self._begin_minute()
        return fresh

    def _open_windows(self, member_ids: list[int]) -> None:
        """Everybody has just written; what is sent twice must not use up the room of another message."""
        self.town.now = self.standin.platform.clock.now()
        for member_id in member_ids:
            openid = f"oC{member_id:06}"
            self.standin.platform.people.allow(openid, MESSAGE)
            people.note_occasion(self.town.house, openid=openid, occasion="message")
            with self.engine.begin() as connection:
                release_waiting(connection, openid, now=self.town.now)

    def _begin_minute(self) -> None:
        """What the queue's own clock does every minute."""
        with self.engine.begin() as connection:
            connection.execute(
                text(
                    "INSERT INTO procrastinate_jobs (queue_name, task_name, args, queueing_lock)"
                    " VALUES ('outreach', 'frequent', '{\"timestamp\": 0}', 'frequent')"
                    " ON CONFLICT DO NOTHING"
                )
            )

    # -- the worker -----------------------------------------------------------------------------------------

    def start(self) -> None:
        with (self.folder / "worker.log").open("ab") as log:
            command = [sys.executable, "-m", "bot.cli", "worker"]
            self.workers.append(processes.start(command, env=self.env, log=log))
        self.until(lambda: self.number(_ALIVE) == len(self.workers))
        assert all(worker.poll() is None for worker in self.workers), self._log()

    def kill(self) -> None:
        """SIGKILL for the oldest, and time goes by until what it held counts as given up.

        What another worker has in hand in that moment counts as given up as well: then it too is in doubt.
        """
        oldest = self.workers.pop(0)
        oldest.kill()
        oldest.wait()
        if not self.workers:  # what the server had received of it is done or undone
            self.until(lambda: self.number(_OF_WORKERS) == 0)
        with self.engine.begin() as connection:
            self.doubts.update(connection.execute(text(_GIVE_UP)).scalars())
            connection.execute(text(_STOP_HEARTS))
        if self.workers:
            self.until(lambda: self.number(_ALIVE) == len(self.workers))

    def close(self) -> None:
        for worker in self.workers:
            processes.stop(worker)
        self.engine.dispose()

    def _log(self) -> str:
        return (self.folder / "worker.log").read_text("utf-8")[-3000:]

    # -- looking --------------------------------------------------------------------------------------------

    def number(self, query: str, **values: object) -> int:
        with self.engine.connect() as connection:
            return int(connection.execute(text(query), values).scalar_one())

    def until(self, true: Callable[[], bool], pause_seconds: float = 0.02) -> None:
        end = time.monotonic() + WAIT_SECONDS
        while not true():
            assert time.monotonic() < end, self._log()
            time.sleep(pause_seconds)

    def wait_for_moment(self, moment: str, fresh: list[int], chance: random.Random) -> None:
        """Until the worker is somewhere in that part of its way."""
        some = chance.randrange(len(fresh))
        since = {"since": min(fresh)}
        if moment == "choosing":
            self.until(lambda: self.number(_BUSY) > 0, 0.002)
            time.sleep(chance.uniform(0, 0.1))
        elif moment == "giving":
            self.until(lambda: self.number(_CHOSEN, **since) > 0, 0.002)
            time.sleep(chance.uniform(0, 0.2))
        elif moment == "deciding":
            self.until(lambda: self.number(_DECIDED, **since) > some, 0.002)
        else:
            self.until(lambda: sum(len(self.phone(member)) for member in fresh) > 2 * some, 0.002)

    def phone(self, member_id: int) -> list[str]:
        chat = self.standin.platform.chat.since(f"oC{member_id:06}", 0, 100)
        return [str(each["text"]) for each in chat if each["from"] == "account"]

    def is_done(self) -> bool:
        """Whoever has had his five messages of a window, copies among them, writes once more for the rest."""
        waiting = self.town.all("SELECT DISTINCT member_id FROM message WHERE state = 'waiting'")
        self._open_windows([row.member_id for row in waiting])
        return self.number(_UNDONE) == 0 and self.number(_GIVEN) == len(self.members)

    def note_left(self, found: Found) -> None:
        """How far the work had come when the worker was killed."""
        for name, query in _LEFT.items():
            found.left[name] += self.number(query) > 0

    def check(self, found: Found) -> None:
        """Exactly one effect a member, rule and occasion; every message there, twice only where in doubt."""
        rows = self.town.all("SELECT id, member_id, state, text FROM message ORDER BY id")
        texts: dict[int, list[str]] = {member_id: [] for member_id in self.members}
        for row in rows:
            texts.setdefault(row.member_id, []).append(row.text)
            copies = self.phone(row.member_id).count(row.text)
            found.twice += copies > 1
            if row.state != "sent" or not 1 <= copies <= 1 + self.doubts[row.id]:
                found.wrong.append(f"message {row.id} is {row.state}, {copies} times on the phone")
        for member_id, said in texts.items():
            if len(said) != 3 or set(self.phone(member_id)) != set(said):
                found.wrong.append(f"member {member_id} was told {said}, has {self.phone(member_id)}")
        for query in (_COUPONS, _REMINDERS):
            counts = {row.member_id: row.n for row in self.town.all(query)}
            wanted = 1 if query is _COUPONS else 2
            if counts != dict.fromkeys(self.members, wanted):
                found.wrong.append(f"not each {wanted}: {counts}")
        with self.engine.connect() as connection:
            points = {m: book.balances(connection, m, now=self.town.now).points for m in self.members}
            found.wrong += [str(each) for each in verify(connection)]
        if points != dict.fromkeys(self.members, 50):
            found.wrong.append(f"points: {points}")


_OF_WORKERS = """SELECT count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND application_name = 'worker'"""
_ALIVE = "SELECT count(*) FROM procrastinate_workers WHERE last_heartbeat > now() - interval '15 s'"
_GIVE_UP = """UPDATE message SET claimed_at = claimed_at - interval '1 minute' WHERE state = 'sending'
    RETURNING id"""
_STOP_HEARTS = "UPDATE procrastinate_workers SET last_heartbeat = now() - interval '1 hour'"
_BUSY = "SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'frequent' AND status = 'doing'"
_CHOSEN = "SELECT count(*) FROM campaign_member WHERE member_id >= :since"
_DECIDED = "SELECT count(*) FROM reminder WHERE member_id >= :since AND state = 'sent'"
_GIVEN = "SELECT count(*) FROM campaign_member WHERE state = 'granted'"
_UNDONE = """SELECT (SELECT count(*) FROM reminder WHERE state = 'waiting')
    + (SELECT count(*) FROM message WHERE state <> 'sent')
    + (SELECT count(*) FROM procrastinate_jobs)"""
_COUPONS = "SELECT member_id, count(*) AS n FROM coupon GROUP BY member_id ORDER BY member_id"
_REMINDERS = """SELECT member_id, count(*) AS n FROM reminder WHERE state = 'sent'
    GROUP BY member_id ORDER BY member_id"""
_LEFT = {
    "not chosen": """SELECT count(*) FROM transfer t WHERE kind = 'top_up'
        AND member_id > (SELECT min(id) FROM member)
        AND NOT EXISTS (SELECT FROM campaign_member c WHERE c.transfer_id = t.id)""",
    "not given": "SELECT count(*) FROM campaign_member WHERE state = 'planned'",
    "not decided": "SELECT count(*) FROM reminder WHERE state = 'waiting'",
    "not sent": "SELECT count(*) FROM message WHERE state = 'queued'",
    "in doubt": "SELECT count(*) FROM message WHERE state = 'sending'",
}


@contextmanager
def killing(database_url: str, redis_url: str, folder: Path) -> Iterator[Killing]:
    """The stand-in serves for as long as it takes; workers are started and killed by whoever asks."""
    standin = create_app(config_in(folder))
    server = make_server("127.0.0.1", 0, standin, threaded=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    made = Killing(database_url, redis_url, folder, standin, f"http://127.0.0.1:{server.port}")
    try:
        yield made
    finally:
        made.close()
        server.shutdown()
        server.server_close()
        thread.join()
        standin.close()


def kill_workers(at: Killing, kills: int, seed: int, *, members: int = 8, beside: int = 0) -> Found:
    """So many rounds with a kill each, then workers that may finish; what was found.

    Args:
        beside: how many other workers go on with the work when one is killed.
    """
    chance, found = random.Random(seed), Found()
    print(f"seed {seed}")
    for _ in range(beside):
        at.start()
    for number in range(kills):
        moment = MOMENTS[number % len(MOMENTS)]
        at.start()
        fresh = at.make_due(members)
        at.wait_for_moment(moment, fresh, chance)
        at.kill()
        at.note_left(found)
    at.start()
    at.make_due(members)
    at.until(at.is_done, 0.1)
    while at.workers:
        at.kill()
    at.check(found)
    print(f"{kills} kills left: {dict(found.left)}; {found.twice} messages twice")
    return found
