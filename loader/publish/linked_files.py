"""Publishing on Spark: the CDM is built in its own place, and readers have the files of the last build that succeeded,
linked into a folder of theirs.

    published/snapshots/000012/omop/person/person_bucket=3/part-....parquet
    published/current -> snapshots/000012

Spark never writes into a file that is there, it puts others in its place: what is linked stays as it is.
"""

import os
from time import perf_counter
from types import TracebackType

from loader import logs
from loader.databases.base import Database
from loader.databases.built import folders_of
from loader.databases.snapshots import CURRENT, Snapshots
from loader.errors import BuildError, LoaderError
from loader.progress import Reporter
from loader.publish import Place
from loader.settings import PROJECT_DIR, Settings

FOLDER = "published"
# What analysts read. Vocabulary and rates are shared, as they are on PostgreSQL.
SCHEMAS = ("omop", "quality")


class LinkedFiles(Place):
    """The folder beside the tables. Its states have the numbers of the builds that they come from."""

    def __init__(self, settings: Settings, reporter: Reporter) -> None:
        super().__init__(settings, reporter)
        self._folder = settings.warehouse / FOLDER
        self._snapshots = Snapshots(self._folder)
        self._is_published = False

    def __enter__(self) -> "LinkedFiles":
        elsewhere = os.environ.get("SYNTHEA_OMOP_SPARK_WAREHOUSE", "")
        if "://" in elsewhere.removeprefix("file://"):
            raise LoaderError(f"--publish links files, which {elsewhere} cannot: run without it.")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """What was not published can be looked at in the tables of the build."""

    def left(self) -> str:
        if self._is_published:
            return ""
        return f"Nothing was published: {self._folder / CURRENT} is as it was."

    def is_behind(self, database: Database) -> bool:
        return self._snapshots.current != _last_build(database)

    def prepare(self, database: Database, full_refresh: bool) -> tuple[dict[str, str], bool]:
        # Spark makes the folder of a table that it is told of: not in the place of the link.
        if not (self._folder / CURRENT).is_symlink():
            self._snapshots.begin(0)
            self._snapshots.show(0)
        return {"SYNTHEA_OMOP_PUBLISH": "1"}, full_refresh

    def publish(self, database: Database, outcome: str) -> None:
        started, build = perf_counter(), _last_build(database)
        if not database.query("select 1 from etl.build where build_id = ? and outcome = ?", (build, outcome)):
            raise BuildError(f"Build {build} did not come to its end.")
        # A folder that a killed process has left counts as no state.
        self._snapshots.tidy(self._snapshots.current)
        self._snapshots.begin(build)
        tables = [
            (schema, path) for schema in SCHEMAS for path in folders_of(self.settings.warehouse, schema)
            if path.name in _models(schema)
        ]
        if not tables:
            raise BuildError(f"There are no tables in {self.settings.warehouse}: Spark has built them elsewhere.")
        for schema, path in tables:
            self._snapshots.take(build, f"{schema}/{path.name}", path)
        self._snapshots.settle()
        self._snapshots.show(build)
        self._is_published = True
        logs.event("published", step="publish", seconds=perf_counter() - started)


def _models(schema: str) -> set[str]:
    return {path.stem for path in (PROJECT_DIR / "models" / schema).rglob("*.sql") if path.parent.name != "rates"}


def _last_build(database: Database) -> int:
    build: int = database.query("select coalesce(max(build_id), 0) from etl.build")[0][0]
    return build
