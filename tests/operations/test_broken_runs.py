"""A kill, a full disk, a lost server and a lock in the middle of a run: the CDM can be read, the message says what to do,
and the next run leaves what a full build would have made.
"""

import re
import resource
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import psycopg2
import pytest

from tests.incremental.sample import VOCABULARY
from tests.loader.command_line import query, succeed
from tests.loader.interruption import kill_at
from tests.operations.conftest import Copy, Exports
from tests.operations.runs import Ended, ended, running, succeed_outside, wait_for_sessions
from tests.support.comparison import Table, assert_same_tables, snapshot
from tests.support.environments import postgres_environment
from tests.support.postgres_server import PostgresServer, postgres_server

pytestmark = pytest.mark.outages
Environment = Mapping[str, str]
# In the middle of the CDM, and large.
MODEL = "measurement"
# In bytes: less than the log beside the file has after some tables of the CDM, in which it grows with each.
LARGEST_FILE = 400_000
MEGABYTES_OF_A_SMALL_DISK = 400
HOLD_FILE = """
import duckdb, sys
connection = duckdb.connect(sys.argv[1], read_only=True)
print("open", flush=True)
sys.stdin.read()
"""


@dataclass
class Story:
    """What happened to one database: by name, how runs ended, what `status` said then, and the tables that could be read."""

    ends: dict[str, Ended] = field(default_factory=dict)
    said: dict[str, str] = field(default_factory=dict)
    tables: dict[str, dict[str, Table]] = field(default_factory=dict)
    reports: dict[str, str] = field(default_factory=dict)

    def look(self, name: str, environment: Environment, folder: Path) -> None:
        """Read the CDM as it is, and ask what the project says of it."""
        self.tables[name] = snapshot(environment)
        self.said[name] = succeed(environment, "status")
        page = folder / f"{name}.html"
        self.reports[name] = succeed(environment, "report", "--html", page) + page.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def story(engine: str, copy: Copy, both: Exports, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    """One database through all of it, and a run at the end that nothing happens to."""
    folder, story = tmp_path_factory.mktemp(f"broken_{engine}"), Story()
    with copy(engine, folder) as environment:
        kill_at(environment, "loader.load.loading", "finish_batch", "before", "run", both.second)
        story.look("killed while it loads", environment, folder)
        with running(environment, "run", both.second, "--no-tests") as run:
            run.wait_for_model(MODEL)
            if engine == "postgres":
                story.said["while dbt builds"] = succeed(environment, "status")
            run.kill()
        wait_for_sessions(environment, query)
        story.look("killed while dbt builds", environment, folder)
        if engine == "duckdb":
            _fill_the_disk_of_a_file(story, environment, both.second, folder)
            _hold_the_file(story, environment, both.second)
        else:
            _hold_a_lock(story, environment, both.second)
        story.ends["the next run"] = ended(environment, "run", both.second, "--no-tests")
        story.look("the next run", environment, folder)
        yield story


def _fill_the_disk_of_a_file(story: Story, environment: Environment, export: Path, folder: Path) -> None:
    """The largest file that dbt may write is smaller than the database."""
    with running(environment, "run", export, "--no-tests") as run:
        run.wait_for_model("person")
        resource.prlimit(run.dbt().pid, resource.RLIMIT_FSIZE, (LARGEST_FILE, LARGEST_FILE))
        story.ends["a full disk"] = run.ended()
    story.look("a full disk", environment, folder)


def _hold_the_file(story: Story, environment: Environment, export: Path) -> None:
    """Somebody opens the file between the load and dbt."""
    with running(environment, "run", export, "--no-tests", held=True) as run:
        run.wait_for("held")
        with subprocess.Popen(
            [sys.executable, "-c", HOLD_FILE, environment["SYNTHEA_OMOP_DATABASE"]],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        ) as holder:
            assert holder.stdin and holder.stdout and holder.stdout.readline() == "open\n"
            story.said["who holds"] = str(holder.pid)
            story.ends["a lock"] = run.ended("go on\n")
            holder.stdin.close()


def _hold_a_lock(story: Story, environment: Environment, export: Path) -> None:
    """Somebody locks a table of the CDM and does not let go."""
    holder = psycopg2.connect(
        host=environment["PGHOST"], port=environment["PGPORT"], user=environment["PGUSER"],
        dbname=environment["PGDATABASE"], application_name="night shift",
    )
    try:
        with holder.cursor() as cursor:
            cursor.execute("lock table omop.person in access exclusive mode")
        story.said["who holds"] = str(holder.info.backend_pid)
        story.ends["a lock"] = ended(environment, "run", export, "--no-tests", "--lock-wait", "2")
    finally:
        holder.close()


def test_a_kill_during_the_load_leaves_the_cdm_as_it_was(story: Story, former: dict[str, Table]) -> None:
    assert_same_tables(former, story.tables["killed while it loads"], ("before", "after the kill"))
    said = story.said["killed while it loads"]
    assert re.search(r"Batch \d+ broke off: nothing of it was kept. To have it, synthea-omop load ", said)
    assert "The CDM is" not in said


def test_a_kill_during_the_build_leaves_a_cdm_that_is_called_incomplete(story: Story) -> None:
    name = "killed while dbt builds"
    assert story.tables[name]["omop.person"].rows
    for said in (story.said[name], story.reports[name]):
        assert re.search(r"The CDM is incomplete: build \d+, which began at .* did not come to its end", said)


@pytest.mark.parametrize("engine", ["postgres"], indirect=True)
def test_a_cdm_that_is_being_rebuilt_is_called_so(story: Story) -> None:
    said = story.said["while dbt builds"]
    assert re.search(r"The CDM is being rebuilt \(build \d+, which began at .*\): until that ends some", said)
    assert "incomplete" not in said


def test_a_lock_ends_the_run_with_the_name_of_its_holder(story: Story, engine: str) -> None:
    run = story.ends["a lock"]
    assert run.code == 3, run.output
    holder = story.said["who holds"]
    if engine == "duckdb":
        assert f"is open in process {holder}. End it, then run the same command again" in run.output
    else:
        assert re.search(
            rf"Session {holder} of user postgres \(application night shift, its query began \d{{4}}-.*\)"
            rf" holds AccessExclusiveLock on omop.person: select pg_terminate_backend\({holder}\) ends it.",
            run.output,
        )
        assert "longer than --lock-wait allows" in run.output


def test_the_next_run_leaves_what_a_full_build_would_have_made(story: Story, rebuilt: dict[str, Table]) -> None:
    assert story.ends["the next run"].code == 0, story.ends["the next run"].output
    assert_same_tables(rebuilt, story.tables["the next run"], ("rebuilt", "the next run"))
    assert "The CDM is in" not in story.said["the next run"]
    assert "The CDM is incomplete" not in story.reports["the next run"]


@pytest.mark.parametrize("engine", ["duckdb"], indirect=True)
def test_a_full_disk_ends_the_run_with_a_word_on_room(story: Story) -> None:
    run = story.ends["a full disk"]
    assert run.code == 3, run.output
    assert "There was no room left to write" in run.output and "Make room, then run the same command again" in run.output
    assert "The CDM is incomplete" in story.said["a full disk"]
    assert story.tables["a full disk"]["omop.person"].rows


@pytest.fixture(scope="module")
def small_disk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[PostgresServer, Path]]:
    """A server of the test's own with a small disk beside it for a tablespace."""
    with postgres_server() as server:
        folder = server.socket_folder / "small"
        folder.mkdir()
        owner = server.data.stat()
        options = f"size={MEGABYTES_OF_A_SMALL_DISK}m,mode=700,uid={owner.st_uid},gid={owner.st_gid}"
        mounted = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)], capture_output=True, text=True, check=False
        )
        if mounted.returncode:
            pytest.skip(f"no small disk can be mounted here: {mounted.stderr.strip()}")
        try:
            yield server, folder
        finally:
            server.stop()
            subprocess.run(["umount", str(folder)], check=True)


