"""The table of what each optimisation gains: how a row comes about, and that the page has a row for each."""

import json
import re
from pathlib import Path

import pytest

from bench.ablation import NAMES
from bench.ablations.building import configurations
from bench.ablations.ground import copied_project
from bench.ablations.switches import Row, Switch, markdown, measure
from tests.support.environments import ENGINES, REPOSITORY

PAGE = (REPOSITORY / "docs" / "performance.md").read_text(encoding="utf-8")
SECTION = PAGE.partition("## What each optimisation gains")[2].partition("\n## ")[0]
ROWS = re.findall(
    r"^\| ([^|]+?) \| (DuckDB|PostgreSQL) \|.*\| \*\*([\d.]+)\*\* .*\| (pays|does not pay|no difference) \|",
    SECTION, re.MULTILINE,
)


def switch(on: list[float], off: list[float], is_default: bool = True) -> Switch:
    return Switch("a", "duckdb", "b", lambda: on.pop(0), lambda: off.pop(0), "c", is_default)


def test_the_ratio_is_the_median_of_the_pairs() -> None:
    row = measure(switch([1.0, 2.0, 1.0], [3.0, 2.0, 2.0]), 3)
    assert (row.ratios, row.ratio, row.on, row.off) == ((3.0, 1.0, 2.0), 2.0, 1.0, 2.0)


def test_the_sides_take_turns_in_who_comes_first() -> None:
    order: list[str] = []
    sides = Switch("a", "duckdb", "b", lambda: order.append("on") or 1.0, lambda: order.append("off") or 1.0, "c")
    measure(sides, 3)
    assert order == ["on", "off", "off", "on", "on", "off"]


@pytest.mark.parametrize(
    ("off", "verdict", "against_default"), [(1.2, "pays", False), (1.02, "no difference", False), (0.8, "does not pay", True)]
)
def test_the_verdict_and_whether_the_default_follows(off: float, verdict: str, against_default: bool) -> None:
    row = measure(switch([1.0], [off]), 1)
    assert (row.verdict, row.is_contradicted) == (verdict, against_default)
    other = measure(switch([1.0], [off], is_default=False), 1)
    assert other.is_contradicted is (verdict == "pays")


def test_a_row_survives_its_file() -> None:
    row = measure(switch([1.0, 1.5], [2.0, 2.5]), 2)
    assert Row.of_line(json.loads(json.dumps(row.line() | {"copies": 3}))) == row


def test_the_table_has_ratio_spread_and_verdict() -> None:
    line = markdown([measure(switch([1.0, 1.0], [2.0, 3.0]), 2)]).splitlines()[-1]
    assert line == "| a | DuckDB | b | 1.00 s | 2.50 s | **2.50** (2.00-3.00) | pays | c |"


@pytest.mark.parametrize("engine", ENGINES)
def test_every_change_of_a_configuration_fits_the_project(engine: str, tmp_path: Path) -> None:
    changed = [found for found in configurations(engine).values() if found.changes]
    assert changed
    for number, found in enumerate(changed):
        project = copied_project(tmp_path / str(number), found.changes)
        for name, (_, after) in found.changes.items():
            assert after in (project / name).read_text()


def test_the_page_has_a_measured_ratio_for_every_optimisation() -> None:
    assert {name for name, *_ in ROWS} == set(NAMES)


def test_the_page_s_verdicts_are_those_of_its_ratios() -> None:
    for name, _, ratio, verdict in ROWS:
        row = Row(name, "duckdb", "", "s", 1.0, 1.0, (float(ratio),), "", True)
        # Written with two decimals, a ratio at the border may be either.
        if abs(row.ratio - 1.05) > 0.006 and abs(row.ratio - 1 / 1.05) > 0.006:
            assert row.verdict == verdict, name
