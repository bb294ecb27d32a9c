"""Runs of the sample that are disturbed, and whole ones after them, on each engine."""

import json
import os
import pty
import re
import signal
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Timer
from time import time
from typing import Any

import duckdb
import psutil
import psycopg2
import pytest

from tests.loader.command_line import connect_to_postgres, query
from tests.loader.interruption import wait_until
from tests.support.commands import at_once, synthea_omop_command
from tests.support.environments import ENGINES, duckdb_environment, engine_of, postgres_environment
from tests.support.postgres_server import PostgresServer
from tests.support.webhook import Webhook, webhook

Environment = Mapping[str, str]
COLOURS = re.compile(rb"\x1b\[[\d;?]*[A-Za-z]")
# Of the bar over dbt's nodes: how many are done, the time left, the rows and the memory so far.
DBT_BAR = re.compile(rb"dbt \S+ [1-9]\d*/\d+ [\d:]+ left [-\d:]+ [\d,]+ rows  [\d.]+ MB")
SECONDS_OF_A_TEST = 300


@dataclass(frozen=True)
class Ran:
    """What a run printed, ended with and posted, its summary, and what the database said when it had ended."""

    code: int
    stdout: str
    stderr: str
    summary: dict[str, Any]
    hook: Webhook
    runs: list[tuple[Any, ...]]
    ended_at: float


@dataclass(frozen=True)
class History:
    """The first run was ended by a signal (DuckDB) or lost its sessions (PostgreSQL); the second one ran through."""

    environment: Environment
    disturbed: Ran
    whole: Ran
    page: Path


@pytest.fixture(scope="session")
def histories(postgres_server: PostgresServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, History]]:
    """Engine -> its runs."""
    with postgres_environment(postgres_server, tmp_path_factory.mktemp("postgres")) as postgres:
        environments = [duckdb_environment(tmp_path_factory.mktemp("duckdb")), postgres]
        folders = [tmp_path_factory.mktemp(engine) for engine in ENGINES]
        found = at_once(lambda pair: _history(*pair), list(zip(environments, folders, strict=True)))
        yield dict(zip(ENGINES, found, strict=True))


def _history(environment: Environment, folder: Path) -> History:
    page = folder / "page.html"
    if engine_of(environment) == "duckdb":
        disturbed = _ended_by_a_signal(environment, folder)
        _remember_short_builds(environment)
        whole = _run(environment, folder, "--report", str(page), "--log-format", "json")
    else:
        disturbed = _losing_its_sessions(environment, folder)
        whole = _waiting_for_a_lock(environment, folder, page)
    return History(environment, disturbed, whole, page)


def _run(environment: Environment, folder: Path, *options: str, on_post: Any = None, during: Any = None) -> Ran:
    """A run with a summary and a webhook; `during` is called with its process."""
    with webhook() as hook:
        if on_post:
            hook.on_post = on_post
        with subprocess.Popen(
            _command(folder, *options), env=_told_to(hook, environment), text=True, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        ) as process:
            ending = Timer(SECONDS_OF_A_TEST, process.kill)
            ending.start()
            if during:
                during(process)
            stdout, stderr = process.communicate()
            ending.cancel()
        return _ran(environment, folder, hook, process.returncode, stdout, stderr)


def _command(folder: Path, *options: str) -> list[str]:
    (folder / "summary.json").unlink(missing_ok=True)
    return synthea_omop_command("run", "--summary", str(folder / "summary.json"), *options)


def _told_to(hook: Webhook, environment: Environment) -> dict[str, str]:
    """No proxy may come between the run and the loopback."""
    return {**environment, "SYNTHEA_OMOP_ALERT_URL": hook.url, "NO_PROXY": "*"}


def _ran(environment: Environment, folder: Path, hook: Webhook, code: int, stdout: str, stderr: str) -> Ran:
    ended_at = time()
    runs = query(environment, "select run_id, outcome, exit_code, builds, error from etl.run order by run_id")
    return Ran(code, stdout, stderr, json.loads((folder / "summary.json").read_text()), hook, runs, ended_at)


