"""The bundled sample on each engine, built by runs and by hand, changed and refreshed: what most modules of tests look at."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from bench.loads import change_patients, chosen_patients
from tests.loader.command_line import execute, query
from tests.support.browser import Browser, chromium
from tests.support.commands import at_once, dbt, synthea_omop
from tests.support.comparison import Table, reading, snapshot
from tests.support.environments import ENGINES, REPOSITORY, duckdb_environment, engine_of, postgres_environment
from tests.support.keys import Keys, keys_of
from tests.support.postgres_server import PostgresServer

DEMO = REPOSITORY / "seeds" / "demo"
FIRST = "the first run"
SMALL = "a run with a small change"
LARGE = "a build by hand that takes the change back, and is told that it is a large one"
REFRESHED = "a full refresh by hand, with the unit tests"
BUILDS = (FIRST, SMALL, LARGE, REFRESHED)
# Of the sample itself, and not of the changed one.
SAME_DATA = (FIRST, LARGE, REFRESHED)
# A view that is dropped before the second run.
DROPPED = "int_events__conditions"
SHARE = 1 / 16

VIEWS = """
    select table_schema || '.' || table_name from information_schema.views
    where table_schema in ('staging', 'intermediate', 'omop', 'quality') order by 1"""
MADE = """
    select kind, name from etl.build_step
    where build_id = (select max(build_id) from etl.build) and kind <> 'test'"""
CONSTRAINTS = """
    select constraints.conrelid::regclass::text, constraints.conname, constraints.oid
    from pg_catalog.pg_constraint as constraints
    inner join pg_catalog.pg_namespace as namespaces on constraints.connamespace = namespaces.oid
    where namespaces.nspname = 'omop' and constraints.conrelid::regclass::text <> 'omop.cdm_source'
    order by 1, 2"""
INDEXES = """
    select indexrelid::regclass::text, indexrelid from pg_catalog.pg_index
    where indrelid::regclass::text like 'omop.%' order by 1"""
# Versions of rows: who did not change has the same row as before, not one like it.
VERSIONS = """
    select person_id, visit_occurrence_id, cast(cast(xmin as text) as bigint) as version
    from omop.visit_occurrence order by 2"""
VACUUMS = """
    select vacuum_count from pg_catalog.pg_stat_user_tables where relname = 'measurement' and schemaname = 'omop'"""
# A note refers to a visit of a person who changes: its key is off while the visit is replaced.
NOTE = """
    insert into omop.note (
        note_id, person_id, note_date, note_type_concept_id, note_class_concept_id, note_text, encoding_concept_id,
        language_concept_id, visit_occurrence_id
    )
    select 1, person_id, date '2020-01-01', 0, 0, '', 0, 0, min(visit_occurrence_id)
    from omop.visit_occurrence
    where person_id = (select person_id from intermediate.int_keys__persons where cast(patient_id as text) = '{patient}')
    group by person_id"""
# Without autovacuum, which looks once a minute and may have been there before the run.
DEAD_ROWS = """
    alter table omop.measurement set (autovacuum_enabled = false);
    update omop.measurement set measurement_source_value = measurement_source_value"""


@dataclass(frozen=True)
class Build:
    """What a build printed and left: the tables, the views, the keys, how many persons it replaced, and (kind, name) of the
    nodes that it made. On PostgreSQL `places` are constraints and indexes by their oids, `versions` those of the visits' rows,
    and `vacuums` how often measurements were vacuumed.
    """

    output: str
    tables: Mapping[str, Table]
    persons_replaced: int
    keys: Keys
    views: list[str]
    made: set[tuple[str, str]]
    places: list[tuple]
    versions: list[tuple]
    vacuums: list[tuple]


Histories = Mapping[str, Mapping[str, Build]]


@pytest.fixture(scope="session")
def environments(
    postgres_server: PostgresServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, Mapping[str, str]]]:
    """Engine -> variables that lead to its database."""
    with postgres_environment(postgres_server, tmp_path_factory.mktemp("postgres")) as postgres:
        yield {"duckdb": duckdb_environment(tmp_path_factory.mktemp("duckdb")), "postgres": postgres}


@pytest.fixture(scope="session")
def changed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample with one patient changed, a clinic at another address, and a provider gone."""
    out = tmp_path_factory.mktemp("exports") / "changed"
    change_patients(DEMO / "synthea", out, SHARE)
    clinics = (out / "organizations.csv").read_text().splitlines(keepends=True)
    address = clinics[0].split(",").index("ADDRESS")
    moved = clinics[1].split(",")
    moved[address] = "1 ANOTHER STREET"
    (out / "organizations.csv").write_text("".join([clinics[0], ",".join(moved), *clinics[2:]]))
    providers = (out / "providers.csv").read_text().splitlines(keepends=True)
    (out / "providers.csv").write_text("".join([providers[0], *providers[2:]]))
    return out


@pytest.fixture(scope="session")
def histories(environments: dict[str, Mapping[str, str]], changed: Path) -> dict[str, dict[str, Build]]:
    """Engine -> name of the build -> build. Data tests run, and must pass, each time, unit tests once."""
    return dict(zip(ENGINES, at_once(lambda engine: _history(environments[engine], changed), ENGINES), strict=True))


def _history(environment: Mapping[str, str], changed: Path) -> dict[str, Build]:
    builds = {FIRST: _built(synthea_omop("run", environment=environment), environment)}
    execute(environment, NOTE.format(patient=min(chosen_patients(DEMO / "synthea", SHARE))))
    if engine_of(environment) == "postgres":
        execute(environment, DEAD_ROWS)
    execute(environment, f"drop view intermediate.{DROPPED}")
    second = synthea_omop("run", str(changed), "--snapshot", environment=environment)
    builds[SMALL] = _built(second, environment)
    execute(environment, "delete from omop.note")
    synthea_omop("load", str(DEMO / "synthea"), "--snapshot", environment=environment)
    by_hand = ("--exclude-resource-type", "unit_test", "--vars", "{small_change: 0}")
    builds[LARGE] = _built(dbt("build", *by_hand, environment=environment), environment)
    builds[REFRESHED] = _built(dbt("build", "--full-refresh", environment=environment), environment)
    return builds


def _built(output: str, environment: Mapping[str, str]) -> Build:
    with reading(environment) as reader:
        ((persons_replaced,),) = reader.query("select count(*) from intermediate.int_changes__persons")
        keys = keys_of(reader)
    is_postgres = engine_of(environment) == "postgres"
    return Build(
        output, snapshot(environment), persons_replaced, keys,
        views=[view for (view,) in query(environment, VIEWS)], made=set(query(environment, MADE)),
        places=[*query(environment, CONSTRAINTS), *query(environment, INDEXES)] if is_postgres else [],
        versions=query(environment, VERSIONS) if is_postgres else [],
        vacuums=query(environment, VACUUMS) if is_postgres else [],
    )


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """The machine's Chromium; tests that need it are skipped where there is none."""
    with chromium(tmp_path_factory.mktemp("profile")) as found:
        yield found


@pytest.fixture(scope="session")
def pages(
    histories: Histories, environments: dict[str, Mapping[str, str]],
    tmp_path_factory: pytest.TempPathFactory,
) -> dict[str, Path]:
    """Engine -> the report's page on the sample."""
    folder = tmp_path_factory.mktemp("pages")
    for engine in ENGINES:
        synthea_omop("report", "--html", str(folder / f"{engine}.html"), environment=environments[engine])
    return {engine: folder / f"{engine}.html" for engine in ENGINES}
