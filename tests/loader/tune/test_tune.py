"""The verb `tune` and `run --tune`, on a real PostgreSQL as a role that may do no more than it must."""

import json
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import psycopg2
import pytest

from loader.databases.pool import connect
from loader.databases.session import PostgresSession
from tests.loader.command_line import call, connect_to_postgres, fail, query, succeed
from tests.loader.exports import ANN, export, patient

Environment = Mapping[str, str]
# Hostile on purpose: it must be quoted wherever it stands.
ROLE = 'o"brien\' ; x'
TUNED = ("work_mem", "maintenance_work_mem", "synchronous_commit", "effective_cache_size", "max_parallel_workers_per_gather")
FOR_64_GB = ("--memory", "64GB", "--cores", "16", "--disk", "ssd")


def administer(environment: Environment, *statements: str) -> None:
    connection = connect_to_postgres(environment)
    connection.autocommit = True
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
    connection.close()


@pytest.fixture
def role(postgres_environment: dict[str, str]) -> Iterator[dict[str, str]]:
    """A role that is no superuser and may make schemas in its database."""
    quoted = '"' + ROLE.replace('"', '""') + '"'
    database = postgres_environment["PGDATABASE"]
    administer(
        postgres_environment, f"create role {quoted} login",
        f'grant connect, create, temporary on database "{database}" to {quoted}',
    )
    yield postgres_environment | {"PGUSER": ROLE}
    administer(postgres_environment, f"drop owned by {quoted}", f"drop role {quoted}")


def settings(environment: Environment, options: str = "") -> dict[str, str]:
    """What a new session of the role finds."""
    connection = psycopg2.connect(
        host=environment["PGHOST"], port=environment["PGPORT"], user=environment["PGUSER"],
        dbname=environment["PGDATABASE"], options=options,
    )
    with connection.cursor() as cursor:
        cursor.execute("select name, current_setting(name) from pg_settings where name = any (%s)", (list(TUNED),))
        found = dict(cursor.fetchall())
    connection.close()
    return found


def test_the_table_has_present_and_proposed_values_and_who_sets_them(role: Environment) -> None:
    document = json.loads(succeed(role, "tune", *FOR_64_GB, "--format", "json"))
    assert document["machine"] | {"free": None} == {"cores": 16, "memory": 64 << 30, "rotational": False, "free": None}
    found = {line["name"]: line for line in document["settings"]}
    assert found["shared_buffers"]["present"] == "256MB" and found["shared_buffers"]["proposed"] == "16GB"
    assert found["shared_buffers"]["who"] == "server; restart"
    assert found["max_wal_size"]["who"] == found["checkpoint_timeout"]["who"] == "server; reload"
    assert {found[name]["who"] for name in TUNED} == {"session, role or database"}
    # Those of a new session of the role, not those that a load's sessions bring with them.
    assert found["work_mem"]["present"] == "4MB"
    assert all(line["reason"] for line in document["settings"])


def test_the_administrator_gets_lines_to_type(role: Environment) -> None:
    output = succeed(role, "tune", *FOR_64_GB)
    assert "alter system set shared_buffers = '16GB';" in output.splitlines()
    assert "select pg_reload_conf();" in output.splitlines()
    assert "work_mem = " not in re.sub(r"maintenance_work_mem = ", "", output)
    assert "-- shared_buffers: only after a restart of the server" in output


def test_the_lines_for_the_administrator_are_taken_by_the_server(postgres_environment: Environment) -> None:
    lines = [line for line in succeed(postgres_environment, "tune", *FOR_64_GB).splitlines() if line.startswith("alter system")]
    assert len(lines) >= 3
    names = [line.split()[3] for line in lines]
    try:
        administer(postgres_environment, *lines)
    finally:
        administer(postgres_environment, *(f"alter system reset {name}" for name in names))


def test_apply_sets_for_the_role_in_its_database_and_reset_sets_back(
    role: Environment, postgres_environment: Environment
) -> None:
    before, others = settings(role), settings(postgres_environment)
    administer(role, "set role none", f"alter role current_user in database \"{role['PGDATABASE']}\" set work_mem = '11MB'")
    output = succeed(role, "tune", *FOR_64_GB, "--apply")
    assert "Set for role" in output
    assert settings(role) == {
        "work_mem": "409MB", "maintenance_work_mem": "2GB", "synchronous_commit": "off",
        "effective_cache_size": "48GB", "max_parallel_workers_per_gather": "4",
    }
    assert settings(postgres_environment) == others
    # Once more, for another machine: what was there before the first time is not forgotten.
    succeed(role, "tune", "--memory", "8GB", "--cores", "4", "--apply")
    assert settings(role)["effective_cache_size"] == "6GB"
    assert "work_mem" in succeed(role, "tune", "--reset")
    assert settings(role) == before | {"work_mem": "11MB"}
    assert query(role, "select count(*) from etl.tuned_setting") == [(0,)]
    assert "nothing was set" in succeed(role, "tune", "--reset")


def test_what_somebody_changed_meanwhile_stays(role: Environment) -> None:
    succeed(role, "tune", *FOR_64_GB, "--apply")
    administer(role, f"alter role current_user in database \"{role['PGDATABASE']}\" set work_mem = '12MB'")
    assert "so they stay: work_mem" in succeed(role, "tune", "--reset")
    assert settings(role)["work_mem"] == "12MB"


