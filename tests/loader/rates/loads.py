"""Loads of rates into a database of a test, without the build, and a look at the rows."""

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any
from unittest.mock import patch

from rich.console import Console

from loader.databases import open_database
from loader.load.rejects import ANY_NUMBER, Limit
from loader.progress import Reporter
from loader.rates.inputs import found_inputs, named_inputs
from loader.rates.ledger import call_built
from loader.rates.loading import Request, RunResult, load_rates
from loader.settings import Settings
from tests.loader.command_line import Rows, query

MEMORY = "200MiB"


def load(
    environment: Mapping[str, str], *rates: Path, providers: Sequence[Path] = (), folder: Path | None = None,
    locations: Sequence[tuple[str, Path]] = (), payer: str = "northwind", state: str = "GA",
    chunk_size: int = 1_000_000, max_rejects: Limit = ANY_NUMBER, check: Callable[[], None] = lambda: None,
    **wanted: Any,
) -> tuple[RunResult, str]:
    """Load files as the verb does, and call them built; what was done and what was said."""
    with patch.dict(os.environ, environment), Path(os.devnull).open("w") as nowhere:
        console = Console(file=nowhere, record=True, width=1000)
        elsewhere: list[Path] = []
        if folder:
            inputs, elsewhere = found_inputs(folder, payer, state, MEMORY)
        else:
            inputs = named_inputs(rates, providers, locations, MEMORY)
        database_file = Path(environment.get("SYNTHEA_OMOP_DATABASE", ""))
        settings = Settings(environment["SYNTHEA_OMOP_TARGET"], database_file, MEMORY)
        request = Request(
            payer, state, inputs, elsewhere, chunk_size=chunk_size, reader_memory=MEMORY, max_rejects=max_rejects,
            **wanted,
        )
        with open_database(settings) as database:
            result = load_rates(database, request, Reporter(console), check)
            call_built(database, tests=True)
        return result, console.export_text()


def ledger(
    environment: Mapping[str, str], columns: str = "file_name, rows_read, rows_loaded, rows_rejected, outcome"
) -> Rows:
    """The ledger's rows, in the order of the files' ids."""
    return query(environment, f"select {columns} from etl.rate_file order by file_id")


def rejected(environment: Mapping[str, str]) -> Rows:
    """(place, column, value, reason) of what was set apart."""
    return query(
        environment,
        "select place, column_name, value, reason from etl.rejected_rate order by file_id, row_number, place",
    )


def raw(environment: Mapping[str, str], table: str) -> list[tuple[str, ...]]:
    """Every row of a raw table without the file's id, as texts in order."""
    rows = query(environment, f"select * from raw_rates.{table}")
    return sorted(tuple("" if value is None else str(value) for value in row[1:]) for row in rows)
