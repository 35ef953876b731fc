"""All kinds of reminders, by name. A new one is a module with its `KINDS` and a line here."""

from __future__ import annotations

from actions.reminders import appointments, campaigns, guide, in_hand, money
from actions.reminders.kind import Kind

KINDS: dict[str, Kind] = {
    kind.name: kind for part in (appointments, money, in_hand, guide, campaigns) for kind in part.KINDS
}
