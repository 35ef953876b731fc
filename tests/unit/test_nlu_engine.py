"""What the engine makes of the model's answers, of no model, and of anything a member can write."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from datetime import UTC, date, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nlu.engine import FALLBACK, LEAST_CONFIDENCE, LEAST_CONFIDENCE_FOR_VALUE, Nlu, decide
from nlu.rasa_client import REST_SECONDS, RasaClient, RasaIntent, RasaUnavailableError
from nlu.understanding import Entities, Period, TimeSpan, Understanding
from nlu.wire import to_json
from shop.catalogue import Catalogue, Named

NOW = datetime(2026, 3, 4, 10, 0, tzinfo=UTC)
SHOP = Catalogue(services=(Named("facial", "做脸"),))
TOKEN = "a-token-of-some-length"


class Answering:
    """An HTTP server on loopback that gives set answers, and keeps what it was asked."""

    def __init__(self) -> None:
        self.body: bytes = b"{}"
        self.status = 200
        self.asked: list[tuple[str, str | None, bytes]] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def _answer(self) -> None:
                sent = self.rfile.read(int(self.headers.get("content-length", 0)))
                outer.asked.append((self.path, self.headers.get("authorization"), sent))
                self.send_response(outer.status)
                self.send_header("content-length", str(len(outer.body)))
                self.end_headers()
                self.wfile.write(outer.body)

            do_POST = do_GET = _answer  # noqa: N815 - the names of http.server

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002
                """Silence."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True)
        self.thread.start()

    def says(self, intent: str, confidence: float) -> None:
        self.status = 200
        self.body = json.dumps(
            {"intent": {"name": intent, "confidence": confidence}, "model_id": "m1"}
        ).encode()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


@pytest.fixture
def answering() -> Iterator[Answering]:
    made = Answering()
    yield made
    made.close()


class Clock:
    def __init__(self) -> None:
        self.seconds = 100.0

    def __call__(self) -> float:
        return self.seconds


def test_thresholds_are_stricter_for_what_changes_something() -> None:
    doubtful = (LEAST_CONFIDENCE + LEAST_CONFIDENCE_FOR_VALUE) / 2
    assert decide(RasaIntent("query_balance", doubtful, ""), "说了什么") == ("query_balance", doubtful)
    assert decide(RasaIntent("topup", doubtful, ""), "说了什么") == (FALLBACK, 1 - doubtful)
    assert decide(RasaIntent("refund", doubtful, ""), "说了什么")[0] == FALLBACK
    assert decide(RasaIntent("query_balance", LEAST_CONFIDENCE - 0.01, ""), "说了什么")[0] == FALLBACK
    assert decide(RasaIntent("out_of_scope", 0.2, ""), "说了什么") == (FALLBACK, 0.2)


@pytest.mark.parametrize("said", ["退点", "退", "给我退了!", "都退了吧", "退一下"])
def test_a_short_word_of_giving_back_is_asked_back_however_sure_the_model_is(
    said: str, answering: Answering
) -> None:
    answering.says("refund", 0.99)
    found = Nlu(rasa=RasaClient(answering.url), cache=None, catalogue=SHOP).parse(said, now=NOW)
    assert (found.intent, found.guess) == (FALLBACK, "refund")


@pytest.mark.parametrize("said", ["退款", "退卡", "退钱给我", "退500", "退两百", "余额退我", "钞票退我"])
def test_a_short_word_that_says_what_to_give_back_is_heard(said: str) -> None:
    assert decide(RasaIntent("refund", 0.99, ""), said)[0] == "refund"


def test_only_what_changes_something_is_asked_back_for_a_short_word() -> None:
    assert decide(RasaIntent("mute_reminders", 0.99, ""), "退订")[0] == "mute_reminders"


def test_the_models_intent_comes_with_values(answering: Answering) -> None:
    answering.says("topup", 0.97)
    engine = Nlu(rasa=RasaClient(answering.url, TOKEN), cache=None, catalogue=SHOP)
    found = engine.parse("充五百", now=NOW)
    assert (found.intent, found.confidence, found.engine) == ("topup", 0.97, "rasa")
    assert found.entities.amount_fen == 50_000
    path, authorisation, sent = answering.asked[0]
    assert (path, authorisation) == ("/model/parse", f"Bearer {TOKEN}")
    assert json.loads(sent) == {"text": "充五百"}


def test_the_model_is_asked_in_normal_form(answering: Answering) -> None:
    answering.says("query_balance", 0.9)
    engine = Nlu(rasa=RasaClient(answering.url), cache=None, catalogue=SHOP)
    found = engine.parse("  查\u200b餘額??? ", now=NOW)
    assert found.text == "  查\u200b餘額??? "
    assert json.loads(answering.asked[0][2]) == {"text": "查余额?"}


