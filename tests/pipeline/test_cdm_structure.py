"""The built CDM against the official lists: columns on both engines, keys and indexes where PostgreSQL keeps them."""

import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

import psycopg2
import pytest

from tests.pipeline.conftest import BUILDS, DEMO, FIRST, REFRESHED, Histories
from tests.support import official
from tests.support.commands import dbt, synthea_omop
from tests.support.comparison import reading
from tests.support.environments import ENGINES, postgres_environment
from tests.support.keys import keys_of
from tests.support.postgres_server import PostgresServer

COLUMNS = """
    select table_name, column_name, lower(data_type), character_maximum_length, numeric_precision, numeric_scale,
        is_nullable
    from information_schema.columns
    where table_schema = 'omop'
    order by table_name, ordinal_position
"""
# What the engines call the same type.
LONG_NAMES = {
    "timestamp without time zone": "timestamp", "character varying": "varchar", "double": "double precision",
}  # fmt: skip
LANGUAGE = "4180186"

Environment = Mapping[str, str]


def _spelled(kind: str, length: int | None, precision: int | None, scale: int | None) -> str:
    name = LONG_NAMES.get(kind.partition("(")[0], kind.partition("(")[0])
    if name in ("numeric", "decimal"):
        return f"numeric({precision},{scale})"
    return f"{name}({length})" if name == "varchar" and length else name


def _expected_type(field: official.Field, engine: str) -> str:
    kind = official.expected_type(field)
    # DuckDB has one type of text, without a length.
    return "varchar" if engine == "duckdb" and kind.startswith(("varchar", "text")) else kind


@pytest.mark.parametrize("engine", ENGINES)
def test_tables_have_the_official_columns(
    histories: Histories, environments: Mapping[str, Environment], engine: str
) -> None:
    with reading(environments[engine]) as reader:
        rows = list(reader.query(COLUMNS))
    tables = {row[0] for row in rows}
    assert tables <= set(official.TABLES)
    expected = [
        (
            field["table"],
            field["field"],
            _expected_type(field, engine),
            # A view does not say which of its columns are never NULL.
            "NO" if field["required"] == "yes" and field["table"] not in official.VOCABULARY else "YES",
        )
        for table in sorted(tables)
        for field in official.fields_of(table)
    ]
    assert [(table, column, _spelled(*kind), nullable) for table, column, *kind, nullable in rows] == expected


@pytest.mark.parametrize("build", BUILDS)
def test_postgresql_has_every_key_and_index_after_each_build(histories: Histories, build: str) -> None:
    tables = _tables(histories)
    keys = histories["postgres"][build].keys
    assert keys.primary == {(table, key) for table, key in official.PRIMARY_KEYS.items() if table in tables}
    assert keys.foreign == _official_foreign_keys(tables)
    assert {index for index in official.INDEXES if index[0] in tables} - keys.indexed == set()


@pytest.mark.parametrize("build", [FIRST, REFRESHED])
def test_duckdb_has_no_key_and_no_index(histories: Histories, build: str) -> None:
    keys = histories["duckdb"][build].keys
    assert (keys.primary, keys.foreign, keys.indexed) == (frozenset(), {}, frozenset())


def _tables(histories: Histories) -> set[str]:
    return {name.split(".")[1] for name in histories["postgres"][FIRST].tables if name.startswith("omop.")}


def _official_foreign_keys(tables: set[str]) -> dict[tuple[str, str], tuple[str, str]]:
    return {child: parent for child, parent in official.FOREIGN_KEYS.items() if child[0] in tables}


@pytest.fixture(scope="module")
def copied(
    histories: Histories,
    environments: Mapping[str, Environment],
    postgres_server: PostgresServer,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Environment]:
    """A copy of the built PostgreSQL database, to be spoiled."""
    folder, template = tmp_path_factory.mktemp("copied"), environments["postgres"]
    with postgres_environment(postgres_server, folder, template["PGDATABASE"]) as environment:
        yield {**environment, "DBT_TARGET_PATH": template["DBT_TARGET_PATH"]}


def _foreign_keys(environment: Environment) -> set[tuple[str, str]]:
    with reading(environment) as reader:
        return set(keys_of(reader).foreign)


def _execute(environment: Environment, sql: str) -> None:
    names = {"host": "PGHOST", "port": "PGPORT", "user": "PGUSER", "dbname": "PGDATABASE"}
    connection = psycopg2.connect(**{name: environment[variable] for name, variable in names.items()})
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute(sql)
    finally:
        connection.close()


def test_a_visit_that_rows_refer_to_cannot_go(copied: Environment) -> None:
    with pytest.raises(psycopg2.errors.ForeignKeyViolation):
        _execute(copied, "delete from omop.visit_occurrence")


def test_a_build_by_hand_has_the_settings_of_a_run(copied: Environment) -> None:
    """Which else compiles every long query, and joins what it takes for a row or two by nested loops."""
    _execute(copied, """
        create table public.seen as select cast(null as text) as jit, cast(null as text) as nested_loops limit 0;
        create function public.see() returns trigger language plpgsql as $$ begin
            insert into public.seen values (current_setting('jit'), current_setting('enable_nestloop'));
            return null;
        end $$;
        create trigger see after insert on omop.death for each statement execute function public.see()""")
    for options, expected in (("", ("off", "off")), ("-c jit=on", ("on", "on"))):
        _execute(copied, "truncate public.seen")
        dbt("run", "--select", "death", environment={**copied, "PGOPTIONS": options})
        with reading(copied) as reader:
            assert set(reader.query("select * from public.seen")) == {expected}


def test_a_build_of_a_part_leaves_the_keys_of_the_other_tables(copied: Environment) -> None:
    before = _foreign_keys(copied)
    dbt("run", "--select", "death", environment=copied)
    assert before - _foreign_keys(copied) == {key for key in before if key[0] == "death"}


def test_a_new_vocabulary_takes_the_keys_along_and_the_next_build_makes_what_holds(
    copied: Environment, tmp_path: Path
) -> None:
    """And it brings back what the build of a part left away; analysts' rows are still there."""
    _execute(copied, "insert into omop.cohort select 1, person_id, current_date, current_date from omop.person")
    cut = tmp_path / "vocabulary"
    shutil.copytree(DEMO / "vocabulary", cut)
    concepts = (cut / "CONCEPT.csv").read_text(encoding="utf-8").splitlines(keepends=True)
    kept = [line for line in concepts if not line.startswith(f"{LANGUAGE}\t")]
    assert len(kept) == len(concepts) - 1
    (cut / "CONCEPT.csv").write_text("".join(kept), encoding="utf-8")

    synthea_omop("vocabulary", str(cut), environment=copied)
    assert [key for key in _foreign_keys(copied) if official.FOREIGN_KEYS[key][0] in official.VOCABULARY] == []

    output = dbt("run", environment=copied)
    assert "No foreign key on concept_synonym.language_concept_id" in output
    with reading(copied) as reader:
        tables = {name.split(".")[1] for name in reader.table_names()}
        ((cohort_rows,),) = reader.query("select count(*) from omop.cohort")
    missing = set(_official_foreign_keys(tables)) - _foreign_keys(copied)
    assert {table for table, _ in missing} <= {"concept_synonym", "concept_relationship", "concept_ancestor"}
    assert ("concept_synonym", "language_concept_id") in missing
    assert cohort_rows > 0
