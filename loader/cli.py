"""The command line `synthea-omop`: parses arguments, calls the functions that do the work, prints."""

import os
from contextlib import ExitStack, suppress
from pathlib import Path

import click

from loader.databases import open_database
from loader.errors import DataQualityError, LoaderError
from loader.job import Job, load_and_build, say_what_is_odd
from loader.load.export import opened_export
from loader.load.loading import load_export
from loader.load.rejects import Limit, Rejects
from loader.options import common_options, loading_options
from loader.progress import Reporter
from loader.rates.command import rates
from loader.remedies import explained
from loader.report.accounting import print_accounting
from loader.report.check import check_export
from loader.report.dqd_json import write_dqd_json
from loader.report.page.writing import DEFAULT_FILE, write_page
from loader.report.status import print_status
from loader.report.summary import print_summary
from loader.settings import SAMPLE_DIR, SAMPLE_VOCABULARY_DIR, Settings
from loader.spoken import Commands
from loader.tune.command import tune, tuned
from loader.vocabulary.athena import opened_vocabulary
from loader.vocabulary.loading import load_vocabulary
from loader.vocabulary.shard import cut_shard
from loader.watch.history import print_history
from loader.watch.options import watching_options
from loader.watch.running import Watch, Watching, watched

FOLDER = click.Path(path_type=Path)


@click.group(cls=Commands)
@click.version_option(package_name="synthea-omop")
def main() -> None:
    """Synthea CSV exports to the OMOP Common Data Model 5.4, on DuckDB and PostgreSQL.

    Exit codes: 0 done, 1 input or load, 2 usage, 3 build, 4 data quality.
    """


@main.command()
@click.argument("folder", metavar="DIR", type=FOLDER)
@common_options
@loading_options
def load(settings: Settings, folder: Path, snapshot: bool, max_rejects: Limit) -> None:
    """Load the Synthea export in DIR (a folder or a .zip of CSV files, plain or gzipped).

    Patients in it that changed replace their former state, other patients stay. An export that is loaded already
    is left alone.
    """
    reporter = Reporter()
    with (
        opened_export(folder) as export, open_database(settings) as database, explained(database, settings),
    ):
        result = load_export(database, export, reporter, snapshot, Rejects(max_rejects))
        say_what_is_odd(database, export, result, reporter, snapshot)
        if not result.repeated:
            reporter.say(f"Loaded batch {result.batch_id}: {result.described()}, into the {database.place}")


@main.command()
@click.argument("folder", metavar="DIR", type=FOLDER)
@click.option(
    "--shard-for", type=(FOLDER, FOLDER), metavar="SYNTHEA_DIR OUT_DIR",
    help="Cut from DIR the small vocabulary that the export in SYNTHEA_DIR needs, into OUT_DIR. Touches no database.",
)
@common_options
def vocabulary(settings: Settings, folder: Path, shard_for: tuple[Path, Path] | None) -> None:
    """Load the OMOP vocabulary in DIR (an Athena download, unpacked or the .zip) in place of the one that is there."""
    reporter = Reporter()
    if shard_for:
        rows = cut_shard(folder, *shard_for, settings.memory_limit, reporter)
        reporter.say(f"Wrote to {shard_for[1]}: " + ", ".join(f"{name} {count:,}" for name, count in rows.items()))
        return
    with opened_vocabulary(folder) as found, open_database(settings) as database:
        result = load_vocabulary(database, found, reporter)
        if result:
            reporter.say(f"Loaded batch {result.batch_id}: {result.described()}, into the {database.place}")


