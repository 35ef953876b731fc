"""What a provider of short messages must do, and what it says when it cannot."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
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


@dataclass(frozen=True)
class Gateway:
    """Stands in for a provider in the demo: what would go out is handed to `show` (a console list)."""

    show: Callable[[str, str, Mapping[str, str]], None]

    def send(self, phone: str, template: str, values: Mapping[str, str], *, message_id: str) -> None:  # noqa: ARG002
        self.show(phone, template, values)
