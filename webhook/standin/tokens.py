"""access_token of both endpoints (wechat-protocol §2) and the daily quotas (§4.6), by the movable clock."""

from __future__ import annotations

import hmac
import secrets
from typing import Literal

from webhook.standin.clock import MovableClock
from webhook.standin.database import Database
from webhook.standin.errors import PlatformError

Endpoint = Literal["classic", "stable"]

LIFE_SECONDS = 7200
GRACE_SECONDS = 300
FORCE_SPACING_SECONDS = 30
_TOKENS_KEPT = 500

DAILY_QUOTAS = {
    "token": 2000,
    "stable_token": 500_000,
    "stable_token_force": 20,
    "menu/create": 1000,
    "menu/delete": 1000,
    "menu/get": 10_000,
    "media/upload": 100_000,
    "media/get": 200_000,
    "message/custom/send": 500_000,
    "message/template/send": 100_000,
    "message/subscribe/bizsend": 100_000,
    "qrcode/create": 100_000,
    "user/info": 5_000_000,
    "getcallbackip": 10_000,
}
STABLE_PER_MINUTE = 10_000
CLEARS_PER_MONTH = 10


class Quotas:
    """Counters by API and day, Beijing time; over the limit is 45009."""

    def __init__(self, database: Database, clock: MovableClock) -> None:
        self._database = database
        self._clock = clock

    def use(self, api: str) -> None:
        """Count one call of `api`; PlatformError 45009 when the day's quota is used up."""
        if not self._take(api, f"{self._clock.now():%Y-%m-%d}", DAILY_QUOTAS[api]):
            raise PlatformError(45009)

    def use_minute(self, api: str, limit: int) -> None:
        if not self._take(f"{api}/minute", f"{self._clock.now():%Y-%m-%d %H:%M}", limit):
            raise PlatformError(45011)

    def known(self, api: str) -> bool:
        return api in DAILY_QUOTAS

    def left_today(self, api: str) -> int:
        used = self._used(api, f"{self._clock.now():%Y-%m-%d}")
        return DAILY_QUOTAS[api] - used

    def set_used(self, api: str, used: int) -> None:
        """Say that `used` calls were made today, so that a test need not make them."""
        self._database.run(
            "INSERT INTO quota VALUES (?, ?, ?) ON CONFLICT (api, period) DO UPDATE SET used = excluded.used",
            *(api, f"{self._clock.now():%Y-%m-%d}", used),
        )

    def clear(self) -> None:
        """`clear_quota`: all counters back to zero, ten times a month; then 48006."""
        if not self._take("clear_quota", f"{self._clock.now():%Y-%m}", CLEARS_PER_MONTH):
            raise PlatformError(48006)
        self._database.run("DELETE FROM quota WHERE api NOT IN ('clear_quota', 'stable_token_force')")

    def _used(self, api: str, period: str) -> int:
        return self._database.number("SELECT used FROM quota WHERE api = ? AND period = ?", api, period)

    def _take(self, api: str, period: str, limit: int) -> bool:
        with self._database.transaction():
            used = self._used(api, period)
            if used >= limit:
                return False
            if used == 0:
                self._database.run("DELETE FROM quota WHERE api = ? AND period < ?", api, period)
            self._database.run(
                "INSERT INTO quota VALUES (?, ?, 1) ON CONFLICT (api, period) DO UPDATE SET used = used + 1",
                api,
                period,
            )
            return True


class Tokens:
    """Issues and checks tokens. The two endpoints' tokens live side by side and do not touch each other."""

    def __init__(
        self, database: Database, clock: MovableClock, quotas: Quotas, app_id: str, app_secret: str
    ) -> None:
        self._database = database
        self._clock = clock
        self._quotas = quotas
        self._app_id = app_id
        self._app_secret = app_secret

    def classic(self, app_id: str, secret: str) -> dict[str, object]:
        """`/cgi-bin/token`: every call makes a new one; the previous one dies after five minutes."""
        self.check_credentials(app_id, secret)
        self._quotas.use("token")
        return self._issue("classic", GRACE_SECONDS)

    def stable(self, app_id: str, secret: str, *, force: bool) -> dict[str, object]:
        """`/cgi-bin/stable_token`: the same until five minutes before its end.

        `force` kills it at once, 20 times a day and at least 30 s apart; else nothing is refreshed.
        """
        self.check_credentials(app_id, secret)
        self._quotas.use_minute("stable_token", STABLE_PER_MINUTE)
        self._quotas.use("stable_token")
        now = self._clock.timestamp()
        with self._database.transaction():
            row = self._database.row(
                "SELECT * FROM token WHERE endpoint = 'stable' AND dead_at IS NULL ORDER BY rowid DESC"
            )
            if row is None:
                return self._issue("stable", GRACE_SECONDS)
            left = int(row["expires_at"]) - now
            if force and self._may_force(now):
                return self._issue("stable", 0)
            if left > GRACE_SECONDS:
                return {"access_token": row["token"], "expires_in": left}
            return self._issue("stable", GRACE_SECONDS)

    def check(self, token: str) -> None:
        """PlatformError 41001 missing, 40014 never issued, 42001 expired, 40001 replaced."""
        if not token:
            raise PlatformError(41001)
        row = self._database.row("SELECT * FROM token WHERE token = ?", token)
        if row is None:
            raise PlatformError(40014)
        now = self._clock.timestamp()
        if row["dead_at"] is not None and now >= row["dead_at"]:
            raise PlatformError(40001)
        if now >= row["expires_at"]:
            raise PlatformError(42001)

    def check_credentials(self, app_id: str, secret: str) -> None:
        if not app_id:
            raise PlatformError(41002)
        if app_id != self._app_id:
            raise PlatformError(40013)
        if not secret:
            raise PlatformError(41004)
        if not hmac.compare_digest(secret.encode(), self._app_secret.encode()):
            raise PlatformError(40125)

    def _may_force(self, now: int) -> bool:
        last = int(self._database.note("stable_forced_at") or 0)
        if abs(now - last) < FORCE_SPACING_SECONDS or self._quotas.left_today("stable_token_force") <= 0:
            return False
        self._quotas.use("stable_token_force")
        self._database.write_note("stable_forced_at", str(now))
        return True

    def _issue(self, endpoint: Endpoint, grace_seconds: int) -> dict[str, object]:
        now = self._clock.timestamp()
        token = f"99_{secrets.token_urlsafe(96)}"
        with self._database.transaction():
            self._database.run(
                "UPDATE token SET dead_at = ? WHERE endpoint = ? AND dead_at IS NULL",
                now + grace_seconds,
                endpoint,
            )
            self._database.run(
                "INSERT INTO token VALUES (?, ?, ?, ?, NULL)", token, endpoint, now, now + LIFE_SECONDS
            )
            self._database.run(
                "DELETE FROM token WHERE rowid <= (SELECT max(rowid) FROM token) - ?", _TOKENS_KEPT
            )
        return {"access_token": token, "expires_in": LIFE_SECONDS}
