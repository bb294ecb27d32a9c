"""The contracts and keys of the CDM models against the official field and index lists of CDM 5.4."""

import csv
from pathlib import Path
from typing import Any

import jinja2
import pytest
import yaml

ROOT = Path(__file__).parents[2]
SPECS = ROOT.parent / "shared" / "specs"
CONTRACTS = sorted((ROOT / "models" / "omop").rglob("*.yml"))
# Views on the loader's tables: their texts have no length and their rows no constraint of their own.
VIEWS = ROOT / "models" / "omop" / "vocabulary"
SPELLINGS = {"datetime": "timestamp", "varchar(max)": "text"}


def official(name: str) -> list[dict[str, str]]:
    path = SPECS / name
    if not path.exists():
        pytest.skip(f"{path} is not here: the official list travels apart from the project")
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def fields_of(table: str) -> list[dict[str, str]]:
    return [field for field in official("cdm54_fields.csv") if field["table"] == table]


def contract(path: Path) -> dict[str, Any]:
    (model,) = yaml.safe_load(path.read_text())["models"]
    return model


def expected_type(field: dict[str, str], is_view: bool) -> str:
    """The type that stands for an official one: ids are wider than the CDM's integers, numbers have their digits."""
    name, kind = field["field"], field["type"]
    if kind == "integer":
        is_concept = "concept_id" in name
        is_id = name.endswith("_id") or name.startswith("fact_id_")
        return "bigint" if is_id and not is_concept else "integer"
    if kind == "float":
        if is_view:
            return "numeric(38,12)"
        if name in ("latitude", "longitude"):
            return "double precision"
        return "numeric(18,2)" if field["table"] == "cost" else "numeric(18,6)"
    if is_view and kind.startswith("varchar"):
        return "text"
    return SPELLINGS.get(kind, kind)


def macro(name: str) -> Any:
    """What a macro that gives facts returns."""
    returned: list[Any] = []
    environment = jinja2.Environment(extensions=["jinja2.ext.do"])
    environment.globals["return"] = lambda value: returned.append(value) or ""
    module = environment.from_string((ROOT / "macros" / f"{name}.sql").read_text()).module
    getattr(module, name)()
    return returned[0]


@pytest.mark.parametrize("path", CONTRACTS, ids=lambda path: path.stem)
def test_columns_stand_in_the_official_order_with_their_types(path: Path) -> None:
    fields = fields_of(path.stem)
    columns = [(column["name"], column["data_type"]) for column in contract(path)["columns"]]
    assert columns == [(field["field"], expected_type(field, path.parent == VIEWS)) for field in fields]


@pytest.mark.parametrize("path", [path for path in CONTRACTS if path.parent != VIEWS], ids=lambda path: path.stem)
def test_not_null_holds_where_the_cdm_requires_a_value_and_nowhere_else(path: Path) -> None:
    required = {field["field"] for field in fields_of(path.stem) if field["required"] == "yes"}
    constrained = {column["name"] for column in contract(path)["columns"] if column.get("constraints")}
    kinds = [kind for column in contract(path)["columns"] for kind in column.get("constraints", [])]
    assert constrained == required
    assert all(kind == {"type": "not_null"} for kind in kinds)


def test_every_table_has_its_keys_listed() -> None:
    tables = {path.stem for path in CONTRACTS if path.parent != VIEWS}
    assert set(macro("cdm_indexes")) == tables
    assert set(macro("cdm_primary_keys")) <= tables


def test_keys_and_indexes_are_the_official_ones() -> None:
    tables = set(macro("cdm_indexes"))
    keys = {
        field["table"]: field["field"]
        for field in official("cdm54_fields.csv")
        if field["primary_key"] == "yes" and field["table"] in tables
    }
    indexes: dict[str, list[str]] = {table: [] for table in tables}
    for index in official("cdm54_indexes.csv"):
        indexes.get(index["table"], []).append(index["columns"])
    assert macro("cdm_primary_keys") == keys
    assert macro("cdm_indexes") == indexes


@pytest.mark.parametrize(("table", "key"), macro("cdm_primary_keys").items())
def test_every_primary_key_is_tested_for_uniqueness(table: str, key: str) -> None:
    (path,) = (path for path in CONTRACTS if path.stem == table)
    (column,) = (column for column in contract(path)["columns"] if column["name"] == key)
    names = {test if isinstance(test, str) else next(iter(test)) for test in column.get("data_tests", [])}
    assert names & {"unique", "person_local_key"}
