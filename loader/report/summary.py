"""What a run made: the rows of the CDM, how much of it has a standard concept, and the time of each part."""

from collections.abc import Mapping

from rich.box import SIMPLE_HEAD
from rich.table import Table

from loader.databases.base import Database, literal, quoted
from loader.progress import Reporter

EVENT_CONCEPTS = {
    "visit_occurrence": "visit_concept_id",
    "visit_detail": "visit_detail_concept_id",
    "condition_occurrence": "condition_concept_id",
    "drug_exposure": "drug_concept_id",
    "procedure_occurrence": "procedure_concept_id",
    "device_exposure": "device_concept_id",
    "measurement": "measurement_concept_id",
    "observation": "observation_concept_id",
    "specimen": "specimen_concept_id",
}


def count_rows(database: Database) -> list[tuple[str, int, int | None]]:
    """(table, rows, rows with a standard concept) of every table of the CDM; the last is None for other tables."""
    tables = database.query(
        "select table_name from information_schema.tables where table_schema = 'omop' and table_type = ?"
        " order by table_name",
        (database.built_as,),
    )
    if not tables:
        return []
    counts = database.query(" union all ".join(map(_count, [name for (name,) in tables])))
    return sorted([*counts, *((name, 0, None) for name in database.without_files("omop"))])


def print_summary(database: Database, seconds: Mapping[str, float], reporter: Reporter) -> None:
    """Print the summary of a run. `seconds` are those of each part, in the order in which they ran."""
    table = Table(box=SIMPLE_HEAD)
    table.add_column("CDM table")
    table.add_column("rows", justify="right")
    table.add_column("with a standard concept", justify="right")
    counts = count_rows(database)
    for name, rows, mapped in counts:
        if rows:
            table.add_row(name, f"{rows:,}", f"{mapped / rows:.1%}" if mapped is not None else "")
    reporter.show(table)
    if empty := [name for name, rows, _ in counts if not rows]:
        reporter.say(f"Empty: {', '.join(empty)}")
    parts = ", ".join(f"{part} {taken:.1f} s" for part, taken in seconds.items())
    reporter.say(f"Time: {parts}; {sum(seconds.values()):.1f} s in all")
    reporter.say(f"The CDM is in schema omop of the {database.place}")


def _count(name: str) -> str:
    concept = EVENT_CONCEPTS.get(name)
    mapped = f"count(case when {quoted(concept)} <> 0 then 1 end)" if concept else "cast(null as bigint)"
    return f"select {literal(name)}, count(*), {mapped} from {quoted('omop', name)}"
