"""What the web server loads: the production application, and the demo's with the stand-in beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.bootstrap import Program, build
from bot.embedded.servers import Addresses
from bot.logs import setup_logging
from bot.settings import Settings, SettingsError, load_settings, require_wechat
from webhook.app import WebParts, create_app
from webhook.me import views
from webhook.wechat.door import DoorConfig

if TYPE_CHECKING:
    from flask import Blueprint, Flask
    from pydantic import SecretStr


def make_app() -> Flask:
    """The application of one web worker, from the environment; `zhanggui serve` has checked it before."""
    settings = load_settings()
    setup_logging(level=settings.log_level.upper())
    require_wechat(settings)
    if settings.database_url is None or settings.redis_url is None:
        raise SettingsError("a web worker needs ZHANGGUI_DATABASE_URL and ZHANGGUI_REDIS_URL")
    program = build(settings, Addresses(settings.database_url, settings.redis_url))
    return app_for(program)


def app_for(program: Program) -> Flask:
    """The application over a wired program."""
    parts = WebParts(
        door=door_config(program.settings),
        answer=program.answer,
        readiness=program.readiness,
        blueprints=(me_pages(program),),
    )
    return create_app(parts)


def me_pages(program: Program) -> Blueprint:
    """The member's own page."""
    secure = (program.settings.public_origin or "").startswith("https://")
    return views.create_blueprint(program.house, program.links, secure=secure)


def door_config(settings: Settings) -> DoorConfig:
    return DoorConfig(
        app_id=settings.wechat_app_id or "",
        token=_secret(settings.wechat_token),
        aes_key=_secret(settings.wechat_aes_key),
        previous_aes_key=_secret(settings.wechat_aes_key_previous),
        mode=settings.wechat_mode,
    )


def _secret(value: SecretStr | None) -> str:
    return value.get_secret_value() if value else ""
