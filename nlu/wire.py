"""An Understanding as the JSON object that other programs read (design §8): keys are absent when not said."""

from __future__ import annotations

from dataclasses import asdict, is_dataclass
from datetime import date, datetime

from nlu.understanding import Entities, Period, TimeSpan, Understanding
from nlu.values.birthdays import UNSAID_YEAR

_CATALOGUE_FIELDS = ("service", "technician", "store", "reward")
_MINUTES = "minutes"


def _moment(value: datetime) -> str:
    """Local time of the shop without a zone: 2026-03-05T15:00."""
    return value.replace(tzinfo=None).isoformat(timespec=_MINUTES)


def _value(value: object) -> object:
    if isinstance(value, TimeSpan):
        end = None if value.end is None else _moment(value.end)
        return {"start": _moment(value.start), "end": end, "grain": value.grain}
    if isinstance(value, Period):
        return {"start": value.start.isoformat(), "end": value.end.isoformat()}
    if isinstance(value, datetime):
        return _moment(value)
    if isinstance(value, date):
        # A birthday without its year, as ISO 8601 writes it: --03-05.
        return f"--{value:%m-%d}" if value.year == UNSAID_YEAR else value.isoformat()
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    return value


def entities_to_json(entities: Entities) -> dict[str, object]:
    """A catalogue field with one id is a string, with several a list."""
    found: dict[str, object] = {}
    for name in ("amount_fen", "points", "quantity", "phone", "time", "period", "kind", "date"):
        value = getattr(entities, name)
        if value is not None:
            found[name] = _value(value)
    for name in _CATALOGUE_FIELDS:
        ids = getattr(entities, name)
        if ids:
            found[name] = ids[0] if len(ids) == 1 else list(ids)
    if entities.candidates:
        found["candidates"] = {
            name: [_value(one) for one in values] for name, values in entities.candidates.items()
        }
    return found


def to_json(understanding: Understanding) -> dict[str, object]:
    """text, intent, confidence (4 digits), entities, engine."""
    return {
        "text": understanding.text,
        "intent": understanding.intent,
        "confidence": round(understanding.confidence, 4),
        "entities": entities_to_json(understanding.entities),
        "engine": understanding.engine,
    }
