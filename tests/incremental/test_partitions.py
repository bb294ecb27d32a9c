"""Tables of the CDM in parts by person, where the configuration of the model asks for it: the same rows, in place."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.incremental.conftest import Projects
from tests.incremental.project import Project, copy_project
from tests.incremental.sample import PEOPLE, State
from tests.incremental.world import Export
from tests.loader.command_line import query
from tests.support.commands import synthea_omop
from tests.support.comparison import Table, assert_same_tables, snapshot

pytestmark = pytest.mark.sequences

PARTITIONED = """    omop:
      clinical:
        measurement: {+meta: {partitions: 4}}
        observation: {+meta: {partitions: 4}}
        visit_detail: {+meta: {partitions: %s}}
"""
PARTS = """
    select parents.relname, count(*)
    from pg_catalog.pg_inherits
    inner join pg_catalog.pg_class as parents on pg_inherits.inhparent = parents.oid
    where parents.relkind = 'p'
    group by 1"""
ALL_PARTS = "select count(*) from pg_catalog.pg_tables where schemaname = 'omop_partitions'"


@dataclass(frozen=True)
class Left:
    """What a build left: the tables, how many parts each parted table has, and how many parts there are in all."""

    tables: Mapping[str, Table]
    parts: dict[str, int]
    all_parts: int


def _partitioned(folder: Path, visits: int = 0) -> Path:
    copy_project(folder)
    settings = folder / "dbt_project.yml"
    lines = PARTITIONED % visits if visits else "".join(PARTITIONED.splitlines(keepends=True)[:4])
    before, omop, after = settings.read_text().partition("    omop:\n")
    assert omop
    settings.write_text(before + lines + after.replace("      clinical:\n", ""))
    return folder


@pytest.fixture(scope="module")
def projects(seeded: Projects, copies, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Project, Project]]:
    """The project with a table in parts, and the one without, on databases of their own on PostgreSQL."""
    folder = tmp_path_factory.mktemp("partitions")
    with copies(folder / "parted", {"postgres": seeded["postgres"]}) as parted, \
            copies(folder / "plain", {"postgres": seeded["postgres"]}) as plain:
        environment = dict(parted["postgres"].environment) | {"DBT_TARGET_PATH": str(folder / "target")}
        yield Project(_partitioned(folder / "project"), environment), plain["postgres"]


def _state(project: Project) -> Left:
    ((all_parts,),) = query(project.environment, ALL_PARTS)
    return Left(snapshot(project.environment), dict(query(project.environment, PARTS)), all_parts)


def test_a_table_in_parts_has_the_rows_of_one_that_is_whole(
    projects: tuple[Project, Project], tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("loads")
    exports = [
        Export(dict.fromkeys(PEOPLE, State.SAME)).write(folder / "first", 1),
        Export({PEOPLE[0]: State.OTHER}).write(folder / "second", 2),
    ]
    states = []
    for project in projects:
        states.append([])
        for number, options in ((0, ()), (1, ("--vars", "{small_change: 0.9}")), (1, ("--full-refresh",))):
            synthea_omop("load", str(exports[number]), environment=project.environment)
            project.build(*options)
            states[-1].append(_state(project))
    for number, (parted, plain) in enumerate(zip(*states, strict=True)):
        assert_same_tables(parted.tables, plain.tables, (f"in parts, build {number}", "whole"))
        # A full refresh takes the parts of the table that it replaces with it.
        assert (parted.parts, parted.all_parts, plain.parts) == (
            {"measurement": 4, "observation": 4}, 8, {}
        )


def test_a_table_that_keys_point_at_cannot_be_in_parts(seeded: Projects, copies, tmp_path: Path) -> None:
    folder = _partitioned(tmp_path / "project", visits=4)
    with copies(tmp_path / "copy", {"postgres": seeded["postgres"]}) as copied:
        environment = dict(copied["postgres"].environment) | {"DBT_TARGET_PATH": str(tmp_path / "target")}
        code, output = Project(folder, environment).dbt("run", "--select", "visit_detail")
    assert code == 1 and "partitions: visit_detail has no contract, no person_id, or keys" in output
