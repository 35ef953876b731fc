"""What comes in from a chat and what goes back: plain values, the same for every channel."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

IncomingKind = Literal["text", "voice", "image", "video", "location", "link", "event", "unknown"]


@dataclass(frozen=True)
class Incoming:
    """One delivery of one message or event.

    Attributes:
        key: idempotency key of the delivery: openid + MsgId, or for an event openid + CreateTime + Event +
            EventKey (wechat-protocol.md §1.4). WeChat's retries carry the same key.
        openid: the sender.
        sent_at: CreateTime, aware.
        text: what was typed, tapped (the words of the choice) or recognised from voice; "" when none.
        event: WeChat's event name in its exact case ("subscribe", "CLICK"), for kind "event".
        event_key: the event's key without the `qrscene_` prefix.
    """

    key: str
    openid: str
    sent_at: datetime
    kind: IncomingKind
    text: str = ""
    event: str = ""
    event_key: str = ""
    tapped_id: str = ""  # id of the tapped choice (bizmsgmenuid), "" when typed
    media_id: str = ""
    latitude: float | None = None
    longitude: float | None = None


@dataclass(frozen=True)
class Choice:
    """A tappable answer: the channel shows `label`, a tap sends `says` as if it were typed."""

    label: str
    says: str


@dataclass(frozen=True)
class Link:
    """A tappable address of a page of ours."""

    label: str
    url: str


@dataclass(frozen=True)
class Reply:
    """The passive answer to one delivery; `text` "" means that nothing is shown."""

    text: str
    choices: tuple[Choice, ...] = ()
    links: tuple[Link, ...] = ()

    def after(self, words: str) -> Reply:
        """The same with words before it."""
        return replace(self, text=f"{words}\n\n{self.text}" if self.text else words)


SILENCE = Reply("")
