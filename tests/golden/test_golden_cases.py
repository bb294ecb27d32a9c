"""Every golden case, on both engines: all patients are built at once, and each must have the rows its case expects."""

import shutil
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.golden.cases import Case, all_cases
from tests.golden.export import uuid, write_exports, write_vocabulary
from tests.golden.reading import Built
from tests.loader.command_line import execute, query
from tests.support.analyses import answers
from tests.support.commands import at_once, dbt, synthea_omop
from tests.support.comparison import assert_same_databases, reading
from tests.support.environments import ENGINES, duckdb_environment, postgres_environment

FEWEST = {"visits": 60, "all": 200}
BEGAN = datetime.now(UTC)
ONLY_TABLES = ("--resource-type", "seed", "--resource-type", "model")


@dataclass(frozen=True)
class Sources:
    """What is loaded: a vocabulary and an export a layout."""

    vocabulary: Path
    exports: list[Path]

    def load(self, environment: Mapping[str, str]) -> None:
        synthea_omop("vocabulary", str(self.vocabulary), environment=environment)
        for export in self.exports:
            synthea_omop("load", str(export), environment=environment)


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> Sources:
    """The vocabulary and the exports that hold all cases."""
    folder = tmp_path_factory.mktemp("golden")
    return Sources(write_vocabulary(folder / "vocabulary"), write_exports(all_cases(), folder / "exports"))


@pytest.fixture(scope="module")
def environments(
    sources: Sources, engines: tuple[str, ...], request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, Mapping[str, str]]]:
    """Engine -> variables that lead to the database in which all cases are built, and the data tests pass.

    Each engine is in time zones of its own, so that neither has what a clock or a session says: on PostgreSQL the database is
    in another one than dbt and the loader.
    """
    has_postgres = "postgres" in engines

    def build(environment: Mapping[str, str]) -> None:
        if has_postgres:
            # Before there are patients: all tables are made without rows, and filled by the next build.
            synthea_omop("vocabulary", str(sources.vocabulary), environment=environment)
            dbt("build", *ONLY_TABLES, environment=environment)
            assert query(environment, "select count(*) from omop.person") == [(0,)]
        sources.load(environment)
        dbt("build", "--exclude-resource-type", "unit_test", environment=environment)

    with ExitStack() as databases:
        found: dict[str, Mapping[str, str]] = {"duckdb": duckdb_environment(tmp_path_factory.mktemp("duckdb"))}
        if has_postgres:
            postgres = databases.enter_context(
                postgres_environment(request.getfixturevalue("postgres_server"), tmp_path_factory.mktemp("postgres"))
            )
            zone = f"alter database \"{postgres['PGDATABASE']}\" set timezone to '{_zone_of_another_day()}'"
            execute(postgres, zone)
            found["postgres"] = postgres | {"TZ": "Asia/Tokyo"}
        at_once(build, list(found.values()))
        yield found


@pytest.fixture(scope="module")
def built(environments: dict[str, Mapping[str, str]]) -> Iterator[dict[str, Built]]:
    """Engine -> what it built."""
    with ExitStack() as readers:
        yield {engine: Built(readers.enter_context(reading(found))) for engine, found in environments.items()}


@pytest.mark.parametrize("case", all_cases(), ids=str)
@pytest.mark.parametrize("engine", ENGINES)
def test_the_case_has_the_rows_it_expects(built: dict[str, Built], engine: str, case: Case) -> None:
    wrong = [
        text
        for table, expected in case.expected.items()
        if (text := _difference(built[engine], case, table, expected))
    ]
    assert not wrong, "\n".join([str(case), *wrong])


