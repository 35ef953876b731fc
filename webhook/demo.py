"""The demo's application: the product's doors and the stand-in for WeChat behind one address."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from bot.bootstrap import build
from bot.embedded.servers import Addresses
from bot.logs import setup_logging
from bot.settings import Settings, SettingsError, load_settings
from webhook import outreach_list
from webhook.main import app_for
from webhook.standin.app import create_app as create_standin
from webhook.standin.config import StandInConfig

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

PRODUCT_PATHS = ("/wechat", "/pay", "/console", "/me", "/healthz", "/readyz", "/metrics")


class SideBySide:
    """Requests for the product's paths go to the product, everything else to the stand-in."""

    def __init__(self, product: WSGIApplication, standin: WSGIApplication) -> None:
        self._product = product
        self._standin = standin

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        path = str(environ.get("PATH_INFO", ""))
        ours = any(path == prefix or path.startswith(prefix + "/") for prefix in PRODUCT_PATHS)
        application = self._product if ours else self._standin
        return application(environ, start_response)


def make_app() -> WSGIApplication:
    """Both applications, from the environment that `zhanggui demo` sets."""
    settings = load_settings()
    setup_logging(level=settings.log_level.upper())
    if settings.database_url is None or settings.redis_url is None:
        raise SettingsError("the demo's web process is started by `zhanggui demo`")
    program = build(settings, Addresses(settings.database_url, settings.redis_url))
    standin = create_standin(standin_config(settings, program.shop.name))
    standin.register_blueprint(outreach_list.outreach_list(program.engine, program.shop))
    standin.jinja_env.globals["outreach_path"] = outreach_list.PATH
    return SideBySide(app_for(program), standin)


def standin_config(settings: Settings, shop_name: str) -> StandInConfig:
    """The stand-in plays the account that the product is set up for."""
    origin = os.environ["ZHANGGUI_DEMO_ORIGIN"]
    secret, token, key = settings.wechat_app_secret, settings.wechat_token, settings.wechat_aes_key
    if settings.wechat_app_id is None or secret is None or token is None or key is None:
        raise SettingsError("the demo's account is not set")
    return StandInConfig(
        app_id=settings.wechat_app_id,
        app_secret=secret.get_secret_value(),
        token=token.get_secret_value(),
        aes_key=key.get_secret_value(),
        mode=settings.wechat_mode,
        webhook_url=f"{origin}/wechat",
        status_url=f"{origin}/readyz",
        public_origin=origin,
        shop_name=shop_name,
        database=Path(settings.data_dir) / "standin.sqlite",
        clock_file=settings.clock_file or Path(settings.data_dir) / "clock",
    )
