"""Runs a command as a user does and measures it: wall time, and the memory of it and of all its children."""

import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import psutil

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
            peak = max(peak, _resident_bytes(process.pid))
            time.sleep(SECONDS_BETWEEN_LOOKS)
        seconds = time.perf_counter() - started
        if process.returncode:
            output.seek(0)
            raise RuntimeError(f"{' '.join(command)} failed:\n{output.read()[-4000:]}")
    return Measured(seconds, peak / 2**20)


def _resident_bytes(pid: int) -> int:
    try:
        root = psutil.Process(pid)
        tree = [root, *root.children(recursive=True)]
    except psutil.NoSuchProcess:
        return 0
    total = 0
    for process in tree:
        try:
            if not _is_unborn(process):
                total += process.memory_info().rss
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue
    return total


def _is_unborn(process: psutil.Process) -> bool:
    """Whether Java has made it to become another program, which it is not yet: until then its memory is its parent's."""
    parent = process.parent()
    return parent is not None and process.exe().endswith("/java") and process.exe() == parent.exe()
