"""Real exports of every release: what each becomes, on both engines, and whether it is what the rulings counted."""

import csv
import gzip
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from shutil import copyfile

import pytest

from tests.pipeline.counts import COUNTS
from tests.pipeline.questions import QUESTIONS
from tests.support import official
from tests.support.commands import at_once, dbt, synthea_omop
from tests.support.comparison import Reader, assert_same_databases, reading
from tests.support.environments import REPOSITORY, duckdb_environment, postgres_environment
from tests.support.eras import ERA_COLUMNS, built_eras, expected_eras
from tests.support.keys import keys_of
from tests.support.postgres_server import PostgresServer

pytestmark = pytest.mark.exports

DEMO = "demo"
RELEASES = (
    DEMO,
    "v2.5.0_113",
    "v2.7.0_922",
    "v3.0.0_27",
    "v3.1.0_107",
    "v3.2_11",
    "v3.3.0_45_next",
    "v4.0_16",
    "v3.3.0_455",
)
# Not loadable as a whole, and so not here: an interrupted run with torn lines.
DAMAGED = "v3.1.0_damaged"

Environment = Mapping[str, str]

# The first column that a file has of these says when a row began.
STARTS = ("START", "DATE")
EVENTS = "select source_file, source_code, cast(start_date as text) from intermediate.int_events__mapped where target_no = 1"
EVENT_FILES = (
    "conditions", "allergies", "medications", "immunizations", "procedures", "observations", "careplans", "devices",
    "supplies",
)
# CDM table -> the column of the day on which its rows began.
DAYS = {
    "condition_occurrence": "condition_start_date",
    "drug_exposure": "drug_exposure_start_date",
    "procedure_occurrence": "procedure_date",
    "device_exposure": "device_exposure_start_date",
    "measurement": "measurement_date",
    "observation": "observation_date",
    "specimen": "specimen_date",
}


def explained_failures() -> dict[str, set[str]]:
    """Type of check -> the columns and concepts whose failures docs/quality.md explains."""
    page = (REPOSITORY / "docs" / "quality.md").read_text(encoding="utf-8").partition("## What fails, and why")[2]
    found: dict[str, set[str]] = {}
    for line in page.splitlines():
        if line.startswith("| ") and not line.startswith("| check "):
            name, columns, _ = line.strip("| ").split(" | ")
            found.setdefault(name, set()).update(columns.split(", "))
    return found


def folder_of(exports: Path, release: str) -> Path:
    return REPOSITORY / "seeds" / "demo" / "synthea" if release == DEMO else exports / "synthea" / release


@pytest.fixture(scope="module")
def vocabularies(
    exports: Path, postgres_server: PostgresServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Environment, Environment]]:
    """A database of each engine that holds nothing but the vocabulary: to be copied, as loading it takes longer."""
    with ExitStack() as databases:
        environments = (
            duckdb_environment(tmp_path_factory.mktemp("duckdb")),
            databases.enter_context(postgres_environment(postgres_server, tmp_path_factory.mktemp("postgres"))),
        )
        for environment in environments:
            synthea_omop("vocabulary", str(exports / "vocabulary"), environment=environment)
        yield environments


