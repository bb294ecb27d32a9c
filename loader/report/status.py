"""What the ledger says: the batches that were loaded, their files, what was rejected, the builds, what is to be done."""

import shlex
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text

from loader.databases.base import Database
from loader.load.ledger import CONSUMED, last_outcome
from loader.load.standing import gone_text, is_gone
from loader.progress import Reporter
from loader.rates.ledger import LIVE
from loader.report.cdm_state import cdm_state

# Of a long history the end is shown.
SHOWN = 20
REJECTED_SHOWN = 10
# A `running` batch of which no process is left broke off; the next load writes that into the ledger.
_OUTCOME = "case when outcome = 'running' and not {is_loading} then 'broken' else outcome end"
# (title, query); the columns have the names that are shown.
REPORTS = (
    (
        "Batches",
        f"""select batch_id as batch, layout, {_OUTCOME} as outcome, started_at as started,
            finished_at - started_at as time, files, rows_read as read, rows_loaded as loaded,
            rows_rejected as rejected, patients_new as new, patients_changed as changed, patients_removed as removed,
            source
        from etl.load_batch
        where batch_id > (select max(batch_id) from etl.load_batch) - {SHOWN}
        order by batch_id""",
    ),
    (
        "Files of the last loads",
        """select batch_id as batch, file_name as file, bytes, rows_read as read, rows_loaded as loaded,
            rows_rejected as rejected, seconds
        from etl.load_file
        where batch_id in (
            select max(batch_id) from etl.load_batch where outcome = 'loaded'
            group by case when layout = 'vocabulary' then 1 else 2 end
        )
        order by batch_id, file_name""",
    ),
    (
        "The first rejected rows of the last load that had any",
        f"""select file_name as file, line_number as line, column_name as column, left(value, 40) as value, reason
        from etl.rejected_row where batch_id = (select max(batch_id) from etl.rejected_row)
        order by file_name, line_number limit {REJECTED_SHOWN}""",
    ),
    (
        "Files of rates",
        f"""select payer, state, file_name as file, kind, year_month as month, outcome, rows_loaded as loaded,
            rows_rejected as rejected, loaded_at, built_at is not null as built
        from etl.rate_file
        where outcome in {LIVE} and file_id > (select max(file_id) from etl.rate_file) - {SHOWN}
        order by file_id""",
    ),
    (
        "Builds",
        f"""select build_id as build, outcome, started_at as started, seconds,
            case when first_batch_id < last_batch_id then concat(first_batch_id, '-', last_batch_id)
                else cast(last_batch_id as text) end as batches,
            patients, models, rows, full_refresh as full, upto_change_id as upto_change
        from etl.build
        where build_id > (select max(build_id) from etl.build) - {SHOWN} and (
            finished_at is not null or build_id not in (select build_id from etl.build where finished_at is not null)
        )
        order by build_id""",
    ),
)
NEVER_EMPTY = ("Batches", "Builds")


def print_status(database: Database, reporter: Reporter) -> None:
    """Print batches, files, rejected rows and builds, and what is to be done."""
    reporter.say(f"{database.place[0].upper()}{database.place[1:]}")
    is_loading = database.is_loading()
    missing = {f"{table.schema}.{table.name}" for table in database.missing_tables()}
    for title, sql in REPORTS:
        # A database that an older loader made has no such table until the next load.
        if any(f"from {table}" in sql for table in missing):
            continue
        names, rows = database.query_with_names(sql.replace("{is_loading}", str(is_loading).lower()))
        if rows:
            reporter.show(_table(title, names, rows))
        elif title in NEVER_EMPTY:
            reporter.say(f"{title}: none")
    for text in _remarks(database, is_loading):
        reporter.say(text)
    reporter.say(f"Patients whose change waits for a build: {pending_patients(database):,}")


def _table(title: str, names: list[str], rows: list[tuple[Any, ...]]) -> Table:
    table = Table(box=SIMPLE_HEAD, title=title, title_justify="left")
    for name, values in zip(names, zip(*rows, strict=True), strict=True):
        is_number = any(isinstance(value, int | float) and not isinstance(value, bool) for value in values)
        table.add_column(name, justify="right" if is_number else "left", overflow="fold")
    for row in rows:
        table.add_row(*(Text(_text(value)) for value in row))
    return table


def _remarks(database: Database, is_loading: bool) -> Iterator[str]:
    """What somebody should know or do."""
    for batch_id, rows in database.query(
        "select batch_id, count(*) from etl.rejected_row where batch_id = (select max(batch_id) from etl.rejected_row)"
        " group by batch_id"
    ):
        yield (
            f"Rejected rows of batch {batch_id}: {rows:,}; all of them, with the raw lines:"
            f" select * from etl.rejected_row where batch_id = {batch_id}"
        )
    if is_loading:
        yield "A synthea-omop is at work in this database: what it loads shows when it is done."
    else:
        yield from _broken(database)
        if is_gone(database):
            yield from gone_text(database)
    if text := cdm_state(database, is_loading):
        yield text
    outcome = last_outcome(database)
    if outcome in ("started", "partial", "failing", "unpublished") and not is_loading:
        yield f"The last build did not succeed (outcome {outcome}): the next synthea-omop run builds and tests again."


def _broken(database: Database) -> Iterator[str]:
    """Loads that were killed and not made up for."""
    for batch_id, source, layout in database.query(
        """select batch_id, source, layout from etl.load_batch as broken
        where outcome in ('running', 'broken') and not exists (
            select 1 from etl.load_batch as later
            where later.source = broken.source and later.outcome = 'loaded' and later.batch_id > broken.batch_id
        )
        order by batch_id"""
    ):
        verb = "vocabulary" if layout == "vocabulary" else "load"
        yield (
            f"Batch {batch_id} broke off: nothing of it was kept. To have it, synthea-omop {verb} {shlex.quote(source)}"
        )


def pending_patients(database: Database) -> int:
    """How many patients changed after what the last complete build has seen."""
    count: int = database.query(
        "select count(distinct patient_id) from etl.patient_change where change_id >"
        f" (select coalesce(max(upto_change_id), 0) from etl.build where outcome in {CONSUMED})"
    )[0][0]
    return count


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
