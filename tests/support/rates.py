"""Price-transparency files of few lines, loaded in this process, and the tables that are built of them."""

import csv
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from loader.databases import open_database
from loader.databases.base import Database
from loader.progress import Reporter
from loader.rates.inputs import named_inputs
from loader.rates.loading import Request, load_rates
from loader.settings import Settings
from tests.support.commands import dbt
from tests.support.comparison import Reader, Table, reading
from tests.support.environments import engine_of

NORTHWIND = "Northwind Health Plan, Inc."
# A rate that is right in every way, in the published columns.
RATE: dict[str, Any] = {
    "provider_reference_id": 1, "negotiated_rate": 101.5, "negotiated_type": "negotiated",
    "billing_class": "professional", "expiration_date": "9999-12-31", "service_codes": "['11', '22']",
    "billing_code": "99213", "billing_code_type": "CPT", "description": "Visit", "name": "VISIT",
    "negotiation_arrangement": "ffs", "reporting_entity_name": NORTHWIND, "reporting_entity_type": "Insurer",
    "last_updated_on": "2025-08-01", "version": "1.0.0",
}
MEMBER: dict[str, Any] = {
    "provider_group_id": 1, "npi": "1234567893", "tin_type": "ein", "tin_value": "123456789",
    "reporting_entity_name": NORTHWIND, "reporting_entity_type": "Insurer", "last_updated_on": "2025-08-01",
    "version": "1.0.0",
}
STAR = (
    "fact_rate", "dim_code", "dim_payer", "dim_provider_group", "dim_pos_set", "xref_pg_member", "xref_pg_member_npi",
    "xref_pg_member_tin", "xref_code_member",
)
COMPARED = """
    select table_schema || '.' || table_name
    from information_schema.tables
    where table_schema = 'rates' or (table_schema = 'quality' and table_name in ('rates_accounting', 'rates_findings'))
    order by 1
"""
Row = Mapping[str, Any]


def lines(defaults: Row, *changes: Row) -> list[dict[str, Any]]:
    """Lines of a file that differ from the defaults in this; None is a column without a value."""
    return [dict(defaults) | dict(change) for change in changes]


def write_csv(path: Path, rows: Sequence[Row], columns: Sequence[str]) -> Path:
    """A flattened file; no rows give one with nothing but a header."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    return path


class Loading:
    """Loads files into the database of an environment, under a payer each, without building anything."""

    def __init__(self, environment: Mapping[str, str], folder: Path) -> None:
        self.environment = environment
        self._folder = folder
        self._database: Database | None = None

    def flattened(
        self, payer: str, rates: Sequence[Row], providers: Sequence[Row] = (), chunk_size: int = 1_000,
        slug: str | None = None, state: str = "GA",
    ) -> None:
        """Load these lines as the payer's rates and providers of August."""
        stem = f"202508_{payer}_{state.lower()}"
        written = write_csv(self._folder / f"{stem}_rates.csv", rates, list(RATE))
        members = [write_csv(self._folder / f"{stem}_providers.csv", providers, list(MEMBER))] if providers else []
        self.files(payer, [written], members, chunk_size, slug, state)

    def files(
        self, payer: str, rates: Sequence[Path], providers: Sequence[Path] = (), chunk_size: int = 1_000,
        slug: str | None = None, state: str = "GA", remove: Sequence[str] = (),
        locations: Sequence[tuple[str, Path]] = (),
    ) -> None:
        """Load files as they lie there, or withdraw some."""
        inputs = named_inputs(rates, providers, locations, "128MB")
        request = Request(
            payer, state, inputs, payer_slug=slug, chunk_size=chunk_size, reader_memory="128MB", remove=remove
        )
        assert self._database, "files are loaded inside of open()"
        load_rates(self._database, request, Reporter())

    def execute(self, sql: str) -> None:
        """Do to the database what no loader does."""
        assert self._database, "open() first"
        self._database.execute(sql)

    @contextmanager
    def open(self) -> Iterator[None]:
        """Hold the database, which only one process at a time may write to, for the loads inside."""
        former = dict(os.environ)
        os.environ.update({name: value for name, value in self.environment.items() if name.startswith("PG")})
        file = Path(self.environment.get("SYNTHEA_OMOP_DATABASE", ""))
        try:
            warehouse = Path(self.environment.get("SYNTHEA_OMOP_WAREHOUSE", ""))
            settings = Settings(engine_of(self.environment), file, "500MB", workers=1, warehouse=warehouse)
            with open_database(settings) as self._database:
                yield
        finally:
            self._database = None
            os.environ.clear()
            os.environ.update(former)


def build_rates(environment: Mapping[str, str], *options: str) -> str:
    """Build the rates with their data tests; what dbt printed."""
    without_unit_tests = ("--exclude-resource-type", "unit_test")
    return dbt("build", "--selector", "rates", *without_unit_tests, *options, environment=environment)


def star_of(environment: Mapping[str, str]) -> dict[str, Table]:
    """Every table and view that the rates give, as sorted lines."""
    with reading(environment) as reader:
        names = [name for (name,) in reader.query(COMPARED)]
        return {name: _in_memory(reader, name) for name in names}


def _in_memory(reader: Reader, name: str) -> Table:
    # An engine's own spelling of lists is no difference.
    table = reader.table(name)
    rows = [row.replace("[", "{").replace("]", "}").replace(", ", ",") for row in table.rows]
    return Table(table.columns, sorted(rows))
