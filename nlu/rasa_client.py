"""The NLU server over HTTP: kept-alive connections, one second at most, and a rest after a failure."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

import requests

REST_SECONDS = 5.0
"""After a failure nobody asks for this long, so that one slow second is not paid by every message."""


class RasaUnavailableError(Exception):
    """No usable answer: not reachable, too slow, refused, or resting after a failure."""


@dataclass(frozen=True)
class RasaIntent:
    """The most probable intent, by the names of the training data, and the model that said so."""

    name: str
    confidence: float
    model_id: str


class RasaClient:
    """Safe to share between threads.

    Args:
        url: e.g. http://127.0.0.1:5005
        token: sent as a bearer token; "" sends none.
        timeout_seconds: for connecting and for reading.
        monotonic: seconds that never go back.
    """

    def __init__(
        self,
        url: str,
        token: str = "",
        *,
        timeout_seconds: float = 1.0,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.url = url.rstrip("/")
        self._timeout_seconds = timeout_seconds
        self._monotonic = monotonic
        self.headers = {"Authorization": f"Bearer {token}"} if token else {}
        self._local = threading.local()
        self._resting_until = 0.0
        self._model_id = ""

    @property
    def model_id(self) -> str:
        """Id of the model that answered last; "" before the first answer."""
        return self._model_id

    def parse(self, text: str) -> RasaIntent:
        """Ask for the intent of `text`.

        Raises:
            RasaUnavailableError
        """
        answer = self._call("POST", "/model/parse", {"text": text})
        intent = answer.get("intent")
        if not isinstance(intent, dict):
            raise self._failed("answer without an intent")
        try:
            name, confidence = str(intent["name"]), float(intent["confidence"])
        except (KeyError, TypeError, ValueError) as error:
            raise self._failed("answer without an intent") from error
        self._model_id = str(answer.get("model_id", ""))
        return RasaIntent(name, confidence, self._model_id)

    def is_ready(self) -> bool:
        """Whether the server has its model loaded, asked now; also ends a rest."""
        self._resting_until = 0.0
        try:
            self._model_id = str(self._call("GET", "/status", None).get("model_id", ""))
        except RasaUnavailableError:
            return False
        return True

    def is_resting(self) -> bool:
        return self._monotonic() < self._resting_until

    def _call(self, method: str, path: str, body: dict[str, str] | None) -> dict[str, object]:
        if self.is_resting():
            raise RasaUnavailableError("resting after a failure")
        try:
            response = self._session().request(
                method, self.url + path, json=body, timeout=self._timeout_seconds, allow_redirects=False
            )
            response.raise_for_status()
            answer = response.json()
        except (requests.RequestException, ValueError) as error:
            raise self._failed(type(error).__name__) from error
        if not isinstance(answer, dict):
            raise self._failed("not an object")
        return answer

    def _failed(self, reason: str) -> RasaUnavailableError:
        self._resting_until = self._monotonic() + REST_SECONDS
        return RasaUnavailableError(reason)

    def _session(self) -> requests.Session:
        session: requests.Session | None = getattr(self._local, "session", None)
        if session is None:
            session = requests.Session()
            session.trust_env = False  # no proxy between us and loopback; reading the environment costs 1 ms
            session.headers.update(self.headers)
            self._local.session = session
        return session
