"""Subscription notifications: one for each consent that the member gave (wechat-protocol §4.3)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Protocol

import structlog
from sqlalchemy import Engine

from bot.outreach.channels.channel import Look
from bot.outreach.channels.template import ANOTHER_WAY, template_for
from bot.outreach.wechat.errors import Verdict
from ledger.records import consents
from ledger.records.messages import OutgoingMessage
from shop.model import ReminderTemplate, Shop
from shop.template_fields import filled

log = structlog.get_logger(__name__)

NO_CONSENT = 43101


class SubscriptionSender(Protocol):
    def send_subscription(self, openid: str, template_id: str, fields: Mapping[str, str]) -> None: ...


class Subscriptions:
    """A consent is taken before the call and given back when the call fails: never sent on one twice."""

    name = "subscription"
    price_fen = 0

    def __init__(
        self, engine: Engine, shop: Shop, client: SubscriptionSender, clock: Callable[[], datetime]
    ) -> None:
        self._engine = engine
        self._shop = shop
        self._client = client
        self._clock = clock

    def obstacle(self, message: OutgoingMessage, look: Look) -> str | None:
        template = self._template(message)
        if template is None:
            return "the shop has no template for it"
        if filled(template.fields, message.detail) is None:
            return "a field of the template cannot be filled"
        if consents.left(look.connection, message.openid, template.template_id) <= 0:
            return "no consent is left"
        return None

    def send(self, message: OutgoingMessage) -> bool:
        template = self._template(message)
        fields = filled(template.fields, message.detail) if template else None
        if template is None or fields is None:
            raise ValueError("a template that was there is not there")
        now = self._clock()
        with self._engine.begin() as connection:
            if not consents.spend(connection, message.openid, template.template_id, at=now):
                raise NoConsentError
        try:
            self._client.send_subscription(message.openid, template.template_id, fields)
        except Exception:
            with self._engine.begin() as connection:
                consents.give_back(connection, message.openid, template.template_id, at=now)
            raise
        return True

    def gives_way(self, message: OutgoingMessage, error: Exception, verdict: Verdict) -> bool:
        template = self._template(message)
        if verdict.code == NO_CONSENT and template is not None:
            with self._engine.begin() as connection:
                now = self._clock()
                consents.none_left(connection, message.openid, template.template_id, at=now)
            return True
        if verdict.code in ANOTHER_WAY:
            log.error("a subscription template is refused", kind=message.kind, code=verdict.code)
            return True
        return isinstance(error, NoConsentError)

    def _template(self, message: OutgoingMessage) -> ReminderTemplate | None:
        return template_for(self._shop, message.kind, self.name)


class NoConsentError(ValueError):
    """The last consent went to another message in this moment."""