def test_a_refused_sentence_has_no_values(answering: Answering) -> None:
    answering.says("out_of_scope", 0.99)
    engine = Nlu(rasa=RasaClient(answering.url), cache=None, catalogue=SHOP)
    found = engine.parse("给妈妈转账五百", now=NOW)
    assert (found.intent, found.entities) == (FALLBACK, Entities())


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (500, b"{}"),
        (401, b"{}"),
        (200, b"not json"),
        (200, b"[]"),
        (200, b"{}"),
        (200, b'{"intent": {}}'),
        (200, b'{"intent": {"name": "topup", "confidence": null}}'),
    ],
)
def test_keywords_answer_for_a_broken_model(answering: Answering, status: int, body: bytes) -> None:
    answering.status, answering.body = status, body
    engine = Nlu(rasa=RasaClient(answering.url), cache=None, catalogue=SHOP)
    assert engine.parse("查余额", now=NOW).engine == "keywords"
    assert engine.parse("查余额", now=NOW).intent == "query_balance"
    assert engine.parse("充五百", now=NOW).intent == FALLBACK
    assert engine.status() == "keywords"


def test_after_a_failure_nobody_waits_and_later_it_is_asked_again(answering: Answering) -> None:
    clock = Clock()
    client = RasaClient(answering.url, monotonic=clock)
    engine = Nlu(rasa=client, cache=None, catalogue=SHOP)
    answering.status = 500
    engine.parse("查余额", now=NOW)
    engine.parse("查积分", now=NOW)
    assert len(answering.asked) == 1
    answering.says("query_points", 0.99)
    clock.seconds += REST_SECONDS + 0.1
    assert engine.status() == "rasa"
    assert engine.parse("查积分", now=NOW).engine == "rasa"
    assert len(answering.asked) == 2


def test_a_slow_model_is_given_up() -> None:
    hanging = ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)  # listens, and never answers
    client = RasaClient(f"http://127.0.0.1:{hanging.server_port}", timeout_seconds=0.05)
    with pytest.raises(RasaUnavailableError):
        client.parse("查余额")
    assert client.is_resting()
    hanging.server_close()


def test_is_ready_ends_a_rest(answering: Answering) -> None:
    client = RasaClient(answering.url)
    answering.status = 503
    assert not client.is_ready()
    assert client.is_resting()
    answering.says("greet", 1.0)
    assert client.is_ready()
    assert not client.is_resting()


def test_without_a_model_keywords_answer() -> None:
    engine = Nlu(rasa=None, cache=None, catalogue=SHOP)
    assert engine.status() == "keywords"
    assert engine.parse("查余额", now=NOW).intent == "query_balance"


@pytest.mark.parametrize(
    "text",
    ["", "   ", "\x00\x01", "啊" * 10_000, "余额" * 260, "\ud800", "<xml>]]></xml>", "😂😂", "' OR 1=1 --"],
)
def test_what_is_no_request_is_fallback(text: str) -> None:
    found = Nlu(rasa=None, cache=None, catalogue=SHOP).parse(text, now=NOW)
    assert (found.text, found.intent) == (text, FALLBACK)


def test_a_text_too_long_never_reaches_the_model(answering: Answering) -> None:
    answering.says("topup", 1.0)
    engine = Nlu(rasa=RasaClient(answering.url), cache=None, catalogue=SHOP)
    assert engine.parse("充" * 501, now=NOW).intent == FALLBACK
    assert answering.asked == []


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
@given(
    text=st.text(max_size=80), intent=st.sampled_from(["topup", "book", "query_statement", "update_profile"])
)
def test_nothing_a_member_writes_raises(answering: Answering, text: str, intent: str) -> None:
    answering.says(intent, 0.99)
    engine = Nlu(rasa=RasaClient(answering.url), cache=None, catalogue=SHOP)
    json.dumps(to_json(engine.parse(text, now=NOW)))


def test_json_has_only_what_was_said() -> None:
    said = Entities(
        amount_fen=50_000,
        time=TimeSpan(datetime(2026, 3, 5, 15, 0, tzinfo=UTC), None, "minute"),
        period=Period(date(2026, 2, 1), date(2026, 2, 28)),
        service=("facial",),
        technician=("lily", "lili"),
        candidates={"amount_fen": (50_000, 59_900)},
    )
    assert to_json(Understanding("…", "book", 0.98765, said, "rasa")) == {
        "text": "…",
        "intent": "book",
        "confidence": 0.9877,
        "entities": {
            "amount_fen": 50_000,
            "time": {"start": "2026-03-05T15:00", "end": None, "grain": "minute"},
            "period": {"start": "2026-02-01", "end": "2026-02-28"},
            "service": "facial",
            "technician": ["lily", "lili"],
            "candidates": {"amount_fen": [50_000, 59_900]},
        },
        "engine": "rasa",
    }
    assert to_json(Understanding("嗨", "greet", 1.0, Entities(), "keywords"))["entities"] == {}


