"""How the stand-in's own API refuses: `{"error": …}` with a fitting status."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import CancelledError

from flask import Blueprint, Response, jsonify

from webhook.standin.acts import ActError
from webhook.standin.body import BadRequestError, NotFoundError
from webhook.standin.clock import ClockRangeError
from webhook.standin.errors import PlatformError
from webhook.standin.faults import FaultError
from webhook.standin.people import PeopleError, UnknownPersonError
from webhook.standin.push import QueueFullError


def register_refusals(blueprint: Blueprint) -> None:
    statuses: dict[type[Exception], int] = {
        BadRequestError: 400,
        ClockRangeError: 400,
        FaultError: 400,
        PlatformError: 400,
        NotFoundError: 404,
        PeopleError: 400,
        UnknownPersonError: 404,
        ActError: 409,
        QueueFullError: 429,
        TimeoutError: 504,
        CancelledError: 503,
    }
    for kind, status in statuses.items():
        blueprint.register_error_handler(kind, _refusal(status))


def _refusal(status: int) -> Callable[[Exception], tuple[Response, int]]:
    def handler(error: Exception) -> tuple[Response, int]:
        words = str(error.answer()["errmsg"]) if isinstance(error, PlatformError) else str(error)
        return jsonify(error=words), status

    return handler
