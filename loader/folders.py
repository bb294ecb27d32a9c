"""Folders for what lies on disk no longer than a run: in TMPDIR, and locked as long as their process lives.

A process that is killed takes nothing away. The next one does, of the same user, since unpacked exports are large.
"""

import fcntl
import os
import shutil
import tempfile
from contextlib import suppress
from functools import cache
from pathlib import Path
from time import time

PREFIX = "synthea-omop-tmp-"
# One that was made a moment ago may not be locked yet.
SECONDS_TO_LOCK = 60


class TemporaryFolder(tempfile.TemporaryDirectory[str]):
    """A folder that is removed at the end of the context, or by a later process."""

    def __init__(self, kind: str) -> None:
        _take_leftovers_away(tempfile.gettempdir())
        super().__init__(prefix=f"{PREFIX}{kind}-")
        self._lock: int | None = os.open(self.name, os.O_RDONLY | os.O_DIRECTORY)
        # Some shared disks know no locks: there nobody can tell what is left over, and nothing is taken away.
        with suppress(OSError):
            fcntl.flock(self._lock, fcntl.LOCK_EX)

    def cleanup(self) -> None:
        """Remove it now."""
        super().cleanup()
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None


@cache
def _take_leftovers_away(place: str) -> None:
    with suppress(OSError):
        for path in Path(place).glob(f"{PREFIX}*"):
            with suppress(OSError):
                _take_away(path)


def _take_away(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        found = os.fstat(handle)
        if found.st_uid == os.getuid() and time() - found.st_mtime > SECONDS_TO_LOCK:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(path, ignore_errors=True)
    finally:
        os.close(handle)