@pytest.mark.parametrize("engine", ENGINES)
def test_days_of_a_build_are_days_in_utc(environments: dict[str, Mapping[str, str]], engine: str) -> None:
    """Whatever the zones of the clock, of the server and of the database; comparisons leave these days out."""
    days = {BEGAN.date(), datetime.now(UTC).date()}
    tomorrows = " or ".join(f"query_text like '%{day + timedelta(days=1)}%'" for day in days)
    with reading(environments[engine]) as reader:
        ((released,),) = reader.query("select cdm_release_date from omop.cdm_source")
        ((checks, right),) = reader.query(
            f"select count(*), sum(case when {tomorrows} then 1 else 0 end) from quality.dqd_results"
            " where check_description like '%is not above tomorrow%' and query_text is not null"
        )
    assert released in days and checks == right > 20


@pytest.mark.postgres
def test_both_engines_build_the_cases_alike_in_whatever_time_zones(environments: dict[str, Mapping[str, str]]) -> None:
    """One was built in the zone of `environments.clean_environment`, the other in two others."""
    assert environments["duckdb"]["TZ"] != environments["postgres"]["TZ"]
    assert_same_databases(environments["duckdb"], environments["postgres"])


def test_the_analyses_answer_as_plain_python_does(
    environments: dict[str, Mapping[str, str]], tmp_path: Path
) -> None:
    """The cases have what the sample lacks: stays that are followed by others, ties, years without events."""
    # A copy: other tests hold the file open, and dbt wants it for itself.
    copy = duckdb_environment(tmp_path)
    shutil.copyfile(environments["duckdb"]["SYNTHEA_OMOP_DATABASE"], copy["SYNTHEA_OMOP_DATABASE"])
    found = answers(copy, tmp_path)
    assert {name: answer.difference for name, answer in found.items() if answer.difference != ([], [])} == {}
    assert sum(row[2] for row in found["how_many_stays_are_followed_by_another_within_30_days"].rows) > 0


def _zone_of_another_day() -> str:
    """A zone in which today is not today in UTC, so that a date taken from a clock would differ as well."""
    return "Pacific/Kiritimati" if datetime.now(UTC).hour >= 10 else "Pacific/Pago_Pago"


def test_there_are_enough_cases_and_no_two_of_one_name() -> None:
    names = [str(case) for case in all_cases()]
    assert len(set(names)) == len(names)
    assert len(names) >= FEWEST["all"]
    assert len([case for case in all_cases() if case.topic == "visits"]) >= FEWEST["visits"]


def _difference(built: Built, case: Case, table: str, expected: Any) -> str | None:
    """What is expected and what there is, in words; None when they are the same."""
    if table == "visits":
        found = built.visits(case)
        wanted = [" ".join(line.split()) for line in expected]
        return None if found == wanted else _report(table, wanted, found)
    wanted = [
        {name: built.concept(value) if "concept_id" in name else _spelled(case, name, value) for name, value in row.items()}
        for row in expected
    ]
    columns = list(dict.fromkeys(name for row in wanted for name in row))
    rows = built.rows(case, table)
    found = [{name: row.get(name, "(no such column)") for name in columns} for row in rows]
    return None if _match(wanted, found) else _report(table, wanted, found)


def _spelled(case: Case, name: str, value: str) -> str:
    """Ids that are kept as text stand in the cases by their names."""
    if value.startswith("id of "):
        return uuid(case, value.removeprefix("id of ").replace("the patient", ""))
    return value


def _match(wanted: list[dict[str, str]], found: list[dict[str, str]]) -> bool:
    """Each expected row is another found row, and none is left."""
    if len(wanted) != len(found):
        return False
    if not wanted:
        return True
    first, *others = sorted(wanted, key=len, reverse=True)
    return any(
        first.items() <= row.items() and _match(others, found[:number] + found[number + 1 :])
        for number, row in enumerate(found)
    )


def _report(table: str, wanted: list[Any], found: list[Any]) -> str:
    lines = [f"  {table}:"]
    lines += [f"    expected {row}" for row in wanted or ["no row"]]
    lines += [f"    found    {row}" for row in found or ["no row"]]
    return "\n".join(lines)
