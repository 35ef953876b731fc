"""Serve the trained model on the loopback interface: `python serve.py --model FILE.tar.gz --port N`.

Rasa's own server opens chat channels, conversation trackers and endpoints that replace or train the model.
This one loads the same agent and answers two requests only, both with the token from ZHANGGUI_NLU_TOKEN:

* `POST /model/parse` with `{"text": …}` → Rasa's parse result and the model's id
* `GET /status` → the model's id
"""

from __future__ import annotations

import argparse
import asyncio
import hmac
import logging
import os
import sys
import warnings
from pathlib import Path

os.environ.setdefault("RASA_TELEMETRY_ENABLED", "false")
os.environ.setdefault("SQLALCHEMY_SILENCE_UBER_WARNING", "1")
warnings.filterwarnings("ignore")

import trimmed  # noqa: E402

trimmed.install()

import structlog  # noqa: E402
from rasa.core.agent import Agent  # noqa: E402
from sanic import Sanic, response  # noqa: E402
from sanic.request import Request  # noqa: E402
from sanic.response import HTTPResponse  # noqa: E402

BODY_LIMIT_BYTES = 16_384
TEXT_LIMIT = 500


def make_app(agent: Agent, token: str) -> Sanic:
    """The two routes; everything else is 404."""
    app = Sanic("zhanggui_nlu", configure_logging=False)
    app.config.REQUEST_MAX_SIZE = BODY_LIMIT_BYTES
    app.config.KEEP_ALIVE_TIMEOUT = 300
    app.config.FALLBACK_ERROR_FORMAT = "json"
    expected = f"Bearer {token}".encode()

    @app.on_request
    async def check_token(request: Request) -> HTTPResponse | None:
        given = request.headers.get("authorization", "").encode("utf-8", "replace")
        if hmac.compare_digest(given, expected):
            return None
        return response.json({"error": "token"}, status=401)

    @app.post("/model/parse")
    async def parse(request: Request) -> HTTPResponse:
        text = request.json.get("text") if isinstance(request.json, dict) else None
        if not isinstance(text, str) or len(text) > TEXT_LIMIT:
            return response.json({"error": f"text of at most {TEXT_LIMIT} characters"}, status=400)
        parsed = await agent.parse_message(text)
        answer = {name: parsed.get(name) for name in ("text", "intent", "intent_ranking")}
        return response.json({**answer, "model_id": agent.model_id})

    @app.get("/status")
    async def status(_: Request) -> HTTPResponse:
        return response.json({"model_id": agent.model_id})

    return app


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--port", type=int, required=True)
    arguments = parser.parse_args()
    token = os.environ.get("ZHANGGUI_NLU_TOKEN", "")
    if len(token) < 16:
        sys.exit("ZHANGGUI_NLU_TOKEN must hold at least 16 characters")
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s %(message)s")
    # Rasa logs every message at debug level, with what was said.
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    agent = Agent.load(arguments.model)
    asyncio.run(agent.parse_message("你好"))  # pypinyin reads its dictionary at the first use
    app = make_app(agent, token)
    app.run(host="127.0.0.1", port=arguments.port, access_log=False)


if __name__ == "__main__":
    main()
