"""Speaking first, the long proof: sixty workers killed at random moments. `make soak`."""

from __future__ import annotations

import random
import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parents[1] / "integration"))

from outreach_killing import kill_workers, killing

pytestmark = [pytest.mark.soak, pytest.mark.timeout(3600)]
KILLS = 60  # the stand-in knows 500 people: 60 rounds of eight, and those who tell that all is done
KILLS_BESIDE = 20


def test_sixty_workers_killed(database_url: str, redis_url: str, tmp_path: Path) -> None:
    with killing(database_url, redis_url, tmp_path) as at:
        found = kill_workers(at, KILLS, random.randrange(10**6))
    assert found.wrong == []
    # Each part of the way was interrupted, or the proof would say nothing about it.
    assert {name for name, times in found.left.items() if times} == {
        "not given", "not decided", "not sent", "in doubt", "not chosen",
    }  # fmt: skip


def test_twenty_workers_killed_beside_another_that_goes_on(
    database_url: str, redis_url: str, tmp_path: Path
) -> None:
    with killing(database_url, redis_url, tmp_path) as at:
        found = kill_workers(at, KILLS_BESIDE, random.randrange(10**6), beside=1)
    assert found.wrong == []
