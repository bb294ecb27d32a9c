"""What Spark means to do: no stored model gathers the rows of persons in one place, whatever their number."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping

import pytest

from tests.spark.sample.conftest import Build, Engines
from tests.support.environments import REPOSITORY

pytestmark = pytest.mark.spark

GATHERED = "Exchange SinglePartition"
# They hand out numbers without a gap, in the order of the keys.
NUMBERED = {"int_keys__persons", "int_keys__care_sites", "int_keys__locations", "int_keys__providers"}


@pytest.fixture(scope="module")
def plans(engines: Engines, first: Build) -> Mapping[str, list[str]]:
    """Model -> its plans, in a warehouse that holds the sample."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.spark.plans"], cwd=REPOSITORY, env=dict(engines.spark), text=True,
        capture_output=True, check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout[done.stdout.index("{") :])


def test_only_key_tables_and_last_sums_meet_in_one_partition(plans: Mapping[str, list[str]]) -> None:
    gathered = {
        name: sorted(readers)
        for name, texts in plans.items()
        if name not in NUMBERED
        and (readers := {reader for text in texts for reader in _readers(text) if "Aggregate" not in reader})
    }
    assert gathered == {}


def test_the_key_tables_are_the_ones_that_do(plans: Mapping[str, list[str]]) -> None:
    assert {name for name in NUMBERED if any("Window" in text and GATHERED in text for text in plans[name])} == NUMBERED


def _readers(plan: str) -> Iterator[str]:
    """The step that reads each exchange into one partition; in a plan's text a step stands under its reader."""
    lines = plan.splitlines()
    for number, line in enumerate(lines):
        if GATHERED in line:
            above = next(other for other in reversed(lines[:number]) if _depth(other) < _depth(line))
            yield re.search(r"[A-Z]\w+", above)[0]


def _depth(line: str) -> int:
    """Where a step begins, behind the lines of the tree."""
    return len(re.match(r"[\s:|+\-]*", line)[0])
