"""Cut from a vocabulary the smallest one that a Synthea export needs."""

import re
from csv import DictReader
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from loader.databases import open_database
from loader.databases.base import Database, quoted
from loader.errors import LoaderError
from loader.folders import TemporaryFolder
from loader.load.export import read_export
from loader.load.loading import load_export
from loader.progress import QUIET, Reporter
from loader.settings import PROJECT_DIR, Settings
from loader.vocabulary import shard_queries as queries
from loader.vocabulary.athena import COMPACT_DATE, read_vocabulary
from loader.vocabulary.loading import load_vocabulary
from loader.vocabulary.tables import VOCABULARY_TABLES


def cut_shard(vocabulary: Path, export: Path, out: Path, memory_limit: str, reporter: Reporter) -> dict[str, int]:
    """Write the nine Athena files that `export` needs into `out`; the rows of each. No user's database is touched."""
    if out.exists() and out.resolve() == vocabulary.resolve():
        raise LoaderError(f"{out} is the vocabulary itself. Name another folder for the shard.")
    found, synthea = read_vocabulary(vocabulary), read_export(export)
    with TemporaryFolder("shard") as scratch:
        settings = Settings("duckdb", Path(scratch) / "shard.duckdb", memory_limit)
        with open_database(settings) as database:
            reporter.say(f"Cutting {vocabulary} for {export} (layout {synthea.layout})")
            load_export(database, synthea, QUIET)
            load_vocabulary(database, found, QUIET)
            _mark_kept_concepts(database)
            try:
                out.mkdir(parents=True, exist_ok=True)
                return {f"{name.upper()}.csv": _write(database, name, out) for name in queries.KEPT_ROWS}
            except OSError as error:
                raise LoaderError(f"{out} cannot be written ({error}). Name another folder for the shard.") from error


def _mark_kept_concepts(database: Database) -> None:
    ids, codes = mapped_concepts(PROJECT_DIR)
    database.execute("create temp table named (concept_id integer)")
    database.execute(f"insert into named values {', '.join(f'({concept_id})' for concept_id in ids)}")
    database.execute("create temp table present (vocabulary_id text, concept_code text)")
    for vocabulary_id, concept_code in codes:
        database.execute("insert into present values (?, ?)", (vocabulary_id, concept_code))
    for statement in queries.STEPS:
        database.execute(statement)


def mapped_concepts(project: Path) -> tuple[list[int], list[tuple[str, str]]]:
    """The concepts that the project itself names: ids, and (vocabulary, code) pairs; 0 is always among the ids."""
    ids = {0}
    codes = set()
    for seed in sorted((project / "seeds" / "mappings").glob("*.csv")):
        with seed.open(encoding="utf-8", newline="") as stream:
            for row in DictReader(stream):
                ids |= {
                    int(value) for name, value in row.items()
                    if name and name.endswith("concept_id") and value and value.isdigit()
                }
                if row.get("vocabulary_id") and row.get("concept_code"):
                    codes.add((row["vocabulary_id"], row["concept_code"]))
    macro = (project / "macros" / "cdm" / "named_concepts.sql").read_text(encoding="utf-8")
    ids |= {int(number) for number in re.findall(r"\b\d{1,9}\b", macro)}
    return sorted(ids), sorted(codes)


def _write(database: Database, name: str, out: Path) -> int:
    columns = [column.name for column in VOCABULARY_TABLES[name].columns]
    rows = database.query(
        f"select {', '.join(map(quoted, columns))} from raw_vocabulary.{quoted(name)}"
        f" where {queries.KEPT_ROWS[name]} order by all"
    )
    with (out / f"{name.upper()}.csv").open("w", encoding="utf-8", newline="\n") as stream:
        for row in (columns, *rows):
            stream.write("\t".join(map(_text, row)) + "\n")
    return len(rows)


def _text(value: Any) -> str:
    """The value as Athena writes it: empty for NULL, dates without hyphens, numbers without trailing zeros."""
    if value is None:
        return ""
    if isinstance(value, date):
        return value.strftime(COMPACT_DATE)
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    return str(value)
