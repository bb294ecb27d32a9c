"""The contracts, keys and references of the CDM models against the official lists of CDM 5.4."""

from pathlib import Path
from typing import Any

import jinja2
import pytest
import yaml

from tests.support import official
from tests.support.environments import REPOSITORY

CONTRACTS = sorted((REPOSITORY / "models" / "omop").rglob("*.yml"))
BUILT = [path for path in CONTRACTS if path.parent.name not in ("vocabulary", "unfilled")]
TABLES = [path for path in CONTRACTS if path.stem not in official.VOCABULARY]


def contract(path: Path) -> dict[str, Any]:
    (model,) = yaml.safe_load(path.read_text())["models"]
    return model


def macro(name: str, *arguments: str) -> Any:
    """What a macro that gives facts returns."""
    returned: list[Any] = []
    environment = jinja2.Environment(extensions=["jinja2.ext.do"])
    environment.globals["return"] = lambda value: returned.append(value) or ""
    module = environment.from_string((REPOSITORY / "macros" / f"{name}.sql").read_text()).module
    getattr(module, name)(*arguments)
    return returned[0]


def test_every_official_table_has_a_model() -> None:
    assert {path.stem for path in CONTRACTS} == set(official.TABLES)


@pytest.mark.parametrize("path", CONTRACTS, ids=lambda path: path.stem)
def test_columns_stand_in_the_official_order_with_their_types(path: Path) -> None:
    columns = [(column["name"], column["data_type"]) for column in contract(path)["columns"]]
    assert columns == [(field["field"], official.expected_type(field)) for field in official.fields_of(path.stem)]


@pytest.mark.parametrize("path", TABLES, ids=lambda path: path.stem)
def test_not_null_holds_where_the_cdm_requires_a_value_and_nowhere_else(path: Path) -> None:
    required = {field["field"] for field in official.fields_of(path.stem) if field["required"] == "yes"}
    constrained = {column["name"] for column in contract(path)["columns"] if column.get("constraints")}
    kinds = [kind["type"] for column in contract(path)["columns"] for kind in column.get("constraints", [])]
    assert constrained == required
    assert set(kinds) <= {"not_null"}


def test_keys_and_indexes_are_the_official_ones() -> None:
    tables = {path.stem for path in TABLES}
    keys = {table: key for table, key in official.PRIMARY_KEYS.items() if table in tables}
    indexes: dict[str, list[str]] = {table: [] for table in tables}
    for table, column in official.INDEXES:
        indexes.get(table, []).append(column)
    assert macro("cdm_primary_keys") == keys
    assert macro("cdm_indexes") == indexes


def test_the_rule_for_references_gives_the_official_foreign_keys() -> None:
    given = {
        (field["table"], field["field"]): (parent, f"{parent}_id")
        for field in official.FIELDS
        if (parent := macro("cdm_reference", field["table"], field["field"]))
    }
    assert given == official.FOREIGN_KEYS


@pytest.mark.parametrize("path", BUILT, ids=lambda path: path.stem)
def test_primary_keys_and_references_between_tables_are_tested_where_there_are_no_keys(path: Path) -> None:
    model = contract(path)
    tests = [test for test in model.get("data_tests", []) if "references_exist" in test]
    checked = tests[0]["references_exist"]["arguments"]["columns"] if tests else {}
    references = {
        column: parent
        for (table, column), (parent, _) in official.FOREIGN_KEYS.items()
        if table == path.stem and parent not in official.VOCABULARY
    }
    assert references.items() <= checked.items()
    if key := official.PRIMARY_KEYS.get(path.stem):
        (column,) = (column for column in model["columns"] if column["name"] == key)
        names = {test if isinstance(test, str) else next(iter(test)) for test in column.get("data_tests", [])}
        assert names & {"unique", "person_local_key"}


def test_concepts_of_every_table_are_looked_for_in_the_vocabulary(manifest: dict[str, Any]) -> None:
    node = "test.synthea_omop.every_concept_and_domain_is_in_the_vocabulary"
    looked_at = {name.rsplit(".", 1)[1] for name in manifest["nodes"][node]["depends_on"]["nodes"]}
    with_concepts = {path.stem for path in BUILT if any("concept_id" in name for name in _columns(path))}
    assert with_concepts <= looked_at


def _columns(path: Path) -> list[str]:
    return [column["name"] for column in contract(path)["columns"]]