def test_sessions_of_the_loader_and_of_dbt_have_what_was_applied(role: Environment, monkeypatch: pytest.MonkeyPatch) -> None:
    succeed(role, "tune", *FOR_64_GB, "--apply")
    for name, value in role.items():
        monkeypatch.setenv(name, value)

    def of_the_loader() -> tuple[dict[str, str], dict[str, str]]:
        connection = connect()
        session = PostgresSession(connection)
        own = dict(session.query("select name, current_setting(name) from pg_settings where name = any (?)", (list(TUNED),)))
        dbt = settings(role, session.dbt_environment()["PGOPTIONS"])
        session.close()
        return own, dbt

    own, dbt = of_the_loader()
    assert own == dbt and (own["work_mem"], own["maintenance_work_mem"]) == ("409MB", "2GB")
    # What the user says for this run wins.
    monkeypatch.setenv("PGOPTIONS", "-c work_mem=9MB")
    own, dbt = of_the_loader()
    assert own == dbt and (own["work_mem"], own["maintenance_work_mem"]) == ("9MB", "2GB")


def test_a_tuned_run_leaves_nothing_set_even_when_it_fails(role: dict[str, str], tmp_path: Path) -> None:
    export(tmp_path, patient(ANN))
    before, options = settings(role), os.environ.get("PGOPTIONS")
    message = fail(role, "run", tmp_path, "--tune")
    assert "There is no vocabulary" in message
    assert settings(role) == before and os.environ.get("PGOPTIONS") == options
    assert query(role, "select to_regclass('etl.tuned_setting')") == [(None,)]


def test_a_tuned_run_s_sessions_are_tuned(role: dict[str, str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from loader import job

    seen = {}

    def look(database: PostgresSession, *_: object) -> bool:
        seen["own"] = dict(database.query("select name, setting from pg_settings where name = any (?)", (list(TUNED),)))
        seen["dbt"] = database.dbt_environment()["PGOPTIONS"]
        return False

    monkeypatch.setattr(job, "has_vocabulary", look)
    export(tmp_path, patient(ANN))
    fail(role, "run", tmp_path, "--tune")
    cores = len(os.sched_getaffinity(0))
    assert seen["own"]["max_parallel_workers_per_gather"] == str(min(cores // 2, 4))
    assert f"-c max_parallel_workers_per_gather={min(cores // 2, 4)}" in seen["dbt"]
    assert int(seen["own"]["work_mem"]) != 64 * 1024


def test_a_tuned_run_on_duckdb_takes_more_memory_unless_it_is_told(
    duckdb_environment: dict[str, str], tmp_path: Path
) -> None:
    export(tmp_path, patient(ANN))
    given = {**duckdb_environment, "SYNTHEA_OMOP_MEMORY_LIMIT": "512MB"}
    for environment, is_tuned in ((duckdb_environment, True), (given, False)):
        result = call(environment, "run", tmp_path, "--tune")
        assert ("Tuned: memory_limit" in result.stdout) is is_tuned


def test_duckdb_gets_a_table_and_refuses_to_keep_settings(duckdb_environment: Environment) -> None:
    document = json.loads(succeed(duckdb_environment, "tune", "--memory", "10GB", "--cores", "3", "--format", "json"))
    found = {line["name"]: line["proposed"] for line in document["settings"]}
    assert found == {
        "threads": "3", "memory_limit": "6GB", "temp_directory": duckdb_environment["SYNTHEA_OMOP_DATABASE"] + ".tmp",
    }
    assert "DuckDB has no settings to be kept" in fail(duckdb_environment, "tune", "--apply", code=2)


def test_a_server_elsewhere_is_another_machine(monkeypatch: pytest.MonkeyPatch, role: Environment) -> None:
    from loader.tune import command

    monkeypatch.setattr(command, "is_local", lambda connection: False)
    document = json.loads(succeed(role, "tune", "--format", "json"))
    assert document["machine"] == {"cores": None, "memory": None, "rotational": None, "free": None}
    assert {line["name"]: line["proposed"] for line in document["settings"]}["shared_buffers"] is None
    said = " ".join(succeed(role, "tune", "--memory", "4GB", "--cores", "2").split())
    assert "Left open" in said and "random_page_cost, effective_io_concurrency. What tells more" in said
    assert "it turns" not in said


def test_without_a_server_there_are_proposals_and_nothing_is_set(tmp_path: Path) -> None:
    nowhere = {"SYNTHEA_OMOP_TARGET": "postgres", "PGHOST": str(tmp_path), "PGOPTIONS": ""}
    result = call(nowhere, "tune", "--memory", "4GB", "--cores", "2")
    assert result.exit_code == 0 and "1GB" in result.stdout and "PostgreSQL cannot be reached" in result.stderr
    assert "PostgreSQL cannot be reached" in fail(nowhere, "tune", "--apply")


@pytest.mark.parametrize("value", ["lots", "-1GB", "1MB", "1e30GB", "nanGB"])
def test_what_is_no_amount_of_memory_is_refused(value: str, duckdb_environment: Environment) -> None:
    assert "is no amount of memory" in fail(duckdb_environment, "tune", f"--memory={value}", code=2)
