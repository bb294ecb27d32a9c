"""`run --publish`: readers see the former CDM or the new one, whole, whatever becomes of the run in between."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg2
import pytest

from tests.loader.command_line import connect_to_postgres, query
from tests.operations.conftest import Copy, Environment, Exports
from tests.operations.readers import ANALYST, COUNTED, READER
from tests.operations.runs import Ended, ended, running, wait_for_sessions
from tests.support.comparison import Table, assert_same_tables, snapshot
from tests.support.environments import ENGINES

pytestmark = pytest.mark.outages


@dataclass
class Story:
    """What happened to one database: how runs ended, the tables after them, what readers saw, what lay about."""

    ends: dict[str, Ended] = field(default_factory=dict)
    tables: dict[str, dict[str, Table]] = field(default_factory=dict)
    seen: list[list[object]] = field(default_factory=list)
    about: dict[str, list[str]] = field(default_factory=dict)
    analyst: dict[str, object] = field(default_factory=dict)
    said: dict[str, str] = field(default_factory=dict)
    runs: list[tuple[Any, ...]] = field(default_factory=list)


@pytest.fixture(scope="module")
def story(
    engine: str, copy: Copy, both: Exports, former: dict[str, Table], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Story]:
    """One database: a run that is killed, one of which a data test fails, one that succeeds beside readers, a full one."""
    folder, story = tmp_path_factory.mktemp(f"publish_{engine}"), Story()
    with copy(engine, folder) as copied:
        # Whether it publishes is known to dbt's parser: it has a folder of its own.
        environment = copied | {"DBT_TARGET_PATH": str(folder / "target"), "SYNTHEA_OMOP_PUBLISH": "1"}
        analyst = _analyst(environment) if engine == "postgres" else None
        story.tables["before"] = snapshot(environment)
        with running(environment, "run", both.second) as run:
            run.wait_for_model("measurement")
            story.said["at work"] = ended(environment, "status").output
            run.kill()
        wait_for_sessions(environment, query)
        _look(story, "killed", environment)
        _execute(environment, "update raw_vocabulary.concept set domain_id = 'Race' where concept_id = 8532")
        story.tables["before a test fails"] = snapshot(environment)
        story.ends["a test fails"] = ended(environment, "run", both.second)
        _look(story, "a test fails", environment)
        _execute(environment, "update raw_vocabulary.concept set domain_id = 'Gender' where concept_id = 8532")
        dsn = _dsn(environment, analyst or "")
        if analyst:
            with psycopg2.connect(dsn) as connection, connection.cursor() as cursor:
                cursor.execute("select count(*) from omop.person")
                story.ends["held up"] = ended(environment, "run", both.second, "--no-tests", "--lock-wait", "2")
                cursor.execute("select count(*) from omop.person")
            _look(story, "held up", environment)
        with subprocess.Popen(
            [sys.executable, "-c", READER, engine, dsn], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        ) as reader:
            assert reader.stdout and reader.stdout.readline() == "reading\n"
            story.ends["published"] = ended(environment, "run", both.second, "--no-tests")
            story.seen = [json.loads(line) for line in reader.communicate("stop")[0].splitlines()]
            assert reader.returncode == 0
        _look(story, "published", environment)
        if analyst:
            story.analyst = _what_the_analyst_has(environment, analyst)
            _execute(environment, "drop view omop.shortlisted; drop table study.cohort, omop.shortlist")
            _execute(environment, "delete from omop.note")
        story.ends["full"] = ended(environment, "run", both.second, "--full-refresh", "--no-tests")
        _look(story, "full", environment)
        story.runs = query(environment, """select outcome, exit_code, batch_id, build_id, (
                select count(*) from etl.run_step where run_step.run_id = run.run_id and kind = 'model'
            ) from etl.run where run_id > 1 order by run_id""")
        if analyst:
            _execute(environment, f"drop owned by {analyst}; drop role {analyst}")
        yield story


def _look(story: Story, name: str, environment: Environment) -> None:
    story.tables[name] = snapshot(environment)
    story.said[name] = ended(environment, "status").output
    if "PGHOST" in environment:
        story.about[name] = [schema for (schema,) in query(
            environment, "select nspname from pg_namespace where nspname ~ '_next|_old' order by 1"
        )]
    else:
        database = Path(environment["SYNTHEA_OMOP_DATABASE"])
        story.about[name] = sorted(path.name for path in database.parent.glob(f"{database.name}*"))


def _analyst(environment: Environment) -> str:
    """Somebody who may read, and objects of hers; the role's name, which no other test takes."""
    name = f"analyst_of_{environment['PGDATABASE']}"
    _execute(environment, ANALYST.format(analyst=name))
    return name


