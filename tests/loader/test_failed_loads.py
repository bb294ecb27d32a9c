"""Loads that fail, break off or meet another one, on both engines: nothing of them stays."""

import gzip
import subprocess
import sys
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

import psycopg2
import pytest

from loader.databases import open_database
from loader.databases.pool import WORKER
from loader.databases.postgres import LOCK_KEY
from loader.load.ledger import start_batch
from loader.settings import Settings
from tests.loader.command_line import changes, connect_to_postgres, execute, fail, first_names, query, succeed
from tests.loader.exports import ANN, BEN, CONDITIONS, ENCOUNTERS, PATIENTS, condition, encounter, export, patient, write

Environment = Mapping[str, str]


@pytest.mark.parametrize(
    ("file", "lines", "message"),
    [
        ("encounters.csv", (ENCOUNTERS, encounter(1, ANN), encounter(2, "nobody")),
         'line 3, column PATIENT: "nobody" is no id (a UUID)'),
        ("conditions.csv", (CONDITIONS, condition(ANN, "1").replace("2020-01-01", "2020-13-01")),
         'line 2, column START: "2020-13-01" is no date'),
        ("encounters.csv", (ENCOUNTERS, encounter(1, ANN, stop="later")), 'line 2, column STOP: "later" is no time'),
        ("patients.csv", (PATIENTS, patient(ANN).replace("27461.280000000002", "much")),
         'column HEALTHCARE_EXPENSES: "much" is no number'),
        ("conditions.csv", (CONDITIONS, condition(ANN, "1"), f"2020-01-01,,{ANN}"),
         "line 3: more or fewer fields than the 6 of the header"),
        ("conditions.csv", (CONDITIONS, condition(ANN, "1") + ",one more"),
         "line 2: more or fewer fields than the 6 of the header"),
    ],
    ids=("id", "date", "time", "number", "too_few", "too_many"),
)
def test_a_bad_file_is_named_with_its_line_and_leaves_nothing(
    engine_environment: Environment, tmp_path: Path, file: str, lines: tuple[str, ...], message: str
) -> None:
    succeed(engine_environment, "load", export(tmp_path / "good", patient(BEN, first="Ben")))
    bad = export(tmp_path / "bad", patient(ANN), patient(BEN, first="Benjamin"))
    write(bad / file, *lines)
    error = fail(engine_environment, "load", bad)
    assert f"{bad / file}, " in error and message in error
    assert first_names(engine_environment) == ["Ben"]
    assert changes(engine_environment) == [(1, 1, BEN, "new")]
    assert query(engine_environment, "select batch_id, outcome from etl.load_batch order by 1") == [
        (1, "loaded"), (2, "failed"),
    ]
    assert query(engine_environment, "select count(*) from etl.load_file where batch_id = 2") == [(0,)]
    # The next load goes on as if the bad one had not been.
    succeed(engine_environment, "load", export(tmp_path / "again", patient(ANN)))
    assert first_names(engine_environment) == ["Ann", "Ben"]


def test_a_torn_gzip_file_leaves_nothing(engine_environment: Environment, tmp_path: Path) -> None:
    export(tmp_path, patient(ANN))
    lines = "\n".join(encounter(n % 10, ANN).replace("e0000000", f"{n * 7919:08x}") for n in range(50_000))
    (tmp_path / "encounters.csv").unlink()
    (tmp_path / "encounters.csv.gz").write_bytes(gzip.compress(f"{ENCOUNTERS}\n{lines}\n".encode())[:-9000])
    assert "encounters.csv.gz" in fail(engine_environment, "load", tmp_path)
    assert query(engine_environment, "select count(*) from raw_synthea.patients") == [(0,)]


def test_an_interrupted_batch_is_called_broken_by_the_next_load(
    engine_environment: Environment, tmp_path: Path
) -> None:
    settings = Settings(
        engine_environment["SYNTHEA_OMOP_TARGET"],
        Path(engine_environment.get("SYNTHEA_OMOP_DATABASE", "")), "1GB",
    )
    with pytest.MonkeyPatch.context() as patched:
        for name, value in engine_environment.items():
            patched.setenv(name, value)
        with open_database(settings) as database:
            start_batch(database, "killed", "v3.3")
    succeed(engine_environment, "load", export(tmp_path, patient(ANN)))
    assert query(engine_environment, "select batch_id, outcome from etl.load_batch order by 1") == [
        (1, "broken"), (2, "loaded"),
    ]


def test_a_database_in_use_is_refused_with_the_process_that_has_it(
    duckdb_environment: Environment, tmp_path: Path
) -> None:
    folder = export(tmp_path / "export", patient(ANN))
    holder = "import duckdb, sys; c = duckdb.connect(sys.argv[1]); print('open', flush=True); sys.stdin.read()"
    with subprocess.Popen(
        [sys.executable, "-c", holder, duckdb_environment["SYNTHEA_OMOP_DATABASE"]],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    ) as process:
        assert process.stdout and process.stdin and process.stdout.readline() == "open\n"
        error = fail(duckdb_environment, "load", folder)
        process.stdin.close()
    assert f"in use by process {process.pid}" in error


def test_two_loads_at_once_on_postgresql_do_not_mix(postgres_environment: Environment, tmp_path: Path) -> None:
    folder = export(tmp_path, patient(ANN))
    connection = connect_to_postgres(postgres_environment)
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_lock(%s), pg_backend_pid()", (LOCK_KEY,))
        process = cursor.fetchall()[0][1]
        error = fail(postgres_environment, "load", folder)
        # `status` only looks, so it does not wait for the load.
        assert "Nothing was loaded yet" in fail(postgres_environment, "status")
    connection.close()
    assert "Another synthea-omop is at work in the PostgreSQL database" in error and f"process {process}" in error
    succeed(postgres_environment, "load", folder)


def test_a_server_that_refuses_the_first_questions_is_told_in_a_sentence(
    postgres_environment: Environment, tmp_path: Path
) -> None:
    """A worker of a load that somebody else started and killed is there still, and this role may not end it."""
    database = postgres_environment["PGDATABASE"]
    execute(postgres_environment, f"create role another login; grant create on database {database} to another")
    session = {"host": postgres_environment["PGHOST"], "port": postgres_environment["PGPORT"], "dbname": database}
    try:
        with closing(psycopg2.connect(**session, user="postgres", application_name=WORKER)):
            said = fail({**postgres_environment, "PGUSER": "another"}, "load", export(tmp_path, patient(ANN)))
        assert said.startswith("Error: database on postgres: ") and "Nothing of this step was kept" in said
    finally:
        execute(postgres_environment, "drop owned by another cascade; drop role another")
