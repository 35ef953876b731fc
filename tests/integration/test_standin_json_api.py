"""The stand-in's own API: people, clock, poll, bounds, who may call it, and its memory across restarts."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import requests
from standin_kit import AES_KEY, APP_ID, LIN, MEI, SECRET, TOKEN, echo, standin, webhook

API = "/standin/api"


def test_people_are_made_changed_and_removed(tmp_path: Path) -> None:
    with standin(tmp_path) as app:
        client = app.test_client()
        made = client.post(f"{API}/people", json={"name": "小林", "label": "会员", "follows": True})
        person = made.json
        assert made.status_code == 201
        assert re.fullmatch(r"o[A-Za-z0-9_-]{27}", person["openid"])
        path = f"{API}/people/{person['openid']}"
        changed = client.patch(path, json={"label": "店长", "colour": "#112233"}).json
        assert (changed["name"], changed["label"], changed["colour"]) == ("小林", "店长", "#112233")
        again = client.post(f"{API}/people", json={"openid": person["openid"], "name": "林姐"}).json
        assert (again["name"], again["follows"], again["colour"]) == ("林姐", True, "#112233")
        assert len(client.get(f"{API}/people").json["people"]) == 1
        assert client.delete(path).status_code == 200
        assert client.get(path).status_code == 404


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("people", {"name": 5}, 400),
        ("people", {"name": "x" * 31}, 400),
        ("people", {"name": "x", "openid": "../etc"}, 400),
        ("people", {"name": "x", "colour": "red;}"}, 400),
        (f"people/{LIN}/say", {"text": ""}, 400),
        (f"people/{LIN}/say", {"text": "\u0000"}, 400),
        (f"people/{LIN}/say", {"text": "字" * 20_001}, 400),
        (f"people/{LIN}/say", {"text": "你好", "wait": "yes"}, 400),
        ("people/oNobody/say", {"text": "你好"}, 404),
        (f"people/{MEI}/say", {"text": "还没关注"}, 409),
        (f"people/{LIN}/follow", {}, 409),
        (f"people/{LIN}/voice", {"seconds": 61}, 400),
        (f"people/{LIN}/location", {"latitude": 91, "longitude": 0}, 400),
        (f"people/{LIN}/link", {"title": "x", "url": "javascript:alert(1)"}, 400),
        (f"people/{LIN}/scan", {"ticket": "no"}, 404),
        (f"people/{LIN}/menu", {"position": [0]}, 404),
        (f"people/{LIN}/menu", {"position": "0"}, 400),
        ("clock", {}, 400),
        ("clock", {"move_seconds": 10**10}, 400),
        ("clock", {"move_seconds": 10**9}, 400),
        ("clock", {"set": "tomorrow"}, 400),
        ("faults", {"kind": "earthquake"}, 400),
        ("faults", {"kind": "busy", "times": 0}, 400),
        ("quotas", {"endpoint": "unknown", "used": 1}, 404),
    ],
)
def test_bad_requests_get_a_clear_refusal(tmp_path: Path, path: str, body: object, status: int) -> None:
    with standin(tmp_path) as app:
        client = app.test_client()
        client.post(f"{API}/people", json={"openid": LIN, "name": "小林", "follows": True})
        client.post(f"{API}/people", json={"openid": MEI, "name": "阿梅"})
        answer = client.post(f"{API}/{path}", json=body)
        assert answer.status_code == status
        assert answer.json["error"]


def test_a_body_that_is_no_object_is_refused(tmp_path: Path) -> None:
    with standin(tmp_path) as app:
        for body in (b"{", b"[]", b"\xff"):
            assert app.test_client().post(f"{API}/clock", data=body).status_code == 400


def test_long_texts_and_odd_characters_go_through(tmp_path: Path) -> None:
    with webhook(echo) as product, standin(tmp_path, webhook_url=product.url, mode="plain") as app:
        client = app.test_client()
        client.post(f"{API}/people", json={"openid": LIN, "name": "小林", "follows": True})
        long = "很长的话😀]]>" * 400
        answer = client.post(f"{API}/people/{LIN}/say", json={"text": long, "wait": True}).json
        assert product.received[0].fields()["Content"] == long
        assert answer["notice"]  # the echo is longer than 2048 bytes, so the platform shows its notice


def test_unread_messages_are_counted_until_read(tmp_path: Path) -> None:
    with webhook(echo) as product, standin(tmp_path, webhook_url=product.url) as app:
        client = app.test_client()
        client.post(f"{API}/people", json={"openid": LIN, "name": "小林", "follows": True})
        client.post(f"{API}/people/{LIN}/say", json={"text": "你好", "wait": True})
        seen = client.get(f"{API}/poll", query_string={"openid": LIN}).json
        assert [person["unread"] for person in seen["people"]] == [1]
        assert [message["text"] for message in seen["messages"]] == ["你好", "你说：你好"]
        assert [entry["direction"] for entry in seen["wire"]] == ["push"]
        last = seen["messages"][-1]["seq"]
        client.post(f"{API}/people/{LIN}/read", json={"seq": last})
        seen = client.get(f"{API}/poll", query_string={"openid": LIN, "since": last, "wire_since": 99}).json
        assert seen["people"][0]["unread"] == 0
        assert seen["messages"] == seen["wire"] == []


def test_the_wire_log_shows_both_the_sealed_and_the_opened_text(tmp_path: Path) -> None:
    with webhook(echo) as product, standin(tmp_path, webhook_url=product.url) as app:
        client = app.test_client()
        client.post(f"{API}/people", json={"openid": LIN, "name": "小林", "follows": True})
        client.post(f"{API}/people/{LIN}/say", json={"text": "查积分", "wait": True})
        (entry,) = client.get(f"{API}/wire").json["entries"]
        assert "查积分" in entry["request_plain"]
        assert "<Encrypt>" in entry["request_wire"]
        assert "查积分" not in entry["request_wire"]
        assert "你说：查积分" in entry["response_plain"]
        assert "<Encrypt>" in entry["response_wire"]


def test_chats_and_wire_log_are_bounded(tmp_path: Path) -> None:
    with (
        webhook(lambda _one, _n: (200, "success")) as product,
        standin(tmp_path, webhook_url=product.url, chat_kept_per_person=20, wire_kept=20) as app,
    ):
        client = app.test_client()
        client.post(f"{API}/people", json={"openid": LIN, "name": "小林", "follows": True})
        for number in range(100):
            client.post(f"{API}/people/{LIN}/say", json={"text": str(number), "wait": True})
        messages = client.get(f"{API}/people/{LIN}/chat", query_string={"limit": 500}).json["messages"]
        assert [message["text"] for message in messages] == [str(number) for number in range(80, 100)]
        assert len(client.get(f"{API}/wire", query_string={"limit": 500}).json["entries"]) == 20


def test_everything_survives_a_restart(tmp_path: Path) -> None:
    with webhook(echo) as product:
        with standin(tmp_path, webhook_url=product.url) as app:
            client = app.test_client()
            client.post(f"{API}/people", json={"openid": LIN, "name": "小林", "follows": True})
            client.post(f"{API}/people/{LIN}/say", json={"text": "你好", "wait": True})
            client.post(f"{API}/clock", json={"move_seconds": 86_400})
            app.platform.menu.create({"button": [{"type": "click", "name": "我的", "key": "ME"}]})
        with standin(tmp_path, webhook_url=product.url) as app:
            client = app.test_client()
            messages = client.get(f"{API}/people/{LIN}/chat").json["messages"]
            assert [message["text"] for message in messages] == ["你好", "你说：你好"]
            assert client.get(f"{API}/clock").json["offset_seconds"] == 86_400
            assert client.get(f"{API}/menu").json["button"][0]["key"] == "ME"
            client.post(f"{API}/people/{LIN}/say", json={"text": "再来", "wait": True})
    first, second = (int(str(one.fields()["MsgId"])) for one in product.received)
    assert second == first + 1


def test_reset_forgets(tmp_path: Path) -> None:
    with standin(tmp_path) as app:
        client = app.test_client()
        client.post(f"{API}/people", json={"name": "小林"})
        client.post(f"{API}/clock", json={"set": "2027-01-01T09:00"})
        client.post(f"{API}/faults", json={"kind": "busy"})
        assert client.post(f"{API}/reset").json == {"ok": True}
        assert client.get(f"{API}/people").json["people"] == []
        assert client.get(f"{API}/faults").json["faults"] == []
        assert client.get(f"{API}/clock").json["offset_seconds"] == 0


def test_strangers_are_refused(tmp_path: Path) -> None:
    with standin(tmp_path, allowed_hosts=("demo.example.cn",)) as app:
        client = app.test_client()
        for host, status in (
            ("127.0.0.1:8000", 200),
            ("localhost:8000", 200),
            ("[::1]:8000", 200),
            ("demo.example.cn", 200),
            ("evil.example.com", 403),
            ("127.0.0.1.evil.example.com", 403),
        ):
            assert client.get("/", headers={"Host": host}).status_code == status, host
        for origin, status in (
            ("http://127.0.0.1:8000", 200),
            ("https://evil.example.com", 403),
            ("null", 403),
        ):
            answer = client.post(
                f"{API}/clock", json={"real": True}, headers={"Host": "127.0.0.1:8000", "Origin": origin}
            )
            assert answer.status_code == status, origin


def test_the_page_asks_nobody_else(tmp_path: Path) -> None:
    with standin(tmp_path, shop_name='<b>"店"') as app:
        answer = app.test_client().get("/")
        assert "&lt;b&gt;" in answer.text
        assert "<b>" not in answer.text
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
        assert "https://" not in answer.text
        for asset in re.findall(r'(?:href|src)="(/standin/static/[^"]+)"', answer.text):
            with app.test_client().get(asset) as file:
                assert file.status_code == 200


def test_status_passes_the_products_word_on(tmp_path: Path) -> None:
    class Ready(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            content = b'{"parts": {"nlu": "starting"}}'
            self.send_response(503)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Ready)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    with standin(tmp_path, status_url=f"http://127.0.0.1:{server.server_port}/readyz") as app:
        told = app.test_client().get(f"{API}/status").json
    server.shutdown()
    server.server_close()
    thread.join()
    assert told == {"reachable": True, "http_status": 503, "parts": {"parts": {"nlu": "starting"}}}
    with standin(tmp_path / "gone", status_url="http://127.0.0.1:9/readyz") as app:
        assert app.test_client().get(f"{API}/status").json["reachable"] is False


def test_it_runs_as_a_process_of_its_own(tmp_path: Path) -> None:
    secrets = {"APP_ID": APP_ID, "APP_SECRET": SECRET, "TOKEN": TOKEN, "AES_KEY": AES_KEY, "MODE": "safe"}
    environment = {**os.environ, **{f"ZHANGGUI_WECHAT_{name}": value for name, value in secrets.items()}}
    with webhook(echo) as product:
        command = [sys.executable, "-m", "webhook.standin", "--port", "0", "--webhook", product.url]
        with subprocess.Popen(
            [*command, "--data", str(tmp_path)], env=environment, stdout=subprocess.PIPE, text=True
        ) as process:
            assert process.stdout is not None
            origin = process.stdout.readline().strip().rstrip("/")
            requests.post(
                f"{origin}{API}/people", json={"openid": LIN, "name": "小林", "follows": True}, timeout=10
            )
            said = requests.post(
                f"{origin}{API}/people/{LIN}/say", json={"text": "你好", "wait": True}, timeout=30
            ).json()
            process.send_signal(signal.SIGTERM)
            assert process.wait(20) == 0
    assert said["reply"] == "你说：你好"


def test_a_real_account_is_refused_as_a_process_too(tmp_path: Path) -> None:
    environment = {**os.environ, "ZHANGGUI_WECHAT_APP_ID": "wx0123456789abcdef"}
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "webhook.standin",
            "--port",
            "0",
            "--webhook",
            "http://127.0.0.1:9/",
            "--data",
            str(tmp_path),
        ],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 2
    assert "app_id" in done.stderr
    assert "Traceback" not in done.stderr
