"""Each real export arrives with as many rows as its files have, or fails with the message that is documented."""

import gzip
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.loader.command_line import fail, query, succeed

Environment = Mapping[str, str]
WHOLE = ("v2.5.0_113", "v2.7.0_922", "v3.0.0_27", "v3.1.0_107", "v3.2_11", "v4.0_16", "v3.3.0_45_next")


def _rows(path: Path) -> int:
    data = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    return data.count(b"\n") - 1


@pytest.mark.parametrize("name", WHOLE)
def test_every_row_of_a_real_export_arrives(exports: Path, engine_environment: Environment, name: str) -> None:
    folder = exports / "synthea" / name
    succeed(engine_environment, "load", folder)
    files = query(engine_environment, "select file_name, rows_read, rows_loaded, rows_rejected from etl.load_file")
    assert sorted(files) == sorted((path.name, _rows(path), _rows(path), 0) for path in folder.glob("*.csv*"))
    for file_name, rows, _, _ in files:
        table = file_name.partition(".")[0]
        assert query(engine_environment, f"select count(*) from raw_synthea.{table}") == [(rows,)], file_name


@pytest.mark.exports
def test_every_row_of_the_large_export_arrives(exports: Path, engine_environment: Environment) -> None:
    test_every_row_of_a_real_export_arrives(exports, engine_environment, "v3.3.0_455")


def test_a_damaged_export_fails_with_its_first_bad_rows_and_loads_when_they_are_allowed(
    exports: Path, engine_environment: Environment
) -> None:
    folder = exports / "synthea" / "v3.1.0_damaged"
    error = fail(engine_environment, "load", folder)
    assert "cannot be read, and --max-rejects allows 0" in error and "the file is empty" in error
    assert "line 1394: more or fewer fields than the 15 of the header (16)" in error
    assert query(engine_environment, "select count(*) from raw_synthea.patients") == [(0,)]
    error = fail(engine_environment, "load", folder, "--max-rejects", 10)
    assert "11 or more rows cannot be read" in error
    succeed(engine_environment, "load", folder, "--max-rejects", 11)
    assert query(
        engine_environment,
        "select file_name, line_number from etl.rejected_row order by file_name, line_number",
    ) == [
        ("claims.csv", 3104), ("claims.csv", 3115), ("encounters.csv", 1394), ("encounters.csv", 1404),
        ("medications.csv", 1729), ("observations.csv", 10050), ("observations.csv", 10073),
        ("organizations.csv", 1), ("payers.csv", 1), ("procedures.csv", 1630), ("providers.csv", 1),
    ]
    assert query(engine_environment, "select rows_read - rows_loaded, rows_rejected from etl.load_batch"
                                     " where outcome = 'loaded'") == [(11, 11)]
    assert query(engine_environment, "select count(*) from raw_synthea.observations") == [(10070,)]