def _ended_by_a_signal(environment: Environment, folder: Path) -> Ran:
    """On a terminal, with SIGTERM as soon as the bar over dbt's nodes has moved, as cron's `timeout` would do."""
    ours, theirs = pty.openpty()
    with webhook() as hook:
        with subprocess.Popen(
            _command(folder), env=_told_to(hook, environment) | {"TERM": "xterm", "COLUMNS": "160"},
            stdin=subprocess.DEVNULL, stdout=theirs, stderr=subprocess.STDOUT,
        ) as process:
            os.close(theirs)
            children: list[psutil.Process] = []
            shown = b""
            # The other end is closed when the run has ended.
            with suppress(OSError):
                while part := os.read(ours, 65_536):
                    shown += part
                    if not children and DBT_BAR.search(COLOURS.sub(b"", shown)):
                        children = psutil.Process(process.pid).children(recursive=True)
                        process.send_signal(signal.SIGTERM)
        os.close(ours)
        assert children and psutil.wait_procs(children, timeout=20)[1] == [], shown.decode(errors="replace")
        return _ran(environment, folder, hook, process.returncode, shown.decode(), "")


def _remember_short_builds(environment: Environment) -> None:
    """Three runs of long ago whose dbt took no time: against them the next one takes long."""
    with duckdb.connect(environment["SYNTHEA_OMOP_DATABASE"]) as connection:
        connection.execute(
            "insert into etl.run_step (run_id, kind, step, status, seconds)"
            " select -n, 'stage', 'dbt', 'done', 0.5 from range(3) as run (n)"
        )


def _losing_its_sessions(environment: Environment, folder: Path) -> Ran:
    """Every session of dbt and of the loader is ended by the server once, in the middle of the models."""

    def end(process: subprocess.Popen[str]) -> None:
        assert process.stdout
        next(line for line in process.stdout if " of " in line and " OK created sql table model" in line)
        # dbt has a session a node: one that waits is surely at work.
        with closing(connect_to_postgres(environment)) as reader, reader.cursor() as cursor:
            cursor.execute("lock table raw_synthea.observations in access exclusive mode")
            with closing(connect_to_postgres(environment)) as connection:
                connection.autocommit = True
                wait_until(lambda: "dbt" in terminated(connection), 60)

    def terminated(connection: Any) -> set[str]:
        with connection.cursor() as cursor:
            cursor.execute(
                "select application_name, pg_terminate_backend(pid) from pg_stat_activity where datname ="
                " current_database() and application_name in ('dbt', 'synthea-omop', 'synthea-omop watch') and exists"
                " (select 1 from pg_stat_activity as dbt where dbt.application_name = 'dbt'"
                " and dbt.datname = current_database() and dbt.wait_event_type = 'Lock')"
            )
            names = {name for name, _ in cursor.fetchall()}
        assert not names or {"synthea-omop", "synthea-omop watch"} <= names
        return names

    return _run(environment, folder, during=end)


def _waiting_for_a_lock(environment: Environment, folder: Path, page: Path) -> Ran:
    """A reader who never ends holds a table of the CDM, until the run says who it is waiting for."""
    reader = psycopg2.connect(
        host=environment["PGHOST"], port=environment["PGPORT"], user=environment["PGUSER"],
        dbname=environment["PGDATABASE"], application_name="an analyst",
    )
    reader.cursor().execute("select count(*) from omop.person")

    def let_go(news: dict[str, Any]) -> None:
        if news.get("event") == "lock wait" and not reader.closed:
            reader.close()

    try:
        return _run(
            environment, folder, "--full-refresh", "--report", str(page), "--log-format", "json", "--alert-after", "1",
            on_post=let_go,
        )
    finally:
        reader.close()
