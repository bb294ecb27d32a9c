"""What an export holds and whether it can be loaded, found out without touching the user's database."""

from pathlib import Path

from rich.box import SIMPLE_HEAD
from rich.table import Table

from loader.databases import open_database
from loader.databases.base import Database, quoted
from loader.folders import TemporaryFolder
from loader.load.copying import copy_file
from loader.load.export import Export
from loader.load.raw_tables import RAW_TABLES
from loader.load.rejects import ANY_NUMBER, Rejects
from loader.progress import Reporter
from loader.report.references import broken_references, repeated_rows, repeated_rows_text
from loader.settings import Settings

# Written by default by the release lines from the one named on; the others come with every line.
_SINCE = {"devices": "v2.6", "supplies": "v2.6", "claims": "v3.0", "claims_transactions": "v3.0"}
_ONLY_IF_ASKED = ("patient_expenses",)
BATCH = 1


def check_export(export: Export, memory_limit: str, reporter: Reporter) -> int:
    """Print what is in the export and what is wrong with it; the number of rows that a load would reject."""
    reporter.say(f"{export.source}: a Synthea export of release line {export.layout}, {len(export.files)} files")
    for remark in export.remarks:
        reporter.warn(remark)
    missing = [f"{name}.csv" for name in missing_files(export)]
    if missing:
        reporter.warn(f"Missing, though {export.layout} writes them by default: {', '.join(missing)}")
    with TemporaryFolder("check") as scratch:
        settings = Settings("duckdb", Path(scratch) / "check.duckdb", memory_limit)
        with open_database(settings) as database:
            rejects = Rejects(ANY_NUMBER)
            _copy(database, export, rejects, reporter)
            for text in rejects.named():
                reporter.warn(f"  {text}")
            for text in repeated_rows_text(repeated_rows(database, export.tables, BATCH)):
                reporter.warn(text)
            broken = broken_references(database, export.tables)
    for name, column, target, rows, values in broken:
        reporter.warn(
            f"{name}.{column}: {rows:,} row{'s'[:rows != 1]} refer to {values:,} {target} that are not in the export"
        )
    if not broken:
        reporter.say("Every reference between the files resolves")
    return rejects.count


def missing_files(export: Export) -> list[str]:
    """The tables whose file the release line writes by default and the export has not."""
    return [
        name for name in RAW_TABLES
        if name not in export.tables and name not in _ONLY_IF_ASKED and export.layout >= _SINCE.get(name, "")
    ]


def _copy(database: Database, export: Export, rejects: Rejects, reporter: Reporter) -> None:
    table = Table(box=SIMPLE_HEAD)
    table.add_column("file", overflow="fold")
    for name in ("fields", "rows", "rejected"):
        table.add_column(name, justify="right")
    for name, file in export.files:
        with reporter.bytes_bar(file.path.name, file.path.stat().st_size) as advance:
            lineage: dict[str, str | int] = {"batch_id": BATCH, "file_name": file.path.name}
            result = copy_file(database, file, quoted("raw_synthea", name), lineage, advance, rejects)
        table.add_row(file.path.name, str(len(file.columns)), f"{result.rows_read:,}", f"{result.rejected:,}")
    reporter.show(table)
