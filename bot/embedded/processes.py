"""Child processes that end with the program that started them."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO

PR_SET_PDEATHSIG = 1


def _die_with_parent(signal_number: int) -> Callable[[], None] | None:
    """Ask the kernel (Linux only) to signal the child when its parent is gone, even after kill -9.

    Elsewhere the supervisor's orderly stop is all there is.
    """
    if not sys.platform.startswith("linux"):
        return None
    prctl = ctypes.CDLL(None, use_errno=True).prctl

    def before_exec() -> None:
        prctl(PR_SET_PDEATHSIG, signal_number)

    return before_exec


def start(
    command: Sequence[str | Path],
    *,
    log: IO[bytes] | None = None,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    user: str | None = None,
    death_signal: int = signal.SIGTERM,
) -> subprocess.Popen[bytes]:
    """Start a child in its own session, so that Ctrl-C in the terminal reaches the supervisor alone.

    Call it from the main thread: the kernel ties the death signal to the thread that forks.

    Args:
        log: where stdout and stderr go; None sends them to this process's own.
        user: system user to run as, in its own group alone (only root may ask).
        death_signal: sent to the child when this process dies without stopping it.
    """
    return subprocess.Popen(  # noqa: S603 - the commands are ours
        [str(part) for part in command],
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=subprocess.STDOUT if log is not None else None,
        env=dict(env) if env is not None else None,
        cwd=cwd,
        start_new_session=True,
        user=user,
        group=user,
        extra_groups=None if user is None else [],
        preexec_fn=_die_with_parent(death_signal),  # noqa: PLW1509 - called from the main thread only
    )


def stop(
    process: subprocess.Popen[bytes], *, with_signal: int = signal.SIGTERM, timeout_seconds: float = 10
) -> int:
    """Stop a child started by `start` and wait for it; kill its session when it does not go in time."""
    if process.poll() is None:
        process.send_signal(with_signal)
        try:
            process.wait(timeout_seconds)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)  # what it had started and left behind
    return process.returncode
