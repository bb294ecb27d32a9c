"""CDM 5.4 as OHDSI publishes it, and how the project spells its types."""

import csv
from collections.abc import Mapping
from pathlib import Path

LISTS = Path(__file__).parent / "cdm54"
VOCABULARY = (
    "concept", "concept_ancestor", "concept_class", "concept_relationship", "concept_synonym", "domain",
    "drug_strength", "relationship", "source_to_concept_map", "vocabulary",
)  # fmt: skip
# The official list of indexes calls a column of episode_event by a name that it does not have.
MISNAMED = {("episode_event", "event_field_concept_id"): "episode_event_field_concept_id"}
SPELLINGS = {"datetime": "timestamp", "varchar(max)": "text"}

Field = Mapping[str, str]


def _rows(name: str) -> list[dict[str, str]]:
    with (LISTS / name).open(newline="") as file:
        return list(csv.DictReader(file))


FIELDS = _rows("fields.csv")
TABLES = tuple(dict.fromkeys(field["table"] for field in FIELDS))
PRIMARY_KEYS = {field["table"]: field["field"] for field in FIELDS if field["primary_key"] == "yes"}
# (child, column) -> (parent, column)
FOREIGN_KEYS = {
    (field["table"], field["field"]): (field["foreign_key_table"], field["foreign_key_field"])
    for field in FIELDS
    if field["foreign_key_table"]
}
INDEXES = [
    (row["table"], MISNAMED.get((row["table"], row["columns"]), row["columns"])) for row in _rows("indexes.csv")
]


def fields_of(table: str) -> list[Field]:
    """The fields of a table in their order."""
    return [field for field in FIELDS if field["table"] == table]


def expected_type(field: Field) -> str:
    """The type that stands for an official one: ids are wider than the CDM's integers, numbers have their digits.

    The vocabulary is views on the loader's tables, whose texts have no length.
    """
    name, kind, is_view = field["field"], field["type"], field["table"] in VOCABULARY
    if kind == "integer":
        return "bigint" if name.endswith(("_id", "_id_1", "_id_2")) and "concept_id" not in name else "integer"
    if kind == "float":
        # A dose is a strength, to its last digit.
        if is_view or name == "dose_value":
            return "numeric(38,12)"
        if name in ("latitude", "longitude"):
            return "double precision"
        return "numeric(18,2)" if field["table"] == "cost" else "numeric(18,6)"
    if is_view and kind.startswith("varchar"):
        return "text"
    return SPELLINGS.get(kind, kind)
