"""Sessions on PostgreSQL: how one is opened and set up, and the pool that a load takes its workers from."""

import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from logging import WARNING
from typing import Any, TypeVar

import psycopg2
from psycopg2 import errorcodes
from psycopg2.extensions import connection as Connection
from psycopg2.pool import ThreadedConnectionPool
from tenacity import retry, retry_if_exception, stop_after_delay, wait_exponential_jitter

from loader import logs
from loader.errors import LoaderError

Opened = TypeVar("Opened")

APPLICATION = "synthea-omop"
# Sessions of a load's workers have a name of their own: whoever holds the lock may end those that were left behind.
WORKER = "synthea-omop worker"
OLDEST_VERSION = 150000
SESSION = "-c timezone=UTC -c jit=off -c synchronous_commit=off -c maintenance_work_mem=256MB -c work_mem=64MB"
# Of what a WITH or a window function gives, the planner expects a row or two: a nested loop over them took hours.
BUILD_SESSION = f"{SESSION} -c enable_nestloop=off"
# Of these, what `tune --apply` has set for the role in its database is the better value.
TUNABLE = ("synchronous_commit", "maintenance_work_mem", "work_mem")
# Ends the backend of a killed client within half a second. Servers on systems without POLLRDHUP refuse it.
CHECK_CLIENT = "client_connection_check_interval"
SECONDS_TO_CONNECT = 10
# A server that starts or restarts, or whose sessions are all taken, is given this long.
SECONDS_OF_RETRIES = 15

_TRANSIENT_CODES = {
    errorcodes.DEADLOCK_DETECTED, errorcodes.SERIALIZATION_FAILURE, errorcodes.TOO_MANY_CONNECTIONS,
    errorcodes.ADMIN_SHUTDOWN, errorcodes.CRASH_SHUTDOWN, errorcodes.CANNOT_CONNECT_NOW,
}
# Of a server, a role or a database that has no session left.
FULL = ("too many clients", "remaining connection slots", "too many connections")
# libpq has no codes for what happens before there is a session, or to one that breaks off.
TRANSIENT_WORDS = (
    *FULL, "connection refused", "connection reset", "server closed the connection",
    "the database system is starting up", "the database system is shutting down",
    "the database system is in recovery mode", "connection already closed", "terminating connection",
    "could not receive data from server", "could not send data to server", "no connection to the server",
)


def is_transient(error: BaseException | None) -> bool:
    """Whether the same work may well succeed a moment later."""
    if not isinstance(error, psycopg2.Error):
        return False
    text = str(error).lower()
    return error.pgcode in _TRANSIENT_CODES or any(words in text for words in TRANSIENT_WORDS)


retried = retry(
    retry=retry_if_exception(is_transient), stop=stop_after_delay(SECONDS_OF_RETRIES),
    wait=wait_exponential_jitter(multiplier=0.1, max=3, jitter=0.2), reraise=True,
)


def connect() -> Connection:
    """A session set for bulk work on the server that the PG* variables name; LoaderError when it is not there."""
    connection = _prepared(_reached(lambda: psycopg2.connect(**_arguments(APPLICATION))))
    if connection.server_version < OLDEST_VERSION:
        connection.close()
        raise LoaderError("PostgreSQL 15 or newer is needed. Name another server with PGHOST and PGPORT.")
    return connection


@contextmanager
def worker_sessions(count: int) -> Iterator[list[Connection]]:
    """So many sessions out of one pool, or as many as the server has left; what they have not committed is gone at the end."""
    pool = ThreadedConnectionPool(0, max(count, 1), **_arguments(WORKER))
    sessions: list[Connection] = []
    try:
        while len(sessions) < count and (connection := _free_session(pool)):
            sessions.append(_prepared(connection))
        if len(sessions) < count:
            logs.event("fewer workers", WARNING, step="load", asked=count, workers=len(sessions))
        yield sessions
    finally:
        pool.closeall()


def _free_session(pool: ThreadedConnectionPool) -> Connection | None:
    """Another session, for which nobody waits: the work can be done by fewer."""

    def unless_full() -> Connection | None:
        try:
            return pool.getconn()
        except psycopg2.OperationalError as error:
            if any(words in str(error) for words in FULL):
                return None
            raise

    return _reached(unless_full)


def _reached(open_one: Callable[[], Opened]) -> Opened:
    try:
        return retried(open_one)()
    except psycopg2.Error as error:
        raise LoaderError(
            f"PostgreSQL cannot be reached: {' '.join(str(error).split())}"
            " Set PGHOST, PGPORT, PGUSER, PGDATABASE and PGPASSWORD (or ~/.pgpass)."
        ) from error


def _prepared(connection: Connection) -> Connection:
    connection.autocommit = True
    refuses_client_check(connection)
    for name, value in set_for_the_role(connection).items():
        with connection.cursor() as cursor:
            cursor.execute("select set_config(%s, %s, false)", (name, value))
    return connection


def _arguments(application: str) -> dict[str, Any]:
    return {
        "application_name": application, "client_encoding": "UTF8", "connect_timeout": SECONDS_TO_CONNECT,
        "options": with_users_options(SESSION),
    }


def with_users_options(options: str) -> str:
    """Ours first: what the user has set in PGOPTIONS comes later and wins."""
    return f"{options} {os.environ.get('PGOPTIONS', '')}".strip()


def option(name: str, value: str) -> str:
    """The setting as one of libpq's options, in which blanks end a value unless they are escaped."""
    return f"-c {name}=" + value.replace("\\", r"\\").replace(" ", r"\ ")


def set_for_the_role(connection: Connection) -> dict[str, str]:
    """What is set for this role in this database of what our sessions set too. What PGOPTIONS sets is not among it."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select split_part(setting, '=', 1), substr(setting, strpos(setting, '=') + 1)"
            " from pg_catalog.pg_db_role_setting cross join unnest(setconfig) as setting"
            " where setrole = (select oid from pg_catalog.pg_roles where rolname = session_user)"
            " and setdatabase = (select oid from pg_catalog.pg_database where datname = current_database())"
        )
        found = dict(cursor.fetchall())
    users = os.environ.get("PGOPTIONS", "")
    return {name: found[name] for name in TUNABLE if name in found and not re.search(rf"\b{name}\s*=", users)}


def refuses_client_check(connection: Connection) -> bool:
    """Set the check of the client; whether the server would not have it."""
    try:
        with connection.cursor() as cursor:
            cursor.execute(f"set {CHECK_CLIENT} = '500ms'")
    except psycopg2.Error:
        return True
    return False
