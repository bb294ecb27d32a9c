"""The tests of concepts and references leave out no column that a table of the CDM fills."""

import re
from typing import Any

import pytest

from tests.project.conftest import Model

# Ids that are no reference: texts of the source, and keys that two tables share.
NO_REFERENCES = {"unique_device_id", "production_id", "specimen_source_id", "cost_domain_id"}
TESTS_OF_REFERENCES = {"references_exist", "events_exist"}


@pytest.fixture(scope="module")
def tested(manifest: dict[str, Any]) -> dict[str, dict[str, set[str]]]:
    """Model -> kind of test -> the columns that it looks at."""
    found: dict[str, dict[str, set[str]]] = {}
    for node in manifest["nodes"].values():
        metadata = node.get("test_metadata") or {}
        if node["resource_type"] == "test" and metadata.get("name") in {"standard_concepts", *TESTS_OF_REFERENCES}:
            kind = "concepts" if metadata["name"] == "standard_concepts" else "references"
            arguments = metadata["kwargs"]
            columns = set(arguments.get("columns", ())) | {arguments.get("column_name")}
            found.setdefault(node["attached_node"], {}).setdefault(kind, set()).update(columns)
    return found


def test_every_concept_that_a_table_fills_is_tested(models: list[Model], tested: dict[str, dict[str, set[str]]]) -> None:
    unseen = {}
    for model in _tables(models):
        concepts = {name for name in _filled(model) if name.endswith("concept_id") and "source_concept" not in name}
        if missing := concepts - tested.get(model.node["unique_id"], {}).get("concepts", set()):
            unseen[model.name] = missing
    assert unseen == {}


def test_every_reference_that_a_table_fills_is_tested(
    models: list[Model], tested: dict[str, dict[str, set[str]]]
) -> None:
    unseen = {}
    for model in _tables(models):
        ids = {name for name in _filled(model) if name.endswith("_id") and "concept" not in name}
        ids -= NO_REFERENCES | {f"{model.name}_id"}
        if missing := ids - tested.get(model.node["unique_id"], {}).get("references", set()):
            unseen[model.name] = missing
    assert unseen == {}


def _tables(models: list[Model]) -> list[Model]:
    """Those that have rows of their own: the vocabulary's are views, and a table that Synthea cannot fill has none."""
    return [
        model
        for model in models
        if model.room == "omop" and model.folders[1] != "vocabulary" and "no_rows()" not in model.sql
    ]


def _filled(model: Model) -> set[str]:
    empty = set(re.findall(r"cast\(null as [a-z]+\) as (\w+)", model.sql))
    return set(model.node["columns"]) - empty
