"""The command line in this process, and a look into the database that it filled."""

from collections.abc import Mapping, Sequence
from contextlib import closing
from typing import Any

import duckdb
import psycopg2
from click.testing import CliRunner, Result

from loader.cli import main
from tests.support.environments import engine_of

Rows = list[tuple[Any, ...]]


def call(environment: Mapping[str, str], *arguments: object) -> Result:
    """What the command gave: exit code, standard output and standard error."""
    return CliRunner(env=dict(environment)).invoke(main, [str(argument) for argument in arguments])


def succeed(environment: Mapping[str, str], *arguments: object) -> str:
    """The standard output of a command that must end with 0."""
    result = call(environment, *arguments)
    assert result.exit_code == 0, f"{result.stdout}\n{result.stderr}\n{result.exception!r}"
    return result.stdout


def fail(environment: Mapping[str, str], *arguments: object, code: int = 1) -> str:
    """The one message of a command that must end with this code; never a traceback."""
    result = call(environment, *arguments)
    assert result.exit_code == code, f"{result.exit_code}\n{result.stdout}\n{result.stderr}\n{result.exception!r}"
    assert isinstance(result.exception, SystemExit), repr(result.exception)
    return result.stderr


def query(environment: Mapping[str, str], sql: str) -> Rows:
    """The rows of a query, in the database that the environment leads to."""
    return queries(environment, [sql])[0]


def queries(environment: Mapping[str, str], statements: Sequence[str]) -> list[Rows]:
    """The rows of each query, asked in one session."""
    if engine_of(environment) == "duckdb":
        with duckdb.connect(environment["SYNTHEA_OMOP_DATABASE"]) as connection:
            return [connection.execute(sql).fetchall() for sql in statements]
    with closing(connect_to_postgres(environment)) as connection, connection.cursor() as cursor:
        found = []
        for sql in statements:
            cursor.execute(sql)
            found.append(cursor.fetchall())
        return found


def execute(environment: Mapping[str, str], sql: str) -> None:
    """Do to the database what no loader does."""
    if engine_of(environment) == "duckdb":
        with duckdb.connect(environment["SYNTHEA_OMOP_DATABASE"]) as connection:
            connection.execute(sql)
        return
    connection = connect_to_postgres(environment)
    with connection, connection.cursor() as cursor:
        cursor.execute(sql)
    connection.close()


def changes(environment: Mapping[str, str]) -> Rows:
    """(change_id, batch_id, patient, change) of every change in the ledger, in order."""
    return query(
        environment,
        "select change_id, batch_id, cast(patient_id as text), change from etl.patient_change order by change_id",
    )


def first_names(environment: Mapping[str, str]) -> list[str | None]:
    """The first names of the patients, in the order of their ids."""
    return [name for (name,) in query(environment, "select first from raw_synthea.patients order by id")]


def connect_to_postgres(environment: Mapping[str, str]) -> Any:
    """A session of the test's own."""
    return psycopg2.connect(
        host=environment["PGHOST"], port=environment["PGPORT"], user=environment["PGUSER"],
        dbname=environment["PGDATABASE"],
    )
