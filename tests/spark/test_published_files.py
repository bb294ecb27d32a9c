"""What `run --publish` does on Spark once the build is done: its files are linked into the folder that readers have."""

import shutil
from pathlib import Path

import duckdb
import pytest

from loader.databases import open_database
from loader.errors import BuildError, LoaderError
from loader.progress import Reporter
from loader.publish import building_place
from loader.publish.linked_files import LinkedFiles
from loader.settings import Settings


class Warehouse:
    """A warehouse in which the test stands for Spark."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.settings = folder, Settings("spark", folder / "unused", "256MB", warehouse=folder)
        with open_database(self.settings):
            pass

    def build(self, build_id: int, *rows: int, outcome: str = "done") -> None:
        """The rows as the one bucket of omop.person, in a file of its own, and the build in the ledger."""
        bucket = self.folder / "omop.db" / "person" / "person_bucket=0"
        bucket.mkdir(parents=True, exist_ok=True)
        for path in bucket.iterdir():
            path.unlink()
        values = ", ".join(f"({row})" for row in rows)
        with duckdb.connect() as connection:
            connection.execute(f"copy (from (values {values}) as t (person_id)) to '{bucket / f'{build_id}.parquet'}'")
            connection.execute(
                f"copy (select * replace ({build_id} as build_id, '{outcome}' as outcome) from (select null)"
                f" left join read_parquet('{self.folder}/etl/build/columns.parquet') on true)"
                f" to '{self.folder}/etl/build/{build_id}.parquet'"
            )

    def publish(self) -> None:
        with open_database(self.settings) as database, building_place(self.settings, True, Reporter()) as place:
            place.publish(database, "done")

    def is_behind(self) -> bool:
        with open_database(self.settings) as database:
            return LinkedFiles(self.settings, Reporter()).is_behind(database)

    def seen(self) -> list[int]:
        """What readers see: the rows of omop.person, of every file in its folder."""
        pattern = self.folder / "published" / "current" / "omop" / "person" / "**" / "*.parquet"
        return [row for (row,) in duckdb.sql(f"select person_id from read_parquet('{pattern}') order by 1").fetchall()]

    def states(self) -> list[str]:
        return sorted(path.name for path in (self.folder / "published" / "snapshots").iterdir())


@pytest.fixture
def warehouse(tmp_path: Path) -> Warehouse:
    return Warehouse(tmp_path / "warehouse")


def test_readers_have_what_was_published_while_spark_replaces_it(warehouse: Warehouse) -> None:
    warehouse.build(1, 10, 11)
    warehouse.publish()
    assert warehouse.seen() == [10, 11]
    warehouse.build(2, 20)
    assert warehouse.seen() == [10, 11]
    warehouse.publish()
    assert warehouse.seen() == [20]


def test_files_are_linked(warehouse: Warehouse) -> None:
    warehouse.build(1, 10)
    warehouse.publish()
    built, published = (
        next((warehouse.folder / folder / "person").rglob("*.parquet")) for folder in ("omop.db", "published/current/omop")
    )
    assert built.samefile(published)


def test_what_spark_has_not_finished_is_not_published(warehouse: Warehouse) -> None:
    warehouse.build(1, 10)
    tables = warehouse.folder / "omop.db"
    file = next(tables.rglob("*.parquet"))
    for name in ("person/.spark-staging-1", "person/_temporary/0", "person__dbt_new"):
        (tables / name).mkdir(parents=True)
        (tables / name / "part.parquet").write_bytes(file.read_bytes())
    warehouse.publish()
    assert warehouse.seen() == [10]
    assert [path.name for path in (warehouse.folder / "published" / "current" / "omop").iterdir()] == ["person"]


def test_only_what_the_project_makes_for_readers_is_published(warehouse: Warehouse) -> None:
    warehouse.build(1, 10)
    for name in ("omop.db/somebodys", "quality.db/rates_accounting", "intermediate.db/int_keys__persons"):
        (warehouse.folder / name).mkdir(parents=True)
    warehouse.publish()
    published = warehouse.folder / "published" / "current"
    assert [path.name for path in published.glob("*/*")] == ["person"]


def test_a_table_without_rows_has_its_folder(warehouse: Warehouse) -> None:
    warehouse.build(1, 10)
    (warehouse.folder / "omop.db" / "specimen").mkdir()
    warehouse.publish()
    assert (warehouse.folder / "published" / "current" / "omop" / "specimen").is_dir()


def test_the_last_build_is_behind_until_it_is_published(warehouse: Warehouse) -> None:
    warehouse.build(1, 10)
    assert warehouse.is_behind()
    warehouse.publish()
    assert not warehouse.is_behind()
    warehouse.build(2, 10)
    assert warehouse.is_behind()


def test_the_state_before_stays_for_its_readers_and_half_a_state_goes(warehouse: Warehouse) -> None:
    warehouse.build(1, 10)
    warehouse.publish()
    # Builds that failed, and a process that was killed while it published.
    warehouse.build(4, 40)
    (warehouse.folder / "published" / "snapshots" / "000004").mkdir()
    warehouse.build(6, 60)
    warehouse.publish()
    assert warehouse.states() == ["000001", "000006"]
    warehouse.build(7, 70)
    warehouse.publish()
    assert warehouse.states() == ["000006", "000007"] and warehouse.seen() == [70]


def test_there_is_a_link_before_spark_is_told_of_its_tables(warehouse: Warehouse) -> None:
    """Spark makes the folder of a table, and with it those above."""
    with open_database(warehouse.settings) as database, building_place(warehouse.settings, True, Reporter()) as place:
        place.prepare(database, False)
    (warehouse.folder / "published" / "current" / "omop" / "person").mkdir(parents=True)
    warehouse.build(1, 10)
    warehouse.publish()
    assert warehouse.seen() == [10]


def test_a_build_without_its_end_is_not_published(warehouse: Warehouse) -> None:
    warehouse.build(1, 10, outcome="partial")
    with pytest.raises(BuildError, match=r"Build 1 did not come to its end.*\nNothing was published"):
        warehouse.publish()


def test_nothing_built_here_is_nothing_to_publish(warehouse: Warehouse) -> None:
    warehouse.build(1, 10)
    shutil.rmtree(warehouse.folder / "omop.db")
    with pytest.raises(BuildError, match=r"Spark has built them elsewhere.*\nNothing was published"):
        warehouse.publish()


def test_an_object_store_has_no_links(warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SYNTHEA_OMOP_SPARK_WAREHOUSE", "s3a://bucket/warehouse")
    with pytest.raises(LoaderError, match="--publish links files, which s3a://bucket/warehouse cannot"):
        warehouse.publish()
