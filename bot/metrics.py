"""What is counted, in one place, for the doors and the outreach worker alike.

Each process counts for itself. To see several processes as one, set PROMETHEUS_MULTIPROC_DIR (an empty
folder, cleared at every start) for all of them before they start: `/metrics` then adds them up.
"""

from __future__ import annotations

import os

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import REGISTRY

MESSAGES = Counter(
    "zhanggui_messages",
    "Pushes from WeChat, by kind of message or event and by outcome.",
    ["kind", "outcome"],
)
ANSWER_SECONDS = Histogram(
    "zhanggui_answer_seconds",
    "Time from a push to its answer, in seconds.",
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 3, 4, 4.5, 5, 10),
)
DUPLICATES = Counter("zhanggui_duplicate_deliveries", "Deliveries answered with the reply of an earlier one.")
LATE_REPLIES = Counter(
    "zhanggui_late_replies", "Replies that missed WeChat's 5 s and were handed to outreach."
)
BUSY_REPLIES = Counter("zhanggui_busy_replies", "Messages turned away because every thread was at work.")
SENDS = Counter("zhanggui_sends", "Messages sent to members by the worker, by result.", ["result"])


def exposition() -> bytes:
    """All metrics in Prometheus' text format: of all processes that share a folder, else of this one."""
    if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        registry = CollectorRegistry()
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
        return generate_latest(registry)
    return generate_latest(REGISTRY)
