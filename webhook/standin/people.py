"""The people of the demo: who they are, whether they follow, what the account may still send them."""

from __future__ import annotations

import re
import secrets
import sqlite3
from dataclasses import dataclass

from webhook.standin.clock import MovableClock
from webhook.standin.database import Database

MAX_PEOPLE = 500
COLOURS = ("#4e7fd1", "#d1704e", "#3f9d76", "#a866c4", "#c79a2f", "#4aa3b5", "#c4587f", "#6f7f4a")
_OPENID = re.compile(r"o[A-Za-z0-9_-]{3,63}")


class PeopleError(ValueError):
    """A person that cannot be made; the message says why."""


class UnknownPersonError(LookupError):
    """There is nobody with this openid."""


@dataclass(frozen=True)
class Trigger:
    """What a person did allows so many customer messages for so long (wechat-protocol §4.1)."""

    count: int
    seconds: int


MESSAGE = Trigger(5, 48 * 3600)
MENU_TAP = Trigger(3, 60)
FOLLOW = Trigger(3, 60)
SCAN = Trigger(3, 60)


@dataclass(frozen=True)
class Person:
    """One WeChat user. `scene`: value of the QR code that brought them; `came_by`: subscribe_scene."""

    openid: str
    name: str
    label: str
    colour: str
    follows: bool
    subscribed_at: int
    scene: str
    came_by: str
    read_seq: int
    allowance_left: int
    allowance_until: int


class People:
    def __init__(self, database: Database, clock: MovableClock) -> None:
        self._database = database
        self._clock = clock

    def all(self) -> list[Person]:
        return [_person(row) for row in self._database.rows("SELECT * FROM person ORDER BY position")]

    def find(self, openid: str) -> Person | None:
        row = self._database.row("SELECT * FROM person WHERE openid = ?", openid)
        return _person(row) if row else None

    def create(
        self, *, name: str, label: str = "", openid: str = "", follows: bool = False, colour: str = ""
    ) -> Person:
        """Add a person; an existing openid gets the new name, label and colour and keeps everything else."""
        openid = openid or "o" + secrets.token_urlsafe(20)[:27]
        if not _OPENID.fullmatch(openid):
            raise PeopleError("openid must start with o and have 4 to 64 letters, digits, _ or -")
        with self._database.transaction():
            count = self._database.number("SELECT count(*) FROM person")
            known = self.find(openid)
            if count >= MAX_PEOPLE and not known:
                raise PeopleError(f"at most {MAX_PEOPLE} people")
            colour = colour or (known.colour if known else COLOURS[count % len(COLOURS)])
            position = self._database.number("SELECT max(position) FROM person") + 1
            self._database.run(
                "INSERT INTO person"
                " (openid, name, label, colour, follows, subscribed_at, scene, came_by, position)"
                " VALUES (?, ?, ?, ?, ?, ?, '', 'ADD_SCENE_SEARCH', ?) ON CONFLICT (openid)"
                " DO UPDATE SET name = excluded.name, label = excluded.label, colour = excluded.colour",
                *(openid, name, label, colour, follows, self._clock.timestamp() if follows else 0, position),
            )
        return self.get(openid)

    def get(self, openid: str) -> Person:
        person = self.find(openid)
        if person is None:
            raise UnknownPersonError("no such person")
        return person

    def change(self, openid: str, *, name: str, label: str, colour: str) -> Person:
        self._database.run(
            "UPDATE person SET name = ?, label = ?, colour = ? WHERE openid = ?", name, label, colour, openid
        )
        return self.get(openid)

    def remove(self, openid: str) -> None:
        with self._database.transaction():
            self._database.run("DELETE FROM message WHERE openid = ?", openid)
            self._database.run("DELETE FROM person WHERE openid = ?", openid)

    def follow(self, openid: str, *, scene: str = "", by_code: bool = False) -> None:
        self._database.run(
            "UPDATE person SET follows = 1, subscribed_at = ?, scene = ?, came_by = ? WHERE openid = ?",
            self._clock.timestamp(),
            scene,
            "ADD_SCENE_QR_CODE" if by_code else "ADD_SCENE_SEARCH",
            openid,
        )

    def unfollow(self, openid: str) -> None:
        self._database.run(
            "UPDATE person SET follows = 0, subscribed_at = 0, scene = '',"
            " allowance_left = 0, allowance_until = 0 WHERE openid = ?",
            openid,
        )

    def mark_read(self, openid: str, seq: int) -> None:
        self._database.run("UPDATE person SET read_seq = max(read_seq, ?) WHERE openid = ?", seq, openid)

    def allow(self, openid: str, trigger: Trigger) -> None:
        """A new trigger sets the count to its own maximum and keeps the longer time; nothing adds up."""
        self._database.run(
            "UPDATE person SET allowance_left = ?, allowance_until = max(allowance_until, ?)"
            " WHERE openid = ?",
            trigger.count,
            self._clock.timestamp() + trigger.seconds,
            openid,
        )

    def spend_allowance(self, openid: str) -> None:
        self._database.run("UPDATE person SET allowance_left = allowance_left - 1 WHERE openid = ?", openid)


def _person(row: sqlite3.Row) -> Person:
    values = dict(row)
    del values["position"]
    return Person(**{**values, "follows": bool(row["follows"])})
