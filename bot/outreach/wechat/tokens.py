"""One access token for all threads and processes (wechat-protocol §2).

It lives in Redis with its expiry; one lock there lets one caller fetch while the others wait. Without Redis
each process keeps its own, which stable_token allows: it hands the same token to everyone.
"""

from __future__ import annotations

import contextlib
import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import redis
import structlog
from redis.exceptions import LockError

log = structlog.get_logger(__name__)

MARGIN_SECONDS = 120  # stable_token renews in the last 300 s, so a fresh one is to be had in time
LOCK_SECONDS = 20.0
LOCK_PATIENCE_SECONDS = 12.0


@dataclass(frozen=True)
class Token:
    """An access token; `expires_at` in seconds since the epoch."""

    value: str
    expires_at: float

    def __repr__(self) -> str:
        return f"Token(***, {self.expires_at})"


class TokenKeeper:
    """Keeps the token of one account.

    Args:
        client: shared Redis.
        app_id: the account.
        fetch: asks the platform for a token; raises what the HTTP call raises.
        clock: seconds since the epoch.
    """

    def __init__(
        self,
        client: redis.Redis,
        app_id: str,
        fetch: Callable[[], Token],
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._client = client
        self._key = f"zg:wechat:token:{app_id}"
        self._fetch = fetch
        self._clock = clock
        self._lock = threading.Lock()
        self._mine: Token | None = None

    def current(self) -> tuple[str, bool]:
        """A token that is good for two more minutes, and whether this call had to fetch it."""
        token = self._known()
        if token is not None:
            return token.value, False
        with self._lock, self._shared_lock():
            token = self._known()
            if token is not None:
                return token.value, False
            token = self._fetch()
            self._keep(token)
            return token.value, True

    def drop(self, used: str) -> None:
        """Forget the token that the platform refused, unless a newer one has come in the meantime."""
        if self._mine is not None and self._mine.value == used:
            self._mine = None
        with contextlib.suppress(redis.RedisError):
            known = self._read()
            if known is not None and known.value == used:
                self._client.delete(self._key)

    def _known(self) -> Token | None:
        try:
            token = self._read()
        except redis.RedisError:
            token = self._mine
        if token is None or token.expires_at - self._clock() <= MARGIN_SECONDS:
            return None
        return token

    def _read(self) -> Token | None:
        raw = self._client.get(self._key)
        if not isinstance(raw, bytes | str):
            return None
        try:
            value, expires_at = json.loads(raw)
            return Token(str(value), float(expires_at))
        except (ValueError, TypeError):
            log.warning("the shared token is unreadable and is fetched anew")
            return None

    def _keep(self, token: Token) -> None:
        self._mine = token
        seconds = max(1, int(token.expires_at - self._clock()))
        try:
            self._client.set(self._key, json.dumps([token.value, token.expires_at]), ex=seconds)
        except redis.RedisError:
            log.warning("redis is away: the access token is kept by this process alone")

    @contextlib.contextmanager
    def _shared_lock(self) -> Iterator[None]:
        """Held while fetching. Without Redis, or behind a stuck holder: go on, two fetches do no harm."""
        lock = self._client.lock(
            f"{self._key}:lock", timeout=LOCK_SECONDS, blocking_timeout=LOCK_PATIENCE_SECONDS
        )
        held = False
        with contextlib.suppress(redis.RedisError):
            held = lock.acquire()
        try:
            yield
        finally:
            if held:
                with contextlib.suppress(LockError, redis.RedisError):
                    lock.release()
