"""What a staff command is: its heads, how it is read, how it is answered. One module a capability.

A module of this folder exports `COMMANDS`, and `CONFIRMED` where a yes books something; `bot.staff.registry`
collects them. Reading is a grammar, not statistics (design §4).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from actions.rights import EVERY_ROLE
from bot.conversation.turn import Turn
from bot.messages import Reply
from shop.model import Shop

Parsed = TypeVar("Parsed")


@dataclass(frozen=True)
class Complaint:
    """What is wrong with the command: the name of a text and its values."""

    code: str
    values: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class StaffCommand(Generic[Parsed]):
    """One command.

    Attributes:
        heads: the words it begins with (“充值”, “储值”); the longest head of all commands wins.
        help_line: the name of the text that shows it in 帮助; "" keeps it out of the list.
        parse: the rest of the line, narrowed to half width and stripped → what was meant, a complaint about
            it, or None when it is no command after all (“充值有什么优惠”).
        answer: does it; value moves only through `bot.flows.confirm`.
        usage: the name of the text that says how it is written, with an example (帮助 充值). It may use
            {methods}, the shop's ways of paying.
        roles: who is shown it and may send it; the action asks again.
    """

    heads: tuple[str, ...]
    help_line: str
    parse: Callable[[Shop, str], Parsed | Complaint | None]
    answer: Callable[[Turn, Parsed], Reply]
    usage: str = ""
    roles: frozenset[str] = EVERY_ROLE
