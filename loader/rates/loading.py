"""The load of a run's files: all of them or nothing. A file that is loaded already is left alone; one of the same
payer, state, name and month takes the place of the former one.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from logging import INFO
from pathlib import Path, PurePosixPath
from time import perf_counter
from urllib.parse import unquote, urlsplit

from loader import logs
from loader.databases.base import Database, OnBytes, quoted
from loader.databases.tables import RATES
from loader.errors import LoaderError
from loader.load.fingerprints import Fingerprints
from loader.load.rejects import ANY_NUMBER, Limit
from loader.progress import Reporter
from loader.rates.flattened import copy_flattened
from loader.rates.inputs import IN_NETWORK, LOCATION, Input, month_of, set_name
from loader.rates.ledger import (
    KnownFile,
    LoadedFile,
    as_known,
    call_lost,
    known_files,
    mark_alive,
    next_ids,
    to_withdraw,
    withdraw,
)
from loader.rates.parse import Parsed
from loader.rates.parsing import copy_json
from loader.rates.tables import RATES_TABLES

# Rows of a chunk, by default: a row takes a few hundred bytes while it is on its way.
ROWS_A_MEGABYTE = 4_000


@dataclass(frozen=True)
class Request:
    """What the user wants of a run. `elsewhere` are files that may be what a reference calls its location."""

    payer: str
    state: str
    inputs: Sequence[Input] = ()
    elsewhere: Sequence[Path] = ()
    payer_slug: str | None = None
    remove: Sequence[str] = ()
    force_cleanup: bool = False
    chunk_size: int = 1_000_000
    reader_memory: str = "256MB"
    max_rejects: Limit = ANY_NUMBER


@dataclass
class RunResult:
    """What a load did."""

    run_id: int
    loaded: list[LoadedFile] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)
    withdrawn: list[str] = field(default_factory=list)
    seconds: float = 0.0
    build_seconds: float = 0.0

    @property
    def changed(self) -> bool:
        """Whether there is anything new to build."""
        return bool(self.loaded or self.withdrawn)


def load_rates(database: Database, request: Request, reporter: Reporter, check: Callable[[], None] = lambda: None) -> RunResult:
    """Load the files of a request; with an error nothing of it was done. `check` may raise one before it is kept."""
    started = perf_counter()
    paths = [one.path for one in request.inputs] + list(request.elsewhere)
    with Fingerprints(paths) as fingerprints, database.transaction():
        if lost := call_lost(database):
            reporter.warn(
                f"A crash of PostgreSQL emptied the raw tables of the rates: {lost} files have to be loaded again to be"
                " changed or built anew. What was built of them stays."
            )
        run = _Run(database, request, reporter, fingerprints)
        result = run.do()
        check()
    for one in result.loaded:
        reporter.copied(one.name, one.loaded, one.seconds, 0, one.rejected)
        if one.rejected:
            reporter.warn(f"{one.name}: {one.rejected:,} records could not be read: see etl.rejected_rate")
    result.seconds = perf_counter() - started
    logs.event("rates loaded", step="load", rows=sum(one.loaded for one in result.loaded), seconds=result.seconds)
    return result


class _Run:
    """One load on its way, inside its transaction."""

    def __init__(self, database: Database, request: Request, reporter: Reporter, fingerprints: Fingerprints) -> None:
        self.request = replace(request, payer=as_known(database, request.payer))
        self.database, self.reporter, self.fingerprints = database, reporter, fingerprints
        run_id, self.next_file = next_ids(database)
        self.result = RunResult(run_id)
        self.known = known_files(database, self.request.payer, self.request.state)
        self._written: dict[tuple[str, str | None, str], Input] = {}

    def do(self) -> RunResult:
        """Withdraw what is to go, load what is new, and write the ledger."""
        self._remove()
        locations = [one for one in self.request.inputs if one.kind == LOCATION]
        new = self._not_there([one for one in self.request.inputs if one.kind != LOCATION])
        for one in new:
            if one.flattened:
                self._load_flattened(one)
        in_network = [one for one in new if one.kind == IN_NETWORK]
        if in_network:
            self._load_json(in_network)
        if in_network or locations or self.request.elsewhere:
            self._load_locations(locations)
        if self.result.loaded:
            mark_alive(self.database, self.next_file - 1)
            # The statistics of tables that nothing came into are good enough.
            filled = {"flattened" if "flattened" in one.kind else "json" for one in self.result.loaded}
            for table in RATES:
                if table.name.partition("_")[0] in filled:
                    self.database.finish(table)
        return self.result

    def _remove(self) -> None:
        request = self.request
        gone = to_withdraw(self.known, request.payer, request.state, request.remove, request.force_cleanup)
        withdraw(self.database, [file.file_id for file in gone], "removed")
        self.known = [file for file in self.known if file not in gone]
        self.result.withdrawn = [file.name for file in gone]

    def _not_there(self, inputs: Sequence[Input]) -> list[Input]:
        """The inputs without those that are loaded already, or come twice."""
        new: list[Input] = []
        for one in inputs:
            size, url = one.path.stat().st_size, one.url
            known = [
                file.name for file in self.known
                if (file.kind, file.bytes, file.url, file.outcome) == (one.kind, size, url, "loaded")
                and file.payer_slug == self.request.payer_slug and file.sha256 == self.fingerprints[one.path]
            ] + [
                other.name for other in new
                if (other.kind, other.path.stat().st_size, other.url) == (one.kind, size, url)
                and self.fingerprints[other.path] == self.fingerprints[one.path]
            ]
            if known:
                as_what = "" if one.name in known else f" as {known[0]}"
                self.reporter.say(f"{one.name} is loaded already{as_what}: left alone", INFO)
                self.result.skipped.append(one.name)
            else:
                new.append(one)
        return new

    def _load_flattened(self, one: Input) -> None:
        assert one.flattened
        started, file_id = perf_counter(), self._new_id()
        self.reporter.say(f"Loading {one.path} ({one.kind})")
        if one.flattened.unknown:
            self.reporter.warn(f"{one.name}: columns that nobody reads: {', '.join(one.flattened.unknown)}")
        request = self.request
        loaded, rejected = copy_flattened(self.database, one.flattened, file_id, request.chunk_size, request.reader_memory)
        self._write(one, file_id, loaded, rejected, perf_counter() - started)

    def _load_json(self, files: Sequence[Input]) -> None:
        """Load files with rates, two at a time."""
        started = perf_counter()
        ids = {self._new_id(): one for one in files}
        for one in files:
            self.reporter.say(f"Loading {one.path} ({one.kind})")
        with self.reporter.bytes_bar("parsing", sum(one.path.stat().st_size for one in files)) as advance:
            parsed = self._copy({file_id: one.path for file_id, one in ids.items()}, advance)
        for file_id, one in ids.items():
            if parsed[file_id].kind != one.kind:
                raise LoaderError(f"{one.path} has no in_network: give it with --location URL=FILE.")
            self._write_root(file_id, parsed[file_id])
            month = month_of(parsed[file_id].root["last_updated_on"])
            dated = replace(one, year_month=month, file_set=set_name(one.path, month))
            self._write_json(dated, file_id, "json_price", parsed[file_id], perf_counter() - started)

    def _copy(self, files: dict[int, Path], advance: OnBytes) -> dict[int, Parsed]:
        return copy_json(self.database, files, advance, self.request.chunk_size)

    def _write_json(self, one: Input, file_id: int, table: str, parsed: Parsed, seconds: float) -> None:
        counts = parsed.counts
        self._write(one, file_id, counts.get(table, 0), counts.get("rejected_rate", 0), seconds)

    def _write_root(self, file_id: int, parsed: Parsed) -> None:
        names = [column.name for column in RATES_TABLES["json_file"]]
        self.database.execute(
            f"insert into raw_rates.json_file ({', '.join(map(quoted, names))})"
            f" values ({', '.join('?' for _ in names)})",
            [file_id, *(parsed.root[name] for name in names[1:])],
        )

    def _load_locations(self, given: Sequence[Input]) -> None:
        """Load the files that references name instead of groups: those given, those found by the URL's last part."""
        wanted = self._locations()
        named: list[Input] = []
        for one in given:
            urls = [url for url in wanted if one.url in (url, last_part(url))]
            if not urls:
                self.reporter.warn(f"{one.name}: no reference has the location {one.url}")
            named += [replace(wanted[url], path=one.path) for url in urls] or [one]
        for path in self.request.elsewhere:
            names = (path.name, path.name.removesuffix(".gz"))
            taken = {one.url for one in named}
            named += [replace(wanted[url], path=path) for url in wanted if url not in taken and last_part(url) in names]
        taken = {one.url for one in named}
        if left := sorted(set(wanted) - taken - self._urls_there()):
            self.reporter.warn(
                f"{len(left)} locations of provider groups are not loaded, the first is {left[0]}: download them, and"
                " give them with --location URL=FILE or in the folder of --input-dir"
            )
        started = perf_counter()
        files = {self._new_id(): one for one in self._not_there(named)}
        parsed = self._copy({file_id: one.path for file_id, one in files.items()}, lambda _: None)
        for file_id, one in files.items():
            if parsed[file_id].kind != LOCATION:
                raise LoaderError(f"{one.path} is no file of provider groups: give it with --rates.")
            self.database.execute("update raw_rates.json_provider set location = ? where file_id = ?", (one.url, file_id))
            self._write_json(one, file_id, "json_provider", parsed[file_id], perf_counter() - started)

    def _locations(self) -> dict[str, Input]:
        """The locations that the loaded files of the payer name, each with the last file that does."""
        rows = self.database.query(
            "select distinct provider.location, file.file_id, file.file_set, file.year_month"
            " from raw_rates.json_provider as provider"
            " inner join etl.rate_file as file on provider.file_id = file.file_id"
            " where provider.location is not null and file.outcome = 'loaded' and file.kind = ? and file.payer = ?"
            " and file.state = ? order by file.file_id",
            (IN_NETWORK, self.request.payer, self.request.state),
        )
        return {
            location: Input(Path(last_part(location)), LOCATION, file_set, year_month, url=location)
            for location, _, file_set, year_month in rows
        }

    def _urls_there(self) -> set[str]:
        return {url for (url,) in self.database.query(
            "select url from etl.rate_file where outcome = 'loaded' and url is not null and payer = ? and state = ?",
            (self.request.payer, self.request.state),
        )}

    def _new_id(self) -> int:
        self.next_file += 1
        return self.next_file - 1

    def _write(self, one: Input, file_id: int, loaded: int, rejected: int, seconds: float) -> None:
        """Write the ledger's row, and take the former state of the file away."""
        if rejected and (not loaded or not self.request.max_rejects.allows(rejected, loaded + rejected)):
            raise LoaderError(self._too_many(one, file_id, loaded, rejected))
        identity = (one.kind, one.url if one.kind == LOCATION else one.name, one.year_month)
        if (other := self._written.setdefault(identity, one)) is not one:
            raise LoaderError(f"{other.path} and {one.path} have the same name and month: give one of them.")
        former = [file for file in self.known if self._is_former(file, one)]
        withdraw(self.database, [file.file_id for file in former], "replaced")
        request = self.request
        values = {
            "file_id": file_id, "run_id": self.result.run_id, "payer": request.payer, "payer_slug": request.payer_slug,
            "state": request.state, "file_set": one.file_set, "file_name": one.name, "url": one.url, "kind": one.kind,
            "year_month": one.year_month, "bytes": one.path.stat().st_size, "sha256": self.fingerprints[one.path],
            "rows_read": loaded + rejected, "rows_loaded": loaded, "rows_rejected": rejected,
            "loaded_at": self.database.clock(), "outcome": "loaded",
        }
        self.database.execute(
            f"insert into etl.rate_file ({', '.join(values)}) values ({', '.join('?' for _ in values)})", list(values.values())
        )
        self.result.loaded.append(LoadedFile(file_id, one.name, one.kind, loaded, rejected, seconds, bool(former)))

    def _is_former(self, file: KnownFile, one: Input) -> bool:
        if file.kind != one.kind:
            return False
        if one.kind == LOCATION:
            return file.url == one.url
        return (file.name, file.year_month) == (one.name, one.year_month)

    def _too_many(self, one: Input, file_id: int, loaded: int, rejected: int) -> str:
        first = self.database.query(
            f"select place, reason from etl.rejected_rate where file_id = {file_id} order by row_number, place limit 10"
        )
        listed = "\n".join(f"  {place}: {reason}" for place, reason in first)
        allowed = f"--max-rejects allows {self.request.max_rejects}" if loaded else "no other was there"
        return (
            f"{one.path}: {rejected:,} records cannot be read, and {allowed}; nothing of this load was kept."
            f" The first of them:\n{listed}"
        )


def last_part(url: str) -> str:
    """The name of the file that a URL leads to."""
    return PurePosixPath(unquote(urlsplit(url).path)).name


def rows_a_chunk(memory: int) -> int:
    """How many rows are on their way at once under a limit in MB."""
    return memory * ROWS_A_MEGABYTE
