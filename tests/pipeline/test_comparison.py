"""The comparison that other tests rely on: it finds what differs, and nothing else."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import duckdb
import psycopg2
import pytest

from tests.loader.command_line import execute
from tests.support.comparison import Table, assert_same_databases, difference

ROWS = "(1, 'é', null, 1.50, 2.0, date '2020-02-29', timestamp '2020-01-01 10:00:00', true)"
DEFINITION = """
    create schema omop;
    create table omop.note (
        id bigint, words text, nothing integer, price numeric(8, 2), height double precision, day date, moment timestamp,
        flag boolean
    );
"""


def _fill(environment: Mapping[str, str], rows: str) -> None:
    statements = f"{DEFINITION} insert into omop.note values {rows}"
    if "PGHOST" in environment:
        connection = psycopg2.connect(
            host=environment["PGHOST"], port=5432, user="postgres", dbname=environment["PGDATABASE"]
        )
        connection.cursor().execute(statements)
        connection.commit()
    else:
        connection = duckdb.connect(environment["SYNTHEA_OMOP_DATABASE"])
        connection.execute(statements)
    connection.close()


def test_the_same_rows_of_every_type_are_the_same_on_both_engines(
    duckdb_environment: dict[str, str], postgres_environment: dict[str, str]
) -> None:
    _fill(duckdb_environment, ROWS)
    _fill(postgres_environment, ROWS)
    assert_same_databases(duckdb_environment, postgres_environment)


def test_a_changed_value_is_reported_with_its_row_and_column(
    duckdb_environment: dict[str, str], postgres_environment: dict[str, str]
) -> None:
    _fill(duckdb_environment, ROWS)
    _fill(postgres_environment, ROWS.replace("1.50", "1.51"))
    with pytest.raises(AssertionError) as failure:
        assert_same_databases(duckdb_environment, postgres_environment)
    assert "id = 1" in str(failure.value)
    assert "price: duckdb '1.50', postgres '1.51'" in str(failure.value)


def test_a_row_that_is_there_twice_differs_from_one_that_is_there_once() -> None:
    once, twice = Table(("id",), ["1", "2"]), Table(("id",), ["1", "1", "2"])
    assert difference("t", once, once, ("a", "b")) is None
    assert "0 rows only in a, 1 only in b" in (difference("t", once, twice, ("a", "b")) or "")


@pytest.mark.parametrize(("days", "is_same"), [(1, True), (9, False)])
def test_two_builds_are_the_same_when_midnight_lies_between_them(
    duckdb_environment: dict[str, str], postgres_environment: dict[str, str], days: int, is_same: bool
) -> None:
    today = datetime.now(UTC).date()
    for environment, day in ((duckdb_environment, today), (postgres_environment, today - timedelta(days=days))):
        for statement in (
            "create schema omop", f"create table omop.cdm_source as select date '{day}' as cdm_release_date",
            "create schema quality",
            f"create table quality.dqd_results as select 'is after {day + timedelta(days=1)}' as query_text",
        ):
            execute(environment, statement)
    if is_same:
        assert_same_databases(duckdb_environment, postgres_environment)
    else:
        with pytest.raises(AssertionError, match="cdm_release_date"):
            assert_same_databases(duckdb_environment, postgres_environment)
