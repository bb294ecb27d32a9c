"""Which settings a machine should have for bulk work, and why. Sizes are rounded to what a person would write."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from loader.databases.base import literal
from loader.tune.machine import Machine

KB, MB, GB = 1 << 10, 1 << 20, 1 << 30
# dbt builds two models at a time, and a query sorts and hashes in a few places at once.
QUERIES_AT_ONCE, PLACES_A_QUERY = 2, 4


@dataclass(frozen=True)
class Proposal:
    """A value for a setting, None where the machine is not known well enough; and the reason."""

    name: str
    value: str | None
    reason: str


def size(count: int) -> str:
    """`512MB`, `6GB`: whole megabytes below ten gigabytes, whole gigabytes above."""
    return f"{count // GB}GB" if count >= 10 * GB or (count % GB == 0 and count) else f"{max(count // MB, 1)}MB"


def _between(least: int, count: int, most: int) -> int:
    return max(least, min(count, most))


def postgres_proposals(machine: Machine) -> list[Proposal]:
    """For a server that has the machine to itself while it loads and builds."""

    def of_memory(share: Callable[[int], int]) -> str | None:
        return size(share(machine.memory)) if machine.memory else None

    workers = machine.cores and _between(0, machine.cores // QUERIES_AT_ONCE, 4)

    def work_mem(memory: int) -> int:
        places = QUERIES_AT_ONCE * PLACES_A_QUERY * (1 + (workers or 0))
        return _between(4 * MB, memory // 4 // places, GB)

    def wal(free: int) -> int:
        return _between(GB, free // 10, 32 * GB)

    turns = machine.rotational
    return [
        Proposal("shared_buffers", of_memory(lambda memory: _between(128 * MB, memory // 4, 16 * GB)),
                 "a quarter of the memory: pages that the next model reads are still there; the system caches the rest"),
        Proposal("effective_cache_size", of_memory(lambda memory: memory * 3 // 4),
                 "three quarters of the memory: what the planner may take for cached; takes none itself"),
        Proposal("work_mem", of_memory(work_mem),
                 "a quarter of the memory over two queries at once, four sorts or hashes each, and their workers:"
                 " what fits is not spilled to disk"),
        Proposal("maintenance_work_mem", of_memory(lambda memory: _between(64 * MB, memory // 16, 2 * GB)),
                 "a sixteenth of the memory: keys and indexes are made after the data, by sorting it"),
        Proposal("max_wal_size", size(wal(machine.free)) if machine.free else "8GB",
                 "a tenth of the free disk, 1 to 32 GB: a checkpoint in the middle of a load writes pages twice"),
        Proposal("checkpoint_timeout", "30min",
                 "as above, by the clock; after a crash the server starts that much more slowly"),
        Proposal("max_parallel_workers_per_gather", None if workers is None else str(workers),
                 "half of the cores: two models are built at a time, and each may take so many beside its own"),
        Proposal("synchronous_commit", "off",
                 "a commit does not wait for the disk; what a crash loses of the last moment, the next run does again"),
        Proposal("random_page_cost", None if turns is None else "4" if turns else "1.1",
                 "no seeks on this disk: an index costs what it reads" if turns is False
                 else "what a seek costs; the disk is not known" if turns is None
                 else "the disk says that it turns, which virtual ones often do wrongly: then --disk ssd"),
        Proposal("effective_io_concurrency", None if turns is None else "2" if turns else "200",
                 "how many pages the disk fetches at a time for a bitmap scan"),
    ]


@dataclass(frozen=True)
class DuckdbProposal(Proposal):
    """How it is now, and how it is set."""

    present: str
    how: str


def duckdb_proposals(machine: Machine, database: Path, memory_limit: str) -> list[DuckdbProposal]:
    """For one process at a time that shares the machine with nothing else."""
    limit = size(_between(256 * MB, machine.memory * 6 // 10, 1 << 50)) if machine.memory else None
    room = f"{size(machine.free)} are free there" if machine.free else "see that there is room"
    return [
        DuckdbProposal(
            "threads", str(machine.cores) if machine.cores else None,
            "one a core; each wants about 125 MB of the memory limit", "as many as cores",
            "DuckDB does so by itself; for fewer, threads under config_options in profiles.yml",
        ),
        DuckdbProposal(
            "memory_limit", limit,
            "sixty hundredths of the memory: Python, dbt and the cache of the files need the rest; with less it spills,"
            " and is slower, and no less correct", memory_limit,
            f"--memory-limit {limit or 'SIZE'}, or SYNTHEA_OMOP_MEMORY_LIMIT for dbt by hand too",
        ),
        DuckdbProposal(
            "temp_directory", f"{database}.tmp",
            f"what does not fit into memory goes here, up to the size of the largest table: {room}",
            f"{database}.tmp", f"beside the database: another disk by --database, e.g. {literal('/data/cdm.duckdb')}",
        ),
    ]
