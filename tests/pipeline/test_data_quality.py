"""The checks of the Data Quality Dashboard on the bundled sample, and on a copy of it that is broken on purpose."""

import contextlib
import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.pipeline.conftest import Histories
from tests.support.broken_cdm import VIOLATIONS
from tests.support.commands import CommandFailedError, dbt
from tests.support.comparison import Reader, reading
from tests.support.environments import ENGINES
from tests.support.faulty_rows import ALLOWING, FAULTS

Environment = Mapping[str, str]

CHECKS = ("dqd_concept_uses+", "dqd_table_counts", "dqd_vocabulary_counts", "dqd_definitions")
DASHBOARD = "every_check_of_the_dashboard_passes"
FAILING = "select checkid from quality.dqd_results where status in ('failed', 'error')"
# How many checks of each type CDM 5.4 has.
TYPES = {
    "cdmTable": 39, "measurePersonCompleteness": 16, "measureConditionEraCompleteness": 1,
    "measureObservationPeriodOverlap": 1, "cdmField": 432, "isRequired": 180, "cdmDatatype": 210, "isPrimaryKey": 28,
    "isForeignKey": 177, "fkDomain": 43, "fkClass": 3, "isStandardValidConcept": 64, "measureValueCompleteness": 432,
    "standardConceptRecordCompleteness": 48, "sourceConceptRecordCompleteness": 13, "sourceValueCompleteness": 32,
    "plausibleValueLow": 68, "plausibleValueHigh": 60, "plausibleTemporalAfter": 53, "plausibleDuringLife": 34,
    "withinVisitDates": 9, "plausibleAfterBirth": 49, "plausibleBeforeDeath": 47, "plausibleStartBeforeEnd": 24,
    "plausibleGender": 287, "plausibleGenderUseDescendants": 4, "plausibleUnitConceptIds": 181,
}


@pytest.fixture(scope="module")
def sample(histories: Histories, environments: dict[str, Environment]) -> dict[str, Environment]:
    """Engine -> variables that lead to the built sample."""
    return environments


