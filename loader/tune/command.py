"""The verb `tune`, and `run --tune`: settings for bulk work, with the reason of each."""

import json
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, replace
from logging import INFO

import click
from click.core import ParameterSource
from psycopg2.extensions import connection as Connection
from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text

from loader.databases.base import literal
from loader.errors import LoaderError
from loader.options import common_options
from loader.progress import Reporter
from loader.settings import Settings
from loader.tune.machine import Machine, this_machine
from loader.tune.proposals import GB, KB, MB, DuckdbProposal, Proposal, duckdb_proposals, postgres_proposals, size
from loader.tune.server import Present, apply, data_folder, is_local, plain_session, present_settings, reset, server_of
from loader.tune.sessions import tuned_sessions

_UNITS = {"KB": KB, "MB": MB, "GB": GB, "TB": GB << 10}
DISKS = {"ssd": False, "rotational": True}
NOT_SPARK = "tune knows DuckDB and PostgreSQL. Spark has SYNTHEA_OMOP_SPARK_MASTER and SYNTHEA_OMOP_SPARK_MEMORY."


class _Size(click.ParamType[int]):
    """An amount of memory in bytes, as 512MB, 16GB, or a number of MB."""

    name = "size"

    def convert(self, value: str | int, parameter: click.Parameter | None, context: click.Context | None) -> int:
        if isinstance(value, int):
            return value
        text = value.strip().upper().replace("IB", "B")
        number, unit = (text[:-2], text[-2:]) if text[-2:] in _UNITS else (text, "MB")
        try:
            count = int(float(number) * _UNITS[unit])
        except (ValueError, OverflowError):
            count = 0
        if not 64 * MB <= count <= 1 << 50:
            self.fail(f"{value!r} is no amount of memory like 512MB or 16GB.", parameter, context)
        return count


@dataclass(frozen=True)
class Advice:
    """One line of the table."""

    name: str
    present: str | None
    proposed: str | None
    who: str
    reason: str


@click.command()
@click.option("--memory", type=_Size(), metavar="SIZE", help="Tune for so much memory (16GB), not for this machine's.")
@click.option("--cores", type=click.IntRange(1, 4096), help="Tune for so many cores, not for this machine's.")
@click.option("--disk", type=click.Choice(list(DISKS)), help="Tune for this kind of disk, whatever the driver says.")
@click.option(
    "--apply", "is_applied", is_flag=True,
    help="PostgreSQL: set what the role may set for itself in this database, and remember what was there.",
)
@click.option("--reset", "is_reset", is_flag=True, help="PostgreSQL: set back what --apply has set.")
@click.option(
    "--format", "output", type=click.Choice(["text", "json"]), default="text", show_default=True,
    help="A table for people, or the same as JSON.",
)
@common_options
def tune(
    settings: Settings, memory: int | None, cores: int | None, disk: str | None, is_applied: bool, is_reset: bool,
    output: str,
) -> None:
    """Say which settings of the database suit this machine for bulk work, and why.

    Those that a role may set for itself are set by --apply and set back by --reset; the others are printed for the
    administrator. `run --tune` sets them for one run's own sessions, and nothing is left at its end.
    """
    if is_applied and is_reset:
        raise click.UsageError("--apply and --reset exclude each other.")
    if settings.target == "spark":
        raise click.UsageError(NOT_SPARK)
    if settings.target == "duckdb" and (is_applied or is_reset):
        raise click.UsageError("DuckDB has no settings to be kept: give them to each run (see the table), or --target postgres.")
    given = Machine(cores, memory, DISKS.get(disk or ""), None)
    reporter = Reporter()
    if settings.target == "duckdb":
        machine = _with(this_machine(settings.database), given)
        advice = [_duckdb_advice(line) for line in duckdb_proposals(machine, settings.database, settings.memory_limit)]
        _print(advice, machine, output, reporter)
        return
    if is_reset:
        with plain_session() as session:
            done, left = reset(session)
        reporter.say(f"Set back: {', '.join(done) or 'nothing was set'}", INFO)
        if left:
            reporter.warn(f"Somebody has changed since, so they stay: {', '.join(left)}")
        return
    connection: Connection | None = None
    with ExitStack() as opened:
        try:
            connection = opened.enter_context(plain_session())
        except LoaderError as error:
            # Proposals need no server; setting anything does.
            if is_applied:
                raise
            click.echo(f"Without present values. {error}", err=True)
        machine = _with(_machine_of(connection), given)
        proposals = postgres_proposals(machine)
        present = present_settings(connection, [line.name for line in proposals]) if connection else {}
        _print([_advice(line, present.get(line.name)) for line in proposals], machine, output, reporter)
        done = apply(connection, proposals) if is_applied and connection else []
        where = server_of(connection) if connection else ""
    if output == "json":
        return
    if done:
        reporter.say(f"Set for {where}: {', '.join(done)}. New sessions have them; synthea-omop tune --reset undoes it.", INFO)
    for text in _for_the_administrator(proposals, present):
        reporter.say(text)


