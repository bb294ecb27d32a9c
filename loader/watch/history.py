"""The runs and their steps in the ledger: written once at the end of a run, read by the next ones and by `status`."""

from collections.abc import Sequence
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.filesize import decimal
from rich.table import Table
from rich.text import Text

from loader.databases.base import Database, literal, quoted
from loader.databases.tables import LEDGER
from loader.progress import Reporter
from loader.watch.alerts import RUNS, Usual
from loader.watch.steps import COUNTERS, Step

ROWS_AN_INSERT = 100
# Of how many runs steps are looked through for their last ones, and how many of the slowest are shown.
LOOKED_THROUGH, SLOWEST = 100, 15
_FINISHED = "status not in ('running', 'unfinished', 'failed', 'error')"
_MEDIAN = "percentile_cont(0.5) within group (order by seconds)"
_STEP_COLUMNS = ("kind", "step", "status", "started_at", "seconds", "rows", "bytes", "peak_memory", *COUNTERS)


def is_kept(database: Database) -> bool:
    """Whether the database has the tables; one that an older loader made gets them when somebody writes to it."""
    return not {"run", "run_step"} & {table.name for table in database.missing_tables() if table in LEDGER}


def usual_seconds(database: Database) -> Usual:
    """(kind, step) to the median seconds of the last runs that had it, and how many runs these are."""
    return {
        (kind, name): (median, runs) for kind, name, median, runs in database.query(f"""
            select kind, step, {_MEDIAN}, count(*)
            from (
                select kind, step, seconds, row_number() over (partition by kind, step order by run_id desc) as age
                from etl.run_step
                where {_FINISHED} and run_id > (select max(run_id) from etl.run) - {LOOKED_THROUGH}
            ) as step
            where age <= {RUNS}
            group by kind, step""")
    }


def last_ids(database: Database) -> tuple[int, int]:
    """The last batch and the last build that the ledger has."""
    return database.query(
        "select (select coalesce(max(batch_id), 0) from etl.load_batch),"
        " (select coalesce(max(build_id), 0) from etl.build)"
    )[0]


def work_after(database: Database, batch_id: int, build_id: int) -> dict[str, Any]:
    """The columns of etl.run that say which batch and build came after these, and how many rows they have."""
    names, rows = database.query_with_names(
        "select (select max(batch_id) from etl.load_batch where batch_id > ?) as batch_id,"
        " (select max(build_id) from etl.build where build_id > ?) as build_id,"
        " (select cast(sum(rows_loaded) as bigint) from etl.load_batch where batch_id > ? and outcome = 'loaded')"
        " as rows_loaded, (select cast(max(rows) as bigint) from etl.build where build_id > ?) as rows_built",
        (batch_id, build_id, batch_id, build_id),
    )
    return dict(zip(names, rows[0], strict=True))


def write_run(database: Database, run: dict[str, Any], steps: Sequence[Step]) -> int:
    """Write a run and its steps; its id."""
    with database.transaction():
        run_id: int = database.query("select coalesce(max(run_id), 0) + 1 from etl.run")[0][0]
        columns = {"run_id": run_id} | run
        database.execute(
            f"insert into etl.run ({', '.join(columns)}) values ({', '.join('?' * len(columns))})",
            tuple(columns.values()),
        )
        for start in range(0, len(steps), ROWS_AN_INSERT):
            part = steps[start : start + ROWS_AN_INSERT]
            row = f"({', '.join('?' * (len(_STEP_COLUMNS) + 1))})"
            database.execute(
                f"insert into etl.run_step (run_id, {', '.join(_STEP_COLUMNS)}) values {', '.join([row] * len(part))}",
                [value for step in part for value in (run_id, *_step(step))],
            )
    return run_id


def _step(step: Step) -> tuple[Any, ...]:
    used = [step.used.get(name) for name in COUNTERS]
    return (
        step.kind, step.name, step.status, step.started_at, step.seconds, step.rows, step.bytes, step.peak_memory,
        *(value if value is None else round(value, 3) if name == "lock_wait_seconds" else round(value)
          for name, value in zip(COUNTERS, used, strict=True)),
    )


