"""Whatever was loaded, in whatever order, and whatever failed on the way: the CDM is that of a full refresh."""

import os
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from tests.incremental.built import Built, read_built, read_content
from tests.incremental.conftest import Projects
from tests.incremental.drawing import sequences
from tests.incremental.project import Project
from tests.incremental.sample import PEOPLE, patient_id
from tests.incremental.steps import Build, Step, Written
from tests.incremental.world import World
from tests.support.commands import at_once, synthea_omop
from tests.support.comparison import assert_same_tables
from tests.support.environments import ENGINES, duckdb_environment

pytestmark = pytest.mark.sequences

# CI goes through the same ones each time, so that a change is what it can be red for; who asks for a number gets others.
SEQUENCES = int(os.environ.get("SEQUENCES", "3"))
IS_THE_SAME = "SEQUENCES" not in os.environ
NUMBERS = iter(range(10**6))
Copies = Callable[[Path], AbstractContextManager[Projects]]


@dataclass
class Told:
    """A sequence, the folders it reads, whom each whole build had to replace, and what it must leave."""

    steps: Sequence[Step]
    world: World
    written: Written
    touched: list[set[str]] = field(default_factory=list)


def tell(steps: Sequence[Step], folder: Path) -> Told:
    """Go through the steps once without a database."""
    told = Told([*steps, Build()], World(), Written(folder))
    for step in told.steps:
        step.prepare(told.world, told.written)
        if isinstance(step, Build) and step.is_whole:
            told.touched.append(set(told.world.touched))
            told.world.touched.clear()
    return told


def happen(told: Told, project: Project) -> list[Built]:
    """Let the steps happen; what each whole build left, and the full refresh at the end."""
    found = []
    for step in told.steps:
        step.happen(project)
        if isinstance(step, Build) and step.is_whole:
            found.append(read_built(project.environment))
    project.build("--full-refresh")
    return [*found, read_built(project.environment)]


# An example takes about a minute, so nothing is made simpler: the steps of one that fails are printed.
@given(steps=sequences())
@settings(
    max_examples=SEQUENCES, deadline=None, phases=[Phase.explicit, Phase.generate], print_blob=True, database=None,
    suppress_health_check=list(HealthCheck), derandomize=IS_THE_SAME,
)
def test_any_sequence_of_loads_and_builds_ends_as_a_full_refresh(
    copies: Copies, tmp_path_factory: pytest.TempPathFactory, steps: list[Step]
) -> None:
    folder = tmp_path_factory.mktemp(f"sequence{next(NUMBERS)}")
    told = tell(steps, folder)
    with copies(folder / "databases") as projects:
        histories = dict(zip(ENGINES, at_once(lambda engine: happen(told, projects[engine]), ENGINES), strict=True))
        content = {engine: read_content(projects[engine].environment) for engine in ENGINES}
    for engine, history in histories.items():
        assert_same_tables(history[-2].tables, history[-1].tables, (f"{engine}, built", "a full refresh"))
        for (before, after), touched in zip(pairwise(history[:-1]), told.touched[1:], strict=True):
            _assert_left_alone(before, after, touched)
    for number, (duckdb, postgres) in enumerate(zip(*histories.values(), strict=True), 1):
        assert_same_tables(duckdb.tables, postgres.tables, (f"duckdb after build {number}", "postgres"))
    merged = duckdb_environment(folder)
    synthea_omop("load", str(told.written.export(told.world.merged())), environment=merged)
    for engine in ENGINES:
        assert content[engine] == read_content(merged), engine


def _assert_left_alone(before: Built, after: Built, touched: set[str]) -> None:
    """A build keeps every id, and replaces no row of a person of whom nothing changed."""
    former, now = before.person_ids(), after.person_ids()
    assert former.items() <= now.items()
    unchanged = {former[patient_id(one)] for one in PEOPLE if one not in touched and patient_id(one) in former}
    assert not unchanged & after.replaced
    for person in unchanged:
        assert before.rows_of(person) == after.rows_of(person)
