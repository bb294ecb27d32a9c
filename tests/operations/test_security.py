"""A run as the documentation sets it up: a plain role, a password that shows nowhere, and TLS that is checked."""

import os
import re
import socket
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event, Thread

import psycopg2
import pytest

from tests.loader.command_line import query
from tests.operations.runs import Ended, ended
from tests.support.environments import REPOSITORY, clean_environment
from tests.support.postgres_server import PostgresServer, postgres_server

Environment = Mapping[str, str]
PASSWORD = "Qx7-not-to-be-seen-1f"
OPERATIONS = (REPOSITORY / "docs" / "operations.md").read_text(encoding="utf-8")
SUPERUSER_S, WRITER_S = re.findall(
    r"^```sql\n(-- as (?:an administrator|cdm_writer).*?)^```", OPERATIONS, re.MULTILINE | re.DOTALL
)
SAMPLE = ("run", "seeds/demo/synthea", "--vocabulary", "seeds/demo/vocabulary")


@dataclass
class Secured:
    """A server with passwords and TLS, what ran on it, and whatever was seen meanwhile."""

    environment: Environment
    folder: Path
    ends: dict[str, Ended] = field(default_factory=dict)
    commands_seen: set[str] = field(default_factory=set)


@pytest.fixture(scope="module")
def secured(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Secured]:
    """The sample, run by the role of the documentation, with a password and `verify-full`; then again by ~/.pgpass."""
    folder = tmp_path_factory.mktemp("secured")
    with postgres_server() as server:
        for statement in SUPERUSER_S.split(";\n"):
            _as_superuser(server, statement)
        _as_superuser(server, f"alter role cdm_writer password '{PASSWORD}'")
        port = _restart_with_tls(server, folder)
        environment = clean_environment() | {
            "SYNTHEA_OMOP_TARGET": "postgres", "DBT_TARGET_PATH": str(folder / "target"),
            "DBT_LOG_PATH": str(folder / "logs"), "SYNTHEA_OMOP_LOG_FILE": str(folder / "log.json"),
            "SYNTHEA_OMOP_LOG_LEVEL": "debug",
            "PGHOST": "localhost", "PGPORT": str(port), "PGUSER": "cdm_writer", "PGDATABASE": "cdm",
            "PGSSLMODE": "verify-full", "PGSSLROOTCERT": str(folder / "server.crt"), "HOME": str(folder),
        }
        secured = Secured(environment, folder)
        with _Watched(secured.commands_seen):
            by_password = environment | {"PGPASSWORD": PASSWORD}
            secured.ends["a run"] = ended(by_password, *_absolute(SAMPLE))
            secured.ends["a report"] = ended(by_password, "report", "--html", folder / "report.html")
            secured.ends["a status"] = ended(by_password, "status")
        (folder / ".pgpass").write_text(f"localhost:{port}:cdm:cdm_writer:{PASSWORD}\n")
        (folder / ".pgpass").chmod(0o600)
        secured.ends["by ~/.pgpass"] = ended(environment, *_absolute(SAMPLE), "--full-refresh", "--publish", "--no-tests")
        wrong = environment | {"PGPASSWORD": f"{PASSWORD}-wrong"}
        secured.ends["a wrong password"] = ended(wrong, *_absolute(SAMPLE))
        _certificate(folder / "other")
        other = environment | {"PGSSLROOTCERT": str(folder / "other.crt")}
        secured.ends["another authority"] = ended(other, "status")
        yield secured


def _absolute(arguments: tuple[str, ...]) -> list[str]:
    return [str(REPOSITORY / argument) if argument.startswith("seeds/") else argument for argument in arguments]


def _as_superuser(server: PostgresServer, statement: str, database: str = "postgres") -> None:
    connection = psycopg2.connect(host=str(server.socket_folder), port=5432, user="postgres", dbname=database)
    connection.autocommit = True
    try:
        connection.cursor().execute(statement)
    finally:
        connection.close()


def _certificate(path: Path) -> None:
    """A self-made certificate and key of `localhost`."""
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",
         "-addext", "subjectAltName=DNS:localhost", "-keyout", f"{path}.key", "-out", f"{path}.crt"],
        check=True, capture_output=True,
    )


