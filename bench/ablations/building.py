"""Switches of a whole run: load and build under one configuration against the project's own.

A round runs every configuration once, so one run of the project's own is the other side of several pairs.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from bench.ablations.ground import TABLES, Ground, copied_project, dbt_of
from bench.ablations.switches import Row, Switch, row_of
from bench.measure import measured
from loader.databases.pool import BUILD_SESSION, option
from loader.tune.machine import this_machine
from loader.tune.proposals import GB, postgres_proposals
from tests.support.commands import run, synthea_omop_command
from tests.support.environments import REPOSITORY

# What a session of a server as it is installed has, in place of what ours set.
AS_INSTALLED = "-c work_mem=4MB -c maintenance_work_mem=64MB -c synchronous_commit=on"
PARTS = 8
PARTED = ("condition_occurrence", "drug_exposure", "measurement", "observation", "procedure_occurrence")
# What a server needs here whatever is tuned: containers have little /dev/shm.
SERVER_BASE = {"dynamic_shared_memory_type": "mmap"}


def tuned_server() -> dict[str, str]:
    """The settings that `tune` proposes for this machine, all of them as the server's own."""
    return SERVER_BASE | {line.name: line.value for line in postgres_proposals(this_machine(Path("/"))) if line.value}


def tuned_options() -> str:
    """Those that `run --tune` gives to its sessions in place of what they would set."""
    proposed = tuned_server()
    return " ".join(option(name, proposed[name]) for name in ("work_mem", "maintenance_work_mem", "synchronous_commit"))


@dataclass(frozen=True)
class Cost:
    """Seconds of a first load and build, of the same for a few changed patients, and the peak of the first in MiB."""

    load: float
    build: float
    changed: float
    peak_mib: float

    @property
    def total(self) -> float:
        return self.load + self.build


@dataclass(frozen=True)
class Configuration:
    """How a run differs from the project as it is: variables, options of sessions, files, the server."""

    name: str
    variables: Mapping[str, str] = field(default_factory=dict)
    options: str = ""
    changes: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    dbt_options: tuple[str, ...] = ()
    with_changed: bool = False


def configurations(engine: str) -> dict[str, Configuration]:
    """The project's own first."""
    views = {
        "dbt_project.yml": ("    intermediate:\n", "    intermediate:\n      vocabulary: {+materialized: view}\n"),
    }
    if engine == "duckdb":
        no_limit = f"{psutil.virtual_memory().total * 8 // 10 // GB}GB"
        found = [
            Configuration("own", with_changed=True),
            Configuration("no limit", {"SYNTHEA_OMOP_MEMORY_LIMIT": no_limit}),
            Configuration("one thread", changes={
                "profiles.yml": ("        preserve_insertion_order: false\n",
                                 "        preserve_insertion_order: false\n        threads: 1\n"),
            }),
            Configuration("look-ups as views", changes=views),
        ]
    else:
        parts = "".join(f"        {name}: {{+meta: {{partitions: {PARTS}}}}}\n" for name in PARTED)
        found = [
            Configuration("own", options=tuned_options(), with_changed=True),
            Configuration("as installed", options=AS_INSTALLED),
            Configuration("look-ups as views", options=tuned_options(), changes=views),
            Configuration("one model", options=tuned_options(), dbt_options=("--threads", "1")),
            Configuration("parts", options=tuned_options(), with_changed=True, changes={
                "dbt_project.yml": ("    omop:\n", f"    omop:\n      clinical:\n{parts}"),
            }),
        ]
    return {configuration.name: configuration for configuration in found}


