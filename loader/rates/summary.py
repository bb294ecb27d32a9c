"""What a run of the rates came to: rows in, loaded, duplicate, rejected and out, the time and the peak of memory."""

from rich.box import SIMPLE_HEAD
from rich.table import Table

from loader.databases.base import Database, quoted
from loader.progress import Reporter
from loader.rates.loading import RunResult
from loader.rates.memory import MemoryWatch

FIGURES = ("in", "loaded", "duplicate", "rejected", "out")
MARTS = (
    "dim_code", "dim_payer", "dim_provider_group", "dim_pos_set", "xref_pg_member_npi", "xref_pg_member_tin",
    "fact_rate",
)


def figures_of(database: Database, run_id: int) -> list[tuple[str, str, int, int, int, int, int]]:
    """(file, kind, in, loaded, duplicate, rejected, out) of each file of a run; out are facts and members.

    A price of a JSON file counts once for each of its provider groups.
    """
    return database.query(
        """select
            file.file_name, file.kind,
            coalesce(sum(case when counted.outcome = 'read' then counted.source_rows end), 0),
            coalesce(sum(case when counted.outcome = 'read' then counted.source_rows end), 0)
                - coalesce(sum(case when counted.outcome = 'rejected' then counted.source_rows end), 0),
            coalesce(sum(case when counted.outcome like 'duplicate%' then counted.source_rows end), 0),
            coalesce(sum(case when counted.outcome = 'rejected' then counted.source_rows end), 0),
            coalesce(sum(case when counted.outcome in ('fact_rate', 'xref_pg_member') then counted.source_rows end), 0)
        from etl.rate_file as file
        left join quality.rates_accounting as counted on file.file_id = counted.file_id
        where file.run_id = ? and file.outcome = 'loaded'
        group by file.file_id, file.file_name, file.kind order by file.file_id""",
        (run_id,),
    )


def print_rates_summary(database: Database, result: RunResult, watch: MemoryWatch, reporter: Reporter) -> None:
    """Print the summary of a run."""
    files = figures_of(database, result.run_id) if result.loaded else []
    if files:
        table = Table(box=SIMPLE_HEAD)
        table.add_column("file")
        table.add_column("kind")
        for figure in FIGURES:
            table.add_column(f"rows {figure}", justify="right")
        for name, kind, *figures in files:
            table.add_row(name, kind, *(f"{int(figure):,}" for figure in figures))
        reporter.show(table)
        totals = [sum(int(row[position]) for row in files) for position in range(2, 2 + len(FIGURES))]
        reporter.say("Rows: " + ", ".join(f"{total:,} {figure}" for figure, total in zip(FIGURES, totals, strict=True)))
    if result.withdrawn:
        reporter.say(f"Withdrawn: {', '.join(result.withdrawn)}")
    there = {
        name for (name,) in
        database.query("select table_name from information_schema.tables where table_schema = 'rates'")
    }
    counts = {
        name: database.query(f"select count(*) from {quoted('rates', name)}")[0][0] for name in MARTS if name in there
    }
    if counts:
        listed = ", ".join(f"{name} {rows:,}" for name, rows in counts.items())
        reporter.say(f"In schema rates of the {database.place}: {listed}")
    reporter.say(
        f"Time: load {result.seconds:.1f} s, dbt {result.build_seconds:.1f} s;"
        f" peak memory {watch.peak:,} MB of the {watch.limit:,} MB allowed"
    )