def _restart_with_tls(server: PostgresServer, folder: Path) -> int:
    """Passwords for everybody who comes over TCP, which has to be encrypted; the port."""
    _certificate(folder / "server")
    owner = server.data.stat()
    for name in ("server.crt", "server.key"):
        copy = server.data / name
        copy.write_bytes((folder / name).read_bytes())
        os.chown(copy, owner.st_uid, owner.st_gid)
        copy.chmod(0o600)
    (server.data / "pg_hba.conf").write_text("local all postgres trust\nhostssl all all 127.0.0.1/32 scram-sha-256\n")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server.stop()
    server.start(ssl="on", listen_addresses="127.0.0.1", port=str(port))
    return port


class _Watched:
    """Every command line of the machine, again and again, while the context lasts."""

    def __init__(self, seen: set[str]) -> None:
        self._seen, self._over = seen, Event()

    def __enter__(self) -> None:
        self._thread = Thread(target=self._watch, daemon=True)
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._over.wait(0.05):
            for path in Path("/proc").glob("[0-9]*/cmdline"):
                try:
                    self._seen.add(path.read_bytes().replace(b"\0", b" ").decode(errors="replace"))
                except OSError:
                    continue


def test_a_plain_role_runs_everything(secured: Secured) -> None:
    for name in ("a run", "a report", "a status", "by ~/.pgpass"):
        assert secured.ends[name].code == 0, secured.ends[name].output
    environment = secured.environment | {"PGPASSWORD": PASSWORD}
    with _Variables(environment):
        assert query(environment, "select rolsuper, rolcreatedb, rolcreaterole from pg_roles where rolname = user") == [
            (False, False, False)
        ]
        # It owns what it made, and the database is somebody else's.
        assert query(environment, "select count(*) from omop.person") == [(16,)]
        assert query(
            environment, "select pg_get_userbyid(datdba) = user from pg_database where datname = current_database()"
        ) == [(False,)]
        for statement in WRITER_S.split(";\n"):
            _execute(environment, statement)
        assert query(environment, "select has_table_privilege('cdm_reader', 'omop.person', 'select')") == [(True,)]


def test_the_password_shows_nowhere(secured: Secured) -> None:
    commands = "\n".join(secured.commands_seen)
    assert "dbt_process.py" in commands, "nobody looked at the right time"
    assert PASSWORD not in commands
    for name, run in secured.ends.items():
        assert PASSWORD not in run.output, name
    parsed = list((REPOSITORY / "target" / "parsed").iterdir())
    files = [path for path in secured.folder.rglob("*") if path.is_file() and path.name != ".pgpass"]
    assert parsed and {"log.json", "report.html", "dbt.log"} <= {path.name for path in files}
    files += parsed
    assert [str(path) for path in files if PASSWORD.encode() in path.read_bytes()] == []
    environment = secured.environment | {"PGPASSWORD": PASSWORD}
    with _Variables(environment):
        tables = [name for (name,) in query(
            environment, "select table_name from information_schema.tables where table_schema = 'etl'"
        )]
        assert "build" in tables
        found = [
            table for table in tables
            if query(environment, f"select 1 from etl.{table} as row where cast(row as text) like '%{PASSWORD}%' limit 1")
        ]
    assert found == []


def test_a_wrong_password_is_refused_and_not_shown(secured: Secured) -> None:
    run = secured.ends["a wrong password"]
    assert run.code == 1 and "PostgreSQL cannot be reached" in run.output and "password authentication failed" in run.output


def test_tls_is_on_and_another_authority_is_refused(secured: Secured) -> None:
    environment = secured.environment | {"PGPASSWORD": PASSWORD}
    with _Variables(environment):
        assert query(environment, "select ssl from pg_stat_ssl where pid = pg_backend_pid()") == [(True,)]
    run = secured.ends["another authority"]
    assert run.code == 1 and "certificate verify failed" in run.output


def _execute(environment: Environment, statement: str) -> None:
    connection = psycopg2.connect(
        host=environment["PGHOST"], port=environment["PGPORT"], user=environment["PGUSER"],
        dbname=environment["PGDATABASE"],
    )
    with connection, connection.cursor() as cursor:
        cursor.execute(statement)
    connection.close()


class _Variables:
    """The environment's PG* variables in this process, for libpq."""

    def __init__(self, environment: Environment) -> None:
        self._patch, self._environment = pytest.MonkeyPatch(), environment

    def __enter__(self) -> None:
        for name, value in self._environment.items():
            if name.startswith("PG"):
                self._patch.setenv(name, value)

    def __exit__(self, *_: object) -> None:
        self._patch.undo()
