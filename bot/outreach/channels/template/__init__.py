"""Template messages: service notices to followers, whenever (wechat-protocol §4.2). Never advertising."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

import structlog

from bot.outreach.channels.channel import Look
from bot.outreach.wechat.errors import Verdict
from ledger.records.messages import OutgoingMessage
from shop.model import ReminderTemplate, Shop
from shop.template_fields import filled

log = structlog.get_logger(__name__)

# The template or the right to it is at fault, not the member: another channel may know better. 45009: the
# day's quota of this API alone is used up.
ANOTHER_WAY = frozenset({40036, 40037, 43107, 43116, 47003, 48001, 48004, 45009})


class TemplateSender(Protocol):
    def send_template(
        self, openid: str, template_id: str, fields: Mapping[str, str], *, message_id: str, url: str = ""
    ) -> int: ...


def template_for(shop: Shop, kind: str, channel: str) -> ReminderTemplate | None:
    """The shop's template for that kind of message."""
    return next((t for t in shop.reminders.templates if (t.kind, t.channel) == (kind, channel)), None)


class Templates:
    """The shop's templates, as reminders.templates of shop.yml names them."""

    name = "template"
    price_fen = 0

    def __init__(self, shop: Shop, client: TemplateSender) -> None:
        self._shop = shop
        self._client = client

    def obstacle(self, message: OutgoingMessage, look: Look) -> str | None:
        if message.category != "service":
            return "advertising must not go out as a template message"
        if look.window is None or not look.window.following:
            return "does not follow"
        template = template_for(self._shop, message.kind, self.name)
        if template is None:
            return "the shop has no template for it"
        if filled(template.fields, message.detail) is None:
            return "a field of the template cannot be filled"
        return None

    def send(self, message: OutgoingMessage) -> bool:
        template = template_for(self._shop, message.kind, self.name)
        fields = filled(template.fields, message.detail) if template else None
        if template is None or fields is None:
            raise ValueError("a template that was there is not there")
        self._client.send_template(
            message.openid, template.template_id, fields, message_id=f"zg-{message.id}"
        )
        return True

    def gives_way(self, message: OutgoingMessage, error: Exception, verdict: Verdict) -> bool:  # noqa: ARG002
        gives = verdict.code in ANOTHER_WAY
        if gives:
            log.error("a template is refused", kind=message.kind, code=verdict.code)
        return gives
