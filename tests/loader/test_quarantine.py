"""Rows that cannot be read: set apart, counted, allowed up to a limit; the rest arrives, on both engines."""

import gzip
from collections.abc import Mapping
from pathlib import Path

import duckdb
import pytest

from loader.databases.base import quoted
from tests.loader.command_line import call, changes, fail, first_names, query, succeed
from tests.loader.exports import (
    ANN,
    BEN,
    CLINIC,
    CONDITIONS,
    ENCOUNTERS,
    PATIENTS,
    VISIT,
    condition,
    encounter,
    export,
    patient,
    write,
)

Environment = Mapping[str, str]
HTML = "<html><body>502 Bad Gateway</body></html>"
OFFSET = encounter(2, ANN, start="2020-01-01T10:00:00+05:00")


def broken(folder: Path) -> Path:
    """Four bad rows and three good ones among the conditions, one bad row among the encounters."""
    export(folder, patient(ANN))
    write(folder / "encounters.csv", ENCOUNTERS, encounter(1, ANN), OFFSET)
    (folder / "conditions.csv").write_bytes(b"\n".join((
        CONDITIONS.encode(), condition(ANN, "1").encode(), HTML.encode(), condition(ANN, "2").encode(),
        condition(ANN, "x").encode().replace(b"Some", b"\xff\xfeSo"), condition(ANN, "3").encode(),
        condition(ANN, "y").encode().replace(b"Some", b"\0"), condition(ANN, "z")[:50].encode(),
    )))
    return folder


def test_bad_rows_go_to_the_ledger_and_the_others_are_loaded(engine_environment: Environment, tmp_path: Path) -> None:
    output = succeed(engine_environment, "load", broken(tmp_path), "--max-rejects", 5)
    assert "5 rows could not be read: see etl.rejected_row" in output
    assert query(engine_environment, "select code from raw_synthea.conditions order by 1") == [("1",), ("2",), ("3",)]
    assert query(engine_environment, "select count(*) from raw_synthea.encounters") == [(1,)]
    columns = "batch_id, file_name, line_number, column_name, value, reason, raw_line"
    assert query(engine_environment, f"select {columns} from etl.rejected_row order by file_name, line_number") == [
        (1, "conditions.csv", 3, None, None, "more or fewer fields than the 6 of the header (1)", HTML),
        (1, "conditions.csv", 5, "DESCRIPTION", r"\xff\xfeSo finding", r'"\xff\xfeSo finding" is no UTF-8 text',
         condition(ANN, "x").replace("Some", r"\xff\xfeSo")),
        (1, "conditions.csv", 7, "DESCRIPTION", r"\x00 finding", "a NUL byte is no text",
         condition(ANN, "y").replace("Some", r"\x00")),
        (1, "conditions.csv", 8, None, None, "more or fewer fields than the 6 of the header (4)",
         condition(ANN, "z")[:50]),
        (1, "encounters.csv", 3, "START", "2020-01-01T10:00:00+05:00",
         '"2020-01-01T10:00:00+05:00" is no time in UTC: it has an offset', OFFSET),
    ]
    assert query(
        engine_environment,
        "select file_name, rows_read, rows_loaded, rows_rejected from etl.load_file where rows_rejected > 0 order by 1",
    ) == [("conditions.csv", 7, 3, 4), ("encounters.csv", 2, 1, 1)]
    assert query(
        engine_environment, "select outcome, rows_read, rows_loaded, rows_rejected from etl.load_batch"
    ) == [("loaded", 11, 6, 5)]


@pytest.mark.parametrize("limit", ["0", "4", "45%", "0.1%"])
def test_above_the_limit_nothing_is_kept(engine_environment: Environment, tmp_path: Path, limit: str) -> None:
    succeed(engine_environment, "load", export(tmp_path / "good", patient(BEN, first="Ben")))
    error = fail(engine_environment, "load", broken(tmp_path / "bad"), "--max-rejects", limit)
    assert "5 rows cannot be read" in error and "--max-rejects allows" in error and "line 3" in error
    assert error.index("conditions.csv, line 3") < error.index("encounters.csv, line 3, column START")
    assert first_names(engine_environment) == ["Ben"]
    assert changes(engine_environment) == [(1, 1, BEN, "new")]
    assert query(engine_environment, "select count(*) from etl.rejected_row") == [(0,)]
    assert query(engine_environment, "select outcome from etl.load_batch order by batch_id") == [
        ("loaded",), ("failed",)
    ]


