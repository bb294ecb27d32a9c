"""What the rows of an export refer to, and which of them occur more than once."""

from collections.abc import Iterable

from loader.databases.base import Database, literal, quoted
from loader.load.raw_tables import RAW_TABLES

# Files whose first column names the row; imaging_studies has one row a series and instance.
PRIMARY_IDS = ("patients", "encounters", "careplans", "organizations", "providers", "payers", "claims",
               "claims_transactions")

# Column -> the file that its values are ids of, by the names that the files give it.
_TARGETS = {
    "patient": "patients", "patientid": "patients", "patient_id": "patients",
    "encounter": "encounters", "appointmentid": "encounters",
    "organization": "organizations", "placeofservice": "organizations",
    "provider": "providers", "providerid": "providers", "supervisingproviderid": "providers",
    "referringproviderid": "providers",
    "payer": "payers", "secondary_payer": "payers", "payer_id": "payers",
    "primarypatientinsuranceid": "payers", "secondarypatientinsuranceid": "payers",
    "claimid": "claims",
}
# Stands for "no insurance" in the insurance ids of claims up to v3.1.
_NOBODY = "0"


def references(tables: Iterable[str]) -> list[tuple[str, str, str]]:
    """(table, column, table referred to) of every reference between these tables."""
    present = list(tables)
    return [
        (name, column.name, _TARGETS[column.name])
        for name in present for column in RAW_TABLES[name].columns
        if column.name in _TARGETS and _TARGETS[column.name] in present
    ]


def broken_references(database: Database, tables: Iterable[str]) -> list[tuple[str, str, str, int, int]]:
    """(table, column, table referred to, rows, distinct values) of the references that lead nowhere."""
    queries = [
        f"select {literal(name)}, {literal(column)}, {literal(target)}, count(*), count(distinct {quoted(column)})"
        f" from {quoted('raw_synthea', name)} as source where {quoted(column)} is not null"
        f" and cast({quoted(column)} as text) <> {literal(_NOBODY)} and not exists ("
        f"select 1 from {quoted('raw_synthea', target)} as target"
        f" where cast(target.id as text) = cast(source.{quoted(column)} as text))"
        for name, column, target in references(tables)
    ]
    return [row for sql in queries for row in database.query(sql) if row[3]]


def repeated_rows(database: Database, tables: Iterable[str], batch_id: int) -> list[tuple[str, int, int | None]]:
    """(table, surplus exact duplicates, surplus rows of repeated ids) of what a batch loaded, where there are any.

    The second number is None for a table without a primary id. Rows are compared by a hash of 64 bits.
    """
    found = []
    for name in tables:
        source = f"{quoted('raw_synthea', name)} where batch_id = {int(batch_id)}"
        ids = None
        if name in PRIMARY_IDS:
            ids = database.query(f"select count(*) - count(distinct id) from {source}")[0][0]
            if not ids:
                continue
        columns = [quoted(column.name) for column in RAW_TABLES[name].columns]
        hashed = database.row_hash(columns, 0)
        rows = database.query(
            f"select count(*) - count(distinct {hashed}) from {source}"
        )[0][0]
        if rows or ids:
            found.append((name, rows, ids))
    return found


def repeated_rows_text(found: list[tuple[str, int, int | None]]) -> list[str]:
    """A line for each table with duplicates, for a person."""
    return [
        f"{name}: {rows:,} exact duplicate row{'s'[:rows != 1]}"
        + (f", {ids:,} row{'s'[:ids != 1]} with a repeated id" if ids is not None else "") + "; all kept."
        for name, rows, ids in found
    ]
