"""The options of the command line: what they are called, what they may be, and how errors become exit codes."""

import os
import re
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from functools import wraps
from pathlib import Path
from typing import Any

import click

from loader import logs
from loader.errors import LoaderError
from loader.load.rejects import Limit
from loader.locks import waiting_for_locks
from loader.settings import TARGETS, Settings
from loader.spoken import VARIABLE

# A number and a unit, as DuckDB reads it.
_MEMORY_LIMIT = re.compile(r"\d+(\.\d+)? ?([KMGT]i?B)", re.IGNORECASE)


class _Failure(click.ClickException):
    """Ends the command with the message on standard error and the exit code of the cause."""

    def __init__(self, error: LoaderError) -> None:
        super().__init__(logs.redacted(str(error)))
        # Click has one code for all errors of a class.
        self.exit_code = error.exit_code  # type: ignore[misc]


def _checked_memory_limit(_context: click.Context, _parameter: click.Parameter, value: str) -> str:
    if re.fullmatch(r"\d{1,9}", value):
        value = f"{value}MB"
    if not _MEMORY_LIMIT.fullmatch(value):
        raise click.BadParameter(f"{value!r} is no amount of memory like 512MB or 4GB.")
    return value


def _checked_limit(_context: click.Context, _parameter: click.Parameter, value: str) -> Limit:
    try:
        return Limit.parse(value)
    except ValueError as error:
        raise click.BadParameter(str(error)) from error


def common_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options that every verb has, as one `settings` argument; LoaderErrors become exit codes.

    What the command does goes into the log, if there is to be one.
    """

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
        "--warehouse", type=click.Path(file_okay=False, path_type=Path), default="synthea_omop_warehouse",
        show_default=True, envvar="SYNTHEA_OMOP_WAREHOUSE", show_envvar=True, metavar="DIR",
        help="The folder of Parquet files that Spark reads and writes.",
    )
    @click.option(
        "--memory-limit", default="1GB", callback=_checked_memory_limit, show_default=True,
        envvar="SYNTHEA_OMOP_MEMORY_LIMIT", show_envvar=True, metavar="SIZE",
        help="How much memory DuckDB may take (512MB, 4GB; a number alone is MB). For `rates`: the run as a whole.",
    )
    @click.option(
        "--lock-wait", type=click.IntRange(min=0), default=60, show_default=True, envvar="SYNTHEA_OMOP_LOCK_WAIT",
        show_envvar=True, metavar="SECONDS", help="How long to wait for each lock on PostgreSQL; 0 is for ever.",
    )
    @click.option(
        "--log-file", type=click.Path(dir_okay=False, path_type=Path), envvar="SYNTHEA_OMOP_LOG_FILE",
        show_envvar=True, help="Keep a log here: one JSON object a line, old files as FILE.1, FILE.2, ...",
    )
    @click.option(
        "--log-level", type=click.Choice(logs.LEVELS, case_sensitive=False), default="info", show_default=True,
        envvar="SYNTHEA_OMOP_LOG_LEVEL", show_envvar=True, help="The least important lines that the log keeps.",
    )
    @click.option(
        "--log-format", type=click.Choice(["text", "json"]), default="text", show_default=True, envvar=VARIABLE,
        show_envvar=True, help="Standard output for people, or the lines of the log: one JSON object a line.",
    )
    @wraps(command)
    def with_settings(
        target: str, database: Path, warehouse: Path, memory_limit: str, lock_wait: int, log_file: Path | None,
        log_level: str, log_format: str,
        **arguments: Any,
    ) -> None:
        settings = Settings(
            target, database.absolute(), memory_limit, lock_wait=lock_wait, warehouse=Path(os.path.abspath(warehouse))
        )
        with ExitStack() as opened:
            try:
                opened.enter_context(logs.kept(log_file, log_level, spoken=log_format == "json"))
            except OSError as error:
                raise click.BadParameter(f"{log_file} cannot be written: {error.strerror}.", param_hint="--log-file") from error
            try:
                verb = click.get_current_context().command.name or ""
                with waiting_for_locks(lock_wait), logs.command(verb, target=target):
                    command(settings=settings, **arguments)
            except LoaderError as error:
                raise _Failure(error) from error

    return with_settings


def loading_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options of the verbs that load an export."""

    @click.option("--snapshot", is_flag=True, help="DIR is all there is: patients that are not in it are removed.")
    @click.option(
        "--workers", type=click.IntRange(min=1), help="Sessions that copy at once on PostgreSQL. [default: the cores]"
    )
    @click.option(
        "--max-rejects", type=str, default="0", show_default=True, callback=_checked_limit, metavar="N|P%",
        help="How many rows may be unreadable, or which share of them; with more nothing is loaded.",
    )
    @click.option(
        "--buckets", type=click.IntRange(1, 10000), envvar="SYNTHEA_OMOP_SPARK_BUCKETS", show_envvar=True, metavar="N",
        help="Parts that the patients are in on Spark, fixed by the first load. [default: by how many patients it has]",
    )
    @wraps(command)
    def with_workers(settings: Settings, workers: int | None, buckets: int | None, **arguments: Any) -> None:
        settings = replace(settings, workers=workers or settings.workers, buckets=buckets)
        command(settings=settings, **arguments)

    return with_workers
