"""Loading an export, on both engines."""

import json
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from loader.load.raw_tables import RAW_TABLES
from loader.rates.tables import RATES_TABLES
from tests.loader.command_line import changes, execute, fail, first_names, query, succeed
from tests.loader.exports import ANN, BEN, ENCOUNTERS, PATIENTS, VISIT, condition, encounter, export, patient, write
from tests.support.environments import REPOSITORY

Environment = Mapping[str, str]
SAMPLE = REPOSITORY / "seeds" / "demo" / "synthea"


def test_values_arrive_as_written(engine_environment: Environment, tmp_path: Path) -> None:
    succeed(engine_environment, "load", export(tmp_path, patient(ANN)))
    assert query(
        engine_environment,
        "select birthdate, deathdate, first, zip, lat, healthcare_expenses, middle, batch_id, file_name"
        " from raw_synthea.patients",
    ) == [(date(2000, 2, 29), None, "Ann", "02138", 42.1, Decimal("27461.28"), None, 1, "patients.csv")]
    # The clock of a timestamp stays whatever zone the machine or the server is in, and a bare date is midnight.
    assert query(engine_environment, "select start, stop, provider from raw_synthea.encounters") == [
        (datetime(2020, 1, 1, 23, 59, 59), datetime(2020, 1, 2), None)
    ]


def test_the_sample_loads_whole_and_is_written_into_the_ledger(engine_environment: Environment) -> None:
    succeed(engine_environment, "load", SAMPLE)
    lines = {path.name: path.read_bytes().count(b"\n") - 1 for path in SAMPLE.glob("*.csv")}
    files = query(engine_environment, "select file_name, rows_read, rows_loaded, bytes from etl.load_file")
    assert {name: rows for name, rows, _, _ in files} == lines
    assert all(read == loaded and size == (SAMPLE / name).stat().st_size for name, read, loaded, size in files)
    assert query(
        engine_environment,
        "select batch_id, source, layout, outcome, files, rows_read, rows_loaded, rows_rejected, patients_new,"
        " patients_changed, patients_removed from etl.load_batch",
    ) == [(1, str(SAMPLE), "v3.3", "loaded", 18, sum(lines.values()), sum(lines.values()), 0, 16, 0, 0)]
    assert query(engine_environment, "select batch_id from raw_synthea.alive") == [(1,)]
    patients = [str(one) for (one,) in query(engine_environment, "select id from raw_synthea.patients order by id")]
    assert changes(engine_environment) == [(n, 1, one, "new") for n, one in enumerate(patients, 1)]


def test_both_engines_hold_the_same_rows(
    duckdb_environment: Environment, postgres_environment: Environment
) -> None:
    for environment in (duckdb_environment, postgres_environment):
        succeed(environment, "load", SAMPLE)
    for table in RAW_TABLES:
        sql = f'select * from raw_synthea."{table}"'
        duckdb, postgres = (
            sorted(tuple(map(str, row)) for row in query(environment, sql))
            for environment in (duckdb_environment, postgres_environment)
        )
        assert duckdb == postgres, table


def test_a_second_load_replaces_its_patients_and_keeps_the_others(
    engine_environment: Environment, tmp_path: Path
) -> None:
    first = export(
        tmp_path / "first", patient(ANN), patient(BEN, first="Ben"),
        conditions=(condition(ANN, "1"), condition(ANN, "2"), condition(BEN, "3")),
    )
    second = export(tmp_path / "second", patient(ANN, first="Anna"), conditions=(condition(ANN, "4"),))
    succeed(engine_environment, "load", first)
    output = succeed(engine_environment, "load", second)
    assert "0 patients new, 1 changed" in output
    assert first_names(engine_environment) == ["Anna", "Ben"]
    assert query(engine_environment, "select code, batch_id from raw_synthea.conditions order by code") == [
        ("3", 1), ("4", 2),
    ]
    assert query(engine_environment, "select utilization, batch_id from raw_synthea.organizations") == [(1, 2)]
    assert changes(engine_environment) == [(1, 1, ANN, "new"), (2, 1, BEN, "new"), (3, 2, ANN, "changed")]
    assert query(engine_environment, "select batch_id from raw_synthea.alive") == [(2,)]


def test_the_same_load_twice_changes_no_row(engine_environment: Environment) -> None:
    def counts() -> list[int]:
        return [query(engine_environment, f'select count(*) from raw_synthea."{name}"')[0][0] for name in RAW_TABLES]

    succeed(engine_environment, "load", SAMPLE)
    once = counts()
    succeed(engine_environment, "load", SAMPLE)
    assert counts() == once


