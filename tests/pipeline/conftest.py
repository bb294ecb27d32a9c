"""The bundled sample, built again and again on each engine: what several modules of tests look at."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.browser import Browser, chromium
from tests.support.commands import at_once, dbt, synthea_omop
from tests.support.comparison import Table, reading, snapshot
from tests.support.environments import ENGINES, REPOSITORY, duckdb_environment, postgres_environment
from tests.support.keys import Keys, keys_of
from tests.support.postgres_server import PostgresServer

DEMO = REPOSITORY / "seeds" / "demo"
FIRST = "the first build"
RELOADED = "a build after the same export was loaded again"
REFRESHED = "a full refresh"
BUILDS = (FIRST, RELOADED, REFRESHED)
# What unit tests say does not depend on what is in the database: once as `dbt build` alone and once as a full refresh.
WITH_UNIT_TESTS = (FIRST, REFRESHED)


@dataclass(frozen=True)
class Build:
    """What dbt printed, the tables and the keys it left, and how many persons it replaced."""

    output: str
    tables: Mapping[str, Table]
    persons_replaced: int
    keys: Keys


@pytest.fixture(scope="session")
def environments(
    postgres_server: PostgresServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, Mapping[str, str]]]:
    """Engine -> variables that lead to its database."""
    with postgres_environment(postgres_server, tmp_path_factory.mktemp("postgres")) as postgres:
        yield {"duckdb": duckdb_environment(tmp_path_factory.mktemp("duckdb")), "postgres": postgres}


@pytest.fixture(scope="session")
def histories(environments: dict[str, Mapping[str, str]]) -> dict[str, dict[str, Build]]:
    """Engine -> name of the build -> build. Data tests run, and must pass, each time, unit tests twice."""
    return dict(zip(ENGINES, at_once(_history, [environments[engine] for engine in ENGINES]), strict=True))


def _history(environment: Mapping[str, str]) -> dict[str, Build]:
    synthea_omop("vocabulary", str(DEMO / "vocabulary"), environment=environment)
    builds = {}
    for name in BUILDS:
        if name in (FIRST, RELOADED):
            synthea_omop("load", str(DEMO / "synthea"), environment=environment)
        options = ["--full-refresh"] if name == REFRESHED else []
        options += [] if name in WITH_UNIT_TESTS else ["--exclude-resource-type", "unit_test"]
        output = dbt("build", *options, environment=environment)
        with reading(environment) as reader:
            ((persons_replaced,),) = reader.query("select count(*) from intermediate.int_changes__persons")
            keys = keys_of(reader)
        builds[name] = Build(output, snapshot(environment), persons_replaced, keys)
    return builds


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """The machine's Chromium; tests that need it are skipped where there is none."""
    with chromium(tmp_path_factory.mktemp("profile")) as found:
        yield found


@pytest.fixture(scope="session")
def pages(
    histories: dict[str, dict[str, Build]], environments: dict[str, Mapping[str, str]],
    tmp_path_factory: pytest.TempPathFactory,
) -> dict[str, Path]:
    """Engine -> the report's page on the sample."""
    folder = tmp_path_factory.mktemp("pages")
    for engine in ENGINES:
        synthea_omop("report", "--html", str(folder / f"{engine}.html"), environment=environments[engine])
    return {engine: folder / f"{engine}.html" for engine in ENGINES}
