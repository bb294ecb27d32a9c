"""What the ledger says: the batches that were loaded, their files, and the builds."""

from datetime import datetime, timedelta
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.table import Table

from loader.databases.base import Database
from loader.progress import Reporter

# (title, query); the columns have the names that are shown.
REPORTS = (
    (
        "Batches",
        """select batch_id as batch, layout, outcome, started_at as started, finished_at - started_at as time, files,
            rows_loaded as rows, rows_rejected as rejected, patients_new as new, patients_changed as changed,
            patients_removed as removed, source
        from etl.load_batch order by batch_id""",
    ),
    (
        "Files of the last loads",
        """select batch_id as batch, file_name as file, bytes, rows_loaded as rows, rows_rejected as rejected, seconds
        from etl.load_file
        where batch_id in (
            select max(batch_id) from etl.load_batch where outcome = 'loaded'
            group by case when layout = 'vocabulary' then 1 else 2 end
        )
        order by batch_id, file_name""",
    ),
    (
        "Builds",
        """select build_id as build, outcome, started_at as started, seconds, models, full_refresh as full,
            upto_change_id as upto_change
        from etl.build
        where finished_at is not null or build_id not in (select build_id from etl.build where finished_at is not null)
        order by build_id""",
    ),
)


def print_status(database: Database, reporter: Reporter) -> None:
    """Print batches, files and builds, and whether changes wait for a build."""
    reporter.say(f"{database.place[0].upper()}{database.place[1:]}")
    for title, sql in REPORTS:
        names, rows = database.query_with_names(sql)
        if not rows:
            reporter.say(f"{title}: none")
            continue
        table = Table(box=SIMPLE_HEAD, title=title, title_justify="left")
        for name, value in zip(names, rows[0], strict=True):
            is_number = isinstance(value, int | float) and not isinstance(value, bool)
            table.add_column(name, justify="right" if is_number else "left", overflow="fold")
        for row in rows:
            table.add_row(*map(_text, row))
        reporter.show(table)
    reporter.say(f"Patients whose change waits for a build: {pending_patients(database):,}")


def pending_patients(database: Database) -> int:
    """How many patients changed after what the last complete build has seen."""
    return database.query(
        "select count(distinct patient_id) from etl.patient_change where change_id >"
        " (select coalesce(max(upto_change_id), 0) from etl.build where outcome = 'done')"
    )[0][0]


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        return f"{value:.1f}"
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M:%S}"
    if isinstance(value, timedelta):
        return f"{value.total_seconds():.1f} s"
    return str(value)