def _execute(environment: Environment, statements: str) -> None:
    if "PGHOST" not in environment:
        query(environment, statements)
        return
    connection = connect_to_postgres(environment)
    with connection, connection.cursor() as cursor:
        cursor.execute(statements)
    connection.close()


def _dsn(environment: Environment, user: str) -> str:
    if "PGHOST" not in environment:
        return environment["SYNTHEA_OMOP_DATABASE"]
    return (
        f"host={environment['PGHOST']} port={environment['PGPORT']} dbname={environment['PGDATABASE']} user={user}"
        " application_name=reader"
    )


def _what_the_analyst_has(environment: Environment, analyst: str) -> dict[str, object]:
    as_analyst = {**environment, "PGUSER": analyst}
    return {
        "adults": query(as_analyst, "select count(*) from study.adults"),
        "adults counted anew": query(as_analyst, "select count(*) from omop.person where year_of_birth < 2000"),
        "checks": len(query(as_analyst, "select check_name from quality.dqd_results")),
        "concepts": query(as_analyst, "select count(*) > 0 from omop.concept"),
        "shortlist": query(environment, "select count(*) from omop.shortlist"),
        "shortlisted": query(environment, "select count(*) from omop.shortlisted"),
        "notes": query(environment, "select note_text from omop.note"),
        "new tables": query(environment, f"select has_table_privilege('{analyst}', 'omop.specimen', 'select')"),
        "keys": query(environment, "select count(*) from pg_constraint where contype = 'f' and not convalidated"),
        "keys of the CDM": query(
            environment, "select count(*) from pg_constraint where contype = 'f'"
            " and connamespace = cast('omop' as regnamespace)"
        ),
    }


def _assert_same_but_keys(before: dict[str, Table], after: dict[str, Table]) -> None:
    """Keys that a build has handed out stay handed out."""
    before, after = (
        {name: table for name, table in tables.items() if not name.startswith("intermediate.")}
        for tables in (before, after)
    )
    assert_same_tables(before, after, ("before", "after"))


def test_a_kill_publishes_nothing(story: Story, engine: str) -> None:
    _assert_same_but_keys(story.tables["before"], story.tables["killed"])
    assert "The CDM is incomplete" not in story.said["killed"]
    # What it built can be looked at until the next run takes it away.
    assert story.about["killed"] != story.about["published"]


def test_a_build_beside_leaves_a_cdm_that_is_called_whole(story: Story) -> None:
    assert "Batches" in story.said["at work"] and "The CDM is" not in story.said["at work"]


def test_a_failed_data_test_publishes_nothing(story: Story, engine: str) -> None:
    run = story.ends["a test fails"]
    assert run.code == 4, run.output
    assert "Nothing was published" in run.output
    _assert_same_but_keys(story.tables["before a test fails"], story.tables["a test fails"])
    if engine == "postgres":
        assert "was not published: the CDM is whole, but older than what is loaded" in story.said["a test fails"]


@pytest.mark.parametrize("engine", ["postgres"], indirect=True)
def test_a_reader_that_does_not_end_is_named_and_keeps_its_state(story: Story) -> None:
    run = story.ends["held up"]
    assert run.code == 3, run.output
    assert "there was no moment without a transaction that reads the CDM" in run.output
    assert re.search(r"\(application reader, .*\) holds AccessShareLock on omop\.person", run.output)
    _assert_same_but_keys(story.tables["before"], story.tables["held up"])


