"""What a provider of short messages must do, and what it says when it cannot."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol


class SmsError(Exception):
    """The provider's refusal. `passing`: another try may help (its limits, the line); else it will not."""

    def __init__(self, code: str, *, passing: bool) -> None:
        super().__init__(code)
        self.code = code
        self.passing = passing


class SmsProvider(Protocol):
    """One account at a provider; texts are its own templates, which it has approved before."""

    def send(self, phone: str, template: str, values: Mapping[str, str], *, message_id: str) -> None:
        """Send one message. SmsError: refused; requests' exceptions: not reached."""
        ...
