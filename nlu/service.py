"""The Rasa project's environment, its trained model, and the command that serves it.

Rasa needs Python 3.10 and versions of libraries that would break the app, so it lives in an environment of
its own under the data directory. Nothing here starts a server: the caller gets a command to run.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import secrets
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

PROJECT = Path(__file__).parent / "rasa"
PYTHON = "3.10"
SYNC_TIMEOUT_SECONDS = 900
INSTALL_TIMEOUT_SECONDS = 300
TRAIN_TIMEOUT_SECONDS = 600
PROBE_TIMEOUT_SECONDS = 20
KEPT_MODELS = 3

Progress = Callable[[str], None]


class NluSetupError(Exception):
    """The environment or the model could not be made; the message says what to do."""


class NoPython310Error(NluSetupError):
    """No Python 3.10 on this machine and none could be fetched."""

    def __init__(self, detail: str = "") -> None:
        advice = (
            "Understanding with the model needs Python 3.10, and none was found on this machine. "
            "Install one (`uv python install 3.10`, `pyenv install 3.10`, or your system's python3.10) "
            "and start again; until then the bot answers by keywords."
        )
        super().__init__(f"{advice} ({detail})" if detail else advice)


@dataclass(frozen=True)
class Command:
    """A child process to be started by the caller."""

    arguments: tuple[str, ...]
    env: dict[str, str]
    cwd: Path


# -- finding the programs ---------------------------------------------------------------------------------


def find_uv() -> Path:
    """The real uv: ZHANGGUI_UV, the one that make brought, this environment's own, or the one on PATH.

    A pyenv shim refuses to run inside a folder whose .python-version names a Python without uv, so behind a
    shim the real file is looked up.

    Raises:
        NluSetupError: there is none.
    """
    named = os.environ.get("ZHANGGUI_UV")
    candidates = [Path(named)] if named else []
    candidates += [PROJECT.parent.parent / ".uv" / "bin" / "uv", Path(sys.executable).parent / "uv"]
    on_path = shutil.which("uv")
    if on_path:
        candidates += _behind_shim(Path(on_path))
    for candidate in candidates:
        if candidate.is_file() and os.access(candidate, os.X_OK):
            return candidate
    raise NluSetupError("uv was not found: set ZHANGGUI_UV to its path, or install it (pip install uv)")


def _behind_shim(found: Path) -> list[Path]:
    if found.parent.name != "shims":
        return [found]
    return sorted(found.parent.parent.glob("versions/*/bin/uv"), reverse=True)


def find_python310(uv: Path, progress: Progress) -> Path:
    """A Python 3.10 that runs: from PATH, pyenv, uv's own, or fetched by uv as a last resort.

    Raises:
        NoPython310Error
    """
    for candidate in _installed_pythons():
        real = _probe(candidate)
        if real is not None:
            return real
    known = _uv_python(uv)
    if known is None:
        progress("fetching Python 3.10 …")
        known = _fetch_python(uv)
    return known


def _installed_pythons() -> Iterator[Path]:
    on_path = shutil.which(f"python{PYTHON}")
    if on_path:
        yield Path(on_path)
    roots = [Path(os.environ["PYENV_ROOT"])] if os.environ.get("PYENV_ROOT") else []
    for root in [*roots, Path.home() / ".pyenv"]:
        yield from sorted(root.glob(f"versions/{PYTHON}*/bin/python{PYTHON}"), reverse=True)


def _probe(candidate: Path) -> Path | None:
    """The interpreter's own path when it is a working 3.10, else None (a shim may refuse)."""
    code = "import sys, ssl, ctypes, sqlite3; print(sys.version_info[:2] == (3, 10)); print(sys.executable)"
    try:
        done = subprocess.run(  # noqa: S603
            [str(candidate), "-I", "-c", code],
            capture_output=True, text=True, check=False, timeout=PROBE_TIMEOUT_SECONDS, cwd="/",
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired):
        return None
    lines = done.stdout.split("\n")
    return Path(lines[1]) if done.returncode == 0 and lines[0] == "True" else None


