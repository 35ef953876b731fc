"""Run the stand-in on its own: `python -m webhook.standin --port 8001 --webhook http://127.0.0.1:8000/wechat`."""

from __future__ import annotations

import argparse
import os
import signal
import sys
from pathlib import Path
from typing import cast

from flask import Flask
from werkzeug.serving import make_server

from webhook.standin.app import create_app
from webhook.standin.config import Mode, StandInConfig, StandInRefusedError


def main() -> None:
    """Serve until SIGINT or SIGTERM. Secrets come from the environment, ZHANGGUI_WECHAT_*."""
    options = _options()
    server = make_server(options.host, options.port, Flask(__name__), threaded=True)
    try:
        app = create_app(_config(options, server.port))
    except StandInRefusedError as error:
        server.server_close()
        raise SystemExit(_refused(error)) from None
    server.app = app  # the port may have been any free one, and the app's QR codes name it

    def stop(_signal: int, _frame: object) -> None:
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, stop)
    print(f"http://{options.host}:{server.port}/", flush=True)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        pass
    finally:
        server.server_close()
        app.close()


def _refused(error: StandInRefusedError) -> int:
    print(f"the stand-in does not start: {error}", file=sys.stderr)
    return 2


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m webhook.standin", description="A local stand-in for WeChat"
    )
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8001, help="0 = any free port; the address is printed")
    parser.add_argument("--webhook", required=True, help="the product's /wechat")
    parser.add_argument("--status", default="", help="the product's /readyz")
    parser.add_argument("--mode", choices=("plain", "compatible", "safe"))
    parser.add_argument(
        "--data", type=Path, default=Path("var/standin"), help="folder of its memory and clock"
    )
    parser.add_argument("--shop-name", default="掌柜的店")
    parser.add_argument("--retry-spacing", type=float, default=5.0, help="seconds between deliveries")
    parser.add_argument("--push-timeout", type=float, default=5.0, help="seconds to wait for an answer")
    return parser.parse_args()


def _config(options: argparse.Namespace, port: int) -> StandInConfig:
    secret = {
        name: os.environ.get(f"ZHANGGUI_WECHAT_{name}", "")
        for name in ("APP_ID", "APP_SECRET", "TOKEN", "AES_KEY")
    }
    return StandInConfig(
        app_id=secret["APP_ID"],
        app_secret=secret["APP_SECRET"],
        token=secret["TOKEN"],
        aes_key=secret["AES_KEY"],
        mode=cast(Mode, options.mode or os.environ.get("ZHANGGUI_WECHAT_MODE", "safe")),
        webhook_url=options.webhook,
        status_url=options.status,
        database=options.data / "standin.sqlite",
        clock_file=options.data / "clock",
        public_origin=f"http://{options.host}:{port}",
        shop_name=options.shop_name,
        retry_spacing_seconds=options.retry_spacing,
        push_timeout_seconds=options.push_timeout,
    )


if __name__ == "__main__":
    main()
