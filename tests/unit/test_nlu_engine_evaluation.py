"""The figures by which the model is judged."""

from __future__ import annotations

from pathlib import Path

import pytest

from nlu.evaluation import confusions, judge, read_split, reliability, scores, summarise, threshold_table
from nlu.evaluation_picture import reliability_svg
from nlu.evaluation_report import report
from nlu.rasa_client import RasaIntent
from nlu.service import PROJECT

ANSWERS = {
    "查余额": ("query_balance", 0.95),
    "余额呢": ("query_points", 0.85),
    "充五百": ("topup", 0.99),
    "充一百": ("topup", 0.45),
    "天气": ("out_of_scope", 0.9),
    "订机票": ("book", 0.9),
}
MEANT = [
    ("query_balance", "查余额"),
    ("query_balance", "余额呢"),
    ("topup", "充五百"),
    ("topup", "充一百"),
    ("out_of_scope", "天气"),
    ("out_of_scope", "订机票"),
]


def _judged():  # type: ignore[no-untyped-def]
    return judge(MEANT, lambda text: RasaIntent(*ANSWERS[text], "m"))


def test_summary_counts_by_hand() -> None:
    found = summarise(_judged())
    assert (found.own, found.foreign) == (4, 2)
    assert found.own_right == pytest.approx(2 / 4)
    assert found.own_wrong == pytest.approx(1 / 4)  # the other one was asked back
    assert found.foreign_fallback == pytest.approx(1 / 2)
    assert found.foreign_value == pytest.approx(1 / 2)


def test_scores_confusions_and_thresholds_by_hand() -> None:
    by_intent = {one.intent: one for one in scores(_judged())}
    assert (by_intent["topup"].precision, by_intent["topup"].recall) == (1.0, 0.5)
    assert (by_intent["query_balance"].precision, by_intent["query_balance"].recall) == (1.0, 0.5)
    assert by_intent["book"].precision == 0.0
    assert ("query_balance", "query_points", 1) in confusions(_judged())
    assert threshold_table(_judged(), (0.0, 0.9)) == [(0.0, 0.75, 0.25, 0.5), (0.9, 0.5, 0.0, 0.5)]


def test_reliability_by_hand() -> None:
    bins = reliability(_judged())
    assert sum(one.count for one in bins) == 6
    last = bins[-1]
    assert (last.low, last.count, last.accuracy) == (0.9, 4, 0.75)
    assert last.mean_confidence == pytest.approx((0.95 + 0.99 + 0.9 + 0.9) / 4)


def test_report_and_picture_name_what_failed() -> None:
    text = report(_judged(), [1.0, 2.0, 30.0])
    assert "订机票  fallback → book" in text
    assert "p50 2.0 ms" in text
    picture = reliability_svg(reliability(_judged()), "six sentences")
    assert picture.count("<circle") == len(reliability(_judged()))


@pytest.mark.parametrize("split", ["dev", "calibration", "test"])
def test_splits_speak_of_known_intents_only(split: str) -> None:
    known = set((PROJECT / "domain.yml").read_text(encoding="utf-8").replace("- ", "").split())
    pairs = read_split(PROJECT / "data" / split)
    assert len(pairs) > 100
    assert {intent for intent, _ in pairs} <= known


def test_every_intent_is_measured() -> None:
    domain = (PROJECT / "domain.yml").read_text(encoding="utf-8")
    listed = {line.strip()[2:] for line in domain.splitlines() if line.strip().startswith("- ")}
    assert {intent for intent, _ in read_split(PROJECT / "data" / "test")} == listed


def test_a_heading_comes_first(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("# who\n## greet\n你好\n\n## deny\n不\n", encoding="utf-8")
    assert read_split(tmp_path) == [("greet", "你好"), ("deny", "不")]


def test_a_sentence_is_judged_in_the_form_that_the_engine_sees() -> None:
    (one,) = judge([("refund", "我想退費")], lambda _: RasaIntent("refund", 0.99, "m"))
    assert one.decided == "refund"
