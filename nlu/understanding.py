"""What a sentence means: the intent and the values said, by the names of the fixed list of intents."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal

Grain = Literal["day", "part_of_day", "hour", "minute"]
Engine = Literal["rasa", "keywords"]


@dataclass(frozen=True)
class TimeSpan:
    """A point (`end` None) or a range in time, in the shop's zone; `grain` is how exactly it was said."""

    start: datetime
    end: datetime | None
    grain: Grain


@dataclass(frozen=True)
class Period:
    """A past stretch for statements: from `start` up to and including `end`."""

    start: date
    end: date


@dataclass(frozen=True)
class Entities:
    """The values said. None or () means not said.

    The catalogue fields hold ids of the shop's catalogue; several ids mean that the words fit all of them
    and the bot has to ask. `candidates` holds, per field name, the values between which the words leave a
    doubt (“五百来块”); the field itself is then None. `kind` narrows a statement to top-ups or purchases.
    A `date` in the year `nlu.values.birthdays.UNSAID_YEAR` is a birthday said without its year.
    """

    amount_fen: int | None = None
    points: int | None = None
    quantity: int | None = None
    phone: str | None = None
    time: TimeSpan | None = None
    period: Period | None = None
    date: date | None = None
    service: tuple[str, ...] = ()
    technician: tuple[str, ...] = ()
    store: tuple[str, ...] = ()
    reward: tuple[str, ...] = ()
    kind: Literal["topup", "spend"] | None = None
    candidates: dict[str, tuple[object, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class Understanding:
    """The result of one parse; `confidence` is calibrated, 0 to 1.

    `guess` comes with a fallback only: the intent that it may have been. To be asked back, never acted on.
    """

    text: str
    intent: str
    confidence: float
    entities: Entities
    engine: Engine
    guess: str | None = None
