"""`make bench-check` fails when a step has become slower than recorded, and names it; noise does not make it fail."""

import json
from collections.abc import Iterator
from contextlib import ExitStack
from itertools import islice
from pathlib import Path

import pytest
from rich.console import Console

from bench.check import (
    FLOOR,
    RECORDED,
    SAMPLE,
    Figure,
    Steps,
    check,
    figures_of,
    judged,
    make_exports,
    measure,
    read_recorded,
    record,
    slow_steps,
    verdicts,
)
from bench.suite import Engine
from tests.support.environments import ENGINES, REPOSITORY

KNOWN = {"load": Figure(2.0, 2.0), "build": Figure(10.0, 10.0), "blink": Figure(0.1, FLOOR / 2)}
SILENT = Console(quiet=True)


def steps(**seconds: float) -> Iterator[tuple[str, float]]:
    yield from ((name.replace("__", ": "), taken) for name, taken in seconds.items())


def test_a_step_is_held_against_the_calibrations_around_it() -> None:
    calibrations = iter([1.0, 3.0, 1.0])
    found = measure(lambda: steps(load=4.0, build=8.0, build__omop=2.0), 1, lambda: next(calibrations))
    assert found == {"load": Figure(2.0, 4.0), "build": Figure(4.0, 8.0), "build: omop": Figure(1.0, 2.0)}


def test_of_the_repetitions_the_median_counts() -> None:
    taken = iter([1.0, 50.0, 2.0])
    assert measure(lambda: steps(load=next(taken)), 3, lambda: 1.0) == {"load": Figure(2.0, 2.0)}


def test_a_machine_that_is_slower_altogether_is_no_slower_step() -> None:
    found = measure(lambda: steps(load=6.0, build=30.0, blink=0.3), 3, lambda: 3.0)
    assert slow_steps(KNOWN, found) == {}


def test_what_is_slower_by_more_than_the_bar_is_too_slow() -> None:
    found = KNOWN | {"load": Figure(2.59, 2.6), "build": Figure(13.1, 13.1)}
    assert slow_steps(KNOWN, found) == {"build": pytest.approx(1.31)}


def test_steps_below_the_floor_are_not_judged() -> None:
    assert judged(KNOWN) == ["load", "build"]
    assert slow_steps(KNOWN, KNOWN | {"blink": Figure(9.0, 9.0)}) == {}


def test_a_step_that_looks_slow_is_measured_again_and_fails_only_if_it_still_is() -> None:
    slow = KNOWN | {"build": Figure(20.0, 20.0)}
    asked = []
    assert verdicts(KNOWN, lambda: asked.append(1) or KNOWN, slow) == [] and asked == [1]
    (text,) = verdicts(KNOWN, lambda: slow | {"load": Figure(9.0, 9.0)}, slow)
    assert text.startswith("build is 2.00 times slower than recorded")


def test_nothing_is_measured_again_while_all_is_well_and_what_was_not_done_is_named() -> None:
    def never() -> dict[str, Figure]:
        raise AssertionError

    assert verdicts(KNOWN, never, KNOWN) == []
    assert verdicts(KNOWN, never, {"load": KNOWN["load"], "blink": KNOWN["blink"]}) == ["build is recorded and was not done"]


def test_recording_an_engine_leaves_the_other_one_alone(tmp_path: Path) -> None:
    path = tmp_path / "recorded.json"
    record(path, "postgres", {"load": Figure(3.0, 3.0)}, 3)
    record(path, "duckdb", KNOWN, 3)
    known = read_recorded(path)
    assert figures_of(known, "duckdb") == KNOWN and figures_of(known, "postgres") == {"load": Figure(3.0, 3.0)}
    assert known["machine"]["cores"] and known["recorded"]


def test_without_a_record_there_is_no_verdict(tmp_path: Path) -> None:
    (text,) = check("duckdb", lambda: steps(load=1.0), tmp_path / "none.json", False, 1, SILENT, lambda: 1.0)
    assert "--record" in text


def test_both_engines_are_recorded_with_steps_that_are_judged() -> None:
    known = json.loads(RECORDED.read_text())
    for engine in ENGINES:
        assert {"load", "build", "build of a small change", "rates"} <= set(judged(figures_of(known, engine)))


SLOW_DOWN = """
import sys, time
if "loader" in sys.orig_argv:
    time.sleep(3)
"""


def test_a_planted_slow_down_of_the_real_load_fails_and_is_named(tmp_path: Path) -> None:
    """The load as it is is recorded; then the same command sleeps, as a change that makes it slower would."""
    make_exports(tmp_path)
    (tmp_path / "slow").mkdir()
    (tmp_path / "slow" / "sitecustomize.py").write_text(SLOW_DOWN)
    planted = {"PYTHONPATH": f"{tmp_path / 'slow'}:{REPOSITORY}"}
    path = tmp_path / "recorded.json"
    with ExitStack() as databases:
        (tmp_path / "engine").mkdir()
        engine = Engine("duckdb", tmp_path / "engine", SAMPLE / "vocabulary", databases)

        def only_the_load(real: Steps) -> Iterator[tuple[str, float]]:
            return islice(real(), 1)

        as_it_is, slow = Steps(engine, tmp_path), Steps(engine, tmp_path, planted)
        assert check("duckdb", lambda: only_the_load(as_it_is), path, True, 1, SILENT) == []
        assert "load" in judged(figures_of(read_recorded(path), "duckdb"))
        (text,) = check("duckdb", lambda: only_the_load(slow), path, False, 1, SILENT)
    assert text.startswith("duckdb: load is ") and "times slower than recorded" in text
