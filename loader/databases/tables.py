"""Every table that the loader makes, on either engine."""

from dataclasses import dataclass

from loader.load.raw_tables import RAW_TABLES, Column
from loader.rates.tables import RATES_LEDGER, RATES_TABLES
from loader.vocabulary.tables import VOCABULARY_TABLES

SCHEMAS = ("raw_synthea", "raw_vocabulary", "raw_rates", "etl")
LINEAGE = (Column("batch_id", "bigint"), Column("file_name", "text"))

_ETL = {
    "load_batch": """
        batch_id bigint, source text, layout text, started_at timestamp, finished_at timestamp, outcome text,
        files integer, rows_read bigint, rows_loaded bigint, rows_rejected bigint, patients_new bigint,
        patients_changed bigint, patients_removed bigint""",
    "load_file": """
        batch_id bigint, file_name text, bytes bigint, sha256 text, rows_read bigint, rows_loaded bigint,
        rows_rejected bigint, seconds double precision""",
    "rejected_row": """
        batch_id bigint, file_name text, line_number bigint, column_name text, value text, reason text,
        raw_line text""",
    "patient_change": "change_id bigint, batch_id bigint, patient_id uuid, change text",
    # What each patient's lines hash to (loader/load/lines.py): an export is known again without parsing it.
    "patient_hash": "patient_id uuid, hash text, made_by text",
    "build": """
        build_id bigint, started_at timestamp, finished_at timestamp, outcome text, upto_change_id bigint,
        full_refresh boolean, is_small boolean, is_beside boolean, first_batch_id bigint, last_batch_id bigint, patients bigint,
        models integer, rows bigint, seconds double precision, checksum text""",
    # What each model, seed and test of a build came to (macros/build/record_steps.sql).
    "build_step": """
        build_id bigint, kind text, room text, name text, status text, failures bigint,
        seconds double precision""",
    # A row a run, written at its end (loader/watch), and a row a step of it; sizes are bytes.
    "run": """
        run_id bigint, verb text, started_at timestamp, finished_at timestamp, outcome text, exit_code integer,
        error text, batch_id bigint, build_id bigint, builds integer, rows_loaded bigint, rows_built bigint,
        seconds double precision, peak_memory bigint, alerts integer, blocks_read bigint, temp_bytes bigint,
        wal_bytes bigint, lock_wait_seconds double precision""",
    "run_step": """
        run_id bigint, kind text, step text, status text, started_at timestamp, seconds double precision, rows bigint,
        bytes bigint, peak_memory bigint, blocks_read bigint, temp_bytes bigint, wal_bytes bigint,
        lock_wait_seconds double precision""",
}


@dataclass(frozen=True)
class Table:
    """A table of the loader's. `keys` are the primary key and then the indexes, made on PostgreSQL after the data."""

    schema: str
    name: str
    columns: tuple[Column, ...]
    logged: bool = True
    primary_key: tuple[str, ...] = ()
    indexes: tuple[tuple[str, ...], ...] = ()


def _columns(text: str) -> tuple[Column, ...]:
    return tuple(Column(*part.strip().split(" ", 1)) for part in text.split(","))


RAW = tuple(
    Table(
        "raw_synthea", raw.name, raw.columns + LINEAGE, logged=False,
        indexes=((raw.patient_column or "id",),),
    )
    for raw in RAW_TABLES.values()
)
# Emptied by a crash of PostgreSQL together with the raw tables: an empty one under a ledger that says "loaded"
# means "load again".
SENTINEL = Table("raw_synthea", "alive", (Column("batch_id", "bigint"),), logged=False)
VOCABULARY = tuple(
    Table("raw_vocabulary", name, table.columns, True, table.primary_key, table.indexes)
    for name, table in VOCABULARY_TABLES.items()
)
LEDGER = tuple(Table("etl", name, _columns(text)) for name, text in _ETL.items())
RATES = tuple(Table("raw_rates", name, columns, logged=False) for name, columns in RATES_TABLES.items())
RATES_SENTINEL = Table("raw_rates", "alive", (Column("file_id", "integer"),), logged=False)
LEDGER_OF_RATES = tuple(Table("etl", name, columns) for name, columns in RATES_LEDGER.items())
ALL_TABLES = (*RAW, SENTINEL, *VOCABULARY, *LEDGER, *RATES, RATES_SENTINEL, *LEDGER_OF_RATES)