@pytest.fixture(scope="module", params=RELEASES)
def release(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture(scope="module")
def databases(
    exports: Path,
    vocabularies: tuple[Environment, Environment],
    postgres_server: PostgresServer,
    tmp_path_factory: pytest.TempPathFactory,
    release: str,
) -> Iterator[tuple[Environment, Environment]]:
    """The release, built and tested on each engine. dbt's parsed project is shared between the releases."""
    duckdb, postgres = vocabularies
    folder = tmp_path_factory.mktemp(release)
    own = duckdb_environment(folder)
    copyfile(duckdb["SYNTHEA_OMOP_DATABASE"], own["SYNTHEA_OMOP_DATABASE"])

    def build(environment: Environment) -> None:
        synthea_omop("load", str(folder_of(exports, release)), environment=environment)
        dbt("build", "--exclude-resource-type", "unit_test", environment=environment)

    with postgres_environment(postgres_server, folder, postgres["PGDATABASE"]) as other:
        both = (
            own | {"DBT_TARGET_PATH": duckdb["DBT_TARGET_PATH"]},
            other | {"DBT_TARGET_PATH": postgres["DBT_TARGET_PATH"]},
        )
        at_once(build, both)
        yield both


@pytest.fixture(scope="module")
def reader(databases: tuple[Environment, Environment]) -> Iterator[Reader]:
    """DuckDB's tables: another test says that PostgreSQL's are the same."""
    with reading(databases[0]) as opened:
        yield opened


def test_every_export_that_is_there_is_tested(exports: Path) -> None:
    assert {path.name for path in (exports / "synthea").iterdir()} | {DEMO} == {*RELEASES, DAMAGED}


def test_a_real_export_builds_the_same_rows_on_both_engines(databases: tuple[Environment, Environment]) -> None:
    assert_same_databases(*databases)


def test_every_foreign_key_holds_on_postgres(databases: tuple[Environment, Environment]) -> None:
    with reading(databases[1]) as reader:
        tables = {name.split(".")[1] for name in reader.table_names()}
        foreign_keys = keys_of(reader).foreign
    assert foreign_keys.keys() == {key for key in official.FOREIGN_KEYS if key[0] in tables}


def test_a_real_export_becomes_what_the_rulings_counted(reader: Reader, release: str) -> None:
    found = {}
    for question in COUNTS[release]:
        ((found[question],),) = reader.query(QUESTIONS[question])
    assert found == COUNTS[release]


def test_no_fatal_check_fails_and_every_other_failure_is_explained(reader: Reader) -> None:
    failing = reader.query("""
        select severity, check_name, lower(cdm_table_name)
            || case check_level when 'CONCEPT' then ' ' || concept_id else coalesce('.' || cdm_field_name, '') end
        from quality.dqd_results where status in ('failed', 'error')""")
    explained = explained_failures()
    assert [
        row for row in failing if row[0] == "fatal" or row[2] not in explained.get(row[1], ())
    ] == []


def test_every_question_of_the_rulings_is_asked() -> None:
    assert {question for counts in COUNTS.values() for question in counts} == set(QUESTIONS)


def test_eras_of_a_real_export_by_another_method(reader: Reader) -> None:
    for table, expected in expected_eras(reader).items():
        found = built_eras(reader, table)
        assert len(found) == len(expected), table
        assert found == sorted(expected), table
    assert set(ERA_COLUMNS) == {"condition_era", "drug_era", "dose_era"}


def test_no_row_starts_on_another_day_than_the_source_says(reader: Reader, exports: Path, release: str) -> None:
    """The days stand in the files as text, so no time zone has touched them."""
    found = {file: Counter() for file in EVENT_FILES}
    for file, code, day in reader.query(EVENTS):
        if file in found:
            found[file][code, day] += 1
    folder = folder_of(exports, release)
    for file in EVENT_FILES:
        written = Counter((row["CODE"], _day(row)) for row in _rows(folder, file))
        assert found[file] == written, file


def test_no_published_row_starts_on_another_day_than_its_event(reader: Reader) -> None:
    mapped = Counter(
        reader.query("select cdm_table, event_id, cast(start_date as text) from intermediate.int_events__mapped")
    )
    published = Counter()
    for table, day in DAYS.items():
        rows = reader.query(f"select {table}_id, cast({day} as text) from omop.{table}")
        published.update((table, *row) for row in rows)
    assert not mapped - published


def test_visits_and_deaths_have_the_days_of_the_source(reader: Reader, exports: Path, release: str) -> None:
    folder = folder_of(exports, release)
    encounters = Counter(
        (row["CODE"], row["START"][:10], (row["STOP"] or row["START"])[:10]) for row in _rows(folder, "encounters")
    )
    details = Counter(
        reader.query("""
            select
                visit_detail_source_value, cast(visit_detail_start_date as text), cast(visit_detail_end_date as text)
            from omop.visit_detail""")
    )
    assert details == encounters
    patients = list(_rows(folder, "patients"))
    people = reader.query("select person_source_value, cast(cast(birth_datetime as date) as text) from omop.person")
    assert sorted(people) == sorted((row["Id"], row["BIRTHDATE"]) for row in patients)
    deaths = reader.query("""
        select person.person_source_value, cast(death.death_date as text)
        from omop.death inner join omop.person on death.person_id = person.person_id""")
    assert sorted(deaths) == sorted((row["Id"], row["DEATHDATE"]) for row in patients if row["DEATHDATE"])


def _day(row: Mapping[str, str]) -> str:
    return next(row[name] for name in STARTS if name in row)[:10]


def _rows(folder: Path, file: str) -> Iterator[dict[str, str]]:
    """The rows of a file as they are written; none where the release has no such file."""
    for path, opener in ((folder / f"{file}.csv", open), (folder / f"{file}.csv.gz", gzip.open)):
        if path.exists():
            with opener(path, "rt", newline="", encoding="utf-8") as lines:
                yield from csv.DictReader(lines)
