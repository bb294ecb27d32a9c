"""The bundled sample, built again and again on each engine: the rows and their ids stay what they are."""

import re
from collections.abc import Mapping

import pytest

from tests.pipeline.conftest import BUILDS, FIRST, REFRESHED, RELOADED, WITH_UNIT_TESTS, Build
from tests.support.commands import CommandFailedError, dbt
from tests.support.comparison import assert_same_tables, reading, snapshot
from tests.support.environments import ENGINES


@pytest.mark.parametrize("build", BUILDS)
def test_both_engines_build_the_same_rows_with_the_same_ids(
    histories: dict[str, dict[str, Build]], build: str
) -> None:
    duckdb, postgres = (histories[engine][build].tables for engine in ENGINES)
    assert_same_tables(duckdb, postgres, ENGINES)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("later", BUILDS[1:])
def test_a_later_build_of_the_same_data_gives_the_same_rows(
    histories: dict[str, dict[str, Build]], engine: str, later: str
) -> None:
    first = histories[engine][FIRST].tables
    assert_same_tables(first, histories[engine][later].tables, (FIRST, later))


@pytest.mark.parametrize("engine", ENGINES)
def test_what_one_build_consumed_the_next_leaves_alone(
    histories: dict[str, dict[str, Build]], engine: str
) -> None:
    history = histories[engine]
    everybody = len(list(history[FIRST].tables["omop.person"].rows))
    assert [history[build].persons_replaced for build in (FIRST, RELOADED, REFRESHED)] == [everybody, 0, everybody]


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("build", BUILDS)
def test_every_build_runs_its_tests_and_skips_nothing(
    histories: dict[str, dict[str, Build]], engine: str, build: str
) -> None:
    output = histories[engine][build].output
    assert "data test" in output and (" unit_test " in output) == (build in WITH_UNIT_TESTS)
    assert "ERROR=0 SKIP=0" in output


@pytest.mark.parametrize("engine", ENGINES)
def test_an_empty_build_is_refused_where_there_is_data(
    histories: dict[str, dict[str, Build]], environments: dict[str, Mapping[str, str]], engine: str
) -> None:
    with pytest.raises(CommandFailedError, match="--empty would empty a CDM"):
        dbt("build", "--empty", environment=environments[engine])
    assert_same_tables(histories[engine][REFRESHED].tables, snapshot(environments[engine]), (REFRESHED, "afterwards"))


@pytest.mark.parametrize("table", ["person", "visit_occurrence", "measurement", "cost", "drug_era", "payer_plan_period"])
def test_the_sample_fills_the_tables_that_people_look_at_first(
    histories: dict[str, dict[str, Build]], table: str
) -> None:
    assert list(histories["duckdb"][FIRST].tables[f"omop.{table}"].rows)


@pytest.mark.parametrize("engine", ENGINES)
def test_the_ledger_has_every_step_of_every_build(
    histories: dict[str, dict[str, Build]], environments: dict[str, Mapping[str, str]], engine: str
) -> None:
    with reading(environments[engine]) as reader:
        steps = [number for (number,) in reader.query(
            "select count(*) from etl.build_step where seconds >= 0 group by build_id order by build_id"
        )]
    assert steps[: len(BUILDS)] == [_steps_printed(histories[engine][build].output) for build in BUILDS]


def _steps_printed(output: str) -> int:
    """What dbt counted, without hooks, and without exposures, with which there is nothing to do."""
    hooks, idle, total = (
        int(re.search(pattern, output)[1]) for pattern in (r"(\d+) project hooks", r"NO-OP=(\d+)", r"TOTAL=(\d+)")
    )
    return total - hooks - idle
