"""The sampler: one thread that looks at the processes of the run, and at the server through a session of its own."""

from collections.abc import Callable
from contextlib import suppress
from logging import WARNING
from threading import Event, Lock, Thread
from time import perf_counter
from types import TracebackType
from typing import Any

import psutil
import psycopg2
from psycopg2.extensions import connection as Connection

from loader import logs
from loader.watch.steps import Step, Steps

SECONDS_BETWEEN_SAMPLES = 0.5
SECONDS_BETWEEN_CONNECTIONS = 5.0
# A server that gives no answer for so long is asked no more: it must not hold up the run.
SECONDS_TO_ANSWER = 5.0
WATCHER = "synthea-omop watch"
_OURS = f"""datname = current_database() and usename = current_user and application_name <> '{WATCHER}'
    and (application_name = 'dbt' or application_name like 'synthea-omop%')"""
_COUNTERS = f"""
    select databases.blks_read, databases.temp_bytes, cast(wal.wal_bytes as bigint),
        (select count(*) from pg_catalog.pg_stat_activity where {_OURS} and wait_event_type = 'Lock')
    from pg_catalog.pg_stat_database as databases cross join pg_catalog.pg_stat_wal as wal
    where databases.datname = current_database()
"""
_BLOCKERS = """
    select distinct blocker.pid, coalesce(blocker.usename, 'somebody'), coalesce(blocker.application_name, '')
    from pg_catalog.pg_stat_activity as waiting
    cross join lateral unnest(pg_blocking_pids(waiting.pid)) as blocking (pid)
    inner join pg_catalog.pg_stat_activity as blocker on blocking.pid = blocker.pid
    where waiting.datname = current_database() and waiting.usename = current_user and waiting.wait_event_type = 'Lock'
        and (waiting.application_name = 'dbt' or waiting.application_name like 'synthea-omop%')
        and not (blocker.application_name = 'dbt' or blocker.application_name like 'synthea-omop%')
"""


def memory_of_tree(pid: int | None = None) -> int:
    """The resident memory of a process, or of this one, and of all below it, in bytes."""
    found = 0
    with suppress(psutil.Error):
        root = psutil.Process(pid)
        for process in (root, *root.children(recursive=True)):
            with suppress(psutil.Error):
                found += 0 if _is_unborn(process) else process.memory_info().rss
    return found


def _is_unborn(process: psutil.Process) -> bool:
    """Whether Java has made it to become another program, which it is not yet: until then its memory is its parent's."""
    parent = process.parent()
    return parent is not None and process.exe().endswith("/java") and process.exe() == parent.exe()


class Server:
    """What PostgreSQL counts, asked through a session of its own. What cannot be asked is not counted, and no error."""

    def __init__(self) -> None:
        self._connection: Connection | None = None
        self._next = 0.0
        self._waited, self._asked = 0.0, perf_counter()

    def look(self) -> tuple[dict[str, float], int]:
        """The counters as they stand, and how many sessions of ours wait for a lock."""
        try:
            if not self._is_connected():
                return {}, 0
            blocks, temp, wal, waiting = self._ask(_COUNTERS)[0]
        except (psycopg2.Error, IndexError) as error:
            self.close()
            logs.debug("server not watched", error=str(error))
            return {}, 0
        now = perf_counter()
        self._waited, self._asked = self._waited + waiting * (now - self._asked), now
        return {
            "blocks_read": blocks, "temp_bytes": temp, "wal_bytes": wal, "lock_wait_seconds": self._waited,
        }, waiting

    def blockers(self) -> str:
        """Who holds the locks that our sessions wait for, if it is none of ours."""
        try:
            return ", ".join(
                f"server process {pid} ({user}{f', {application}' if application else ''})"
                for pid, user, application in self._ask(_BLOCKERS)
            )
        except psycopg2.Error:
            return ""

    def close(self) -> None:
        """End the session."""
        if self._connection:
            self._connection.close()
        self._connection = None

    def _is_connected(self) -> bool:
        now = perf_counter()
        if self._connection is None and now >= self._next:
            self._next = now + SECONDS_BETWEEN_CONNECTIONS
            self._connection = psycopg2.connect(
                application_name=WATCHER, connect_timeout=2, options="-c statement_timeout=2s"
            )
            self._connection.autocommit = True
            self._asked = perf_counter()
        return self._connection is not None

    def _ask(self, sql: str) -> list[tuple[Any, ...]]:
        if self._connection is None:
            return []
        with self._connection.cursor() as cursor:
            cursor.execute(sql)
            return cursor.fetchall()


class Sampler:
    """Looks about twice a second as long as the context lasts, and tells the steps; then who is to hear of slow ones."""

    def __init__(self, steps: Steps, heard: Callable[[list[Step], str], None]) -> None:
        self.server: Server | None = None
        self._steps, self._heard = steps, heard
        self._over, self._lock = Event(), Lock()
        self._thread = Thread(target=self._sample, daemon=True, name="sampler")

    def __enter__(self) -> "Sampler":
        self.look()
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join(SECONDS_TO_ANSWER)
        self.look()
        if self.server:
            self.server.close()

    def look(self) -> None:
        """Take a sample now."""
        lock, server = self._lock, self.server
        if not lock.acquire(timeout=SECONDS_TO_ANSWER):
            # The thread waits for the server with the lock in its hands: both are left alone from here on.
            self._lock, self.server = Lock(), None
            logs.event("server gives no answer", WARNING)
            return self.look()
        try:
            counted, waiting = server.look() if server else ({}, 0)
            steps = self._steps.account(memory_of_tree(), counted)
            blockers = server.blockers() if server and waiting else ""
        finally:
            lock.release()
        return self._heard(steps, blockers)

    def _sample(self) -> None:
        while not self._over.wait(SECONDS_BETWEEN_SAMPLES):
            self.look()
