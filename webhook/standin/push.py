"""The push engine: brings messages and events to the webhook as WeChat would (wechat-protocol §1.3–1.5)."""

from __future__ import annotations

import queue
import secrets
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from urllib.parse import urlencode

import requests

from webhook.standin.chat import WireEntry, WireLog
from webhook.standin.clock import MovableClock
from webhook.standin.config import StandInConfig
from webhook.standin.crypto import CryptoError, MessageCipher, same_signature, signature
from webhook.standin.xmlwire import (
    BadReplyError,
    PassiveReply,
    read_fields,
    read_reply,
    text_of,
    to_xml,
    with_encrypt,
)

MAX_ANSWER_BYTES = 64 * 1024


class QueueFullError(RuntimeError):
    """Too many pushes are waiting."""


@dataclass
class Push:
    """One message or event on its way.

    Attributes:
        shows: whether an answer is shown in the chat (not for VIEW and unsubscribe).
        articles_allowed: how many news articles an answer may have here.
        twice: deliver two copies at the same instant.
        after_next: hold it back until the same person's next push was delivered.
    """

    openid: str
    xml: str
    kind: str
    summary: str
    shows: bool = True
    articles_allowed: int = 1
    twice: bool = False
    after_next: bool = False
    done: Future[PushOutcome] = field(default_factory=Future)


@dataclass(frozen=True)
class Answer:
    """What one delivery brought: `taken` = HTTP 200 in time; `problem` "" unless the answer is invalid."""

    taken: bool
    status: int | None
    verdict: str
    body: str = ""
    plain: str = ""
    reply: PassiveReply | None = None
    problem: str = ""


@dataclass(frozen=True)
class PushOutcome:
    """The end of a push: the answers of all deliveries in order; `answer` is the one that counted."""

    answers: tuple[Answer, ...]
    answer: Answer
    milliseconds: int


