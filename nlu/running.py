"""A server of one's own for the length of one command (`zhanggui parse`, `zhanggui nlu test`, tests)."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from nlu import service
from nlu.rasa_client import RasaClient

READY_TIMEOUT_SECONDS = 60.0
STOP_TIMEOUT_SECONDS = 5.0
COMMAND_TIMEOUT_SECONDS = 5.0
"""A command has no member waiting; a busy machine must not turn its answers into keywords."""


@contextmanager
def running_server(
    data_dir: Path, model: Path, sleep: Callable[[float], None] = time.sleep
) -> Iterator[RasaClient]:
    """Start the server on a free port, wait until it answers, stop it at the end.

    Raises:
        service.NluSetupError: it ended or did not answer in time.
    """
    token, port = service.new_token(), service.free_port()
    command = service.serve_command(data_dir, model, port=port, token=token)
    with (service.nlu_dir(data_dir) / "serve.log").open("ab") as log:
        process = subprocess.Popen(  # noqa: S603
            command.arguments,
            env=command.env,
            cwd=command.cwd,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
        try:
            client = RasaClient(f"http://127.0.0.1:{port}", token, timeout_seconds=COMMAND_TIMEOUT_SECONDS)
            _wait(process, client, sleep)
            yield client
        finally:
            _stop(process)


def _wait(process: subprocess.Popen[bytes], client: RasaClient, sleep: Callable[[float], None]) -> None:
    deadline = time.monotonic() + READY_TIMEOUT_SECONDS
    while not client.is_ready():
        if process.poll() is not None:
            raise service.NluSetupError("the NLU server ended at start; see serve.log in the data directory")
        if time.monotonic() > deadline:
            raise service.NluSetupError("the NLU server did not answer in time")
        sleep(0.1)


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(STOP_TIMEOUT_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
