"""What a build has left: every table that it stores, and whose rows they are."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from loader.load.shared import SHARED_COUNTERS
from tests.support.comparison import UNIT_SEPARATOR, Table, reading

# Two tables hold what the last build worked on, and no part of its result.
WORKING_SETS = ("int_changes__persons", "int_events__collected")
STORED = f"""
    select table_schema || '.' || table_name
    from information_schema.tables
    where table_schema in ('omop', 'intermediate', 'quality') and table_type = 'BASE TABLE'
        and table_name not in {WORKING_SETS}
    order by 1
"""
PERSONS = "intermediate.int_keys__persons"
# The tables without a person_id, and the column whose upper bits are one.
PERSON_IN = {"omop.cost": "cost_id", "omop.fact_relationship": "fact_id_1"}
RAW = """
    select table_schema || '.' || table_name from information_schema.tables
    where table_schema = 'raw_synthea' and table_name <> 'alive' order by 1
"""
# What says where a row came from, and what counts a run of Synthea, is no content.
LINEAGE = {"batch_id", "file_name"}
COUNTERS = SHARED_COUNTERS | {"claims_transactions": {"id", "chargeid", "transferoutid"}}


@dataclass(frozen=True)
class Built:
    """The stored tables as sorted lines, the persons that the build replaced, and on PostgreSQL each row's version."""

    tables: Mapping[str, Table]
    replaced: frozenset[int]
    versions: Mapping[str, Mapping[int, str]]

    def person_ids(self) -> dict[str, int]:
        """Patient to person."""
        columns = self.tables[PERSONS].columns
        person, patient = columns.index("person_id"), columns.index("patient_id")
        lines = [line.split(UNIT_SEPARATOR) for line in self.tables[PERSONS].rows]
        return {fields[patient]: int(fields[person]) for fields in lines}

    def rows_of(self, person_id: int) -> dict[str, tuple[list[str], str | None]]:
        """Table -> the person's rows and, where the engine has them, their versions."""
        return {
            name: (self._by_person(name)[person_id], self.versions.get(name, {}).get(person_id))
            for name, table in self.tables.items() if _person_column(name, table)
        }

    def _by_person(self, name: str) -> Mapping[int, list[str]]:
        table = self.tables[name]
        column = _person_column(name, table)
        position, shift = table.columns.index(column), 20 if name in PERSON_IN else 0
        found = defaultdict(list)
        for line in table.rows:
            found[int(line.split(UNIT_SEPARATOR)[position]) >> shift].append(line)
        return found


def _person_column(name: str, table: Table) -> str:
    if name == PERSONS:
        return ""
    return PERSON_IN.get(name, "person_id" if "person_id" in table.columns else "")


def read_built(environment: Mapping[str, str]) -> Built:
    """Everything that the build has left in a small database."""
    with reading(environment) as reader:
        tables = {}
        for (name,) in list(reader.query(STORED)):
            table = reader.table(name)
            tables[name] = Table(table.columns, list(table.rows))
        versions = {}
        if reader.is_postgres:
            for name, table in tables.items():
                if column := _person_column(name, table):
                    person = f"{column} >> 20" if name in PERSON_IN else column
                    versions[name] = dict(reader.query(
                        f"select {person}, string_agg(cast(xmin as text) || cast(ctid as text), ' ' order by ctid)"
                        f" from {name} group by 1"
                    ))
        replaced = frozenset(person for (person,) in reader.query("select person_id from intermediate.int_changes__persons"))
    return Built(tables, replaced, versions)


def read_content(environment: Mapping[str, str]) -> dict[str, list[str]]:
    """The rows of raw_synthea, as far as they are content."""
    found = {}
    with reading(environment) as reader:
        for (name,) in list(reader.query(RAW)):
            table = reader.table(name)
            aside = LINEAGE | COUNTERS.get(name.split(".")[1], set())
            kept = [place for place, column in enumerate(table.columns) if column not in aside]
            lines = (line.split(UNIT_SEPARATOR) for line in table.rows)
            found[name] = sorted(UNIT_SEPARATOR.join(fields[place] for place in kept) for fields in lines)
    return found
