"""The real case: the next year's export of some patients after the big one, and everybody else's rows as they were."""

import csv
import gzip
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from shutil import copyfile

import pytest

from tests.incremental.built import PERSON_IN, PERSONS, STORED
from tests.support.commands import at_once, synthea_omop
from tests.support.comparison import Reader, assert_same_databases, difference, reading
from tests.support.environments import ENGINES, duckdb_environment, postgres_environment
from tests.support.postgres_server import PostgresServer

pytestmark = pytest.mark.exports

Environment = Mapping[str, str]
# Table -> how many rows, and a sum of their hashes, in which no order shows.
Prints = dict[str, tuple[int, int]]
FIRST, NEXT = "v3.3.0_455", "v3.3.0_45_next"
HASHES = {
    "duckdb": "sum(cast(hash(stored) as hugeint))",
    "postgres": "sum(hashtextextended(cast(stored as text), 0))",
}
# A row that was written anew, even if it says the same, comes from another transaction.
VERSIONS = "sum(hashtextextended(cast(stored as text) || cast(stored.xmin as text), 0))"
PERSON_COLUMNS = """
    select table_schema || '.' || table_name from information_schema.columns where column_name = 'person_id'
"""


@dataclass(frozen=True)
class History:
    """The rows of the persons that are not in the next export, before it and after it; all rows then, and after a full
    refresh; how many persons were replaced; and the two databases of the end.
    """

    before: Prints
    after: Prints
    everything: Prints
    refreshed: Prints
    replaced: int
    built: Environment
    rebuilt: Environment


def _prints(reader: Reader, others: str = "", versions: bool = False) -> Prints:
    """Of the stored tables; of those with persons, and of the persons that a condition names, if one is given."""
    hashes = VERSIONS if versions and reader.is_postgres else HASHES["postgres" if reader.is_postgres else "duckdb"]
    personal = {name: "person_id" for (name,) in reader.query(PERSON_COLUMNS)}
    personal |= {name: f"{column} >> 20" for name, column in PERSON_IN.items()}
    found = {}
    for (name,) in list(reader.query(STORED)):
        if not others or name in personal:
            where = f" where {personal[name]} in ({others})" if others else ""
            ((rows, print_),) = reader.query(f"select count(*), {hashes} from {name} as stored{where}")
            found[name] = (rows, int(print_ or 0))
    return found


@pytest.fixture(scope="module")
def histories(
    exports: Path, postgres_server: PostgresServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, History]]:
    """Engine -> what the two exports, one after the other, became."""
    folders = {engine: tmp_path_factory.mktemp(engine) for engine in ENGINES}
    first, later = (str(exports / "synthea" / name) for name in (FIRST, NEXT))
    with gzip.open(Path(later) / "patients.csv.gz", "rt", newline="", encoding="utf-8") as lines:
        came = ", ".join(f"'{row['Id']}'" for row in csv.DictReader(lines))
    others = f"select person_id from {PERSONS} where cast(patient_id as text) not in ({came})"

    def happen(pair: tuple[Environment, Environment]) -> History:
        built, rebuilt = pair
        synthea_omop(
            "run", first, "--vocabulary", str(exports / "vocabulary"), "--no-tests", environment=built
        )
        with reading(built) as reader:
            before = _prints(reader, others, versions=True)
        synthea_omop("run", later, "--no-tests", environment=built)
        with reading(built) as reader:
            after, everything = _prints(reader, others, versions=True), _prints(reader)
            ((replaced,),) = reader.query("select count(*) from intermediate.int_changes__persons")
        if "PGHOST" in built:
            postgres_server.create_database(built["PGDATABASE"], rebuilt["PGDATABASE"])
        else:
            copyfile(built["SYNTHEA_OMOP_DATABASE"], rebuilt["SYNTHEA_OMOP_DATABASE"])
        synthea_omop("run", later, "--no-tests", "--full-refresh", environment=rebuilt)
        with reading(rebuilt) as reader:
            refreshed = _prints(reader)
        return History(before, after, everything, refreshed, replaced, built, rebuilt)

    with postgres_environment(postgres_server, folders["postgres"]) as postgres:
        duckdb = duckdb_environment(folders["duckdb"])
        copies = (
            duckdb | {"SYNTHEA_OMOP_DATABASE": str(folders["duckdb"] / "copy.duckdb")},
            postgres | {"PGDATABASE": f"{postgres['PGDATABASE']}_copy"},
        )
        try:
            pairs = list(zip((duckdb, postgres), copies, strict=True))
            yield dict(zip(ENGINES, at_once(happen, pairs), strict=True))
        finally:
            postgres_server.drop_database(copies[1]["PGDATABASE"])


@pytest.mark.parametrize("engine", ENGINES)
def test_every_row_of_everybody_else_is_the_one_it_was(histories: dict[str, History], engine: str) -> None:
    history = histories[engine]
    assert 5 < history.replaced <= 45
    assert len(history.before) > 30 and sum(rows for rows, _ in history.before.values()) > 1_000_000
    assert history.before == history.after


@pytest.mark.parametrize("engine", ENGINES)
def test_the_merged_state_is_that_of_a_full_refresh(histories: dict[str, History], engine: str) -> None:
    history = histories[engine]
    with reading(history.built) as built, reading(history.rebuilt) as rebuilt:
        differences = [
            difference(name, built.table(name), rebuilt.table(name), ("built", "a full refresh"))
            for name, print_ in history.everything.items() if print_ != history.refreshed.get(name)
        ]
    assert not differences, "\n".join(filter(None, differences))
    assert history.everything.keys() == history.refreshed.keys()


def test_both_engines_end_with_the_same_rows_and_ids(histories: dict[str, History]) -> None:
    duckdb, postgres = (histories[engine] for engine in ENGINES)
    assert_same_databases(duckdb.built, postgres.built)
    assert {name: rows for name, (rows, _) in duckdb.everything.items()} == {
        name: rows for name, (rows, _) in postgres.everything.items()
    }
