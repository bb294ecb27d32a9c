"""`synthea-omop report --dqd-json`: the checks as a file of the Data Quality Dashboard."""

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from loader.report.dqd_json import camel_case, overview
from tests.loader.command_line import fail, succeed
from tests.loader.test_report import execute
from tests.support.environments import REPOSITORY

Environment = Mapping[str, str]
DEMO = REPOSITORY / "seeds" / "demo" / "synthea"
# What a file of the dashboard has for each check.
KEYS = [
    "numViolatedRows", "pctViolatedRows", "numDenominatorRows", "executionTime", "queryText", "checkName", "checkLevel",
    "checkDescription", "cdmTableName", "cdmFieldName", "conceptId", "unitConceptId", "sqlFile", "category",
    "subcategory", "context", "warning", "error", "checkId", "isError", "notApplicable", "failed", "passed",
    "notApplicableReason", "thresholdValue", "notesValue",
]
TABLES = """
    create schema if not exists quality;
    create schema if not exists omop;
    create table omop.cdm_source as select 'Ümlaut' as cdm_source_name, date '2026-01-02' as cdm_release_date;
    create table quality.dqd_results as
        select cast(1 as bigint) as num_violated_rows, cast(0.125 as double precision) as pct_violated_rows,
            cast(8 as bigint) as num_denominator_rows, cast(null as text) as execution_time,
            'select "x"' as query_text, 'isRequired' as check_name, 'FIELD' as check_level,
            'It has a value.' as check_description, 'PERSON' as cdm_table_name, 'person_id' as cdm_field_name,
            cast(null as text) as concept_id, cast(null as text) as unit_concept_id, 'a.sql' as sql_file,
            'Conformance' as category,
            cast(null as text) as subcategory, 'Validation' as context, cast(null as text) as warning,
            cast(null as text) as error, 'field_isrequired_person_person_id' as checkid, 0 as is_error,
            0 as not_applicable, 1 as failed, 0 as passed, cast(null as text) as not_applicable_reason,
            cast(0 as numeric(9, 4)) as threshold_value, cast(null as text) as notes_value,
            'fatal' as severity, 'failed' as status;"""


@pytest.fixture
def checked(engine_environment: Environment) -> Environment:
    """A database in which a build has left one check."""
    succeed(engine_environment, "load", DEMO)
    execute(engine_environment, TABLES)
    return engine_environment


def test_a_check_has_the_names_of_the_dashboard(checked: Environment, tmp_path: Path) -> None:
    file = tmp_path / "dqd.json"
    assert "Wrote 1 checks" in succeed(checked, "report", "--dqd-json", file)
    document = json.loads(file.read_text(encoding="utf-8"))
    (check,) = document["CheckResults"]
    assert list(check) == KEYS
    assert (check["pctViolatedRows"], check["thresholdValue"], check["queryText"]) == (0.125, 0.0, 'select "x"')
    assert document["Metadata"] == [{"cdmSourceName": "Ümlaut", "cdmReleaseDate": "2026-01-02", "dqdVersion": "2.8.4"}]
    assert document["Overview"]["countThresholdFailed"] == 1
    assert list(tmp_path.glob("*.part")) == []


def test_without_checks_or_a_place_for_the_file_one_sentence_says_so(
    duckdb_environment: Environment, tmp_path: Path
) -> None:
    succeed(duckdb_environment, "load", DEMO)
    assert "No check has run in the DuckDB file" in fail(duckdb_environment, "report", "--dqd-json", tmp_path / "dqd.json")
    execute(duckdb_environment, TABLES)
    assert "cannot be written" in fail(duckdb_environment, "report", "--dqd-json", tmp_path / "none" / "dqd.json")


def test_what_does_not_apply_counts_as_passed_and_an_error_as_failed() -> None:
    verdicts = [("Plausibility", 0, 0), ("Plausibility", 0, 1), ("Conformance", 1, 0)]
    totals = overview({"category": category, "is_error": error, "failed": failed} for category, error, failed in verdicts)
    assert totals == {
        "countTotal": 3, "countPassed": 1, "countErrorFailed": 1, "countThresholdFailed": 1, "countOverallFailed": 2,
        "percentPassed": 33.33, "percentFailed": 66.67,
        "countTotalPlausibility": 2, "countFailedPlausibility": 1, "countPassedPlausibility": 1,
        "countTotalConformance": 1, "countFailedConformance": 1, "countPassedConformance": 0,
        "countTotalCompleteness": 0, "countFailedCompleteness": 0, "countPassedCompleteness": 0,
    }


def test_names_are_written_as_the_dashboard_writes_them() -> None:
    assert [camel_case(name) for name in ("checkid", "cdm_table_name", "failed")] == ["checkId", "cdmTableName", "failed"]