@pytest.fixture(scope="module")
def broken(sample: dict[str, Environment], tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """A copy of the sample with one violation of each type of check, checked again."""
    environment = _copy(sample["duckdb"], tmp_path_factory.mktemp("broken"))
    with duckdb.connect(environment["SYNTHEA_OMOP_DATABASE"]) as connection:
        for violation in VIOLATIONS:
            for statement in violation.statements:
                connection.execute(statement)
    dbt("run", "--full-refresh", "--select", *CHECKS, environment=environment)
    return environment


@pytest.mark.parametrize("engine", ENGINES)
def test_every_check_has_a_verdict(sample: dict[str, Environment], engine: str) -> None:
    with reading(sample[engine]) as reader:
        found = dict(reader.query("select check_name, count(*) from quality.dqd_results group by check_name"))
        verdicts = list(reader.query("select distinct passed + failed + not_applicable + is_error from quality.dqd_results"))
        errors = list(reader.query("select checkid, error from quality.dqd_results where status = 'error'"))
    assert found == TYPES
    assert verdicts == [(1,)]
    assert errors == []


@pytest.mark.parametrize("engine", ENGINES)
def test_the_query_of_every_check_finds_as_many_rows_as_were_counted(
    sample: dict[str, Environment], engine: str
) -> None:
    """The queries are written check by check, the counts are made together: they share nothing but the rows."""
    with reading(sample[engine]) as reader:
        _assert_that_queries_agree(reader, least=1500)


def test_the_queries_of_a_broken_cdm_find_what_was_counted(broken: Environment) -> None:
    with reading(broken) as reader:
        _assert_that_queries_agree(reader, least=1500)


def test_no_fatal_check_fails_on_the_sample(sample: dict[str, Environment]) -> None:
    with reading(sample["duckdb"]) as reader:
        assert list(reader.query(f"{FAILING} and severity = 'fatal'")) == []


def test_a_violation_of_each_type_is_seen_by_its_checks_and_by_no_others(
    sample: dict[str, Environment], broken: Environment
) -> None:
    with reading(sample["duckdb"]) as reader:
        before = {checkid for (checkid,) in reader.query(FAILING)}
    with reading(broken) as reader:
        found = {checkid for (checkid,) in reader.query(FAILING)}
    expected = {checkid for violation in VIOLATIONS for checkid in violation.planted | violation.following}
    assert found - before == expected
    assert before <= found


def test_every_type_of_check_is_violated_once() -> None:
    assert sorted(violation.check_name for violation in VIOLATIONS) == sorted(TYPES)
    for violation in VIOLATIONS:
        assert {checkid.split("_")[1] for checkid in violation.planted} == {violation.check_name.lower()}


def test_fatal_failures_are_an_error_and_others_alone_a_warning(broken: Environment) -> None:
    assert _statuses(DASHBOARD, environment=broken) == {DASHBOARD: "fail"}
    with reading(broken) as reader:
        kept = set(reader.query(f"select check_name, severity from test_failures.{DASHBOARD}"))
    assert {name for name, _ in kept} == set(TYPES)
    assert {name for name, severity in kept if severity == "fatal"} == {
        "cdmTable", "cdmField", "measureObservationPeriodOverlap", "isRequired", "cdmDatatype", "isPrimaryKey",
        "isForeignKey",
    }
    with duckdb.connect(broken["SYNTHEA_OMOP_DATABASE"]) as connection:
        connection.execute("update quality.dqd_results set status = 'passed' where severity = 'fatal'")
    assert _statuses(DASHBOARD, environment=broken) == {DASHBOARD: "warn"}


def test_concepts_that_are_not_standard_or_of_another_domain_are_an_error(broken: Environment) -> None:
    test = "concepts_are_standard_and_of_the_domain_of_their_column"
    assert _statuses(test, "--store-failures", environment=broken) == {test: "fail"}
    with reading(broken) as reader:
        kept = set(reader.query(f"select cdm_table_name, cdm_field_name, domain_id from test_failures.{test}"))
    assert kept == {
        ("PROCEDURE_OCCURRENCE", "procedure_concept_id", "Condition"),
        ("OBSERVATION", "observation_concept_id", "Observation"),
    }


def test_tests_of_all_tables_find_every_faulty_row(sample: dict[str, Environment], tmp_path: Path) -> None:
    environment = _copy(sample["duckdb"], tmp_path)
    with duckdb.connect(environment["SYNTHEA_OMOP_DATABASE"]) as connection:
        ((warned,),) = connection.execute(f"select count(*) from ({FAILING})").fetchall()
        for statement in ALLOWING:
            connection.execute(statement)
        for statement in (statement for statements in FAULTS.values() for statement in statements):
            changed = connection.execute(statement).fetchall()
            assert changed == [(1,)], statement
    expected = {test: len(statements) for test, statements in FAULTS.items()}
    expected[DASHBOARD] += warned
    assert _statuses(*FAULTS, environment=environment) == {
        test: "warn" if test == "every_check_of_the_source_passes" else "fail" for test in FAULTS
    }
    assert {result["unique_id"].split(".")[2]: result["failures"] for result in _results(environment)} == expected


def test_a_seed_of_ones_own_changes_thresholds_and_severities(broken: Environment) -> None:
    """Half of the duplicated keys would be allowed, and a missing reference be a warning."""
    with duckdb.connect(broken["SYNTHEA_OMOP_DATABASE"]) as connection:
        connection.execute(
            "insert into mappings.dqd_overrides values"
            " ('isPrimaryKey', 'care_site', null, null, 50, null, 'Duplicates are known.'),"
            " ('isForeignKey', null, null, null, null, 'convention', 'Care sites come later.')"
        )
    dbt("run", "--select", "dqd_definitions", "dqd_results", environment=broken)
    with reading(broken) as reader:
        found = list(reader.query(
            "select check_name, cast(threshold_value as integer), severity, status, notes_value from quality.dqd_results"
            " where checkid in ('field_isprimarykey_care_site_care_site_id', 'field_isforeignkey_provider_care_site_id')"
            " order by check_name"
        ))
    assert found == [
        ("isForeignKey", 0, "convention", "failed", "Care sites come later."),
        ("isPrimaryKey", 50, "fatal", "passed", "Duplicates are known."),
    ]


def test_the_vocabulary_is_counted_once(sample: dict[str, Environment], tmp_path: Path) -> None:
    """Rows that change without a load are not seen until a full refresh counts anew."""
    environment = _copy(sample["duckdb"], tmp_path)
    with duckdb.connect(environment["SYNTHEA_OMOP_DATABASE"]) as connection:
        connection.execute("delete from raw_vocabulary.relationship")
    counted = "select count(*) from quality.dqd_vocabulary_counts where cdm_table_name = 'RELATIONSHIP' and {}"
    dbt("run", "--select", "dqd_vocabulary_counts", environment=environment)
    with reading(environment) as reader:
        assert list(reader.query(counted.format("denominator_rows > 1"))) != [(0,)]
    dbt("run", "--full-refresh", "--select", "dqd_vocabulary_counts", environment=environment)
    with reading(environment) as reader:
        assert list(reader.query(counted.format("denominator_rows > 1"))) == [(0,)]


def _statuses(*tests: str, environment: Environment) -> dict[str, str]:
    """Test -> how it ended; what begins with a dash is an option of dbt's."""
    with contextlib.suppress(CommandFailedError):
        dbt("test", "--select", *tests, environment=environment)
    return {result["unique_id"].split(".")[2]: result["status"] for result in _results(environment)}


def _results(environment: Environment) -> list[dict[str, Any]]:
    """What dbt wrote of each test, not of its hooks."""
    results = json.loads((Path(environment["DBT_TARGET_PATH"]) / "run_results.json").read_text())["results"]
    return [result for result in results if result["unique_id"].startswith("test.")]


def _copy(environment: Environment, folder: Path) -> dict[str, str]:
    """Variables that lead to a copy of a DuckDB file. It has the same name, so dbt need not parse anew."""
    file = folder / Path(environment["SYNTHEA_OMOP_DATABASE"]).name
    shutil.copyfile(environment["SYNTHEA_OMOP_DATABASE"], file)
    return dict(environment) | {"SYNTHEA_OMOP_DATABASE": str(file)}


def _assert_that_queries_agree(reader: Reader, least: int) -> None:
    checks = list(reader.query(
        "select checkid, query_text, coalesce(num_violated_rows, 0) from quality.dqd_results"
        " where query_text is not null and num_violated_rows is not null"
    ))
    different = []
    for checkid, query, counted in checks:
        ((found,),) = reader.query(f"select count(*) from ({query}) as violating")
        if found != counted:
            different.append((checkid, counted, found))
    assert different == []
    assert len(checks) >= least
