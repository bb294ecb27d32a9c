"""Every analysis answers its question on both engines, and as plain Python does."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.pipeline.conftest import Histories
from tests.support.analyses import NAMES, Answer, answers
from tests.support.commands import at_once
from tests.support.environments import ENGINES, REPOSITORY

DESCRIBED: dict[str, Any] = {
    analysis["name"]: analysis for analysis in yaml.safe_load((REPOSITORY / "analyses" / "_analyses.yml").read_text())["analyses"]
}


@pytest.fixture(scope="module")
def answered(
    histories: Histories, environments: dict[str, Mapping[str, str]],
    tmp_path_factory: pytest.TempPathFactory,
) -> dict[str, dict[str, Answer]]:
    """Engine -> analysis -> its answer on the sample."""

    def ask(engine: str) -> dict[str, Answer]:
        return answers(environments[engine], Path(tmp_path_factory.mktemp(engine)))

    return dict(zip(ENGINES, at_once(ask, list(ENGINES)), strict=True))


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("analysis", NAMES)
def test_the_answer_is_that_of_plain_python(
    answered: dict[str, dict[str, Answer]], engine: str, analysis: str
) -> None:
    answer = answered[engine][analysis]
    assert answer.rows
    assert answer.difference == ([], [])


@pytest.mark.parametrize("analysis", NAMES)
def test_both_engines_give_the_rows_in_the_same_order(answered: dict[str, dict[str, Answer]], analysis: str) -> None:
    in_order = [
        [tuple(map(str, row[:2])) for row in answered[engine][analysis].rows] for engine in ENGINES
    ]
    assert in_order[0] == in_order[1]


@pytest.mark.parametrize("analysis", NAMES)
def test_the_columns_are_those_that_are_described(answered: dict[str, dict[str, Answer]], analysis: str) -> None:
    described = [column["name"] for column in DESCRIBED[analysis]["columns"]]
    assert [answered[engine][analysis].columns for engine in ENGINES] == [described, described]
