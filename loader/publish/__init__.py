"""Where a run builds: in the CDM that readers see, or beside it, to take its place at once when all of it is there."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from loader.databases.base import Database
from loader.errors import LOAD_STAYS, LoaderError
from loader.progress import Reporter
from loader.settings import Settings

if TYPE_CHECKING:
    from loader.publish.beside import SchemasBeside
    from loader.publish.copy_of_file import CopyOfFile
    from loader.publish.linked_files import LinkedFiles


class Place:
    """Where the run builds: here in the CDM that everybody sees. The classes of the engines build beside it."""

    # Whether the ledger, too, is published, and nothing can be written into it once readers have it.
    has_ledger = False

    def __init__(self, settings: Settings, reporter: Reporter) -> None:
        self.settings, self.reporter = settings, reporter

    def is_behind(self, database: Database) -> bool:
        """Whether readers have another build than the last one, which succeeded."""
        return False

    def prepare(self, database: Database, full_refresh: bool) -> tuple[dict[str, str], bool]:
        """Make room for the build, after the load; the variables that lead dbt there, and whether it has to build all."""
        return {}, full_refresh

    def publish(self, database: Database, outcome: str) -> None:
        """Let readers see what was built, all of which succeeded; `outcome` is `done` or `untested`."""

    def left(self) -> str:
        """What to say about a run that failed."""
        return ""


@contextmanager
def building_place(settings: Settings, publishes: bool, reporter: Reporter) -> Iterator[Place]:
    """The place for a run; what a run that publishes leaves behind when it fails, the next one takes away."""
    if not publishes:
        yield Place(settings, reporter)
        return
    place = _beside(settings, reporter)
    try:
        with place:
            yield place
    except LoaderError as error:
        text = str(error).replace(LOAD_STAYS, "") if place.has_ledger else str(error)
        error.args = (f"{text.rstrip()}\n{place.left()}".rstrip(),)
        raise


def _beside(settings: Settings, reporter: Reporter) -> "SchemasBeside | LinkedFiles | CopyOfFile":
    if settings.target == "postgres":
        from loader.publish.beside import SchemasBeside

        return SchemasBeside(settings, reporter)
    if settings.target == "spark":
        from loader.publish.linked_files import LinkedFiles

        return LinkedFiles(settings, reporter)
    from loader.publish.copy_of_file import CopyOfFile

    return CopyOfFile(settings, reporter)
