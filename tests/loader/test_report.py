"""`synthea-omop report`: where the rows went, for people and for programs."""

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.loader.command_line import execute, fail, succeed
from tests.support.environments import REPOSITORY

Environment = Mapping[str, str]
DEMO = REPOSITORY / "seeds" / "demo" / "synthea"
TABLES = """
    create schema if not exists quality;
    create schema if not exists mappings;
    create table mappings.row_outcomes as
        select 'rejected' as outcome, 'The loader could not read it.' as reason;
    create table quality.row_accounting as
        select 'conditions.csv' as file_name, 'rejected' as outcome, 'rejected' as kind, cast(1 as bigint) as source_rows,
            cast(0 as bigint) as further_rows, cast(1235 as bigint) as rows_read
        union all select 'conditions.csv', 'observation', 'CDM table', 1234, 7, 1235
        union all select 'patients.csv', 'person', 'CDM table', 16, 0, 16;
    create table quality.mapping_coverage as
        select 'conditions.csv' as file_name, 'SNOMED' as vocabulary_id, cast(1234 as bigint) as source_rows,
            cast(617 as bigint) as unmapped_rows, cast(5 as bigint) as unknown_code_rows,
            cast(0.5 as numeric(5, 4)) as unmapped_share;"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The page is written into the current folder."""
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def built(engine_environment: Environment) -> Environment:
    """A database in which a build has left its accounting."""
    succeed(engine_environment, "load", DEMO)
    execute(engine_environment, TABLES)
    return engine_environment


def test_before_a_build_there_is_nothing_to_report(duckdb_environment: Environment) -> None:
    succeed(duckdb_environment, "load", DEMO)
    assert "Nothing has been built in the DuckDB file" in fail(duckdb_environment, "report")


def test_the_report_is_a_table_of_files_and_outcomes(built: Environment) -> None:
    lines = [line.split() for line in succeed(built, "report").splitlines()]
    assert ["conditions.csv", "1,235", "observation", "1,234", "7"] in lines
    assert ["rejected", "1", "rejected:", "The", "loader", "could", "not", "read", "it."] in lines
    assert ["conditions.csv", "SNOMED", "1,234", "617", "5", "50.0%"] in lines


def test_the_report_is_json_for_programs(built: Environment) -> None:
    report = json.loads(succeed(built, "report", "--format", "json"))
    assert [(row["outcome"], row["source_rows"]) for row in report["row_accounting"]] == [
        ("observation", 1234), ("rejected", 1), ("person", 16),
    ]
    assert report["mapping_coverage"][0]["unmapped_share"] == 0.5


def test_a_row_that_is_missing_ends_the_report_with_4(built: Environment) -> None:
    execute(built, "update quality.row_accounting set source_rows = 15 where outcome = 'person'")
    assert "patients.csv: 16 rows read, 15 accounted for" in fail(built, "report", code=4)
