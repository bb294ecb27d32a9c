"""Every analysis says what it asks and what its rows are, on its page and in the documentation."""

import re
from pathlib import Path
from typing import Any

import pytest

from tests.support.answers import ANSWERS
from tests.support.environments import REPOSITORY

ANALYSES = sorted((REPOSITORY / "analyses").glob("*.sql"))
FEWEST = 8


@pytest.fixture(scope="module")
def nodes(manifest: dict[str, Any]) -> dict[str, Any]:
    """Name -> analysis, as dbt has it."""
    return {node["name"]: node for node in manifest["nodes"].values() if node["resource_type"] == "analysis"}


def test_there_are_questions_and_each_has_an_answer_to_be_checked_against() -> None:
    assert len(ANALYSES) >= FEWEST
    assert set(ANSWERS) == {path.stem for path in ANALYSES}


@pytest.mark.parametrize("path", ANALYSES, ids=lambda path: path.stem)
def test_the_first_lines_are_the_question_and_the_grain_as_described(path: Path, nodes: dict[str, Any]) -> None:
    question, grain = path.read_text(encoding="utf-8").splitlines()[:2]
    assert question.endswith("?") and grain.startswith("-- One row per ")
    described = nodes[path.stem]["description"]
    assert described.startswith(f"{question.removeprefix('-- ')} {grain.removeprefix('-- ')} ")


@pytest.mark.parametrize("path", ANALYSES, ids=lambda path: path.stem)
def test_the_name_is_the_question(path: Path) -> None:
    question = path.read_text(encoding="utf-8").splitlines()[0].lower()
    assert path.stem.split("_")[0] == re.findall("[a-z]+", question)[0]


@pytest.mark.parametrize("path", ANALYSES, ids=lambda path: path.stem)
def test_an_analysis_names_no_relation_by_hand(path: Path, nodes: dict[str, Any]) -> None:
    sql = re.sub(r"--[^\n]*", "", path.read_text(encoding="utf-8"))
    assert re.findall(r"\b(?:omop|quality|intermediate|staging|raw_synthea)\s*\.", sql) == []
    assert nodes[path.stem]["refs"]


def test_every_column_is_described(nodes: dict[str, Any]) -> None:
    assert [
        name for name, node in nodes.items()
        if not node["columns"] or not all(column["description"] for column in node["columns"].values())
    ] == []