def _uv_python(uv: Path) -> Path | None:
    try:
        done = subprocess.run(  # noqa: S603
            [str(uv), "python", "find", "--no-project", "--no-python-downloads", PYTHON],
            capture_output=True, text=True, check=False, timeout=PROBE_TIMEOUT_SECONDS, cwd="/",
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return None
    return _probe(Path(done.stdout.strip())) if done.returncode == 0 else None


def _fetch_python(uv: Path) -> Path:
    try:
        done = subprocess.run(  # noqa: S603
            [str(uv), "python", "install", PYTHON],
            capture_output=True, text=True, check=False, timeout=INSTALL_TIMEOUT_SECONDS, cwd="/",
        )  # fmt: skip
    except subprocess.TimeoutExpired as error:
        raise NoPython310Error("fetching it took too long") from error
    found = _uv_python(uv) if done.returncode == 0 else None
    if found is None:
        raise NoPython310Error(_last_line(done.stderr))
    return found


def _last_line(text: str) -> str:
    lines = [line for line in text.strip().splitlines() if line.strip()]
    return lines[-1].strip()[:200] if lines else ""


# -- environment and model --------------------------------------------------------------------------------


def nlu_dir(data_dir: Path) -> Path:
    """Where environment and models are kept."""
    return data_dir.resolve() / "nlu"


def python_of(data_dir: Path) -> Path:
    """The environment's interpreter; exists after `prepare`."""
    return nlu_dir(data_dir) / "venv" / "bin" / "python"


def model_path(data_dir: Path) -> Path:
    """Where the model trained from the present data, configuration and code is, or will be."""
    return nlu_dir(data_dir) / "models" / f"{_fingerprint(_model_sources())}.tar.gz"


def _model_sources() -> list[Path]:
    code = [PROJECT / "config.yml", PROJECT / "domain.yml", PROJECT / "sentences.py", PROJECT / "train.py"]
    code += [
        PROJECT / "uv.lock",
        PROJECT.parent / "normalise.py",
        *sorted((PROJECT / "components").glob("*.*")),
    ]
    return code + sorted((PROJECT / "data").glob("*/*.txt"))


def _fingerprint(paths: list[Path]) -> str:
    digest = hashlib.sha256()
    for path in paths:
        content = path.read_bytes()
        digest.update(f"{path.name}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()[:16]


def prepare(data_dir: Path, progress: Progress) -> Path:
    """Make the environment and the model where they are missing or out of date.

    The first time about half a minute with a warm package cache; nothing is done when nothing changed.

    Args:
        data_dir: the app's data directory; everything goes into its folder `nlu`.
        progress: is told what is going on, in the words of the demo's page.

    Returns:
        The model's path, for `serve_command`.

    Raises:
        NoPython310Error: with the advice how to get one.
        NluSetupError: anything else that went wrong, with the last words of the program that failed.
    """
    home = nlu_dir(data_dir)
    home.mkdir(parents=True, exist_ok=True)
    with _locked(home / "lock"):
        _prepare_environment(data_dir, progress)
        model = model_path(data_dir)
        if not model.exists():
            progress("training the language model …")
            _run([str(python_of(data_dir)), "train.py", "--out", str(model)], TRAIN_TIMEOUT_SECONDS)
            _forget_old_models(model)
        progress("the language model is ready")
        return model


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """One preparation at a time for each data directory."""
    with path.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _prepare_environment(data_dir: Path, progress: Progress) -> None:
    stamp = nlu_dir(data_dir) / "venv" / "zhanggui-stamp"
    wanted = _fingerprint([PROJECT / "pyproject.toml", PROJECT / "uv.lock"])
    if stamp.exists() and stamp.read_text() == wanted and _probe(python_of(data_dir)) is not None:
        return
    uv = find_uv()
    python = find_python310(uv, progress)
    progress("installing the language environment …")
    venv = nlu_dir(data_dir) / "venv"
    command = [str(uv), "sync", "--frozen", "--no-dev", "--compile-bytecode", "--python", str(python)]
    _run(command, SYNC_TIMEOUT_SECONDS, {"UV_PROJECT_ENVIRONMENT": str(venv)})
    stamp.write_text(wanted)


def _forget_old_models(newest: Path) -> None:
    models = sorted(newest.parent.glob("*.tar.gz"), key=lambda path: path.stat().st_mtime, reverse=True)
    for model in models[KEPT_MODELS:]:
        model.unlink(missing_ok=True)


def child_env(extra: dict[str, str] | None = None) -> dict[str, str]:
    """Our environment for Rasa's Python: bytecode cached, telemetry off, nothing of this Python's own."""
    dropped = {"PYTHONDONTWRITEBYTECODE", "PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "PYTHONWARNINGS"}
    kept = {name: value for name, value in os.environ.items() if name not in dropped}
    quiet = {"RASA_TELEMETRY_ENABLED": "false", "SQLALCHEMY_SILENCE_UBER_WARNING": "1"}
    # One sentence is too little work to share between threads; the pools only cost memory.
    single = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    return {**kept, **quiet, **single, **(extra or {})}


def _run(command: list[str], timeout_seconds: float, extra: dict[str, str] | None = None) -> None:
    try:
        done = subprocess.run(  # noqa: S603
            command, capture_output=True, text=True, check=False,
            timeout=timeout_seconds, cwd=PROJECT, env=child_env(extra),
        )  # fmt: skip
    except subprocess.TimeoutExpired as error:
        raise NluSetupError(
            f"{Path(command[0]).name} {command[1]} took over {timeout_seconds:.0f} s"
        ) from error
    if done.returncode != 0:
        raise NluSetupError(
            f"{Path(command[0]).name} {command[1]} failed: {_last_line(done.stderr or done.stdout)}"
        )


# -- serving ----------------------------------------------------------------------------------------------


def serve_command(data_dir: Path, model: Path, *, port: int, token: str) -> Command:
    """The server's command: 127.0.0.1 only, ready after some seconds (ask `RasaClient.is_ready`).

    Args:
        token: at least 16 characters; travels in the environment, where other users cannot read it.
    """
    arguments = (str(python_of(data_dir)), "serve.py", "--model", str(model), "--port", str(port))
    return Command(arguments, child_env({"ZHANGGUI_NLU_TOKEN": token}), PROJECT)


def new_token() -> str:
    return secrets.token_urlsafe(24)


def free_port() -> int:
    """A port of the loopback interface that nobody listened on a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