class Scripted:
    """A model that knows two sentences."""

    model_id = ""

    def __init__(self, answers: dict[str, tuple[str, float]]) -> None:
        self.answers = answers

    def parse(self, text: str) -> RasaIntent:
        return RasaIntent(*self.answers.get(text, ("out_of_scope", 0.6)), "")

    def is_resting(self) -> bool:
        return False


@pytest.mark.parametrize(
    ("intent", "first", "expected"),
    [("store_info", 0.6, "store_info"), ("store_info", 0.98, FALLBACK), ("topup", 0.6, FALLBACK)],
)
def test_a_store_of_ours_gets_a_second_look_that_never_begins_what_touches_value(
    intent: str, first: float, expected: str
) -> None:
    model = Scripted({"望京那家店几点关门": ("out_of_scope", first), "你们店几点关门": (intent, 0.99)})
    shop = Catalogue(stores=(Named("wangjing", "望京店", ("望京",)),))
    nlu = Nlu(rasa=model, cache=None, catalogue=shop)  # type: ignore[arg-type]
    assert nlu.parse("望京那家店几点关门", now=NOW).intent == expected


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        (("redeem", 0.6), 0.8, "redeem"),
        (("topup", 0.6), 0.99, FALLBACK),
        (("out_of_scope", 0.6), 0.99, "redeem"),
        (("out_of_scope", 0.6), 0.8, FALLBACK),
        (("out_of_scope", 0.98), 0.99, FALLBACK),
        (("redeem", 0.2), 0.8, FALLBACK),
    ],
)
def test_a_reward_of_ours_settles_what_touches_value_where_both_looks_agree_or_the_second_is_sure(
    first: tuple[str, float], second: float, expected: str
) -> None:
    model = Scripted({"兑两只摇摇杯": first, "兑两只面膜": ("redeem", second)})
    shop = Catalogue(rewards=(Named("shaker", "摇摇杯"),))
    nlu = Nlu(rasa=model, cache=None, catalogue=shop)  # type: ignore[arg-type]
    found = nlu.parse("兑两只摇摇杯", now=NOW)
    assert found.intent == expected
    assert found.entities.reward == (("shaker",) if expected == "redeem" else ())


@pytest.mark.parametrize(("first", "expected"), [("book", "book"), ("out_of_scope", FALLBACK)])
def test_a_persons_name_begins_nothing_that_the_first_look_did_not_see(first: str, expected: str) -> None:
    model = Scripted({"约小雅": (first, 0.6), "约王老师": ("book", 0.99)})
    shop = Catalogue(technicians=(Named("xiaoya", "小雅"),))
    nlu = Nlu(rasa=model, cache=None, catalogue=shop)  # type: ignore[arg-type]
    assert nlu.parse("约小雅", now=NOW).intent == expected


@pytest.mark.parametrize(
    ("half", "whole", "expected"),
    [
        (("query_coupons", 0.9), ("deny", 0.96), "query_coupons"),
        (("query_coupons", 0.2), ("deny", 0.96), "deny"),
        (("affirm", 0.99), ("deny", 0.96), "deny"),
        (("out_of_scope", 0.99), ("query_points", 0.9), "query_points"),
    ],
)
def test_after_a_refusal_the_wish_counts_where_there_is_one(
    half: tuple[str, float], whole: tuple[str, float], expected: str
) -> None:
    model = Scripted({"问券的事": half, "不是问积分,是问券的事": whole})
    nlu = Nlu(rasa=model, cache=None, catalogue=Catalogue())  # type: ignore[arg-type]
    assert nlu.parse("不是问积分，是问券的事", now=NOW).intent == expected


def test_a_refused_guess_is_there_to_be_asked_back() -> None:
    model = Scripted({"弄个三百": ("topup", 0.6), "嗯嗯啊啊": ("affirm", 0.2)})
    nlu = Nlu(rasa=model, cache=None, catalogue=Catalogue())  # type: ignore[arg-type]
    assert nlu.parse("弄个三百", now=NOW).guess == "topup"
    assert nlu.parse("弄个三百", now=NOW).entities == Entities()
    assert nlu.parse("嗯嗯啊啊", now=NOW).guess is None
    assert nlu.parse("今天天气", now=NOW).guess is None
