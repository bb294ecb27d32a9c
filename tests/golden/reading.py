"""What a built database says about the patient of a golden case, in the words of the cases."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from tests.golden.cases import Case, Row
from tests.golden.export import SHARED, own_names, patient_id, read_concepts, shared_id
from tests.support.comparison import COLUMNS, Reader

IDS_PER_PERSON = 1 << 20
# Tables without a person: the case's own rows are those of its organizations and providers.
BY_SOURCE_VALUE = {"care_site": "organizations", "provider": "providers"}
WITHOUT_PERSON_ID = {"cost": "cost_id", "fact_relationship": "fact_id_1"}
NAMED_IDS = {"provider_id": "provider", "care_site_id": "care_site"}


class Built:
    """The CDM of one engine, read once."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._concepts = {row["concept_name"]: row["concept_id"] for row in read_concepts()}
        self._tables: dict[str, dict[Any, list[Mapping[str, Any]]]] = {}
        self._persons = {row["person_source_value"]: row for rows in self._read("person").values() for row in rows}
        self._names = {
            table: {row[f"{table}_id"]: row[f"{table}_source_value"] for rows in self._read(table).values() for row in rows}
            for table in BY_SOURCE_VALUE
        }

    def concept(self, name: str) -> str:
        """The id of an invented concept; an id stays what it is."""
        return self._concepts.get(name, name)

    def rows(self, case: Case, table: str) -> list[dict[str, str]]:
        """The rows of the case's patient as text; ids as names, or as numbers inside the person."""
        person = self._persons.get(patient_id(case))
        if table in BY_SOURCE_VALUE:
            ids = _own_ids(case, BY_SOURCE_VALUE[table])
            rows = [row for rows in self._read(table).values() for row in rows if row[f"{table}_source_value"] in ids]
        elif table == "location":
            ids = {person["location_id"]} | {row["location_id"] for row in self._own_care_sites(case)}
            rows = [row for rows in self._read(table).values() for row in rows if row["location_id"] in ids]
        else:
            rows = self._read(table).get(person["person_id"], []) if person else []
        return [self._described(case, row) for row in rows]

    def visits(self, case: Case) -> list[str]:
        """`concept start end encounters` of each visit, in the order of the ids."""
        details = defaultdict(list)
        for row in sorted(self.rows(case, "visit_detail"), key=lambda row: int(row["visit_detail_id"])):
            details[row["visit_occurrence_id"]].append(row["visit_detail_source_value"])
        return [
            " ".join([
                row["visit_concept_id"], row["visit_start_datetime"], row["visit_end_datetime"],
                *details[row["visit_occurrence_id"]],
            ])
            for row in sorted(self.rows(case, "visit_occurrence"), key=lambda row: int(row["visit_occurrence_id"]))
        ]

    def _own_care_sites(self, case: Case) -> list[Mapping[str, Any]]:
        ids = _own_ids(case, "organizations")
        sites = self._read("care_site").values()
        return [row for rows in sites for row in rows if row["care_site_source_value"] in ids]

    def _read(self, table: str) -> dict[Any, list[Mapping[str, Any]]]:
        """Person -> rows; None -> rows of a table that belongs to no person."""
        if table not in self._tables:
            columns = [name for name, _ in self._reader.query(COLUMNS.format(table=f"omop.{table}"))]
            assert columns, f"the CDM has no table {table}"
            found = defaultdict(list)
            for values in self._reader.query(f"select * from omop.{table}"):
                row = dict(zip(columns, values, strict=True))
                found[_owner(table, row)].append(row)
            self._tables[table] = found
        return self._tables[table]

    def _described(self, case: Case, row: Mapping[str, Any]) -> dict[str, str]:
        return {name: self._word(case, name, value) for name, value in row.items()}

    def _word(self, case: Case, name: str, value: Any) -> str:
        if value is None:
            return "null"
        if table := NAMED_IDS.get(name):
            return _name_of(case, BY_SOURCE_VALUE[table], self._names[table][value])
        if "_id" in name and "concept" not in name and isinstance(value, int) and value >= IDS_PER_PERSON:
            return str(value % IDS_PER_PERSON)
        return as_text(value)


def _owner(table: str, row: Row) -> Any:
    if table in WITHOUT_PERSON_ID:
        return row[WITHOUT_PERSON_ID[table]] // IDS_PER_PERSON
    return row.get("person_id")


def _own_ids(case: Case, file: str) -> set[str]:
    return {shared_id(case, file, name) for name in own_names(case, file)}


def _name_of(case: Case, file: str, value: str) -> str:
    for name in SHARED[file].keys() | own_names(case, file):
        if shared_id(case, file, name) == value:
            return name
    return value


def as_text(value: Any) -> str:
    """A value as the cases write it: times without the seconds that are 0, numbers without trailing zeros."""
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M}" if value.second == 0 else f"{value:%Y-%m-%d %H:%M:%S}"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, (Decimal, float)):
        text = f"{Decimal(str(value)):f}"
        return text.rstrip("0").rstrip(".") if "." in text else text
    return str(value)
