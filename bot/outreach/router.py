"""Which way a message goes: by its category, the recipient's window, his consents, and the price (row E5)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

import structlog
from sqlalchemy import Engine

from bot.outreach.channels.channel import Channel, Look
from bot.outreach.wechat.errors import classify
from ledger.records import contacts
from ledger.records.messages import OutgoingMessage

log = structlog.get_logger(__name__)

_OWNERS_WORD = {"customer_service": "chat"}  # as shop.yml calls it


@dataclass(frozen=True)
class Went:
    """It went out. `channel`: through which; None: there was nothing to show any more."""

    channel: str | None


@dataclass(frozen=True)
class Waits:
    """No channel may carry it now: it waits for the member's next word. `why`: the obstacle of each."""

    why: str


class Router:
    """Asks the channels, the cheapest first; of equal price in the order given.

    Args:
        channels: the first is the one for conversations, which everything may go through.
    """

    def __init__(self, engine: Engine, channels: Sequence[Channel], clock: Callable[[], datetime]) -> None:
        self._engine = engine
        self._channels = sorted(channels, key=lambda channel: channel.price_fen)
        self._clock = clock

    def send(self, message: OutgoingMessage) -> Went | Waits:
        """Send through the first channel that may and can.

        Raises:
            Exception: what the channel's call raised, when no other channel may be tried instead.
        """
        obstacles: list[str] = []
        for channel in self._channels:
            obstacle = self._obstacle(channel, message)
            if obstacle is None:
                try:
                    return Went(channel.name if channel.send(message) else None)
                except Exception as error:
                    verdict = classify(error, now=self._clock())
                    if not channel.gives_way(message, error, verdict):
                        raise
                    obstacle = f"{verdict.code or type(error).__name__}"
                    log.info(
                        "another channel is tried", message_id=message.id, after=channel.name, code=obstacle
                    )
            obstacles.append(f"{channel.name}: {obstacle}")
        return Waits("; ".join(obstacles))

    def _obstacle(self, channel: Channel, message: OutgoingMessage) -> str | None:
        ways = message.detail.get("channels", "")  # of a campaign: what its owner lets it use
        if ways and _OWNERS_WORD.get(channel.name, channel.name) not in ways.split(","):
            return "not a channel of this campaign"
        with self._engine.connect() as connection:
            window = contacts.window_of(connection, message.openid)
            return channel.obstacle(message, Look(connection, window, self._clock()))
