"""Links to a member's own page: a random key, known for half an hour (features A4, F6).

The link stands for the WeChat account it was sent to and for nothing else; the page asks again what that
account may see. A real account may use WeChat's OAuth instead, which ends in the same session.
"""

from __future__ import annotations

import secrets

import redis
import structlog

log = structlog.get_logger(__name__)

LINK_SECONDS = 30 * 60
SESSION_SECONDS = 30 * 60
KEY_BYTES = 18


class MemberLinks:
    """Keys of links and of the sessions they open, in Redis. Losing them costs a member one more request.

    Args:
        origin: the address under which members reach this server; None: there are no links.
    """

    def __init__(self, store: redis.Redis, origin: str | None) -> None:
        self._store = store
        self._origin = origin

    def make(self, openid: str) -> str | None:
        """A link for this account; None when the server has no public address or Redis is away."""
        if self._origin is None:
            return None
        key = self._keep("link", openid, LINK_SECONDS)
        return f"{self._origin}/me/{key}" if key else None

    def open_session(self, link_key: str) -> str | None:
        """The key of a new session, if the link's key is known."""
        openid = self._find("link", link_key)
        return self._keep("session", openid, SESSION_SECONDS) if openid else None

    def who(self, session_key: str) -> str | None:
        """The account of a session."""
        return self._find("session", session_key)

    def close_session(self, session_key: str) -> None:
        """Forget a session."""
        try:
            self._store.delete(f"me:session:{session_key}")
        except redis.RedisError:
            log.warning("links.not_closed")

    def _keep(self, kind: str, openid: str, seconds: int) -> str | None:
        key = secrets.token_urlsafe(KEY_BYTES)
        try:
            self._store.set(f"me:{kind}:{key}", openid, ex=seconds)
        except redis.RedisError:
            log.warning("links.not_kept", kind=kind)
            return None
        return key

    def _find(self, kind: str, key: str) -> str | None:
        if len(key) > 100:
            return None
        try:
            found = self._store.get(f"me:{kind}:{key}")
        except redis.RedisError:
            log.warning("links.not_read", kind=kind)
            return None
        return found.decode() if isinstance(found, bytes) else None
