"""Reading the stand-in's own JSON bodies: every field checked, every text bounded."""

from __future__ import annotations

import json

from flask import request

from webhook.standin.xmlwire import printable

MAX_TEXT = 20_000


class BadRequestError(ValueError):
    """A body that cannot be used; the message names the field."""


class NotFoundError(LookupError):
    """What was named is not there."""


class Body:
    """The JSON object of this request; an empty body is an empty object."""

    def __init__(self) -> None:
        raw = request.get_data()
        try:
            loaded = json.loads(raw) if raw else {}
        except (ValueError, RecursionError) as error:
            raise BadRequestError("the body is not JSON") from error
        if not isinstance(loaded, dict):
            raise BadRequestError("the body is not a JSON object")
        self._fields: dict[str, object] = loaded

    def __contains__(self, name: str) -> bool:
        return name in self._fields

    def text(self, name: str, default: str | None = None, limit: int = 200) -> str:
        """The field as text of at most `limit` characters; required unless a default is given."""
        value = self._fields.get(name, default)
        if not isinstance(value, str):
            raise BadRequestError(f"{name} must be a text")
        if len(value) > limit:
            raise BadRequestError(f"{name} has more than {limit} characters")
        whole = value.encode("utf-8", "replace").decode()
        return whole if limit == MAX_TEXT else printable(whole)

    def yes(self, name: str) -> bool:
        value = self._fields.get(name, False)
        if not isinstance(value, bool):
            raise BadRequestError(f"{name} must be true or false")
        return value

    def whole(self, name: str, least: int, most: int, default: int | None = None) -> int:
        value = self._fields.get(name, default)
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            raise BadRequestError(f"{name} must be a whole number from {least} to {most}")
        return value

    def number(self, name: str, least: float, most: float) -> float:
        value = self._fields.get(name)
        if not isinstance(value, int | float) or isinstance(value, bool) or not least <= value <= most:
            raise BadRequestError(f"{name} must be a number from {least:g} to {most:g}")
        return float(value)

    def positions(self, name: str) -> list[int]:
        """One or two indices of the menu, [top] or [top, sub]."""
        value = self._fields.get(name)
        if (
            not isinstance(value, list)
            or not 1 <= len(value) <= 2
            or not all(isinstance(item, int) for item in value)
        ):
            raise BadRequestError(f"{name} must be [top] or [top, sub]")
        return value

    def is_null(self, name: str) -> bool:
        return name in self._fields and self._fields[name] is None