def measure_tables(database: Database, steps: dict[tuple[str, str], Step]) -> None:
    """The bytes of the tables that the steps made, and their rows where the engine did not say how many it wrote.

    `steps` are found by schema and table.
    """
    if database.name == "postgres":
        for schema, name, size in database.query(
            "select schemas.nspname, tables.relname, pg_total_relation_size(tables.oid)"
            " from pg_catalog.pg_class as tables inner join pg_catalog.pg_namespace as schemas"
            " on tables.relnamespace = schemas.oid where tables.relkind in ('r', 'p')"
        ):
            if step := steps.get((schema, name)):
                step.bytes = size
        return
    for key, (rows, size) in database.measured().items():
        if step := steps.get(key):
            step.rows, step.bytes = rows if step.rows is None else step.rows, size
    tables = [
        key for key in database.query(
            "select table_schema, table_name from information_schema.tables where table_type = 'BASE TABLE'"
        ) if key in steps
    ]
    if not tables:
        return
    counts = " union all ".join(
        f"select {number}, (select count(*) from {quoted(*table)}),"
        f" (select count(distinct block_id) from pragma_storage_info({literal('.'.join(map(quoted, table)))})"
        " where persistent)"
        for number, table in enumerate(tables)
    )
    block = database.query("select block_size from pragma_database_size()")[0][0]
    for number, rows, blocks in database.query(counts):
        step = steps[tables[number]]
        step.rows, step.bytes = rows if step.rows is None else step.rows, blocks * block


def print_history(database: Database, shown: int, reporter: Reporter) -> None:
    """Print the last runs, and the steps of the last one that take most time beside what they took before."""
    if not is_kept(database) or not (runs := _runs(database, shown)):
        reporter.say("Runs: none yet")
        return
    table = _table("Runs", ("run", "verb", "started", "outcome", "exit", "seconds", "loaded", "built", "memory", "alerts"))
    for run_id, verb, started, outcome, code, seconds, loaded, built, memory, alerts in runs:
        table.add_row(
            str(run_id), verb, f"{started:%Y-%m-%d %H:%M:%S}", outcome, str(code), f"{seconds:.1f}", _count(loaded),
            _count(built), decimal(memory), _count(alerts),
        )
    reporter.show(table)
    last = runs[-1][0]
    table = _table(f"Steps of run {last}", ("kind", "step", "status", "seconds", "median before", "times", "rows", "memory"))
    for kind, name, status, seconds, median, rows, memory in _steps(database, last, shown):
        table.add_row(
            kind, Text(name), status, f"{seconds:.2f}", "" if median is None else f"{median:.2f}",
            f"{seconds / median:.1f}" if median else "", _count(rows), decimal(memory),
        )
    reporter.show(table)


def _runs(database: Database, shown: int) -> list[tuple[Any, ...]]:
    return database.query(f"""
        select run_id, verb, started_at, outcome, exit_code, seconds, rows_loaded, rows_built, peak_memory, alerts
        from etl.run where run_id > (select max(run_id) from etl.run) - {int(shown)} order by run_id""")


def _steps(database: Database, last: int, shown: int) -> list[tuple[Any, ...]]:
    """The slowest steps of a run, each with the median of the shown runs before it."""
    return database.query(f"""
        select step.kind, step.step, step.status, step.seconds, before.median, step.rows, step.peak_memory
        from etl.run_step as step
        left join (
            select kind, step, {_MEDIAN} as median
            from etl.run_step
            where run_id < {int(last)} and run_id > {int(last) - int(shown)} and {_FINISHED}
            group by kind, step
        ) as before on step.kind = before.kind and step.step = before.step
        where step.run_id = {int(last)}
        order by step.seconds desc, step.kind, step.step
        limit {SLOWEST}""")


def _table(title: str, columns: Sequence[str]) -> Table:
    table = Table(box=SIMPLE_HEAD, title=title, title_justify="left")
    texts = ("verb", "started", "outcome", "kind", "step", "status")
    for name in columns:
        table.add_column(name, justify="left" if name in texts else "right", overflow="fold")
    return table


def _count(value: int | None) -> str:
    return "" if value is None else f"{value:,}"