def test_a_share_of_the_rows_may_be_allowed(engine_environment: Environment, tmp_path: Path) -> None:
    succeed(engine_environment, "load", broken(tmp_path), "--max-rejects", "46%")
    assert query(engine_environment, "select count(*) from etl.rejected_row") == [(5,)]


def test_the_message_lists_the_first_ten(engine_environment: Environment, tmp_path: Path) -> None:
    export(tmp_path, patient(ANN))
    write(tmp_path / "conditions.csv", CONDITIONS, *(f"{HTML}{number}" for number in range(30)))
    error = fail(engine_environment, "load", tmp_path)
    assert error.count("conditions.csv, line") == 10 and "line 2:" in error and "line 11:" in error


@pytest.mark.parametrize("limit", ["-1", "many", "101%", "%", "1.5"])
def test_a_limit_that_is_none_is_wrong_usage(duckdb_environment: Environment, tmp_path: Path, limit: str) -> None:
    result = call(duckdb_environment, "load", tmp_path, f"--max-rejects={limit}")
    assert result.exit_code == 2 and "is no number of rows" in result.stderr


def test_an_empty_file_is_one_reject(engine_environment: Environment, tmp_path: Path) -> None:
    export(tmp_path, patient(ANN))
    (tmp_path / "conditions.csv").write_bytes(b"")
    error = fail(engine_environment, "load", tmp_path)
    assert "conditions.csv, line 1: the file is empty, a header was expected" in error
    succeed(engine_environment, "load", tmp_path, "--max-rejects", 1)
    assert first_names(engine_environment) == ["Ann"]


def test_append_mode_files_without_a_header_and_with_one_in_the_middle(
    engine_environment: Environment, tmp_path: Path
) -> None:
    export(tmp_path, patient(ANN))
    write(tmp_path / "conditions.csv", condition(ANN, "1"), condition(ANN, "2"))
    write(tmp_path / "encounters.csv", ENCOUNTERS, encounter(1, ANN), ENCOUNTERS.upper(), encounter(2, ANN))
    write(tmp_path / "supplies.csv", f"2020-01-01,{ANN},{VISIT}1,337388004,Blood glucose testing strips,50")
    output = succeed(engine_environment, "load", tmp_path)
    assert "conditions.csv has no header: read by the 6 fields of its release" in output
    assert query(engine_environment, "select code from raw_synthea.conditions order by 1") == [("1",), ("2",)]
    assert query(engine_environment, "select quantity from raw_synthea.supplies") == [(50,)]
    assert query(engine_environment, "select file_name, rows_read, rows_loaded from etl.load_file order by 1")[:2] == [
        ("conditions.csv", 2, 2), ("encounters.csv", 2, 2),
    ]


def test_parts_and_packed_parts_load_like_one_file(engine_environment: Environment, tmp_path: Path) -> None:
    export(tmp_path, patient(ANN))
    (tmp_path / "conditions.csv").unlink()
    for number in range(1, 11):
        write(tmp_path / f"conditions-{number}.csv{'.gz' * (number % 2)}", CONDITIONS, condition(ANN, str(number)))
    succeed(engine_environment, "load", tmp_path)
    assert query(
        engine_environment, "select code, file_name from raw_synthea.conditions order by cast(code as integer)"
    ) == [(str(number), f"conditions-{number}.csv{'.gz' * (number % 2)}") for number in range(1, 11)]


