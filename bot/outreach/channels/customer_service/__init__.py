"""Customer-service messages: free, while the window is open that writing opens (wechat-protocol §4.1)."""

from __future__ import annotations

from typing import Protocol

from sqlalchemy import Engine

from bot.outreach.channels.channel import Look
from bot.outreach.wechat.errors import Verdict
from bot.outreach.wechat.markup import TEXT_LIMIT_BYTES, cut
from ledger.records import contacts
from ledger.records.messages import OutgoingMessage
from ledger.records.pictures import MESSAGE_KIND as PICTURE


class TextSender(Protocol):
    def send_text(self, openid: str, text: str) -> None: ...


class PictureSender(Protocol):
    """Draws and sends the pictures of the outbox; False when there is nothing to show any more."""

    def send(self, message: OutgoingMessage) -> bool: ...


class CustomerService:
    """Texts and pictures in the chat itself; carries service and marketing alike."""

    name = "customer_service"
    price_fen = 0

    def __init__(self, engine: Engine, client: TextSender, studio: PictureSender | None = None) -> None:
        self._engine = engine
        self._client = client
        self._studio = studio

    def obstacle(self, message: OutgoingMessage, look: Look) -> str | None:  # noqa: ARG002 - as all channels
        window = look.window
        if window is None or window.is_open(look.now):
            return None  # never seen: the platform decides
        return "the reply window is closed"

    def send(self, message: OutgoingMessage) -> bool:
        if message.kind == PICTURE and self._studio is not None:
            return self._studio.send(message)
        self._client.send_text(message.openid, cut(message.text, TEXT_LIMIT_BYTES))
        return True

    def gives_way(self, message: OutgoingMessage, error: Exception, verdict: Verdict) -> bool:  # noqa: ARG002
        if verdict.action != "wait_for_member":
            return False
        with self._engine.begin() as connection:
            contacts.close_window(connection, message.openid)
        return True
