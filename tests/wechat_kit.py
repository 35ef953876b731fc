"""A scripted HTTP server in the platform's place, for what the stand-in would not do: count and misbehave."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

OK = {"errcode": 0, "errmsg": "ok"}


@dataclass(frozen=True)
class Call:
    """One request: its path without the query, its query, its raw body."""

    method: str
    path: str
    query: dict[str, str]
    body: bytes

    @property
    def json(self) -> dict[str, object]:
        return json.loads(self.body)


Answer = dict[str, object] | tuple[int, bytes]


class ScriptedPlatform:
    """Answers token requests with token-1, token-2 … and everything else with what `script` returns."""

    def __init__(self, script: Callable[[Call], Answer]) -> None:
        self.script = script
        self.calls: list[Call] = []
        self.token_life_seconds = 7200
        self.same_token = False
        self.lock = threading.Lock()
        self.origin = ""

    def paths(self) -> list[str]:
        return [call.path.rpartition("/")[2] for call in self.calls]

    def handle(self, call: Call) -> Answer:
        with self.lock:
            self.calls.append(call)
            fetched = self.paths().count("stable_token")
        if call.path == "/cgi-bin/stable_token":
            value = "token-same" if self.same_token else f"token-{fetched}"
            return {"access_token": value, "expires_in": self.token_life_seconds}
        return self.script(call)


@contextmanager
def scripted_platform(script: Callable[[Call], Answer] = lambda _call: OK) -> Iterator[ScriptedPlatform]:
    platform = ScriptedPlatform(script)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_args: object) -> None:
            return

        def respond(self) -> None:
            parts = urlsplit(self.path)
            query = {name: values[0] for name, values in parse_qs(parts.query).items()}
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            answer = platform.handle(Call(self.command, parts.path, query, body))
            status, raw = answer if isinstance(answer, tuple) else (200, json.dumps(answer).encode())
            self.send_response(status)
            self.send_header("Content-Length", str(len(raw)))
            self.end_headers()
            self.wfile.write(raw)

        do_GET = do_POST = respond  # noqa: N815

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    platform.origin = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield platform
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
