"""What to do about an error that the machine or somebody else is to blame for, said with the error."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from shutil import disk_usage

from rich.filesize import decimal

from loader.databases.base import Database
from loader.errors import LoaderError
from loader.locks import holders
from loader.settings import Settings

_LOCKED = re.compile(r"lock timeout|could not obtain lock", re.IGNORECASE)
_TAKEN = re.compile(r"Could not set lock on file.*?(?:PID (\d+))?\)|is in use by", re.DOTALL)
_FULL = re.compile(r"No space left on device|File too large|disk is full|Check free disk space|Disk quota", re.IGNORECASE)
_SHORT = re.compile(r"Out of Memory Error|could not allocate block|failed to pin block")
_LOST = re.compile(
    r"server closed the connection|connection (?:was )?(?:refused|reset|closed|already closed|not open)|"
    r"could not (?:receive|send) data|terminating connection|in recovery mode|is (?:starting up|shutting down)|"
    r"PostgreSQL cannot be reached|raw tables hold no data|No such file or directory\s+Is the server running",
    re.IGNORECASE,
)
AGAIN = "run the same command again: it goes on with what is missing"


@contextmanager
def explained(database: Database, settings: Settings) -> Iterator[None]:
    """An error of a load or a build that is raised inside says what stood in its way, and what to do."""
    try:
        yield
    except LoaderError as error:
        if remedy := _remedy(str(error), database, settings):
            error.args = (f"{error}\n{remedy}",)
        raise
    except database.errors as error:
        reason = " ".join(str(error).split())
        raise LoaderError(
            f"{database.place}: {reason}. Nothing of this step was kept.\n{_remedy(reason, database, settings)}".rstrip()
        ) from error


def _remedy(text: str, database: Database, settings: Settings) -> str:
    if _FULL.search(text):
        return f"There was no room left to write{_room(settings)}. Make room, then {AGAIN}."
    if _LOCKED.search(text):
        return "\n".join([
            f"Somebody else held a lock for longer than --lock-wait allows. When it is gone, {AGAIN}.",
            *holders(database),
        ])
    if settings.target == "duckdb" and (taken := _TAKEN.search(text)):
        who = f"process {taken[1]}" if taken[1] else "another process"
        return (
            f"{settings.database} is open in {who}. End it, then {AGAIN}. With --publish readers and a run do not"
            " stand in each other's way."
        )
    if settings.target == "duckdb" and _SHORT.search(text):
        return f"DuckDB has {settings.memory_limit} of memory. Give it more with --memory-limit, then {AGAIN}."
    if settings.target == "postgres" and _LOST.search(text):
        return (
            f"The server broke off or is not there. When it is back, {AGAIN}; synthea-omop status then says whether an"
            " export has to be loaded again."
        )
    return ""


def _room(settings: Settings) -> str:
    """How much is free where the database is, as far as this machine can see it."""
    if settings.target == "postgres":
        return " on the server's disk"
    folder = settings.warehouse if settings.target == "spark" else settings.database.parent
    return f": {decimal(disk_usage(folder).free)} are free in {folder}" if folder.is_dir() else ""
