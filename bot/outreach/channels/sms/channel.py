"""Short messages as a channel of the router: service notices to proven phones, for kinds with a template."""

from __future__ import annotations

import structlog
from sqlalchemy import Engine

from bot.outreach.channels.channel import Look
from bot.outreach.channels.sms.provider import SmsError, SmsProvider
from bot.outreach.wechat.errors import Verdict
from ledger.records import members
from ledger.records.messages import OutgoingMessage
from shop.model import ReminderTemplate, Shop
from shop.template_fields import parts

log = structlog.get_logger(__name__)


class ShortMessages:
    """Costs money, so it is asked last."""

    name = "sms"
    price_fen = 5

    def __init__(self, engine: Engine, shop: Shop, provider: SmsProvider) -> None:
        self._engine = engine
        self._shop = shop
        self._provider = provider

    def obstacle(self, message: OutgoingMessage, look: Look) -> str | None:
        if message.category != "service":
            return "advertising by short message needs a consent of its own"
        template = self._template(message)
        if template is None:
            return "the shop has no template for it"
        if parts(template.fields, message.detail) is None:
            return "a part of the template cannot be filled"
        member = members.by_openid(look.connection, message.openid)
        if member is None or member.phone is None or not member.phone_proven:
            return "no proven phone"
        return None

    def send(self, message: OutgoingMessage) -> bool:
        template = self._template(message)
        values = parts(template.fields, message.detail) if template else None
        with self._engine.connect() as connection:
            member = members.by_openid(connection, message.openid)
        if template is None or values is None or member is None or member.phone is None:
            raise ValueError("what a short message needs is gone")
        self._provider.send(member.phone, template.template_id, values, message_id=f"zg-{message.id}")
        return True

    def gives_way(self, message: OutgoingMessage, error: Exception, verdict: Verdict) -> bool:  # noqa: ARG002
        """A refusal that lasts (a wrong number, no credit) leaves the message for the next word."""
        refused = isinstance(error, SmsError) and not error.passing
        if refused:
            log.error("a short message is refused", message_id=message.id, code=str(error))
        return refused

    def _template(self, message: OutgoingMessage) -> ReminderTemplate | None:
        wanted = (message.kind, self.name)
        return next((t for t in self._shop.reminders.templates if (t.kind, t.channel) == wanted), None)