class PushEngine:
    """Threads that deliver pushes; one person's in order, different people's side by side."""

    def __init__(
        self,
        config: StandInConfig,
        clock: MovableClock,
        wire: WireLog,
        on_outcome: Callable[[Push, PushOutcome], None],
    ) -> None:
        self._config = config
        self._clock = clock
        self._wire = wire
        self._on_outcome = on_outcome
        self._cipher = MessageCipher(config.aes_key, config.app_id)
        self._lock = threading.Lock()
        self._queues: dict[str, deque[Push]] = {}
        self._held: dict[str, Push] = {}
        self._ready: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._stopping = threading.Event()
        self._waiting = 0
        self._threads = [
            threading.Thread(target=self._work, name=f"standin-push-{n}", daemon=True)
            for n in range(config.push_threads)
        ]
        for thread in self._threads:
            thread.start()

    def submit(self, push: Push) -> None:
        """Queue a push. QueueFullError when the bounded queue is full or the engine is closed."""
        with self._lock:
            if self._stopping.is_set() or self._waiting >= self._config.queue_limit:
                raise QueueFullError("too many messages are waiting")
            self._waiting += 1
            if push.after_next and push.openid not in self._held:
                self._held[push.openid] = push
                return
            self._enqueue(push)
            if held := self._held.pop(push.openid, None):
                self._enqueue(held)

    def pending(self, openid: str) -> int:
        """Pushes of this person that were not yet answered."""
        with self._lock:
            return len(self._queues.get(openid, ()))

    def close(self, timeout_seconds: float = 10.0) -> None:
        """Stop the threads; what was not delivered is dropped."""
        self._stopping.set()
        for _ in self._threads:
            self._ready.put(None)
        for thread in self._threads:
            thread.join(timeout_seconds)
        with self._lock:
            left = [push for pushes in self._queues.values() for push in pushes] + list(self._held.values())
        for push in left:
            push.done.cancel()

    def _enqueue(self, push: Push) -> None:
        waiting = self._queues.setdefault(push.openid, deque())
        waiting.append(push)
        if len(waiting) == 1:
            self._ready.put(push.openid)

    def _work(self) -> None:
        with _session() as session:
            while (openid := self._ready.get()) is not None and not self._stopping.is_set():
                with self._lock:
                    push = self._queues[openid][0]
                try:
                    outcome = self._deliver(push, session)
                    self._on_outcome(push, outcome)
                    push.done.set_result(outcome)
                except Exception as error:  # noqa: BLE001 - one bad push must not end the thread; the waiter gets it
                    push.done.set_exception(error)
                self._finish(openid)

    def _finish(self, openid: str) -> None:
        with self._lock:
            self._waiting -= 1
            waiting = self._queues[openid]
            waiting.popleft()
            if waiting:
                self._ready.put(openid)
            else:
                del self._queues[openid]

    def _deliver(self, push: Push, session: requests.Session) -> PushOutcome:
        started = time.monotonic()
        deliver = self._deliver_twice if push.twice else self._deliver_with_retries
        answers = deliver(push, session)
        counted = next((answer for answer in answers if answer.taken), answers[-1])
        return PushOutcome(tuple(answers), counted, _milliseconds(started))

    def _deliver_with_retries(self, push: Push, session: requests.Session) -> list[Answer]:
        answers: list[Answer] = []
        for attempt in range(1, self._config.deliveries + 1):
            started = time.monotonic()
            answers.append(self._attempt(push, attempt, session))
            if answers[-1].taken or attempt == self._config.deliveries:
                break
            rest = self._config.retry_spacing_seconds - (time.monotonic() - started)
            if self._stopping.wait(max(0.0, rest)):
                break
        return answers

    def _deliver_twice(self, push: Push, session: requests.Session) -> list[Answer]:
        answers: list[Answer] = []
        start = threading.Barrier(2)

        def one(attempt: int, own_session: requests.Session) -> None:
            start.wait(5)
            answers.append(self._attempt(push, attempt, own_session))

        with _session() as other_session:
            second = threading.Thread(target=one, args=(2, other_session), daemon=True)
            second.start()
            one(1, session)
            second.join()
        return answers

    def _attempt(self, push: Push, attempt: int, session: requests.Session) -> Answer:
        """One delivery, noted in the wire log. A retry is signed anew, its content stays the same."""
        url, body = self._sealed(push)
        started = time.monotonic()
        answer = self._post(push, url, body, session)
        plain_mode = self._config.mode == "plain"
        self._wire.add(
            WireEntry(
                direction="push",
                kind=push.kind,
                openid=push.openid,
                summary=push.summary,
                verdict=answer.verdict,
                attempt=attempt,
                status=answer.status,
                milliseconds=_milliseconds(started),
                url=url,
                request_plain=push.xml,
                request_wire="" if plain_mode else body,
                response_plain=answer.plain or answer.body,
                response_wire=answer.body if answer.plain else "",
            )
        )
        return answer

    def _sealed(self, push: Push) -> tuple[str, str]:
        timestamp, nonce = str(self._clock.timestamp()), str(secrets.randbelow(10**10))
        query = {
            "signature": signature(self._config.token, timestamp, nonce),
            "timestamp": timestamp,
            "nonce": nonce,
            "openid": push.openid,
        }
        body = push.xml
        if self._config.mode != "plain":
            encrypted = self._cipher.encrypt(push.xml)
            query["encrypt_type"] = "aes"
            query["msg_signature"] = signature(self._config.token, timestamp, nonce, encrypted)
            safe = to_xml({"ToUserName": self._config.gh_id, "Encrypt": encrypted})
            body = safe if self._config.mode == "safe" else with_encrypt(push.xml, encrypted)
        mark = "&" if "?" in self._config.webhook_url else "?"
        return f"{self._config.webhook_url}{mark}{urlencode(query)}", body

    def _post(self, push: Push, url: str, body: str, session: requests.Session) -> Answer:
        limit = self._config.push_timeout_seconds
        deadline = time.monotonic() + limit
        try:
            with session.post(
                url,
                data=body.encode(),
                headers={"Content-Type": "text/xml"},
                timeout=limit,
                stream=True,
                allow_redirects=False,
            ) as response:
                content = _read(response, deadline)
        except (requests.Timeout, TimeoutError):
            return Answer(False, None, f"超时（{limit:g} 秒）")
        except requests.RequestException:
            return Answer(False, None, "连接失败")
        text = content.decode("utf-8", "replace")
        if response.status_code != 200:
            return Answer(False, response.status_code, f"HTTP {response.status_code}", body=text)
        return self._read_answer(push, text)

    def _read_answer(self, push: Push, text: str) -> Answer:
        if text in ("", "success"):
            return Answer(True, 200, "success，不显示" if text else "空回复，不显示", body=text)
        plain = ""
        try:
            plain, fields = self._opened(text)
            reply = read_reply(
                fields, to=push.openid, sender=self._config.gh_id, articles_allowed=push.articles_allowed
            )
        except (BadReplyError, CryptoError) as error:
            return Answer(True, 200, f"回复无效：{error}", body=text, plain=plain, problem=str(error))
        return Answer(True, 200, "已回复", body=text, plain=plain, reply=reply)

    def _opened(self, text: str) -> tuple[str, dict[str, object]]:
        """The reply's fields, and its decrypted text ("" when it came plain)."""
        fields = read_fields(text)
        encrypted = text_of(fields, "Encrypt")
        if not encrypted:
            if self._config.mode == "safe":
                raise BadReplyError("安全模式下回复必须加密")
            return "", fields
        if self._config.mode == "plain":
            raise BadReplyError("明文模式下回复不应加密")
        names = ("TimeStamp", "Nonce")
        expected = signature(self._config.token, *(text_of(fields, name) for name in names), encrypted)
        if not same_signature(expected, text_of(fields, "MsgSignature")):
            raise BadReplyError("MsgSignature 不符")
        plain = self._cipher.decrypt(encrypted)
        return plain, read_fields(plain)


def _session() -> requests.Session:
    session = requests.Session()
    session.trust_env = False
    return session


def _read(response: requests.Response, deadline: float) -> bytes:
    """The body, at most MAX_ANSWER_BYTES, before `deadline`: five seconds are for the whole answer."""
    content = bytearray()
    for piece in response.iter_content(8192):
        content += piece
        if time.monotonic() > deadline:
            raise TimeoutError
        if len(content) > MAX_ANSWER_BYTES:
            break
    return bytes(content)


def _milliseconds(started: float) -> int:
    return round((time.monotonic() - started) * 1000)