@pytest.mark.parametrize(
    "text",
    [
        f"{PATIENTS}\n\n{patient(ANN)}\n\n\n{patient(BEN, first='Ben')}\n\n",
        f"{PATIENTS}\r\n{patient(ANN)}\n{patient(BEN, first='Ben')}\r\n",
        f"{PATIENTS}\n{patient(ANN)}\r\n\r\n{patient(BEN, first='Ben')}",
        f"{PATIENTS}\r{patient(ANN)}\r{patient(BEN, first='Ben')}\r",
        f"\ufeff{PATIENTS}\n{patient(ANN)}\n\ufeff{PATIENTS}\n{patient(BEN, first='Ben')}\n",
        f"{PATIENTS}\n{patient(ANN.upper())}\n{patient(BEN, first='Ben')}\n",
    ],
    ids=("blank_lines", "mixed_line_ends", "other_mix", "old_line_ends", "concatenated", "capital_ids"),
)
def test_what_only_one_engine_would_read_is_read_on_both(
    engine_environment: Environment, tmp_path: Path, text: str
) -> None:
    export(tmp_path, patient(ANN))
    (tmp_path / "patients.csv").write_bytes(text.encode())
    succeed(engine_environment, "load", tmp_path)
    assert first_names(engine_environment) == ["Ann", "Ben"]


def test_words_for_nothing_stay_where_releases_write_them(engine_environment: Environment, tmp_path: Path) -> None:
    export(tmp_path, patient(ANN))
    write(tmp_path / "observations.csv", "DATE,PATIENT,ENCOUNTER,CODE,DESCRIPTION,VALUE,UNITS,TYPE",
          f"2020-01-01,{ANN},,QOLS,QOLS,1.0,null,numeric")
    write(tmp_path / "payers.csv", "Id,NAME,QOLS_AVG", f"{CLINIC},NO_INSURANCE,NaN")
    write(tmp_path / "claims_transactions.csv", "ID,CLAIMID,CHARGEID,PATIENTID,PLACEOFSERVICE,PROVIDERID",
          f"{VISIT}1,{VISIT}2,1,{ANN},null,null")
    succeed(engine_environment, "load", tmp_path)
    assert query(engine_environment, "select units from raw_synthea.observations") == [("null",)]
    assert str(query(engine_environment, "select qols_avg from raw_synthea.payers")[0][0]) == "nan"
    assert query(engine_environment, "select placeofservice, providerid from raw_synthea.claims_transactions") == [
        (None, None)
    ]


def test_duplicates_are_kept_counted_and_reported(engine_environment: Environment, tmp_path: Path) -> None:
    export(tmp_path, patient(ANN), conditions=(condition(ANN, "1"),) * 3)
    write(tmp_path / "encounters.csv", ENCOUNTERS, encounter(1, ANN), encounter(1, ANN, stop="2020-01-03"),
          encounter(1, ANN))
    output = succeed(engine_environment, "load", tmp_path)
    assert "conditions: 2 exact duplicate rows; all kept." in output
    assert "encounters: 1 exact duplicate row, 2 rows with a repeated id; all kept." in output
    assert query(engine_environment, "select count(*) from raw_synthea.conditions") == [(3,)]
    assert query(engine_environment, "select count(*) from raw_synthea.encounters") == [(3,)]


