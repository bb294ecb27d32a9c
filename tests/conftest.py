"""Databases for the tests: real PostgreSQL, real DuckDB, fresh and empty for every test that asks."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import environments
from tests.support.environments import ENGINES, LEFTOVERS
from tests.support.postgres_server import PostgresServer
from tests.support.postgres_server import postgres_server as run_postgres_server

POSTGRES_VERSION = pytest.StashKey[str]()
EXPORTS = environments.REPOSITORY.parent / "shared" / "data"


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "exports: needs the real exports beside the repository (minutes)")
    # A run that is stopped from outside stops its server too.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    # A developer's PGPORT or DBT_PROFILES_DIR would send a test to another database.
    for name in [name for name in os.environ if name.startswith(LEFTOVERS)]:
        del os.environ[name]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    if version := config.stash.get(POSTGRES_VERSION, None):
        terminalreporter.write_line(f"The tests started {version}")


@pytest.fixture(scope="session")
def postgres_server(request: pytest.FixtureRequest) -> Iterator[PostgresServer]:
    """A PostgreSQL of the test run's own; stopped and removed at its end."""
    with run_postgres_server() as server:
        request.config.stash[POSTGRES_VERSION] = server.version
        yield server


@pytest.fixture
def duckdb_environment(tmp_path: Path) -> dict[str, str]:
    """Environment variables that lead to a DuckDB file that does not exist yet."""
    return environments.duckdb_environment(tmp_path)


@pytest.fixture
def postgres_environment(postgres_server: PostgresServer, tmp_path: Path) -> Iterator[dict[str, str]]:
    """Environment variables that lead to an empty PostgreSQL database."""
    with environments.postgres_environment(postgres_server, tmp_path) as environment:
        yield environment


@pytest.fixture(params=ENGINES)
def engine_environment(request: pytest.FixtureRequest) -> dict[str, str]:
    """`duckdb_environment` and `postgres_environment`, one after the other."""
    return request.getfixturevalue(f"{request.param}_environment")


@pytest.fixture(scope="session")
def exports() -> Path:
    """The folder of real exports and vocabulary; a test that needs it is skipped where it is absent."""
    if not EXPORTS.is_dir():
        pytest.skip(f"no real exports at {EXPORTS}")
    return EXPORTS
