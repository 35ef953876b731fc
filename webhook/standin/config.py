"""What the stand-in is told at start: one frozen value, checked before anything runs."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

Mode = Literal["plain", "compatible", "safe"]

STAND_IN_APP_ID = "wxstandin"


class StandInRefusedError(ValueError):
    """The stand-in will not start with this configuration; the message names the setting."""


@dataclass(frozen=True)
class StandInConfig:
    """The account the stand-in plays and the product it plays it to.

    Attributes:
        app_id: must start with `wxstandin`, so that a real account can never be mistaken for the demo.
        token, aes_key: as a shop owner would set them on the platform (aes_key: 43 characters).
        mode: how pushes are encrypted (wechat-protocol §1.1).
        webhook_url: the product's `/wechat`.
        database: SQLite file; chats, people, tokens and the wire log survive a restart.
        clock_file: holds the clock's offset from real time in whole seconds, as text.
        status_url: the product's `/readyz`, passed through to the page; "" for none.
        public_origin: where a browser finds the stand-in, for QR codes and pictures.
        deliveries: tries per push (wechat-protocol §1.4), `retry_spacing_seconds` from start to start.
        allowed_hosts: further host names accepted in the Host header besides the loopback ones.
    """

    app_id: str
    app_secret: str
    token: str
    aes_key: str
    webhook_url: str
    database: Path
    clock_file: Path
    mode: Mode = "safe"
    status_url: str = ""
    public_origin: str = "http://127.0.0.1:8000"
    shop_name: str = "掌柜的店"
    gh_id: str = "gh_standin00001"
    push_timeout_seconds: float = 5.0
    retry_spacing_seconds: float = 5.0
    deliveries: int = 3
    push_threads: int = 8
    queue_limit: int = 1000
    chat_kept_per_person: int = 2000
    wire_kept: int = 500
    slow_seconds: float = 6.0
    allowed_hosts: tuple[str, ...] = ()

    def check(self) -> None:
        """Raise StandInRefusedError when the stand-in must not start with these settings."""
        if not self.app_id.startswith(STAND_IN_APP_ID):
            raise StandInRefusedError(
                f"app_id {self.app_id[:6]}… looks like a real WeChat account; "
                f"the stand-in only plays accounts whose id starts with {STAND_IN_APP_ID}"
            )
        if self.mode not in ("plain", "compatible", "safe"):
            raise StandInRefusedError(f"mode must be plain, compatible or safe, not {self.mode!r}")
        if not re.fullmatch(r"[A-Za-z0-9]{43}", self.aes_key):
            raise StandInRefusedError("aes_key must be 43 letters and digits")
        if not re.fullmatch(r"[A-Za-z0-9]{3,32}", self.token):
            raise StandInRefusedError("token must be 3 to 32 letters and digits")
        if not self.app_secret:
            raise StandInRefusedError("app_secret is empty")
        for name, url in (("webhook_url", self.webhook_url), ("public_origin", self.public_origin)):
            if urlsplit(url).scheme not in ("http", "https"):
                raise StandInRefusedError(f"{name} must be an http or https address, not {url!r}")