def test_a_packed_file_that_unpacks_beyond_all_measure_is_refused(
    duckdb_environment: Environment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from loader import archives

    monkeypatch.setattr(archives, "GZIP_BOMB_BYTES", 1 << 20)
    export(tmp_path, patient(ANN))
    (tmp_path / "conditions.csv").unlink()
    data = CONDITIONS.encode() + b"\n" + condition(ANN, "1").encode() * 100_000
    (tmp_path / "conditions.csv.gz").write_bytes(gzip.compress(data))
    assert "unpacks to more than 200 times its size: refused" in fail(duckdb_environment, "load", tmp_path)


def test_a_line_without_an_end_is_one_reject_and_takes_no_memory(
    engine_environment: Environment, tmp_path: Path
) -> None:
    export(tmp_path, patient(ANN))
    long = b"x" * 3_000_000
    (tmp_path / "conditions.csv").write_bytes(
        b"\n".join((CONDITIONS.encode(), condition(ANN, "1").encode(), long, condition(ANN, "2").encode(), b""))
    )
    succeed(engine_environment, "load", tmp_path, "--max-rejects", 1)
    assert query(engine_environment, "select code from raw_synthea.conditions order by 1") == [("1",), ("2",)]
    assert query(engine_environment, "select line_number, length(raw_line) from etl.rejected_row") == [(3, 10_003)]


def test_a_header_never_becomes_sql(engine_environment: Environment, tmp_path: Path) -> None:
    export(tmp_path, patient(ANN))
    name = 'x" uuid); drop table raw_synthea.patients; --'
    write(tmp_path / "conditions.csv", f'{CONDITIONS},"{name.replace(chr(34), chr(34) * 2)}",\'; select 1',
          f"{condition(ANN, '1')},'); drop table etl.load_batch; --,x", HTML)
    succeed(engine_environment, "load", tmp_path, "--max-rejects", 1)
    assert first_names(engine_environment) == ["Ann"]
    assert query(engine_environment, "select code from raw_synthea.conditions") == [("1",)]


@pytest.mark.parametrize("name", ['x" as y', 'x"; drop table patients; --', '"', "a.b", "select"])
def test_a_name_stays_a_name_whatever_is_in_it(name: str) -> None:
    with duckdb.connect() as connection:
        (column,) = connection.execute(f"select 1 as {quoted(name)}").description
    assert column[0] == name


def test_a_packed_file_with_a_wrong_byte_is_named(engine_environment: Environment, tmp_path: Path) -> None:
    export(tmp_path, patient(ANN))
    (tmp_path / "conditions.csv").unlink()
    data = bytearray(gzip.compress("\n".join((CONDITIONS, *(condition(ANN, str(n)) for n in range(9999)))).encode()))
    data[len(data) // 2:len(data) // 2 + 40] = bytes(40)
    (tmp_path / "conditions.csv.gz").write_bytes(data)
    assert "conditions.csv.gz" in fail(engine_environment, "load", tmp_path, "--max-rejects", "100%")
    assert query(engine_environment, "select count(*) from raw_synthea.patients") == [(0,)]


def test_later_loads_of_files_that_are_not_plain_replace_what_changed(
    engine_environment: Environment, tmp_path: Path
) -> None:
    def folder(name: str, code: str) -> Path:
        export(tmp_path / name, *(patient(f"{n:08d}{ANN[8:]}", first="A, B" if n == 3 else "x") for n in range(200)))
        visits = (encounter(1, f"{n:08d}{ANN[8:]}").replace("e0000000", f"{n:08d}") for n in range(200))
        write(tmp_path / name / "encounters.csv", ENCOUNTERS, *visits)
        own = [condition(f"{n:08d}{ANN[8:]}", code if n == 7 else "1") for n in range(200)]
        write(tmp_path / name / "conditions.csv", *own, "", HTML, f"{CONDITIONS}", end="\r\n")
        quoted = [line.replace("A, B", '"A, B"') for line in (tmp_path / name / "patients.csv").read_text().split("\n")]
        write(tmp_path / name / "patients.csv", *quoted)
        return tmp_path / name

    succeed(engine_environment, "load", folder("one", "1"), "--max-rejects", 1)
    succeed(engine_environment, "load", folder("two", "2"), "--max-rejects", 1)
    assert query(
        engine_environment, "select code, count(*), max(batch_id) from raw_synthea.conditions group by 1 order by 1"
    ) == [("1", 199, 1), ("2", 1, 2)]
    assert query(engine_environment, "select count(*) from raw_synthea.patients where first = 'A, B'") == [(1,)]
    assert query(engine_environment, "select batch_id, line_number from etl.rejected_row order by 1") == [
        (1, 202), (2, 202)
    ]
    assert query(engine_environment, "select patients_new, patients_changed from etl.load_batch order by batch_id") == [
        (200, 0), (0, 1)
    ]