@pytest.fixture(scope="module")
def server_story(
    small_disk: tuple[PostgresServer, Path], both: Exports, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Story]:
    """A database on the small disk: it fills up while dbt builds; in the next run the server goes down; then all is well."""
    (server, disk), folder, story = small_disk, tmp_path_factory.mktemp("server"), Story()
    with postgres_environment(server, folder) as environment:
        query_once(environment, "postgres", f"create tablespace small location '{disk}'")
        query_once(environment, "postgres", f"alter database {environment['PGDATABASE']} set tablespace small")
        succeed_outside(environment, "run", both.first, "--vocabulary", VOCABULARY, "--no-tests")
        with running(environment, "run", both.second, "--no-tests") as run:
            run.wait_for_model("person")
            ballast = disk / "ballast"
            fill(ballast)
            story.ends["a full disk"] = run.ended()
        ballast.unlink()
        story.look("a full disk", environment, folder)
        with running(environment, "run", both.second, "--no-tests") as run:
            run.wait_for_model(MODEL)
            server.stop(immediately=True)
            story.ends["a lost server"] = run.ended()
        server.start()
        story.look("a lost server", environment, folder)
        story.ends["the first export again"] = ended(environment, "load", both.first)
        story.ends["the next run"] = ended(environment, "run", both.second, "--no-tests")
        story.look("the next run", environment, folder)
        yield story


def query_once(environment: Environment, database: str, statement: str) -> None:
    """A statement for which nobody may be in the database that it is about."""
    connection = psycopg2.connect(
        host=environment["PGHOST"], port=environment["PGPORT"], user=environment["PGUSER"], dbname=database
    )
    connection.autocommit = True
    try:
        connection.cursor().execute(statement)
    finally:
        connection.close()


def fill(path: Path) -> None:
    """Write until there is no room left."""
    chunk = bytes(65536)
    with path.open("wb", buffering=0) as out:
        while True:
            try:
                out.write(chunk)
            except OSError:
                if len(chunk) == 1:
                    return
                chunk = chunk[: len(chunk) // 16]


def test_a_full_disk_of_the_server_ends_the_run_with_a_word_on_room(server_story: Story) -> None:
    run = server_story.ends["a full disk"]
    assert run.code == 3, run.output
    assert "There was no room left to write on the server's disk. Make room, then run the same command" in run.output
    assert server_story.tables["a full disk"]["omop.person"].rows
    assert "The CDM is incomplete" in server_story.said["a full disk"]


def test_a_lost_server_ends_the_run_with_what_to_do(server_story: Story, both: Exports) -> None:
    run = server_story.ends["a lost server"]
    assert run.code in (1, 3), run.output
    assert "The server broke off or is not there. When it is back, run the same command again" in run.output
    # Its tables outlive the crash, though some of them are new.
    assert server_story.tables["a lost server"]["omop.person"].rows
    said = server_story.said["a lost server"]
    assert "The CDM is incomplete" in said and f"synthea-omop load {both.first}  (3 patients)" in said


def test_after_the_server_is_back_two_commands_leave_what_a_full_build_would_have_made(
    server_story: Story, rebuilt: dict[str, Table]
) -> None:
    assert server_story.ends["the first export again"].code == 0, server_story.ends["the first export again"].output
    assert server_story.ends["the next run"].code == 0, server_story.ends["the next run"].output
    assert_same_tables(rebuilt, server_story.tables["the next run"], ("rebuilt", "the next run"))
