"""Which views and seeds a run leaves alone: those whose last build was of this very project, and that are still there."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from loader.databases import open_database
from loader.project import project_key
from loader.settings import Settings
from loader.standing_nodes import standing_nodes
from tests.loader.command_line import execute, succeed
from tests.loader.exports import ANN, export, patient
from tests.support.environments import engine_of

Environment = Mapping[str, str]
KEY, FORMER = "0123456789abcdef", "fedcba9876543210"
# A view, a seed, a table that is made once, and tables that every build makes anew.
MADE = (("model", "stg_view"), ("seed", "a_seed"), ("model", "note"), ("model", "person"), ("model", "a_table"))
STANDING = ["a_seed", "note", "stg_view"]


class Ledger:
    """A database with these three, and the rows that builds leave in the ledger."""

    def __init__(self, environment: Environment, folder: Path) -> None:
        self._environment, self._build = environment, 0
        succeed(environment, "load", export(folder, patient(ANN)))
        for schema in ("staging", "mappings", "intermediate", "omop"):
            execute(environment, f"create schema {schema}")
        execute(environment, "create view staging.stg_view as select 1 as one")
        execute(environment, "create table mappings.a_seed (one integer)")
        for table in ("intermediate.a_table", "omop.person", "omop.note"):
            execute(environment, f"create table {table} (one integer)")

    def execute(self, sql: str) -> None:
        execute(self._environment, sql)

    def started(self, key: str = KEY, full_refresh: bool = False) -> None:
        """A build that never came to its end."""
        self._build += 1
        self._row("started", "null", key, full_refresh)

    def built(
        self, key: str = KEY, outcome: str = "done", nodes: tuple[tuple[str, str], ...] = MADE, status: str = "success",
        full_refresh: bool = False,
    ) -> None:
        """A build that made these nodes."""
        self.started(key, full_refresh)
        self._row(outcome, "current_timestamp", key, full_refresh)
        self.steps(nodes, status)

    def steps(self, nodes: tuple[tuple[str, str], ...], status: str) -> None:
        for kind, name in nodes:
            self.execute(
                "insert into etl.build_step (build_id, kind, room, name, status)"
                f" values ({self._build}, '{kind}', 'room', '{name}', '{status}')"
            )

    def _row(self, outcome: str, finished_at: str, key: str, full_refresh: bool) -> None:
        self.execute(
            "insert into etl.build (build_id, started_at, finished_at, outcome, full_refresh, checksum) values"
            f" ({self._build}, current_timestamp, {finished_at}, '{outcome}', {full_refresh}, 'project 1, files {key}')"
        )

    def standing(self) -> list[str]:
        with pytest.MonkeyPatch.context() as patched:
            for name, value in self._environment.items():
                patched.setenv(name, value)
            settings = Settings(
                engine_of(self._environment), Path(self._environment.get("SYNTHEA_OMOP_DATABASE", "")), "1GB"
            )
            with open_database(settings) as database:
                return standing_nodes(database, KEY)


@pytest.fixture
def ledger(engine_environment: Environment, tmp_path: Path) -> Ledger:
    return Ledger(engine_environment, tmp_path)


def test_a_new_database_has_nothing_that_stands(ledger: Ledger) -> None:
    assert ledger.standing() == []


def test_what_the_last_build_made_stands_and_so_it_does_after_builds_that_left_it_alone(ledger: Ledger) -> None:
    ledger.built()
    assert ledger.standing() == STANDING
    for outcome in ("done", "untested", "failing"):
        ledger.built(outcome=outcome, nodes=MADE[3:])
        assert ledger.standing() == STANDING


def test_what_another_state_of_the_project_made_does_not_stand(ledger: Ledger) -> None:
    ledger.built(FORMER)
    assert ledger.standing() == []
    ledger.built(nodes=MADE[:1])
    assert ledger.standing() == ["stg_view"]


def test_what_is_gone_does_not_stand(ledger: Ledger) -> None:
    ledger.built()
    ledger.execute("drop view staging.stg_view")
    assert ledger.standing() == ["a_seed", "note"]
    ledger.execute("drop table mappings.a_seed")
    ledger.execute("drop table omop.note")
    assert ledger.standing() == []


def test_after_a_build_that_broke_off_nothing_stands_until_it_is_made_again(ledger: Ledger) -> None:
    ledger.built()
    ledger.started()
    assert ledger.standing() == []
    ledger.built(nodes=MADE[:1])
    assert ledger.standing() == ["stg_view"]


def test_a_build_that_was_killed_before_it_wrote_what_it_made_counts_as_broken_off(ledger: Ledger) -> None:
    ledger.built()
    ledger.built(nodes=())
    assert ledger.standing() == []


def test_after_a_full_refresh_that_is_to_be_made_up_for_nothing_stands(ledger: Ledger) -> None:
    """It ended, but some persons' rows are missing: the next build replaces all tables, and views go with them."""
    ledger.built()
    ledger.built(outcome="partial", nodes=MADE[3:], full_refresh=True)
    assert ledger.standing() == []
    ledger.built(full_refresh=True)
    assert ledger.standing() == STANDING


@pytest.mark.parametrize("status", ["error", "skipped", "by hand"])
def test_what_failed_or_was_loaded_by_hand_since_does_not_stand(ledger: Ledger, status: str) -> None:
    ledger.built()
    ledger.steps(MADE[1:2], status)
    assert ledger.standing() == ["note", "stg_view"]


@pytest.mark.parametrize("outcome", ["partial", "unpublished"])
def test_what_a_part_of_the_project_or_an_unpublished_build_made_does_not_stand(ledger: Ledger, outcome: str) -> None:
    ledger.built()
    ledger.built(outcome=outcome, nodes=MADE[:1])
    assert ledger.standing() == ["a_seed", "note"]


def test_after_a_build_by_hand_nothing_stands_until_it_is_made_again(ledger: Ledger) -> None:
    """It does not know the key: what it made of which state of the project is not known either."""
    ledger.built()
    ledger.built("unknown", outcome="partial", nodes=MADE[4:])
    assert ledger.standing() == []
    ledger.built()
    assert ledger.standing() == STANDING


def test_the_key_of_a_project_changes_with_every_file_that_dbt_reads_and_with_the_engine(tmp_path: Path) -> None:
    names = ("models/a.sql", "models/a.yml", "seeds/mappings/s.csv", "tests/t.sql", "tests/test_python.py", "dbt_project.yml")
    for name in names:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("1")

    def key(target: str = "duckdb", **environment: str) -> str:
        return project_key(target, environment, tmp_path)

    keys = [key(), key("postgres"), key(SYNTHEA_OMOP_SCHEMA_SUFFIX="_next")]
    for name in ("models/a.sql", "models/a.yml", "seeds/mappings/s.csv", "tests/t.sql", "dbt_project.yml"):
        (tmp_path / name).write_text("2")
        keys.append(key())
    (tmp_path / "models" / "a.sql").rename(tmp_path / "models" / "b.sql")
    keys.append(key())
    assert len(set(keys)) == len(keys)
    (tmp_path / "tests" / "test_python.py").write_text("2")
    assert key() == keys[-1] == key(SYNTHEA_OMOP_DATABASE="another.duckdb")