@main.command()
@click.argument("folder", metavar="[DIR]", type=FOLDER, required=False)
@click.option("--vocabulary", "vocabulary_folder", metavar="DIR", type=FOLDER, help="Load this vocabulary first.")
@click.option("--full-refresh", is_flag=True, help="Build every table anew; the ids stay.")
@click.option("--no-tests", is_flag=True, help="Build without the data tests.")
@click.option(
    "--report", "page", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE",
    help="Write the page on the data and its quality to FILE, as the verb report does.",
)
@click.option(
    "--publish", is_flag=True, envvar="SYNTHEA_OMOP_PUBLISH", show_envvar=True,
    help="Build beside the CDM and put it in its place at once: readers never see half of it.",
)
@watching_options
@click.option("--tune", "is_tuned", is_flag=True, help="Run with the settings that `tune` proposes; they end with the run.")
@common_options
@loading_options
def run(
    settings: Settings, folder: Path | None, vocabulary_folder: Path | None, full_refresh: bool, no_tests: bool,
    page: Path | None, publish: bool, is_tuned: bool, snapshot: bool, max_rejects: Limit, watching: Watching,
) -> None:
    """Load the export in DIR, build the CDM, test it and sum up.

    Without DIR the bundled sample is used with its own vocabulary. With DIR and without --vocabulary the
    vocabulary that is in the database is used. What became of the run and of its steps is kept in etl.run and
    etl.run_step.
    """
    reporter = Reporter()
    # Said before the hours that a run may take, not after them.
    if page and not ((place := page.absolute().parent).is_dir() and os.access(place, os.W_OK)):
        raise click.BadParameter(f"{place} is no folder that can be written to.", param_hint="--report")
    if folder is None:
        folder, vocabulary_folder = SAMPLE_DIR, vocabulary_folder or SAMPLE_VOCABULARY_DIR
    job = Job(folder, vocabulary_folder, full_refresh, not no_tests, publish, snapshot, max_rejects)
    with ExitStack() as opened:
        watch = opened.enter_context(watched(settings, "run", reporter, watching))
        settings = opened.enter_context(tuned(settings, reporter)) if is_tuned else settings
        try:
            seconds = load_and_build(job, settings, reporter, watch)
        except DataQualityError:
            # The page shows which tests failed; that they did is what the run ends with.
            with suppress(LoaderError):
                _write_page(settings, page, reporter, watch)
            raise
        if seconds:
            with watch.stage("summary"), open_database(settings, only_look=True) as database:
                print_summary(database, seconds, reporter)
            reporter.say(f"Run: {watch.described}")
        _write_page(settings, page, reporter, watch)


def _write_page(settings: Settings, page: Path | None, reporter: Reporter, watch: Watch) -> None:
    if page:
        with watch.stage("report"), open_database(settings, only_look=True) as database:
            write_page(database, page)
        reporter.say(f"Wrote {page}")


@main.command()
@click.argument("folder", metavar="DIR", type=FOLDER)
@common_options
def check(settings: Settings, folder: Path) -> None:
    """Say what the export in DIR (or a .zip) holds and whether it can be loaded. Touches no database.

    Shown are release line, files, rows, missing files, duplicates and references that lead nowhere.
    """
    reporter = Reporter()
    with opened_export(folder) as export:
        rejected = check_export(export, settings.memory_limit, reporter)
    if rejected:
        raise LoaderError(f"{folder} can only be loaded with --max-rejects {rejected} or more.")
    reporter.say(f"{folder} can be loaded as it is")


@main.command()
@click.option(
    "--history", type=click.IntRange(min=1), is_flag=False, flag_value=10, metavar="[N]",
    help="Show instead the last N runs (10), and what the steps of the last one took beside what they used to.",
)
@common_options
def status(settings: Settings, history: int | None) -> None:
    """Show what was loaded and built: batches, files, rejected rows, builds, and what is to be done."""
    with open_database(settings, only_look=True) as database:
        if history:
            print_history(database, history, Reporter())
        else:
            print_status(database, Reporter())


@main.command()
@click.option(
    "--format", "output", type=click.Choice(["text", "json"]), default="text", show_default=True,
    help="Tables for people, or the same as JSON.",
)
@click.option(
    "--html", "page", type=click.Path(dir_okay=False, path_type=Path),
    help=f"Write the page to this file. [default: {DEFAULT_FILE}; with --format json none]",
)
@click.option(
    "--dqd-json", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE",
    help="Write the checks to FILE as the OHDSI Data Quality Dashboard does, for its viewer, and nothing else.",
)
@common_options
def report(settings: Settings, output: str, page: Path | None, dqd_json: Path | None) -> None:
    """Write a page on the data and its quality, and show where every row of every file went.

    The page is one HTML file that needs nothing else: checks, completeness, mapping, persons, events, times.
    Ends with 4 when rows of a file are missing or count twice.
    """
    with open_database(settings, only_look=True) as database:
        if dqd_json:
            Reporter().say(f"Wrote {write_dqd_json(database, dqd_json):,} checks to {dqd_json}")
            return
        if page or output == "text":
            page = page or Path(DEFAULT_FILE)
            write_page(database, page)
            if output == "text":
                Reporter().say(f"Wrote {page}")
        print_accounting(database, Reporter(), as_json=output == "json")


main.add_command(rates)
main.add_command(tune)