class Runs:
    """The runs of one engine's configurations. `grounds` has the ground of a configuration, "" that of the others."""

    def __init__(self, grounds: Mapping[str, Ground], chosen: Sequence[str]) -> None:
        engine = grounds[""].engine.name
        self._grounds = grounds
        self._configurations = {name: found for name, found in configurations(engine).items() if name in chosen}
        self._projects = {
            name: copied_project(grounds[""].folder / f"project {name}", found.changes) if found.changes else REPOSITORY
            for name, found in self._configurations.items()
        }
        self._costs: dict[str, list[Cost]] = {name: [] for name in self._configurations}
        for name in self._configurations:
            with self._ground(name).engine.candidate() as environment:
                run(*dbt_of(self._projects[name], "parse"), environment=self._environment(name, environment))

    def round(self, number: int) -> None:
        """Every configuration once, each round in another order."""
        names = list(self._configurations)
        turn = number % len(names)
        for name in names[turn:] + names[:turn]:
            self._costs[name].append(self._cost(name))

    def costs(self, name: str) -> list[Cost]:
        """What the rounds so far have cost under a configuration."""
        return self._costs.get(name, [])

    def _ground(self, name: str) -> Ground:
        return self._grounds.get(name, self._grounds[""])

    def _environment(self, name: str, environment: Mapping[str, str]) -> dict[str, str]:
        found = self._configurations[name]
        target = self._grounds[""].folder / f"target {name}"
        return {**environment, **found.variables, "DBT_TARGET_PATH": str(target), "DBT_LOG_PATH": str(target / "logs")}

    def _cost(self, name: str) -> Cost:
        found, ground = self._configurations[name], self._ground(name)
        build = dbt_of(self._projects[name], "build", *TABLES, *found.dbt_options)
        with ground.engine.candidate() as candidate:
            environment = self._environment(name, candidate)
            of_load = environment | {"PGOPTIONS": found.options}
            of_build = environment | {"PGOPTIONS": f"{BUILD_SESSION} {found.options}"}
            load = measured(synthea_omop_command("load", str(ground.exports.full)), of_load)
            built = measured(build, of_build)
            changed = 0.0
            if found.with_changed:
                changed = measured(synthea_omop_command("load", str(ground.exports.delta)), of_load).seconds
                changed += measured(build, of_build).seconds
        return Cost(load.seconds, built.seconds, changed, max(load.peak_mib, built.peak_mib))


def building_rows(engine: str, runs: Runs) -> Iterator[Row]:
    """The rows of the rounds that were run."""
    own = runs.costs("own")

    def row(name: str, measured_as: str, pairs: Sequence[tuple[float, float]], default: str, **more: object) -> Row:
        switch = Switch(name, engine, measured_as, lambda: 0, lambda: 0, default, **more)  # type: ignore[arg-type]
        return row_of(switch, pairs)

    if all(cost.changed for cost in own):
        yield row(
            "incremental against full", "load and build of one patient in a hundred, against all of them",
            [(cost.changed, cost.total) for cost in own], "incremental",
        )
    if others := runs.costs("look-ups as views"):
        yield row(
            "look-ups cached against joined each time",
            "dbt build, the maps of the codes as tables against views, which each of ten readers works out anew",
            [(cost.build, other.build) for cost, other in zip(own, others, strict=True)],
            "cached, and extended by new codes",
        )
    if engine == "duckdb":
        if others := runs.costs("no limit"):
            yield row(
                "memory limit against none", "seconds of load and build, 1 GB against 80 % of the memory",
                [(cost.total, other.total) for cost, other in zip(own, others, strict=True)], LIMIT,
            )
            yield row(
                "memory limit against none", "the same runs, peak memory of all processes",
                [(cost.peak_mib, other.peak_mib) for cost, other in zip(own, others, strict=True)], LIMIT, unit="MiB",
            )
        if others := runs.costs("one thread"):
            yield row(
                "1 against N workers", "dbt build, DuckDB on 2 threads against 1",
                [(cost.build, other.build) for cost, other in zip(own, others, strict=True)], "as many threads as cores",
            )
        return
    if others := runs.costs("as installed"):
        yield row(
            "tuned against default settings",
            "load and build: server and sessions as tune proposes, against a server as installed",
            [(cost.total, other.total) for cost, other in zip(own, others, strict=True)],
            "as the server is; `run --tune` and `tune` for those who want it", is_default=False,
        )
    if others := runs.costs("one model"):
        yield row(
            "1 against N workers", "dbt build, two models at a time against one",
            [(cost.build, other.build) for cost, other in zip(own, others, strict=True)], "two models at a time",
        )
    if parts := runs.costs("parts"):
        default = "whole tables; meta: {partitions: 8} where tables outgrow the memory"
        yield row(
            "partitions by person", f"dbt build of all patients, {len(PARTED)} tables in {PARTS} parts against whole",
            [(part.build, cost.build) for cost, part in zip(own, parts, strict=True)], default, is_default=False,
        )
        yield row(
            "partitions by person", "load and build of one patient in a hundred, the same tables",
            [(part.changed, cost.changed) for cost, part in zip(own, parts, strict=True)], default, is_default=False,
        )


LIMIT = "1 GB: it costs nothing; more with --memory-limit or run --tune"
