"""The command line `synthea-omop`: parses arguments, calls the functions that do the work, prints."""

import re
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

import click

from loader.build import build
from loader.databases import open_database
from loader.errors import LoaderError
from loader.load.export import read_export
from loader.load.loading import load_export
from loader.progress import Reporter
from loader.report.accounting import print_accounting
from loader.report.status import print_status
from loader.report.summary import print_summary
from loader.settings import SAMPLE_DIR, SAMPLE_VOCABULARY_DIR, TARGETS, Settings
from loader.vocabulary.athena import read_vocabulary
from loader.vocabulary.loading import has_vocabulary, load_vocabulary
from loader.vocabulary.shard import cut_shard

FOLDER = click.Path(path_type=Path)


# A number and a unit, as DuckDB reads it.
_MEMORY_LIMIT = re.compile(r"\d+(\.\d+)? ?([KMGT]i?B)", re.IGNORECASE)


class _Failure(click.ClickException):
    """Ends the command with the message on standard error and the exit code of the cause."""

    def __init__(self, error: LoaderError) -> None:
        super().__init__(str(error))
        self.exit_code = error.exit_code


def _checked_memory_limit(context: click.Context, parameter: click.Parameter, value: str) -> str:
    if not _MEMORY_LIMIT.fullmatch(value):
        raise click.BadParameter(f"{value!r} is no amount of memory like 512MB or 4GB.")
    return value


def common_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options that every verb has, as one `settings` argument; LoaderErrors become exit codes."""

    @click.option(
        "--target", type=click.Choice(TARGETS), default="duckdb", show_default=True, envvar="SYNTHEA_OMOP_TARGET",
        show_envvar=True, help="The database engine.",
    )
    @click.option(
        "--database", type=click.Path(dir_okay=False, path_type=Path), default="synthea_omop.duckdb",
        show_default=True, envvar="SYNTHEA_OMOP_DATABASE", show_envvar=True,
        help="The DuckDB file. PostgreSQL is found by the PG* variables.",
    )
    @click.option(
        "--memory-limit", default="1GB", callback=_checked_memory_limit, show_default=True,
        envvar="SYNTHEA_OMOP_MEMORY_LIMIT", show_envvar=True, help="How much memory DuckDB may take.",
    )
    @wraps(command)
    def with_settings(target: str, database: Path, memory_limit: str, **arguments: Any) -> None:
        try:
            command(settings=Settings(target, database.absolute(), memory_limit), **arguments)
        except LoaderError as error:
            raise _Failure(error) from error

    return with_settings


@click.group()
@click.version_option(package_name="synthea-omop")
def main() -> None:
    """Synthea CSV exports to the OMOP Common Data Model 5.4, on DuckDB and PostgreSQL.

    Exit codes: 0 done, 1 input or load, 2 usage, 3 build, 4 data quality.
    """


@main.command()
@click.argument("folder", metavar="DIR", type=FOLDER)
@common_options
def load(settings: Settings, folder: Path) -> None:
    """Load the Synthea export in DIR (CSV files, plain or gzipped).

    Patients in it replace their former state, other patients stay.
    """
    reporter = Reporter()
    export = read_export(folder)
    with open_database(settings) as database:
        result = load_export(database, export, reporter)
        reporter.say(f"Loaded batch {result.batch_id}: {result.described()}, into the {database.place}")


@main.command()
@click.argument("folder", metavar="DIR", type=FOLDER)
@click.option(
    "--shard-for", type=(FOLDER, FOLDER), metavar="SYNTHEA_DIR OUT_DIR",
    help="Cut from DIR the small vocabulary that the export in SYNTHEA_DIR needs, into OUT_DIR. Touches no database.",
)
@common_options
def vocabulary(settings: Settings, folder: Path, shard_for: tuple[Path, Path] | None) -> None:
    """Load the OMOP vocabulary in DIR (an unpacked Athena download) in place of the one that is there."""
    reporter = Reporter()
    if shard_for:
        rows = cut_shard(folder, *shard_for, settings.memory_limit, reporter)
        reporter.say(f"Wrote to {shard_for[1]}: " + ", ".join(f"{name} {count:,}" for name, count in rows.items()))
        return
    found = read_vocabulary(folder)
    with open_database(settings) as database:
        result = load_vocabulary(database, found, reporter)
        if result:
            reporter.say(f"Loaded batch {result.batch_id}: {result.described()}, into the {database.place}")


@main.command()
@click.argument("folder", metavar="[DIR]", type=FOLDER, required=False)
@click.option("--vocabulary", "vocabulary_folder", metavar="DIR", type=FOLDER, help="Load this vocabulary first.")
@click.option("--full-refresh", is_flag=True, help="Build every table anew; the ids stay.")
@click.option("--no-tests", is_flag=True, help="Build without the data tests.")
@common_options
def run(
    settings: Settings, folder: Path | None, vocabulary_folder: Path | None, full_refresh: bool, no_tests: bool
) -> None:
    """Load the export in DIR, build the CDM, test it and sum up.

    Without DIR the bundled sample is used with its own vocabulary. With DIR and without --vocabulary the
    vocabulary that is in the database is used.
    """
    reporter = Reporter()
    if folder is None:
        folder, vocabulary_folder = SAMPLE_DIR, vocabulary_folder or SAMPLE_VOCABULARY_DIR
    export = read_export(folder)
    found = read_vocabulary(vocabulary_folder) if vocabulary_folder else None
    with open_database(settings) as database:
        if found is None and not has_vocabulary(database):
            raise LoaderError(
                f"There is no vocabulary in the {database.place}. Give one with --vocabulary DIR: the unpacked folder"
                " of a download from athena.ohdsi.org."
            )
        # The vocabulary first: one that comes after the patients marks them all as changed a second time.
        replaced = load_vocabulary(database, found, reporter) if found else None
        loaded = load_export(database, export, reporter)
        environment = database.dbt_environment()
        database.make_way()
        built = build(settings, environment, reporter, full_refresh, tests=not no_tests)
    seconds = {"load": loaded.seconds, "vocabulary": replaced.seconds if replaced else 0.0, "dbt": built}
    with open_database(settings, only_look=True) as database:
        print_summary(database, seconds, reporter)


@main.command()
@common_options
def status(settings: Settings) -> None:
    """Show what was loaded and built: batches, files, builds."""
    with open_database(settings, only_look=True) as database:
        print_status(database, Reporter())


@main.command()
@click.option(
    "--format", "output", type=click.Choice(["text", "json"]), default="text", show_default=True,
    help="Tables for people, or the same as JSON.",
)
@common_options
def report(settings: Settings, output: str) -> None:
    """Show where every row of every file went, and how many rows have no standard concept.

    Ends with 4 when rows of a file are missing or count twice.
    """
    with open_database(settings, only_look=True) as database:
        print_accounting(database, Reporter(), as_json=output == "json")
