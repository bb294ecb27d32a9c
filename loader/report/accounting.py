"""Where the rows of the files went, and how much of them has no standard concept."""

import json
from decimal import Decimal
from itertools import groupby
from operator import itemgetter
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.table import Table

from loader.databases.base import Database
from loader.errors import DataQualityError, LoaderError
from loader.progress import Reporter
from loader.report.status import pending_patients

Rows = list[dict[str, Any]]

ROW_ACCOUNTING = """
    select accounting.file_name, accounting.rows_read, accounting.outcome, accounting.kind, accounting.source_rows,
        accounting.further_rows, row_outcomes.reason
    from quality.row_accounting as accounting
    left join mappings.row_outcomes as row_outcomes on accounting.outcome = row_outcomes.outcome
    order by accounting.file_name,
        case accounting.kind when 'CDM table' then 1 when 'elsewhere' then 2 when 'left out' then 3 else 4 end,
        accounting.source_rows desc, accounting.further_rows desc, accounting.outcome"""
MAPPING_COVERAGE = """
    select file_name, vocabulary_id, source_rows, unmapped_rows, unknown_code_rows, unmapped_share
    from quality.mapping_coverage order by file_name, vocabulary_id"""


def read_accounting(database: Database) -> dict[str, Rows]:
    """Both tables of the last build, by name; LoaderError where nothing was built yet."""
    built = {name for (name,) in database.query(
        "select table_name from information_schema.tables where table_schema = 'quality'"
    )}
    if not {"row_accounting", "mapping_coverage"} <= built:
        raise LoaderError(f"Nothing has been built in the {database.place} yet. Use synthea-omop run.")
    return {
        "row_accounting": _rows(database, ROW_ACCOUNTING), "mapping_coverage": _rows(database, MAPPING_COVERAGE),
    }


def print_accounting(database: Database, reporter: Reporter, as_json: bool = False) -> None:
    """Print where every row of every file went; DataQualityError when rows are missing or count twice."""
    accounting = read_accounting(database)
    if as_json:
        reporter.say(json.dumps(accounting, indent=2, default=_number))
    else:
        reporter.show(_accounting_table(accounting["row_accounting"]))
        reporter.show(_coverage_table(accounting["mapping_coverage"]))
        if waiting := pending_patients(database):
            reporter.say(f"The last build does not know of {waiting:,} patients that have changed since")
    if wrong := differences(accounting["row_accounting"]):
        raise DataQualityError("Not every row is accounted for once. " + "; ".join(wrong))


def differences(row_accounting: Rows) -> list[str]:
    """The files whose rows do not add up, in words."""
    found = []
    for file, rows in groupby(row_accounting, itemgetter("file_name")):
        outcomes = list(rows)
        read, counted = outcomes[0]["rows_read"], sum(row["source_rows"] for row in outcomes)
        if read != counted:
            found.append(f"{file}: {read:,} rows read, {counted:,} accounted for")
    return found


def _accounting_table(rows: Rows) -> Table:
    table = Table(box=SIMPLE_HEAD, title="Where the rows of the files went", title_justify="left")
    table.add_column("file")
    table.add_column("read", justify="right")
    table.add_column("went to")
    table.add_column("rows", justify="right")
    table.add_column("and besides", justify="right")
    table.add_column("why", overflow="fold")
    for _, outcomes in groupby(rows, itemgetter("file_name")):
        for number, row in enumerate(outcomes):
            first = (row["file_name"], f"{row['rows_read']:,}") if number == 0 else ("", "")
            table.add_row(
                *first, row["outcome"] or "", _count(row["source_rows"]), _count(row["further_rows"]),
                f"{row['kind']}: {row['reason']}" if row["reason"] else "",
            )
    return table


def _coverage_table(rows: Rows) -> Table:
    table = Table(box=SIMPLE_HEAD, title="Rows without a standard concept", title_justify="left")
    table.add_column("file")
    table.add_column("vocabulary")
    for name in ("rows", "unmapped", "of these, code unknown", "unmapped share"):
        table.add_column(name, justify="right")
    for row in rows:
        share = row["unmapped_share"]
        table.add_row(
            row["file_name"], row["vocabulary_id"], f"{row['source_rows']:,}", _count(row["unmapped_rows"]),
            _count(row["unknown_code_rows"]), f"{share:.1%}" if share is not None else "",
        )
    return table


def _rows(database: Database, sql: str) -> Rows:
    names, rows = database.query_with_names(sql)
    return [dict(zip(names, row, strict=True)) for row in rows]


def _count(number: int) -> str:
    return f"{number:,}" if number else ""


def _number(value: Decimal) -> float:
    return float(value)
