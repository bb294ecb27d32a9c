"""What the fixed price of a run is held against."""

import json
from pathlib import Path

from bench.fixed_price import PARTS, RECORDED, TOO_MUCH, dearer, works
from tests.support.environments import REPOSITORY


def test_a_work_that_has_become_dearer_is_named_and_one_that_nobody_recorded_too() -> None:
    recorded = {"a": 1.0, "b": 2.0}
    assert dearer({"a": TOO_MUCH, "b": 2.0 * TOO_MUCH + 0.01, "c": 0.1}, recorded) == ["b", "c"]


def test_every_work_has_its_record(tmp_path: Path) -> None:
    measured = [*works(REPOSITORY, tmp_path), *PARTS]
    assert sorted(json.loads(RECORDED.read_text())) == sorted(measured)