def test_readers_see_the_one_state_or_the_other(story: Story, engine: str) -> None:
    assert story.ends["published"].code == 0, story.ends["published"].output
    before, after = (
        [len(list(story.tables[name][f"omop.{table}"].rows)) for table in COUNTED] for name in ("before", "published")
    )
    assert all(one != other for one, other in zip(before, after, strict=True) if one), "nothing to tell them apart by"
    kept = [counts[1:] for counts in story.seen if counts[0] == "kept"]
    seen = [counts for counts in story.seen if counts[0] != "kept"]
    assert len(seen) > 5
    assert {tuple(counts) for counts in seen} <= {tuple(before), tuple(after)}
    assert tuple(before) in {tuple(counts) for counts in seen}
    if engine == "duckdb":
        assert kept == [before], "who had the file open went on reading it"
    # None went back.
    assert seen == sorted(seen, key=lambda counts: counts == after)


def test_what_is_published_is_what_a_full_build_makes(story: Story, rebuilt: dict[str, Table]) -> None:
    for name in ("published", "full"):
        assert story.ends[name].code == 0, story.ends[name].output
    # What the analyst wrote is checked too, and so the verdicts differ as long as it is there.
    published = {
        table: found for table, found in story.tables["published"].items()
        if table not in ("omop.note", "omop.shortlist", "omop.shortlisted") and not table.startswith("quality.dqd_")
    }
    assert_same_tables({table: rebuilt[table] for table in published}, published, ("rebuilt", "published"))
    assert_same_tables(rebuilt, story.tables["full"], ("rebuilt", "full"))


def test_the_ledger_has_the_runs_that_were_published(story: Story, engine: str) -> None:
    assert [run[:2] for run in story.runs] == (
        # A file that readers have is written into by nobody.
        [("done", 0), ("done", 0)] if engine == "duckdb"
        else [("tests failed", 4), ("build failed", 3), ("done", 0), ("done", 0)]
    )
    *_, (_, _, batch, build, models) = story.runs
    assert build and models > 100 and (batch is None), "the full build took what was loaded before"


def test_nothing_is_left_lying_about(story: Story, engine: str) -> None:
    assert story.about["full"] == (["synthea_omop.duckdb"] if engine == "duckdb" else [])


@pytest.mark.parametrize("engine", ["postgres"], indirect=True)
def test_grants_views_and_tables_of_others_outlive_the_swap(story: Story) -> None:
    has = story.analyst
    assert has["adults"] == has["adults counted anew"] and has["adults"] != [(0,)]
    assert has["checks"] and has["concepts"] == [(True,)] and has["new tables"] == [(True,)]
    assert has["notes"] == [("of an analyst",)] and has["shortlist"] == has["shortlisted"] == [(3,)]
    assert has["keys"] == [(0,)] and has["keys of the CDM"][0][0] > 100
    # Her key points at a table that was replaced: it is named, and kept until she takes it away.
    assert "study.cohort" in story.ends["published"].output
    assert any("_old_" in schema for schema in story.about["published"])


def test_two_runs_that_publish_one_file_do_not_mix(copy: Copy, both: Exports, tmp_path: Path) -> None:
    with copy(ENGINES[0], tmp_path) as environment:
        with running(environment, "run", both.second, "--publish", held=True) as run:
            run.wait_for("held")
            other = ended(environment, "run", both.second, "--publish")
            assert other.code == 1 and "Another synthea-omop run --publish is at work in" in other.output
            # Somebody writes into the file meanwhile: what was built of its former state must not take its place.
            query(environment, "create table main.mine as select 1 as one")
            late = run.ended("go on\n")
        assert late.code == 3 and "was changed by another process" in late.output, late.output
        assert query(environment, "select one from main.mine") == [(1,)]