def test_a_new_patient_joins_those_that_are_there(engine_environment: Environment, tmp_path: Path) -> None:
    succeed(engine_environment, "load", export(tmp_path / "ben", patient(BEN, first="Ben")))
    succeed(engine_environment, "load", export(tmp_path / "ann", patient(ANN)))
    assert first_names(engine_environment) == ["Ann", "Ben"]
    assert changes(engine_environment) == [(1, 1, BEN, "new"), (2, 2, ANN, "new")]


def test_rows_of_a_patient_whose_own_row_did_not_come_are_replaced_in_their_file_only(
    engine_environment: Environment, tmp_path: Path
) -> None:
    succeed(engine_environment, "load", export(
        tmp_path / "both", patient(ANN), patient(BEN, first="Ben"), conditions=(condition(BEN, "1"),)
    ))
    succeed(engine_environment, "load", export(tmp_path / "ann", patient(ANN), conditions=(condition(BEN, "2"),)))
    assert query(engine_environment, "select code from raw_synthea.conditions") == [("2",)]
    assert query(engine_environment, "select count(*) from raw_synthea.encounters") == [(2,)]
    assert changes(engine_environment)[2:] == [(3, 2, BEN, "changed")]


def test_gzipped_files_load_like_plain_ones(engine_environment: Environment, tmp_path: Path) -> None:
    succeed(engine_environment, "load", export(tmp_path, patient(ANN), patient(BEN, first="Ben"), suffix=".csv.gz"))
    assert first_names(engine_environment) == ["Ann", "Ben"]
    assert query(engine_environment, "select bytes from etl.load_file where file_name = 'patients.csv.gz'") == [
        ((tmp_path / "patients.csv.gz").stat().st_size,)
    ]


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("crlf", f"{PATIENTS}\r\n{patient(ANN)}\r\n", "Ann"),
        ("byte_order_mark", f"\ufeff{PATIENTS}\n{patient(ANN)}\n", "Ann"),
        ("no_newline_at_the_end", f"{PATIENTS}\n{patient(ANN)}", "Ann"),
        ("quotes", f'{PATIENTS}\n{patient(ANN, first=chr(34) + "A, " + chr(34) * 2 + "n" + chr(34) * 3)}\n', 'A, "n"'),
        ("quoted_line_break", f'{PATIENTS}\n{patient(ANN, first=chr(34) + "A" + chr(10) + "n" + chr(34))}\n', "A\nn"),
        ("quoted_nothing", f"{PATIENTS}\n{patient(ANN, first=chr(34) * 2)}\n", None),
        ("letters", f"{PATIENTS}\n{patient(ANN, first='Zoë Ñ')}\n", "Zoë Ñ"),
        ("sql", f"{PATIENTS}\n{patient(ANN, first='x); drop table patients; --')}\n", "x); drop table patients; --"),
        ("other_order", f"FIRST,BIRTHDATE,Id\nAnn,2000-01-01,{ANN}\n", "Ann"),
        ("capitals", f"{PATIENTS.upper()},COUNTY\n{patient(ANN)},\n", "Ann"),
        ("backslash", f"{PATIENTS}\n{patient(ANN, first=chr(92) + 'N')}\n", r"\N"),
    ],
    ids=lambda value: value if isinstance(value, str) and value.isidentifier() else "",
)
def test_oddities_of_csv(
    engine_environment: Environment, tmp_path: Path, name: str, text: str, expected: str | None
) -> None:
    export(tmp_path, patient(ANN))
    (tmp_path / "patients.csv").write_bytes(text.encode())
    succeed(engine_environment, "load", tmp_path)
    assert first_names(engine_environment) == [expected]


def test_a_field_that_no_release_has_is_reported_and_ignored(
    engine_environment: Environment, tmp_path: Path
) -> None:
    export(tmp_path, patient(ANN))
    write(tmp_path / "patients.csv", f'{PATIENTS},"a"" b",c0', f"{patient(ANN)},x,y")
    write(tmp_path / "symptoms.csv", "a", "b")
    (tmp_path / "notes.txt").write_text("")
    output = succeed(engine_environment, "load", tmp_path)
    assert 'no release has the column a" b, c0' in output
    assert "symptoms.csv is no file of a Synthea export" in output
    assert "notes.txt is no file of a Synthea export" in output
    assert first_names(engine_environment) == ["Ann"]


def test_a_folder_name_stays_a_name(engine_environment: Environment, tmp_path: Path) -> None:
    folder = export(tmp_path / "o'brien [1]* ?; drop", patient(ANN))
    export(tmp_path / "o'brien 1 x", patient(BEN))
    succeed(engine_environment, "load", folder)
    assert first_names(engine_environment) == ["Ann"]
    assert query(engine_environment, "select source from etl.load_batch") == [(str(folder),)]


