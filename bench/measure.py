"""Runs a command as a user does and measures it: wall time, and the memory of it and of all its children."""

import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from loader.watch.sampling import memory_of_tree

SECONDS_BETWEEN_LOOKS = 0.05


@dataclass(frozen=True)
class Measured:
    """Wall time in seconds, and the largest resident memory that the process tree had at one look, in MiB."""

    seconds: float
    peak_mib: float


def measured(command: Sequence[str], environment: Mapping[str, str], folder: str = "/") -> Measured:
    """Runs a command to its end. Raises RuntimeError with the end of its output when it fails."""
    with tempfile.TemporaryFile("w+") as output:
        started = time.perf_counter()
        process = subprocess.Popen(
            command, cwd=folder, env=dict(environment), stdin=subprocess.DEVNULL, stdout=output, stderr=output
        )
        peak = 0
        while process.poll() is None:
            peak = max(peak, memory_of_tree(process.pid))
            time.sleep(SECONDS_BETWEEN_LOOKS)
        seconds = time.perf_counter() - started
        if process.returncode:
            output.seek(0)
            raise RuntimeError(f"{' '.join(command)} failed:\n{output.read()[-4000:]}")
    return Measured(seconds, peak / 2**20)
