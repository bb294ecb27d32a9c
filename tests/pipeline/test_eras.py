"""Eras by another method: a plain computation over invented exposures gives what the models' SQL gives."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.loader.command_line import connect_to_postgres
from tests.support.commands import dbt
from tests.support.environments import ENGINES, REPOSITORY, duckdb_environment, engine_of, postgres_environment
from tests.support.eras import ERA_COLUMNS, MEDICATION, Interval, condition_intervals, dose_intervals, drug_intervals, eras

VACCINATION = 32818
NO_CONCEPT, PLAIN, OTHER_STRENGTH, COMBINED, WATER = 0, 11, 12, 13, 14
INGREDIENTS = {PLAIN: {1}, OTHER_STRENGTH: {1}, COMBINED: {1, 2}}
DOSES = {PLAIN: (1, 8576, 81), OTHER_STRENGTH: (1, 8576, 325)}
FIRST_DAY = date(2019, 12, 1)

# The tables that the models read, as far as they read them.
TABLES = """
    create schema if not exists omop;
    create schema if not exists intermediate;
    create table omop.condition_occurrence (
        person_id bigint, condition_concept_id integer, condition_start_date date, condition_end_date date
    );
    create table omop.drug_exposure (
        person_id bigint, drug_concept_id integer, drug_type_concept_id integer,
        drug_exposure_start_date date, drug_exposure_end_date date
    );
    create table intermediate.int_vocabulary__drug_ingredients (
        drug_concept_id integer, ingredient_concept_id integer
    );
    create table intermediate.int_vocabulary__drug_doses (
        drug_concept_id integer, ingredient_concept_id integer, unit_concept_id integer, dose_value numeric(38, 12)
    );
