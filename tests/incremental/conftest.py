"""For each engine the dbt project with planted failures, and a database with the seeds and the bundled vocabulary."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from shutil import copyfile

import pytest

from tests.incremental.project import Project, copy_project
from tests.incremental.sample import VOCABULARY
from tests.support.commands import at_once, synthea_omop
from tests.support.environments import ENGINES, duckdb_environment, engine_of, postgres_environment
from tests.support.postgres_server import PostgresServer

Projects = dict[str, Project]


@pytest.fixture(scope="session")
def seeded(postgres_server: PostgresServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Projects]:
    """Engine -> project on a database that holds no patients yet: to be copied."""
    folder = copy_project(tmp_path_factory.mktemp("project") / "copy")

    def seed(environment: Mapping[str, str]) -> Project:
        project = Project(folder, environment)
        synthea_omop("vocabulary", str(VOCABULARY), environment=environment)
        code, output = project.dbt("seed")
        assert code == 0, output
        return project

    with postgres_environment(postgres_server, tmp_path_factory.mktemp("postgres")) as postgres:
        environments = [duckdb_environment(tmp_path_factory.mktemp("duckdb")), postgres]
        yield dict(zip(ENGINES, at_once(seed, environments), strict=True))


@pytest.fixture(scope="session")
def copies(
    seeded: Projects, postgres_server: PostgresServer
) -> Callable[[Path, Projects | None], AbstractContextManager[Projects]]:
    """Makes a copy of both databases (of the seeded ones unless said) in a folder, which lasts as long as its context.

    dbt's parsed project is shared, and so dbt is quick to start.
    """

    @contextmanager
    def copy(folder: Path, of: Projects | None = None) -> Iterator[Projects]:
        with ExitStack() as databases:
            copied = {}
            for engine, project in (of or seeded).items():
                copied[engine] = Project(project.folder, databases.enter_context(
                    _copied(project.environment, folder, postgres_server)
                ))
            yield copied

    return copy


@contextmanager
def _copied(environment: Mapping[str, str], folder: Path, server: PostgresServer) -> Iterator[dict[str, str]]:
    target_path = {"DBT_TARGET_PATH": environment["DBT_TARGET_PATH"]}
    if engine_of(environment) == "duckdb":
        folder.mkdir(parents=True, exist_ok=True)
        copy = duckdb_environment(folder)
        copyfile(environment["SYNTHEA_OMOP_DATABASE"], copy["SYNTHEA_OMOP_DATABASE"])
        yield copy | target_path
    else:
        with postgres_environment(server, folder, environment["PGDATABASE"]) as copy:
            yield copy | target_path
