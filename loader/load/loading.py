"""The load of one export: all of it or nothing, by patient, and only what changed."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from logging import INFO
from pathlib import Path
from time import perf_counter

from loader import logs
from loader.archives import unpacked
from loader.databases.base import Database, quoted
from loader.databases.tables import RAW
from loader.errors import LoaderError
from loader.folders import TemporaryFolder
from loader.load.export import Export
from loader.load.fingerprints import Fingerprints
from loader.load.ledger import LoadedFile, Patients, batch_of, call_broken, fail_batch, finish_batch, log_loaded, start_batch
from loader.load.lines import KEYS_OF_WHOLE_PATIENTS, Lines
from loader.load.looked import Looked, Source
from loader.load.parallel import Copied, CopyAgain, Copying, settle
from loader.load.rejects import Rejects
from loader.load.replacing import TABLES, changes_of_a_first_load, replace_changed
from loader.load.standing import is_gone, stands
from loader.progress import Reporter

# How often a load is tried on a server that breaks off.
ATTEMPTS = 3


@dataclass(frozen=True)
class LoadResult:
    """What a load did: its batch, files, patients, and the seconds it took in all."""

    batch_id: int
    files: list[LoadedFile]
    patients: Patients
    seconds: float
    repeated: bool = False

    def described(self) -> str:
        """Rows, patients and seconds, for a person."""
        rows = sum(file.rows for file in self.files)
        patients = f"{self.patients.new:,} patients new, {self.patients.changed:,} changed"
        if self.patients.removed:
            patients += f", {self.patients.removed:,} removed"
        return f"{rows:,} rows of {len(self.files)} files, {patients}, in {self.seconds:.1f} s"


def load_export(
    database: Database, export: Export, reporter: Reporter, snapshot: bool = False, rejects: Rejects | None = None
) -> LoadResult:
    """Load the export by patient: those in it replace their former state, others stay, or go with `snapshot`.

    An export that is loaded already and still stands is left alone (`repeated`).
    """
    for remark in export.remarks:
        reporter.warn(remark)
    for left in reversed(range(ATTEMPTS)):
        try:
            return _load_once(database, export, reporter, snapshot, rejects or Rejects())
        except database.errors as error:
            if not left or not database.recover(error):
                raise
            rejects = rejects and Rejects(rejects.limit)
            reporter.warn(f"The {database.place} broke off ({' '.join(str(error).split())}): loading again")
    raise AssertionError


def _load_once(
    database: Database, export: Export, reporter: Reporter, snapshot: bool, rejects: Rejects
) -> LoadResult:
    started = perf_counter()
    _clean_up(database)
    sources = [Source(name, file, file.path.name) for name, file in export.files]
    paths = {source.name: source.file.path for source in sources}
    with Fingerprints(paths.values()) as fingerprints:
        sizes = {name: path.stat().st_size for name, path in paths.items()}
        batch_id = batch_of(database, sizes, lambda name: fingerprints[paths[name]])
        if batch_id and stands(database, batch_id, sources, snapshot):
            reporter.say(f"{export.source} is loaded already (batch {batch_id}): nothing to do", INFO)
            return LoadResult(batch_id, [], Patients(), perf_counter() - started, repeated=True)
        reporter.say(f"Loading {export.source} (layout {export.layout}, {len(sources)} files)")
        batch_id = start_batch(database, str(export.source), export.layout)
        try:
            with unpacked([source.file for source in sources]) as plain:
                sources = [replace(source, file=file) for source, file in zip(sources, plain, strict=True)]
                load = _Load(database, batch_id, sources, fingerprints, snapshot, reporter)
                files, patients = load.run(rejects)
        except BaseException:
            fail_batch(database, batch_id)
            raise
        finally:
            rejects.close()
    return LoadResult(batch_id, files, patients, log_loaded(files, patients, perf_counter() - started))


def _clean_up(database: Database) -> None:
    """Finish what a killed load has left undone, and take away what it has left lying."""
    call_broken(database)
    database.drop_arrivals()
    if not is_gone(database) and (unfinished := database.unfinished(RAW)):
        with database.workers() as workers:
            settle(database, workers, unfinished)


@dataclass(frozen=True)
class _Load:
    """One batch on its way. What is stored and what the ledger says of it is committed together."""

    database: Database
    batch_id: int
    sources: Sequence[Source]
    fingerprints: Fingerprints
    snapshot: bool
    reporter: Reporter

    def run(self, rejects: Rejects) -> tuple[list[LoadedFile], Patients]:
        """Fill the empty tables, or replace what changed; the files and the patients of the ledger."""
        files = [(source.table, source.file) for source in self.sources]
        with self.database.scratch() as scratch, Lines(scratch, files) as lines:
            empty = is_gone(self.database)
            if not empty:
                with self.reporter.step("lines"):
                    lines.compare(self.database)
                if lines.mostly_known:
                    try:
                        return self._replace_differing(lines)
                    except LoaderError as error:
                        # When something is wrong with a line, whoever names it has to see the file itself.
                        logs.event("lines given up", step="lines", error=str(error))
            with Looked(self.sources, rejects, lines if self.database.reads_strictly else None) as looked:
                return _repeated(lambda: self._fill(looked, lines) if empty else self._replace(looked, lines))

    def _fill(self, looked: Looked, lines: Lines) -> tuple[list[LoadedFile], Patients]:
        """Straight into the raw tables. Whatever an empty sentinel has left in them is no data."""
        database = self.database
        with database.transaction():
            for table in RAW:
                database.empty(table)
        with database.workers() as workers:
            with database.transaction():
                tables = {table.name: quoted(table.schema, table.name) for table in RAW}
                copying = Copying(database, workers, tables, self.batch_id, looked, self.reporter)
                copied = copying.run()
                with self.reporter.step("changes"):
                    # What a crash has emptied is filled anew: hashes from before it say nothing of these rows.
                    database.execute("delete from etl.patient_hash")
                    lines.compare(database)
                    patients = changes_of_a_first_load(database, self.batch_id)
                files = self._files(copied, looked)
                self._close(files, patients, looked.rejects, lines)
                # The main session last: until it commits, the sentinel is empty and what the others wrote is no data.
                copying.commit()
            with self.reporter.step("indexes"):
                settle(database, workers, database.unfinished(RAW))
        return files, patients

    def _replace(
        self, looked: Looked, lines: Lines, cut_from: Mapping[Path, Path] | None = None
    ) -> tuple[list[LoadedFile], Patients]:
        """Beside the raw tables first; then the rows of those that changed are replaced.

        Where only the lines that differ are looked at, `cut_from` leads from a file with them to the whole one.
        """
        database = self.database
        with database.workers() as workers:
            arrived = database.arrivals([TABLES[name] for name in {source.table: None for source in looked.sources}])
            copying = Copying(database, workers, arrived, self.batch_id, looked, self.reporter)
            copied = copying.run()
            copying.commit()
            everybody = f"select id from {arrived['patients']}" if cut_from is None else KEYS_OF_WHOLE_PATIENTS
            with database.transaction():
                with self.reporter.step("changes"):
                    patients, outgrown = replace_changed(
                        database, self.batch_id, arrived, everybody if self.snapshot else None
                    )
                files = self._files(copied, looked) if cut_from is None else self._known_files(copied, lines, cut_from)
                self._close(files, patients, looked.rejects, lines)
                database.drop_arrivals()
            with self.reporter.step("indexes"):
                settle(database, workers, outgrown)
        return files, patients

    def _replace_differing(self, lines: Lines) -> tuple[list[LoadedFile], Patients]:
        """Read nothing but the lines of patients of whom a line differs."""
        with TemporaryFolder("lines") as folder:
            cut = lines.cut_out(Path(folder))
            sources = [
                Source(source.table, file, source.name) for source, file in zip(self.sources, cut, strict=True)
            ]
            cut_from = {file.path: source.file.path for source, file in zip(self.sources, cut, strict=True)}
            with Looked(sources, Rejects()) as looked:
                return _repeated(lambda: self._replace(looked, lines, cut_from))

    def _files(self, copied: Mapping[Path, Copied], looked: Looked) -> list[LoadedFile]:
        """The ledger's rows of files that were read whole."""
        return [
            self._file(source, copied[source.file.path], looked.found[source.file.path].rejected)
            for source in self.sources
        ]

    def _known_files(
        self, copied: Mapping[Path, Copied], lines: Lines, cut_from: Mapping[Path, Path]
    ) -> list[LoadedFile]:
        """The ledger's rows of files of which the known lines were not read: they stand as loaded."""
        by_path = {cut_from[path]: found for path, found in copied.items()}
        return [
            self._file(source, replace(by_path[path], rows=lines.plain.get(path, by_path[path].rows)), 0)
            for source in self.sources for path in (source.file.path,)
        ]

    def _file(self, source: Source, copied: Copied, rejected: int) -> LoadedFile:
        path = source.file.named
        size, digest = path.stat().st_size, self.fingerprints[path]
        return LoadedFile(source.name, size, digest, copied.rows, copied.seconds, rejected)

    def _close(
        self, files: Sequence[LoadedFile], patients: Patients, rejects: Rejects, lines: Lines
    ) -> None:
        """Write the sentinel and the ledger."""
        rejects.check(sum(file.rows + file.rejected for file in files))
        rejects.save(self.database, self.batch_id)
        lines.keep_hashes(self.database, all_known=not any(file.rejected for file in files))
        self.database.execute("delete from raw_synthea.alive")
        self.database.execute("insert into raw_synthea.alive (batch_id) values (?)", (self.batch_id,))
        finish_batch(self.database, self.batch_id, files, patients)
        for file in files:
            self.reporter.copied(file.name, file.rows, file.seconds, file.bytes, file.rejected)


def _repeated(attempt: Callable[[], tuple[list[LoadedFile], Patients]]) -> tuple[list[LoadedFile], Patients]:
    """An attempt leaves every file looked at: the second one copies nothing but good rows."""
    while True:
        with suppress(CopyAgain):
            return attempt()
