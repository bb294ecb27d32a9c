"""A good first CDM on each engine, to be copied; the next export; and what a full build of both makes."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from shutil import copyfile

import pytest

from tests.incremental.sample import PEOPLE, VOCABULARY, State
from tests.incremental.world import Export
from tests.operations.runs import succeed_outside
from tests.support.commands import at_once
from tests.support.comparison import Table, snapshot
from tests.support.environments import ENGINES, duckdb_environment, engine_of, postgres_environment
from tests.support.postgres_server import PostgresServer

Environment = Mapping[str, str]
Copy = Callable[[str, Path], AbstractContextManager[dict[str, str]]]
ANN, BEN, CID, DAN = PEOPLE[:4]


@dataclass(frozen=True)
class Exports:
    """Two exports: in the second one somebody changed, somebody is new, and somebody is not in it."""

    first: Path
    second: Path


@pytest.fixture(scope="session")
def both(tmp_path_factory: pytest.TempPathFactory) -> Exports:
    folder = tmp_path_factory.mktemp("exports")
    return Exports(
        Export({ANN: State.SAME, BEN: State.SAME, CID: State.SHORTER}).write(folder / "first", 1),
        Export({BEN: State.OTHER, CID: State.SAME, DAN: State.SAME}).write(folder / "second", 2),
    )


@pytest.fixture(scope="session")
def good(
    both: Exports, postgres_server: PostgresServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, Environment]]:
    """Engine -> a database with the CDM of the first export."""

    def build(environment: Environment) -> Environment:
        succeed_outside(environment, "run", both.first, "--vocabulary", VOCABULARY, "--no-tests")
        return environment

    with postgres_environment(postgres_server, tmp_path_factory.mktemp("good_postgres")) as postgres:
        environments = [duckdb_environment(tmp_path_factory.mktemp("good_duckdb")), postgres]
        yield dict(zip(ENGINES, at_once(build, environments), strict=True))


@pytest.fixture(scope="session")
def copy(good: dict[str, Environment], postgres_server: PostgresServer) -> Copy:
    """Makes a copy of the good database of an engine in a folder, which lasts as long as its context."""

    @contextmanager
    def make(engine: str, folder: Path) -> Iterator[dict[str, str]]:
        of = good[engine]
        if engine == "duckdb":
            environment = duckdb_environment(folder)
            copyfile(of["SYNTHEA_OMOP_DATABASE"], environment["SYNTHEA_OMOP_DATABASE"])
            yield environment | {"DBT_TARGET_PATH": of["DBT_TARGET_PATH"]}
        else:
            with postgres_environment(postgres_server, folder, of["PGDATABASE"]) as environment:
                yield environment | {"DBT_TARGET_PATH": of["DBT_TARGET_PATH"]}

    return make


@pytest.fixture(scope="session")
def former(good: dict[str, Environment]) -> dict[str, Table]:
    """The tables of the good CDM, equal on both engines."""
    return snapshot(good["duckdb"])


@pytest.fixture(scope="session")
def rebuilt(copy: Copy, both: Exports, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Table]:
    """The tables that the second export and a build of everything make."""
    with copy("duckdb", tmp_path_factory.mktemp("rebuilt")) as environment:
        succeed_outside(environment, "run", both.second, "--full-refresh", "--no-tests")
        return snapshot(environment)


@pytest.fixture(scope="module", params=ENGINES)
def engine(request: pytest.FixtureRequest) -> str:
    return request.param


def is_postgres(environment: Environment) -> bool:
    return engine_of(environment) == "postgres"
