"""What the machine has: cores, memory and the kind of its disk, less what a container is allowed of them."""

import math
import os
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil

ROOT = Path("/")
# A cgroup without a limit says a number of this size.
NO_LIMIT = 1 << 60


@dataclass(frozen=True)
class Machine:
    """None where it cannot be known, as on a server elsewhere. Memory and free room in bytes."""

    cores: int | None
    memory: int | None
    # Whether the disk turns: seeks are dear there.
    rotational: bool | None
    free: int | None


def this_machine(data: Path | None, root: Path = ROOT) -> Machine:
    """The machine of this process; the disk is the one that `data`, or what will hold it, lies on."""
    place = _existing(data) if data else None
    return Machine(
        cores=_cores(root),
        memory=_memory(root),
        rotational=is_rotational(place, root) if place else None,
        free=shutil.disk_usage(place).free if place else None,
    )


def _existing(path: Path) -> Path:
    # Path.exists raises an error for a folder that may not be looked into.
    return next(folder for folder in (path, *path.absolute().parents) if os.path.exists(folder))  # noqa: PTH110


def _cores(root: Path) -> int:
    """Those that the process may run on; a container's share of processor time may be less."""
    shares = [
        float(quota) / float(period)
        for folder in _cgroups(root, "cpu") for quota, period in _quotas(folder) if float(quota) > 0
    ]
    return max(min([len(os.sched_getaffinity(0)), *(math.ceil(share) for share in shares)]), 1)


def _quotas(folder: Path) -> Iterator[tuple[str, str]]:
    if (words := _read(folder / "cpu.max").split()) and words[0] != "max":
        yield words[0], words[1]
    quota, period = _read(folder / "cpu.cfs_quota_us"), _read(folder / "cpu.cfs_period_us")
    if quota and period:
        yield quota, period


def _memory(root: Path) -> int:
    """That of the machine, or the least that a cgroup around the process allows."""
    limits = [
        int(text)
        for folder in _cgroups(root, "memory")
        for text in (_read(folder / "memory.max"), _read(folder / "memory.limit_in_bytes"))
        if text.isdigit() and int(text) < NO_LIMIT
    ]
    return min([psutil.virtual_memory().total, *limits])


def _cgroups(root: Path, controller: str) -> Iterator[Path]:
    """The folders of the process's cgroup and of those around it, of the unified tree and of the controller's own.

    In a container the path may be the host's and not be there: then the mount itself is the container's.
    """
    for line in _read(root / "proc/self/cgroup").splitlines():
        number, controllers, path = line.split(":", 2)
        if number == "0":
            mounts = [root / "sys/fs/cgroup", root / "sys/fs/cgroup/unified"]
        elif controller in controllers.split(","):
            mounts = [root / "sys/fs/cgroup" / controllers, root / "sys/fs/cgroup" / controller]
        else:
            continue
        for mount in mounts:
            folder = mount / path.strip("/")
            yield from (inner for inner in (folder, *folder.parents) if inner.is_relative_to(mount) and inner.is_dir())


def is_rotational(path: Path, root: Path = ROOT) -> bool | None:
    """Whether the disk under a path turns, as its driver says; None where there is no disk, as in memory."""
    for device in _devices(path, root):
        # A partition has no queue of its own: its disk has, one folder up.
        for folder in (device, device.parent):
            if text := _read(folder / "queue/rotational"):
                return text == "1"
    return None


def _devices(path: Path, root: Path) -> Iterator[Path]:
    number = path.stat().st_dev
    yield (root / "sys/dev/block" / f"{os.major(number)}:{os.minor(number)}").resolve()
    # btrfs, zfs and overlays have numbers of their own: the mount says which device is under them.
    for line in _read(root / "proc/self/mountinfo").splitlines():
        fields, _, behind = line.partition(" - ")
        if fields.split()[2] == f"{os.major(number)}:{os.minor(number)}":
            name = Path(re.sub(r"\\(\d{3})", lambda found: chr(int(found[1], 8)), behind.split()[1])).name
            yield (root / "sys/class/block" / name).resolve()


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8").strip()
    except OSError:
        return ""
