"""The product's own word on its state (`/readyz`), passed on to the page."""

from __future__ import annotations

import threading
import time

import requests

from webhook.standin.chat import Json

_TIMEOUT_SECONDS = 1.0
_FRESH_SECONDS = 1.0
_MAX_BYTES = 64 * 1024


class StatusProbe:
    """Asks at most once a second, whoever looks."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._lock = threading.Lock()
        self._looked_at = -_FRESH_SECONDS
        self._last: dict[str, Json] = {"reachable": False, "http_status": None, "parts": None}

    def look(self) -> dict[str, Json]:
        """`reachable`, `http_status` and `parts`: the JSON of /readyz as it came, null when there is none."""
        if self._url and self._lock.acquire(blocking=False):  # who comes second gets the last answer
            try:
                if time.monotonic() - self._looked_at >= _FRESH_SECONDS:
                    self._last = self._ask()
                    self._looked_at = time.monotonic()
            finally:
                self._lock.release()
        return self._last

    def _ask(self) -> dict[str, Json]:
        try:
            with requests.Session() as session:
                session.trust_env = False
                response = session.get(self._url, timeout=_TIMEOUT_SECONDS, allow_redirects=False)
        except requests.RequestException:
            return {"reachable": False, "http_status": None, "parts": None}
        parts: Json = None
        if len(response.content) <= _MAX_BYTES:
            try:
                parts = response.json()
            except ValueError:
                parts = None
        return {"reachable": True, "http_status": response.status_code, "parts": parts}