"""

Run = Callable[[str], list[tuple[Any, ...]]]

# Days and lengths around the window of thirty days, so that its edges are met often.
days = st.integers(0, 200) | st.sampled_from([0, 1, 29, 30, 31, 32, 60, 61, 62])
lengths = st.integers(0, 5) | st.sampled_from([9, 29, 30, 31, 90])
exposures = st.lists(
    st.builds(
        lambda person, drug, kind, day, length: {
            "person_id": person,
            "drug_concept_id": drug,
            "drug_type_concept_id": kind,
            "drug_exposure_start_date": FIRST_DAY + timedelta(day),
            "drug_exposure_end_date": FIRST_DAY + timedelta(day + length),
        },
        st.integers(1, 2),
        st.sampled_from([NO_CONCEPT, PLAIN, OTHER_STRENGTH, COMBINED, WATER]),
        st.sampled_from([MEDICATION, MEDICATION, VACCINATION]),
        days,
        lengths,
    ),
    max_size=14,
)
conditions = st.lists(
    st.builds(
        lambda person, concept, day, length: {
            "person_id": person,
            "condition_concept_id": concept,
            "condition_start_date": FIRST_DAY + timedelta(day),
            "condition_end_date": None if length is None else FIRST_DAY + timedelta(day + length),
        },
        st.integers(1, 2),
        st.sampled_from([NO_CONCEPT, 21, 22]),
        days,
        lengths | st.none(),
    ),
    max_size=14,
)


@pytest.fixture(scope="module", params=ENGINES)
def models(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Run, Mapping[str, str]]]:
    """Runs SQL in a database of the engine that has the models' inputs; and the models' SQL as dbt compiles it."""
    with _environment(request, tmp_path_factory.mktemp("eras")) as environment:
        dbt("compile", "--select", *ERA_COLUMNS, environment=environment)
        compiled = Path(environment["DBT_TARGET_PATH"]) / "compiled"
        queries = {path.stem: path.read_text() for path in compiled.rglob("models/omop/eras/*.sql")}
        with _session(environment) as run:
            run(TABLES)
            for drug, ingredients in INGREDIENTS.items():
                for ingredient in ingredients:
                    run(f"insert into intermediate.int_vocabulary__drug_ingredients values ({drug}, {ingredient})")
            for drug, (ingredient, unit, amount) in DOSES.items():
                run(
                    "insert into intermediate.int_vocabulary__drug_doses"
                    f" values ({drug}, {ingredient}, {unit}, {amount})"
                )
            yield run, queries


@contextmanager
def _environment(request: pytest.FixtureRequest, folder: Path) -> Iterator[Mapping[str, str]]:
    if request.param == "duckdb":
        yield duckdb_environment(folder)
    else:
        with postgres_environment(request.getfixturevalue("postgres_server"), folder) as environment:
            yield environment


@contextmanager
def _session(environment: Mapping[str, str]) -> Iterator[Run]:
    if engine_of(environment) == "duckdb":
        with duckdb.connect(environment["SYNTHEA_OMOP_DATABASE"]) as connection:
            yield lambda sql: connection.execute(sql).fetchall()
        return
    connection = connect_to_postgres(environment)
    connection.autocommit = True
    cursor = connection.cursor()

    def run(sql: str) -> list[tuple[Any, ...]]:
        cursor.execute(sql)
        return cursor.fetchall() if cursor.description else []

    yield run
    connection.close()


several = settings(
    max_examples=150, deadline=None, derandomize=True, database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@several
@given(rows=exposures)
def test_drug_and_dose_eras_of_invented_exposures(
    models: tuple[Run, Mapping[str, str]], rows: list[dict[str, Any]]
) -> None:
    run, queries = models
    _fill(run, "omop.drug_exposure", rows)
    drugs = eras(drug_intervals(rows, INGREDIENTS))
    assert _eras(run, "drug_era", queries) == [
        (*era.key, era.start, era.end, era.intervals, era.empty_days) for era in drugs
    ]
    doses = eras(dose_intervals(rows, DOSES))
    assert _eras(run, "dose_era", queries) == [(*era.key, era.start, era.end) for era in doses]


@several
@given(rows=conditions)
def test_condition_eras_of_invented_conditions(
    models: tuple[Run, Mapping[str, str]], rows: list[dict[str, Any]]
) -> None:
    run, queries = models
    _fill(run, "omop.condition_occurrence", rows)
    assert _eras(run, "condition_era", queries) == [
        (*era.key, era.start, era.end, era.intervals) for era in eras(condition_intervals(rows))
    ]


def test_the_other_method_knows_the_edges() -> None:
    """What the two methods agree on is right at the boundaries, by hand."""
    key = (1, 1)
    start = date(2020, 1, 1)

    def found(*spans: tuple[int, int]) -> list[tuple[int, int, int, int]]:
        spanned = [Interval(key, start + timedelta(first), start + timedelta(last)) for first, last in spans]
        return [
            ((era.start - start).days, (era.end - start).days, era.intervals, era.empty_days) for era in eras(spanned)
        ]

    assert found((0, 9), (39, 40)) == [(0, 40, 2, 29)]
    assert found((0, 9), (40, 41)) == [(0, 9, 1, 0), (40, 41, 1, 0)]
    assert found((0, 9), (10, 19)) == [(0, 19, 2, 0)]
    assert found((0, 90), (5, 6), (120, 121)) == [(0, 121, 3, 29)]


def _fill(run: Run, table: str, rows: list[dict[str, Any]]) -> None:
    run(f"delete from {table}")
    if rows:
        values = ", ".join(f"({', '.join(_literal(value) for value in row.values())})" for row in rows)
        run(f"insert into {table} ({', '.join(rows[0])}) values {values}")


def _literal(value: Any) -> str:
    if value is None:
        return "null"
    return f"date '{value}'" if isinstance(value, date) else str(value)


def _eras(run: Run, table: str, queries: Mapping[str, str]) -> list[tuple[Any, ...]]:
    return sorted(run(f"select {', '.join(ERA_COLUMNS[table])} from ({queries[table]}) as built"))


def test_the_models_are_in_the_repository() -> None:
    """A renamed folder would leave nothing to compare."""
    assert {path.stem for path in (REPOSITORY / "models" / "omop" / "eras").glob("*.sql")} == set(ERA_COLUMNS)