def test_only_the_raw_tables_and_their_sentinels_are_unlogged(
    postgres_environment: Environment, tmp_path: Path
) -> None:
    succeed(postgres_environment, "load", export(tmp_path, patient(ANN)))
    kinds = dict(query(
        postgres_environment,
        "select nspname || '.' || relname, relpersistence from pg_class join pg_namespace n on n.oid = relnamespace"
        " where relkind = 'r' and nspname in ('raw_synthea', 'raw_vocabulary', 'raw_rates', 'etl')",
    ))
    unlogged = {name for name, kind in kinds.items() if kind == "u"}
    synthea = {f"raw_synthea.{name}" for name in (*RAW_TABLES, "alive")}
    assert unlogged == synthea | {f"raw_rates.{name}" for name in (*RATES_TABLES, "alive")}


def test_every_table_is_there_after_the_first_contact(engine_environment: Environment, tmp_path: Path) -> None:
    fail(engine_environment, "status")
    succeed(engine_environment, "load", export(tmp_path, patient(ANN)))
    tables = query(
        engine_environment,
        "select table_schema, count(*) from information_schema.tables"
        " where table_schema in ('raw_synthea', 'raw_vocabulary', 'raw_rates', 'etl') group by 1 order by 1",
    )
    assert tables == [
        ("etl", 11), ("raw_rates", len(RATES_TABLES) + 1), ("raw_synthea", len(RAW_TABLES) + 1), ("raw_vocabulary", 10),
    ]


@pytest.mark.parametrize(("sessions", "workers"), [(1, 0), (3, 2)])
def test_a_role_with_few_sessions_loads_with_fewer_workers(
    postgres_environment: Environment, tmp_path: Path, sessions: int, workers: int
) -> None:
    database = postgres_environment["PGDATABASE"]
    execute(
        postgres_environment, f"create role few_{sessions} login connection limit {sessions};"
        f" grant create on database {database} to few_{sessions}"
    )
    few = {**postgres_environment, "PGUSER": f"few_{sessions}", "SYNTHEA_OMOP_LOG_FILE": str(tmp_path / "log")}
    try:
        succeed(few, "load", SAMPLE, "--workers", 4)
        assert query(few, "select count(*) from raw_synthea.patients") == [(16,)]
        (line,) = [line for line in map(json.loads, (tmp_path / "log").read_text().splitlines()) if "asked" in line]
        assert (line["event"], line["asked"], line["workers"]) == ("fewer workers", 4, workers)
    finally:
        execute(postgres_environment, f"drop owned by few_{sessions} cascade; drop role few_{sessions}")


def test_a_load_that_cannot_succeed_reads_no_further_file(postgres_environment: Environment, tmp_path: Path) -> None:
    """PostgreSQL takes the word for a date; while it is at the second file, whoever looks at the rows has seen the first."""
    folder = export(tmp_path / "export", patient(ANN), conditions=(condition(ANN, "1"),) * 200_000)
    write(folder / "encounters.csv", ENCOUNTERS, *[encounter(1, ANN, start="epoch")] * 20)
    write(folder / "supplies.csv", "DATE,PATIENT,ENCOUNTER,CODE,DESCRIPTION,QUANTITY", f"2020-01-01,{ANN},{VISIT}1,1,,1")
    log = {"SYNTHEA_OMOP_LOG_FILE": str(tmp_path / "log"), "SYNTHEA_OMOP_LOG_LEVEL": "debug"}
    said = fail({**postgres_environment, **log}, "load", folder, "--workers", 1)
    assert "rows cannot be read" in said and "encounters.csv" in said
    lines = [json.loads(line) for line in (tmp_path / "log").read_text().splitlines()]
    copied = [line["file"] for line in lines if line["event"] == "part copied"]
    assert "patients.csv" in copied and "supplies.csv" not in copied


def test_lines_that_cannot_be_used_are_in_the_log(postgres_environment: Environment, tmp_path: Path) -> None:
    """A bad value among the lines that differ: the files are read whole, and the log says why."""
    ids = [ANN.replace("a0000000", f"a000000{number}") for number in range(9)]
    whole = [condition(one, "1") for one in ids]
    succeed(postgres_environment, "load", export(tmp_path / "first", *map(patient, ids), conditions=tuple(whole)))
    whole[0] = whole[0].replace("2020-01-01", "2020-13-01")
    second = export(tmp_path / "second", *map(patient, ids), conditions=tuple(whole))
    log = {"SYNTHEA_OMOP_LOG_FILE": str(tmp_path / "log")}
    succeed({**postgres_environment, **log}, "load", second, "--max-rejects", 1)
    lines = [json.loads(line) for line in (tmp_path / "log").read_text().splitlines()]
    (given_up,) = [line for line in lines if line["event"] == "lines given up"]
    assert '"2020-13-01" is no date' in given_up["error"]
