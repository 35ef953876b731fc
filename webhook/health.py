"""/healthz, /readyz and /metrics (features row H3)."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import structlog
from flask import Blueprint, Response, jsonify

from bot import metrics

log = structlog.get_logger(__name__)

OK = "ok"
DEGRADED = "degraded"  # prefix: the part helps itself, for example "degraded: keywords answer"


def is_ready(parts: Mapping[str, str]) -> bool:
    """True when every part is "ok" or says "degraded…"; anything else tells what is missing."""
    return all(state == OK or state.startswith(DEGRADED) for state in parts.values())


def create_blueprint(readiness: Callable[[], Mapping[str, str]]) -> Blueprint:
    """The operator's three addresses.

    Args:
        readiness: part → "ok", "degraded: why", or what is wrong with it. Called on every /readyz; its
            outside calls must have time-outs of their own.
    """
    blueprint = Blueprint("health", __name__)

    @blueprint.get("/healthz")
    def healthz() -> Response:
        """The process is alive; nothing else is asked."""
        return Response("ok\n", mimetype="text/plain")

    @blueprint.get("/readyz")
    def readyz() -> tuple[Response, int]:
        try:
            parts = dict(readiness())
        except Exception:
            log.exception("the readiness check failed")
            parts = {"readiness": "the check itself failed; see the log"}
        ready = is_ready(parts)
        return jsonify(ready=ready, parts=parts), 200 if ready else 503

    @blueprint.get("/metrics")
    def exposition() -> Response:
        return Response(metrics.exposition(), content_type="text/plain; version=0.0.4; charset=utf-8")

    return blueprint
