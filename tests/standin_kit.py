"""Shared by the stand-in's tests: a configuration, a webhook that answers as told, and a client of both."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from webhook.standin.app import StandIn, StandInConfig, create_app
from webhook.standin.crypto import MessageCipher, signature
from webhook.standin.xmlwire import read_fields, to_xml

APP_ID, SECRET, TOKEN = "wxstandin0000001", "secret-of-the-stand-in", "tokenOfTheShop"
AES_KEY = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
LIN = "oLIN0000000000000000000001"
MEI = "oMEI0000000000000000000002"


def config_in(folder: Path, **changes: object) -> StandInConfig:
    made = StandInConfig(
        app_id=APP_ID,
        app_secret=SECRET,
        token=TOKEN,
        aes_key=AES_KEY,
        webhook_url="http://127.0.0.1:9/wechat",
        database=folder / "standin.sqlite",
        clock_file=folder / "clock",
        push_timeout_seconds=5.0,
        retry_spacing_seconds=0.01,
        slow_seconds=0.05,
        push_threads=3,
    )
    return replace(made, **changes)


@contextmanager
def standin(folder: Path, **changes: object) -> Iterator[StandIn]:
    app = create_app(config_in(folder, **changes))
    try:
        yield app
    finally:
        app.close()


def text_reply(openid: str, text: str, sender: str = "gh_standin00001") -> str:
    return to_xml(
        {
            "ToUserName": openid,
            "FromUserName": sender,
            "CreateTime": 1_795_300_003,
            "MsgType": "text",
            "Content": text,
        }
    )


def sealed(xml: str, *, token: str = TOKEN, app_id: str = APP_ID) -> str:
    """A reply as a product in safe mode sends it."""
    encrypted = MessageCipher(AES_KEY, app_id).encrypt(xml)
    return to_xml(
        {
            "Encrypt": encrypted,
            "MsgSignature": signature(token, "1795300003", "1514711492", encrypted),
            "TimeStamp": 1_795_300_003,
            "Nonce": "1514711492",
        }
    )


@dataclass
class Received:
    """One delivery as the webhook saw it."""

    query: dict[str, str]
    body: str

    def fields(self) -> dict[str, object]:
        outer = read_fields(self.body)
        if "MsgType" in outer:
            return outer
        return read_fields(MessageCipher(AES_KEY, APP_ID).decrypt(str(outer["Encrypt"])))


Answerer = Callable[[Received, int], "tuple[int, str]"]


@dataclass
class Webhook:
    """Answers each delivery with what `answer(received, number)` says: (status, body). Status 0 = hang up."""

    answer: Answerer
    received: list[Received] = field(default_factory=list)
    url: str = ""


@contextmanager
def webhook(answer: Answerer) -> Iterator[Webhook]:
    told = Webhook(answer)
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            raw = self.rfile.read(int(self.headers["Content-Length"])).decode()
            query = {name: values[0] for name, values in parse_qs(urlsplit(self.path).query).items()}
            with lock:
                told.received.append(Received(query, raw))
                number = len(told.received)
            status, body = told.answer(told.received[number - 1], number)
            if status == 0:
                self.close_connection = True
                return
            content = body.encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    told.url = f"http://127.0.0.1:{server.server_port}/wechat"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield told
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def echo(received: Received, _number: int) -> tuple[int, str]:
    """Say back what was said, encrypted as the mode asks."""
    fields = received.fields()
    reply = text_reply(
        str(fields["FromUserName"]), f"你说：{fields.get('Content') or fields.get('EventKey')}"
    )
    return 200, sealed(reply) if "encrypt_type" in received.query else reply
