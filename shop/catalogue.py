"""The names a member may say, with their aliases, and the opening hours."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import time


@dataclass(frozen=True)
class Named:
    """One thing of the shop that can be named in a sentence."""

    id: str
    name: str
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True)
class Group:
    """A category by its name, and the ids of its services."""

    name: str
    ids: tuple[str, ...]


@dataclass(frozen=True)
class OpeningHours:
    """Daily opening hours in the shop's zone; they decide whether 三点 is 15:00."""

    opens: time = time(9, 0)
    closes: time = time(21, 0)


@dataclass(frozen=True)
class Catalogue:
    services: tuple[Named, ...] = ()
    technicians: tuple[Named, ...] = ()
    stores: tuple[Named, ...] = ()
    rewards: tuple[Named, ...] = ()
    opening: OpeningHours = OpeningHours()
    goods: tuple[Named, ...] = ()
    groups: tuple[Group, ...] = ()
