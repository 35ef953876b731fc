"""The measurement as text for a terminal."""

from __future__ import annotations

from collections.abc import Sequence

from nlu.engine import FALLBACK
from nlu.evaluation import Judged, confusions, reliability, scores, summarise, threshold_table

STEPS = (0.0, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
CONFUSIONS_SHOWN = 15


def report(judged: Sequence[Judged], milliseconds: Sequence[float]) -> str:
    """Summary, intents, confusions, reliability, thresholds, and every sentence that failed."""
    blocks = [_summary(judged), _times(milliseconds), _intents(judged), _confusions(judged)]
    blocks += [_reliability(judged), _thresholds(judged), _failed(judged)]
    return "\n\n".join(block for block in blocks if block)


def _summary(judged: Sequence[Judged]) -> str:
    found = summarise(judged)
    return (
        f"the shop's sentences {found.own}: understood {found.own_right:.1%}, "
        f"misunderstood {found.own_wrong:.1%}, macro-F1 {found.macro_f1:.3f}\n"
        f"foreign sentences {found.foreign}: fallback {found.foreign_fallback:.1%}, "
        f"may start a change {found.foreign_value:.2%}\n"
        f"calibration error {found.calibration_error:.3f}"
    )


def _times(milliseconds: Sequence[float]) -> str:
    if not milliseconds:
        return ""
    ordered = sorted(milliseconds)
    p50, p99 = ordered[len(ordered) // 2], ordered[min(len(ordered) - 1, len(ordered) * 99 // 100)]
    return f"one parse over HTTP: p50 {p50:.1f} ms, p99 {p99:.1f} ms"


def _intents(judged: Sequence[Judged]) -> str:
    lines = [f"{'intent':22} {'n':>4} {'precision':>9} {'recall':>7} {'F1':>6}"]
    for one in scores(judged):
        lines.append(f"{one.intent:22} {one.count:4} {one.precision:9.3f} {one.recall:7.3f} {one.f1:6.3f}")
    return "\n".join(lines)


def _confusions(judged: Sequence[Judged]) -> str:
    pairs = confusions(judged)[:CONFUSIONS_SHOWN]
    return "\n".join(
        ["meant → decided", *(f"{count:3}  {meant} → {decided}" for meant, decided, count in pairs)]
    )


def _reliability(judged: Sequence[Judged]) -> str:
    lines = ["confidence   n     said   right"]
    for one in reliability(judged):
        lines.append(
            f"{one.low:.1f}–{one.high:.1f}  {one.count:5}  {one.mean_confidence:6.3f}  {one.accuracy:6.3f}"
        )
    return "\n".join(lines)


def _thresholds(judged: Sequence[Judged]) -> str:
    lines = ["threshold  understood  misunderstood  foreign let in"]
    for step, right, wrong, foreign in threshold_table(judged, STEPS):
        lines.append(f"{step:9.1f}  {right:10.1%}  {wrong:13.1%}  {foreign:14.1%}")
    return "\n".join(lines)


def _failed(judged: Sequence[Judged]) -> str:
    failed = [one for one in judged if not one.right]
    lines = [f"failed: {len(failed)}"]
    for one in sorted(failed, key=lambda each: each.meant == FALLBACK):
        lines.append(
            f"  {one.text}  {one.meant} → {one.decided} (model: {one.raw.name} {one.raw.confidence:.2f})"
        )
    return "\n".join(lines)