@contextmanager
def tuned(settings: Settings, reporter: Reporter) -> Iterator[Settings]:
    """The settings of a run on a tuned machine; on PostgreSQL every session opened inside is tuned."""
    if settings.target == "spark":
        raise LoaderError(NOT_SPARK)
    if settings.target == "duckdb":
        proposed = duckdb_proposals(this_machine(settings.database), settings.database, "")
        limit = next(line.value for line in proposed if line.name == "memory_limit")
        given = click.get_current_context().get_parameter_source("memory_limit")
        if given == ParameterSource.DEFAULT and limit:
            reporter.say(f"Tuned: memory_limit {limit}", INFO)
            settings = replace(settings, memory_limit=limit)
        yield settings
        return
    with plain_session() as connection:
        proposals = postgres_proposals(_machine_of(connection))
        present = present_settings(connection, [line.name for line in proposals])
    ours = [line for line in proposals if line.value and line.name in present and present[line.name].is_ours]
    reporter.say("Tuned for this run: " + ", ".join(f"{line.name} {line.value}" for line in ours), INFO)
    with tuned_sessions(ours):
        yield settings


def _machine_of(connection: Connection | None) -> Machine:
    """The server's machine, which is this one unless the server is elsewhere: of that nothing is known."""
    if connection and not is_local(connection):
        return Machine(None, None, None, None)
    return this_machine(data_folder(connection) if connection else None)


def _with(machine: Machine, given: Machine) -> Machine:
    """What was given in place of what was found."""
    return replace(machine, **{name: value for name, value in asdict(given).items() if value is not None})


def _advice(proposal: Proposal, present: Present | None) -> Advice:
    who = present.who if present else "?"
    return Advice(proposal.name, present.value if present else None, proposal.value, who, proposal.reason)


def _duckdb_advice(proposal: DuckdbProposal) -> Advice:
    return Advice(proposal.name, proposal.present, proposal.value, proposal.how, proposal.reason)


def _print(advice: Sequence[Advice], machine: Machine, output: str, reporter: Reporter) -> None:
    if output == "json":
        click.echo(json.dumps({"machine": asdict(machine), "settings": [asdict(line) for line in advice]}, indent=1))
        return
    disk = {None: "a disk of unknown kind", True: "a disk that turns", False: "a disk that does not turn"}
    reporter.say(
        f"Tuned for {machine.cores or '?'} cores, {size(machine.memory) if machine.memory else '?'} of memory,"
        f" {disk[machine.rotational]}" + (f", {size(machine.free)} of it free" if machine.free else "")
    )
    table = Table(box=SIMPLE_HEAD)
    for title in ("setting", "present", "proposed", "who sets it", "why"):
        table.add_column(title, overflow="fold")
    for line in advice:
        table.add_row(*(Text(text or "?") for text in asdict(line).values()))
    reporter.show(table)
    if left := [line.name for line in advice if line.proposed is None]:
        reporter.warn(
            f"Left open, as not all of the server's machine is known: {', '.join(left)}. What tells more of it:"
            " --memory SIZE, --cores N, --disk ssd"
        )


def _for_the_administrator(proposals: Sequence[Proposal], present: dict[str, Present]) -> Iterator[str]:
    """What a superuser would type; psql takes it as it stands."""
    lines = [
        (line, present[line.name]) for line in proposals
        if line.value and line.name in present and not present[line.name].is_ours
    ]
    if not lines:
        return
    yield "For the administrator, in psql as a superuser:"
    for line, _ in lines:
        yield f"alter system set {line.name} = {literal(line.value or '')};"
    yield "select pg_reload_conf();"
    if restarting := [line.name for line, now in lines if now.context == "postmaster"]:
        yield f"-- {', '.join(restarting)}: only after a restart of the server"
