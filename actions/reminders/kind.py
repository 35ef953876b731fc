"""What a kind of reminder is: how its words are made when it is due, and whom it may reach."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection

from actions.house import House
from ledger.records import members
from ledger.records.members import Member
from ledger.records.reminders import Category, Reminder
from shop import texts, words
from shop.periods import last_day


@dataclass(frozen=True)
class Sending:
    """A reminder that is due, in the transaction that decides about it."""

    house: House
    connection: Connection
    reminder: Reminder
    member: Member
    now: datetime

    def say(self, name: str, /, **values: object) -> str:
        return texts.say(self.house.shop, name, **values)

    @property
    def name(self) -> str:
        """How the sentence begins."""
        return self.say("reminder_unnamed") if self.member.name == members.UNNAMED else self.member.name

    def day(self, expires_at: datetime) -> str:
        """The last day on which something can be used, as a member reads it."""
        zone = self.house.shop.zone
        return words.day_text(last_day(expires_at, zone), self.now.astimezone(zone).date())


@dataclass(frozen=True)
class Words:
    """What is sent. `detail`: its parts by name, for channels that take fields in place of a text."""

    text: str
    detail: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Untrue:
    """It has lost its reason meanwhile; `why` is kept with the reminder."""

    why: str


# Makes the words from what is true now; everything it was planned for is looked at again.
Compose = Callable[[Sending], Words | Untrue]


@dataclass(frozen=True)
class Kind:
    """One kind of reminder.

    Attributes:
        own_money: it is about something of the member's own that would be lost, so 退订 does not stop it.
        in_complaint: it is sent even while a complaint of the member is open.
    """

    name: str
    category: Category
    compose: Compose
    own_money: bool = False
    in_complaint: bool = False
