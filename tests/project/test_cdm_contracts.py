"""The contracts, keys and references of the CDM models against the official lists of CDM 5.4."""

import csv
from pathlib import Path
from typing import Any

import jinja2
import pytest
import yaml

from tests.project.conftest import set_in
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
    module = environment.from_string((REPOSITORY / "macros" / "cdm" / f"{name}.sql").read_text()).module
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
def test_keys_and_references_are_fatal_checks_where_the_database_has_no_keys(path: Path) -> None:
    checks = {
        (row["check_name"], row["cdm_field_name"].lower(), row["parameter"].lower())
        for row in _seed("dqd_checks")
        if row["cdm_table_name"].lower() == path.stem and float(row["threshold_value"] or 0) == 0
    }
    wanted = {
        ("isForeignKey", column, f"{parent}.{key}")
        for (table, column), (parent, key) in official.FOREIGN_KEYS.items()
        if table == path.stem
    }
    if key := official.PRIMARY_KEYS.get(path.stem):
        wanted |= {("isPrimaryKey", key, "")}
    assert wanted - checks == set()


def test_a_missing_key_or_reference_is_fatal() -> None:
    severities = {row["check_name"]: row["severity"] for row in _seed("dqd_check_types")}
    assert {severities["isForeignKey"], severities["isPrimaryKey"], severities["isRequired"]} == {"fatal"}


def test_every_text_of_a_table_is_measured() -> None:
    measured = set(set_in(REPOSITORY / "tests" / "omop" / "every_text_fits_its_column.sql", "tables"))
    with_texts = {
        path.stem for path in BUILT if any("varchar(" in column["data_type"] for column in contract(path)["columns"])
    }
    assert measured == with_texts


def _seed(name: str) -> list[dict[str, str]]:
    with (REPOSITORY / "seeds" / "quality" / f"{name}.csv").open(newline="", encoding="utf-8") as rows:
        return list(csv.DictReader(rows))
