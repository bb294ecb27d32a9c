"""The verb `rates`: from a payer's files to the built star schema, under a memory limit for all of it."""

import re
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from logging import INFO
from pathlib import Path
from time import perf_counter

import click
import duckdb

from loader.build import build
from loader.databases import open_database
from loader.errors import BuildError, LoaderError
from loader.load.rejects import ANY_NUMBER, Limit
from loader.options import common_options
from loader.progress import Reporter
from loader.rates.export import export_rates
from loader.rates.inputs import Input, found_inputs, named_inputs
from loader.rates.ledger import KnownFile, as_known, call_built, has_unbuilt, is_built, known_files, to_withdraw
from loader.rates.loading import Request, RunResult, load_rates, rows_a_chunk
from loader.rates.memory import ALL_KEPT, LOAD_KEPT, MemoryWatch, share_for_duckdb, too_little
from loader.rates.summary import print_rates_summary
from loader.settings import Settings

FILE = click.Path(path_type=Path)
# Told to the models by lines_apart().
IN_STEPS = {"SYNTHEA_OMOP_IN_STEPS": "1"}
_UNITS = {"k": 1 / 1024, "m": 1, "g": 1024, "t": 1024**2}
# What DuckDB says when its share is used up, in this process and in dbt's output.
_OUT_OF_MEMORY = re.compile(r"out of memory|failed to (?:allocate|pin)|could not allocate", re.IGNORECASE)


def _location(_context: click.Context, _parameter: click.Parameter, values: Sequence[str]) -> list[tuple[str, Path]]:
    found = []
    for value in values:
        url, separator, path = value.rpartition("=")
        if not separator or not url or not path:
            raise click.BadParameter(f"{value!r} is no URL=FILE.")
        found.append((url, Path(path)))
    return found


def _limit(_context: click.Context, _parameter: click.Parameter, value: str | None) -> Limit:
    try:
        return Limit.parse(value) if value is not None else ANY_NUMBER
    except ValueError as error:
        raise click.BadParameter(str(error)) from error


@click.command()
@click.option("--payer", required=True, help="The payer, as it stands in the names of its files.")
@click.option("--state", default="GA", show_default=True, help="The state that the rates hold for: two letters.")
@click.option("--rates", "rates_files", type=FILE, multiple=True, metavar="FILE",
              help="Flattened rates (.parquet, .csv) or CMS in-network JSON (.json, .json.gz, .zip), several too.")
@click.option("--providers", type=FILE, multiple=True, metavar="FILE",
              help="The flattened providers that belong to --rates, in the same order.")
@click.option("--location", "locations", multiple=True, callback=_location, metavar="URL=FILE",
              help="A local copy of the file that provider references name by this URL; several too.")
@click.option("--input-dir", type=FILE, metavar="DIR", help="Find the payer's files here by their published names.")
@click.option("--remove", multiple=True, metavar="FILE", help="Withdraw the loaded file of this name; several too.")
@click.option("--force-cleanup", is_flag=True,
              help="Withdraw every file of this payer and state first, once the new ones were checked.")
@click.option("--payer-slug", metavar="SLUG", help="The payer's key, in place of one made of the entity's name.")
@click.option("--chunk-size", type=click.IntRange(min=1), metavar="ROWS",
              help="Rows that are copied at once. [default: by the memory limit]")
@click.option("--max-rejects", callback=_limit, metavar="N|P%",
              help="How many records of a file may be unreadable, or which share. [default: any, but not all]")
@click.option("--export", "export_folder", type=FILE, metavar="DIR",
              help="Write the tables as Parquet under their published names.")
