"""A worker that is killed anywhere on its way: one effect, every message there (E2); more in `make soak`."""

from __future__ import annotations

import random
from pathlib import Path

from outreach_killing import MOMENTS, kill_workers, killing


def test_a_worker_killed_while_choosing_giving_deciding_and_sending(
    database_url: str, redis_url: str, tmp_path: Path
) -> None:
    with killing(database_url, redis_url, tmp_path) as at:
        found = kill_workers(at, len(MOMENTS), random.randrange(10**6))
    assert found.wrong == []
