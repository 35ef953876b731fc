"""Counters of several processes add up where they share a folder."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

COUNT = "from bot import metrics; metrics.SENDS.labels('sent').inc(2)"
SHOW = "from bot import metrics; print(metrics.exposition().decode())"


def run(code: str, folder: Path) -> str:
    environment = {**os.environ, "PROMETHEUS_MULTIPROC_DIR": str(folder)}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    return done.stdout


def test_what_other_processes_counted_is_shown(tmp_path: Path) -> None:
    run(COUNT, tmp_path)
    run(COUNT, tmp_path)
    assert 'zhanggui_sends_total{result="sent"} 4.0' in run(SHOW, tmp_path)
