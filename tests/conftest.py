"""Databases for the tests: real PostgreSQL, real DuckDB, fresh and empty for every test that asks."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support import environments
from tests.support.environments import ENGINES, LEFTOVERS
from tests.support.postgres_server import PostgresServer
from tests.support.postgres_server import postgres_server as run_postgres_server

POSTGRES_VERSION = pytest.StashKey[str]()
VERSION_OF_WORKER = "postgres_version"
EXPORTS = environments.REPOSITORY.parent / "shared" / "data"
# Folders whose tests look at what takes minutes to make, and modules in them that make their own.
TOGETHER = (
    "tests/spark/sample/", "tests/pipeline/", "tests/incremental/", "tests/operations/", "tests/watch/", "tests/project/",
)
ALONE = (
    "test_comparison.py", "test_eras.py", "test_operations_examples.py", "test_rates.py", "test_readme_commands.py",
    "test_real_exports.py",
)
# These too take minutes and begin early: one that is left to the end leaves a core idle.
EARLY = (
    "tests/pipeline/test_readme_commands.py", "tests/golden/test_golden_cases.py", "tests/pipeline/test_rates.py",
    "tests/loader/rates/test_verb.py", "tests/pipeline/test_operations_examples.py", "tests/loader/test_interruption.py",
)
# What `make check` leaves to `make test`: folders and modules that take minutes, and whoever needs another engine.
NOT_QUICK = (
    "tests/pipeline/", "tests/incremental/", "tests/operations/", "tests/watch/", "tests/spark/", "tests/bench/",
    "tests/loader/test_interruption.py", "tests/loader/test_lines.py", "tests/loader/rates/test_memory.py",
    "tests/loader/rates/test_verb.py",
)
OF_POSTGRES = {"postgres_server", "postgres_environment"}


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--quick", action="store_true", help="only what takes seconds, and the golden cases on DuckDB")


def pytest_configure(config: pytest.Config) -> None:
    # A run that is stopped from outside stops its server too.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    # A developer's PGPORT or DBT_PROFILES_DIR would send a test to another database.
    for name in [name for name in os.environ if name.startswith(LEFTOVERS)]:
        del os.environ[name]


def group_of(nodeid: str) -> str:
    """Which tests run in the same process: those of a folder that share what takes minutes, else those of a module."""
    module = nodeid.partition("::")[0]
    folder = next((folder for folder in TOGETHER if module.startswith(folder)), module)
    return module if module.endswith(ALONE) else folder


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """What takes longest begins, so that no process waits for the other at the end."""
    if config.getoption("quick"):
        left = [item for item in items if not is_quick(item)]
        config.hook.pytest_deselected(items=left)
        items[:] = [item for item in items if is_quick(item)]
    items.sort(key=lambda item: (*TOGETHER, *EARLY, group_of(item.nodeid)).index(group_of(item.nodeid)))


def is_quick(item: pytest.Item) -> bool:
    """Whether a test belongs to `make check`."""
    chosen = item.callspec.params.values() if hasattr(item, "callspec") else ()
    return not (
        item.nodeid.startswith(NOT_QUICK)
        or OF_POSTGRES & set(getattr(item, "fixturenames", ()))
        or "postgres" in [value for value in chosen if isinstance(value, str)]
        or any(item.get_closest_marker(name) for name in ("exports", "outages", "sequences", "spark", "postgres"))
    )


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    from xdist.scheduler import LoadScopeScheduling

    class ByGroup(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return group_of(nodeid)

    return ByGroup(config, log)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    if version := getattr(node, "workeroutput", {}).get(VERSION_OF_WORKER):
        node.config.stash[POSTGRES_VERSION] = version


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    if version := config.stash.get(POSTGRES_VERSION, None):
        terminalreporter.write_line(f"The tests started {version}")


@pytest.fixture(scope="session")
def postgres_server(request: pytest.FixtureRequest) -> Iterator[PostgresServer]:
    """A PostgreSQL of the test run's own; stopped and removed at its end."""
    with run_postgres_server() as server:
        request.config.stash[POSTGRES_VERSION] = server.version
        if hasattr(request.config, "workeroutput"):
            request.config.workeroutput[VERSION_OF_WORKER] = server.version
        yield server


@pytest.fixture(scope="session")
def engines(request: pytest.FixtureRequest) -> tuple[str, ...]:
    """The engines that fixtures of several build on."""
    return ENGINES[:1] if request.config.getoption("quick") else ENGINES


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
