"""The bundled sample, built again and again on each engine: the rows and their ids stay what they are, a small change leaves
in place what it can, and a run makes only those views and seeds that do not stand.
"""

import re
from collections.abc import Mapping

import pytest

from bench.loads import chosen_patients
from tests.loader.command_line import query, succeed
from tests.pipeline.conftest import BUILDS, DEMO, DROPPED, FIRST, REFRESHED, SAME_DATA, SHARE, SMALL, Histories
from tests.support.commands import CommandFailedError, dbt
from tests.support.comparison import assert_same_tables, snapshot
from tests.support.environments import ENGINES

Environments = Mapping[str, Mapping[str, str]]


@pytest.mark.parametrize("build", BUILDS)
def test_both_engines_build_the_same_rows_with_the_same_ids(histories: Histories, build: str) -> None:
    duckdb, postgres = (histories[engine][build].tables for engine in ENGINES)
    # Of the rates' road, which the refresh by hand builds too, both have all tables.
    assert duckdb.keys() == postgres.keys()
    assert_same_tables(duckdb, postgres, ENGINES)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("later", SAME_DATA[1:])
def test_a_later_build_of_the_same_data_gives_the_same_rows(histories: Histories, engine: str, later: str) -> None:
    """Ids that were handed out in between stay handed out."""
    first, last = histories[engine][FIRST].tables, histories[engine][later].tables
    keys = {name for name in first if ".int_keys__" in name}
    assert_same_tables(*({name: tables[name] for name in first.keys() - keys} for tables in (first, last)), (FIRST, later))
    assert len(keys) == 4 and all(set(first[name].rows) <= set(last[name].rows) for name in keys)
    changed = histories[engine][SMALL].tables
    assert list(first["omop.visit_detail"].rows) != list(changed["omop.visit_detail"].rows)


@pytest.mark.parametrize("engine", ENGINES)
def test_only_changed_persons_are_replaced(histories: Histories, engine: str) -> None:
    history = histories[engine]
    everybody = len(list(history[FIRST].tables["omop.person"].rows))
    replaced = [history[build].persons_replaced for build in BUILDS]
    # In a large change everybody is counted as replaced who is built anew.
    assert replaced[0] == replaced[3] == everybody and 0 < replaced[1] == replaced[2] < everybody


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("build", BUILDS)
def test_every_build_runs_its_tests_and_skips_nothing(histories: Histories, engine: str, build: str) -> None:
    output = histories[engine][build].output
    assert "data test" in output and (" unit_test " in output) == (build == REFRESHED)
    assert "ERROR=0 SKIP=0" in output


@pytest.mark.parametrize("engine", ENGINES)
def test_an_empty_build_is_refused_where_there_is_data(
    histories: Histories, environments: Environments, engine: str
) -> None:
    with pytest.raises(CommandFailedError, match="--empty would empty a CDM"):
        dbt("build", "--empty", environment=environments[engine])
    assert_same_tables(histories[engine][REFRESHED].tables, snapshot(environments[engine]), (REFRESHED, "afterwards"))


@pytest.mark.parametrize("table", ["person", "visit_occurrence", "measurement", "cost", "drug_era", "payer_plan_period"])
def test_the_sample_fills_the_tables_that_people_look_at_first(histories: Histories, table: str) -> None:
    assert list(histories["duckdb"][FIRST].tables[f"omop.{table}"].rows)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_run_makes_only_the_view_that_was_missing(histories: Histories, engine: str) -> None:
    first, small, refreshed = (histories[engine][build] for build in (FIRST, SMALL, REFRESHED))
    views = {("model", view.partition(".")[2]) for view in first.views}
    assert len(views) > 50 and views < first.made and views < refreshed.made
    assert small.made & views == {("model", DROPPED)}
    assert {kind for kind, _ in small.made} == {"model"}
    assert first.views == small.views == [view for view in refreshed.views if view in first.views]


@pytest.mark.parametrize("engine", ENGINES)
def test_a_full_refresh_by_hand_makes_both_roads(histories: Histories, engine: str) -> None:
    """Of a database that no rates were ever loaded into: the seeds of their road are there all the same."""
    first, refreshed = histories[engine][FIRST], histories[engine][REFRESHED]
    assert refreshed.made > first.made | {("model", "fact_rate")}


def test_after_a_small_change_every_key_and_index_is_the_one_that_was_there(histories: Histories) -> None:
    first, small, large, _ = (histories["postgres"][build] for build in BUILDS)
    # Of a table with an analyst's row, which refers to a visit that was replaced, the key was off meanwhile.
    stay = [[place for place in build.places if place[0] != "omop.note"] for build in (first, small)]
    assert len(stay[0]) > 200 and stay[0] == stay[1]
    assert set(large.places).isdisjoint({place for place in small.places if "measurement" in place[0]})
    assert first.keys == small.keys == large.keys


def test_rows_of_persons_that_did_not_change_are_not_touched(histories: Histories, environments: Environments) -> None:
    first, small = (set(histories["postgres"][build].versions) for build in (FIRST, SMALL))
    replaced = query(
        environments["postgres"],
        "select distinct keys.person_id from etl.patient_change inner join intermediate.int_keys__persons as keys"
        " on patient_change.patient_id = keys.patient_id where batch_id = 3",
    )
    assert first and {row[0] for row in first ^ small} == {person for (person,) in replaced}
    assert len(replaced) < 16 and len(chosen_patients(DEMO / "synthea", SHARE)) == 1


def test_a_run_vacuums_where_many_rows_are_dead(histories: Histories) -> None:
    assert [histories["postgres"][build].vacuums for build in (FIRST, SMALL)] == [[(0,)], [(1,)]]


@pytest.mark.parametrize("engine", ENGINES)
def test_the_ledger_says_what_each_build_was_about(
    histories: Histories, environments: Environments, engine: str
) -> None:
    builds = query(
        environments[engine],
        "select outcome, full_refresh, is_small, first_batch_id, last_batch_id, patients, models > 40, rows,"
        " seconds > 0 from etl.build where finished_at is not null order by build_id",
    )
    changed = builds[1][5]
    assert [row[:7] for row in builds[: len(BUILDS)]] == [
        ("done", False, False, 2, 2, 16, True), ("done", False, True, 3, 3, changed, True),
        ("done", False, False, 4, 4, changed, True), ("done", True, False, 4, 4, 16, True),
    ]
    assert builds[0][7] > builds[1][7] > 0
    ((models,),) = query(environments[engine], "select max(models) from etl.build where build_id = 1")
    output = [" ".join(line.split()) for line in succeed(environments[engine], "status").splitlines()]
    assert any(line.startswith("1 done ") and f" 2 16 {models} {builds[0][7]:,} no " in line for line in output), output


@pytest.mark.parametrize("engine", ENGINES)
def test_the_ledger_has_every_step_of_every_build(
    histories: Histories, environments: Environments, engine: str
) -> None:
    steps = [number for (number,) in query(
        environments[engine], "select count(*) from etl.build_step where seconds >= 0 group by build_id order by build_id"
    )]
    assert steps[: len(BUILDS)] == [_steps_printed(histories[engine][build].output) for build in BUILDS]


def _steps_printed(output: str) -> int:
    """What dbt counted, without hooks, and without exposures, with which there is nothing to do."""
    hooks, idle, total = (
        int(re.search(pattern, output)[1]) for pattern in (r"(\d+) project hooks", r"NO-OP=(\d+)", r"TOTAL=(\d+)")
    )
    return total - hooks - idle


