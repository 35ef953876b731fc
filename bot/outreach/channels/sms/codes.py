"""The code that proves a phone, by short message (design §5): sent at once, outside of any transaction."""

from __future__ import annotations

import requests
import structlog

from bot.outreach.channels.sms.provider import SmsError, SmsProvider

log = structlog.get_logger(__name__)


class CodeSender:
    """Sends codes by one provider's template, whose only part is `code`."""

    def __init__(self, provider: SmsProvider, template: str) -> None:
        self._provider = provider
        self._template = template

    def __call__(self, phone: str, code: str, message_id: str) -> bool:
        """False when it was refused or the provider not reached; the counter's way is left then."""
        try:
            self._provider.send(phone, self._template, {"code": code}, message_id=message_id)
        except (SmsError, requests.RequestException) as error:
            log.error("sms.code_not_sent", phone=phone, error=type(error).__name__)
            return False
        return True
