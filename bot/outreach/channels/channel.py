"""What every channel has: a name, a price, whom it may reach, how it sends (row E5)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from sqlalchemy import Connection

from bot.outreach.wechat.errors import Verdict
from ledger.records.contacts import Window
from ledger.records.messages import OutgoingMessage


@dataclass(frozen=True)
class Look:
    """What is known of the recipient when a message leaves; `window` None: an account that was never seen."""

    connection: Connection
    window: Window | None
    now: datetime


class Channel(Protocol):
    """One way to a member.

    Attributes:
        name: kept with the message.
        price_fen: of one message; the cheapest that may be used is used.
    """

    name: str
    price_fen: int

    def obstacle(self, message: OutgoingMessage, look: Look) -> str | None:
        """Why it may not be used for this message now; None: it may. Makes no call."""
        ...

    def send(self, message: OutgoingMessage) -> bool:
        """Send it. False: there is nothing to show any more. Raises what `errors.classify` understands."""
        ...

    def gives_way(self, message: OutgoingMessage, error: Exception, verdict: Verdict) -> bool:
        """After a failure: whether another channel may be tried. Notes what was learnt of the recipient."""
        ...