@click.option("--full-refresh", is_flag=True, help="Build the rates of all loaded files anew.")
@click.option("--no-tests", is_flag=True, help="Build without the data tests.")
@click.option("--dry-run", is_flag=True, help="Say what would be done, without reading the files to their ends; change nothing.")
@common_options
def rates(
    settings: Settings, payer: str, state: str, rates_files: Sequence[Path], providers: Sequence[Path],
    locations: Sequence[tuple[str, Path]], input_dir: Path | None, remove: Sequence[str], force_cleanup: bool,
    payer_slug: str | None, chunk_size: int | None, max_rejects: Limit, export_folder: Path | None, full_refresh: bool,
    no_tests: bool, dry_run: bool,
) -> None:
    """Load a payer's price-transparency files, build the star schema of its rates, and sum up.

    The memory of the whole run, dbt included, stays under --memory-limit. All of the files are loaded or none. A file
    that is loaded already is left alone; one of the same name and month replaces its former state.
    """
    if input_dir and (rates_files or providers):
        raise click.UsageError("Give --input-dir or --rates and --providers, not both.")
    if not (input_dir or rates_files or locations or remove or force_cleanup or export_folder or full_refresh):
        raise click.UsageError("Give the files: --rates FILE [--providers FILE], or --input-dir DIR.")
    if not re.fullmatch(r"[A-Za-z]{2}", state):
        raise click.BadParameter(f"{state!r} is no state like GA.", param_hint="--state")
    limit = megabytes(settings.memory_limit)
    share = share_for_duckdb(limit)
    reader_memory = f"{share // 2}MiB"
    settings = replace(settings, memory_limit=f"{share}MiB")
    reporter = Reporter()
    elsewhere: list[Path] = []
    inputs: list[Input] = []
    if input_dir:
        inputs, elsewhere = found_inputs(input_dir, payer, state, reader_memory)
        inputs += named_inputs((), (), locations, reader_memory)
    elif rates_files or providers or locations:
        inputs = named_inputs(rates_files, providers, locations, reader_memory)
    request = Request(
        payer, state.upper(), inputs, elsewhere, payer_slug, remove, force_cleanup,
        chunk_size or rows_a_chunk(limit), reader_memory, max_rejects,
    )
    if dry_run:
        _say_what_would_be_done(settings, request, limit, reporter)
        return
    with MemoryWatch(limit, reporter) as watch:
        result = _load_and_build(settings, request, reporter, watch, full_refresh, not no_tests)
        with open_database(settings) as database:
            watch.stop = database.interrupt
            if export_folder:
                written = export_rates(database, export_folder)
                reporter.say(f"Exported {sum(written.values()):,} rows in {len(written)} files to {export_folder}")
            watch.look()
            print_rates_summary(database, result, watch, reporter)
        watch.stop = lambda: None


def _load_and_build(
    settings: Settings, request: Request, reporter: Reporter, watch: MemoryWatch, full_refresh: bool, tests: bool
) -> RunResult:
    try:
        with ExitStack() as opened:
            database = opened.enter_context(open_database(settings))
            watch.stop = database.interrupt
            result = load_rates(database, request, reporter, watch.check)
            watch.outcome = LOAD_KEPT
            if not (full_refresh or has_unbuilt(database, tests)):
                if is_built(database):
                    reporter.say("Nothing has changed since the rates were built: nothing to do", INFO)
                return result
            environment = database.dbt_environment()
            database.make_way()
            watch.stop = lambda: None
            watch.check()
            result.build_seconds = _built(settings, environment, reporter, full_refresh, tests)
        with open_database(settings) as database:
            call_built(database, tests)
        watch.outcome = ALL_KEPT
    except (LoaderError, duckdb.Error) as error:
        if not _OUT_OF_MEMORY.search(str(error)):
            raise
        raise too_little(watch, _said(str(error)), isinstance(error, BuildError)) from error
    else:
        return result


def _built(
    settings: Settings, environment: Mapping[str, str], reporter: Reporter, full_refresh: bool, tests: bool
) -> float:
    """Build the rates; once more and in steps, which take less memory and longer, when DuckDB's share did not do."""
    started = perf_counter()
    try:
        build(settings, environment, reporter, full_refresh, tests, selector="rates")
    except BuildError as error:
        if settings.target != "duckdb" or not _OUT_OF_MEMORY.search(str(error)):
            raise
        reporter.warn("Not enough memory to build at one go: building once more, in steps")
        build(settings, {**environment, **IN_STEPS}, reporter, full_refresh, tests, selector="rates")
    return perf_counter() - started


def _said(text: str) -> str:
    return next((line.strip() for line in text.splitlines() if _OUT_OF_MEMORY.search(line)), text)[:300]


def megabytes(text: str) -> int:
    """The number of MB (2^20 bytes) that `512MB` or `4 GB` says."""
    found = re.fullmatch(r"([\d.]+) ?([kmgt])i?b", text, re.IGNORECASE)
    assert found, text
    return int(float(found[1]) * _UNITS[found[2].lower()])


def _say_what_would_be_done(settings: Settings, request: Request, limit: int, reporter: Reporter) -> None:
    """The files that would be loaded, skipped or withdrawn, without making or changing a database."""
    known = _known(settings, request)
    reporter.say(
        f"Payer {request.payer}, state {request.state}, memory limit {limit:,} MB (DuckDB {settings.memory_limit}),"
        f" chunks of {request.chunk_size:,} rows"
    )
    for one in request.inputs:
        former = [file for file in known if (file.name, file.kind) == (one.name, one.kind)]
        then = "replaces or repeats the loaded file" if former else "new"
        rows = f", {one.flattened.rows:,} rows" if one.flattened and one.flattened.rows is not None else ""
        reporter.say(f"  would load {one.path} ({one.kind}, {one.path.stat().st_size:,} bytes{rows}): {then}")
    for file in to_withdraw(known, request.payer, request.state, request.remove, request.force_cleanup):
        reporter.say(f"  would withdraw {file.name} ({file.kind})")
    reporter.say("Nothing was changed (--dry-run)")


def _known(settings: Settings, request: Request) -> list[KnownFile]:
    try:
        with open_database(settings, only_look=True) as database:
            return known_files(database, as_known(database, request.payer), request.state)
    except LoaderError:
        return []
